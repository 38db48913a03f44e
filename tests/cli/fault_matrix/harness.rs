//! A connected sandbox, and `verify` in the process of the test.

use std::path::PathBuf;
use std::time::Duration;

use factory_gitlab::apply::webhook_test::{TestClients, TestQuota, WebhookTester};
use factory_gitlab::checks::{CheckFilter, Finding, Policy, Verdict, run_checks, verdict};
use factory_gitlab::desired::{
    ApplicationOrigin, BundleDelivery, BundleRoute, Credentials, Desired, DesiredApplication, DesiredHandover,
    DesiredTrust, DesiredWebhooks, Prune, ResetToken, Selection,
};
use factory_gitlab::env::Clock;
use factory_gitlab::factory::FactoryClient;
use factory_gitlab::gitlab::{HookTester, NewApplication, Writer};
use factory_gitlab::http::{self, Proxy};
use factory_gitlab::journal::Store;
use factory_gitlab::kit::{Kit, Upload};
use factory_gitlab::observed::{BundleSeen, Observation, Observer, ReadRequest, Reads};
use factory_gitlab::sandbox::Sandbox;
use factory_gitlab::sandbox::options::SandboxOptions;
use factory_gitlab::secret::{FactoryKey, PersonalAccessToken};
use factory_gitlab::target::{Event, Strategy};

use super::faults::AMPLE;

/// A kind of connection.
#[derive(Clone)]
pub struct Kind {
    pub options: SandboxOptions,
    pub strategy: Strategy,
    pub selection: Selection,
    pub deliveries: Deliveries,
}

/// Which deliveries are observed.
#[derive(Clone, Copy, Eq, PartialEq)]
pub enum Deliveries {
    Nothing,
    Logs,
    /// As with `--live`, and the logs.
    Live,
}

/// A connected sandbox of a kind.
pub struct Harness {
    pub sandbox: Sandbox,
    pub desired: Desired,
    deliveries: Deliveries,
}

/// The outcome of a run.
pub struct Outcome {
    pub verdict: Verdict,
    pub findings: Vec<Finding>,
    /// Method and template of each request.
    pub asked: Vec<String>,
}

impl Outcome {
    /// The code and the status of each check.
    pub fn states(&self) -> Vec<(&'static str, &'static str)> {
        self.findings.iter().map(|finding| (finding.code, finding.status.name())).collect()
    }

    pub fn state(&self, code: &str) -> &'static str {
        self.findings.iter().find(|finding| finding.code == code).map_or("none", |finding| finding.status.name())
    }
}

impl Harness {
    pub async fn new(kind: &Kind) -> Self {
        let sandbox = Sandbox::start(kind.options.clone()).expect("a sandbox");
        let desired = desired(&sandbox, kind);
        let mut harness = Self { sandbox, desired, deliveries: kind.deliveries };
        harness.connect().await;
        harness.sandbox.clear_requests();
        harness
    }

    async fn connect(&mut self) {
        let writer = self.writer(&self.client(AMPLE));
        let terms = &self.desired.application;
        let new = NewApplication {
            name: terms.name.clone(),
            redirect_uri: terms.redirect_uri.clone(),
            scopes: terms.scopes.clone(),
            confidential: true,
        };
        let made = writer.create_application(&new).await.expect("an application");
        let credentials = Credentials { application_id: made.application.application_id, secret: made.secret };
        self.desired.application.origin = ApplicationOrigin::Auto { given: Some(credentials), renew: false };
        let look = self.look(&self.client(AMPLE));
        let observed = look.observe(&self.desired, ReadRequest::from(&reads(Deliveries::Nothing)), &()).await;
        let version = observed.metadata.known().expect("a version").version;
        for seen in &observed.hooks.known().expect("targets").targets {
            let hook = writer.create_hook(&self.desired.hook(seen.target.clone(), version)).await.expect("a hook");
            // So that there is a delivery to read. `--live` needs the whole quota of tests itself.
            if self.deliveries == Deliveries::Logs && version >= factory_gitlab::instance::Version::DELIVERY_LOG {
                writer.hook_tester().test_hook(&seen.target, hook.id, Event::Push).await.expect("a test");
            }
        }
    }

    pub fn client(&self, timeout: Duration) -> http::Client {
        // A limit without a time is waited for only shortly.
        let patience = Duration::from_millis(300);
        let variables = self.sandbox.variables().into_iter();
        let ca_certs: Vec<PathBuf> =
            variables.filter(|(name, _)| *name == "FACTORY_GITLAB_CA_CERT").map(|(_, path)| path.into()).collect();
        let options = http::ClientOptions {
            proxy: Proxy::Direct,
            timeout,
            rate_limit_wait: patience,
            factory_ca_certs: ca_certs.clone(),
            ca_certs,
            ..http::ClientOptions::default()
        };
        http::Client::new(&options, Clock::skipping(50)).expect("a client")
    }

    fn token(&self) -> PersonalAccessToken {
        PersonalAccessToken::new(&self.sandbox.gitlab().admin_token()).expect("a token")
    }

    fn writer(&self, http: &http::Client) -> Writer {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Store::new(Some(folder.path().to_owned())).expect("a store");
        let lock = store.connection(&self.desired.instance, "").lock().expect("a lock");
        Writer::new(&lock, http.clone(), self.desired.instance.clone(), self.token())
    }

    fn hook_tester(&self, http: &http::Client) -> HookTester {
        HookTester::new(http.clone(), self.desired.instance.clone(), self.token())
    }

    pub fn look(&self, http: &http::Client) -> Observer {
        let key = FactoryKey::new(self.sandbox.factory().api_key()).expect("a key");
        Observer::new(http, &self.desired.instance, &self.token(), self.factory(http, key))
    }

    fn factory(&self, http: &http::Client, key: FactoryKey) -> FactoryClient {
        let factory = FactoryClient::new(http.clone(), Some(key));
        factory.trust(self.desired.kit.key_origins.iter().cloned());
        factory
    }

    /// Verifies with this time-out for requests.
    pub async fn verify(&self, timeout: Duration) -> Outcome {
        self.verify_as(&self.desired, timeout).await
    }

    /// Verifies another desired state than the connected one.
    pub async fn verify_as(&self, desired: &Desired, timeout: Duration) -> Outcome {
        self.sandbox.clear_requests();
        let http = self.client(timeout);
        let mut look = self.look(&http);
        if desired.instance.to_string() != self.desired.instance.to_string() {
            look = Observer::new(&http, &desired.instance, &self.token(), look.factory.clone());
        }
        let reads = reads(self.deliveries);
        let mut observed = Box::pin(look.observe(desired, ReadRequest::from(&reads), &())).await;
        observed.factory.bundle = Observation::Known(BundleSeen::Accepted { id: None, sha256: "00".to_owned() });
        if let (Deliveries::Live, Observation::Known(hooks)) = (self.deliveries, &observed.hooks) {
            let (hook_tester, quota) = (self.hook_tester(&http), TestQuota::default());
            let version = observed.metadata.known().map(|metadata| metadata.version);
            let clients = TestClients::new(&look, &hook_tester, &quota);
            let tester = WebhookTester::new(clients, &desired.webhooks).with_version(version);
            observed.factory.proofs = Observation::Known(Box::pin(tester.test_each_kind(hooks)).await);
        }
        let findings = run_checks(desired, &observed, &Policy::default());
        let asked =
            self.sandbox.requests().iter().map(|one| format!("{} {}", one.method, template(one.path()))).collect();
        Outcome { verdict: verdict(&findings), findings, asked }
    }
}

/// A path with placeholders for its numbers.
pub fn template(path: &str) -> String {
    let number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    path.split('/').map(|part| if number(part) { ":id" } else { part }).collect::<Vec<_>>().join("/")
}

fn reads(deliveries: Deliveries) -> Reads {
    let skip: &[String] = match deliveries {
        Deliveries::Nothing => &["webhook.recent".to_owned()],
        Deliveries::Logs | Deliveries::Live => &[],
    };
    CheckFilter::new(&[], skip).expect("known codes").reads()
}

fn desired(sandbox: &Sandbox, kind: &Kind) -> Desired {
    let kit = Kit::parse(&sandbox.factory().kit_json().to_string()).expect("a kit");
    let upload = kit.bundle.upload_url.clone().expect("an address");
    Desired {
        kit: DesiredTrust::from_kit(&kit),
        instance: sandbox.gitlab_url().parse().expect("an address"),
        application: DesiredApplication::from_kit(&kit, ApplicationOrigin::Auto { given: None, renew: false }),
        webhooks: DesiredWebhooks {
            strategy: kind.strategy,
            selection: kind.selection.clone(),
            prune: Prune::default(),
            url: kit.webhook.url.clone(),
            token: kit.webhook.secret_token.clone(),
            previous_token: None,
            signing_token: kit.webhook.signing_token.clone(),
            events: kit.webhook.events.clone(),
            name: "Factory".to_owned(),
            receipts_url: kit.webhook.receipts_url.clone(),
            resets_token: ResetToken::NotAsked,
        },
        handover: DesiredHandover { handover: kit.token.handover, choice: None, scopes: kit.token.scopes.clone() },
        delivery: BundleDelivery {
            network: None,
            recipients: kit.bundle.recipients.clone(),
            way: BundleRoute::Upload(Upload::to_factory(upload)),
        },
        status_url: kit.status_url.clone(),
        disconnect_url: kit.disconnect_url.clone(),
        answers: Vec::new(),
        organization: kit.organization,
    }
}
