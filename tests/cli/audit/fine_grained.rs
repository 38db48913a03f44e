//! Fine-grained tokens: with exactly the permissions that are listed a command can run, and with one fewer it cannot.

use std::collections::BTreeSet;
use std::sync::Mutex;

use factory_gitlab::gitlab::{Boundary, Permission, Task};
use factory_gitlab::sandbox::gitlab::seed::TokenSpec;
use factory_gitlab::sandbox::gitlab::state::GranularGrant;
use factory_gitlab::sandbox::options::{SandboxOptions, SandboxPlan};

use crate::cloud::{CODE, cloud, with_person};
use crate::test_env::{TestEnv, Transcript, each_at_once, of_version, small};

const fn access(boundary: Boundary) -> &'static str {
    match boundary {
        Boundary::Instance => "instance",
        Boundary::User => "user",
        Boundary::GroupsAndProjects => "all_memberships",
    }
}

/// Gives the program a token of root's with these permissions.
fn use_token(env: &mut TestEnv, permissions: &[Permission]) {
    let of = |boundary: Boundary| GranularGrant {
        access: access(boundary).to_owned(),
        permissions: permissions.iter().filter(|one| one.boundary == boundary).map(Permission::name).collect(),
    };
    let grants = Boundary::ALL.map(of).to_vec();
    let scopes = vec!["granular".to_owned()];
    // On GitLab.com it is a user's, who is the second one.
    let user = if env.sandbox().gitlab().is_cloud() { 2 } else { TokenSpec::default().user };
    let spec = TokenSpec { user, granular: true, scopes, grants, ..TokenSpec::default() };
    let token = env.sandbox().gitlab().add_token(spec);
    env.set("GITLAB_TOKEN", &token);
    env.sandbox().gitlab().lock().used_permissions.clear();
}

/// An environment in which the command has something to do.
fn prepared(task: Task) -> TestEnv {
    // Where a webhook can be missing, each project has its own.
    let plan = if task == Task::MonitorFix { SandboxPlan::None } else { SandboxPlan::Premium };
    if task == Task::VerifyCloud {
        return connected_to_cloud();
    }
    let env = TestEnv::with(SandboxOptions { plan, ..small() });
    match task {
        Task::Connect | Task::ConnectMinted => return env,
        Task::RotateToken => env.connects(&["--handover-token", "minted"]),
        Task::MonitorFix => {
            env.connects(&["--handover-token", "none"]);
            crate::monitor::new_project(&env, "fresh");
        }
        _ => env.connects(&["--handover-token", "none"]),
    }
    if task == Task::RotateWebhookSecret {
        let _secrets = env.sandbox().factory().rotate_webhook_secret();
    }
    env
}

/// GitLab.com, where Factory does not say itself what its account reaches.
fn connected_to_cloud() -> TestEnv {
    let env = cloud(CODE);
    env.sandbox().factory().edit_kit(|kit| {
        kit["cloud"].as_object_mut().and_then(|cloud| cloud.remove("candidates_url")).expect("an address");
    });
    assert_eq!(
        with_person(&env, &["connect", "--cloud", "--yes", "--group", "group-1", "--project", "group-2/project-2"])
            .code,
        0
    );
    env
}

fn run(env: &TestEnv, task: Task) -> Transcript {
    let mut args: Vec<&str> = task.command().split(' ').skip(1).collect();
    match task {
        Task::Connect => args.extend(["--yes", "--handover-token", "none"]),
        Task::Verify | Task::VerifyLive | Task::VerifyCloud | Task::Audit => {}
        Task::Monitor => args.push("--once"),
        Task::MonitorFix => args.extend(["--once", "--yes"]),
        _ => args.push("--yes"),
    }
    env.run(&args)
}

#[test]
fn with_exactly_the_listed_permissions_each_command_runs_and_uses_every_one() {
    for task in Task::ALL {
        let mut env = prepared(task);
        use_token(&mut env, &task.permissions());
        let run = run(&env, task);
        assert_eq!(run.code, 0, "{}: {run}", task.command());
        let used = env.sandbox().gitlab().lock().used_permissions.clone();
        let listed: BTreeSet<(&str, String)> =
            task.permissions().iter().map(|one| (access(one.boundary), one.name())).collect();
        let unused: Vec<_> = listed.difference(&used).collect();
        assert!(unused.is_empty(), "{} does not need {unused:?}", task.command());
    }
}

/// What other commands write with.
const OF_WRITES: [(Task, &str); 6] = [
    (Task::VerifyLive, "Webhook: Trigger"),
    (Task::Exercise, "Branch: Create"),
    (Task::Exercise, "Project: Delete"),
    (Task::MonitorFix, "Webhook: Create"),
    (Task::RotateWebhookSecret, "Webhook: Trigger"),
    (Task::Disconnect, "Webhook: Delete"),
];

/// GitLab 19.2 shows neither what the token may do nor which permission is missing. The other commands were tried by hand in the
/// same way; what they need is held by the test above.
#[test]
fn with_one_permission_fewer_a_command_does_not_end_well_and_the_missing_one_is_named() {
    let whole = [Task::Verify, Task::VerifyCloud, Task::Audit, Task::Connect, Task::RotateToken];
    let each = |task: Task| task.permissions().into_iter().map(move |missing| (task, missing));
    let cases = whole.into_iter().flat_map(each).chain(
        OF_WRITES.into_iter().flat_map(|(task, label)| each(task).filter(move |(_, missing)| missing.label == label)),
    );
    let wrong = Mutex::new(Vec::new());
    each_at_once(&cases.collect::<Vec<_>>(), |(task, missing)| {
        let mut env = prepared(*task);
        let rest: Vec<Permission> = task.permissions().into_iter().filter(|one| one != missing).collect();
        use_token(&mut env, &rest);
        let run = run(&env, *task);
        let said = format!("{}{}", run.stdout, run.stderr);
        // Where nothing tells which of the two it is, both are said, the permission first.
        let is_role = said.contains("is not an administrator") && !said.contains("either the fine-grained token lacks");
        let is_named = said.contains(missing.label) && !is_role;
        if !matches!(run.code, 1 | 3) || !is_named {
            wrong.lock().expect("the list").push(format!("{} without {missing}: {run}", task.command()));
        }
    });
    let wrong = wrong.into_inner().expect("the list");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_version_that_names_the_missing_permission_is_repeated() {
    let mut env = TestEnv::with(of_version(19, 6));
    let task = Task::Connect;
    let missing = "OAuth Application: Create (instance)";
    let rest: Vec<Permission> = task.permissions().into_iter().filter(|one| one.to_string() != missing).collect();
    use_token(&mut env, &rest);
    let run = run(&env, task);
    insta::assert_snapshot!(run, @r"
    exit code: 1
    ----- stderr -----
    error: the fine-grained token lacks OAuth Application: Create (instance)
    hint: create a fine-grained token that has OAuth Application: Create (instance), too, or a classic one with the scope api (where Admin Mode is on also admin_mode)
          http://127.0.0.1:[port]/-/user_settings/personal_access_tokens
    ");
    assert!(env.writes().is_empty(), "{run}");
}

#[test]
fn a_fine_grained_token_is_not_handed_to_factory() {
    let mut env = TestEnv::with(small());
    use_token(&mut env, &Task::ConnectMinted.permissions());
    let run = env.run(&["connect", "--yes"]);
    insta::assert_snapshot!(run, @r"
    exit code: 1
    ----- stderr -----
    error: this is a fine-grained token, and Factory needs a classic one with the scopes api
    hint: let connect create one for Factory
          factory-gitlab connect --handover-token minted
    ");
    assert!(env.writes().is_empty(), "{run}");
}
