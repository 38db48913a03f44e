use std::time::Duration;

use super::healthy::{World, at, failed, refused, unreachable};
use super::table;
use crate::http::{Answer, Cause, Imposter, TlsProblem};
use crate::instance::Version;
use crate::observed::{CertificateSeen, Seen};

fn tls(world: &mut World, problem: TlsProblem) {
    world.observed.network.tls = failed(Cause::Tls(problem));
}

fn api(world: &mut World, cause: Cause) {
    world.observed.metadata = failed(cause);
}

fn until(world: &mut World, text: &str) {
    world.observed.network.tls = Seen::Known(CertificateSeen { issuer: "Acme CA".to_owned(), not_after: at(text) });
}

fn own_url(world: &mut World, url: &str) {
    world.observed.own_url = Seen::Known(Some(url.to_owned()));
}

#[test]
fn the_way_is_judged_step_by_step() {
    table(
        "instance.dns",
        &[
            (
                "no such name",
                |world| {
                    world.observed.network.addresses =
                        failed(Cause::Dns { host: "gitlab.acme.com".to_owned(), detail: String::new() });
                },
                "unknown",
            ),
            ("no address", |world| world.observed.network.addresses = Seen::Known(Vec::new()), "unknown"),
            ("a proxy", |world| world.observed.network.addresses = Seen::NotAsked("through a proxy"), "skip"),
        ],
    );
    table("instance.tcp", &[("refused", |world| world.observed.network.connect = unreachable(), "unknown")]);
    table(
        "instance.tls",
        &[
            ("unknown CA", |world| tls(world, TlsProblem::UnknownCa { issuer: None, is_alone: false }), "fail"),
            (
                "wrong name",
                |world| tls(world, TlsProblem::WrongName { host: "h".to_owned(), names: Vec::new() }),
                "fail",
            ),
            ("expired", |world| tls(world, TlsProblem::Expired { on: None }), "fail"),
            ("too early", |world| tls(world, TlsProblem::NotYetValid), "fail"),
            ("intercepted", |world| tls(world, TlsProblem::Intercepted { issuer: "Z".to_owned() }), "fail"),
            ("a broken handshake", |world| tls(world, TlsProblem::Other("eof".to_owned())), "unknown"),
            ("a time-out", |world| world.observed.network.tls = failed(timeout()), "unknown"),
            ("ending soon", |world| until(world, "2026-06-10T00:00:00Z"), "warn"),
            ("ended", |world| until(world, "2026-06-01T00:00:00Z"), "fail"),
            ("http on loopback", |world| world.observed.network.tls = Seen::NotAsked("plain http"), "skip"),
        ],
    );
}

fn timeout() -> Cause {
    Cause::Timeout { after: Duration::from_secs(30) }
}

#[test]
fn only_gitlab_passes_for_gitlab() {
    table(
        "instance.api",
        &[
            ("a login wall", |world| api(world, Cause::Imposter { status: 200, what: Imposter::LoginWall }), "fail"),
            ("a web page", |world| api(world, Cause::Imposter { status: 404, what: Imposter::WebPage }), "fail"),
            ("a bad gateway", |world| api(world, Cause::Imposter { status: 502, what: Imposter::WebPage }), "unknown"),
            ("not found", |world| world.observed.metadata = refused(404, "404 Not Found"), "fail"),
            ("broken", |world| world.observed.metadata = refused(500, "500 Internal Server Error"), "unknown"),
            ("too many requests", |world| world.observed.metadata = refused(429, "Retry later"), "unknown"),
            ("a time-out", |world| api(world, timeout()), "unknown"),
            (
                "cut JSON",
                |world| api(world, Cause::Decode { expected: "metadata", detail: "eof".to_owned() }),
                "unknown",
            ),
            ("too large", |world| api(world, Cause::TooLarge { limit: 1 }), "unknown"),
            ("its own 401", |world| world.observed.metadata = refused(401, "401 Unauthorized"), "pass"),
            ("a wall's 403", |world| api(world, Cause::Status(Answer { status: 403, ..Answer::default() })), "fail"),
            ("a redirect", |world| api(world, redirect("https://git.acme.com/api/v4/metadata")), "skip"),
        ],
    );
}

fn redirect(to: &str) -> Cause {
    Cause::Redirected { to: to.parse().expect("an address") }
}

#[test]
fn the_url_is_the_one_gitlab_names() {
    table(
        "instance.url",
        &[
            ("another host", |world| own_url(world, "https://git.acme.com"), "fail"),
            ("a path", |world| own_url(world, "https://gitlab.acme.com/gitlab"), "fail"),
            ("http", |world| own_url(world, "http://gitlab.acme.com"), "fail"),
            ("a slash and a port", |world| own_url(world, "https://GitLab.acme.com:443/"), "pass"),
            ("nothing said", |world| world.observed.own_url = Seen::Known(None), "skip"),
            ("a redirect", |world| api(world, redirect("https://git.acme.com/api/v4/metadata")), "fail"),
            (
                "no answer",
                |world| {
                    api(world, timeout());
                    world.observed.own_url = failed(timeout());
                },
                "skip",
            ),
            ("a failed read", |world| world.observed.own_url = failed(timeout()), "unknown"),
        ],
    );
}

#[test]
fn a_redirect_names_the_right_url() {
    let mut world = World::healthy();
    api(&mut world, redirect("https://acme.com/gitlab/api/v4/metadata"));
    let fix = world.finding("instance.url").fix.expect("a fix");
    assert_eq!(fix.command.as_deref(), Some("factory-gitlab verify --gitlab-url https://acme.com/gitlab"));
}

#[test]
fn old_versions_are_refused() {
    table(
        "instance.version",
        &[
            ("16.10", |world| world.version(Version::new(16, 10)), "fail"),
            ("16.11", |world| world.version(Version::new(16, 11)), "pass"),
            ("the token cannot read it", |world| world.observed.metadata = refused(403, "403 Forbidden"), "unknown"),
        ],
    );
}
