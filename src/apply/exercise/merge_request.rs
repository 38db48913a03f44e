//! Follows one merge request where no webhook of ours tells of it: by the answer that the kit promises, or by what Factory has.

use std::collections::BTreeMap;
use std::time::Duration;

use super::Apply;
use super::answers::Answers;
use super::matching::Subject;
use super::outcome::{CellState, Exercised, Made};
use crate::activity::Activity;

/// How long Factory may take to have heard of it.
const RECEIPT_TIME: Duration = Duration::from_secs(120);

/// The first and the longest pause between two looks.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// What was found out.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum MergeRequestProof {
    /// GitLab did not open it.
    NotMade(String),
    Proven {
        iid: u64,
        how: String,
    },
    Missing {
        iid: u64,
        why: String,
    },
    Unknown {
        iid: u64,
        why: String,
    },
}

/// What Factory says of it.
enum Receipt {
    NotAsked,
    Missing,
    Failed(String),
}

impl Apply<'_> {
    /// Looks until it is proven, or its time is over.
    pub async fn follow_merge_request(&self, exercised: &Exercised) -> MergeRequestProof {
        let made = exercised.made.get(&Activity::MergeRequest);
        let (Some(project), Some(made @ Made { subject: Subject::MergeRequest { iid, .. }, .. })) =
            (&exercised.project, made)
        else {
            let reason = |activity| exercised.outcomes.get(&activity).and_then(|outcome| outcome.sent.reason.clone());
            let reason = reason(Activity::MergeRequest).or_else(|| reason(Activity::Push));
            return MergeRequestProof::NotMade(reason.unwrap_or_else(|| "it was not started".to_owned()));
        };
        let (iid, clock) = (*iid, self.clients.clock);
        let only = BTreeMap::from([(Activity::MergeRequest, made.clone())]);
        let mut answers = Answers::new(self, project, &only, None);
        let mut receipt = Receipt::NotAsked;
        let mut pause = FIRST_PAUSE;
        loop {
            if let Some(url) = &self.desired.webhooks.receipts_url {
                receipt = match self.clients.factory.has_merge_request(url, project.id, iid).await {
                    Ok(true) => return MergeRequestProof::Proven { iid, how: "Factory has heard of it".to_owned() },
                    Ok(false) => Receipt::Missing,
                    Err(error) => Receipt::Failed(error.to_string()),
                };
            }
            answers.look(self).await;
            let answered = answers.cell(Activity::MergeRequest);
            if answered.state == CellState::Yes {
                return MergeRequestProof::Proven { iid, how: "it was answered as the kit promises".to_owned() };
            }
            let waited = clock.instant().saturating_duration_since(made.seen);
            let waits = !matches!(receipt, Receipt::NotAsked) && waited < RECEIPT_TIME;
            if !waits && answers.is_over(clock.instant()) {
                let answer = (answered.state, answered.reason.unwrap_or_default());
                return judged(iid, &receipt, &answer.0, answer.1);
            }
            clock.sleep(pause).await;
            pause = (pause * 3 / 2).min(LONGEST_PAUSE);
        }
    }
}

fn judged(iid: u64, receipt: &Receipt, answered: &CellState, reason: String) -> MergeRequestProof {
    match (receipt, answered) {
        (Receipt::Missing, CellState::NotPromised) => {
            let why = format!("Factory has not heard of it within {} min", RECEIPT_TIME.as_secs() / 60);
            MergeRequestProof::Missing { iid, why }
        }
        (Receipt::Missing | Receipt::NotAsked, CellState::No) => MergeRequestProof::Missing { iid, why: reason },
        (Receipt::Failed(error), _) => {
            MergeRequestProof::Unknown { iid, why: format!("Factory did not say whether it has heard of it: {error}") }
        }
        (Receipt::NotAsked, CellState::NotPromised) => {
            let why =
                "the kit promises no answer to a merge request, and has no webhook.receipts_url to ask".to_owned();
            MergeRequestProof::Unknown { iid, why }
        }
        (Receipt::Missing | Receipt::NotAsked, _) => MergeRequestProof::Unknown { iid, why: reason },
    }
}
