//! The reference of the checks, generated from the registry, so that it cannot become outdated.

use std::fmt::Write as _;

use super::CheckSet;

/// One section for each check, as Markdown, with an anchor that [`super::CheckInfo::doc`] points at.
#[must_use]
pub fn documentation() -> String {
    let mut text = String::new();
    for check in [CheckSet::Cloud, CheckSet::Network].into_iter().flat_map(CheckSet::infos) {
        // Writing to a String cannot fail.
        let _infallible = write!(
            text,
            "<a id=\"{}\"></a>\n\n#### `{}`: {}\n\n{}\n",
            check.anchor(),
            check.code,
            check.title,
            check.about
        );
        if !check.depends_on.is_empty() {
            let needs = check.depends_on.iter().map(|code| format!("`{code}`")).collect::<Vec<_>>().join(", ");
            let _infallible = write!(text, "\nNeeds {needs}.\n");
        }
        text.push('\n');
    }
    text
}
