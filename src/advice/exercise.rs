//! What to do about events that did not arrive.

use super::deliveries::refused_delivery;
use crate::error::Fix;
use crate::gitlab::DeliveryOutcome;
use crate::instance::InstanceUrl;

/// What is to be mended about one activity.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct ExerciseFacts {
    /// How the delivery ended that was not accepted; `None` inside where GitLab sent none.
    pub undelivered: Option<Option<DeliveryOutcome>>,
    /// The webhook does not send such events, or none.
    pub is_hook_wrong: bool,
    /// It was accepted, and Factory does not have it.
    pub is_lost: bool,
    /// A promised answer did not come.
    pub is_unanswered: bool,
}

/// What to do, each once.
#[must_use]
pub fn exercised(facts: impl Iterator<Item = ExerciseFacts>, instance: &InstanceUrl) -> Vec<Fix> {
    let mut fixes = Vec::new();
    let mut add = |fix: Fix| {
        if !fixes.contains(&fix) {
            fixes.push(fix);
        }
    };
    for ExerciseFacts { undelivered, is_hook_wrong, is_lost, is_unanswered } in facts {
        if is_hook_wrong {
            add(Fix::connect("correct the webhook", "factory-gitlab connect"));
        }
        match undelivered {
            Some(Some(outcome)) => add(refused_delivery(outcome, instance)),
            Some(None) => {
                add(Fix::run("see whether the webhook is enabled and has every event", "factory-gitlab verify"));
                add(Fix::open(
                    "see whether GitLab's background jobs (Sidekiq) are behind",
                    instance.page("/admin/background_jobs"),
                ));
            }
            None => {}
        }
        if is_lost {
            add(Fix::say("tell Factory that it answered deliveries of which it has no receipt"));
        }
        if is_unanswered {
            add(Fix::say("ask Factory why its Droids did not answer as the kit promises"));
        }
    }
    fixes
}
