//! A hidden line on Unix.
//!
//! In the terminal's line mode a signal restarts the read: Ctrl-C would have no effect until Enter, and a part of a pasted token
//! could show.

use std::io;
use std::os::fd::AsFd;

use rustix::event::{PollFd, PollFlags, poll};
use zeroize::Zeroizing;

/// No token is this long; further bytes are ignored.
const LONGEST: usize = 4096;

const CTRL_C: u8 = 0x03;
const CTRL_D: u8 = 0x04;
const CTRL_U: u8 = 0x15;
const BACKSPACE: [u8; 2] = [0x08, 0x7f];

/// Reads a line from standard input, whose modes are already those of a question.
///
/// # Errors
/// [`io::ErrorKind::Interrupted`] for Ctrl-C and signals, [`io::ErrorKind::UnexpectedEof`] when the terminal is gone.
#[expect(clippy::disallowed_methods, reason = "only the terminal reads standard input")]
pub(super) fn read_line() -> io::Result<Zeroizing<String>> {
    let input = io::stdin();
    let mut line = Zeroizing::new(Vec::with_capacity(LONGEST));
    loop {
        match next_byte(&input)? {
            b'\r' | b'\n' => break,
            CTRL_C => return Err(io::ErrorKind::Interrupted.into()),
            CTRL_D if line.is_empty() => return Err(io::ErrorKind::Interrupted.into()),
            CTRL_U => line.clear(),
            byte if BACKSPACE.contains(&byte) => drop(line.pop()),
            byte if line.len() < LONGEST => line.push(byte),
            _ => (),
        }
    }
    String::from_utf8(std::mem::take(&mut *line))
        .map(Zeroizing::new)
        .map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "it is not UTF-8"))
}

/// Polls first: a signal interrupts `poll`, but restarts `read`.
fn next_byte(input: &impl AsFd) -> io::Result<u8> {
    poll(&mut [PollFd::new(input, PollFlags::IN)], None)?;
    let mut byte = [0];
    match rustix::io::read(input, &mut byte)? {
        0 => Err(io::ErrorKind::UnexpectedEof.into()),
        _ => Ok(byte[0]),
    }
}
