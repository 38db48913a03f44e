//! The final state that every run must reach, and the secrets that must not be on disk at any moment before.

use std::os::unix::fs::PermissionsExt as _;

use factory_gitlab::bundle::SealedBundle;
use factory_gitlab::sandbox::options::SandboxPlan;
use serde_json::Value;

use super::{Case, OUT};
use crate::secret_leaks::Canary;
use crate::test_env::{ApiCall, TestEnv};

/// One application, one hook for each target with the right token, one delivered bundle with credentials that authenticate,
/// and no token that was created and not delivered.
pub fn is_right(env: &TestEnv, case: &Case, name: &str) {
    let gitlab = env.sandbox().gitlab();
    let applications = gitlab.applications();
    assert_eq!(applications.len(), 1, "{name}: applications");
    let bundle = handed_over(env, case, name);
    assert_eq!(bundle["application"]["id"], applications[0].uid, "{name}");
    let secret = bundle["application"]["secret"].as_str().expect("a secret");
    assert!(applications[0].has_secret(secret), "{name}: the pair in the bundle is dead");
    hooks_are_right(env, name);
    assert!(!env.sandbox().factory().deliveries().is_empty(), "{name}: nothing was delivered");
    let today = gitlab.clock().today();
    let tokens = gitlab.tokens();
    let minted: Vec<_> = tokens.iter().filter(|one| one.name.starts_with("Factory ") && one.is_active(today)).collect();
    let wanted = usize::from(case.args.contains(&"minted"));
    assert_eq!(minted.len(), wanted, "{name}: tokens for Factory");
    if wanted == 1 {
        let token = bundle["personal_access_token"]["value"].as_str().expect("a token");
        let call = ApiCall { method: "GET", path: "/user", body: &Value::Null };
        let (answers, _) = env.api_as(token, &call);
        assert_eq!(answers, 200, "{name}: the token in the bundle is dead");
    }
}

/// The document in the bundle: the uploaded one, or the one in the file.
fn handed_over(env: &TestEnv, case: &Case, name: &str) -> Value {
    if !case.args.contains(&"--bundle-out") {
        return env.bundle();
    }
    assert!(env.sandbox().factory().bundles().is_empty(), "{name}: it was uploaded");
    let path = env.path(OUT);
    let mode = std::fs::metadata(&path).expect("the bundle").permissions().mode() & 0o777;
    assert_eq!(mode, 0o600, "{name}");
    let opened = SealedBundle::read(&path).expect("a bundle").open(&env.sandbox().factory().identity());
    serde_json::from_str(opened.expect("it opens").text()).expect("JSON")
}

pub fn hooks_are_right(env: &TestEnv, name: &str) {
    let options = env.sandbox().options();
    let targets = match options.plan {
        SandboxPlan::None => env.sandbox().gitlab().projects().len(),
        SandboxPlan::Premium | SandboxPlan::Ultimate => options.groups,
    };
    let hooks = env.all_hooks();
    let mut owners: Vec<String> = hooks.iter().map(|hook| format!("{:?}", hook.owner)).collect();
    owners.sort();
    owners.dedup();
    assert_eq!((owners.len(), hooks.len()), (targets, targets), "{name}: {owners:?}");
    let token = env.sandbox().factory().webhook_secret();
    assert!(hooks.iter().all(|hook| hook.has_token(token)), "{name}: a token is wrong");
}

/// No file contains a known secret in any encoding, or anything with the prefix of a GitLab secret.
pub fn nothing_secret_is_on_the_disk(env: &TestEnv, case: &Case, name: &str) {
    let (gitlab, factory) = (env.sandbox().gitlab(), env.sandbox().factory());
    let mut canaries = vec![
        Canary::new("the token", &gitlab.admin_token()),
        Canary::new("the webhook token", factory.webhook_secret()),
        Canary::new("the signing token", &factory.signing_token()),
        Canary::new("Factory's key", factory.api_key()),
    ];
    let mut sealed = factory.bundles().into_iter().map(|bundle| bundle.document).collect::<Vec<_>>();
    if case.args.contains(&"--bundle-out") && env.path(OUT).exists() {
        sealed.push(handed_over(env, case, name));
    }
    for document in sealed {
        for path in ["/application/secret", "/personal_access_token/value"] {
            canaries.extend(document.pointer(path).and_then(Value::as_str).map(|text| Canary::new(path, text)));
        }
    }
    for (path, content) in env.files_below("") {
        let text = String::from_utf8_lossy(&content);
        for canary in &canaries {
            assert_eq!(canary.found_in(&text), None, "{name}: {} is in {path}", canary.name);
        }
        for prefix in ["gloas-", "glpat-"] {
            assert!(!text.contains(prefix), "{name}: something with {prefix} is in {path}");
        }
    }
}

/// The next run completes the connection, and the one after it has nothing to do.
pub fn the_next_run_ends_it(env: &TestEnv, case: &Case, name: &str) {
    nothing_secret_is_on_the_disk(env, case, name);
    let again = env.connect(case.args);
    assert_eq!(again.code, 0, "{name}: {again}");
    is_right(env, case, name);
    nothing_secret_is_on_the_disk(env, case, name);
    env.has_nothing_to_do(case.args);
}
