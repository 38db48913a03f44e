//! The OAuth application, changed by hand.

use factory_gitlab::sandbox::gitlab::state::StoredApplication;
use serde_json::json;

use super::Expect::{ByPerson, Mended, NoFinding};
use super::{Drift, check_all, licensed, unlicensed};
use crate::test_env::TestEnv;

/// Changes our application on its page; GitLab's API cannot.
fn edit(env: &TestEnv, change: impl Fn(&mut StoredApplication)) {
    env.sandbox().gitlab().lock().applications.values_mut().for_each(change);
}

fn deleted(env: &TestEnv) {
    env.sandbox().gitlab().lock().applications.clear();
}

fn renamed(env: &TestEnv) {
    edit(env, |application| application.name = "Factory, renamed".to_owned());
}

fn sent_elsewhere(env: &TestEnv) {
    edit(env, |application| application.redirect_uri = "https://elsewhere.example/callback".to_owned());
}

fn another_uri(env: &TestEnv) {
    edit(env, |application| application.redirect_uri.push_str("\nhttps://elsewhere.example/callback"));
}

fn fewer_scopes(env: &TestEnv) {
    edit(env, |application| application.scopes.retain(|scope| scope != "sudo"));
}

fn not_confidential(env: &TestEnv) {
    edit(env, |application| application.confidential = false);
}

/// What Factory asks for, set on the application's page.
fn as_wanted(env: &TestEnv) {
    let kit = env.sandbox().factory().kit_json();
    let text = |name: &str| kit["application"][name].as_str().expect("a text").to_owned();
    let scopes = kit["application"]["scopes"].as_array().expect("scopes").clone();
    edit(env, |application| {
        application.name = text("name");
        application.redirect_uri = text("redirect_uri");
        application.scopes = scopes.iter().filter_map(|scope| scope.as_str().map(str::to_owned)).collect();
        application.confidential = true;
    });
}

/// A second application with the same name and redirect URI.
fn doubled(env: &TestEnv) {
    drop(env.make_application(&json!({})));
}

fn remove_second(env: &TestEnv) {
    let mut state = env.sandbox().gitlab().lock();
    let last = state.applications.keys().max().copied().expect("an application");
    state.applications.remove(&last);
}

/// An application of that name with another redirect URI.
fn another_of_the_name(env: &TestEnv) {
    drop(env.make_application(&json!({ "redirect_uri": "https://elsewhere.example/callback" })));
}

#[test]
fn an_application_that_was_deleted_is_created_by_what_verify_prints() {
    let drifts = [
        Drift::new("deleted", licensed(19, 2), deleted, Mended { code: "application.exists", writes: 3 }),
        Drift::new("deleted", unlicensed(16, 11), deleted, Mended { code: "application.exists", writes: 3 }),
        Drift::new("one more redirect URI", licensed(18, 5), another_uri, NoFinding),
    ];
    check_all(&drifts);
}

#[test]
fn an_application_that_only_a_person_can_mend_is_named_with_its_page() {
    let mended = |code| ByPerson { code, act: as_wanted };
    let drifts = [
        Drift::new("redirect URI", licensed(19, 2), sent_elsewhere, mended("application.redirect_uri")),
        Drift::new("redirect URI", unlicensed(18, 5), sent_elsewhere, mended("application.redirect_uri")),
        Drift::new("scopes", licensed(19, 2), fewer_scopes, mended("application.scopes")),
        Drift::new("not confidential", licensed(19, 2), not_confidential, mended("application.confidential")),
        Drift::new("not confidential", unlicensed(16, 11), not_confidential, mended("application.confidential")),
        Drift::new("renamed", licensed(19, 2), renamed, ByPerson { code: "application.exists", act: as_wanted }),
        Drift::new("renamed", unlicensed(18, 5), renamed, ByPerson { code: "application.exists", act: as_wanted }),
        Drift::new("doubled", licensed(19, 2), doubled, ByPerson { code: "application.exists", act: remove_second }),
        Drift::new("another of the name", licensed(18, 5), another_of_the_name, NoFinding),
    ];
    check_all(&drifts);
}
