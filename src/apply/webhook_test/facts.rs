//! What the answers about a test delivery mean.

use std::time::Duration;

use super::quota::WINDOW;
use crate::gitlab::{ApiRefusal, DeliveryOutcome, TestRefusal};
use crate::http::{self, CauseClass};
use crate::observed::Fact;
use crate::target::Target;

/// The outcome of a request for a test.
pub(super) struct TestResult {
    pub fact: Fact,
    /// Why GitLab refused the test, where it did.
    pub refusal: Option<TestRefusal>,
    /// Whether GitLab sent anything.
    pub is_sent: bool,
}

impl TestResult {
    fn sent(fact: Fact) -> Self {
        Self { fact, refusal: None, is_sent: true }
    }

    pub(super) fn not_sent(fact: Fact) -> Self {
        Self { fact, refusal: None, is_sent: false }
    }
}

/// Why a test does not wait for the quota. A limit of more than a minute is not that of tests.
pub(super) fn limit_reached(wait: Duration) -> String {
    if wait > WINDOW {
        let minutes = wait.as_secs().div_ceil(60);
        return format!("GitLab's rate limit is reached; try again in {minutes} min");
    }
    "GitLab's limit of five tests a minute is reached; try again in a minute".to_owned()
}

pub(super) fn accepted(target: &Target) -> TestResult {
    if *target == Target::System {
        let text = "GitLab does not report whether the test of a system hook arrived";
        return TestResult::sent(Fact::NotObservable(text.to_owned()));
    }
    TestResult::sent(Fact::Holds("the test was answered with 2xx".to_owned()))
}

pub(super) fn refused(refusal: TestRefusal) -> TestResult {
    let result = match &refusal {
        TestRefusal::NoSample { said } => {
            // Nothing is wrong with the connection: there is only nothing yet to make a delivery from.
            TestResult::not_sent(Fact::NotObservable(format!(
                "GitLab has nothing to make a test from yet: {said} Push a first commit, then run factory-gitlab verify --live"
            )))
        }
        TestRefusal::SilentMode => {
            TestResult::not_sent(Fact::Fails("GitLab is in Silent Mode and sends nothing".to_owned()))
        }
        TestRefusal::NotPermitted => TestResult::not_sent(Fact::Fails("the token may not test webhooks".to_owned())),
        TestRefusal::NotAvailable { said } => TestResult::not_sent(Fact::Unknown(said.clone())),
        TestRefusal::Failed { said } if said.is_empty() => {
            TestResult::sent(Fact::Fails("the test was not answered with 2xx".to_owned()))
        }
        TestRefusal::Unresolved { said } => {
            TestResult::sent(Fact::Fails(format!("GitLab cannot resolve the webhook's host: {said}")))
        }
        TestRefusal::UrlBlocked { said } | TestRefusal::Failed { said } => {
            TestResult::sent(Fact::Fails(format!("the test failed: {said}")))
        }
    };
    TestResult { refusal: Some(refusal), ..result }
}

pub(super) fn failed(error: &http::Error) -> TestResult {
    match error.status() {
        Some(404 | 405) => TestResult::not_sent(Fact::Unknown(
            "GitLab has no test for this webhook, or the webhook was deleted".to_owned(),
        )),
        _ => {
            let fact = if error.is_refusal() { Fact::Fails(error.to_string()) } else { unread(error) };
            TestResult { refusal: not_permitted(error), ..TestResult::not_sent(fact) }
        }
    }
}

fn not_permitted(error: &http::Error) -> Option<TestRefusal> {
    matches!(ApiRefusal::of(error)?, ApiRefusal::MissingPermission { .. }).then_some(TestRefusal::NotPermitted)
}

/// Whether the test may be repeated at once: its result is not known, and a second test is harmless.
pub(super) fn is_lost(error: &http::Error) -> bool {
    error.class() == CauseClass::Lost
}

/// A log or receipt that could not be read, for whatever reason: what it says is not known.
pub(super) fn unread(error: &http::Error) -> Fact {
    Fact::Unknown(error.to_string())
}

pub(super) fn logged(outcome: DeliveryOutcome) -> Fact {
    match outcome {
        DeliveryOutcome::Answered(status @ 200..=299) => Fact::Holds(format!("the log says {status}")),
        DeliveryOutcome::Answered(status) => Fact::Fails(format!("the log says {status}")),
        DeliveryOutcome::NoAnswer => {
            Fact::Fails("the log shows no answer (timeout, DNS, TLS, or an address that GitLab blocks)".to_owned())
        }
    }
}

pub(super) fn not_logged() -> Fact {
    Fact::Fails("GitLab's delivery log has no entry for the test".to_owned())
}

pub(super) fn received() -> Fact {
    Fact::Holds("Factory has received it".to_owned())
}

pub(super) fn not_received() -> Fact {
    Fact::Fails("Factory has not received it".to_owned())
}

pub(super) fn not_sent() -> Fact {
    Fact::NotObservable("nothing was sent".to_owned())
}

pub(super) fn no_group_test() -> Fact {
    Fact::NotObservable("GitLab's API cannot test group webhooks before 17.1; the group's webhook page can".to_owned())
}

pub(super) fn no_system_log() -> Fact {
    Fact::NotObservable("GitLab keeps no delivery log of system hooks".to_owned())
}

pub(super) fn no_log() -> Fact {
    Fact::NotObservable("this GitLab has no delivery log (17.3)".to_owned())
}

/// The kit is from a file, and nobody has approved its addresses yet.
pub(super) fn not_approved() -> Fact {
    Fact::Unknown(
        "Factory was not asked: no run with this kit has been approved (--kit-fingerprint names it)".to_owned(),
    )
}

pub(super) fn no_receipts() -> Fact {
    Fact::NotObservable("the kit has no receipts_url".to_owned())
}

pub(super) fn no_key(target: &Target) -> Fact {
    let what = if *target == Target::System { "a system hook" } else { "the test" };
    Fact::NotObservable(format!("GitLab does not show the key of {what}'s delivery"))
}

pub(super) fn no_idempotency_key() -> Fact {
    Fact::NotObservable("deliveries of this GitLab carry no Idempotency-Key (17.4)".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_of_a_test_are_told_apart() {
        for (said, is_sent, fails) in [
            ("Ensure the project has at least one commit.", false, false),
            ("Ensure the group has a project with commits.", false, false),
            ("Silent mode enabled", false, true),
            ("Testing not available for this hook", false, false),
            ("", true, true),
            ("URL is blocked: Requests to the local network are not allowed", true, true),
            ("URL is blocked: Host cannot be resolved or invalid", true, true),
        ] {
            let result = refused(TestRefusal::parse(said));
            assert_eq!(result.is_sent, is_sent, "{said}");
            assert_eq!(matches!(result.fact, Fact::Fails(_)), fails, "{said}");
        }
    }

    #[test]
    fn in_the_log_only_2xx_counts_as_arrived() {
        assert!(matches!(logged(DeliveryOutcome::Answered(204)), Fact::Holds(_)));
        for outcome in [DeliveryOutcome::Answered(302), DeliveryOutcome::Answered(500), DeliveryOutcome::NoAnswer] {
            assert!(matches!(logged(outcome), Fact::Fails(_)), "{outcome:?}");
        }
    }
}
