//! Proves a hook with GitLab's own test function, as three separate facts: GitLab's answer to the test, its delivery log,
//! and Factory's receipt.
//!
//! `connect` and `verify --live` share it. It is in this room because a test makes GitLab send something.

mod quota;

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use quota::{Ration, WINDOW};

use super::Clients;
use crate::desired::DesiredWebhooks;
use crate::gitlab::{AlertStatus, Delivery, DeliveryOutcome, TestOutcome};
use crate::http;
use crate::instance::Version;
use crate::observed::{DeliveryProof, Fact, HooksSeen};
use crate::target::{Event, Target, TargetKind};

/// The longest that a test waits for its turn: for those before it, and once more for somebody else's.
const LONGEST_WAIT: Duration = Duration::from_secs(120);

/// A server's word for a time is believed up to a day, so that no clock overflows.
const LONGEST_NAMED: Duration = Duration::from_secs(24 * 60 * 60);

/// A test is logged before its answer comes; the log of a busy instance may still lag behind.
const LOOKS: u32 = 5;
const BETWEEN_LOOKS: Duration = Duration::from_secs(1);

/// So often a test is test_quota again because the connection broke. Two leave room within the five a minute.
const MOST_LOST: u32 = 2;

/// So many targets of one kind are tried when GitLab has no sample to send.
const MOST_TRIES: usize = 5;

/// The tests that this process has test_quota, for all who fire some: GitLab's limit is one for them together.
#[derive(Debug, Default)]
pub struct TestQuota(Mutex<Ration>);

impl TestQuota {
    fn ration(&self) -> MutexGuard<'_, Ration> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Fires tests and follows them.
#[derive(Clone, Copy)]
pub struct WebhookTester<'a> {
    clients: Clients<'a>,
    webhooks: &'a DesiredWebhooks,
    version: Option<Version>,
    notice: Option<&'a dyn Fn(&str)>,
    deadline: Option<Instant>,
}

/// How a test went.
struct Tested {
    fact: Fact,
    /// Whether GitLab sent anything.
    sent: bool,
    /// Whether another target of the same kind may do better.
    elsewhere: bool,
}

impl Tested {
    fn sent(fact: Fact) -> Self {
        Self { fact, sent: true, elsewhere: false }
    }

    fn not_sent(fact: Fact) -> Self {
        Self { fact, sent: false, elsewhere: false }
    }
}

impl<'a> WebhookTester<'a> {
    #[must_use]
    pub fn new(clients: Clients<'a>, webhooks: &'a DesiredWebhooks) -> Self {
        Self { clients, webhooks, version: None, notice: None, deadline: None }
    }

    /// The instance's version, which says what it can tell; without it, it is found out by asking.
    #[must_use]
    pub fn of_version(mut self, version: Option<Version>) -> Self {
        self.version = version;
        self
    }

    /// No test waits for its turn beyond this.
    #[must_use]
    pub fn until(mut self, deadline: Option<Instant>) -> Self {
        self.deadline = deadline;
        self
    }

    fn is_too_late(&self, wait: Duration) -> bool {
        let left = |deadline: Instant| deadline.saturating_duration_since(self.clients.clock.instant());
        !wait.is_zero() && self.deadline.is_some_and(|deadline| wait > left(deadline))
    }

    /// Told why it takes long, such as `waiting 40 s for GitLab's limit of five tests a minute`.
    #[must_use]
    pub fn telling(mut self, notice: &'a dyn Fn(&str)) -> Self {
        self.notice = Some(notice);
        self
    }

    /// Proves one hook of each kind of target. Where GitLab has no sample to send (an empty project on old versions),
    /// another target is tried.
    pub async fn of_each_kind(&self, hooks: &HooksSeen) -> Vec<DeliveryProof> {
        let mut proofs = Vec::new();
        for kind in [TargetKind::System, TargetKind::Group, TargetKind::Project] {
            let mut last = None;
            for (target, hook) in self.candidates(hooks, kind).into_iter().take(MOST_TRIES) {
                let (proof, elsewhere) = self.one(target, hook, Event::Push).await;
                last = Some(proof);
                if !elsewhere {
                    break;
                }
            }
            proofs.extend(last);
        }
        proofs
    }

    /// Our hooks on targets of a kind, the most promising first: one that is enabled, on a project with commits.
    fn candidates<'h>(&self, hooks: &'h HooksSeen, kind: TargetKind) -> Vec<(&'h Target, u64)> {
        let mut found: Vec<_> = hooks
            .targets
            .iter()
            .filter(|seen| seen.target.kind() == kind)
            .filter_map(|seen| {
                let ours = seen.hooks.known()?.iter().find(|one| self.webhooks.is_url(&one.hook.url))?;
                let disabled = matches!(ours.hook.alert_status, AlertStatus::Disabled);
                Some(((seen.empty, disabled), &seen.target, ours.hook.id))
            })
            .collect();
        found.sort_by_key(|(rank, ..)| *rank);
        found.into_iter().map(|(_, target, hook)| (target, hook)).collect()
    }

    /// Proves one hook.
    pub async fn of(&self, target: &Target, hook: u64, event: Event) -> DeliveryProof {
        self.one(target, hook, event).await.0
    }

    async fn one(&self, target: &Target, hook: u64, event: Event) -> (DeliveryProof, bool) {
        if target.kind() == TargetKind::Group && self.version.is_some_and(|version| version < Version::GROUP_HOOK_TEST)
        {
            let untold =
                || Fact::Untold("the API tests no group hooks before GitLab 17.1; the group's page does".to_owned());
            let proof = DeliveryProof { target: target.clone(), test: untold(), log: untold(), receipt: untold() };
            return (proof, false);
        }
        let before = self.newest(target, hook).await;
        let tested = self.test(target, hook, event).await;
        let (log, key) = match &before {
            _ if !tested.sent => (Fact::Untold("nothing was sent".to_owned()), None),
            Err(fact) => (fact.clone(), None),
            Ok(newest) => self.log(target, hook, *newest).await,
        };
        let receipt = match tested.sent {
            true => self.receipt(target, key).await,
            false => Fact::Untold("nothing was sent".to_owned()),
        };
        (DeliveryProof { target: target.clone(), test: tested.fact, log, receipt }, tested.elsewhere)
    }

    async fn test(&self, target: &Target, hook: u64, event: Event) -> Tested {
        let ration = || self.clients.test_quota.ration();
        let (mut waited, mut lost) = (Duration::ZERO, 0);
        loop {
            let wait = ration().wait(target, self.clients.clock.instant());
            waited += wait;
            if waited > LONGEST_WAIT || self.is_too_late(wait) {
                return Tested::not_sent(Fact::Unknown(out_of_reach(wait)));
            }
            self.wait(wait).await;
            let outcome = self.clients.writer.test_hook(target, hook, event).await;
            let now = self.clients.clock.instant();
            match outcome {
                Ok(TestOutcome::Limited { retry_after }) => {
                    ration().refused(target, now + retry_after.unwrap_or(WINDOW).min(LONGEST_NAMED));
                }
                Ok(TestOutcome::Accepted) => {
                    ration().test_quota(target, now);
                    return accepted(target);
                }
                Ok(TestOutcome::Refused { said }) => {
                    ration().test_quota(target, now);
                    return refused(&said);
                }
                Err(error) => {
                    ration().test_quota(target, now);
                    lost += 1;
                    if lost > MOST_LOST || !is_lost(&error) {
                        return untested(&error);
                    }
                }
            }
        }
    }

    /// Waits for the ration, and says so.
    async fn wait(&self, time: Duration) {
        if time.is_zero() {
            return;
        }
        if let Some(notice) = self.notice {
            let seconds = time.as_millis().div_ceil(1000);
            notice(&format!("waiting {seconds} s for GitLab's limit of five tests a minute"));
        }
        self.clients.clock.sleep(time).await;
    }

    /// The number of the newest entry of the log; zero for an empty one.
    async fn newest(&self, target: &Target, hook: u64) -> Result<u64, Fact> {
        let entries = self.entries(target, hook).await?;
        Ok(entries.iter().map(|entry| entry.id).max().unwrap_or(0))
    }

    async fn entries(&self, target: &Target, hook: u64) -> Result<Vec<Delivery>, Fact> {
        if *target == Target::System {
            return Err(Fact::Untold("GitLab keeps no delivery log of system hooks".to_owned()));
        }
        if self.version.is_some_and(|version| version < Version::DELIVERY_LOG) {
            return Err(Fact::Untold("this GitLab has no delivery log (17.3)".to_owned()));
        }
        self.clients.reader.deliveries(target, hook).await.map_err(|error| match error.status() {
            Some(404) if self.version.is_none() => Fact::Untold("this GitLab has no delivery log (17.3)".to_owned()),
            _ => unread(&error),
        })
    }

    /// The first entry behind the newest one from before the test, and what the receiver knows it by.
    async fn log(&self, target: &Target, hook: u64, newest: u64) -> (Fact, Option<String>) {
        for look in 0..LOOKS {
            if look > 0 {
                self.clients.clock.sleep(BETWEEN_LOOKS).await;
            }
            let entries = match self.entries(target, hook).await {
                Ok(entries) => entries,
                Err(fact) => return (fact, None),
            };
            if let Some(entry) = entries.into_iter().filter(|entry| entry.id > newest).min_by_key(|entry| entry.id) {
                return (logged(entry.outcome), entry.key);
            }
        }
        (Fact::Fails("GitLab's delivery log has no entry of the test".to_owned()), None)
    }

    /// Asks Factory whether the delivery came.
    async fn receipt(&self, target: &Target, key: Option<String>) -> Fact {
        let Some(url) = &self.webhooks.receipts_url else {
            return Fact::Untold("the kit has no receipts_url".to_owned());
        };
        let Some(key) = key else {
            let what = if *target == Target::System { "a system hook" } else { "the test" };
            return Fact::Untold(format!("GitLab does not show the key of {what}'s delivery"));
        };
        for look in 0..LOOKS {
            if look > 0 {
                self.clients.clock.sleep(BETWEEN_LOOKS).await;
            }
            match self.clients.factory.receipt(url, &key).await {
                Ok(true) => return Fact::Holds("Factory has received it".to_owned()),
                Ok(false) => {}
                Err(error) => return unread(&error),
            }
        }
        if self.version.is_some_and(|version| version < Version::IDEMPOTENCY_KEY) {
            return Fact::Untold("deliveries of this GitLab carry no Idempotency-Key (17.4)".to_owned());
        }
        Fact::Fails("Factory has not received it".to_owned())
    }
}

/// What is to be said instead of waiting so long. A limit of more than a minute is not that of tests.
fn out_of_reach(wait: Duration) -> String {
    if wait > WINDOW {
        let minutes = wait.as_secs().div_ceil(60);
        return format!("GitLab's rate limit is reached; run it again in {minutes} min");
    }
    "GitLab's limit of five tests a minute is reached; run it again in a minute".to_owned()
}

fn accepted(target: &Target) -> Tested {
    if *target == Target::System {
        let text = "GitLab's test of a system hook does not say whether it arrived";
        return Tested::sent(Fact::Untold(text.to_owned()));
    }
    Tested::sent(Fact::Holds("the test was answered 2xx".to_owned()))
}

/// Whether the test may be test_quota again at once: nobody knows what came of it, and a second one does no harm.
fn is_lost(error: &http::Error) -> bool {
    matches!(error.cause.as_ref(), http::Cause::Broken { .. })
}

fn unread(error: &http::Error) -> Fact {
    if error.is_refusal() { Fact::Fails(error.to_string()) } else { Fact::Unknown(error.to_string()) }
}

fn untested(error: &http::Error) -> Tested {
    match error.status() {
        Some(404 | 405) => {
            Tested::not_sent(Fact::Unknown("GitLab has no test function for this hook, or it is gone".to_owned()))
        }
        _ => Tested::not_sent(unread(error)),
    }
}

/// What a 422 means: no sample, nothing sent at all, or the receiver's or the network's words.
/// gitlab: app/services/test_hooks, lib/api/hooks/trigger_test.rb
fn refused(said: &str) -> Tested {
    if said.starts_with("Ensure the") {
        let fact = Fact::Unknown(format!("GitLab has nothing to test with: {said}"));
        return Tested { fact, sent: false, elsewhere: true };
    }
    if said.contains("Silent mode") {
        return Tested::not_sent(Fact::Fails("GitLab is in Silent Mode and sends nothing".to_owned()));
    }
    if said.contains("Testing not available") {
        return Tested::not_sent(Fact::Unknown(said.to_owned()));
    }
    let why =
        if said.is_empty() { "the test was not answered 2xx".to_owned() } else { format!("the test failed: {said}") };
    Tested::sent(Fact::Fails(why))
}

fn logged(outcome: DeliveryOutcome) -> Fact {
    match outcome {
        DeliveryOutcome::Answered(status @ 200..=299) => Fact::Holds(format!("the log says {status}")),
        DeliveryOutcome::Answered(status) => Fact::Fails(format!("the log says {status}")),
        DeliveryOutcome::NoAnswer => Fact::Fails(
            "the log says that there was no answer (time-out, DNS, TLS, or an address that GitLab blocks)".to_owned(),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_test_is_told_apart() {
        for (said, sent, elsewhere, fails) in [
            ("Ensure the project has at least one commit.", false, true, false),
            ("Ensure the group has a project with commits.", false, true, false),
            ("Silent mode enabled", false, false, true),
            ("Testing not available for this hook", false, false, false),
            ("", true, false, true),
            ("URL is blocked: Requests to the local network are not allowed", true, false, true),
        ] {
            let tested = refused(said);
            assert_eq!((tested.sent, tested.elsewhere), (sent, elsewhere), "{said}");
            assert_eq!(matches!(tested.fact, Fact::Fails(_)), fails, "{said}");
        }
    }

    #[test]
    fn the_log_counts_only_2xx_as_arrived() {
        assert!(matches!(logged(DeliveryOutcome::Answered(204)), Fact::Holds(_)));
        for outcome in [DeliveryOutcome::Answered(302), DeliveryOutcome::Answered(500), DeliveryOutcome::NoAnswer] {
            assert!(matches!(logged(outcome), Fact::Fails(_)), "{outcome:?}");
        }
    }
}
