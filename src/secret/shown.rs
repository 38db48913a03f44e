//! Which given values a message may repeat.

use super::{has_secret, redact};

/// The longest value that a message repeats, in bytes.
const LONGEST_REPEATED: usize = 200;

/// Whether a message may repeat a value: a short path or address in which nothing looks like a secret. A lone word is not
/// one, since secrets are words too.
#[must_use]
pub fn is_repeatable(text: &str) -> bool {
    let is_place = text.contains(['/', '\\', '.']);
    let is_plain =
        |c: char| !c.is_control() && !matches!(c, '"' | '\'' | '{' | '}' | '<' | '>' | '$' | '?' | '#' | '@');
    is_place && text.len() <= LONGEST_REPEATED && text.chars().all(is_plain) && !has_secret(text)
}

/// A path as a message shows it: as it is where [`is_repeatable`], else by its length.
#[must_use]
pub fn shown_place(path: &std::path::Path) -> String {
    let text = path.to_string_lossy();
    if is_repeatable(&text) {
        redact(&text).into_owned()
    } else {
        format!("a value of {} characters, which is not a path,", text.chars().count())
    }
}

/// A folder of a path, shown as the path is: alone it may not look like one (`out`).
#[must_use]
pub fn shown_folder(folder: &std::path::Path, of: &std::path::Path) -> String {
    if is_repeatable(&of.to_string_lossy()) {
        return redact(&folder.to_string_lossy()).into_owned();
    }
    shown_place(folder)
}
