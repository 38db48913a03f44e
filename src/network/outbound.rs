//! Whether GitLab would send a webhook to an address: its own list of decisions, over the addresses and what its administrator
//! has set. gitlab: gems/gitlab-http/lib/gitlab/http_v2/url_blocker.rb, url_allowlist.rb
//!
//! The sandbox has the same list a second time, on purpose; a test compares the two.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr};

use ipnet::IpNet;
use serde::Serialize;
use url::{Host, Url};

/// The page of the Admin Area with these settings.
pub const OUTBOUND_PAGE: &str = "/admin/application_settings/network#js-outbound-settings";

/// What an administrator has set about the requests of webhooks. The default is GitLab's.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct OutboundSettings {
    /// The entries of the allowlist; `None` where GitLab's answer has none of its names.
    pub allowlist: Option<Vec<String>>,
    /// Whether webhooks may go to the local network (`allow_local_requests_from_web_hooks_and_services`).
    pub allows_local: bool,
    pub rebinding_protection: bool,
    /// `deny_all_requests_except_allowed`, from 15.10.
    pub denies_all: bool,
    pub mode: SilentMode,
    pub proxy: OutboundProxy,
}

#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SilentMode {
    #[default]
    Off,
    On,
}

/// Whether GitLab's own requests go through a proxy. No API tells it.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum OutboundProxy {
    #[default]
    NoneKnown,
    InUse,
}

impl Default for OutboundSettings {
    fn default() -> Self {
        Self {
            allowlist: Some(Vec::new()),
            allows_local: false,
            rebinding_protection: true,
            denies_all: false,
            mode: SilentMode::Off,
            proxy: OutboundProxy::NoneKnown,
        }
    }
}

impl OutboundSettings {
    /// The entries of `outbound_local_requests_allowlist_raw`: an entry a line, and everything that GitLab takes between them.
    /// gitlab: app/models/application_setting_implementation.rb, `strings_to_array`
    #[must_use]
    pub fn entries(raw: &str) -> Vec<String> {
        let parts = raw.split(|c: char| matches!(c, ';' | ',') || c.is_whitespace());
        parts.filter(|entry| !entry.is_empty()).map(str::to_owned).collect()
    }
}

/// Where a webhook goes.
#[derive(Clone, Copy, Debug)]
pub struct Destination<'a> {
    pub url: &'a Url,
    /// All addresses of its host, as they are known here; none where the name does not resolve.
    pub addresses: &'a [IpAddr],
    /// GitLab's own URL.
    pub gitlab: Option<&'a Url>,
    /// The addresses of the GitLab host itself, as far as they are known.
    pub own_addresses: &'a [IpAddr],
}

/// Whether GitLab would send it.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum OutboundDecision {
    Allowed(AllowedBy),
    Refused(OutboundRefusal),
    Unknown(OutboundDoubt),
}

/// Why it would.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AllowedBy {
    /// No rule is against it.
    NoRule,
    /// Its name is on the allowlist.
    DomainEntry,
    /// Its address is.
    AddressEntry,
    /// It is the instance's own URL.
    OwnUrl,
    /// Webhooks may go to the local network.
    LocalRequests,
    /// Names need not resolve: the protection against rebinding is off, or a proxy resolves them.
    NoResolution,
}

/// Why it would not: a rule, or that nothing is sent at all.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum OutboundRefusal {
    Unresolved,
    NotOnAllowlist,
    Localhost,
    Loopback,
    LocalNetwork,
    LinkLocal,
    SharedAddressSpace,
    LimitedBroadcast,
    SilentMode,
}

/// Why it cannot be told.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum OutboundDoubt {
    /// Refused, unless the allowlist has it, which cannot be read.
    Allowlist(OutboundRefusal),
    /// GitLab looks for the first of several addresses on the allowlist, and only some of them are.
    FirstAddress(OutboundRefusal),
    /// A setting that decides it is not in GitLab's answer.
    Settings,
}

/// A setting that GitLab's answer may lack: what it is then is not known, and no default is taken for it.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
pub enum OutboundKey {
    #[serde(rename = "deny_all_requests_except_allowed")]
    DeniesAll,
    #[serde(rename = "allow_local_requests_from_web_hooks_and_services")]
    AllowsLocal,
    #[serde(rename = "allow_local_requests_from_system_hooks")]
    SystemHooksGoLocal,
    #[serde(rename = "dns_rebinding_protection_enabled")]
    RebindingProtection,
    #[serde(rename = "silent_mode_enabled")]
    SilentMode,
}

impl OutboundKey {
    /// As the API has it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::DeniesAll => "deny_all_requests_except_allowed",
            Self::AllowsLocal => "allow_local_requests_from_web_hooks_and_services",
            Self::SystemHooksGoLocal => "allow_local_requests_from_system_hooks",
            Self::RebindingProtection => "dns_rebinding_protection_enabled",
            Self::SilentMode => "silent_mode_enabled",
        }
    }

    /// The settings with the other value of this one.
    fn turned(self, mut settings: OutboundSettings) -> OutboundSettings {
        match self {
            Self::DeniesAll => settings.denies_all = !settings.denies_all,
            Self::AllowsLocal | Self::SystemHooksGoLocal => settings.allows_local = !settings.allows_local,
            Self::RebindingProtection => settings.rebinding_protection = !settings.rebinding_protection,
            Self::SilentMode => {
                settings.mode = if settings.mode == SilentMode::On { SilentMode::Off } else { SilentMode::On };
            }
        }
        settings
    }
}

/// GitLab's decision where some settings are not known: it counts if it is the same for each value that they may have.
#[must_use]
pub fn decide_without(to: &Destination<'_>, settings: &OutboundSettings, missing: &[OutboundKey]) -> OutboundDecision {
    let usual = decide(to, settings);
    let mut cases = vec![settings.clone()];
    for key in missing {
        let turned: Vec<OutboundSettings> = cases.iter().map(|case| key.turned(case.clone())).collect();
        cases.extend(turned);
    }
    let kind = std::mem::discriminant(&usual);
    let is_same = cases.iter().all(|case| std::mem::discriminant(&decide(to, case)) == kind);
    if is_same { usual } else { OutboundDecision::Unknown(OutboundDoubt::Settings) }
}

impl OutboundRefusal {
    pub const ALL: [Self; 9] = [
        Self::Unresolved,
        Self::NotOnAllowlist,
        Self::Localhost,
        Self::Loopback,
        Self::LocalNetwork,
        Self::LinkLocal,
        Self::SharedAddressSpace,
        Self::LimitedBroadcast,
        Self::SilentMode,
    ];

    /// GitLab's words, in the answer to a test and in the log of deliveries.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Unresolved => "Host cannot be resolved or invalid",
            Self::NotOnAllowlist => "Requests to hosts and IP addresses not on the Allow List are denied",
            Self::Localhost => "Requests to localhost are not allowed",
            Self::Loopback => "Requests to loopback addresses are not allowed",
            Self::LocalNetwork => "Requests to the local network are not allowed",
            Self::LinkLocal => "Requests to the link local network are not allowed",
            Self::SharedAddressSpace => "Requests to the shared address space are not allowed",
            Self::LimitedBroadcast => "Requests to the limited broadcast address are not allowed",
            Self::SilentMode => "Silent mode enabled",
        }
    }

    /// The refusal that a text of GitLab's names.
    #[must_use]
    pub fn in_text(said: &str) -> Option<Self> {
        let said = said.to_lowercase();
        Self::ALL.into_iter().find(|refusal| said.contains(&refusal.text().to_lowercase()))
    }

    /// Whether an entry of the allowlist lifts it.
    #[must_use]
    pub const fn is_lifted_by_entry(self) -> bool {
        !matches!(self, Self::SilentMode)
    }
}

impl fmt::Display for OutboundRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

/// The entry of the allowlist that lets webhooks go to this address, whatever its name resolves to: with an address instead of
/// the name, only the first of several would count.
#[must_use]
pub fn allowlist_entry(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    match url.port_or_known_default() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}

/// GitLab's decision. Where the name has several addresses, the first may be any of them.
#[must_use]
pub fn decide(to: &Destination<'_>, settings: &OutboundSettings) -> OutboundDecision {
    let unread = settings.allowlist.is_none();
    let decided = match to.addresses {
        [] | [_] => decide_by_first(to, settings, to.addresses.first().copied()),
        several => {
            let mut each = several.iter().map(|first| decide_by_first(to, settings, Some(*first)));
            let one = each.next().unwrap_or(OutboundDecision::Allowed(AllowedBy::NoRule));
            each.fold(one, agreed)
        }
    };
    match decided {
        OutboundDecision::Refused(refusal) if unread && refusal.is_lifted_by_entry() => {
            OutboundDecision::Unknown(OutboundDoubt::Allowlist(refusal))
        }
        decided => decided,
    }
}

/// What two first addresses make together.
fn agreed(one: OutboundDecision, other: OutboundDecision) -> OutboundDecision {
    match (one, other) {
        (OutboundDecision::Refused(refusal), OutboundDecision::Allowed(_))
        | (OutboundDecision::Allowed(_), OutboundDecision::Refused(refusal)) => {
            OutboundDecision::Unknown(OutboundDoubt::FirstAddress(refusal))
        }
        (OutboundDecision::Unknown(doubt), _) | (_, OutboundDecision::Unknown(doubt)) => {
            OutboundDecision::Unknown(doubt)
        }
        (one, _) => one,
    }
}

fn decide_by_first(to: &Destination<'_>, settings: &OutboundSettings, first: Option<IpAddr>) -> OutboundDecision {
    use OutboundDecision::{Allowed, Refused};
    if settings.mode == SilentMode::On {
        return Refused(OutboundRefusal::SilentMode);
    }
    let is_proxied = settings.proxy == OutboundProxy::InUse;
    let port = to.url.port_or_known_default();
    let entries: Vec<Entry<'_>> = settings.allowlist.iter().flatten().filter_map(|text| Entry::read(text)).collect();
    let has_domain = || entries.iter().any(|entry| entry.is_domain(to.url, port));
    if !settings.rebinding_protection && settings.allows_local && !settings.denies_all {
        return Allowed(AllowedBy::LocalRequests);
    }
    let Some(first) = first else {
        return if has_domain() {
            Allowed(AllowedBy::DomainEntry)
        } else if !settings.denies_all && (!settings.rebinding_protection || is_proxied) {
            Allowed(AllowedBy::NoResolution)
        } else {
            Refused(OutboundRefusal::Unresolved)
        };
    };
    if has_domain() {
        return Allowed(AllowedBy::DomainEntry);
    }
    if entries.iter().any(|entry| entry.is_address(first, port)) {
        return Allowed(AllowedBy::AddressEntry);
    }
    if to.gitlab.is_some_and(|gitlab| gitlab.origin() == to.url.origin()) {
        return Allowed(AllowedBy::OwnUrl);
    }
    if settings.denies_all {
        return Refused(OutboundRefusal::NotOnAllowlist);
    }
    match local(to.addresses, to.own_addresses) {
        None => Allowed(AllowedBy::NoRule),
        Some(_) if settings.allows_local => Allowed(AllowedBy::LocalRequests),
        Some(refusal) => Refused(refusal),
    }
}

/// The first of GitLab's checks on local addresses that any of these meets.
fn local(addresses: &[IpAddr], own: &[IpAddr]) -> Option<OutboundRefusal> {
    type Is<'a> = &'a dyn Fn(IpAddr) -> bool;
    // GitLab compares with the addresses of its own interfaces, of which 127.0.0.1 and ::1 always are two.
    let is_own = |ip: IpAddr| {
        ip.is_unspecified() || ip == IpAddr::from([127, 0, 0, 1]) || own.contains(&ip) || is_in(ip, &["::1/128"])
    };
    let checks: [(Is<'_>, OutboundRefusal); 6] = [
        (&is_own, OutboundRefusal::Localhost),
        (&|ip| ip.is_loopback(), OutboundRefusal::Loopback),
        (
            &|ip| is_in(ip, &["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7", "fec0::/10"]),
            OutboundRefusal::LocalNetwork,
        ),
        (&|ip| is_in(ip, &["169.254.0.0/16", "fe80::/10"]), OutboundRefusal::LinkLocal),
        (&|ip| is_in(ip, &["100.64.0.0/10"]), OutboundRefusal::SharedAddressSpace),
        (&|ip| ip == IpAddr::V4(Ipv4Addr::BROADCAST), OutboundRefusal::LimitedBroadcast),
    ];
    let any = |is: Is<'_>| addresses.iter().any(|address| is(address.to_canonical()));
    checks.into_iter().find(|(is, _)| any(*is)).map(|(_, refusal)| refusal)
}

fn is_in(address: IpAddr, blocks: &[&str]) -> bool {
    blocks.iter().filter_map(|block| block.parse::<IpNet>().ok()).any(|block| block.contains(&address))
}

/// An entry of the allowlist: a host or an address, with or without a port, or a block.
struct Entry<'e> {
    what: EntryKind<'e>,
    port: Option<u16>,
}

enum EntryKind<'e> {
    Domain(&'e str),
    Block(IpNet),
}

impl<'e> Entry<'e> {
    /// `None` for what can match nothing.
    fn read(text: &'e str) -> Option<Self> {
        let text = text.trim();
        if let Some(block) = text.contains('/').then(|| text.parse::<IpNet>().ok()) {
            return Some(Self { what: EntryKind::Block(block?.trunc()), port: None });
        }
        let bare = |text: &'e str| text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
        let address =
            |text: &'e str| bare(text).parse::<IpAddr>().ok().map(|ip| EntryKind::Block(ip.to_canonical().into()));
        if let Some(what) = address(text) {
            return Some(Self { what, port: None });
        }
        match text.rsplit_once(':') {
            Some((host, port)) => {
                let what = address(host).unwrap_or(EntryKind::Domain(host));
                Some(Self { what, port: Some(port.parse().ok()?) })
            }
            None => (!text.is_empty()).then_some(Self { what: EntryKind::Domain(text), port: None }),
        }
    }

    fn is_for_port(&self, port: Option<u16>) -> bool {
        self.port.is_none() || self.port == port
    }

    fn is_domain(&self, url: &Url, port: Option<u16>) -> bool {
        let Some(Host::Domain(host)) = url.host() else { return false };
        self.is_for_port(port) && matches!(self.what, EntryKind::Domain(name) if name.eq_ignore_ascii_case(host))
    }

    fn is_address(&self, address: IpAddr, port: Option<u16>) -> bool {
        self.is_for_port(port)
            && matches!(self.what, EntryKind::Block(block) if block.contains(&address.to_canonical()))
    }
}

#[cfg(test)]
mod tests;
