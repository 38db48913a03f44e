//! SSH, and its host keys.

use super::*;

#[test]
fn ssh_is_told_from_what_else_may_listen_on_its_port() {
    hold(&[
        ("network.ssh", GIT, |_| {}, "pass", "SSH-2.0-OpenSSH"),
        ("network.ssh", GIT, |s| greets(s, SshFailure::Http), "fail", "a web server listens"),
        ("network.ssh", GIT, |s| greets(s, SshFailure::ClosedBeforeBanner), "fail", "load balancer without a server"),
        ("network.ssh", GIT, |s| greets(s, SshFailure::NoAnswer), "unknown", "no banner comes"),
        ("network.ssh", GIT, |s| greets(s, SshFailure::NotSsh("220 mail".to_owned())), "fail", "220 mail"),
        ("network.ssh_hostkey", GIT, |s| greets(s, SshFailure::Http), "skip", "depends on network.ssh"),
        (
            "network.ssh",
            "gitlab.acme.example",
            |s| {
                s.seen.gitlab.ssh = Observation::Known(SshSeenAt::Off);
                s.seen.ways.remove(1);
            },
            "skip",
            "switched off",
        ),
        (
            "network.ssh",
            "gitlab.acme.example",
            |s| {
                let place = SshPlace { host: "169.254.169.254".to_owned(), port: 22 };
                s.seen.gitlab.ssh = Observation::Known(SshSeenAt::LinkLocal(place));
                s.seen.ways.remove(1);
            },
            "fail",
            "link-local address",
        ),
        (
            "network.ssh",
            "gitlab.acme.example",
            |s| {
                s.seen.gitlab.ssh = Observation::Skipped("no token is given");
                s.seen.ways.remove(1);
            },
            "skip",
            "not known from here: no token is given",
        ),
        (
            "network.ssh",
            "gitlab.acme.example",
            |s| {
                let cause = Cause::Status(ErrorResponse { status: 403, ..ErrorResponse::default() });
                s.seen.gitlab.ssh = Observation::Failed(error(cause));
                s.seen.ways.remove(1);
            },
            "unknown",
            "no project could be read",
        ),
    ]);
}

#[test]
fn a_host_key_that_the_kit_does_not_name_fails() {
    fn keys(scene: &mut Scene, keys: Vec<Result<HostKey, SshFailure>>) {
        let keys = keys.into_iter().map(|key| HostKeySeen { kind: HostKeyKind::Ed25519, key }).collect();
        let banner = "SSH-2.0-x".to_owned();
        scene.way(GIT).ssh[0].keys = Some(Ok(SshSeen { banner, keys }));
    }
    fn key(fingerprint: &str) -> Result<HostKey, SshFailure> {
        Ok(HostKey { fingerprint: fingerprint.to_owned() })
    }
    fn kits(scene: &mut Scene, keys: &[&str]) {
        let keys: Vec<String> = keys.iter().map(|key| (*key).to_owned()).collect();
        scene.ways.factory.iter_mut().for_each(|factory| factory.ssh_host_keys.clone_from(&keys));
    }
    fn silent(scene: &mut Scene) {
        scene.way(GIT).ssh[0].keys = Some(Err(SshFailure::NoAnswer));
    }
    hold(&[
        ("network.ssh_hostkey", GIT, |_| {}, "pass", "1 of 1 keys read"),
        ("network.ssh_hostkey", GIT, |s| keys(s, vec![key("SHA256:other")]), "fail", "another server answers"),
        ("network.ssh_hostkey", GIT, |s| keys(s, vec![key(KEY), key("SHA256:other")]), "fail", "does not name"),
        ("network.ssh_hostkey", GIT, |s| keys(s, vec![Err(SshFailure::WrongSignature)]), "fail", "prove"),
        ("network.ssh_hostkey", GIT, |s| keys(s, vec![Err(SshFailure::Closed)]), "unknown", "could not be read"),
        ("network.ssh_hostkey", GIT, silent, "unknown", "could not be read"),
        (
            "network.ssh_hostkey",
            GIT,
            |s| kits(s, &["garbage"]),
            "unknown",
            "1 of 1 host keys in the kit cannot be read",
        ),
        ("network.ssh_hostkey", GIT, |s| kits(s, &["ssh-ed25519 AAAA", ""]), "unknown", "2 of 2 host keys in the kit"),
        ("network.ssh_hostkey", GIT, |s| kits(s, &["garbage", KEY]), "pass", ""),
        (
            "network.ssh_hostkey",
            GIT,
            |s| s.ways.factory.iter_mut().for_each(|factory| factory.ssh_host_keys.clear()),
            "skip",
            "names no host keys",
        ),
    ]);
}

#[test]
fn ssh_that_is_switched_off_is_read_from_the_settings() {
    assert_eq!(GitAccess::default(), GitAccess::Both);
    let mut scene = Scene::healthy();
    scene.ways.gitlab = None;
    assert!(
        scene
            .findings()
            .iter()
            .all(|finding| finding.target.as_ref().is_none_or(|target| target.place != "gitlab.acme.example"))
    );
}
