//! What both sides hold, apart from logs.

use std::collections::BTreeMap;

use crate::test_env::TestEnv;

/// Everything in GitLab and Factory that a connection could change. A revoked token is only a log of itself.
pub fn state_of(env: &TestEnv) -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    let mut add = |name: String, value: String| assert!(all.insert(name.clone(), value).is_none(), "{name}");
    for hook in env.all_hooks() {
        add(format!("hook {}", hook.id), format!("{hook:?}"));
    }
    let state = env.sandbox().gitlab().lock();
    for token in state.tokens.values().filter(|token| !token.revoked) {
        let (user, name, scopes, ends) = (token.user, &token.name, &token.scopes, token.expires_at);
        add(format!("token {}", token.id), format!("{user} {name} {scopes:?} {ends:?}"));
    }
    for (id, application) in &state.applications {
        add(format!("application {id}"), format!("{application:?}"));
    }
    for (id, token) in &state.oauth_tokens {
        add(format!("OAuth token {id}"), format!("{token:?}"));
    }
    for (id, group) in &state.groups {
        add(format!("group {id}"), format!("{group:?}"));
    }
    for (id, project) in &state.projects {
        add(format!("project {id}"), format!("{project:?}"));
    }
    add("settings".to_owned(), format!("{:?}", state.settings));
    drop(state);
    for bundle in env.sandbox().factory().bundles() {
        add(format!("bundle {}", bundle.id), bundle.sha256);
    }
    all
}

/// Whether everything is as it was on both sides.
pub fn is_as_before(env: &TestEnv, before: &BTreeMap<String, String>, name: &str) {
    let now = state_of(env);
    for (what, value) in before {
        assert_eq!(now.get(what), Some(value), "{name}: {what} was changed");
    }
    let new: Vec<&String> = now.keys().filter(|what| !before.contains_key(*what)).collect();
    assert_eq!(new, Vec::<&String>::new(), "{name}: it is left");
}
