//! Hooks of many projects at once, against the embedded GitLab.

use factory_gitlab::gitlab::{Hook, HookList, HookSpec, Reader};
use factory_gitlab::http::Cause;
use factory_gitlab::instance::Version;
use factory_gitlab::sandbox::Sandbox;
use factory_gitlab::sandbox::options;
use factory_gitlab::secret::WebhookToken;
use factory_gitlab::target::{Event, Target};

use crate::setup::{cause, client, instance, reader, sandbox, token, writer};

const NEW: Option<Version> = Some(Version::new(19, 6));

/// An instance with a list of project hooks, and three projects of which the first has two hooks.
async fn listing(relative_root: &str) -> Sandbox {
    let sandbox = sandbox(|options| {
        options.version = options::SandboxVersion::new(19, 6, 0);
        options.relative_root = relative_root.to_owned();
    });
    for description in ["a mark", "another"] {
        let spec = HookSpec { description: description.to_owned(), ..spec("https://hooks.example/factory") };
        writer(&sandbox).create_hook(&spec).await.expect("a hook");
    }
    sandbox.clear_requests();
    sandbox
}

/// A hook on the first project.
fn spec(url: &str) -> HookSpec {
    HookSpec {
        target: target(1),
        url: url.to_owned(),
        name: "Factory".to_owned(),
        description: String::new(),
        events: vec![Event::Push, Event::Job],
        token: WebhookToken::new("the-token-of-a-hook").expect("a token"),
        signing_token: None,
    }
}

fn target(id: u64) -> Target {
    Target::Project { id, path: "of-no-matter".into() }
}

async fn list(reader: &Reader) -> HookList {
    reader.hook_list(NEW).await.expect("an answer").expect("a list")
}

async fn by_rest(reader: &Reader, projects: &[u64]) -> Vec<(u64, Vec<Hook>)> {
    let mut all = Vec::new();
    for id in projects {
        all.push((*id, reader.hooks(&target(*id)).await.expect("hooks")));
    }
    all
}

#[tokio::test]
async fn rest_and_graphql_give_the_same_hooks() {
    for root in ["", "/gitlab"] {
        let sandbox = listing(root).await;
        let client = client(&sandbox);
        let reader = Reader::new(client.clone(), instance(&sandbox), token(&sandbox.gitlab().admin_token()));
        let mut listed = reader.listed_hooks(&list(&reader).await, &[1, 2, 3]).await.expect("hooks");
        assert_eq!((sandbox.requests().len(), client.stats().writes), (2, 0));
        listed.sort_by_key(|(id, _)| *id);
        assert_eq!(listed[0].1.len(), 2);
        assert_eq!(listed, by_rest(&reader, &[1, 2, 3]).await);
    }
}

#[tokio::test]
async fn a_project_with_an_incomplete_answer_is_left_out() {
    let sandbox = listing("").await;
    let gitlab = sandbox.gitlab();
    let admin = reader(&sandbox);
    let list = list(&admin).await;
    let ids = |listed: Vec<(u64, Vec<Hook>)>| {
        let mut ids: Vec<u64> = listed.into_iter().map(|(id, _)| id).collect();
        ids.sort_unstable();
        ids
    };
    assert_eq!(ids(admin.listed_hooks(&list, &[1, 2, 77]).await.expect("hooks")), [1, 2]);
    gitlab.lock().quirks.graphql.left_out = vec![2];
    assert_eq!(ids(admin.listed_hooks(&list, &[1, 2]).await.expect("hooks")), [1]);
    gitlab.lock().quirks.graphql.left_out.clear();
    // A developer sees the projects, and no hooks.
    let developer = Reader::new(client(&sandbox), instance(&sandbox), token(&gitlab.user_token()));
    assert_eq!(ids(developer.listed_hooks(&list, &[1, 2]).await.expect("an answer")), [0_u64; 0]);
    // Beyond twenty hooks, one page does not hold them.
    for number in 0..19 {
        writer(&sandbox).create_hook(&spec(&format!("https://hooks.example/{number}"))).await.expect("a hook");
    }
    assert_eq!(ids(admin.listed_hooks(&list, &[1, 2]).await.expect("hooks")), [2]);
}

#[tokio::test]
async fn the_hook_list_is_found_where_gitlab_has_it() {
    for ((major, minor), switch, found) in [
        ((17, 9), None, false),
        ((18, 5), None, false),
        ((18, 5), Some(true), true),
        ((19, 2), None, false),
        ((19, 2), Some(true), true),
        ((19, 6), None, true),
        ((19, 6), Some(false), false),
    ] {
        let sandbox = sandbox(|options| options.version = options::SandboxVersion::new(major, minor, 0));
        sandbox.gitlab().lock().quirks.graphql.hook_list = switch;
        let reader = reader(&sandbox);
        let version = Some(Version::new(major, minor));
        assert_eq!(reader.hook_list(version).await.expect("an answer").is_some(), found, "{major}.{minor} {switch:?}");
        sandbox.gitlab().lock().quirks.graphql.missing = vec!["description"];
        assert_eq!(reader.hook_list(version).await.expect("an answer"), None, "{major}.{minor} {switch:?}");
    }
}

#[tokio::test]
async fn graphql_errors_with_status_200_are_errors() {
    let sandbox = listing("").await;
    let reader = reader(&sandbox);
    let list = list(&reader).await;
    sandbox.gitlab().lock().quirks.graphql.max_complexity = Some(63);
    let error = reader.listed_hooks(&list, &[1]).await.expect_err("too complex");
    let text = "POST /api/graphql on ";
    assert!(error.to_string().starts_with(text), "{error}");
    assert!(
        error.to_string().contains("answered 200: Query has complexity of 64, which exceeds max complexity of 63"),
        "{error}"
    );
    sandbox.gitlab().lock().quirks.graphql.max_complexity = None;
    sandbox.gitlab().lock().quirks.graphql.missing = vec!["jobEvents"];
    let error = reader.listed_hooks(&list, &[1]).await.expect_err("a field that is gone");
    assert!(error.to_string().contains("Field 'jobEvents' doesn't exist on type 'ProjectHook'"), "{error}");
    let unknown = Reader::new(client(&sandbox), instance(&sandbox), token("glpat-unknown-token"));
    assert_eq!(unknown.hook_list(NEW).await.expect_err("no token").status(), Some(401));
    sandbox.fault("POST /api/graphql=type").expect("a fault");
    let wrong = cause(&reader.hook_list(NEW).await.expect_err("another type"));
    assert!(matches!(wrong, Cause::Decode { .. }), "{wrong:?}");
}
