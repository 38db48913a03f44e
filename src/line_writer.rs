//! Text on its way out, handed on in whole lines: what is taken out of it, or made harmless in it, never lies half in one
//! piece and half in the next. A long document is never held as a whole.

use std::io::{self, Write};

/// So many bytes are gathered before they are handed on.
const PIECE: usize = 64 * 1024;

/// Takes bytes and hands on texts of whole lines. The last one, which need not end in a line break, comes with
/// [`LineWriter::finish`].
pub struct LineWriter<F> {
    held: Vec<u8>,
    hand_on: F,
}

impl<F: FnMut(&str) -> io::Result<()>> LineWriter<F> {
    pub fn new(hand_on: F) -> Self {
        Self { held: Vec::new(), hand_on }
    }

    /// Hands on what is left.
    ///
    /// # Errors
    /// Those of whoever takes it.
    pub fn finish(mut self) -> io::Result<()> {
        let length = self.held.len();
        self.hand_on(length)
    }

    fn hand_on(&mut self, length: usize) -> io::Result<()> {
        if length == 0 {
            return Ok(());
        }
        let handed = (self.hand_on)(&String::from_utf8_lossy(&self.held[..length]));
        self.held.drain(..length);
        handed
    }
}

impl<F: FnMut(&str) -> io::Result<()>> Write for LineWriter<F> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.held.extend_from_slice(bytes);
        if self.held.len() >= PIECE {
            let end = self.held.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
            self.hand_on(end)?;
        }
        Ok(bytes.len())
    }

    /// Nothing is handed on before its line has ended.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_never_torn() {
        let mut pieces = Vec::new();
        let mut lines = LineWriter::new(|text: &str| {
            pieces.push(text.to_owned());
            Ok(())
        });
        let written: String = (0..20_000).map(|number| format!("line {number}\n")).collect::<String>() + "the end";
        for bytes in written.as_bytes().chunks(7) {
            lines.write_all(bytes).expect("taken");
        }
        lines.finish().expect("taken");
        assert!(pieces.len() > 2 && pieces[..pieces.len() - 1].iter().all(|piece| piece.ends_with('\n')));
        assert_eq!(pieces.concat(), written);
    }

    #[test]
    fn who_takes_it_may_fail() {
        let mut lines = LineWriter::new(|_: &str| Err(io::ErrorKind::StorageFull.into()));
        lines.write_all(b"a\n").expect("held");
        assert!(lines.finish().is_err());
    }
}
