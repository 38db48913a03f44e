//! Roots that only this machine trusts.

use super::*;

fn by(issuer: &str, root: Option<PrivateRoot>) -> CertificateSeen {
    CertificateSeen { issuer: issuer.to_owned(), private_root: root, ..certificate() }
}

fn shows(scene: &mut Scene, target: &str, certificate: CertificateSeen) {
    scene.way(target).tls[0].seen = TlsSeen::Trusted(certificate);
}

fn untrusted(scene: &mut Scene, target: &str) {
    let problem = TlsProblem::UnknownCa { issuer: Some("Acme CA".to_owned()), is_alone: false };
    scene.way(target).tls[0].seen = TlsSeen::Refused { problem, certificate: Some(by("Acme CA", None)) };
}

#[test]
fn a_public_host_of_factorys_with_a_root_that_was_added_here_looks_inspected() {
    fn added(scene: &mut Scene) {
        shows(scene, HOOKS, by("Acme CA", Some(PrivateRoot::Added)));
    }
    fn added_and_private(scene: &mut Scene) {
        added(scene);
        is_at(scene, HOOKS, "10.64.1.5");
    }
    fn added_behind_a_proxy(scene: &mut Scene) {
        let way = scene.way(HOOKS);
        way.proxy = Some("proxy.acme.example:3128".to_owned());
        way.addresses = Observation::Skipped("requests go through a proxy");
        (way.attempts, way.tls) = (Vec::new(), Vec::new());
        way.tunnelled = Some(Observation::Known(by("Acme CA", Some(PrivateRoot::Added))));
    }
    fn given(scene: &mut Scene) {
        shows(scene, HOOKS, by("Acme CA", Some(PrivateRoot::Given)));
    }
    hold(&[
        (
            "network.tls",
            HOOKS,
            added,
            "warn",
            "a certificate of Acme CA, whose root was added to those that this machine",
        ),
        ("network.tls", HOOKS, given, "warn", "trusted only because it was given for this run"),
        ("network.tls", HOOKS, added_behind_a_proxy, "warn", "whose root was added"),
        // A private address may have a company's certificate.
        ("network.tls", HOOKS, added_and_private, "pass", "issued by Acme CA"),
        ("network.tls", GITLAB, |s| shows(s, GITLAB, by("Acme CA", Some(PrivateRoot::Added))), "pass", "Acme CA"),
    ]);
}

#[test]
fn one_private_issuer_on_two_hosts_that_have_nothing_to_do_with_each_other_looks_like_inspection() {
    fn both(scene: &mut Scene, root: Option<PrivateRoot>) {
        is_at(scene, HOOKS, "10.64.1.5");
        [HOOKS, GITLAB].into_iter().for_each(|target| shows(scene, target, by("Acme CA", root)));
    }
    fn both_untrusted(scene: &mut Scene) {
        [HOOKS, GITLAB].into_iter().for_each(|target| untrusted(scene, target));
    }
    let told = "hooks.factory.example and gitlab.acme.example, which have nothing to do with each other";
    hold(&[
        ("network.tls", HOOKS, |s| both(s, Some(PrivateRoot::Added)), "warn", told),
        // That a company's own GitLab has its certificate says nothing.
        ("network.tls", GITLAB, |s| both(s, Some(PrivateRoot::Added)), "pass", ""),
        // An issuer that every system trusts has many customers.
        ("network.tls", HOOKS, |s| both(s, None), "pass", ""),
        ("network.tls", HOOKS, both_untrusted, "fail", told),
        ("network.tls", HOOKS, |s| untrusted(s, HOOKS), "fail", "is not trusted"),
    ]);
}
