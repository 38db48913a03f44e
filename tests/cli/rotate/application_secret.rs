//! `rotate application-secret`: the way to Factory is proven before anything is renewed.

use factory_gitlab::sandbox::factory::BundleIntake;
use serde_json::{Value, json};

use super::token::connected;
use crate::test_env::{TestEnv, of_version, small};

/// The secret that GitLab has is the one that Factory has.
pub fn factory_has_the_secret(env: &TestEnv, name: &str) {
    let bundles = env.sandbox().factory().bundles();
    let held = bundles.iter().rev().find_map(|bundle| bundle.document.get("application")).expect("an application");
    let applications = env.sandbox().gitlab().applications();
    let held_secret = held["secret"].as_str().expect("a secret");
    let ours = applications.iter().find(|one| held["id"] == json!(one.uid)).expect("the application");
    assert!(ours.has_secret(held_secret), "{name}: the secret that Factory has does not work");
}

fn renewals(env: &TestEnv) -> usize {
    env.writes().iter().filter(|write| write.ends_with("/renew-secret")).count()
}

#[test]
fn the_secret_is_renewed_sealed_proven_and_handed_over_after_the_way_was_proven() {
    let env = connected();
    let before = env.sandbox().factory().bundles().len();
    insta::assert_snapshot!(env.rotate("application-secret", &[]), @r"
    exit code: 0
    ----- stdout -----
    rotated: http://127.0.0.1:[port]

      done    check that Factory can be reached for the upload
      done    renew the secret of application 1 ([digest]…)
      done    seal a bundle with the application's ID and secret alone
      done    check that GitLab accepts the application's ID and secret
      done    upload the sealed bundle to Factory

    Factory accepted the bundle, receipt [receipt]

    application
      pass     application.exists        there is one OAuth application for Factory (Factory Integration (number 1))
      pass     application.redirect_uri  the redirect URI is exactly Factory's
      pass     application.scopes        the application has the scopes that Factory needs
      pass     application.confidential  the application is confidential
      skip     application.secret        the application's ID and secret belong together (no application secret is given (--application-secret-file))

    factory
      pass     factory.reachable         Factory's hosts answer
      pass     factory.bundle            Factory has accepted the bundle
      pass     factory.status            Factory says that it is connected

    verdict: pass, 7 passed, 1 skipped on http://127.0.0.1:[port] (1 request, 0.0 s)

    Check it at any time: factory-gitlab verify --gitlab-url http://127.0.0.1:[port]

    14 requests, 2 of them writes, [duration]
    ----- stderr -----
    Plan for http://127.0.0.1:[port]
      1. check that Factory can be reached for the upload
         HEAD http://127.0.0.1:[port]/gitlab/v1/bundles
         nothing is renewed unless it answers
      2. renew the secret of application 1 ([digest]…)
         requested with rotate application-secret
         the current secret stops working at once: its users are disconnected until Factory has the new one
      3. seal a bundle with the application's ID and secret alone
         for [recipient]
      4. check that GitLab accepts the application's ID and secret
      5. upload the sealed bundle to Factory
         POST http://127.0.0.1:[port]/gitlab/v1/bundles
         for [recipient]

    note: GitLab has one secret at a time: from the renewal until Factory has the new one, no user can sign in and no token is renewed; tokens that exist last to their end, two hours unless GitLab is set otherwise
    ");
    factory_has_the_secret(&env, "rotated");
    let bundles = env.sandbox().factory().bundles();
    assert_eq!(bundles.len(), before + 1);
    assert_eq!(bundles[before].document.get("personal_access_token"), None, "Factory keeps its token");
    assert_eq!(super::alive(&env).len(), 1, "its token lives");
    env.has_nothing_to_do(&[]);
    assert_eq!(env.run(&["verify"]).code, 0);
}

#[test]
fn where_factory_cannot_be_reached_nothing_is_renewed() {
    for fault in ["status:500", "reset", "html:403", "status:401", "redirect:http://127.0.0.1:1/"] {
        let env = connected();
        env.sandbox().fault(&format!("factory:HEAD /gitlab/v1/bundles={fault}")).expect("a fault");
        let run = env.rotate("application-secret", &["--timeout", "2"]);
        assert!([1, 3].contains(&run.code), "{fault}: {run}");
        assert!(run.stdout.contains("nothing was renewed"), "{fault}: {run}");
        assert_eq!(renewals(&env), 0, "{fault}: {run}");
        factory_has_the_secret(&env, fault);
        env.sandbox().clear_faults();
        env.rotates("application-secret", &[]);
        factory_has_the_secret(&env, fault);
    }
}

#[test]
fn a_secret_that_factory_did_not_accept_is_sent_by_the_next_run_and_not_renewed_again() {
    for next in [["rotate", "application-secret"].as_slice(), &["connect"]] {
        let env = connected();
        env.sandbox().factory().set_quirks(|quirks| quirks.intake = BundleIntake::Refuse(503));
        let refused = env.rotate("application-secret", &[]);
        assert_eq!(refused.code, 3, "{refused}");
        assert!(!refused.stdout.starts_with("rotated"), "{refused}");
        let waiting = env.run(&["verify", "--only", "factory.bundle"]);
        assert_eq!(waiting.code, 1, "{waiting}");
        env.sandbox().factory().set_quirks(|quirks| quirks.intake = BundleIntake::default());
        env.sandbox().clear_requests();
        let run = env.run(&[next, &["--yes"]].concat());
        assert_eq!(run.code, 0, "{next:?}: {run}");
        assert_eq!(renewals(&env), 0, "{next:?}: {run}");
        factory_has_the_secret(&env, "sent");
        assert_eq!(super::alive(&env).len(), 1);
        env.has_nothing_to_do(&[]);
    }
}

#[test]
fn the_oldest_gitlab_renews_it_too() {
    let env = TestEnv::with(of_version(16, 11));
    env.connects(&[]);
    env.rotates("application-secret", &[]);
    factory_has_the_secret(&env, "16.11");
}

#[test]
fn only_a_secret_whose_last_change_is_older_is_renewed_and_status_shows_its_age() {
    let env = connected();
    let recent = env.rotated("application-secret", &["--older-than", "180d"]);
    assert!(recent.stdout.contains("not longer ago than 180d"), "{recent}");
    assert_eq!(env.writes(), Vec::<String>::new());
    let status = env.run(&["status", "-o", "json"]).json();
    let ages = &status["connections"][0]["secrets_changed_at"];
    for secret in ["application_secret", "token", "webhook_secret"] {
        assert!(ages[secret].is_string(), "{secret}: {ages}");
    }
    assert!(env.run(&["status"]).stdout.contains("application's secret today"));
    env.rotates("application-secret", &["--older-than", "0s"]);
    factory_has_the_secret(&env, "older");
}

#[test]
fn an_age_that_is_not_recorded_is_said_and_renewing_once_records_it() {
    let env = TestEnv::with(small());
    let made = env.make_application(&json!({}));
    let secret = env.file("secret", made["secret"].as_str().expect("a secret"));
    let id = made["application_id"].as_str().expect("an ID").to_owned();
    env.connects(&["--application", "existing", "--application-id", &id, "--application-secret-file", &secret]);
    let unknown = env.rotate("application-secret", &["--older-than", "180d"]);
    assert_eq!(unknown.code, 1, "{unknown}");
    assert!(unknown.stderr.contains("is not recorded on this machine"), "{unknown}");
    assert_eq!(env.writes(), Vec::<String>::new());
    let command = "factory-gitlab rotate application-secret";
    assert!(unknown.stderr.contains(command), "{unknown}");
    env.rotates("application-secret", &[]);
    factory_has_the_secret(&env, "known");
    let recent = env.rotated("application-secret", &["--older-than", "180d", "-o", "json"]);
    assert_eq!(recent.json()["steps"], Value::Array(Vec::new()));
}
