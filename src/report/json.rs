//! A report as one JSON document, and the parts that documents share.

use std::io::{self, Write};

use serde::Serialize;

use crate::error::Fix;

/// Writes a report's one document piece by piece: a plan of tens of thousands of steps is never held as one text.
pub struct Json<'w>(&'w mut dyn Write);

impl<'w> Json<'w> {
    pub(super) fn new(into: &'w mut dyn Write) -> Self {
        Self(into)
    }

    /// Writes the document, indented, one value a line, with a line break at the end.
    ///
    /// # Errors
    /// Errors from the writer.
    pub fn document(self, value: &(impl Serialize + ?Sized)) -> io::Result<()> {
        serde_json::to_writer_pretty(&mut *self.0, value)?;
        self.0.write_all(b"\n")
    }

    /// The same, with the fields of every object in alphabetical order.
    ///
    /// # Errors
    /// Errors from the writer.
    pub fn sorted_document(self, value: &impl Serialize) -> io::Result<()> {
        self.document(&serde_json::to_value(value)?)
    }
}

/// The program that made a document.
#[derive(Serialize)]
pub(super) struct Tool {
    name: &'static str,
    version: &'static str,
}

impl Tool {
    pub(super) const fn this() -> Self {
        Self { name: env!("CARGO_PKG_NAME"), version: env!("CARGO_PKG_VERSION") }
    }
}

/// What to do, with its command and page as far as there are.
#[derive(Serialize)]
pub struct FixJson<'r> {
    text: &'r str,
    #[serde(skip_serializing_if = "Option::is_none")]
    command: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<&'r str>,
}

impl<'r> FixJson<'r> {
    /// Each of the fixes, for a report of the command `running`.
    pub fn all(fixes: &'r [Fix], running: &str) -> Vec<Self> {
        let command = |fix: &Fix| fix.command.as_ref().map(|command| command.line(running));
        fixes.iter().map(|fix| Self { text: &fix.text, command: command(fix), url: fix.url.as_deref() }).collect()
    }
}
