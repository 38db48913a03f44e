//! The line with which both ends begin (RFC 4253, section 4.2).

use std::io;

use tokio::io::{AsyncBufRead, AsyncReadExt as _};

use super::{SshFailure, broken, shown};

/// Without its end of line. A minus sign may not stand in a name.
pub(super) const OURS: &str = concat!("SSH-2.0-factory_gitlab_", env!("CARGO_PKG_VERSION"));

/// Of one line, with its end.
const MOST_BYTES: usize = 255;
/// Lines before the banner are legal.
const MOST_LINES: usize = 32;

/// The server's banner without its end of line, as it goes into the exchange's hash.
#[derive(Debug)]
pub(super) struct Banner(pub Vec<u8>);

impl Banner {
    pub(super) fn shown(&self) -> String {
        shown(&self.0)
    }
}

/// # Errors
/// [`SshFailure`]; a connection that is reset here was closed while our banner was on its way.
pub(super) async fn read(stream: &mut (impl AsyncBufRead + Unpin)) -> Result<Banner, SshFailure> {
    let mut first: Option<Vec<u8>> = None;
    let not_ssh = |first: Option<Vec<u8>>| SshFailure::NotSsh(shown(&first.unwrap_or_default()));
    for _ in 0..MOST_LINES {
        let line = match line(stream).await {
            Ok(line) => line,
            Err(error) if error.kind() == io::ErrorKind::TimedOut => return Err(broken(&error)),
            Err(_) => return Err(first.map_or(SshFailure::ClosedBeforeBanner, |first| not_ssh(Some(first)))),
        };
        if is_http(&line.bytes) {
            return Err(SshFailure::Http);
        }
        if line.bytes.starts_with(b"SSH-2.0-") || line.bytes.starts_with(b"SSH-1.99-") {
            return if line.is_whole { Ok(Banner(line.bytes)) } else { Err(not_ssh(Some(line.bytes))) };
        }
        if line.bytes.starts_with(b"SSH-") {
            return Err(SshFailure::OldVersion(shown(&line.bytes)));
        }
        if !line.is_whole {
            return Err(not_ssh(first.or(Some(line.bytes))));
        }
        first.get_or_insert(line.bytes);
    }
    Err(not_ssh(first))
}

struct Line {
    bytes: Vec<u8>,
    /// Whether it ended within its length, and before the connection.
    is_whole: bool,
}

/// # Errors
/// Where nothing of a line came.
async fn line(stream: &mut (impl AsyncBufRead + Unpin)) -> io::Result<Line> {
    let mut bytes = Vec::new();
    while bytes.len() < MOST_BYTES {
        match stream.read_u8().await {
            Ok(b'\n') => {
                bytes.pop_if(|last| *last == b'\r');
                return Ok(Line { bytes, is_whole: true });
            }
            Ok(byte) => bytes.push(byte),
            Err(error) if bytes.is_empty() => return Err(error),
            Err(_) => break,
        }
    }
    Ok(Line { bytes, is_whole: false })
}

/// A response, or the page that a server sends without one to what it cannot read.
fn is_http(line: &[u8]) -> bool {
    let line = line.to_ascii_lowercase();
    [b"http/".as_slice(), b"<html", b"<!doctype"].iter().any(|start| line.starts_with(start))
}
