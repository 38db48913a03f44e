use std::ffi::OsString;
use std::time::Duration;

use super::*;
use crate::advice::explain_blockers;
use crate::cli::Parsed;
use crate::commands::parse;
use crate::error::Fix;
use crate::http::{ErrorResponse, FailedRequest, TlsProblem, UnexpectedPage};
use crate::plan::{Blocker, FactoryAsked};
use crate::testing::fixture::Fixture;

/// Failures whose fixes have a command.
fn causes() -> Vec<Cause> {
    let to = "https://gitlab.acme.com/api/v4/user".parse().expect("a URL");
    let status = |status| Cause::Status(ErrorResponse { status, ..ErrorResponse::default() });
    vec![
        Cause::Tls(TlsProblem::UnknownCa { issuer: None, is_alone: true }),
        Cause::Tls(TlsProblem::Intercepted { issuer: "Acme".to_owned() }),
        Cause::Timeout { after: Duration::from_secs(90) },
        Cause::Broken { detail: String::new() },
        Cause::Redirected { to },
        Cause::UnexpectedPage { status: 200, what: UnexpectedPage::ClientCertificate },
        status(404),
        status(429),
        status(502),
    ]
}

/// The commands that make requests.
const RUNNING: [&str; 4] = ["connect", "verify", "kit show", "bundle upload FILE"];

fn assert_commands_can_be_run(fixes: &[Fix], running: &[&str]) {
    for running in running {
        for line in fixes.iter().filter_map(|fix| fix.command.as_ref()).map(|command| command.line(running)) {
            let args: Vec<OsString> = line.split(' ').map(OsString::from).collect();
            assert!(matches!(parse(&args), Ok(Parsed::Run(_))), "{line}");
        }
    }
}

#[test]
fn the_command_of_every_fix_of_a_request_can_be_run() {
    let instance: InstanceUrl = "https://acme.com/gitlab".parse().expect("an address");
    for cause in causes() {
        let (method, host, path) = ("GET", "gitlab.acme.com".to_owned(), "/api/v4/user".to_owned());
        let error: Error = FailedRequest { method, host, path, cause: Box::new(cause) }.into();
        let fixes = gitlab(&error, "GitLab could not be asked", &instance).fixes;
        assert!(fixes.iter().any(|fix| fix.command.is_some()), "{error}");
        assert_commands_can_be_run(&fixes, &RUNNING);
        assert_commands_can_be_run(&reach(&error, &instance).fixes, &RUNNING);
    }
}

#[test]
fn the_command_of_every_fix_of_a_blocker_can_be_run() {
    let fixture = Fixture::healthy();
    let application = fixture.observed.applications.known().expect("a list")[0].clone();
    let blockers = [
        Blocker::SeveralApplications { applications: vec![application.clone()] },
        Blocker::NeedsSecret {
            application,
            factory: FactoryAsked::NotWithoutApproval { kit: fixture.desired.kit.fingerprint() },
        },
        Blocker::NoGroupHooks { plan: crate::instance::LicensePlan::Free },
        Blocker::SystemHookSendsAll,
    ];
    let fixes = explain_blockers(&blockers, &fixture.desired).fixes;
    assert_eq!(fixes.iter().filter(|fix| fix.command.is_some()).count(), 7);
    assert_commands_can_be_run(&fixes, &["connect"]);
}
