//! A hidden line on Unix.
//!
//! dialoguer reads it in the terminal's line mode, where a signal restarts the read: Ctrl-C would have no effect until Enter.
//! Here echo and line mode are off for the whole line, so that no part of a pasted token shows either.

use std::io;
use std::os::fd::AsFd;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
use zeroize::Zeroizing;

/// No token is this long; further bytes are ignored.
const LONGEST: usize = 4096;

const CTRL_C: u8 = 0x03;
const CTRL_D: u8 = 0x04;
const CTRL_U: u8 = 0x15;
const BACKSPACE: [u8; 2] = [0x08, 0x7f];

/// Reads a line from standard input without showing it.
///
/// # Errors
/// [`io::ErrorKind::Interrupted`] for Ctrl-C and signals, [`io::ErrorKind::UnexpectedEof`] when the terminal is gone.
#[expect(clippy::disallowed_methods, reason = "only the terminal reads standard input")]
pub(super) fn read_line() -> io::Result<Zeroizing<String>> {
    let input = io::stdin();
    let _silence = Silence::over(&input)?;
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

/// Echo and line mode off, until dropped.
struct Silence<'a, F: AsFd> {
    input: &'a F,
    before: Termios,
}

impl<'a, F: AsFd> Silence<'a, F> {
    fn over(input: &'a F) -> io::Result<Self> {
        let before = tcgetattr(input)?;
        let mut silent = before.clone();
        silent.local_modes.remove(LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG);
        tcsetattr(input, OptionalActions::Flush, &silent)?;
        Ok(Self { input, before })
    }
}

impl<F: AsFd> Drop for Silence<'_, F> {
    fn drop(&mut self) {
        // If this fails, the terminal is gone.
        let _terminal_gone = tcsetattr(self.input, OptionalActions::Now, &self.before);
    }
}
