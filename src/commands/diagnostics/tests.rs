use super::*;
use crate::error::ExitCode;
use crate::gitlab::ApiRefusal;
use crate::http::{ErrorResponse, FailedRequest};
use crate::instance::InstanceUrl;

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

#[test]
fn every_failure_has_its_kind_and_says_what_to_do() {
    let to = "https://gitlab.acme.com/api/v4/user?private=1".parse().expect("a URL");
    for (cause, code, advice) in [
        (Cause::Dns { host: "gitlab.acme.com".to_owned(), detail: String::new() }, ExitCode::Unknown, "DNS"),
        (Cause::Connect { detail: "refused".to_owned() }, ExitCode::Unknown, "firewall"),
        (Cause::Tls(TlsProblem::UnknownCa { issuer: None, is_alone: false }), ExitCode::Unknown, "--ca-cert"),
        (Cause::Tls(TlsProblem::Expired { on: None }), ExitCode::Unknown, "renew the certificate"),
        (Cause::Timeout { after: std::time::Duration::from_secs(30) }, ExitCode::Unknown, "--timeout"),
        (status(401), ExitCode::Problem, "token"),
        (status(403), ExitCode::Problem, "admin_mode"),
        (status(429), ExitCode::Unknown, "rate limit"),
        (status(502), ExitCode::Unknown, "later"),
        (Cause::UnexpectedPage { status: 200, what: UnexpectedPage::LoginWall }, ExitCode::Unknown, "sign-in wall"),
        (Cause::Redirected { to }, ExitCode::Problem, "redirected to: https://gitlab.acme.com"),
        (Cause::Setup("the CA file x cannot be read".to_owned()), ExitCode::Usage, ""),
        (Cause::Interrupted, ExitCode::Interrupted, ""),
    ] {
        let failure = gitlab(&failed(cause), "GitLab could not be asked", &instance());
        assert_eq!(failure.exit_code(), code, "{failure}");
        assert!(failure.fixes.iter().any(|fix| fix.text.contains(advice)) || advice.is_empty(), "{failure}");
        assert!(!failure.to_string().contains("private=1"), "{failure}");
    }
}

#[test]
fn a_link_leads_into_the_instance_under_its_relative_root() {
    let fix = refusal(&ApiRefusal::TokenExpired, &instance()).expect("advice");
    let url = fix.url.expect("a page");
    assert_eq!(
        url,
        "https://acme.com/gitlab/-/user_settings/personal_access_tokens?name=factory-gitlab&scopes=api,admin_mode"
    );
    let fix = refusal(&ApiRefusal::InvalidHookUrl, &instance()).expect("advice");
    assert_eq!(
        fix.url.as_deref(),
        Some("https://acme.com/gitlab/admin/application_settings/network#js-outbound-settings")
    );
}

#[test]
fn factorys_refusals_name_what_is_to_be_done() {
    for (code, advice) in
        [(401, "FACTORY_API_KEY"), (402, "plan"), (403, "Owner"), (409, "ask Factory"), (413, "larger")]
    {
        let failure = factory(&failed(status(code)), "the bundle was not taken");
        assert_eq!(failure.exit_code(), ExitCode::Problem);
        assert!(failure.to_string().contains(advice), "{failure}");
    }
}
