//! A part of a report's text that GitLab's job log can fold.

use crate::text::Text;

/// A part of the text form. What has no name is never folded.
#[derive(Clone, Debug)]
pub struct LogSection {
    /// Letters, digits and underscores.
    pub name: Option<String>,
    /// Whether it is folded until the reader opens it: there is nothing to repair in it.
    pub is_folded: bool,
    pub text: Text,
}
