//! The ways of a connection: which addresses are looked at from here, and what is to be true of them.

use std::collections::HashMap;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

use url::{Host, Url};

use crate::instance::InstanceUrl;
use crate::kit::{EndpointProtocol, Kit};
use crate::network::{self, NotAHost};
use crate::target::Strategy;

/// What `network check` looks at.
#[derive(Clone, Debug)]
pub struct Ways {
    pub gitlab: Option<InstanceUrl>,
    pub factory: Option<FactoryNetwork>,
    /// Every address, each once; GitLab's SSH is found later.
    pub targets: Vec<WayTarget>,
    pub family: AddressFamily,
}

/// What the kit says of Factory's network, as far as it is judged.
#[derive(Clone, Debug)]
pub struct FactoryNetwork {
    pub webhook: Url,
    pub strategy: Strategy,
    /// From where Factory reaches GitLab.
    pub egress_cidrs: Vec<String>,
    pub ssh_host_keys: Vec<String>,
    /// The blocks that hold the webhook's addresses, by the kit.
    pub webhook_cidrs: Vec<String>,
}

/// Which addresses of a name are used.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum AddressFamily {
    #[default]
    Both,
    V4,
    V6,
}

impl AddressFamily {
    #[must_use]
    pub const fn has(self, address: IpAddr) -> bool {
        match self {
            Self::Both => true,
            Self::V4 => address.is_ipv4(),
            Self::V6 => address.is_ipv6(),
        }
    }
}

/// Whose address it is.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum WayOwner {
    GitLab,
    Factory,
    /// Named with `--target`.
    Given,
}

/// One address.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct WayTarget {
    pub protocol: EndpointProtocol,
    /// Whether nothing named the protocol, so that the usual one of the port was taken.
    pub is_protocol_assumed: bool,
    /// An IPv6 address without brackets.
    pub host: String,
    pub port: u16,
    pub owner: WayOwner,
    /// What it is for.
    pub purpose: String,
    /// What is asked for over HTTPS: GitLab's API, or the root.
    pub url: Url,
}

/// What `--target` does not take.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum NotATarget {
    #[error("a target is HOST:PORT, with https://, ssh:// or tcp:// in front of it: https://api.factory.ai:443")]
    Form,
    #[error("http:// is not looked at: name it with https://, or with tcp:// for the port alone")]
    PlainHttp,
    #[error("its port is a number from 1 to 65535")]
    Port,
    #[error("its host cannot be one: {0}")]
    Host(#[from] NotAHost),
}

impl WayTarget {
    /// # Errors
    /// A host that cannot be one.
    pub fn new(protocol: EndpointProtocol, host: &str, port: u16) -> Result<Self, NotATarget> {
        let host = network::host::host(host)?;
        let url = Url::parse(&format!("https://{host}:{port}/")).map_err(|_| NotAHost::Character)?;
        let host = match host {
            Host::Domain(name) => name,
            Host::Ipv4(address) => address.to_string(),
            Host::Ipv6(address) => address.to_string(),
        };
        let (owner, purpose) = (WayOwner::Given, String::new());
        Ok(Self { protocol, is_protocol_assumed: false, host, port, owner, purpose, url })
    }

    /// The address of a URL, which is asked for by `path`.
    #[must_use]
    pub fn of_url(url: &Url) -> Option<Self> {
        let target = Self::new(EndpointProtocol::Https, url.host_str()?, url.port_or_known_default()?).ok()?;
        let mut root = target.url.clone();
        // http is for loopback; with its default port the address stays without one.
        let _kept = root.set_scheme(url.scheme());
        let _kept = root.set_port(url.port());
        Some(Self { url: root, ..target })
    }

    #[must_use]
    pub fn belonging_to(self, owner: WayOwner, purpose: impl Into<String>) -> Self {
        Self { owner, purpose: purpose.into(), ..self }
    }

    /// The address in the host's place, where there is one.
    #[must_use]
    pub fn literal(&self) -> Option<IpAddr> {
        self.host.parse().ok()
    }

    #[must_use]
    pub fn at(&self, address: IpAddr) -> SocketAddr {
        SocketAddr::new(address, self.port)
    }

    /// Whether TLS is spoken there: plain http is for loopback only.
    #[must_use]
    pub fn has_tls(&self) -> bool {
        self.protocol == EndpointProtocol::Https && self.url.scheme() == "https"
    }

    /// What is spoken there, as an address has it in front.
    #[must_use]
    pub fn scheme(&self) -> String {
        match self.protocol {
            EndpointProtocol::Https => self.url.scheme().to_owned(),
            EndpointProtocol::Ssh | EndpointProtocol::Tcp => self.protocol.to_string(),
        }
    }

    /// The same, as it was given: without a protocol where none was.
    #[must_use]
    pub fn as_given(&self) -> String {
        if self.is_protocol_assumed { self.to_string() } else { format!("{}://{self}", self.scheme()) }
    }

    /// Whether it is the same address, and the same is spoken there.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        self.port == other.port && self.host.eq_ignore_ascii_case(&other.host) && self.scheme() == other.scheme()
    }

    /// Whether nothing more is to be seen there than at a known target with the same host and port.
    fn is_seen_with(&self, known: &Self) -> bool {
        // An address of the kit does not tell http on loopback from https.
        let is_as_known =
            known.protocol == self.protocol && (self.owner != WayOwner::Given || known.has_tls() == self.has_tls());
        self.is_protocol_assumed || is_as_known
    }
}

impl fmt::Display for WayTarget {
    /// `HOST:PORT`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { host, port, .. } = self;
        if host.contains(':') { write!(f, "[{host}]:{port}") } else { write!(f, "{host}:{port}") }
    }
}

impl FromStr for WayTarget {
    type Err = NotATarget;

    fn from_str(text: &str) -> Result<Self, NotATarget> {
        let (protocol, place) = match text.trim().split_once("://") {
            Some(("https", place)) => (Some(EndpointProtocol::Https), place),
            Some(("ssh", place)) => (Some(EndpointProtocol::Ssh), place),
            Some(("tcp", place)) => (Some(EndpointProtocol::Tcp), place),
            Some(("http", _)) => return Err(NotATarget::PlainHttp),
            Some(_) => return Err(NotATarget::Form),
            None => (None, text.trim()),
        };
        let place = place.strip_suffix('/').unwrap_or(place);
        let (host, port) = place.rsplit_once(':').ok_or(NotATarget::Form)?;
        let is_bare_v6 = host.contains(':') && !host.starts_with('[');
        if host.is_empty() || is_bare_v6 || host.contains(['/', '@', '?', '#', ' ']) {
            return Err(NotATarget::Form);
        }
        // A sign in front of it is no part of a number here.
        let is_number = !port.is_empty() && port.chars().all(|c| c.is_ascii_digit());
        let port: u16 = port.parse().ok().filter(|port| is_number && *port > 0).ok_or(NotATarget::Port)?;
        // As a kit's address without a protocol.
        let usual = if port == 22 { EndpointProtocol::Ssh } else { EndpointProtocol::Https };
        let target = Self::new(protocol.unwrap_or(usual), host, port)?;
        Ok(Self { is_protocol_assumed: protocol.is_none(), ..target })
    }
}

/// What the ways are made from.
#[derive(Clone, Copy)]
pub struct WayTerms<'a> {
    pub gitlab: Option<&'a InstanceUrl>,
    pub kit: Option<&'a Kit>,
    pub strategy: Strategy,
    pub given: &'a [WayTarget],
    pub family: AddressFamily,
}

impl Ways {
    #[must_use]
    pub fn new(terms: WayTerms<'_>) -> Self {
        let WayTerms { gitlab, kit, strategy, given, family } = terms;
        let of_kit = kit.into_iter().flat_map(of_kit);
        let all = gitlab.and_then(gitlab_web).into_iter().chain(of_kit).chain(given.iter().cloned());
        Self {
            gitlab: gitlab.cloned(),
            factory: kit.map(|kit| FactoryNetwork::of(kit, strategy)),
            targets: each_once(all),
            family,
        }
    }

    /// The webhook's address among the targets.
    #[must_use]
    pub fn webhook(&self) -> Option<WayTarget> {
        WayTarget::of_url(&self.factory.as_ref()?.webhook)
    }
}

fn each_once(all: impl Iterator<Item = WayTarget>) -> Vec<WayTarget> {
    let mut targets: Vec<WayTarget> = Vec::new();
    let mut at: HashMap<(String, u16), Vec<usize>> = HashMap::new();
    for target in all {
        let places = at.entry((target.host.to_ascii_lowercase(), target.port)).or_default();
        if !places.iter().any(|place| target.is_seen_with(&targets[*place])) {
            places.push(targets.len());
            targets.push(target);
        }
    }
    targets
}

impl FactoryNetwork {
    fn of(kit: &Kit, strategy: Strategy) -> Self {
        let webhook = kit.webhook.url.clone();
        let is_webhooks = |host: &str| webhook.host_str().is_some_and(|name| name.eq_ignore_ascii_case(host));
        let endpoints = kit.network.endpoints.iter().filter(|endpoint| is_webhooks(&endpoint.host));
        Self {
            strategy,
            egress_cidrs: kit.network.egress_cidrs.clone(),
            ssh_host_keys: kit.network.ssh_host_keys.clone(),
            webhook_cidrs: endpoints.flat_map(|endpoint| endpoint.cidrs.iter().cloned()).collect(),
            webhook,
        }
    }
}

/// GitLab's API, which asks for a token.
fn gitlab_web(instance: &InstanceUrl) -> Option<WayTarget> {
    let target = WayTarget::of_url(instance.url())?;
    Some(WayTarget { url: instance.api("/version"), ..target.belonging_to(WayOwner::GitLab, "GitLab") })
}

/// Every address of the kit that is reached over HTTPS or SSH. Only the host of an address counts: a path may be a key.
fn of_kit(kit: &Kit) -> Vec<WayTarget> {
    let urls = [
        (Some(&kit.webhook.url), "webhooks"),
        (kit.status_url.as_ref(), "status"),
        (kit.bundle.upload_url.as_ref(), "bundles"),
        (kit.webhook.receipts_url.as_ref(), "receipts"),
        (kit.disconnect_url.as_ref(), "the end of the connection"),
    ];
    let endpoints = kit.network.endpoints.iter().filter_map(|endpoint| {
        let target = WayTarget::new(endpoint.protocol(), &endpoint.host, endpoint.port).ok()?;
        let target = WayTarget { is_protocol_assumed: endpoint.protocol.is_none(), ..target };
        Some(target.belonging_to(WayOwner::Factory, endpoint.purpose.clone()))
    });
    let named = urls
        .into_iter()
        .filter_map(|(url, purpose)| Some(WayTarget::of_url(url?)?.belonging_to(WayOwner::Factory, purpose)));
    // First: their schemes are known, and an address of the kit has none.
    named.chain(endpoints).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_a_host_and_a_port_with_or_without_a_protocol() {
        let shown = |text: &str| {
            let target: WayTarget = text.parse().ok()?;
            Some(format!("{} {target}", target.protocol))
        };
        for (text, wanted) in [
            ("api.factory.ai:443", Some("https api.factory.ai:443")),
            ("https://api.factory.ai:8443", Some("https api.factory.ai:8443")),
            ("https://api.factory.ai:8443/", Some("https api.factory.ai:8443")),
            ("git.factory.ai:22", Some("ssh git.factory.ai:22")),
            ("ssh://git.factory.ai:2222", Some("ssh git.factory.ai:2222")),
            ("tcp://10.0.0.5:5432", Some("tcp 10.0.0.5:5432")),
            ("https://[fd00::5]:443", Some("https [fd00::5]:443")),
            ("fd00::5:443", None),
            ("api.factory.ai", None),
            ("https://api.factory.ai", None),
            ("http://api.factory.ai:80", None),
            ("https://user@api.factory.ai:443", None),
            ("https://api.factory.ai:443/path", None),
            ("api.factory.ai:0", None),
            (":443", None),
            ("", None),
        ] {
            assert_eq!(shown(text).as_deref(), wanted, "{text}");
        }
    }

    #[test]
    fn what_cannot_be_a_host_or_a_port_is_no_target_and_the_reason_is_told() {
        let long = format!("{}:443", "a".repeat(100_000));
        for (text, wanted) in [
            ("tcp://a:+1", NotATarget::Port),
            ("a:65536", NotATarget::Port),
            ("http://a.test:80", NotATarget::PlainHttp),
            ("a:", NotATarget::Port),
            ("a..b:443", NotATarget::Host(NotAHost::Label)),
            ("-a.test:443", NotATarget::Host(NotAHost::Hyphen)),
            ("10.0.0.256:443", NotATarget::Host(NotAHost::Address)),
            (&long, NotATarget::Host(NotAHost::TooLong)),
        ] {
            assert_eq!(text.parse::<WayTarget>(), Err(wanted));
        }
    }

    #[test]
    fn an_address_is_looked_at_once_for_each_protocol_that_is_named_for_it() {
        let kit: Kit = serde_json::from_value(serde_json::json!({
            "schema": "factory-gitlab/kit/v1",
            "application": { "redirect_uri": "https://app.factory.example/cb" },
            "webhook": { "url": "https://api.factory.example/hook", "secret_token": "0123456789abcdef0123" },
            "bundle": { "recipients": [], "upload_url": "https://API.factory.example:443/bundles" },
            "status_url": "https://status.factory.example:8443/x",
            "network": { "endpoints": [
                { "host": "api.factory.example", "port": 443, "cidrs": ["10.64.1.0/28"] },
                { "host": "git.factory.example", "port": 22 },
            ]},
        }))
        .expect("a kit");
        let gitlab: InstanceUrl = "https://gitlab.acme.example/git".parse().expect("an address");
        let given = [
            "git.factory.example:22",
            "tcp://db.acme.example:5432",
            "tcp://git.factory.example:22",
            "ssh://status.factory.example:8443",
            "STATUS.factory.example:8443",
            "https://db.acme.example:5432",
            "https://db.acme.example:5432",
        ];
        let given = given.map(|text| text.parse().expect(text));
        let terms = WayTerms {
            gitlab: Some(&gitlab),
            kit: Some(&kit),
            strategy: Strategy::Auto,
            given: &given,
            family: AddressFamily::Both,
        };
        let ways = Ways::new(terms);
        let shown: Vec<String> = ways.targets.iter().map(|target| format!("{} {target}", target.protocol)).collect();
        assert_eq!(
            shown,
            [
                "https gitlab.acme.example:443",
                "https api.factory.example:443",
                "https status.factory.example:8443",
                "ssh git.factory.example:22",
                "tcp db.acme.example:5432",
                "tcp git.factory.example:22",
                "ssh status.factory.example:8443",
                "https db.acme.example:5432",
            ]
        );
        assert_eq!(ways.targets[0].url.as_str(), "https://gitlab.acme.example/git/api/v4/version");
        assert_eq!(ways.targets[1].url.as_str(), "https://api.factory.example/");
        assert_eq!(ways.factory.expect("a kit").webhook_cidrs, ["10.64.1.0/28"]);
    }
}
