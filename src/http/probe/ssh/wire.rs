//! SSH's packets before encryption, and the values in them (RFC 4251, section 5; RFC 4253, section 6).

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

use super::{SshFailure, broken, shown};

/// Of a packet: what every implementation has to take.
const MOST_BYTES: usize = 35_000;
/// Packets that say nothing, before one that does.
const MOST_IDLE_PACKETS: usize = 16;

const DISCONNECT: u8 = 1;
const IGNORE: u8 = 2;
const UNIMPLEMENTED: u8 = 3;
const DEBUG: u8 = 4;

const BLOCK: usize = 8;

/// # Errors
/// [`SshFailure`].
pub(super) async fn send(stream: &mut (impl AsyncWrite + Unpin), payload: &[u8]) -> Result<(), SshFailure> {
    /// The length and the padding's length.
    const HEAD: usize = 5;
    let short = BLOCK - (HEAD + payload.len()) % BLOCK;
    let padding = if short < 4 { short + BLOCK } else { short };
    let length = u32::try_from(payload.len() + padding + 1).map_err(|_| SshFailure::Malformed("a packet too long"))?;
    let mut packet = length.to_be_bytes().to_vec();
    packet.extend(u8::try_from(padding));
    packet.extend_from_slice(payload);
    packet.resize(packet.len() + padding, 0);
    stream.write_all(&packet).await.map_err(|error| broken(&error))?;
    stream.flush().await.map_err(|error| broken(&error))
}

/// The payload of the next packet that has something to say; its first byte is the message's number.
///
/// # Errors
/// [`SshFailure`], also where the server ends the connection.
pub(super) async fn receive(stream: &mut (impl AsyncRead + Unpin)) -> Result<Vec<u8>, SshFailure> {
    for _ in 0..MOST_IDLE_PACKETS {
        let payload = receive_any(stream).await?;
        match payload.first() {
            Some(&DISCONNECT) => return Err(disconnected(&payload)),
            Some(&(IGNORE | UNIMPLEMENTED | DEBUG)) => {}
            Some(_) => return Ok(payload),
            None => return Err(SshFailure::Malformed("an empty message")),
        }
    }
    Err(SshFailure::Malformed("only messages that say nothing"))
}

async fn receive_any(stream: &mut (impl AsyncRead + Unpin)) -> Result<Vec<u8>, SshFailure> {
    let length = stream.read_u32().await.map_err(|error| broken(&error))?;
    let length = usize::try_from(length).unwrap_or(usize::MAX);
    if length > MOST_BYTES {
        return Err(SshFailure::Malformed("a packet too long"));
    }
    let mut packet = vec![0; length];
    stream.read_exact(&mut packet).await.map_err(|error| broken(&error))?;
    payload(packet).ok_or(SshFailure::Malformed("a packet that is not whole"))
}

/// A packet behind its length, without its padding.
pub(super) fn payload(mut packet: Vec<u8>) -> Option<Vec<u8>> {
    let padding = usize::from(*packet.first()?);
    let end = packet.len().checked_sub(padding).filter(|end| *end >= 1)?;
    packet.truncate(end);
    packet.remove(0);
    Some(packet)
}

fn disconnected(payload: &[u8]) -> SshFailure {
    let mut fields = Fields(&payload[1..]);
    let description = fields.u32().and_then(|_| fields.string()).map(shown).unwrap_or_default();
    SshFailure::Disconnected(description)
}

/// What is left to read of a message.
#[derive(Clone, Debug)]
pub(super) struct Fields<'a>(pub &'a [u8]);

impl<'a> Fields<'a> {
    pub(super) fn bytes(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    pub(super) fn byte(&mut self) -> Option<u8> {
        self.bytes(1).map(|one| one[0])
    }

    pub(super) fn u32(&mut self) -> Option<u32> {
        self.bytes(4)?.try_into().ok().map(u32::from_be_bytes)
    }

    pub(super) fn string(&mut self) -> Option<&'a [u8]> {
        let length = usize::try_from(self.u32()?).ok()?;
        self.bytes(length)
    }

    /// Names between commas.
    pub(super) fn names(&mut self) -> Option<Vec<&'a str>> {
        Some(std::str::from_utf8(self.string()?).ok()?.split(',').collect())
    }

    /// A number that is not negative, without leading zeros.
    pub(super) fn number(&mut self) -> Option<&'a [u8]> {
        let bytes = self.string()?;
        if bytes.first().is_some_and(|first| *first >= 0x80) {
            return None;
        }
        Some(&bytes[bytes.iter().take_while(|byte| **byte == 0).count()..])
    }

    /// Whether all was read.
    pub(super) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// A message, or what is hashed, as it grows.
#[derive(Debug, Default)]
pub(super) struct Writer(pub Vec<u8>);

impl Writer {
    pub(super) fn string(mut self, bytes: &[u8]) -> Self {
        // What is written is ours, or came in a packet, and is far below this.
        self.0.extend(u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_be_bytes());
        self.0.extend_from_slice(bytes);
        self
    }

    /// A number that is not negative, from its bytes with or without leading zeros.
    pub(super) fn number(self, bytes: &[u8]) -> Self {
        let bytes = &bytes[bytes.iter().take_while(|byte| **byte == 0).count()..];
        if bytes.first().is_some_and(|first| *first >= 0x80) {
            self.string(&[&[0], bytes].concat())
        } else {
            self.string(bytes)
        }
    }
}
