use std::time::Duration;

use super::*;
use crate::error::FailureKind;
use crate::http::{Cause, ErrorResponse, FailedRequest, LinkProblem, TlsProblem, UnexpectedPage};

fn failed(cause: Cause) -> Error {
    FailedRequest {
        method: "GET",
        host: "gitlab.acme.com".to_owned(),
        path: "/api/v4/user".to_owned(),
        cause: Box::new(cause),
    }
    .into()
}

fn status(status: u16) -> Cause {
    Cause::Status(ErrorResponse { status, ..ErrorResponse::default() })
}

fn instance() -> InstanceUrl {
    "https://acme.com/gitlab".parse().expect("an address")
}

/// Text, commands and pages of the fixes, as `verify` shows them.
fn shown(fixes: &[Fix]) -> String {
    fixes
        .iter()
        .flat_map(|fix| std::iter::once(fix.text.clone()).chain(fix.actions("verify")))
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn every_failure_has_its_kind_and_says_what_to_do() {
    let to = "https://gitlab.acme.com/api/v4/user?private=1".parse().expect("a URL");
    let tls = |problem| Cause::Tls(problem);
    for (cause, kind, advice) in [
        (Cause::Dns { host: "gitlab.acme.com".to_owned(), detail: String::new() }, FailureKind::Unknown, "DNS"),
        (
            Cause::Connect { detail: "refused".to_owned(), proxy: Some("proxy:3128".to_owned()) },
            FailureKind::Unknown,
            "the proxy proxy:3128 lets this machine",
        ),
        (Cause::Connect { detail: "refused".to_owned(), proxy: None }, FailureKind::Unknown, "firewall"),
        (tls(TlsProblem::UnknownCa { issuer: None, is_alone: false }), FailureKind::Problem, "verify --ca-cert"),
        (tls(TlsProblem::UnknownCa { issuer: None, is_alone: true }), FailureKind::Problem, "intermediate"),
        (tls(TlsProblem::Expired { on: None }), FailureKind::Problem, "renew the certificate"),
        (
            tls(TlsProblem::MissingIntermediate { issuer: "R3".to_owned(), given: Vec::new() }),
            FailureKind::Problem,
            "let gitlab.acme.com send",
        ),
        (tls(TlsProblem::ClientCertificateWanted), FailureKind::Problem, "verify --client-cert"),
        (tls(TlsProblem::OldProtocol), FailureKind::Problem, "TLS 1.2"),
        (tls(TlsProblem::Other("eof".to_owned())), FailureKind::Unknown, "try again"),
        (Cause::ProxyPassword { proxy: "proxy:3128".to_owned() }, FailureKind::Problem, "FACTORY_GITLAB_PROXY"),
        (Cause::Timeout { after: Duration::from_secs(30) }, FailureKind::Unknown, "verify --timeout 90"),
        (status(401), FailureKind::Problem, "token"),
        (status(403), FailureKind::Problem, "admin_mode"),
        (status(429), FailureKind::Unknown, "verify --concurrency 1"),
        (status(502), FailureKind::Unknown, "once gitlab.acme.com has recovered"),
        (Cause::UnexpectedPage { status: 200, what: UnexpectedPage::LoginWall }, FailureKind::Unknown, "sign-in page"),
        (
            Cause::UnexpectedPage { status: 401, what: UnexpectedPage::BasicAuth },
            FailureKind::Problem,
            "verify --header-file PATH",
        ),
        (
            Cause::UnexpectedPage { status: 403, what: UnexpectedPage::CloudflareAccess },
            FailureKind::Problem,
            "verify --header-file PATH",
        ),
        (
            Cause::Redirected {
                to: "https://acme.cloudflareaccess.com/cdn-cgi/access/login/x".parse().expect("a URL"),
            },
            FailureKind::Problem,
            "verify --header-file PATH",
        ),
        (Cause::UnexpectedPage { status: 403, what: UnexpectedPage::Firewall }, FailureKind::Problem, "its log names"),
        (Cause::Link(LinkProblem::Circular), FailureKind::Unknown, "altering the responses"),
        (Cause::Redirected { to }, FailureKind::Problem, "verify --gitlab-url https://gitlab.acme.com"),
        (Cause::Setup("the CA file x cannot be read".to_owned()), FailureKind::Usage, ""),
        (Cause::ForwardedAuthorization, FailureKind::Unknown, "remove the Authorization"),
        (Cause::Interrupted, FailureKind::Interrupted, ""),
    ] {
        let error = failed(cause);
        assert_eq!(FailureKind::from(error.class()), kind, "{error}");
        for about in [About::GitLab(&instance()), About::FirstContact(&instance())] {
            let shown = shown(&advise(&error, about));
            assert!(shown.contains(advice), "{error}: {shown}");
            assert!(!shown.contains("private=1"), "{error}: {shown}");
        }
    }
}

#[test]
fn a_ca_that_did_not_issue_the_certificate_is_to_be_replaced_by_the_one_that_did() {
    let problem = TlsProblem::MissingIntermediate { issuer: "Acme".to_owned(), given: vec!["Old".to_owned()] };
    let shown = shown(&advise(&failed(Cause::Tls(problem)), About::Factory));
    let (first, rest) = shown.split_once('\n').expect("more than a text");
    assert!(first.contains("give its certificate"), "{shown}");
    assert!(rest.starts_with("factory-gitlab verify --factory-ca-cert PATH\nor, if"), "{shown}");
}

#[test]
fn a_missing_api_is_put_down_to_the_path() {
    let page = UnexpectedPage::WebPage;
    for cause in [status(404), Cause::UnexpectedPage { status: 404, what: page }] {
        let shown = shown(&advise(&failed(cause), About::FirstContact(&instance())));
        assert!(shown.contains("https://host/gitlab"), "{shown}");
    }
}

#[test]
fn a_link_leads_into_the_instance_under_its_relative_root() {
    let url = |refusal| gitlab::refusal(&refusal, &instance()).expect("advice").url.expect("a page");
    assert_eq!(
        url(ApiRefusal::TokenExpired),
        "https://acme.com/gitlab/-/user_settings/personal_access_tokens?name=factory-gitlab&scopes=api,admin_mode"
    );
    assert_eq!(
        url(ApiRefusal::InvalidHookUrl),
        "https://acme.com/gitlab/admin/application_settings/network#js-outbound-settings"
    );
}

#[test]
fn factorys_refusals_name_what_is_to_be_done() {
    for (code, advice) in [
        (401, "FACTORY_API_KEY"),
        (402, "plan"),
        (403, "Owner"),
        (404, "a new kit"),
        (409, "ask Factory"),
        (413, "larger"),
    ] {
        let error = failed(status(code));
        assert_eq!(FailureKind::from(error.class()), FailureKind::Problem);
        let shown = shown(&advise(&error, About::Factory));
        assert!(shown.contains(advice), "{shown}");
    }
}
