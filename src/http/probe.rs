//! Checks the network path to a host, one step at a time: name, port, certificate. No request is sent.

mod attempt;
mod chain;
mod clock;
mod dns;
mod dns_query;
mod mtu;
mod ssh;
mod tcp;
mod tls;

pub use self::attempt::{Attempt, Opening, Route, attempt, route};
pub use self::chain::CertificateSeen;
pub use self::clock::{ClockDifference, DatedResponse, NoTime, clock_difference};
pub use self::dns::resolve;
pub(super) use self::dns::{Resolver, Unresolved};
pub use self::dns_query::{DnsAnswer, DnsAnswers, ResolverAddress, dns_query};
pub use self::mtu::{Mtu, mtu_of_ssh, mtu_of_tls};
#[cfg(test)]
pub use self::ssh::HostKeyKind;
pub use self::ssh::{HostKey, HostKeySeen, SshFailure, SshSeen, ssh_banner, ssh_host_keys};
pub use self::tcp::connect;
pub(super) use self::tcp::refuses_password;
pub(super) use self::tls::handshake;
pub use self::tls::{TlsSeen, certificate, tls_at};

use url::Url;

use super::client::Client;
use super::error::{Cause, Error};
use super::request::Request;

/// Whether requests for this address go through a proxy. Then only the certificate can be read, through the
/// proxy's tunnel.
#[must_use]
pub fn is_proxied(client: &Client, url: &Url) -> bool {
    client.proxy_for(url).is_some()
}

fn failed(url: &Url, cause: Cause) -> Error {
    Request::get(url.clone()).failed(cause)
}

fn host(url: &Url) -> &str {
    url.host_str().unwrap_or_default().trim_matches(['[', ']'])
}
