use std::time::Duration;

use super::fixture::{Fixture, at, failed, refused, unreachable};
use super::table;
use crate::http::{Cause, ErrorResponse, TlsProblem, UnexpectedPage};
use crate::instance::Version;
use crate::observed::{CertificateSeen, Observation};

fn tls(fixture: &mut Fixture, problem: TlsProblem) {
    fixture.observed.network.tls = failed(Cause::Tls(problem));
}

fn api(fixture: &mut Fixture, cause: Cause) {
    fixture.observed.metadata = failed(cause);
}

fn until(fixture: &mut Fixture, text: &str) {
    fixture.observed.network.tls = Observation::Known(CertificateSeen {
        issuer: "Acme CA".to_owned(),
        not_before: at("2026-01-01T00:00:00Z"),
        not_after: at(text),
        inspector: None,
        private_root: None,
    });
}

fn own_url(fixture: &mut Fixture, url: &str) {
    fixture.observed.own_url = Observation::Known(Some(url.to_owned()));
}

#[test]
fn the_network_path_is_judged_step_by_step() {
    table(
        "instance.dns",
        &[
            (
                "no such name",
                |fixture| {
                    fixture.observed.network.addresses =
                        failed(Cause::Dns { host: "gitlab.acme.com".to_owned(), detail: String::new() });
                },
                "unknown",
            ),
            ("no address", |fixture| fixture.observed.network.addresses = Observation::Known(Vec::new()), "unknown"),
            ("a proxy", |fixture| fixture.observed.network.addresses = Observation::Skipped("through a proxy"), "skip"),
        ],
    );
    table("instance.tcp", &[("refused", |fixture| fixture.observed.network.connect = unreachable(), "unknown")]);
    table(
        "instance.tls",
        &[
            ("unknown CA", |fixture| tls(fixture, TlsProblem::UnknownCa { issuer: None, is_alone: false }), "fail"),
            (
                "wrong name",
                |fixture| tls(fixture, TlsProblem::WrongName { host: "h".to_owned(), names: Vec::new() }),
                "fail",
            ),
            ("expired", |fixture| tls(fixture, TlsProblem::Expired { on: None }), "fail"),
            ("too early", |fixture| tls(fixture, TlsProblem::NotYetValid), "fail"),
            ("intercepted", |fixture| tls(fixture, TlsProblem::Intercepted { issuer: "Z".to_owned() }), "fail"),
            ("a client certificate", |fixture| tls(fixture, TlsProblem::ClientCertificateWanted), "fail"),
            ("an old protocol", |fixture| tls(fixture, TlsProblem::OldProtocol), "fail"),
            (
                "a request that the server ends",
                |fixture| api(fixture, Cause::Tls(TlsProblem::ClientCertificateWanted)),
                "fail",
            ),
            ("a broken handshake", |fixture| tls(fixture, TlsProblem::Other("eof".to_owned())), "unknown"),
            ("a time-out", |fixture| fixture.observed.network.tls = failed(timeout()), "unknown"),
            ("ending soon", |fixture| until(fixture, "2026-06-10T00:00:00Z"), "warn"),
            ("ended", |fixture| until(fixture, "2026-06-01T00:00:00Z"), "fail"),
            ("http on loopback", |fixture| fixture.observed.network.tls = Observation::Skipped("plain http"), "skip"),
        ],
    );
}

fn timeout() -> Cause {
    Cause::Timeout { after: Duration::from_secs(30) }
}

#[test]
fn only_gitlabs_own_answers_pass() {
    table(
        "instance.api",
        &[
            (
                "a login wall",
                |fixture| api(fixture, Cause::UnexpectedPage { status: 200, what: UnexpectedPage::LoginWall }),
                "fail",
            ),
            (
                "a web page",
                |fixture| api(fixture, Cause::UnexpectedPage { status: 404, what: UnexpectedPage::WebPage }),
                "fail",
            ),
            (
                "a bad gateway",
                |fixture| api(fixture, Cause::UnexpectedPage { status: 502, what: UnexpectedPage::WebPage }),
                "unknown",
            ),
            ("not found", |fixture| fixture.observed.metadata = refused(404, "404 Not Found"), "fail"),
            ("broken", |fixture| fixture.observed.metadata = refused(500, "500 Internal Server Error"), "unknown"),
            ("too many requests", |fixture| fixture.observed.metadata = refused(429, "Retry later"), "unknown"),
            ("a time-out", |fixture| api(fixture, timeout()), "unknown"),
            (
                "cut JSON",
                |fixture| api(fixture, Cause::Decode { expected: "metadata", detail: "eof".to_owned() }),
                "unknown",
            ),
            ("too large", |fixture| api(fixture, Cause::TooLarge { limit: 1 }), "unknown"),
            ("its own 401", |fixture| fixture.observed.metadata = refused(401, "401 Unauthorized"), "pass"),
            (
                "a wall's 403",
                |fixture| api(fixture, Cause::Status(ErrorResponse { status: 403, ..ErrorResponse::default() })),
                "fail",
            ),
            ("a redirect", |fixture| api(fixture, redirect("https://git.acme.com/api/v4/metadata")), "skip"),
        ],
    );
}

fn redirect(to: &str) -> Cause {
    Cause::Redirected { to: to.parse().expect("a valid URL") }
}

#[test]
fn the_url_is_the_one_gitlab_names() {
    table(
        "instance.url",
        &[
            ("another host", |fixture| own_url(fixture, "https://git.acme.com"), "fail"),
            ("a path", |fixture| own_url(fixture, "https://gitlab.acme.com/gitlab"), "fail"),
            ("http", |fixture| own_url(fixture, "http://gitlab.acme.com"), "fail"),
            ("a slash and a port", |fixture| own_url(fixture, "https://GitLab.acme.com:443/"), "pass"),
            ("nothing said", |fixture| fixture.observed.own_url = Observation::Known(None), "skip"),
            ("a redirect", |fixture| api(fixture, redirect("https://git.acme.com/api/v4/metadata")), "fail"),
            (
                "no answer",
                |fixture| {
                    api(fixture, timeout());
                    fixture.observed.own_url = failed(timeout());
                },
                "skip",
            ),
            ("a failed read", |fixture| fixture.observed.own_url = failed(timeout()), "unknown"),
        ],
    );
}

#[test]
fn a_redirect_names_the_right_url() {
    let mut fixture = Fixture::healthy();
    api(&mut fixture, redirect("https://acme.com/gitlab/api/v4/metadata"));
    let fix = fixture.finding("instance.url").fix.expect("a fix");
    let actions: Vec<String> = fix.actions("verify").collect();
    assert_eq!(actions, ["factory-gitlab verify --gitlab-url https://acme.com/gitlab"]);
}

#[test]
fn old_versions_are_refused() {
    table(
        "instance.version",
        &[
            ("16.10", |fixture| fixture.version(Version::new(16, 10)), "fail"),
            ("16.11", |fixture| fixture.version(Version::new(16, 11)), "pass"),
            (
                "the token cannot read it",
                |fixture| fixture.observed.metadata = refused(403, "403 Forbidden"),
                "unknown",
            ),
        ],
    );
}
