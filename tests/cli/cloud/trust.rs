//! Whoever edits the kit: what is not approved by a person gets neither a key nor a token nor a grant.

use factory_gitlab::sandbox::gitlab::state::Visibility;
use serde_json::{Value, json};

use super::{CODE, SESSION, cloud, with_person};
use crate::test_env::{ApiCall, TestEnv};

const CONNECT: [&str; 4] = ["connect", "--cloud", "--yes", "--all"];

/// The kit as a file that is changed in this way.
fn kit_file(env: &TestEnv, name: &str, change: impl Fn(&mut Value)) -> String {
    let mut kit = env.sandbox().factory().kit_json();
    change(&mut kit);
    env.file(name, kit.to_string())
}

fn localhost(url: &Value) -> Value {
    url.as_str().expect("an address").replace("127.0.0.1", "localhost").into()
}

/// Connected with the kit in a file, by a machine that was given nothing else.
fn connected() -> TestEnv {
    let mut env = cloud(CODE);
    let kit = kit_file(&env, "kit.json", |_| {});
    env.set("FACTORY_KIT", &kit);
    env.unset("GITLAB_URL");
    let run = with_person(&env, &CONNECT);
    assert_eq!(run.code, 0, "{run}");
    env.sandbox().clear_requests();
    env
}

#[test]
fn a_kit_that_calls_the_instance_or_the_organization_otherwise_is_a_changed_one() {
    for change in [
        (|kit: &mut Value| kit["cloud"]["url"] = localhost(&kit["cloud"]["url"])) as fn(&mut Value),
        |kit| kit["organization"]["id"] = "org_other".into(),
        |kit| kit["status_url"] = localhost(&kit["status_url"]),
    ] {
        let env = connected();
        let before = env.sandbox().factory().kit_json();
        let kit = kit_file(&env, "kit.json", |kit| {
            change(kit);
            kit["bundle"]["upload_url"] = localhost(&kit["bundle"]["upload_url"]);
        });
        let dotted = kit.replace("kit.json", "./kit.json");
        for place in [kit, dotted] {
            let run = env.run(&[&CONNECT[..], &["--kit", &place]].concat());
            assert_eq!(run.code, 2, "{run}");
            assert!(run.stderr.contains("the kit differs from the one that was accepted"), "{run}");
        }
        assert_eq!(env.writes(), [""; 0]);
        assert_eq!(before, env.sandbox().factory().kit_json());
    }
}

#[test]
fn a_token_is_not_sent_to_an_address_that_only_the_kit_names() {
    let mut env = cloud(SESSION);
    env.unset("GITLAB_URL");
    let url = env.sandbox().gitlab_url();
    for command in
        [&["verify", "--cloud"][..], &["connect", "--cloud", "--all", "--prove", "group-1/project-1", "--dry-run"]]
    {
        let run = env.run(command);
        assert_eq!(run.code, 2, "{run}");
        assert!(run.stderr.contains(&format!("the token would be sent to {url}, which only the kit names")), "{run}");
        let asked = env.sandbox().requests();
        assert!(asked.iter().all(|one| !one.path().starts_with("/api/v4")), "{run}");
    }
    let named = env.run(&["verify", "--cloud", "--gitlab-url", &url]);
    assert!(named.stdout.contains("pass     token.valid"), "{named}");
}

#[test]
fn a_public_group_that_the_account_is_no_member_of_is_not_selected() {
    let env = cloud(CODE);
    let call = ApiCall { method: "GET", path: "/groups/group-2", body: &json!({}) };
    let group = env.api_as(&env.sandbox().gitlab().user_token(), &call).1["id"].as_u64().expect("a number");
    env.sandbox().gitlab().change_group(group, |group| {
        group.visibility = Visibility::Public;
        group.members.clear();
    });
    let run = with_person(&env, &["connect", "--cloud", "--yes", "--group", "group-2"]);
    assert_eq!(run.code, 1, "{run}");
    assert!(run.stderr.contains("@alice does not reach everything that is to be selected"), "{run}");
    assert!(!run.stdout.contains("Factory works on"), "{run}");
    assert!(env.writes().iter().any(|one| one == "POST /oauth/revoke"), "{run}");
}

#[test]
fn what_a_connection_to_gitlab_com_does_not_have_is_refused_and_not_passed_over() {
    let env = cloud(SESSION);
    for option in [&["--exclude", "group-1/**"][..], &["--webhooks", "group"], &["--prune"], &["--scope", "api"]] {
        let run = env.run(&[&CONNECT[..], option].concat());
        assert_eq!(run.code, 2, "{run}");
        assert!(run.stderr.contains(&format!("{} does not go with --cloud", option[0])), "{run}");
    }
    let outside =
        env.run(&["connect", "--cloud", "--project", "group-1/project-3", "--prove", "group-1/project-1", "--dry-run"]);
    assert_eq!(outside.code, 2, "{outside}");
    assert!(outside.stderr.contains("--prove group-1/project-1 is not in the selection"), "{outside}");
}
