//! `connect` and the OAuth application: who created it, whether its credentials are right, what is never changed.

use serde_json::{Value, json};

use crate::test_env::{TestEnv, of_version, small};

/// An environment in which an application was created by hand, with its ID and secret.
fn with_application(change: &Value) -> (TestEnv, Value) {
    let env = TestEnv::with(small());
    let made = env.make_application(change);
    (env, made)
}

fn text<'a>(made: &'a Value, name: &str) -> &'a str {
    made[name].as_str().expect(name)
}

/// Passes the credentials in variables.
fn give(env: &mut TestEnv, id: &str, secret: &str) {
    env.set("FACTORY_GITLAB_APPLICATION_ID", id);
    env.set("FACTORY_GITLAB_APPLICATION_SECRET", secret);
}

#[test]
fn an_application_created_by_hand_is_used_unchanged() {
    for how in ["manual", "existing", "auto"] {
        let (mut env, made) = with_application(&json!({}));
        give(&mut env, text(&made, "application_id"), text(&made, "secret"));
        env.connects(&["--application", how]);
        let bundle = env.bundle();
        assert_eq!(bundle["application"]["id"], made["application_id"], "{how}");
        assert_eq!(bundle["application"]["secret"], made["secret"], "{how}");
        assert!(!env.writes().iter().any(|write| write.contains("/applications")), "{how}: {:?}", env.writes());
        env.has_nothing_to_do_but_prove(&["--application", how]);
    }
}

impl TestEnv {
    /// Given credentials are checked at the OAuth endpoint each time, which changes nothing there.
    fn has_nothing_to_do_but_prove(&self, args: &[&str]) {
        let again = self.connect(args);
        assert_eq!(again.code, 0, "{again}");
        assert!(again.stdout.starts_with("nothing to do: "), "{again}");
        assert!(self.writes().iter().all(|write| write.starts_with("POST /oauth/")), "{:?}", self.writes());
    }
}

#[test]
fn a_wrong_or_swapped_pair_is_refused_before_anything_is_written() {
    let (mut env, made) = with_application(&json!({}));
    let (id, secret) = (text(&made, "application_id").to_owned(), text(&made, "secret").to_owned());
    let number = made["id"].to_string();
    for (given, word) in [
        ((id.as_str(), "gloas-wrong-canary-secret"), "does not accept this application ID and secret together"),
        ((secret.as_str(), id.as_str()), "does not accept"),
        ((number.as_str(), secret.as_str()), "is the number of Factory Integration"),
        (("0000000000000000", secret.as_str()), "does not accept"),
    ] {
        give(&mut env, given.0, given.1);
        let run = env.connect(&["--application", "existing"]);
        assert!(run.code == 1 || run.code == 2, "{run}");
        assert!(run.stderr.contains(word), "{word}: {run}");
        assert!(!run.stderr.contains("canary") && !run.stderr.contains(&secret), "a secret is shown");
        assert!(env.writes().iter().all(|write| write.starts_with("POST /oauth/")), "{:?}", env.writes());
        assert!(env.all_hooks().is_empty());
    }
}

#[test]
fn a_foreign_application_is_never_changed() {
    for (change, difference) in [
        (
            json!({"redirect_uri": "https://elsewhere.example/callback"}),
            "redirect URI https://elsewhere.example/callback",
        ),
        (json!({"scopes": "api read_user"}), "missing scopes read_repository"),
        (json!({"confidential": false}), "not confidential"),
    ] {
        let (env, made) = with_application(&change);
        for args in [[].as_slice(), &["--renew-secret"]] {
            env.is_refused(args, 1, &[difference, "leaving it unchanged", "/admin/applications/1"]);
        }
        let found = env.sandbox().gitlab().applications();
        assert_eq!(found.len(), 1);
        assert!(found[0].has_secret(text(&made, "secret")), "{change}: its secret was changed");
    }
}

#[test]
fn an_older_gitlab_that_does_not_show_scopes_is_accepted() {
    let env = TestEnv::with(of_version(16, 11));
    let made = env.make_application(&json!({"confidential": false}));
    env.is_refused(&[], 1, &["not confidential"]);
    assert!(env.sandbox().gitlab().applications()[0].has_secret(text(&made, "secret")));
}

#[test]
fn of_several_matching_applications_none_is_used() {
    let (env, _) = with_application(&json!({}));
    env.make_application(&json!({}));
    env.is_refused(&[], 1, &["2 applications called Factory Integration", "--application existing"]);
    assert_eq!(env.sandbox().gitlab().applications().len(), 2);
}

#[test]
fn an_application_with_an_unknown_secret_needs_a_decision() {
    let (env, made) = with_application(&json!({}));
    env.is_refused(&[], 1, &["--application-secret-file", "--renew-secret", "disconnected"]);
    assert!(env.sandbox().gitlab().applications()[0].has_secret(text(&made, "secret")));
    let plan = env.run(&["connect", "--dry-run", "--renew-secret"]);
    assert!(plan.stdout.contains("its users are disconnected"), "{plan}");
    env.connects(&["--renew-secret"]);
    let found = env.sandbox().gitlab().applications();
    let bundle = env.bundle();
    assert_eq!((found.len(), &bundle["application"]["id"]), (1, &made["application_id"]));
    assert!(found[0].has_secret(text(&bundle["application"], "secret")));
    assert!(!found[0].has_secret(text(&made, "secret")));
    env.has_nothing_to_do(&[]);
}

#[test]
fn an_interrupted_renewal_is_finished_without_asking_again() {
    use factory_gitlab::sandbox::factory::BundleIntake;
    let (env, _) = with_application(&json!({}));
    // GitLab renewed the secret and its answer was lost, so the new secret is unknown.
    // The retry meets a rate limit.
    for fault in ["lostx1", "retry-after:7200@2x1"] {
        env.sandbox().fault(&format!("POST /api/v4/applications/*/renew-secret={fault}")).expect("a fault");
    }
    let cut = env.connect(&["--renew-secret"]);
    assert_eq!(cut.code, 3, "{cut}");
    // The next secret is sealed, and Factory refuses the bundle.
    env.sandbox().factory().set_quirks(|quirks| quirks.intake = BundleIntake::Refuse(503));
    assert_eq!(env.connect(&[]).code, 3);
    env.sandbox().factory().set_quirks(|quirks| quirks.intake = BundleIntake::Honest);
    env.connects(&[]);
    assert_eq!(env.writes(), ["POST /gitlab/v1/bundles"]);
    let secret = env.bundle()["application"]["secret"].as_str().expect("a secret").to_owned();
    assert!(env.sandbox().gitlab().applications()[0].has_secret(&secret));
}

#[test]
fn sealed_credentials_that_do_not_authenticate_are_never_delivered() {
    let env = TestEnv::with(small());
    env.sandbox().fault("POST /oauth/introspect=status:401x1").expect("a fault");
    let run = env.connect(&[]);
    assert_ne!(run.code, 0, "{run}");
    assert!(env.sandbox().factory().bundles().is_empty());
    env.connects(&[]);
    assert!(env.writes().iter().any(|write| write.ends_with("/renew-secret")), "{:?}", env.writes());
    assert_eq!(env.sandbox().factory().bundles().len(), 1);
    env.has_nothing_to_do(&[]);
}

#[test]
fn our_application_is_created_again_when_the_kit_changes() {
    let env = TestEnv::with(small());
    env.connects(&[]);
    env.sandbox().factory().edit_kit(|kit| kit["application"]["scopes"] = json!(["api", "read_user", "read_api"]));
    let plan = env.run(&["connect", "--dry-run"]);
    assert!(plan.stdout.contains("delete application 1"), "{plan}");
    env.connects(&["--kit-fingerprint", &env.kit_fingerprint()]);
    let found = env.sandbox().gitlab().applications();
    assert_eq!((found.len(), found[0].scopes.len()), (1, 3));
    env.has_nothing_to_do(&[]);
}

#[test]
fn scopes_unknown_to_the_instance_are_named_before_anything_is_created() {
    let env = TestEnv::with(small());
    env.sandbox().factory().edit_kit(|kit| kit["application"]["scopes"] = json!(["api", "teleport"]));
    env.is_refused(&[], 1, &["does not know the scopes teleport"]);
    assert!(env.sandbox().gitlab().applications().is_empty());
}

#[test]
fn the_token_for_factory_is_the_requested_one() {
    for (handover, present) in [("given", true), ("minted", true), ("none", false)] {
        let env = TestEnv::with(small());
        let before = env.sandbox().gitlab().tokens().len();
        let run = env.connected(&["--handover-token", handover]);
        let bundle = env.bundle();
        let token = &bundle["personal_access_token"];
        assert_eq!(token.is_object(), present, "{handover}: {run}");
        let admins = env.sandbox().gitlab().admin_token();
        assert_eq!(bundle.to_string().contains(&admins), handover == "given", "{handover}");
        let tokens = env.sandbox().gitlab().tokens();
        assert_eq!(tokens.len() - before, usize::from(handover == "minted"), "{handover}");
        if handover == "minted" {
            let minted = tokens.last().expect("a token");
            assert_eq!((minted.user, minted.scopes.as_slice()), (1, ["api".to_owned()].as_slice()));
            assert!(minted.name.starts_with("Factory "), "{}", minted.name);
            assert_eq!(token["expires_at"], json!(minted.expires_at.expect("an end")));
            assert_eq!(token["user"], "root");
            assert!(!run.stdout.contains(text(token, "value")) && !run.stderr.contains(text(token, "value")));
        }
        env.has_nothing_to_do(&["--handover-token", handover]);
    }
}

#[test]
fn every_supported_version_is_connected_with_a_minted_token() {
    for (major, minor) in [(16, 11), (17, 9), (18, 5), (19, 2)] {
        let env = TestEnv::with(of_version(major, minor));
        let run = env.connected(&["--handover-token", "minted"]);
        let value = env.bundle()["personal_access_token"]["value"].clone();
        assert!(value.as_str().is_some_and(|value| value.starts_with("glpat-")), "{major}.{minor}: {run}");
    }
}
