//! Gives one webhook the new secret token and tests it. One that Factory refuses gets the previous one back.

use super::webhook_test::WebhookTester;
use super::{Apply, Error, PlanRun, StepEnd};
use crate::gitlab::TestRefusal;
use crate::journal::HookEntry;
use crate::observed::{DeliveryProof, Fact};
use crate::target::{Event, Target};

/// A webhook, and what is sent to test it.
#[derive(Clone, Copy)]
pub(super) struct RotatedHook<'a> {
    pub target: &'a Target,
    pub id: u64,
    pub event: Event,
}

/// What a test says of the new secret token.
enum Verdict {
    Accepted,
    /// GitLab has nothing to make a test from, or no such test.
    Untested,
    Refused(String),
    Unknown(String),
}

impl Verdict {
    fn of(proof: &DeliveryProof) -> Self {
        let first = |wanted: fn(&Fact) -> Option<&String>| proof.facts().into_iter().find_map(wanted).cloned();
        let holds = proof.facts().iter().any(|fact| matches!(fact, Fact::Holds(_)));
        if proof.lacks_sample() {
            return Self::Untested;
        }
        if proof.is_late() {
            return Self::Accepted;
        }
        match first(failed) {
            // GitLab refused the token, so Factory was not asked.
            Some(why) if proof.refusal == Some(TestRefusal::NotPermitted) => return Self::Unknown(why),
            Some(why) => return Self::Refused(why),
            None => {}
        }
        match first(unknown) {
            Some(why) => Self::Unknown(why),
            None if holds => Self::Accepted,
            None => Self::Untested,
        }
    }
}

const fn failed(fact: &Fact) -> Option<&String> {
    match fact {
        Fact::Fails(seen) => Some(seen),
        Fact::Holds(_) | Fact::Unknown(_) | Fact::NotObservable(_) => None,
    }
}

const fn unknown(fact: &Fact) -> Option<&String> {
    match fact {
        Fact::Unknown(seen) => Some(seen),
        Fact::Holds(_) | Fact::Fails(_) | Fact::NotObservable(_) => None,
    }
}

impl Apply<'_> {
    pub(super) async fn rotate_hook(
        &self,
        rotated: RotatedHook<'_>,
        run: &mut PlanRun<'_, '_>,
    ) -> Result<StepEnd, Error> {
        let RotatedHook { target, id, event } = rotated;
        self.record(HookEntry::RotateToken { target: target.clone() })?;
        self.write_hook(self.desired, target, id).await?;
        let on_wait = |reason: &str| run.progress.waiting(reason);
        let tester = WebhookTester::new(self.clients.for_tests(), &self.desired.webhooks)
            .with_version(self.version())
            .on_wait(&on_wait);
        let proof = tester.test(target, id, event).await;
        let is_proven = proof.is_proven();
        match Verdict::of(&proof) {
            Verdict::Accepted => {}
            Verdict::Untested => run.applied.untested.push(target.clone()),
            Verdict::Unknown(why) => return Err(Error::NewSecretUntested { target: target.clone(), why }),
            Verdict::Refused(why) => {
                run.applied.proofs.push(proof);
                self.set_back(target, id).await?;
                return Err(Error::NewSecretRefused { target: target.clone(), why });
            }
        }
        if is_proven {
            self.record(HookEntry::DeliveryProven { kind: target.kind() })?;
        }
        self.record(HookEntry::TokenSettled { target: target.clone() })?;
        Ok(StepEnd::Done)
    }

    async fn set_back(&self, target: &Target, id: u64) -> Result<(), Error> {
        let former = self.desired.before_rotation().ok_or(Error::NoSecret)?;
        self.write_hook(&former, target, id).await?;
        self.record(HookEntry::TokenSettled { target: target.clone() })
    }
}
