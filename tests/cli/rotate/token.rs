//! `rotate token`: Factory always has a token that works.

use factory_gitlab::sandbox::factory::BundleIntake;
use jiff::ToSpan as _;
use serde_json::{Value, json};

use super::alive;
use crate::test_env::{ApiCall, TestEnv, small};

/// Connected with a token made for Factory.
pub fn connected() -> TestEnv {
    let env = TestEnv::with(small());
    env.connects(&["--handover-token", "minted"]);
    env
}

/// The newest token that Factory has.
fn held(env: &TestEnv) -> String {
    let bundles = env.sandbox().factory().bundles();
    let held = bundles.iter().rev().find_map(|bundle| bundle.document["personal_access_token"]["value"].as_str());
    held.expect("a token").to_owned()
}

/// Factory has a token that GitLab accepts.
pub fn factory_can_work(env: &TestEnv, name: &str) {
    let call = ApiCall { method: "GET", path: "/user", body: &Value::Null };
    assert_eq!(env.api_as(&held(env), &call).0, 200, "{name}: what Factory has is dead");
}

/// Lets the token made for Factory end in so many days.
fn ends_in(env: &TestEnv, days: i64) {
    let ids: Vec<u64> = alive(env).iter().map(|token| token.id).collect();
    let end = env.sandbox().gitlab().clock().today().saturating_add(days.days());
    let mut state = env.sandbox().gitlab().lock();
    state.tokens.values_mut().filter(|token| ids.contains(&token.id)).for_each(|token| token.expires_at = Some(end));
}

#[test]
fn a_new_token_is_created_proven_and_handed_over_before_the_old_one_is_revoked() {
    let env = connected();
    insta::assert_snapshot!(env.rotate("token", &[]), @r"
    exit code: 0
    ----- stdout -----
    rotated: http://127.0.0.1:[port]

      done    create a token for Factory only, Factory (org_sandbox) [date] [time]
      done    seal a bundle with the token created for Factory alone
      done    check that GitLab accepts the token Factory (org_sandbox) [date] [time]
      done    upload the sealed bundle to Factory
      done    revoke the token Factory (org_sandbox) [date] [time] (3)

    Factory accepted the bundle, receipt [receipt]

    token
      pass     token.handed_over  the token that Factory was given is valid (until [date])

    factory
      pass     factory.reachable  Factory's hosts answer
      pass     factory.bundle     Factory has accepted the bundle
      pass     factory.status     Factory says that it is connected

    verdict: pass, 4 passed on http://127.0.0.1:[port] (2 requests, [duration])

    Check it at any time: factory-gitlab verify --gitlab-url http://127.0.0.1:[port]

    18 requests, 3 of them writes, [duration]
    ----- stderr -----
    Plan for http://127.0.0.1:[port]
      1. create a token for Factory only, Factory (org_sandbox) [date] [time]
         for user 1, expires [date]
         scopes api
      2. seal a bundle with the token created for Factory alone
         Factory's token is renewed; the one that it has works until it has this one
         for [recipient]
      3. check that GitLab accepts the token Factory (org_sandbox) [date] [time]
      4. upload the sealed bundle to Factory
         POST http://127.0.0.1:[port]/gitlab/v1/bundles
         for [recipient]
      5. revoke the token Factory (org_sandbox) [date] [time] (3)
         Factory has another one in its place

    note: nothing is interrupted: the token that Factory has works until Factory has accepted the new one
    ");
    assert_eq!(alive(&env).len(), 1);
    factory_can_work(&env, "rotated");
    let bundles = env.sandbox().factory().bundles();
    let last = &bundles.last().expect("a bundle").document;
    assert_eq!((bundles.len(), last.get("application"), last.get("webhook")), (2, None, None));
    env.has_nothing_to_do(&[]);
    assert_eq!(env.run(&["verify"]).code, 0);
}

#[test]
fn a_second_run_that_only_renews_what_is_due_writes_nothing() {
    let env = connected();
    ends_in(&env, 20);
    let first = env.rotated("token", &["--due", "30d", "-o", "json"]);
    let document = first.json();
    assert_eq!((&document["schema"], &document["verdict"]), (&json!("factory-gitlab/rotate/v1"), &json!("rotated")));
    assert!(document["checks"].as_array().is_some_and(|checks| checks.len() >= 3), "{document}");
    let second = env.rotated("token", &["--due", "30d"]);
    assert!(second.stdout.starts_with("nothing to do: ") && second.stdout.contains("not due"), "{second}");
    assert_eq!(env.writes(), Vec::<String>::new());
    let second = env.rotated("token", &["--due", "30d", "-o", "json"]);
    assert_eq!(second.json()["verdict"], "nothing_to_do", "{second}");
    assert_eq!(env.run(&["rotate", "token", "--due", "30d", "--dry-run", "--exit-code"]).code, 0);
    assert_eq!(env.run(&["rotate", "token", "--dry-run", "--exit-code"]).code, 4);
    assert_eq!(alive(&env).len(), 1);
}

#[test]
fn an_administrators_own_token_is_refused_with_a_way_that_works() {
    let env = TestEnv::with(small());
    env.connects(&[]);
    let run = env.rotate("token", &[]);
    assert_eq!(run.code, 1, "{run}");
    assert!(run.stderr.contains("factory-gitlab connect --handover-token minted"), "{run}");
    assert_eq!(env.writes(), Vec::<String>::new());
    env.connects(&["--handover-token", "minted"]);
    env.rotates("token", &[]);
    assert_eq!(alive(&env).len(), 1);
}

#[test]
fn without_a_token_for_factory_there_is_nothing_to_do() {
    let env = TestEnv::with(small());
    env.connects(&["--handover-token", "none"]);
    let run = env.rotated("token", &[]);
    assert!(run.stdout.contains("Factory is to have no token"), "{run}");
    assert_eq!(env.writes(), Vec::<String>::new());
}

#[test]
fn an_instance_that_is_not_connected_from_here_is_refused() {
    let env = TestEnv::with(small());
    let answers = env.file("answers.toml", "handover_token = \"minted\"\n");
    let run = env.rotate("token", &["--config", &answers]);
    assert_eq!(run.code, 1, "{run}");
    assert!(run.stderr.contains("no record that Factory was given this connection"), "{run}");
    assert_eq!(env.writes(), Vec::<String>::new());
}

#[test]
fn the_old_token_works_until_factory_has_accepted_the_new_one() {
    let env = connected();
    let old = alive(&env)[0].id;
    env.sandbox().factory().set_quirks(|quirks| quirks.intake = BundleIntake::Refuse(503));
    let refused = env.rotate("token", &[]);
    assert_eq!(refused.code, 3, "{refused}");
    assert!(!refused.stdout.contains("rotated"), "{refused}");
    assert!(alive(&env).iter().any(|token| token.id == old), "the old one is in use");
    factory_can_work(&env, "refused");
    env.sandbox().factory().set_quirks(|quirks| quirks.intake = BundleIntake::default());
    // The same new token is handed over.
    let new: Vec<u64> = alive(&env).iter().map(|token| token.id).filter(|id| *id != old).collect();
    env.rotates("token", &["--due", "1d"]);
    assert_eq!(alive(&env).iter().map(|token| token.id).collect::<Vec<_>>(), new);
    factory_can_work(&env, "accepted");
}

#[test]
fn a_new_token_that_gitlab_does_not_accept_is_never_handed_over() {
    let env = connected();
    let old = alive(&env)[0].id;
    env.sandbox().fault("GET /api/v4/personal_access_tokens/self=status:401@2").expect("a fault");
    let run = env.rotate("token", &[]);
    assert_eq!(run.code, 1, "{run}");
    assert!(run.stdout.contains("which it has just created"), "{run}");
    assert_eq!(env.sandbox().factory().bundles().len(), 1);
    env.sandbox().clear_faults();
    env.rotates("token", &[]);
    let left = alive(&env);
    assert!(left.len() == 1 && left[0].id != old, "{left:?}");
    factory_can_work(&env, "then");
}
