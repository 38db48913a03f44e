//! A report as one JSON document.

use std::io::{self, Write};

use serde::Serialize;

/// Where a report's one document goes, piece by piece: a plan of tens of thousands of steps is never a text as a whole.
pub struct Json<'w>(&'w mut dyn Write);

impl<'w> Json<'w> {
    pub(super) fn new(into: &'w mut dyn Write) -> Self {
        Self(into)
    }

    /// Writes the document, indented, one value a line, with a line break at the end.
    ///
    /// # Errors
    /// Those of whoever takes it.
    pub fn document(self, value: &(impl Serialize + ?Sized)) -> io::Result<()> {
        serde_json::to_writer_pretty(&mut *self.0, value)?;
        self.0.write_all(b"\n")
    }
}
