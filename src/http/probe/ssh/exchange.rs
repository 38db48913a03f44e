//! A key exchange up to the server's proof of its host key (RFC 4253, sections 7 and 8; RFC 5656; RFC 8731).

use aws_lc_rs::agreement::{self, PrivateKey, UnparsedPublicKey};
use aws_lc_rs::digest;
use tokio::io::{AsyncRead, AsyncWrite};

use super::banner::{self, Banner};
use super::host_key::{self, Algorithm, Proof};
use super::wire::{Fields, Writer, receive, send};
use super::{HostKey, HostKeyKind, SshFailure};

const KEXINIT: u8 = 20;
const ECDH_INIT: u8 = 30;
const ECDH_REPLY: u8 = 31;

/// Offered because a server needs them to go on; no connection gets as far as to use one.
const CIPHERS: &str =
    "aes128-ctr,aes256-ctr,aes128-gcm@openssh.com,aes256-gcm@openssh.com,chacha20-poly1305@openssh.com";
const MACS: &str = "hmac-sha2-256,hmac-sha2-512,hmac-sha2-256-etm@openssh.com,hmac-sha2-512-etm@openssh.com";

/// A way to agree on a secret.
#[derive(Debug)]
struct Method {
    name: &'static str,
    curve: &'static agreement::Algorithm,
    hash: &'static digest::Algorithm,
}

/// In the order of preference.
static METHODS: [Method; 4] = [
    Method { name: "curve25519-sha256", curve: &agreement::X25519, hash: &digest::SHA256 },
    Method { name: "curve25519-sha256@libssh.org", curve: &agreement::X25519, hash: &digest::SHA256 },
    Method { name: "ecdh-sha2-nistp256", curve: &agreement::ECDH_P256, hash: &digest::SHA256 },
    Method { name: "ecdh-sha2-nistp384", curve: &agreement::ECDH_P384, hash: &digest::SHA384 },
];

/// What both ends chose.
#[derive(Debug)]
pub(super) struct Agreed {
    pub kind: HostKeyKind,
    /// The types of host keys that the server has, of those that this program knows.
    pub offered: Vec<HostKeyKind>,
    method: &'static Method,
    algorithm: &'static Algorithm,
    /// Our message and the server's.
    sent: Vec<u8>,
    received: Vec<u8>,
    /// Whether the server's next message is a wrong guess.
    has_wrong_guess: bool,
}

/// Sends our list of methods and reads the server's.
///
/// # Errors
/// [`SshFailure`].
pub(super) async fn agree(
    stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
    kinds: &[HostKeyKind],
) -> Result<Agreed, SshFailure> {
    let sent = our_methods(kinds)?;
    send(stream, &sent).await?;
    chosen(sent, receive(stream).await?, kinds)
}

fn our_methods(kinds: &[HostKeyKind]) -> Result<Vec<u8>, SshFailure> {
    let mut cookie = [0; 16];
    aws_lc_rs::rand::fill(&mut cookie).map_err(|_| SshFailure::Malformed("no random numbers from the system"))?;
    let names = |all: Vec<&str>| all.join(",");
    let methods = names(METHODS.iter().map(|method| method.name).collect());
    let algorithms = names(host_key::algorithms(kinds).map(|algorithm| algorithm.name).collect());
    let mut message = Writer([&[KEXINIT], cookie.as_slice()].concat());
    for list in [&methods, &algorithms, CIPHERS, CIPHERS, MACS, MACS, "none", "none", "", ""] {
        message = message.string(list.as_bytes());
    }
    message.0.extend([0; 5]);
    Ok(message.0)
}

/// What a server's list of methods and ours have in common.
///
/// # Errors
/// [`SshFailure::Malformed`] and [`SshFailure::NothingInCommon`].
pub(super) fn chosen(sent: Vec<u8>, received: Vec<u8>, kinds: &[HostKeyKind]) -> Result<Agreed, SshFailure> {
    let Theirs { methods, algorithms, guesses } =
        theirs(&received).ok_or(SshFailure::Malformed("an unreadable list of methods"))?;
    let method = METHODS.iter().find(|method| methods.contains(&method.name));
    let method = method.ok_or(SshFailure::NothingInCommon { what: "key exchange" })?;
    let algorithm = host_key::algorithms(kinds).find(|algorithm| algorithms.contains(&algorithm.name));
    let algorithm = algorithm.ok_or(SshFailure::NothingInCommon { what: "host key type" })?;
    let mut offered: Vec<HostKeyKind> = host_key::algorithms(&HostKeyKind::ALL)
        .filter(|algorithm| algorithms.contains(&algorithm.name))
        .map(|algorithm| algorithm.kind)
        .collect();
    offered.dedup();
    // Both ends guess that the first of their lists is chosen; ours guesses nothing.
    let is_right = methods.first() == Some(&METHODS[0].name)
        && algorithms.first().copied() == host_key::algorithms(kinds).next().map(|first| first.name);
    let has_wrong_guess = guesses && !is_right;
    Ok(Agreed { kind: algorithm.kind, offered, method, algorithm, sent, received, has_wrong_guess })
}

struct Theirs<'a> {
    methods: Vec<&'a str>,
    algorithms: Vec<&'a str>,
    guesses: bool,
}

fn theirs(message: &[u8]) -> Option<Theirs<'_>> {
    let mut fields = Fields(message);
    if fields.byte()? != KEXINIT {
        return None;
    }
    let _cookie = fields.bytes(16)?;
    let (methods, algorithms) = (fields.names()?, fields.names()?);
    for _ in 0..8 {
        fields.names()?;
    }
    let guesses = fields.byte()? != 0;
    let _reserved = fields.u32()?;
    Some(Theirs { methods, algorithms, guesses })
}

/// The host key, after the server has proved that it is its own.
///
/// # Errors
/// [`SshFailure`].
pub(super) async fn host_key(
    stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
    banner: &Banner,
    agreed: Agreed,
) -> Result<HostKey, SshFailure> {
    let failed = |_| SshFailure::Malformed("no key for the exchange");
    let ours = PrivateKey::generate(agreed.method.curve).map_err(failed)?;
    let public = ours.compute_public_key().map_err(failed)?;
    let public = public.as_ref();
    send(stream, &Writer(vec![ECDH_INIT]).string(public).0).await?;
    if agreed.has_wrong_guess {
        receive(stream).await?;
    }
    let message = receive(stream).await?;
    let reply = reply(&message).ok_or(SshFailure::Malformed("an unreadable reply to the exchange"))?;
    let hashed = Writer::default()
        .string(banner::OURS.as_bytes())
        .string(&banner.0)
        .string(&agreed.sent)
        .string(&agreed.received)
        .string(reply.key)
        .string(public)
        .string(reply.public);
    let theirs = UnparsedPublicKey::new(agreed.method.curve, reply.public);
    let wrong = SshFailure::Malformed("a wrong value in the exchange");
    let hash = agreement::agree(&ours, theirs, wrong, |secret| {
        Ok(digest::digest(agreed.method.hash, &hashed.number(secret).0))
    })?;
    agreed.algorithm.verify(Proof { key: reply.key, signature: reply.signature, signed: hash.as_ref() })
}

struct Reply<'a> {
    key: &'a [u8],
    public: &'a [u8],
    signature: &'a [u8],
}

fn reply(message: &[u8]) -> Option<Reply<'_>> {
    let mut fields = Fields(message);
    if fields.byte()? != ECDH_REPLY {
        return None;
    }
    let reply = Reply { key: fields.string()?, public: fields.string()?, signature: fields.string()? };
    fields.is_empty().then_some(reply)
}
