//! What GitLab decides.

use super::*;

#[test]
fn gitlab_refuses_a_private_webhook_unless_its_allowlist_has_it() {
    fn private(scene: &mut Scene) {
        is_at(scene, HOOKS, "10.64.1.5");
    }
    fn listed(scene: &mut Scene, entry: &str) {
        private(scene);
        scene.settings().outbound.allowlist = Some(OutboundSettings::entries(entry));
    }
    fn unread(scene: &mut Scene) {
        scene.seen.gitlab.settings = Observation::Skipped("no token is given");
    }
    fn forbidden(scene: &mut Scene) {
        let cause = Cause::Status(ErrorResponse { status: 403, ..ErrorResponse::default() });
        scene.seen.gitlab.settings = Observation::Failed(error(cause));
    }
    hold(&[
        ("network.outbound", "", |_| {}, "pass", "no rule is against it"),
        ("network.outbound", "", private, "fail", "Requests to the local network are not allowed"),
        ("network.outbound", "", |s| is_at(s, HOOKS, "100.64.0.5"), "fail", "shared address space"),
        ("network.outbound", "", |s| listed(s, "hooks.factory.example:443"), "pass", "its name is on the allowlist"),
        ("network.outbound", "", |s| listed(s, "10.64.0.0/16"), "pass", "its address is on the allowlist"),
        // GitLab's own address is not where its webhooks come from.
        ("network.outbound", "", |s| listed(s, "10.64.0.0/16"), "pass", "leave from: the nodes with Sidekiq, or NAT"),
        ("network.outbound", "", |s| s.settings().outbound.denies_all = true, "fail", "not on the Allow List"),
        ("network.outbound", "", |s| s.settings().outbound.mode = SilentMode::On, "fail", "Silent mode"),
        (
            "network.outbound",
            "",
            |s| {
                private(s);
                unread(s);
            },
            "unknown",
            "by default GitLab refuses",
        ),
        (
            "network.outbound",
            "",
            |s| {
                private(s);
                forbidden(s);
            },
            "unknown",
            "by default GitLab refuses",
        ),
        ("network.outbound", "", unread, "skip", "no rule of GitLab's defaults"),
        ("network.outbound", "", forbidden, "unknown", "its settings were not read"),
        (
            "network.outbound",
            "",
            |s| resolver(s, DnsAnswer::Addresses(vec!["10.64.1.5".parse().expect("an address")])),
            "fail",
            "10.64.1.5 (private) at 10.20.0.10",
        ),
        (
            "network.outbound",
            "",
            |s| s.ways.factory.iter_mut().for_each(|factory| factory.webhook_cidrs = vec!["10.64.1.0/28".to_owned()]),
            "fail",
            "as the kit plans it",
        ),
    ]);
}

#[test]
fn a_setting_that_decides_and_is_not_in_gitlabs_answer_leaves_it_unknown() {
    fn lacks(scene: &mut Scene, keys: &[OutboundKey]) {
        scene.settings().missing = keys.to_vec();
    }
    fn private(scene: &mut Scene, keys: &[OutboundKey]) {
        is_at(scene, HOOKS, "10.64.1.5");
        lacks(scene, keys);
    }
    hold(&[
        (
            "network.outbound",
            "",
            |s| lacks(s, &[OutboundKey::DeniesAll]),
            "unknown",
            "deny_all_requests_except_allowed",
        ),
        ("network.outbound", "", |s| lacks(s, &[OutboundKey::SilentMode]), "unknown", "silent_mode_enabled"),
        ("network.outbound", "", |s| lacks(s, &[OutboundKey::AllowsLocal]), "pass", "no rule is against it"),
        (
            "network.outbound",
            "",
            |s| private(s, &[OutboundKey::AllowsLocal]),
            "unknown",
            "allow_local_requests_from_web",
        ),
        ("network.outbound", "", |s| private(s, &[OutboundKey::SystemHooksGoLocal]), "fail", "the local network"),
        ("network.outbound", "", |s| private(s, &[OutboundKey::DeniesAll]), "fail", "the local network"),
        ("network.outbound", "", |s| s.settings().outbound.allowlist = None, "pass", "no rule is against it"),
    ]);
}

#[test]
fn a_webhook_that_is_refused_gets_the_entry_of_the_allowlist_and_the_page() {
    let mut scene = Scene::healthy();
    is_at(&mut scene, HOOKS, "10.64.1.5");
    let fix = scene.finding("network.outbound", "").fix.expect("a fix");
    assert!(fix.text.contains("add hooks.factory.example:443 to the allowlist"), "{}", fix.text);
    assert_eq!(
        fix.url.as_deref(),
        Some("https://gitlab.acme.example/admin/application_settings/network#js-outbound-settings")
    );
}

#[test]
fn system_hooks_may_go_to_the_local_network_by_default() {
    let mut scene = Scene::healthy();
    is_at(&mut scene, HOOKS, "10.64.1.5");
    scene.ways.factory.iter_mut().for_each(|factory| factory.strategy = Strategy::System);
    assert_eq!(scene.finding("network.outbound", "").status, CheckStatus::Pass);
    scene.settings().system_hooks_go_local = false;
    assert_eq!(scene.finding("network.outbound", "").status, CheckStatus::Fail);
}

#[test]
fn a_group_that_does_not_let_factory_in_fails() {
    fn restricts(scene: &mut Scene, ranges: &[&str]) {
        let ranges = ranges.iter().map(|range| (*range).to_owned()).collect();
        scene.seen.gitlab.restrictions =
            Observation::Known(vec![GroupRestriction { group: "acme".to_owned(), ranges }]);
    }
    hold(&[
        ("network.inbound", "", |_| {}, "skip", "cannot be seen from here"),
        ("network.inbound", "", |s| restricts(s, &["10.0.0.0/8"]), "fail", "203.0.113.0/24 not let in by acme"),
        ("network.inbound", "", |s| restricts(s, &["203.0.0.0/8"]), "skip", ""),
        ("network.inbound", "", |s| restricts(s, &["203.0.113.0/25", "203.0.113.128/25"]), "skip", ""),
        ("network.inbound", "", |s| restricts(s, &["203.0.113.0/25"]), "fail", "not let in"),
        (
            "network.inbound",
            "",
            |s| {
                restricts(s, &["10.0.0.0/8"]);
                s.settings().globally_allowed = vec!["203.0.113.0/24".to_owned()];
            },
            "skip",
            "",
        ),
        ("network.inbound", "", |s| is_at(s, GITLAB, "10.0.0.7"), "warn", "through a VPC peering or a VPN only"),
    ]);
}
