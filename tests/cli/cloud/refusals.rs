//! What can go wrong on the way to an authorization, each told apart, with the exit code that it has.

use factory_gitlab::sandbox::options::SandboxOptions;

use super::{CODE, SESSION, cloud, rehearse, with_person};
use crate::test_env::{TestEnv, each_at_once};

/// A way of the kit, a fault, more arguments; the exit code, and what is said.
type Case = (&'static str, &'static str, &'static [&'static str], i32, &'static str);

const CASES: [Case; 18] = [
    (
        "session",
        "POST /gitlab/v1/cloud/sessions=with:{\"session_url\":\"https://factory.example/s\"}",
        &["--all"],
        1,
        "its session_url is not at the origin",
    ),
    ("session", "browser=deny", &["--all"], 1, "the authorization was denied in the browser"),
    ("session", "browser=other-account", &["--all", "--account", "alice"], 1, "@bob has authorized"),
    (
        "session",
        "browser=away",
        &["--all", "--authorization-timeout", "30s"],
        3,
        "no user has authorized Factory within 30 s",
    ),
    (
        "session",
        "GET /gitlab/v1/cloud/sessions/*=with:{\"status\":\"expired\"}",
        &["--all"],
        3,
        "has expired before anybody authorized",
    ),
    ("session", "PUT /gitlab/v1/cloud/selection=status:409", &["--all"], 1, "has no authorization for this selection"),
    ("session", "PUT /gitlab/v1/cloud/selection=status:422", &["--all"], 1, "does not find everything"),
    ("session", "browser=away@9", &["--group", "nowhere"], 1, "group nowhere"),
    ("client", "browser=deny", &["--all"], 1, "the authorization was denied in the browser"),
    ("client", "browser=other-account", &["--all", "--account", "alice"], 1, "@bob has authorized"),
    (
        "client",
        "browser=away",
        &["--all", "--authorization-timeout", "30s"],
        3,
        "no user has authorized Factory within 30 s",
    ),
    ("client", "POST /oauth/token=with:{\"scope\":\"read_user\"}", &["--all"], 1, "has authorized without api"),
    ("client", "browser=away@9", &["--project", "group-1/none"], 1, "project group-1/none"),
    ("client", "POST /oauth/token=oauth:invalid_grant", &["--all"], 1, "GitLab refused: invalid_grant"),
    ("client,device", "browser=deny", &["--all", "--device"], 1, "the authorization was denied in the browser"),
    (
        "client,device",
        "POST /oauth/token=oauth:expired_token",
        &["--all", "--device"],
        3,
        "the device code has expired",
    ),
    (
        "client,device",
        "POST /oauth/authorize_device=oauth:access_denied",
        &["--all", "--device"],
        1,
        "does not allow the device flow",
    ),
    (
        "client,device",
        "browser=away",
        &["--all", "--device", "--authorization-timeout", "20s"],
        3,
        "no user has authorized",
    ),
];

#[test]
fn each_way_to_fail_is_told_apart_and_ends_with_its_exit_code() {
    each_at_once(&CASES, |(way, fault, args, code, said)| {
        let sandbox = ["--cloud-kit", way, "--fault", fault];
        let run = rehearse(&sandbox, &[&["connect", "--cloud", "--yes"], *args].concat());
        assert_eq!(run.code, *code, "{way} {fault}: {run}");
        assert!(run.stderr.contains(said) || run.stdout.contains(said), "{way} {fault}: {said:?} is not said: {run}");
        assert!(run.stderr.contains("hint: ") || run.stdout.contains("hint: "), "{way} {fault}: {run}");
    });
}

#[test]
fn a_device_that_polls_too_fast_slows_down_and_goes_on() {
    let sandbox = ["--cloud-kit", "client,device", "--fault", "POST /oauth/token=oauth:slow_downx1"];
    let run = rehearse(&sandbox, &["connect", "--cloud", "--yes", "--device", "--all"]);
    assert_eq!(run.code, 0, "{run}");
}

#[test]
fn what_cannot_be_asked_for_is_a_usage_error_before_anything_begins() {
    let mut env = cloud(SESSION);
    for (args, said) in [
        (&["--device", "--all"][..], "--device cannot be used with this kit"),
        (&[], "nothing is selected"),
        (&["--all", "--group", "group-1"], "--all selects everything"),
        (&["--future", "--project", "group-1/project-1"], "--future needs to know of what"),
        (&["--all", "--wait", "soon"], "write it as 90s, 5m or 1h"),
        (&["--all", "--gitlab-url", "https://gitlab.example.com"], "is not the GitLab of the kit's cloud section"),
    ] {
        env.sandbox().clear_requests();
        let run = env.run(&[&["connect", "--cloud", "--yes"], args].concat());
        assert_eq!(run.code, 2, "{args:?}: {run}");
        assert!(run.stderr.contains(said), "{args:?}: {run}");
        assert_eq!(env.writes(), [""; 0], "{args:?}");
    }
    env.unset("GITLAB_TOKEN");
    let run = env.run(&["connect", "--cloud", "--yes", "--all", "--prove", "group-1/project-1"]);
    assert_eq!((run.code, env.writes().len()), (2, 0), "{run}");
    env.unset("FACTORY_API_KEY");
    env.unset("FACTORY_KIT");
    let run = env.run(&["connect", "--cloud"]);
    assert_eq!(run.code, 2, "{run}");
    assert!(run.stderr.contains("missing input: 3 values"), "{run}");
}

#[test]
fn a_grant_that_is_not_used_is_revoked() {
    for args in [&["--group", "nowhere"][..], &["--all", "--account", "bob"]] {
        let env = cloud(CODE);
        let run = with_person(&env, &[&["connect", "--cloud", "--yes"], args].concat());
        assert_eq!(run.code, 1, "{run}");
        let requests = env.sandbox().requests();
        assert!(requests.iter().any(|one| one.path() == "/oauth/revoke" && one.status == Some(200)), "{run}");
        assert!(env.sandbox().factory().bundles().is_empty(), "{run}");
    }
}

#[test]
fn a_session_of_the_wrong_account_is_given_up() {
    let env = cloud(SESSION);
    let run = with_person(&env, &["connect", "--cloud", "--yes", "--all", "--account", "bob"]);
    assert_eq!(run.code, 1, "{run}");
    assert!(env.writes().iter().any(|one| one.starts_with("DELETE /gitlab/v1/cloud/sessions/")), "{run}");
    let right = with_person(&env, &["connect", "--cloud", "--yes", "--all", "--account", "@alice"]);
    assert_eq!(right.code, 0, "{right}");
}

#[test]
fn a_changed_kit_is_not_covered_by_yes_when_a_connection_ends_and_the_printed_fix_accepts_it() {
    let env = cloud(SESSION);
    let connected = with_person(&env, &["connect", "--cloud", "--yes", "--all"]);
    assert_eq!(connected.code, 0, "{connected}");
    env.sandbox().factory().edit_kit(|kit| {
        let elsewhere = format!("{}-elsewhere", kit["disconnect_url"].as_str().expect("an address"));
        kit["disconnect_url"] = elsewhere.into();
    });
    env.sandbox().clear_requests();
    let refused = env.run(&["disconnect", "--cloud", "--yes"]);
    assert_eq!(refused.code, 2, "{refused}");
    for said in ["1. accept the changed kit ", "--yes does not cover that", "caused by: disconnect_url: "] {
        assert!(refused.stderr.contains(said), "{said}: {refused}");
    }
    assert_eq!(env.writes(), [""; 0], "{refused}");
    let line = refused.stderr.lines().find_map(|line| line.trim().strip_prefix("factory-gitlab "));
    let fixed = env.run(&line.expect("a command").split(' ').collect::<Vec<_>>());
    let writes = env.writes();
    assert!(
        matches!(&writes[..], [one] if one.starts_with("DELETE /gitlab/v1/connection-elsewhere")),
        "{writes:?}: {fixed}"
    );
    assert!(fixed.stderr.contains("1. accept the changed kit "), "{fixed}");
}

#[test]
fn gitlab_com_is_refused_where_it_cannot_be_worked_on() {
    let env = TestEnv::with(SandboxOptions::default());
    let run = env.run(&["connect", "--cloud", "--yes", "--all"]);
    assert_eq!(run.code, 2, "{run}");
    assert!(run.stderr.contains("cloud"), "{run}");
}
