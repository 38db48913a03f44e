//! The URLs that GitLab allows for webhooks: schemes, the local network, and the outbound allowlist.
//!
//! gitlab: lib/gitlab/http_v2/url_blocker.rb, doc/security/webhooks.md. Names are not resolved: they have the addresses that the
//! instance's quirks give; else `localhost` is loopback, a name that ends in `.invalid` is unknown, and every other counts as public.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv6Addr};

use url::{Host, Url};

use super::Owner;
use crate::sandbox::gitlab::settings::ApplicationSettings;
use crate::sandbox::gitlab::state::GitLabState;

/// The rules of one instance.
pub(super) struct UrlBlocker<'a> {
    settings: &'a ApplicationSettings,
    external_url: &'a Url,
    names: &'a BTreeMap<String, Vec<IpAddr>>,
    no_dns: bool,
}

impl<'a> UrlBlocker<'a> {
    pub(super) const fn new(state: &'a GitLabState) -> Self {
        let quirks = &state.quirks;
        Self {
            settings: &state.settings,
            external_url: &state.external_url,
            names: &quirks.names,
            no_dns: quirks.no_dns,
        }
    }

    /// Why GitLab would not send to this address, in GitLab's words; `None` if it would.
    pub(super) fn reason(&self, address: &str, owner: Owner) -> Option<&'static str> {
        let settings = self.settings;
        let Ok(url) = Url::parse(address) else { return Some("URI is invalid") };
        if !matches!(url.scheme(), "http" | "https") {
            return Some("Only allowed schemes are http, https");
        }
        let Some(host) = url.host() else { return Some("URI is invalid") };
        let local_allowed = match owner {
            Owner::System => settings.allow_local_requests_from_system_hooks,
            Owner::Project(_) | Owner::Group(_) => settings.allow_local_requests_from_web_hooks_and_services,
        };
        let denies = settings.deny_all_requests_except_allowed;
        if !settings.dns_rebinding_protection_enabled && local_allowed && !denies {
            return None;
        }
        let resolved = self.resolve(&host);
        let addresses = resolved.clone().unwrap_or_default();
        let target = DestinationHost { host: host.to_string(), port: url.port_or_known_default(), addresses };
        let is_name = matches!(host, Host::Domain(_));
        if is_name && settings.outbound_allowlist().any(|entry| target.matches_name(entry)) {
            return None;
        }
        if resolved.is_none() {
            let is_enforced = settings.dns_rebinding_protection_enabled || denies;
            return is_enforced.then_some("Host cannot be resolved or invalid");
        }
        // The request goes to the first of its addresses.
        if settings.outbound_allowlist().any(|entry| target.matches_first_address(entry)) {
            return None;
        }
        if is_same_origin(self.external_url, &url) {
            return None;
        }
        if denies {
            return Some("Requests to hosts and IP addresses not on the Allow List are denied");
        }
        if local_allowed { None } else { target.local() }
    }

    /// `None` for a name that has no address; a name that nothing is known of is public, and has none that would matter.
    fn resolve(&self, host: &Host<&str>) -> Option<Vec<IpAddr>> {
        match host {
            Host::Ipv4(ip) => Some(vec![IpAddr::V4(*ip)]),
            Host::Ipv6(ip) => Some(vec![unmapped(*ip)]),
            Host::Domain(_) if self.no_dns => None,
            Host::Domain(name) if is_localhost(name) => Some(vec![IpAddr::from([127, 0, 0, 1])]),
            Host::Domain(name) => match self.names.get(&name.to_ascii_lowercase()) {
                Some(addresses) if addresses.is_empty() => None,
                Some(addresses) => Some(addresses.clone()),
                None if name.ends_with(".invalid") => None,
                None => Some(Vec::new()),
            },
        }
    }
}

/// gitlab: `internal_web?`
fn is_same_origin(gitlab: &Url, url: &Url) -> bool {
    let place = |url: &Url| (url.scheme().to_owned(), url.host_str().map(str::to_owned), url.port_or_known_default());
    place(gitlab) == place(url)
}

/// An IPv4 address in IPv6's notation counts as what it is.
fn unmapped(ip: Ipv6Addr) -> IpAddr {
    ip.to_ipv4_mapped().map_or(IpAddr::V6(ip), IpAddr::V4)
}

fn is_localhost(name: &str) -> bool {
    name.eq_ignore_ascii_case("localhost") || name.to_ascii_lowercase().ends_with(".localhost")
}

struct DestinationHost {
    host: String,
    port: Option<u16>,
    addresses: Vec<IpAddr>,
}

impl DestinationHost {
    /// The entry and its port, where it has one. An address of IPv6 has its port behind brackets.
    fn parts(entry: &str) -> (&str, Option<&str>) {
        if let Some((address, rest)) = entry.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            return (address, rest.strip_prefix(':'));
        }
        match entry.split_once(':') {
            Some((host, port)) if !port.contains(':') => (host, Some(port)),
            _ => (entry, None),
        }
    }

    fn is_for_port(&self, port: Option<&str>) -> bool {
        port.is_none_or(|port| port.parse().ok() == self.port)
    }

    fn matches_name(&self, entry: &str) -> bool {
        let (host, port) = Self::parts(entry.trim());
        self.is_for_port(port) && host.eq_ignore_ascii_case(&self.host)
    }

    fn matches_first_address(&self, entry: &str) -> bool {
        let Some(first) = self.addresses.first() else { return false };
        let entry = entry.trim();
        if let Some((range, bits)) = entry.split_once('/') {
            return is_in_range(*first, range, bits);
        }
        let (address, port) = Self::parts(entry);
        self.is_for_port(port) && address.parse::<IpAddr>().is_ok_and(|ip| ip == *first)
    }

    /// Each check is made over all addresses before the next one is.
    fn local(&self) -> Option<&'static str> {
        let any = |is: fn(&IpAddr) -> bool| self.addresses.iter().any(is);
        if any(|ip| {
            ip.is_unspecified() || *ip == IpAddr::from([127, 0, 0, 1]) || *ip == IpAddr::from(Ipv6Addr::LOCALHOST)
        }) {
            Some("Requests to localhost are not allowed")
        } else if any(IpAddr::is_loopback) {
            Some("Requests to loopback addresses are not allowed")
        } else if any(is_private) {
            Some("Requests to the local network are not allowed")
        } else if any(|ip| match ip {
            IpAddr::V4(ip) => ip.is_link_local(),
            IpAddr::V6(ip) => ip.is_unicast_link_local(),
        }) {
            Some("Requests to the link local network are not allowed")
        } else if any(|ip| matches!(ip, IpAddr::V4(ip) if ip.octets()[0] == 100 && ip.octets()[1] & 0xc0 == 64)) {
            Some("Requests to the shared address space are not allowed")
        } else if any(|ip| matches!(ip, IpAddr::V4(ip) if ip.is_broadcast())) {
            Some("Requests to the limited broadcast address are not allowed")
        } else {
            None
        }
    }
}

fn is_private(ip: &IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => ip.is_private(),
        // Unique local, and the older site local.
        IpAddr::V6(ip) => ip.is_unique_local() || ip.segments()[0] & 0xffc0 == 0xfec0,
    }
}

fn is_in_range(ip: IpAddr, range: &str, bits: &str) -> bool {
    let Ok(bits) = bits.parse::<u32>() else { return false };
    match (ip, range.parse::<IpAddr>()) {
        (IpAddr::V4(ip), Ok(IpAddr::V4(range))) if bits <= 32 => {
            u64::from(ip.to_bits() ^ range.to_bits()) >> (32 - bits) == 0
        }
        (IpAddr::V6(ip), Ok(IpAddr::V6(range))) if bits <= 128 => {
            bits == 0 || (ip.to_bits() ^ range.to_bits()) >> (128 - bits) == 0
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_allowed_or_blocked_by_the_settings() {
        let localhost = Some("Requests to localhost are not allowed");
        let network = Some("Requests to the local network are not allowed");
        let cases = [
            ("https://hooks.factory.example/x", "", Owner::Project(1), None),
            ("ftp://hooks.factory.example/x", "", Owner::Project(1), Some("Only allowed schemes are http, https")),
            ("nonsense", "", Owner::System, Some("URI is invalid")),
            ("https://nowhere.invalid/", "", Owner::Group(1), Some("Host cannot be resolved or invalid")),
            ("http://127.0.0.1:9/", "", Owner::Project(1), localhost),
            ("http://localhost:9/", "", Owner::Group(1), localhost),
            ("http://[::1]:9/", "", Owner::Group(1), localhost),
            ("http://127.0.0.1:9/", "", Owner::System, None),
            ("http://10.1.2.3/", "", Owner::Project(1), network),
            ("https://gitlab.example/", "", Owner::Project(1), None),
            ("http://127.0.0.2/", "", Owner::Project(1), Some("Requests to loopback addresses are not allowed")),
            ("http://169.254.1.1/", "", Owner::Project(1), Some("Requests to the link local network are not allowed")),
            ("http://100.64.0.1/", "", Owner::Project(1), Some("Requests to the shared address space are not allowed")),
            (
                "http://255.255.255.255/",
                "",
                Owner::Group(1),
                Some("Requests to the limited broadcast address are not allowed"),
            ),
            ("http://127.0.0.1:9/", "127.0.0.1:9", Owner::Project(1), None),
            ("http://127.0.0.1:9/", "127.0.0.1:8", Owner::Project(1), localhost),
            ("http://127.0.0.1:9/", "127.0.0.1", Owner::Project(1), None),
            ("http://[::1]:9/", "[::1]:9", Owner::Project(1), None),
            ("http://[::1]:9/", "::1", Owner::Project(1), None),
            ("http://localhost:9/", "localhost:9", Owner::Project(1), None),
            ("http://10.1.2.3/", "10.0.0.0/8", Owner::Project(1), None),
            ("http://10.1.2.3/", "10.2.0.0/16", Owner::Project(1), network),
        ];
        let external = Url::parse("https://gitlab.example/gitlab").expect("an address");
        for (address, allowed, owner, expected) in cases {
            let mut settings = ApplicationSettings::default();
            settings.allow_outbound(allowed);
            assert_eq!(
                UrlBlocker { settings: &settings, external_url: &external, names: &BTreeMap::new(), no_dns: false }
                    .reason(address, owner),
                expected,
                "{address} {allowed}"
            );
        }
    }

    #[test]
    fn deny_all_allows_only_the_allowlist() {
        let external = Url::parse("https://gitlab.example").expect("an address");
        let settings = ApplicationSettings {
            deny_all_requests_except_allowed: true,
            outbound_local_requests_allowlist_raw: "hooks.factory.example".to_owned(),
            ..ApplicationSettings::default()
        };
        let ask = |address| {
            UrlBlocker { settings: &settings, external_url: &external, names: &BTreeMap::new(), no_dns: false }
                .reason(address, Owner::System)
        };
        assert_eq!(ask("https://hooks.factory.example/"), None);
        assert!(ask("https://other.example/").is_some_and(|why| why.contains("not on the Allow List")));
    }

    const HOSTS: &str = "8.8.8.8 10.1.2.3 172.20.0.1 192.168.0.1 127.0.0.1 127.0.0.9 0.0.0.0 169.254.7.7 100.64.0.1 100.128.0.1 \
         255.255.255.255 [::1] [fd00::5] [fe80::1] [fec0::1] [::ffff:10.1.2.3] [2600::1] hooks.example gone.example";
    const ENTRIES: &str = "other.example hooks.example hooks.example:443 hooks.example:80 10.1.2.3 10.1.2.3:443 10.1.2.3:80 \
         10.0.0.0/8 [fd00::5]:443 fd00::/8 fd00::5 127.0.0.0/8 gone.example 10.1.2.9";

    /// The client has a list of decisions of its own, so that neither is only as right as the other.
    #[test]
    fn the_client_decides_as_this_instance_does() {
        let mut compared = 0;
        for switches in 0..8_u8 {
            for entry in ENTRIES.split_whitespace() {
                let mut settings = ApplicationSettings {
                    allow_local_requests_from_web_hooks_and_services: switches & 1 != 0,
                    dns_rebinding_protection_enabled: switches & 2 == 0,
                    deny_all_requests_except_allowed: switches & 4 != 0,
                    ..ApplicationSettings::default()
                };
                settings.allow_outbound(entry);
                for host in HOSTS.split_whitespace() {
                    let addresses: Vec<IpAddr> = match host {
                        "hooks.example" => vec![IpAddr::from([10, 1, 2, 3])],
                        "gone.example" => Vec::new(),
                        literal => vec![literal.trim_matches(['[', ']']).parse().expect(literal)],
                    };
                    compare(&settings, host, &addresses);
                    compared += 1;
                }
            }
        }
        assert_eq!(compared, 8 * 14 * 19);
    }

    fn compare(settings: &ApplicationSettings, host: &str, addresses: &[IpAddr]) {
        use crate::network::outbound::{Destination, OutboundDecision, OutboundSettings, decide};

        let external = Url::parse("https://gitlab.example").expect("an address");
        let names = BTreeMap::from([(host.to_owned(), addresses.to_vec())]);
        let address = format!("https://{host}/x");
        let blocker = UrlBlocker { settings, external_url: &external, names: &names, no_dns: false };
        let known = OutboundSettings {
            allowlist: Some(OutboundSettings::entries(&settings.outbound_local_requests_allowlist_raw)),
            allows_local: settings.allow_local_requests_from_web_hooks_and_services,
            rebinding_protection: settings.dns_rebinding_protection_enabled,
            denies_all: settings.deny_all_requests_except_allowed,
            ..OutboundSettings::default()
        };
        let url = Url::parse(&address).expect("an address");
        let to = Destination { url: &url, addresses, gitlab: Some(&external), own_addresses: &[] };
        let decided = match decide(&to, &known) {
            OutboundDecision::Refused(refusal) => Some(refusal.text()),
            OutboundDecision::Allowed(_) | OutboundDecision::Unknown(_) => None,
        };
        assert_eq!(decided, blocker.reason(&address, Owner::Project(1)), "{address} with {known:?}");
    }
}
