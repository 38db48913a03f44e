//! From nothing to connected, on each way; a second run; what verify, status and disconnect say of it.

use serde_json::json;

use crate::test_env::ApiCall;

use super::{CODE, SESSION, cloud, rehearse, selection, with_person};

const CONNECT: [&str; 3] = ["connect", "--cloud", "--yes"];

#[test]
fn factorys_session_connects_without_a_token_here() {
    let run = rehearse(&["--cloud-kit", "session"], &["connect", "--cloud", "--yes", "--all"]);
    insta::assert_snapshot!(run, @"");
}

#[test]
fn a_code_connects_by_a_redirect_to_this_machine() {
    let run = rehearse(&["--cloud-kit", "client"], &["connect", "--cloud", "--yes", "--group", "group-1", "--future"]);
    insta::assert_snapshot!(run, @"");
}

#[test]
fn a_device_code_connects_from_a_machine_without_a_browser() {
    let run = rehearse(&["--cloud-kit", "client,device"], &["connect", "--cloud", "--yes", "--device", "--all"]);
    insta::assert_snapshot!(run, @"");
}

#[test]
fn the_marks_of_groups_and_what_is_reached_beyond_are_said_before_the_plan_is_applied() {
    let groups = ["--group", "group-2", "--group", "group-3", "--group", "group-4", "--personal"];
    let run = rehearse(&["--groups", "4", "--projects", "8"], &[&CONNECT[..], &groups].concat());
    insta::assert_snapshot!(run, @"");
}

#[test]
fn a_second_run_writes_nothing_and_a_new_selection_authorizes_nobody_again() {
    for offers in [SESSION, CODE] {
        let env = cloud(offers);
        let first = with_person(&env, &[&CONNECT[..], &["--group", "group-1", "-o", "json"]].concat());
        assert_eq!(first.code, 0, "{first}");
        assert_eq!(first.json()["changed"], true, "{first}");
        assert_eq!(first.json()["cloud"]["account"]["username"], "alice", "{first}");
        assert_eq!(first.json()["cloud"]["status"], "connected", "{first}");

        env.sandbox().clear_requests();
        let second = env.run(&[&CONNECT[..], &["-o", "json"]].concat());
        assert_eq!(second.code, 0, "{second}");
        assert_eq!((second.json()["changed"].clone(), env.writes().len()), (json!(false), 0), "{second}");
        assert_eq!(second.json()["cloud"]["selection"]["groups"][0]["full_path"], "group-1", "{second}");

        env.sandbox().clear_requests();
        let other = env.run(&[&CONNECT[..], &["--project", "group-1/project-1"]].concat());
        assert_eq!(other.code, 0, "{other}");
        assert_eq!(env.writes(), ["PUT /gitlab/v1/cloud/selection"], "{other}");
        assert_eq!(selection(&env)["projects"][0]["full_path"], "group-1/project-1");
    }
}

#[test]
fn another_machine_finds_the_connection_as_it_is() {
    let mut env = cloud(SESSION);
    let first = with_person(&env, &[&CONNECT[..], &["--all"]].concat());
    assert_eq!(first.code, 0, "{first}");
    env.on_another_machine();
    env.sandbox().clear_requests();
    let there = env.run(&CONNECT);
    assert_eq!(there.code, 0, "{there}");
    assert!(there.stdout.starts_with("nothing to do: "), "{there}");
    assert_eq!(env.writes(), [""; 0], "{there}");
}

#[test]
fn the_grant_is_sealed_handed_over_and_left_nowhere() {
    let env = cloud(CODE);
    let run = with_person(&env, &[&CONNECT[..], &["--all"]].concat());
    assert_eq!(run.code, 0, "{run}");
    let grant = env.bundle();
    assert_eq!(grant["schema"], "factory-gitlab/cloud-grant/v1");
    assert_eq!(grant["scopes"], json!(["api", "read_user"]));
    assert_eq!(grant["account"]["username"], "alice");
    let left: Vec<String> = env.files_below("state").into_iter().map(|(path, _)| path).collect();
    assert!(left.iter().all(|path| !path.ends_with(".age")), "{left:?}");
}

#[test]
fn verify_status_and_disconnect_speak_of_the_same_connection() {
    let env = cloud(SESSION);
    let run = with_person(&env, &[&CONNECT[..], &["--group", "group-1"]].concat());
    assert_eq!(run.code, 0, "{run}");
    insta::assert_snapshot!(env.run(&["verify", "--cloud"]), @"");
    insta::assert_snapshot!(env.run(&["status"]), @"");
    insta::assert_snapshot!(env.run(&["disconnect", "--cloud", "--yes"]), @"");
    let again = env.run(&["disconnect", "--cloud", "--yes"]);
    assert_eq!((again.code, again.stdout.starts_with("nothing to do: ")), (0, true), "{again}");
    let verified = env.run(&["verify", "--cloud", "--only", "cloud.selection", "-o", "json"]);
    assert_eq!(verified.code, 1, "{verified}");
}

#[test]
fn a_part_of_the_selection_that_is_gone_fails_the_check() {
    let env = cloud(SESSION);
    let run = with_person(&env, &[&CONNECT[..], &["--project", "group-1/project-1"]].concat());
    assert_eq!(run.code, 0, "{run}");
    let token = env.sandbox().gitlab().user_token();
    let call = ApiCall { method: "DELETE", path: "/projects/group-1%2Fproject-1", body: &json!({}) };
    assert!(env.api_as(&token, &call).0 < 300);
    let verified = env.run(&["verify", "--cloud", "--only", "cloud.*"]);
    assert_ne!(verified.code, 3, "{verified}");
    assert!(verified.stdout.contains("group-1/project-1"), "{verified}");
}

#[test]
fn a_merge_request_proves_the_connection_and_is_removed_again() {
    let env = cloud(SESSION);
    let prove = ["--all", "--prove", "group-1/project-1"];
    let run = with_person(&env, &[&CONNECT[..], &prove, &["-o", "json"]].concat());
    assert_eq!(run.code, 0, "{run}");
    assert_eq!(run.json()["cloud"]["proof"]["state"], "yes", "{run}");
    assert_eq!(run.json()["cloud"]["proof"]["left"], json!([]), "{run}");
    let again = env.run(&[&CONNECT[..], &prove].concat());
    assert_eq!(again.code, 0, "{again}");
    assert!(again.stdout.contains("Factory has heard of it"), "{again}");
}

#[test]
fn a_dry_run_says_what_is_pending_and_asks_nobody() {
    let env = cloud(SESSION);
    let run = env.run(&["connect", "--cloud", "--dry-run", "--exit-code", "--all"]);
    assert_eq!(run.code, 4, "{run}");
    assert_eq!(env.writes(), [""; 0], "{run}");
}

#[test]
fn the_address_of_the_kits_cloud_section_chooses_it() {
    let mut env = cloud(SESSION);
    let kit = env.file("kit.json", env.sandbox().factory().kit_json().to_string());
    env.set("FACTORY_KIT", &kit);
    let run = env.run(&["connect", "--dry-run", "--all"]);
    assert_eq!(run.code, 0, "{run}");
    assert!(run.stdout.contains("authorize Factory's application"), "{run}");
}
