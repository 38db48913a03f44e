//! What an SSH server says before anybody logs in: its banner, and its host keys. No login is tried.

use std::net::SocketAddr;
use std::time::Duration;

use super::attempt::{Opening, Segments, Target};
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
    /// What the server has, of what is missing in common.
    #[error("the server and this program have no {what} in common")]
    NothingInCommon { what: &'static str },
    /// The server's reason.
    #[error("the server ended the connection: {0}")]
    Disconnected(String),
    #[error("the server's messages do not follow the protocol: {0}")]
    Malformed(&'static str),
    #[error("the server could not prove that the host key is its own")]
    WrongSignature,
    #[error("the host key is an RSA key of {0} bits")]
    ShortKey(usize),
}

/// The banner alone.
///
/// # Errors
/// [`SshFailure`].
pub async fn ssh_banner(client: &Client, address: SocketAddr, limit: Duration) -> Result<String, SshFailure> {
    super::attempt::open(client, Target { address, limit, segments: Segments::Usual })
        .await
        .map_err(SshFailure::NotOpened)?;
    Err(SshFailure::NoAnswer)
}

/// The banner, and every host key that the server has: one connection for each.
///
/// # Errors
/// [`SshFailure`] of the first connection; those of the others are in their place.
pub async fn ssh_host_keys(client: &Client, address: SocketAddr, limit: Duration) -> Result<SshSeen, SshFailure> {
    let banner = ssh_banner(client, address, limit).await?;
    Ok(SshSeen { banner, keys: Vec::new() })
}

/// One key exchange, with whichever host key the server likes best.
pub(super) async fn look(client: &Client, target: Target) -> Result<(), SshFailure> {
    ssh_banner(client, target.address, target.limit).await.map(|_| ())
}
