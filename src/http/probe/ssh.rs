//! What an SSH server says before anybody logs in: its banner, and its host keys. No login is tried.

mod banner;
mod exchange;
mod host_key;
#[cfg(test)]
mod tests;
mod wire;

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use futures_util::future::join_all;
use tokio::io::{AsyncBufRead, AsyncWrite, AsyncWriteExt as _, BufReader};
use tokio::time::{Instant, timeout_at};

use self::banner::Banner;
use super::attempt::{self, Opening, Segments, Target};
use crate::http::client::Client;

/// What an SSH server showed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SshSeen {
    /// As it was sent: `SSH-2.0-OpenSSH_9.2p1 Debian-2`.
    pub banner: String,
    /// One for each type that the server has, or the failure of each that could not be read.
    pub keys: Vec<HostKeySeen>,
}

#[derive(Clone, Debug, Eq, PartialEq)]
pub struct HostKeySeen {
    pub kind: HostKeyKind,
    pub key: Result<HostKey, SshFailure>,
}

/// A host key whose owner answered: the signature over the exchange is right.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct HostKey {
    /// As `ssh-keygen -l` prints it: `SHA256:…`.
    pub fingerprint: String,
}

#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum HostKeyKind {
    Ed25519,
    EcdsaP256,
    EcdsaP384,
    EcdsaP521,
    Rsa,
}

impl HostKeyKind {
    /// In the order in which a server is asked for them.
    pub const ALL: [Self; 5] = [Self::Ed25519, Self::EcdsaP256, Self::EcdsaP384, Self::EcdsaP521, Self::Rsa];

    /// As a key's first field names it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ed25519 => "ssh-ed25519",
            Self::EcdsaP256 => "ecdsa-sha2-nistp256",
            Self::EcdsaP384 => "ecdsa-sha2-nistp384",
            Self::EcdsaP521 => "ecdsa-sha2-nistp521",
            Self::Rsa => "ssh-rsa",
        }
    }
}

/// Why an SSH server's banner or key could not be read.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum SshFailure {
    #[error("the port does not open")]
    NotOpened(Opening),
    /// The port opened, and nothing (more) came back within the time.
    #[error("the port opens, and no answer comes")]
    NoAnswer,
    #[error("the server closed the connection before its banner")]
    ClosedBeforeBanner,
    #[error("the connection was reset")]
    Reset,
    #[error("the server closed the connection during the key exchange")]
    Closed,
    #[error("an HTTP server listens there")]
    Http,
    /// The first line, cut.
    #[error("the server does not speak SSH: {0}")]
    NotSsh(String),
    /// The banner.
    #[error("the server speaks only version 1 of SSH: {0}")]
    OldVersion(String),
    /// `what` is "key exchange" or "host key type".
    #[error("the server and this program have no {what} in common")]
    NothingInCommon { what: &'static str },
    /// The server's reason.
    #[error("the server ended the connection: {0}")]
    Disconnected(String),
    #[error("the server's messages do not follow the protocol: {0}")]
    Malformed(&'static str),
    #[error("the server could not prove that the host key is its own")]
    WrongSignature,
    #[error("the host key is an RSA key of {0} bits, which is not supported")]
    RsaKeySize(usize),
}

/// The banner alone.
///
/// # Errors
/// [`SshFailure`].
pub async fn ssh_banner(client: &Client, address: SocketAddr, limit: Duration) -> Result<String, SshFailure> {
    let target = Target { address, limit, segments: Segments::Usual };
    let deadline = Instant::now() + limit;
    let mut stream = BufReader::new(attempt::open(client, target).await.map_err(SshFailure::NotOpened)?);
    Ok(within(deadline, greet(&mut stream)).await?.shown())
}

/// The banner, and every host key that the server has: one connection for each. The time limit is one for all of them.
///
/// # Errors
/// [`SshFailure`] of the first connection before its key; those of keys are in their place.
pub async fn ssh_host_keys(client: &Client, address: SocketAddr, limit: Duration) -> Result<SshSeen, SshFailure> {
    let deadline = Instant::now() + limit;
    let target = |limit| Target { address, limit, segments: Segments::Usual };
    let first = look(client, target(limit), &HostKeyKind::ALL).await?;
    let left = target(deadline.saturating_duration_since(Instant::now()));
    let others = first.offered.iter().copied().filter(|kind| *kind != first.seen.kind).map(async |kind| {
        match look(client, left, &[kind]).await {
            Ok(Looked { seen, .. }) => seen,
            Err(failure) => HostKeySeen { kind, key: Err(failure) },
        }
    });
    let mut keys = join_all(others).await;
    keys.push(first.seen);
    keys.sort_by_key(|seen| seen.kind);
    Ok(SshSeen { banner: first.banner, keys })
}

/// What one connection shows.
#[derive(Debug)]
pub(super) struct Looked {
    banner: String,
    /// The types of host keys that the server has.
    offered: Vec<HostKeyKind>,
    pub seen: HostKeySeen,
}

/// One key exchange, with the first of these kinds that the server has.
///
/// # Errors
/// [`SshFailure`] before the type of the key was agreed on.
pub(super) async fn look(client: &Client, target: Target, kinds: &[HostKeyKind]) -> Result<Looked, SshFailure> {
    let deadline = Instant::now() + target.limit;
    let stream = attempt::open(client, target).await.map_err(SshFailure::NotOpened)?;
    converse(BufReader::new(stream), kinds, deadline).await
}

async fn converse(
    mut stream: impl AsyncBufRead + AsyncWrite + Unpin,
    kinds: &[HostKeyKind],
    deadline: Instant,
) -> Result<Looked, SshFailure> {
    let banner = within(deadline, greet(&mut stream)).await?;
    let agreed = within(deadline, exchange::agree(&mut stream, kinds)).await?;
    let kind = agreed.kind;
    let offered = agreed.offered.clone();
    let shown = banner.shown();
    let key = within(deadline, exchange::host_key(&mut stream, &banner, agreed)).await;
    Ok(Looked { banner: shown, offered, seen: HostKeySeen { kind, key } })
}

/// Both banners. Ours goes first: an HTTP server says nothing before it was asked.
async fn greet(stream: &mut (impl AsyncBufRead + AsyncWrite + Unpin)) -> Result<Banner, SshFailure> {
    // Where this fails, reading tells why.
    let _sent = stream.write_all(format!("{}\r\n", banner::OURS).as_bytes()).await;
    let _sent = stream.flush().await;
    banner::read(stream).await
}

async fn within<T>(deadline: Instant, part: impl Future<Output = Result<T, SshFailure>>) -> Result<T, SshFailure> {
    timeout_at(deadline, part).await.unwrap_or(Err(SshFailure::NoAnswer))
}

/// A connection that ended during the key exchange.
fn broken(error: &io::Error) -> SshFailure {
    match error.kind() {
        io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe => SshFailure::Reset,
        io::ErrorKind::TimedOut => SshFailure::NoAnswer,
        _ => SshFailure::Closed,
    }
}

/// A server's text as it may be shown: one line of it, without control characters.
fn shown(bytes: &[u8]) -> String {
    const MOST: usize = 120;
    String::from_utf8_lossy(bytes).chars().filter(|letter| !letter.is_control()).take(MOST).collect()
}
