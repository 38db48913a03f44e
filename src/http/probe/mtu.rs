//! Whether a path loses large packets without a word: what gets no answer with large segments, and one with small ones.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::join;
use url::Url;

use super::attempt::{Segments, Target};
use super::ssh::{self, HostKeyKind, SshFailure};
use super::tls::{TlsSeen, tls_with};
use crate::http::client::Client;

/// What a second try says, with small segments and with usual ones at the same time.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Mtu {
    /// Small segments get an answer and usual ones get none: large packets are lost on the path.
    BlackHole,
    /// Both get an answer now.
    AnswersNow,
    /// Neither gets an answer.
    NotProven,
}

/// To be asked only where the port of `address` opens and TLS gets no answer.
pub async fn mtu_of_tls(client: &Client, url: &Url, address: SocketAddr, limit: Duration) -> Mtu {
    let look = async |segments| {
        let seen = tls_with(client, url, Target { address, limit, segments }).await;
        !matches!(seen, TlsSeen::NoAnswer | TlsSeen::NotOpened(_))
    };
    told(join!(look(Segments::Small), look(Segments::Usual)))
}

/// The same of SSH's key exchange.
pub async fn mtu_of_ssh(client: &Client, address: SocketAddr, limit: Duration) -> Mtu {
    let look = async |segments| {
        let looked = ssh::look(client, Target { address, limit, segments }, &HostKeyKind::ALL).await;
        let failure = looked.and_then(|looked| looked.seen.key).err();
        !matches!(failure, Some(SshFailure::NoAnswer | SshFailure::NotOpened(_)))
    };
    told(join!(look(Segments::Small), look(Segments::Usual)))
}

const fn told(answered: (bool, bool)) -> Mtu {
    match answered {
        (true, false) => Mtu::BlackHole,
        (_, true) => Mtu::AnswersNow,
        (false, false) => Mtu::NotProven,
    }
}
