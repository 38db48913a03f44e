use super::AllowedBy::{AddressEntry, DomainEntry, LocalRequests, NoResolution, NoRule, OwnUrl};
use super::OutboundDecision::{Allowed, Refused, Unknown};
use super::*;

const HOOK: &str = "https://hooks.factory.example/gitlab";

fn settings(change: impl FnOnce(&mut OutboundSettings)) -> OutboundSettings {
    let mut settings = OutboundSettings::default();
    change(&mut settings);
    settings
}

fn listed(entries: &str) -> OutboundSettings {
    settings(|settings| settings.allowlist = Some(OutboundSettings::entries(entries)))
}

fn decision(url: &str, addresses: &[&str], settings: &OutboundSettings) -> OutboundDecision {
    let url = Url::parse(url).expect(url);
    let gitlab = Url::parse("https://gitlab.acme.example/git").expect("an address");
    let addresses: Vec<IpAddr> = addresses.iter().map(|text| text.parse().expect(text)).collect();
    let own_addresses = ["10.9.9.9".parse().expect("an address")];
    let to = Destination { url: &url, addresses: &addresses, gitlab: Some(&gitlab), own_addresses: &own_addresses };
    decide(&to, settings)
}

#[test]
fn each_class_of_address_meets_its_rule() {
    for (address, wanted) in [
        ("8.8.8.8", Allowed(NoRule)),
        ("2600::1", Allowed(NoRule)),
        ("203.0.113.9", Allowed(NoRule)),
        ("10.20.0.5", Refused(OutboundRefusal::LocalNetwork)),
        ("172.16.0.1", Refused(OutboundRefusal::LocalNetwork)),
        ("172.32.0.1", Allowed(NoRule)),
        ("192.168.3.4", Refused(OutboundRefusal::LocalNetwork)),
        ("fd00::5", Refused(OutboundRefusal::LocalNetwork)),
        ("fec0::5", Refused(OutboundRefusal::LocalNetwork)),
        ("::ffff:10.20.0.5", Refused(OutboundRefusal::LocalNetwork)),
        ("10.9.9.9", Refused(OutboundRefusal::Localhost)),
        ("127.0.0.1", Refused(OutboundRefusal::Localhost)),
        ("::1", Refused(OutboundRefusal::Localhost)),
        ("0.0.0.0", Refused(OutboundRefusal::Localhost)),
        ("::", Refused(OutboundRefusal::Localhost)),
        ("127.0.0.2", Refused(OutboundRefusal::Loopback)),
        ("169.254.169.254", Refused(OutboundRefusal::LinkLocal)),
        ("fe80::1", Refused(OutboundRefusal::LinkLocal)),
        ("100.64.3.4", Refused(OutboundRefusal::SharedAddressSpace)),
        ("100.128.0.1", Allowed(NoRule)),
        ("255.255.255.255", Refused(OutboundRefusal::LimitedBroadcast)),
    ] {
        assert_eq!(decision(HOOK, &[address], &OutboundSettings::default()), wanted, "{address}");
        let allowed = settings(|settings| settings.allows_local = true);
        assert!(matches!(decision(HOOK, &[address], &allowed), Allowed(_)), "{address} with local requests allowed");
    }
}

#[test]
fn the_rules_are_asked_in_gitlabs_order() {
    let denied = |entries: &str| OutboundSettings { denies_all: true, ..listed(entries) };
    let private: &[&str] = &["10.20.0.5"];
    for (url, addresses, settings, wanted) in [
        // A name that does not resolve.
        (HOOK, &[][..], OutboundSettings::default(), Refused(OutboundRefusal::Unresolved)),
        (HOOK, &[], listed("hooks.factory.example"), Allowed(DomainEntry)),
        (HOOK, &[], settings(|s| s.rebinding_protection = false), Allowed(NoResolution)),
        (HOOK, &[], settings(|s| s.proxy = OutboundProxy::InUse), Allowed(NoResolution)),
        (
            HOOK,
            &[],
            OutboundSettings { rebinding_protection: false, ..denied("") },
            Refused(OutboundRefusal::Unresolved),
        ),
        // The name on the allowlist stands above everything but Silent Mode.
        (HOOK, private, denied("hooks.factory.example:443"), Allowed(DomainEntry)),
        (HOOK, private, denied("10.0.0.0/8"), Allowed(AddressEntry)),
        ("https://gitlab.acme.example/x", private, denied(""), Allowed(OwnUrl)),
        (
            "https://gitlab.acme.example:8443/x",
            private,
            OutboundSettings::default(),
            Refused(OutboundRefusal::LocalNetwork),
        ),
        (HOOK, &["8.8.8.8"], denied(""), Refused(OutboundRefusal::NotOnAllowlist)),
        (
            HOOK,
            private,
            OutboundSettings { allows_local: true, ..denied("") },
            Refused(OutboundRefusal::NotOnAllowlist),
        ),
        (HOOK, private, settings(|s| s.allows_local = true), Allowed(LocalRequests)),
        (
            HOOK,
            &[],
            settings(|s| {
                s.allows_local = true;
                s.rebinding_protection = false;
            }),
            Allowed(LocalRequests),
        ),
        (
            HOOK,
            &["8.8.8.8"],
            OutboundSettings { mode: SilentMode::On, ..listed("hooks.factory.example") },
            Refused(OutboundRefusal::SilentMode),
        ),
        // Any of the addresses is enough for a refusal.
        (HOOK, &["8.8.8.8", "10.20.0.5"], OutboundSettings::default(), Refused(OutboundRefusal::LocalNetwork)),
        (HOOK, &["10.20.0.5", "127.0.0.2"], OutboundSettings::default(), Refused(OutboundRefusal::Loopback)),
    ] {
        assert_eq!(decision(url, addresses, &settings), wanted, "{url} {addresses:?} {settings:?}");
    }
}

#[test]
fn an_entry_of_the_allowlist_has_one_of_six_forms() {
    let v6 = "https://[fd00::5]/gitlab";
    for (url, address, entry, is_allowed) in [
        (HOOK, "10.20.0.5", "hooks.factory.example", true),
        (HOOK, "10.20.0.5", "HOOKS.Factory.example", true),
        (HOOK, "10.20.0.5", "hooks.factory.example:443", true),
        (HOOK, "10.20.0.5", "hooks.factory.example:8443", false),
        (HOOK, "10.20.0.5", "factory.example", false),
        (HOOK, "10.20.0.5", "*.factory.example", false),
        (HOOK, "10.20.0.5", "10.20.0.5", true),
        (HOOK, "10.20.0.5", "10.20.0.5:443", true),
        (HOOK, "10.20.0.5", "10.20.0.5:80", false),
        (HOOK, "10.20.0.5", "10.20.0.0/16", true),
        (HOOK, "10.20.0.5", "10.20.9.9/16", true),
        (HOOK, "10.20.0.5", "10.21.0.0/16", false),
        (HOOK, "::ffff:10.20.0.5", "10.20.0.5", true),
        (v6, "fd00::5", "fd00::5", true),
        (v6, "fd00::5", "[fd00::5]:443", true),
        (v6, "fd00::5", "[fd00::5]:80", false),
        (v6, "fd00::5", "fd00::/8", true),
        (HOOK, "10.20.0.5", "10.20.0.5/99", false),
        (HOOK, "10.20.0.5", "hooks.factory.example:https", false),
    ] {
        let is = matches!(decision(url, &[address], &listed(entry)), Allowed(_));
        assert_eq!(is, is_allowed, "{entry} for {address}");
    }
}

#[test]
fn entries_are_separated_as_gitlab_separates_them() {
    assert_eq!(OutboundSettings::entries("a:1\nb; c,d\r\n\n e "), ["a:1", "b", "c", "d", "e"]);
    assert!(OutboundSettings::entries(" \n").is_empty());
}

#[test]
fn an_address_entry_for_some_of_several_addresses_decides_nothing() {
    let listed = listed("10.20.0.5");
    assert_eq!(
        decision(HOOK, &["10.20.0.5", "10.20.0.6"], &listed),
        Unknown(OutboundDoubt::FirstAddress(OutboundRefusal::LocalNetwork))
    );
    assert_eq!(decision(HOOK, &["10.20.0.5"], &listed), Allowed(AddressEntry));
}

#[test]
fn without_an_allowlist_a_refusal_is_unknown_and_a_permission_is_not() {
    let unread = settings(|settings| settings.allowlist = None);
    assert_eq!(
        decision(HOOK, &["10.20.0.5"], &unread),
        Unknown(OutboundDoubt::Allowlist(OutboundRefusal::LocalNetwork))
    );
    assert_eq!(decision(HOOK, &["8.8.8.8"], &unread), Allowed(NoRule));
    let silent = OutboundSettings { mode: SilentMode::On, ..unread };
    assert_eq!(decision(HOOK, &["8.8.8.8"], &silent), Refused(OutboundRefusal::SilentMode));
}

#[test]
fn the_entry_that_is_advised_lets_the_webhook_through() {
    for (url, address, entry) in [
        (HOOK, "10.20.0.5", "hooks.factory.example:443"),
        ("https://hooks.factory.example:8443/x", "100.64.0.1", "hooks.factory.example:8443"),
        ("https://[fd00::5]/x", "fd00::5", "[fd00::5]:443"),
        ("https://10.20.0.5/x", "10.20.0.5", "10.20.0.5:443"),
    ] {
        let advised = allowlist_entry(&Url::parse(url).expect(url));
        assert_eq!(advised, entry);
        assert!(matches!(decision(url, &[address], &OutboundSettings::default()), Refused(_)), "{url}");
        assert!(matches!(decision(url, &[address], &listed(&advised)), Allowed(_)), "{url}");
    }
}

#[test]
fn each_refusal_is_read_back_from_gitlabs_words() {
    for refusal in OutboundRefusal::ALL {
        let said = format!("URL is blocked: {}", refusal.text());
        assert_eq!(OutboundRefusal::in_text(&said), Some(refusal), "{said}");
    }
    assert_eq!(OutboundRefusal::in_text("execution expired"), None);
}
