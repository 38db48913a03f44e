//! Tests a webhook with GitLab's own test function and collects three separate facts: GitLab's answer to the test, its
//! delivery log, and Factory's receipt.
//!
//! `connect` and `verify --live` share it. It is in this module because a test makes GitLab send something.

mod facts;
mod quota;

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use self::facts::TestResult;
use self::quota::{TargetQuotas, WINDOW};
use crate::desired::DesiredWebhooks;
use crate::env::Clock;
use crate::factory::FactoryClient;
use crate::gitlab::{AlertStatus, HookTester, LoggedDelivery, Reader, TestOutcome};
use crate::instance::Version;
use crate::observed::observer::Observer;
use crate::observed::{DeliveryProof, Fact, HooksSeen};
use crate::target::{Event, Target, TargetKind};

/// The longest that a test waits for its turn: one minute for the tests before it, one for those of another process.
const LONGEST_WAIT: Duration = Duration::from_secs(120);

/// A time that GitLab names is believed up to a day, so that no clock overflows.
const LONGEST_NAMED: Duration = Duration::from_secs(24 * 60 * 60);

/// GitLab logs a test before it answers; the log of a busy instance may still lag behind.
const READS: u32 = 5;
const BETWEEN_READS: Duration = Duration::from_secs(1);

/// At most this many repetitions of a test whose connection broke. Two leave room within the five a minute.
const MAX_REPEATS: u32 = 2;

/// At most this many targets of one kind are tried where GitLab has no sample to send.
pub(super) const MAX_TARGETS: usize = 25;

/// GitLab's quota of test deliveries, as far as this process has used it. GitLab counts by user, so all testers share it.
#[derive(Debug, Default)]
pub struct TestQuota(Mutex<TargetQuotas>);

impl TestQuota {
    fn lock(&self) -> MutexGuard<'_, TargetQuotas> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a tester needs: GitLab's test, its delivery log, Factory's receipts.
#[derive(Clone, Copy)]
pub struct TestClients<'a> {
    pub hook_tester: &'a HookTester,
    pub reader: &'a Reader,
    pub factory: &'a FactoryClient,
    pub quota: &'a TestQuota,
    pub clock: Clock,
}

impl<'a> TestClients<'a> {
    #[must_use]
    pub fn new(observer: &'a Observer, hook_tester: &'a HookTester, quota: &'a TestQuota) -> Self {
        Self { hook_tester, reader: &observer.gitlab, factory: &observer.factory, quota, clock: observer.http.clock() }
    }
}

/// Sends tests and follows them.
#[derive(Clone, Copy)]
pub struct WebhookTester<'a> {
    clients: TestClients<'a>,
    webhooks: &'a DesiredWebhooks,
    version: Option<Version>,
    on_wait: Option<&'a dyn Fn(&str)>,
    deadline: Option<Instant>,
}

impl<'a> WebhookTester<'a> {
    #[must_use]
    pub fn new(clients: TestClients<'a>, webhooks: &'a DesiredWebhooks) -> Self {
        Self { clients, webhooks, version: None, on_wait: None, deadline: None }
    }

    /// The instance's version, which says what it can report. Without it, requests find that out.
    #[must_use]
    pub fn with_version(mut self, version: Option<Version>) -> Self {
        self.version = version;
        self
    }

    /// No test waits for its turn beyond this.
    #[must_use]
    pub fn with_deadline(mut self, deadline: Option<Instant>) -> Self {
        self.deadline = deadline;
        self
    }

    /// Receives why a test takes long, such as `waiting 40 s for GitLab's limit of five tests a minute`.
    #[must_use]
    pub fn on_wait(mut self, on_wait: &'a dyn Fn(&str)) -> Self {
        self.on_wait = Some(on_wait);
        self
    }

    /// Tests one webhook of each kind of target. Where GitLab has no sample to send (an empty project on old versions),
    /// another target is tried.
    pub async fn test_each_kind(&self, hooks: &HooksSeen) -> Vec<DeliveryProof> {
        let mut proofs = Vec::new();
        for kind in [TargetKind::System, TargetKind::Group, TargetKind::Project] {
            let mut last = None;
            for (target, hook) in self.candidates(hooks, kind).into_iter().take(MAX_TARGETS) {
                let proof = self.test(target, hook, Event::Push).await;
                let lacks_sample = proof.lacks_sample();
                last = Some(proof);
                if !lacks_sample {
                    break;
                }
            }
            proofs.extend(last);
        }
        proofs
    }

    /// Our webhooks on targets of a kind, the most promising first: enabled, and on a project with commits.
    fn candidates<'h>(&self, hooks: &'h HooksSeen, kind: TargetKind) -> Vec<(&'h Target, u64)> {
        let mut found: Vec<_> = hooks
            .targets
            .iter()
            .filter(|seen| seen.target.kind() == kind)
            .filter_map(|seen| {
                let ours = seen.own_hooks().find(|one| self.webhooks.matches_url(&one.hook.url))?;
                let disabled = matches!(ours.hook.alert_status, AlertStatus::Disabled);
                Some(((seen.empty, disabled), &seen.target, ours.hook.id))
            })
            .collect();
        found.sort_by_key(|(rank, ..)| *rank);
        found.into_iter().map(|(_, target, hook)| (target, hook)).collect()
    }

    /// Tests one webhook.
    pub async fn test(&self, target: &Target, hook: u64, event: Event) -> DeliveryProof {
        let proof = |test, log, receipt| DeliveryProof {
            target: target.clone(),
            test,
            refusal: None,
            logged: None,
            log,
            receipt,
        };
        if target.kind() == TargetKind::Group && self.version.is_some_and(|version| version < Version::GROUP_HOOK_TEST)
        {
            let fact = facts::no_group_test;
            return proof(fact(), fact(), fact());
        }
        let before = self.newest_delivery(target, hook).await;
        let result = self.send_test(target, hook, event).await;
        let entry = match &before {
            _ if !result.is_sent => Err(facts::not_sent()),
            Err(fact) => Err(fact.clone()),
            Ok(newest) => self.read_log(target, hook, *newest).await,
        };
        let key = entry.as_ref().ok().and_then(|entry| entry.key.clone());
        let receipt = if result.is_sent { self.read_receipt(target, key).await } else { facts::not_sent() };
        let logged = entry.as_ref().ok().map(|entry| entry.outcome);
        let log = entry.map_or_else(|fact| fact, |entry| facts::logged(entry.outcome));
        DeliveryProof { refusal: result.refusal, logged, ..proof(result.fact, log, receipt) }
    }

    async fn send_test(&self, target: &Target, hook: u64, event: Event) -> TestResult {
        let TestClients { quota, clock, hook_tester, .. } = self.clients;
        let (mut waited, mut lost) = (Duration::ZERO, 0);
        loop {
            let wait = quota.lock().wait(target, clock.instant());
            waited += wait;
            if waited > LONGEST_WAIT || self.is_past_deadline(wait) {
                return TestResult::not_sent(Fact::Unknown(facts::limit_reached(wait)));
            }
            self.wait(wait).await;
            let outcome = hook_tester.test_hook(target, hook, event).await;
            let now = clock.instant();
            match outcome {
                Ok(TestOutcome::Limited { retry_after }) => {
                    let until = now + retry_after.unwrap_or(WINDOW).min(LONGEST_NAMED);
                    quota.lock().record_refusal(target, until);
                }
                Ok(TestOutcome::Accepted) => {
                    quota.lock().record_test(target, now);
                    return facts::accepted(target);
                }
                Ok(TestOutcome::Refused(refusal)) => {
                    quota.lock().record_test(target, now);
                    return facts::refused(refusal);
                }
                Err(error) => {
                    quota.lock().record_test(target, now);
                    lost += 1;
                    if lost > MAX_REPEATS || !facts::is_lost(&error) {
                        return facts::failed(&error);
                    }
                }
            }
        }
    }

    fn is_past_deadline(&self, wait: Duration) -> bool {
        let left = |deadline: Instant| deadline.saturating_duration_since(self.clients.clock.instant());
        !wait.is_zero() && self.deadline.is_some_and(|deadline| wait > left(deadline))
    }

    /// Waits for the quota, and says so.
    async fn wait(&self, time: Duration) {
        if time.is_zero() {
            return;
        }
        if let Some(on_wait) = self.on_wait {
            let seconds = time.as_millis().div_ceil(1000);
            on_wait(&format!("waiting {seconds} s for GitLab's limit of five tests a minute"));
        }
        self.clients.clock.sleep(time).await;
    }

    /// The number of the newest entry of the log; zero for an empty log.
    async fn newest_delivery(&self, target: &Target, hook: u64) -> Result<u64, Fact> {
        let deliveries = self.deliveries(target, hook).await?;
        Ok(deliveries.iter().map(|delivery| delivery.id).max().unwrap_or(0))
    }

    async fn deliveries(&self, target: &Target, hook: u64) -> Result<Vec<LoggedDelivery>, Fact> {
        if *target == Target::System {
            return Err(facts::no_system_log());
        }
        if self.version.is_some_and(|version| version < Version::DELIVERY_LOG) {
            return Err(facts::no_log());
        }
        self.clients.reader.deliveries(target, hook).await.map_err(|error| match error.status() {
            Some(404) if self.version.is_none() => facts::no_log(),
            _ => facts::unread(&error),
        })
    }

    /// The first entry after the one that was the newest before the test.
    async fn read_log(&self, target: &Target, hook: u64, newest: u64) -> Result<LoggedDelivery, Fact> {
        for read in 0..READS {
            if read > 0 {
                self.clients.clock.sleep(BETWEEN_READS).await;
            }
            let deliveries = self.deliveries(target, hook).await?;
            let new = deliveries.into_iter().filter(|delivery| delivery.id > newest);
            if let Some(delivery) = new.min_by_key(|delivery| delivery.id) {
                return Ok(delivery);
            }
        }
        Err(facts::not_logged())
    }

    /// Asks Factory whether the delivery arrived.
    async fn read_receipt(&self, target: &Target, key: Option<String>) -> Fact {
        let Some(url) = &self.webhooks.receipts_url else { return facts::no_receipts() };
        let Some(key) = key else { return facts::no_key(target) };
        if self.clients.factory.withholds_key_from(url) {
            return facts::not_approved();
        }
        for read in 0..READS {
            if read > 0 {
                self.clients.clock.sleep(BETWEEN_READS).await;
            }
            match self.clients.factory.receipt(url, &key).await {
                Ok(true) => return facts::received(),
                Ok(false) => {}
                Err(error) => return facts::unread(&error),
            }
        }
        if self.version.is_some_and(|version| version < Version::IDEMPOTENCY_KEY) {
            return facts::no_idempotency_key();
        }
        facts::not_received()
    }
}
