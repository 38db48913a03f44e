//! Two machines rotate on one instance at the same time: two state folders, and neither lock is known to the other.

use std::process::Output;

use super::alive;
use super::webhook_secret::tokens;
use crate::test_env::TestEnv;

/// Lets the second machine know the connection, and starts the same rotation on both at the same time.
fn on_two_machines(env: &mut TestEnv, what: &str) -> Vec<Output> {
    let here = env.variables()["FACTORY_GITLAB_STATE_DIR"].clone();
    env.on_another_machine();
    let there = env.variables()["FACTORY_GITLAB_STATE_DIR"].clone();
    env.connects(&[]);
    let children: Vec<_> = [&here, &there]
        .map(|state| {
            env.set("FACTORY_GITLAB_STATE_DIR", state);
            env.start(&["rotate", what, "--no-input", "--yes"])
        })
        .into();
    let ended = children.into_iter().map(|child| child.wait_with_output().expect("an end")).collect();
    env.set("FACTORY_GITLAB_STATE_DIR", &here);
    ended
}

fn said(runs: &[Output]) -> String {
    let text = |run: &Output| {
        let (out, err) = (String::from_utf8_lossy(&run.stdout), String::from_utf8_lossy(&run.stderr));
        format!("{:?}\n{out}{err}", run.status)
    };
    runs.iter().map(text).collect()
}

#[test]
fn two_machines_give_the_webhooks_the_same_new_secret() {
    let mut env = super::webhook_secret::connected((19, 2));
    let [old, new] = env.sandbox().factory().rotate_webhook_secret();
    env.sandbox().fault("PUT /api/v4/projects/*/hooks/*=delay:200").expect("a fault");
    let runs = on_two_machines(&mut env, "webhook-secret");
    env.sandbox().clear_faults();
    let told = said(&runs);
    assert!(runs.iter().all(|run| run.status.success()), "{told}");
    assert_eq!(tokens(&env, [&old, &new]), [0, 3], "{told}");
    assert_eq!(env.sandbox().factory().refused_deliveries(), 0, "{told}");
    env.sandbox().factory().retire_previous_webhook_secret();
    assert_eq!(env.run(&["verify", "--live"]).code, 0, "{told}");
    env.has_nothing_to_do(&[]);
}

/// The machine that did not create the token does not know its number: it changes nothing, and the other one rotates.
#[test]
fn only_the_machine_that_created_factorys_token_rotates_it() {
    let mut env = super::token::connected();
    let runs = on_two_machines(&mut env, "token");
    let told = said(&runs);
    assert_eq!(runs[0].status.code(), Some(0), "{told}");
    assert_eq!(alive(&env).len(), 1, "{told}");
    assert_eq!(env.run(&["verify"]).code, 0, "{told}");
}
