//! The URLs that GitLab allows for webhooks: schemes, the local network, and the outbound allowlist.
//!
//! gitlab: lib/gitlab/http_v2/url_blocker.rb, doc/security/webhooks.md. Names are not resolved: `localhost` is
//! loopback, a name that ends in `.invalid` is unknown, and every other name counts as public.

use std::net::IpAddr;

use url::{Host, Url};

use super::Owner;
use crate::sandbox::gitlab::settings::ApplicationSettings;
use crate::sandbox::gitlab::state::GitLabState;

/// The rules of one instance.
pub(super) struct UrlBlocker<'a> {
    settings: &'a ApplicationSettings,
    external_url: &'a Url,
    no_dns: bool,
}

impl<'a> UrlBlocker<'a> {
    pub(super) const fn new(state: &'a GitLabState) -> Self {
        Self { settings: &state.settings, external_url: &state.external_url, no_dns: state.quirks.no_dns }
    }

    /// Why GitLab would not send to this address, in GitLab's words; `None` if it would.
    pub(super) fn reason(&self, address: &str, owner: Owner) -> Option<&'static str> {
        let Self { settings, external_url, no_dns } = self;
        let Ok(url) = Url::parse(address) else { return Some("URI is invalid") };
        if !matches!(url.scheme(), "http" | "https") {
            return Some("Only allowed schemes are http, https");
        }
        let Some(host) = url.host() else { return Some("URI is invalid") };
        let ip = match &host {
            Host::Ipv4(ip) => Some(IpAddr::V4(*ip)),
            Host::Ipv6(ip) => Some(IpAddr::V6(*ip)),
            Host::Domain(name) if is_localhost(name) => Some(IpAddr::from([127, 0, 0, 1])),
            Host::Domain(_) => None,
        };
        let is_name = matches!(host, Host::Domain(_));
        if is_name && (*no_dns || host.to_string().ends_with(".invalid")) {
            return Some("Host cannot be resolved or invalid");
        }
        let target = DestinationHost { host: host.to_string(), port: url.port_or_known_default(), ip };
        if settings.outbound_allowlist().any(|entry| target.matches(entry)) {
            return None;
        }
        if settings.deny_all_requests_except_allowed {
            return Some("Requests to hosts and IP addresses not on the Allow List are denied");
        }
        let local_allowed = match owner {
            Owner::System => settings.allow_local_requests_from_system_hooks,
            Owner::Project(_) | Owner::Group(_) => settings.allow_local_requests_from_web_hooks_and_services,
        };
        if local_allowed { None } else { target.local(external_url) }
    }
}

fn is_localhost(name: &str) -> bool {
    name.eq_ignore_ascii_case("localhost") || name.to_ascii_lowercase().ends_with(".localhost")
}

struct DestinationHost {
    host: String,
    port: Option<u16>,
    ip: Option<IpAddr>,
}

impl DestinationHost {
    /// An entry is a host name or an IP address, either with an optional port, or an IP range.
    fn matches(&self, entry: &str) -> bool {
        let entry = entry.trim();
        if let Some((range, bits)) = entry.split_once('/') {
            return self.ip.is_some_and(|ip| is_in_range(ip, range, bits));
        }
        let with_port =
            || entry.rsplit_once(':').is_some_and(|(host, port)| port.parse().ok() == self.port && self.is(host));
        self.is(entry) || with_port()
    }

    fn is(&self, host: &str) -> bool {
        match host.trim_matches(['[', ']']).parse::<IpAddr>() {
            Ok(ip) => self.ip == Some(ip),
            Err(_) => host.eq_ignore_ascii_case(&self.host),
        }
    }

    fn local(&self, external_url: &Url) -> Option<&'static str> {
        if external_url.host_str() == Some(&self.host) {
            return Some("Requests to localhost are not allowed");
        }
        let ip = self.ip?;
        if ip.is_loopback() || ip.is_unspecified() {
            return Some("Requests to localhost are not allowed");
        }
        let private = match ip {
            IpAddr::V4(ip) => ip.is_private() || ip.is_link_local(),
            IpAddr::V6(ip) => ip.is_unique_local() || ip.is_unicast_link_local(),
        };
        private.then_some("Requests to the local network are not allowed")
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
            ("https://gitlab.example/", "", Owner::Project(1), localhost),
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
                UrlBlocker { settings: &settings, external_url: &external, no_dns: false }.reason(address, owner),
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
            UrlBlocker { settings: &settings, external_url: &external, no_dns: false }.reason(address, Owner::System)
        };
        assert_eq!(ask("https://hooks.factory.example/"), None);
        assert!(ask("https://other.example/").is_some_and(|why| why.contains("not on the Allow List")));
    }
}
