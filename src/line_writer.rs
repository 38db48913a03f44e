//! Passes text on in whole lines, so that a secret or an escape sequence is never split between two parts. A long document
//! is not held in memory as a whole.

use std::io::{self, Write};

/// Text is passed on once this many bytes are buffered.
const BUFFERED: usize = 64 * 1024;

/// A writer that gives whole lines to a function. The last line, which need not end in a line break, comes with
/// [`LineWriter::finish`].
pub struct LineWriter<F> {
    buffer: Vec<u8>,
    /// Where the last line of the buffer begins. A long line comes in many parts, and is not searched again with each.
    last_line: usize,
    output: F,
}

impl<F: FnMut(&str) -> io::Result<()>> LineWriter<F> {
    pub fn new(output: F) -> Self {
        Self { buffer: Vec::new(), last_line: 0, output }
    }

    /// Passes on the rest.
    ///
    /// # Errors
    /// Errors from the output.
    pub fn finish(mut self) -> io::Result<()> {
        let length = self.buffer.len();
        self.pass_on(length)
    }

    fn pass_on(&mut self, length: usize) -> io::Result<()> {
        if length == 0 {
            return Ok(());
        }
        let result = (self.output)(&String::from_utf8_lossy(&self.buffer[..length]));
        self.buffer.drain(..length);
        self.last_line = 0;
        result
    }
}

impl<F: FnMut(&str) -> io::Result<()>> Write for LineWriter<F> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if let Some(at) = bytes.iter().rposition(|byte| *byte == b'\n') {
            self.last_line = self.buffer.len() + at + 1;
        }
        self.buffer.extend_from_slice(bytes);
        if self.buffer.len() >= BUFFERED {
            self.pass_on(self.last_line)?;
        }
        Ok(bytes.len())
    }

    /// Keeps an unfinished line.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_never_split() {
        let mut parts = Vec::new();
        let mut lines = LineWriter::new(|text: &str| {
            parts.push(text.to_owned());
            Ok(())
        });
        let written: String = (0..20_000).map(|number| format!("line {number}\n")).collect::<String>() + "the end";
        for bytes in written.as_bytes().chunks(7) {
            lines.write_all(bytes).expect("taken");
        }
        lines.finish().expect("taken");
        assert!(parts.len() > 2 && parts[..parts.len() - 1].iter().all(|part| part.ends_with('\n')));
        assert_eq!(parts.concat(), written);
    }

    #[test]
    fn a_line_that_is_longer_than_the_buffer_is_passed_on_whole() {
        let long = "x".repeat(3 * BUFFERED);
        let mut parts = Vec::new();
        let mut lines = LineWriter::new(|text: &str| {
            parts.push(text.to_owned());
            Ok(())
        });
        for bytes in format!("one\n{long}\ntwo").as_bytes().chunks(1000) {
            lines.write_all(bytes).expect("taken");
        }
        lines.finish().expect("taken");
        assert!(parts.iter().any(|part| part.contains(&long)), "it is in one part");
        assert_eq!(parts.concat(), format!("one\n{long}\ntwo"));
    }

    #[test]
    fn an_error_of_the_output_is_returned() {
        let mut lines = LineWriter::new(|_: &str| Err(io::ErrorKind::StorageFull.into()));
        lines.write_all(b"a\n").expect("buffered");
        assert!(lines.finish().is_err());
    }
}
