//! Fine-grained tokens: judged by what they may do, where GitLab shows it.

use super::fixture::{Fixture, failed, refused, words};
use crate::checks::{Policy, run_checks};
use crate::gitlab::{Boundary, GranularScope, Permission, Task};
use crate::http::{Cause, ErrorResponse};
use crate::kit::Handover;

/// A fine-grained token with these permissions, as a version from 19.5 on shows it.
fn grant(fixture: &mut Fixture, permissions: &[Permission]) {
    let access = |boundary| match boundary {
        Boundary::Instance => "instance",
        Boundary::User => "user",
        Boundary::GroupsAndProjects => "all_memberships",
    };
    let scope = |boundary| GranularScope {
        access: access(boundary).to_owned(),
        permissions: permissions.iter().filter(|one| one.boundary == boundary).map(Permission::name).collect(),
    };
    let scopes = Boundary::ALL.map(scope).to_vec();
    let token = fixture.token();
    (token.granular, token.scopes, token.granular_scopes) = (true, words(&["granular"]), Some(scopes));
}

/// A version that shows nothing.
fn hidden(fixture: &mut Fixture) {
    fixture.desired.handover.handover = Handover::None;
    let token = fixture.token();
    (token.granular, token.scopes) = (true, words(&["granular"]));
}

fn state(fixture: &Fixture, task: Task, code: &str) -> (&'static str, String) {
    let findings = run_checks(&fixture.desired, &fixture.observed, &Policy { task, ..Policy::default() });
    let finding = findings.into_iter().find(|one| one.code == code).expect(code);
    let fix = finding.fix.map(|fix| fix.text).unwrap_or_default();
    (finding.status.name(), format!("{}\n{fix}", finding.cause.unwrap_or_default()))
}

#[test]
fn each_command_takes_exactly_its_permissions_and_names_the_one_that_is_missing() {
    for task in Task::ALL {
        let mut fixture = Fixture::healthy();
        fixture.desired.handover.handover = if task == Task::ConnectMinted { Handover::Minted } else { Handover::None };
        let of_policy = if task == Task::ConnectMinted { Task::Connect } else { task };
        grant(&mut fixture, &task.permissions());
        assert_eq!(state(&fixture, of_policy, "token.scopes").0, "pass", "{}", task.command());
        assert_eq!(state(&fixture, of_policy, "token.excess").0, "pass", "{}", task.command());
        for missing in task.permissions() {
            let rest: Vec<Permission> = task.permissions().into_iter().filter(|one| *one != missing).collect();
            grant(&mut fixture, &rest);
            let (status, said) = state(&fixture, of_policy, "token.scopes");
            let (cause, fix) = said.split_once('\n').expect("two lines");
            assert_eq!(status, "fail", "{} without {missing}", task.command());
            assert_eq!(cause, format!("the fine-grained token lacks {missing}"));
            assert!(fix.contains(&missing.to_string()) && fix.contains(task.scope()), "{fix}");
        }
    }
}

#[test]
fn a_permission_that_no_command_needs_is_excess() {
    let mut fixture = Fixture::healthy();
    let wiki = Permission { boundary: Boundary::GroupsAndProjects, label: "Wiki: Delete" };
    grant(&mut fixture, &[Task::Verify.permissions(), vec![wiki]].concat());
    let (status, said) = state(&fixture, Task::Verify, "token.excess");
    assert_eq!(status, "warn");
    assert!(said.starts_with("the token also has delete_wiki, which no command needs"), "{said}");
}

#[test]
fn it_is_not_handed_to_factory() {
    let mut fixture = Fixture::healthy();
    grant(&mut fixture, &Task::Connect.permissions());
    let (status, said) = state(&fixture, Task::Connect, "token.scopes");
    assert_eq!(status, "fail");
    assert!(
        said.starts_with("this is a fine-grained token, and Factory needs a classic one with the scopes api"),
        "{said}"
    );
    assert_eq!(state(&fixture, Task::Exercise, "token.scopes").0, "fail", "it lacks other permissions");
}

#[test]
fn a_refusal_is_never_taken_for_a_missing_role_where_the_owner_is_an_administrator() {
    let bare = |fixture: &mut Fixture| fixture.observed.applications = refused(403, "403 Forbidden");
    let mut fixture = Fixture::healthy();
    hidden(&mut fixture);
    bare(&mut fixture);
    let (status, said) = state(&fixture, Task::Verify, "token.admin");
    assert_eq!(status, "fail");
    assert!(said.starts_with("the fine-grained token lacks OAuth Application: Read (instance)\n"), "{said}");
    // GitLab names it.
    fixture.user().is_admin = None;
    fixture.observed.applications = failed(Cause::Status(ErrorResponse {
        status: 403,
        error: Some("insufficient_granular_scope".to_owned()),
        ..ErrorResponse::default()
    }));
    let (_, said) = state(&fixture, Task::Verify, "token.admin");
    assert!(said.starts_with("the fine-grained token lacks OAuth Application: Read (instance)\n"), "{said}");
    // Nothing tells.
    bare(&mut fixture);
    let (_, said) = state(&fixture, Task::Verify, "token.admin");
    assert!(said.contains("cannot be told") && said.contains("admin_mode"), "{said}");
    fixture.observed.user = refused(403, "403 Forbidden");
    let (_, said) = state(&fixture, Task::Verify, "token.admin");
    assert!(said.contains("User: Read would tell"), "{said}");
}

#[test]
fn one_that_may_not_describe_itself_is_recognized() {
    let mut fixture = Fixture::healthy();
    fixture.observed.token = refused(403, "403 Forbidden");
    let (status, said) = state(&fixture, Task::Verify, "token.valid");
    assert_eq!(status, "fail");
    assert!(said.contains("a fine-grained token without Personal Access Token: Read"), "{said}");
}
