//! The options of a sandbox: which GitLab, how large, how slow, with which faults.

use std::net::SocketAddr;
use std::time::Duration;

use super::sender;

/// How a sandbox is started; [`SandboxOptions::default`] is a small, licensed, current GitLab.
#[derive(Clone, Debug)]
pub struct SandboxOptions {
    /// Where the embedded GitLab listens; port 0 takes a free one. Loopback only.
    pub listen: SocketAddr,
    /// Where a forwarder in front of it listens: requests for that address are answered as well.
    pub forwarded_from: Option<SocketAddr>,
    /// Projects that exist at the start, spread over the groups.
    pub projects: usize,
    /// Top-level groups that exist at the start.
    pub groups: usize,
    pub version: SandboxVersion,
    pub edition: SandboxEdition,
    pub plan: SandboxPlan,
    /// Whether Admin Mode is on: a token then needs the scope `admin_mode` to count as an admin's.
    pub admin_mode: bool,
    /// Added before every answer.
    pub latency: Duration,
    /// Requests a minute that one token may make before it gets Rack::Attack's 429; `None` means unlimited.
    pub rate_limit: Option<u32>,
    /// The window in which the limit counts.
    pub rate_window: Duration,
    /// Seconds of the limit's window that pass in one second; more than 1 for a client whose clock skips its waits.
    pub clock_speed: u32,
    /// Serve over TLS with a private CA made at the start; a second port redirects plain HTTP to it, as nginx does.
    pub tls: bool,
    /// What is wrong with the certificate of the embedded GitLab, where `tls` is on.
    pub tls_defect: Option<TlsDefect>,
    /// What is wrong with the certificate of the embedded Factory, where `tls` is on.
    pub factory_tls_defect: Option<TlsDefect>,
    /// The path GitLab is installed under, as `/gitlab`; empty for none.
    pub relative_root: String,
    /// Faults to inject, each in the grammar of `fault.rs`.
    pub faults: Vec<String>,
    /// Whether it behaves as GitLab.com, and what Factory's kit offers for it then.
    pub cloud: Option<CloudOffers>,
    /// How long the embedded GitLab waits for the response to a webhook.
    pub webhook_timeout: Duration,
}

impl Default for SandboxOptions {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            forwarded_from: None,
            projects: 3,
            groups: 1,
            version: SandboxVersion::new(19, 2, 0),
            edition: SandboxEdition::Ee,
            plan: SandboxPlan::Premium,
            admin_mode: false,
            latency: Duration::ZERO,
            rate_limit: None,
            rate_window: Duration::from_secs(60),
            clock_speed: 1,
            tls: false,
            tls_defect: None,
            factory_tls_defect: None,
            relative_root: String::new(),
            faults: Vec::new(),
            cloud: None,
            webhook_timeout: sender::TIMEOUT,
        }
    }
}

impl SandboxOptions {
    /// GitLab.com as it is now.
    #[must_use]
    pub fn cloud(offers: CloudOffers) -> Self {
        Self {
            cloud: Some(offers),
            version: SandboxVersion::new(19, 6, 0),
            edition: SandboxEdition::Ee,
            plan: SandboxPlan::Ultimate,
            ..Self::default()
        }
    }
}

/// The ways to authorize Factory that the kit for GitLab.com offers.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct CloudOffers {
    /// Factory's own sessions (`connect_url`).
    pub session: bool,
    /// Factory's application for programs on a person's machine (`client_id`).
    pub client: bool,
    /// The device flow of that application.
    pub device: bool,
}

impl Default for CloudOffers {
    fn default() -> Self {
        Self { session: true, client: true, device: true }
    }
}

/// A GitLab version; fields and endpoints appear by it.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct SandboxVersion {
    pub major: u16,
    pub minor: u16,
    pub patch: u16,
}

impl SandboxVersion {
    #[must_use]
    pub const fn new(major: u16, minor: u16, patch: u16) -> Self {
        Self { major, minor, patch }
    }
}

impl std::str::FromStr for SandboxVersion {
    type Err = String;

    /// Reads `19.2` or `19.2.1`, with or without GitLab's `-ee` and `-pre` tails.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let numbers = text.split('-').next().unwrap_or_default();
        let mut parts = numbers.split('.').map(str::parse::<u16>);
        match (parts.next(), parts.next(), parts.next(), parts.next()) {
            (Some(Ok(major)), Some(Ok(minor)), None, None) => Ok(Self::new(major, minor, 0)),
            (Some(Ok(major)), Some(Ok(minor)), Some(Ok(patch)), None) => Ok(Self::new(major, minor, patch)),
            _ => Err(format!("{text:?} is not a GitLab version; write it as 19.2 or 19.2.1")),
        }
    }
}

impl std::fmt::Display for SandboxVersion {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

/// What can be wrong with a server's certificate.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[cfg_attr(not(feature = "sandbox-testing"), allow(dead_code, reason = "only tests set them"))]
pub enum TlsDefect {
    Expired,
    NotYetValid,
    WrongName,
    /// Signed by a CA that is not the sandbox's, as behind a proxy that intercepts TLS.
    OtherIssuer,
}

/// GitLab's two editions.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum SandboxEdition {
    Ce,
    Ee,
}

/// The license of an EE instance; `None` is EE without a license, as most self-managed Free instances run it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum SandboxPlan {
    None,
    Premium,
    Ultimate,
}
