//! `verify`: what it requests, what it reports of a healthy connection, and that it passes under no fault.

use std::time::Duration;

use factory_gitlab::desired::{
    ApplicationOrigin, BundleDelivery, BundleRoute, Desired, DesiredApplication, DesiredHandover, DesiredTrust,
    DesiredWebhooks, Prune, ResetToken, Selection,
};
use factory_gitlab::env::Env;
use factory_gitlab::factory::FactoryClient;
use factory_gitlab::gitlab::{NewApplication, Reader, Writer};
use factory_gitlab::http;
use factory_gitlab::instance::InstanceUrl;
use factory_gitlab::journal::Store;
use factory_gitlab::kit::{Kit, origin};
use factory_gitlab::sandbox::options::{SandboxOptions, SandboxVersion};
use factory_gitlab::sandbox::request_log::LoggedRequest;
use factory_gitlab::secret::{FactoryKey, PersonalAccessToken};
use factory_gitlab::target::{Strategy, Target};

use crate::test_env::TestEnv;

fn small() -> SandboxOptions {
    SandboxOptions { projects: 1, groups: 1, ..SandboxOptions::default() }
}

/// An environment with a connected instance: application and hooks were created through GitLab's API, and the kit is a file.
pub fn connected(options: SandboxOptions) -> TestEnv {
    let mut env = TestEnv::with(options);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let (kit, id, secret) = runtime.block_on(connect(&env));
    let fingerprint = Kit::parse(&kit).expect("a kit").trusted().fingerprint();
    env.set("FACTORY_KIT_FINGERPRINT", &fingerprint.to_string());
    let kit = env.file("kit.json", kit);
    env.set("FACTORY_KIT", &kit);
    env.set("FACTORY_GITLAB_APPLICATION_ID", &id);
    env.set("FACTORY_GITLAB_APPLICATION_SECRET", &secret);
    env.sandbox().clear_requests();
    env
}

fn desired(kit: &Kit, instance: InstanceUrl) -> Desired {
    Desired {
        kit: DesiredTrust::from_kit(kit),
        instance,
        organization: kit.organization.clone(),
        application: DesiredApplication::from_kit(kit, ApplicationOrigin::Auto { given: None, renew: false }),
        webhooks: DesiredWebhooks {
            strategy: Strategy::Auto,
            selection: Selection::default(),
            prune: Prune::default(),
            url: kit.webhook.url.clone(),
            token: kit.webhook.secret_token.clone(),
            previous_token: None,
            signing_token: kit.webhook.signing_token.clone(),
            events: kit.webhook.events.clone(),
            name: "Factory".to_owned(),
            receipts_url: None,
            resets_token: ResetToken::NotAsked,
        },
        handover: DesiredHandover { handover: kit.token.handover, choice: None, scopes: kit.token.scopes.clone() },
        delivery: BundleDelivery { network: None, recipients: kit.bundle.recipients.clone(), way: BundleRoute::None },
        status_url: None,
        disconnect_url: None,
        answers: Vec::new(),
    }
}

async fn connect(env: &TestEnv) -> (String, String, String) {
    let variable = |name: &str| env.variables().get(name).cloned().expect("a variable");
    let client = http::Client::new(&http::ClientOptions::default(), Env::empty().clock).expect("a client");
    let instance: InstanceUrl = variable("GITLAB_URL").parse().expect("an address");
    let token = PersonalAccessToken::new(&variable("GITLAB_TOKEN")).expect("a token");
    let key = FactoryKey::new(&variable("FACTORY_API_KEY")).expect("a key");
    let factory = FactoryClient::new(client.clone(), Some(key));
    let address: url::Url = variable("FACTORY_KIT").parse().expect("an address");
    factory.trust([origin(&address)]);
    let text = factory.kit(&address).await.expect("a kit");
    let kit = Kit::parse(&text).expect("a kit");
    let reader = Reader::new(client.clone(), instance.clone(), token.clone());
    let folder = tempfile::tempdir().expect("a folder");
    let store = Store::new(Some(folder.path().to_owned())).expect("a store");
    let lock = store.connection(&instance, "").lock().expect("a lock");
    let writer = Writer::new(&lock, client, instance.clone(), token);
    let new = NewApplication {
        name: kit.application.name.clone(),
        redirect_uri: kit.application.redirect_uri.clone(),
        scopes: kit.application.scopes.clone(),
        confidential: true,
    };
    let made = writer.create_application(&new).await.expect("an application");
    let desired = desired(&kit, instance);
    let version = reader.metadata().await.expect("metadata").version;
    for group in reader.top_level_groups().await.expect("groups") {
        let target = Target::Group { id: group.id, path: group.full_path.into() };
        writer.create_hook(&desired.hook(target, version)).await.expect("a hook");
    }
    (text, made.application.application_id, made.secret.expose().to_owned())
}

/// The length of the longest chain of requests of which each started after the one before had ended.
fn round_trips(requests: &[LoggedRequest]) -> usize {
    let mut depths: Vec<(Duration, usize)> = Vec::new();
    for request in requests {
        let before = depths.iter().filter(|(ended, _)| *ended <= request.started).map(|(_, depth)| *depth).max();
        depths.push((request.ended.unwrap_or(Duration::MAX), before.unwrap_or(0) + 1));
    }
    depths.into_iter().map(|(_, depth)| depth).max().unwrap_or(0)
}

#[test]
fn one_project_takes_at_most_14_requests_and_3_round_trips() {
    for version in [SandboxVersion::new(19, 2, 0), SandboxVersion::new(18, 5, 0)] {
        let env = connected(SandboxOptions { version, latency: Duration::from_millis(500), ..small() });
        let run = env.run(&["verify"]);
        assert_eq!(run.code, 0, "{run}");
        let requests = env.sandbox().requests();
        let asked: Vec<String> = requests.iter().map(|one| format!("{} {}", one.method, one.target)).collect();
        assert!(requests.len() <= 14, "{version:?}: {} requests: {asked:#?}", requests.len());
        assert!(round_trips(&requests) <= 3, "{version:?}: {} round trips: {asked:#?}", round_trips(&requests));
        assert!(!requests.iter().any(|one| one.is_write() && one.path().starts_with("/api/")), "{asked:#?}");
    }
}

#[test]
fn a_healthy_connection_passes_in_every_format_and_version() {
    for version in [SandboxVersion::new(16, 11, 0), SandboxVersion::new(17, 9, 0), SandboxVersion::new(19, 2, 0)] {
        let env = connected(SandboxOptions { version, ..small() });
        for form in ["text", "json", "junit"] {
            let run = env.run(&["verify", "-o", form]);
            assert_eq!(run.code, 0, "{version:?}: {run}");
        }
    }
}

#[test]
fn a_live_test_is_traced_to_its_receipt() {
    let env = connected(small());
    let run = env.run(&["verify", "--live", "--only", "webhook.delivery", "-o", "json"]);
    assert_eq!(run.code, 0, "{run}");
    let check = run.json()["checks"][0].clone();
    assert_eq!(check["status"], "pass", "{run}");
    for fact in ["test", "log", "receipt"] {
        assert_eq!(check["evidence"]["deliveries"][0][fact]["state"], "holds", "{fact}: {run}");
    }
}

/// A fault, the check that notices it, and the exit code.
const FAULTS: [(&str, &str, i32); 18] = [
    ("GET /api/v4/metadata=html:200", "instance.api", 1),
    ("GET /api/v4/metadata=status:500", "instance.api", 3),
    ("GET /api/v4/metadata=type", "instance.api", 3),
    ("GET /api/v4/metadata=redirect:https://elsewhere.example/api/v4/metadata", "instance.url", 1),
    ("GET /api/v4/personal_access_tokens/self=status:401", "token.valid", 1),
    ("GET /api/v4/personal_access_tokens/self=cut", "token.valid", 3),
    ("GET /api/v4/user=status:500", "instance.url", 3),
    ("GET /api/v4/license=status:500", "webhook.coverage", 3),
    ("GET /api/v4/applications=status:403", "token.admin", 1),
    ("GET /api/v4/applications=type", "token.admin", 3),
    ("GET /api/v4/applications=empty", "application.exists", 1),
    ("GET /api/v4/groups=html:502", "webhook.coverage", 3),
    ("GET /api/v4/groups/*/hooks=status:403", "webhook.coverage", 1),
    ("GET /api/v4/groups/*/hooks=cut", "webhook.coverage", 3),
    ("GET /api/v4/groups/*/hooks/*/events=status:500", "webhook.recent", 3),
    ("POST /oauth/introspect=status:500", "application.secret", 3),
    ("factory:GET /gitlab/v1/status=status:401", "factory.status", 1),
    ("factory:GET /gitlab/v1/status=status:500", "factory.reachable", 3),
];

#[test]
fn no_fault_passes() {
    let env = connected(small());
    for (fault, noticed, code) in FAULTS {
        env.sandbox().clear_faults();
        env.sandbox().fault(fault).expect(fault);
        let run = env.run(&["verify", "-o", "json"]);
        assert_eq!(run.code, code, "{fault}: {run}");
        let report = run.json();
        assert_eq!(report["exit_code"], code, "{fault}");
        let checks = report["checks"].as_array().expect("checks");
        let check = checks.iter().find(|check| check["code"] == noticed).expect(noticed);
        let wanted = if code == 1 { "fail" } else { "unknown" };
        assert_eq!(check["status"], wanted, "{fault}: {run}");
    }
}

#[test]
fn an_unknown_check_is_a_usage_error() {
    let env = TestEnv::bare();
    let run = env.run(&["verify", "--only", "token.admim"]);
    assert_eq!(run.code, 2, "{run}");
    assert!(run.stderr.contains("token.admin"), "{run}");
}

#[test]
fn all_missing_input_is_listed_in_one_error() {
    let run = TestEnv::bare().run(&["verify"]);
    assert_eq!(run.code, 2, "{run}");
    for name in ["--kit", "--gitlab-url", "--token-file"] {
        assert!(run.stderr.contains(name), "{name}: {run}");
    }
}

#[test]
fn a_rate_limited_test_delivery_is_retried_when_allowed_and_the_wait_is_announced() {
    let env = connected(small());
    env.sandbox().fault("POST /api/v4/groups/*/hooks/*/test/*=retry-after:2x1").expect("a fault");
    let run = env.run(&["verify", "--live", "--only", "webhook.delivery"]);
    assert_eq!(run.code, 0, "{run}");
    assert!(run.stderr.contains("waiting 2 s for GitLab's limit of five tests a minute"), "{run}");
    let tests = env.sandbox().requests().iter().filter(|one| one.path().ends_with("/test/push_events")).count();
    assert_eq!(tests, 2, "{run}");
}

#[test]
fn a_rate_limit_is_waited_for_and_announced_once_but_not_with_quiet() {
    let env = connected(small());
    for (more, said) in [(None, true), (Some("-q"), false)] {
        env.sandbox().clear_faults();
        env.sandbox().fault("GET /api/v4/**=retry-after:2x3").expect("a fault");
        let run = env.run(&["verify"].into_iter().chain(more).collect::<Vec<_>>());
        assert_eq!(run.code, 0, "{run}");
        let lines = run.stderr.lines().filter(|line| line.starts_with("waiting 2 s for the rate limit of 127.0.0.1:"));
        assert_eq!(lines.count(), usize::from(said), "{run}");
        assert!(!run.stderr.contains("answered 429"), "a limit that passes is no failure: {run}");
    }
}
