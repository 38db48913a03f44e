//! Follows what was made: into GitLab's delivery log, to Factory, and to the answers of Droids.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use jiff::Timestamp;

use super::Apply;
use super::answers::Answers;
use super::outcome::{Cell, CellState, Exercised, Made, WorkHook, WorkProject};
use crate::activity::Activity;
use crate::gitlab::{DeliveryOutcome, SentEvent};
use crate::instance::Version;
use crate::plan::CoveringHook;
use crate::text::counted;

/// How long GitLab has to send an event. Its workers take seconds, and longer under load.
const SENDING_TIME: Duration = Duration::from_secs(120);

/// How long Factory has to acknowledge a delivery that it has answered.
const RECEIPT_TIME: Duration = Duration::from_secs(20);

/// The first and the longest pause between two looks.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

const NOT_SENT: &str = "GitLab did not send it";

/// Until its time is over.
const NOT_YET: &str = "not sent yet";

/// What was found out about one event so far.
#[derive(Clone, Debug, Default)]
struct Followed {
    /// Its entry of the log: the first that was accepted, else the first.
    entry: Option<SentEvent>,
    /// When the entry was seen.
    entry_at: Option<Instant>,
    receipt: Receipt,
}

impl Followed {
    fn is_received(&self) -> bool {
        matches!(self.receipt, Receipt::Received(_))
    }
}

#[derive(Clone, Debug, Default)]
enum Receipt {
    #[default]
    NotAsked,
    Missing,
    /// How long after it was made Factory was seen to have it.
    Received(Duration),
    Failed(String),
}

/// One look at the log, the receipts and the answers after another.
struct Follow<'f> {
    project: &'f WorkProject,
    hook: &'f WorkHook,
    made: &'f BTreeMap<Activity, Made>,
    followed: BTreeMap<Activity, Followed>,
    /// Whether Factory confirms what never was, so that its receipts say nothing.
    confirms_anything: bool,
    /// Why the log could not be read the last time.
    log_error: Option<String>,
    began: Instant,
}

impl Apply<'_> {
    /// Follows every event until all is known or its time is over.
    pub(super) async fn follow(&self, wait_answer_s: Option<u64>, exercised: &mut Exercised) {
        let (Some(project), Some(hook)) = (exercised.project.clone(), exercised.hook.clone()) else { return };
        let made = exercised.made.clone();
        let clock = self.clients.clock;
        let mut follow = Follow {
            project: &project,
            hook: &hook,
            made: &made,
            followed: made.keys().map(|activity| (*activity, Followed::default())).collect(),
            confirms_anything: self.confirms_anything().await,
            log_error: None,
            began: clock.instant(),
        };
        let mut answers = Answers::new(self, &project, &made, wait_answer_s.map(Duration::from_secs));
        let mut pause = FIRST_PAUSE;
        loop {
            if !self.is_settled(&follow) {
                self.look(&mut follow).await;
            }
            answers.look(self).await;
            let is_over = self.is_settled(&follow) || self.is_late(&follow);
            self.judge(&follow, &answers, exercised);
            if is_over && answers.is_over(clock.instant()) {
                return;
            }
            clock.sleep(pause).await;
            pause = (pause * 3 / 2).min(LONGEST_PAUSE);
        }
    }

    /// Asks for a delivery that never was.
    async fn confirms_anything(&self) -> bool {
        let Some(url) = &self.desired.webhooks.receipts_url else { return false };
        let never = uuid::Uuid::new_v4().to_string();
        self.clients.factory.receipt(url, &never).await.is_ok_and(|received| received)
    }

    async fn look(&self, follow: &mut Follow<'_>) {
        let hook = &follow.hook.hook;
        if self.has_log() {
            match self.clients.reader.sent_events(&hook.on, hook.id, follow.hook.newest).await {
                Ok(events) => {
                    follow.log_error = None;
                    follow.take(events, self.clients.clock.instant());
                }
                Err(error) => follow.log_error = Some(error.to_string()),
            }
        }
        let Some(url) = &self.desired.webhooks.receipts_url else { return };
        for (activity, followed) in &mut follow.followed {
            let Some(made) = follow.made.get(activity) else { continue };
            let Some(key) = key(followed, made) else { continue };
            if followed.is_received() {
                continue;
            }
            if follow.confirms_anything {
                followed.receipt = Receipt::Failed("it confirms a delivery that never was".to_owned());
                continue;
            }
            followed.receipt = match self.clients.factory.receipt(url, &key).await {
                Ok(true) => Receipt::Received(self.clients.clock.instant().duration_since(made.seen)),
                Ok(false) => Receipt::Missing,
                Err(error) => Receipt::Failed(error.to_string()),
            };
        }
    }

    fn has_receipts(&self) -> bool {
        self.desired.webhooks.receipts_url.is_some()
    }

    /// Whether nothing more can be found out.
    fn is_settled(&self, follow: &Follow<'_>) -> bool {
        let now = self.clients.clock.instant();
        follow.followed.iter().filter(|(activity, _)| follow.unsent(**activity).is_none()).all(
            |(activity, followed)| {
                let has_key = follow.made.get(activity).is_some_and(|made| key(followed, made).is_some());
                let waits_for_receipt = self.has_receipts() && has_key && !followed.is_received();
                let is_past = |since: Instant| now.saturating_duration_since(since) > RECEIPT_TIME;
                match followed.entry_at {
                    Some(at) => !waits_for_receipt || is_past(at),
                    None if !self.has_log() => !waits_for_receipt || is_past(follow.began),
                    None => false,
                }
            },
        )
    }

    fn is_late(&self, follow: &Follow<'_>) -> bool {
        self.clients.clock.instant().saturating_duration_since(follow.began) > SENDING_TIME
    }

    fn judge(&self, follow: &Follow<'_>, answers: &Answers, exercised: &mut Exercised) {
        for (activity, followed) in &follow.followed {
            let (Some(made), Some(outcome)) = (follow.made.get(activity), exercised.outcomes.get_mut(activity)) else {
                continue;
            };
            if let Some(why) = follow.unsent(*activity).filter(|_| followed.entry.is_none()) {
                outcome.delivered = Cell::because(CellState::No, why);
                outcome.received = Cell::because(CellState::Skipped, NOT_SENT);
                outcome.answered = answers.cell(*activity);
                outcome.is_hook_wrong = true;
                continue;
            }
            outcome.delivered = self.delivered(follow, followed, made);
            outcome.received = self.received(followed, &outcome.delivered);
            outcome.answered = answers.cell(*activity);
            outcome.logged = followed.entry.as_ref().map(|entry| entry.outcome);
        }
    }

    /// Whether GitLab sent the event, and what the receiver answered.
    fn delivered(&self, follow: &Follow<'_>, followed: &Followed, made: &Made) -> Cell {
        let is_received = followed.is_received();
        let Some(entry) = &followed.entry else {
            return match &follow.log_error {
                Some(error) if is_received => {
                    Cell::because(CellState::Yes, format!("Factory has it; GitLab's log could not be read: {error}"))
                }
                None if is_received && self.has_log() => {
                    Cell::because(CellState::Yes, "Factory has it; GitLab's log does not show it")
                }
                None if is_received => Cell::because(CellState::Yes, "Factory has it; this GitLab has no log (17.3)"),
                _ if !self.has_log() => {
                    Cell::because(CellState::Unknown, "this version of GitLab has no delivery log (17.3)")
                }
                Some(error) => Cell::because(CellState::Unknown, format!("GitLab's log could not be read: {error}")),
                None if !self.is_late(follow) => Cell::because(CellState::Unknown, NOT_YET),
                None => {
                    let time = counted(SENDING_TIME.as_secs() / 60, "minute");
                    Cell::because(CellState::No, format!("done, and GitLab has not sent it within {time}"))
                }
            };
        };
        let latency = made.at.zip(entry.created_at).map(|(from, to)| between(from, to));
        match entry.outcome {
            DeliveryOutcome::Answered(status) if (200..300).contains(&status) => {
                Cell::new(CellState::Yes).after(latency)
            }
            DeliveryOutcome::Answered(status) => {
                let said = if entry.answer.is_empty() { String::new() } else { format!(": {}", entry.answer) };
                Cell::because(CellState::No, format!("sent, and the receiver answered {status}{said}")).after(latency)
            }
            DeliveryOutcome::NoAnswer if is_received => {
                let why = "it arrived, but was answered too late: GitLab waits 10 s for an answer";
                Cell::because(CellState::No, why).after(latency)
            }
            DeliveryOutcome::NoAnswer => {
                let why = "sent, and GitLab got no answer: time-out, DNS, TLS or a blocked address";
                Cell::because(CellState::No, why).after(latency)
            }
        }
    }

    /// Whether Factory has it.
    fn received(&self, followed: &Followed, delivered: &Cell) -> Cell {
        match &followed.receipt {
            Receipt::Received(after) => Cell::new(CellState::Yes).after(Some(*after)),
            Receipt::Failed(error) => Cell::because(CellState::Unknown, format!("Factory did not say: {error}")),
            _ if !self.has_receipts() && delivered.state == CellState::Unknown => {
                Cell::because(CellState::Unknown, "the kit names no receipts_url to ask")
            }
            _ if !self.has_receipts() => {
                Cell::because(CellState::Skipped, "the kit names no receipts_url to ask; GitLab's log tells the answer")
            }
            _ if delivered.state == CellState::No && followed.entry.is_none() => {
                Cell::because(CellState::Skipped, NOT_SENT)
            }
            // It is looked for until GitLab's log has it.
            Receipt::Missing | Receipt::NotAsked if followed.entry.is_none() && self.has_log() => {
                Cell::because(CellState::Unknown, delivered.reason.clone().unwrap_or_else(|| NOT_YET.to_owned()))
            }
            Receipt::Missing if self.has_exact_key(followed) => {
                let is_sent = delivered.state == CellState::Yes;
                let why = if is_sent {
                    "sent and answered, but Factory has no receipt of it"
                } else {
                    "Factory does not have it"
                };
                Cell::because(CellState::No, why)
            }
            Receipt::NotAsked if delivered.state != CellState::Yes => {
                Cell::because(CellState::Unknown, "without GitLab's log there is nothing to ask with")
            }
            Receipt::Missing | Receipt::NotAsked => {
                Cell::because(CellState::Unknown, "this version of GitLab sends no Idempotency-Key (17.4) to ask with")
            }
        }
    }

    /// Whether Factory's "not here" can be believed: it was asked with the key that the delivery had.
    fn has_exact_key(&self, followed: &Followed) -> bool {
        let is_new = self.version().is_none_or(|version| version >= Version::IDEMPOTENCY_KEY);
        followed.entry.as_ref().is_some_and(|entry| entry.idempotency_key.is_some()) && is_new
    }
}

impl Follow<'_> {
    /// Why the webhook does not send the event of an activity at all.
    fn unsent(&self, activity: Activity) -> Option<String> {
        let CoveringHook { on, id, lacks, is_disabled } = &self.hook.hook;
        if *is_disabled {
            return Some(format!("done, and GitLab has disabled webhook {id} on {on}, so nothing is sent"));
        }
        let event = activity.event();
        lacks.contains(&event).then(|| format!("done, and webhook {id} on {on} does not send {event}"))
    }

    /// Finds what was made among the entries of the log, oldest first.
    fn take(&mut self, events: Vec<SentEvent>, now: Instant) {
        let mut events = events;
        events.sort_by_key(|event| event.id);
        for (activity, followed) in &mut self.followed {
            let Some(made) = self.made.get(activity) else { continue };
            let is_ours = |event: &&SentEvent| made.subject.is_of(event, self.project.id, made.event_uuid.as_deref());
            let mine = || events.iter().filter(is_ours);
            let is_accepted = |event: &&SentEvent| matches!(event.outcome, DeliveryOutcome::Answered(200..=299));
            let best = mine().find(is_accepted).or_else(|| mine().next());
            if let Some(best) = best
                && followed.entry.as_ref().is_none_or(|known| known.id != best.id)
            {
                followed.entry = Some(best.clone());
                followed.entry_at = Some(now);
            }
        }
    }
}

/// What Factory is asked with: the delivery's key; without a log, the UUID that GitLab takes over from the request.
fn key(followed: &Followed, made: &Made) -> Option<String> {
    match &followed.entry {
        Some(entry) => entry.idempotency_key.clone().or_else(|| entry.event_uuid.clone()),
        None => made.event_uuid.clone(),
    }
}

/// How long after the first the second was; zero where the clocks of two workers differ.
fn between(from: Timestamp, to: Timestamp) -> Duration {
    Duration::try_from(to.duration_since(from)).unwrap_or_default()
}
