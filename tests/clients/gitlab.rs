//! Both halves of the GitLab client, and the OAuth probes, against the embedded GitLab.

use factory_gitlab::env::Env;
use factory_gitlab::gitlab::{
    AlertStatus, ApiRefusal, DeliveryOutcome, HookSpec, License, NewApplication, NewToken, OAuth, PairValidity,
    Project, Reader, TestOutcome, TestRefusal,
};
use factory_gitlab::http::Cause;
use factory_gitlab::instance::Edition;
use factory_gitlab::sandbox::gitlab::quirks::ClientCredentials;
use factory_gitlab::sandbox::{self, Sandbox};
use factory_gitlab::secret::{ApplicationSecret, WebhookToken};
use factory_gitlab::target::{Event, Target};

use crate::setup::{client, instance, oauth, reader, sandbox, token, writer};

fn application(scopes: &[&str]) -> NewApplication {
    NewApplication {
        name: "Factory Integration".to_owned(),
        redirect_uri: "https://factory.example/cb".to_owned(),
        scopes: scopes.iter().map(|scope| (*scope).to_owned()).collect(),
        confidential: true,
    }
}

fn spec(sandbox: &Sandbox, target: Target) -> HookSpec {
    HookSpec {
        target,
        url: format!("{}{}", sandbox.factory_url(), sandbox::factory::WEBHOOK_PATH),
        name: "Factory".to_owned(),
        description: "a mark".to_owned(),
        events: vec![Event::Push, Event::Note, Event::Job],
        token: WebhookToken::new(sandbox.factory().webhook_secret()).expect("a token"),
        signing_token: None,
    }
}

async fn all_projects(reader: &Reader) -> Vec<Project> {
    let (mut pages, mut all) = (reader.projects(), Vec::new());
    while let Some(page) = pages.next_page().await.expect("a page") {
        all.extend(page);
    }
    all
}

async fn some_project(reader: &Reader) -> Target {
    let project = all_projects(reader).await.into_iter().next().expect("a project");
    Target::Project { id: project.id, path: project.path_with_namespace.into() }
}

#[tokio::test]
async fn an_instance_is_read_into_our_types() {
    let sandbox = sandbox(|options| options.relative_root = "/gitlab".to_owned());
    let reader = reader(&sandbox);
    let metadata = reader.metadata().await.expect("metadata");
    assert_eq!((metadata.version_text.as_str(), metadata.edition), ("19.2.0-ee", Edition::Ee));
    let plan = License::Licensed { plan: "premium".to_owned(), expired: false };
    assert_eq!(reader.license().await.expect("a license"), plan);
    let user = reader.current_user().await.expect("a user");
    assert_eq!((user.is_admin, user.external_url()), (Some(true), Some(sandbox.gitlab_url().as_str())));
    let token = reader.token().await.expect("a token");
    assert!(token.active && token.user_id == user.id && token.scopes.contains(&"api".to_owned()), "{token:?}");
    assert!(reader.scopes_supported().await.expect("scopes").contains(&"read_registry".to_owned()));
    assert!(!reader.top_level_groups().await.expect("groups").is_empty());
}

#[tokio::test]
async fn a_community_edition_has_no_license() {
    let sandbox = sandbox(|options| options.edition = sandbox::options::SandboxEdition::Ce);
    assert_eq!(reader(&sandbox).license().await.expect("an answer"), License::NotAvailable);
}

#[tokio::test]
async fn projects_are_listed_by_keyset_to_the_last() {
    for (projects, requests) in [(3, 1), (150, 2), (200, 3)] {
        let sandbox = sandbox(|options| options.projects = projects);
        let mut ids: Vec<u64> = all_projects(&reader(&sandbox)).await.iter().map(|project| project.id).collect();
        ids.dedup();
        assert_eq!((ids.len(), sandbox.requests().len()), (projects, requests));
    }
}

#[tokio::test]
async fn projects_and_groups_are_found_by_path_even_behind_a_proxy_that_breaks_it() {
    let sandbox = sandbox(|_| ());
    let reader = reader(&sandbox);
    let project = all_projects(&reader).await.into_iter().next().expect("a project");
    let group = reader.top_level_groups().await.expect("groups").into_iter().next().expect("a group");
    for fault in [None, Some("GET /api/v4/projects/*=html:404"), Some("GET /api/v4/groups/*=html:404")] {
        if let Some(fault) = fault {
            sandbox.fault(fault).expect("a fault");
        }
        let found = reader.project(&project.path_with_namespace).await.expect("the project");
        assert_eq!(found.id, project.id, "{fault:?}");
        assert_eq!(reader.group(&group.full_path).await.expect("the group").id, group.id, "{fault:?}");
    }
    sandbox.clear_faults();
    let missing = reader.project("no/such").await.expect_err("nothing");
    assert_eq!(ApiRefusal::of(&missing), Some(ApiRefusal::NotFound));
    assert!(reader.group_projects(group.id).await.expect("projects").iter().any(|found| found.id == project.id));
}

#[tokio::test]
async fn an_application_is_created_renewed_and_deleted() {
    let sandbox = sandbox(|_| ());
    let (reader, writer, oauth) = (reader(&sandbox), writer(&sandbox), oauth(&sandbox));
    let made = writer.create_application(&application(&["api", "read_user"])).await.expect("an application");
    let id = &made.application.application_id;
    assert_eq!(oauth.verify_pair(id, &made.secret).await.expect("an answer"), PairValidity::Valid);
    let renewed = writer.renew_secret(made.application.id).await.expect("a new secret");
    assert_eq!(oauth.verify_pair(id, &made.secret).await.expect("an answer"), PairValidity::Invalid);
    assert_eq!(oauth.verify_pair(id, &renewed.secret).await.expect("an answer"), PairValidity::Valid);
    assert_eq!(reader.applications().await.expect("a list"), std::slice::from_ref(&made.application));
    for _twice in 0..2 {
        writer.delete_application(made.application.id).await.expect("removed");
    }
    assert!(reader.applications().await.expect("a list").is_empty());
}

#[tokio::test]
async fn unknown_scopes_are_refused_with_the_name_of_the_field() {
    let sandbox = sandbox(|_| ());
    let error = writer(&sandbox).create_application(&application(&["api", "no_such"])).await.expect_err("refused");
    let Some(ApiRefusal::Invalid { fields, .. }) = ApiRefusal::of(&error) else { panic!("{error}") };
    assert_eq!(fields, ["scopes"]);
}

#[tokio::test]
async fn a_hook_is_created_edited_tested_and_deleted() {
    let sandbox = sandbox(|_| ());
    let (reader, writer) = (reader(&sandbox), writer(&sandbox));
    let target = some_project(&reader).await;
    let mut spec = spec(&sandbox, target.clone());
    let made = writer.create_hook(&spec).await.expect("a hook");
    assert_eq!(made.events, spec.events);
    assert_eq!((made.token_present, made.enable_ssl_verification), (Some(true), true));
    assert_eq!(made.alert_status, AlertStatus::Executable);
    spec.events = vec![Event::MergeRequest];
    spec.url.push_str("?changed");
    let edited = writer.edit_hook(made.id, &spec).await.expect("a hook");
    assert_eq!((edited.events.as_slice(), edited.token_present), ([Event::MergeRequest].as_slice(), Some(true)));
    assert_eq!(reader.hooks(&target).await.expect("hooks"), std::slice::from_ref(&edited));
    assert_eq!(edited.url, spec.url);
    let tested = writer.hook_tester().test_hook(&target, made.id, Event::Push).await.expect("tested");
    assert_eq!(tested, TestOutcome::Accepted);
    let log = reader.deliveries(&target, made.id).await.expect("a log");
    assert!(matches!(log[0].outcome, DeliveryOutcome::Answered(200..=299)), "{log:?}");
    assert!(log[0].key.is_some() && log[0].created_at.is_some());
    for _twice in 0..2 {
        writer.delete_hook(&target, made.id).await.expect("removed");
    }
    assert!(reader.hooks(&target).await.expect("hooks").is_empty());
}

#[tokio::test]
async fn a_test_that_the_receiver_refuses_quotes_its_answer() {
    let sandbox = sandbox(|_| ());
    let (reader, writer) = (reader(&sandbox), writer(&sandbox));
    let target = some_project(&reader).await;
    let hook = writer.create_hook(&spec(&sandbox, target.clone())).await.expect("a hook");
    sandbox.factory().set_quirks(|quirks| quirks.webhook = Some((500, "no room".to_owned())));
    let tested = writer.hook_tester().test_hook(&target, hook.id, Event::Push).await.expect("tested");
    assert_eq!(tested, TestOutcome::Refused(TestRefusal::Failed { said: "no room".to_owned() }));
    let system = writer.create_hook(&spec(&sandbox, Target::System)).await.expect("a system hook");
    assert_eq!(system.events, [Event::Push]);
    let tested = writer.hook_tester().test_hook(&Target::System, system.id, Event::Push).await.expect("tested");
    assert_eq!(tested, TestOutcome::Accepted, "whatever the receiver did");
}

#[tokio::test]
async fn a_token_is_created_found_and_revoked() {
    let sandbox = sandbox(|_| ());
    let (reader, writer) = (reader(&sandbox), writer(&sandbox));
    let user = reader.current_user().await.expect("a user");
    let next_month = Env::empty().clock.now() + jiff::SignedDuration::from_hours(30 * 24);
    let minted = writer
        .mint_token(&NewToken {
            user_id: user.id,
            name: "Factory (minted)".to_owned(),
            description: "for Factory alone".to_owned(),
            scopes: vec!["api".to_owned()],
            expires_at: Some(next_month.to_zoned(jiff::tz::TimeZone::UTC).date()),
        })
        .await
        .expect("a token");
    let found = reader.tokens_of(user.id, "Factory (minted)").await.expect("tokens");
    assert_eq!(found.iter().map(|token| token.id).collect::<Vec<_>>(), [minted.details.id]);
    let other = Reader::new(client(&sandbox), instance(&sandbox), minted.value.clone());
    assert_eq!(other.token().await.expect("itself").id, minted.details.id);
    writer.revoke_token(minted.details.id).await.expect("revoked");
    let error = other.token().await.expect_err("a dead token");
    assert_eq!(ApiRefusal::of(&error), Some(ApiRefusal::TokenRevoked));
}

#[tokio::test]
async fn a_token_without_rights_and_an_unknown_token_are_told_apart() {
    let sandbox = sandbox(|_| ());
    let user = Reader::new(client(&sandbox), instance(&sandbox), token(&sandbox.gitlab().user_token()));
    let error = user.applications().await.expect_err("no admin");
    assert_eq!(ApiRefusal::of(&error), Some(ApiRefusal::Forbidden { reason: None }));
    let unknown = Reader::new(client(&sandbox), instance(&sandbox), token("glpat-unknown-token-123"));
    let error = unknown.metadata().await.expect_err("no token");
    assert_eq!(ApiRefusal::of(&error), Some(ApiRefusal::TokenUnknown));
}

#[tokio::test]
async fn a_read_only_instance_refuses_and_does_not_redirect() {
    let sandbox = sandbox(|options| options.faults = vec!["**=maintenance".to_owned()]);
    let error = writer(&sandbox).create_application(&application(&["api"])).await.expect_err("refused");
    assert_eq!(ApiRefusal::of(&error), Some(ApiRefusal::ReadOnly));
    let error = writer(&sandbox).delete_application(1).await.expect_err("refused");
    assert_eq!(ApiRefusal::of(&error), Some(ApiRefusal::ReadOnly));
}

async fn made(sandbox: &Sandbox, scopes: &[&str]) -> (OAuth, String, ApplicationSecret) {
    let made = writer(sandbox).create_application(&application(scopes)).await.expect("an application");
    sandbox.clear_requests();
    (oauth(sandbox), made.application.application_id, made.secret)
}

#[tokio::test]
async fn credentials_are_verified_without_introspection() {
    for fault in ["html:404", "status:404"] {
        let sandbox = sandbox(|options| options.faults = vec![format!("POST /oauth/introspect={fault}")]);
        let (oauth, id, secret) = made(&sandbox, &["api"]).await;
        let wrong = ApplicationSecret::new("gloas-wrong-secret").expect("a secret");
        assert_eq!(oauth.verify_pair(&id, &secret).await.expect("an answer"), PairValidity::Valid, "{fault}");
        assert_eq!(oauth.verify_pair(&id, &wrong).await.expect("an answer"), PairValidity::Invalid, "{fault}");
    }
}

#[tokio::test]
async fn credentials_are_not_judged_by_a_failing_server() {
    for fault in ["status:500", "json429", "html:200", "text:403"] {
        let sandbox = sandbox(|options| options.faults = vec![format!("POST /oauth/*={fault}")]);
        let (oauth, id, secret) = made(&sandbox, &["api"]).await;
        assert!(oauth.verify_pair(&id, &secret).await.is_err(), "{fault}");
    }
}

fn texts(scopes: &[&str]) -> Vec<String> {
    scopes.iter().map(|scope| (*scope).to_owned()).collect()
}

#[tokio::test]
async fn valid_scopes_are_probed_with_one_request_and_no_token_is_left() {
    let sandbox = sandbox(|_| ());
    let (oauth, id, secret) = made(&sandbox, &["api", "read_user"]).await;
    let probed = oauth.probe_scopes(&id, &secret, &texts(&["api", "read_user"])).await.expect("an answer");
    assert_eq!((probed.present, probed.missing), (texts(&["api", "read_user"]), Vec::new()));
    assert_eq!(sandbox.requests().len(), 2, "one grant, one revocation");
    let probed = oauth.probe_scopes(&id, &secret, &texts(&["api", "sudo"])).await.expect("an answer");
    assert_eq!((probed.present, probed.missing), (texts(&["api"]), texts(&["sudo"])));
    let state = sandbox.gitlab().lock();
    assert!(!state.oauth_tokens.is_empty() && state.oauth_tokens.values().all(|token| token.revoked));
}

#[tokio::test]
async fn a_500_for_one_scope_counts_and_a_500_for_every_scope_does_not() {
    let sandbox = sandbox(|_| ());
    let (oauth, id, secret) = made(&sandbox, &["api"]).await;
    sandbox.gitlab().lock().quirks.client_credentials = ClientCredentials::ServerError;
    let probed = oauth.probe_scopes(&id, &secret, &texts(&["api", "sudo"])).await.expect("an answer");
    assert_eq!((probed.present, probed.missing), (texts(&["api"]), texts(&["sudo"])));
    for fault in ["html:500", "html:502", "status:503", "json429"] {
        sandbox.clear_faults();
        sandbox.fault(&format!("POST /oauth/token={fault}")).expect("a fault");
        assert!(oauth.probe_scopes(&id, &secret, &texts(&["api"])).await.is_err(), "{fault}");
    }
}

#[tokio::test]
async fn wrong_credentials_probe_nothing() {
    let sandbox = sandbox(|_| ());
    let (oauth, id, _) = made(&sandbox, &["api"]).await;
    let wrong = ApplicationSecret::new("gloas-wrong-secret").expect("a secret");
    let error = oauth.probe_scopes(&id, &wrong, &texts(&["api"])).await.expect_err("a wrong pair");
    assert_eq!(ApiRefusal::of(&error), Some(ApiRefusal::InvalidClient));
    assert!(matches!(*error.cause, Cause::Status(_)));
}
