//! What `connect` has to say: what was planned, what was done, what is proved, what is left for a person.

use std::collections::HashSet;

use serde_json::{Value, json};

use crate::apply::{Applied, Error};
use crate::error::{ExitCode, Failure, Fix, Kind};
use crate::factory::Receipt;
use crate::instance::InstanceUrl;
use crate::observed::{DeliveryProof, Fact};
use crate::page::{Line, Page, Tone};
use crate::plan::{Plan, Step};

use super::Report;

/// The schema of the JSON form.
pub const SCHEMA: &str = "factory-gitlab/connect/v1";

/// The end of a `connect` run, in whatever way it ended.
#[derive(Debug)]
pub struct ConnectReport {
    pub instance: InstanceUrl,
    pub plan: Plan,
    pub end: End,
    /// Targets whose hooks could not be read, so that nothing was planned for them.
    pub unread: Vec<Failure>,
    pub requests: u32,
    pub writes: u32,
    pub duration_ms: u64,
}

/// How it ended.
#[derive(Debug)]
pub enum End {
    /// Nothing was planned: it was connected already.
    AlreadyConnected,
    /// `--dry-run`; `Pending` says whether the exit code tells that changes are pending.
    DryRun(Pending),
    /// The plan was carried out, as far as it went.
    Applied(Box<Outcome>),
}

/// What `--exit-code` makes of pending changes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Pending {
    IsDone,
    IsFour,
}

/// What came of the steps, with the failures in the words for a person.
#[derive(Debug, Default)]
pub struct Outcome {
    pub done: Vec<Step>,
    pub failed: Vec<(Step, Failure)>,
    pub stopped: Option<(Step, Failure)>,
    pub proofs: Vec<DeliveryProof>,
    pub receipt: Option<Receipt>,
    pub unsigned_hooks: usize,
    /// Ctrl-C, or a signal to end.
    pub interrupted: bool,
}

impl Outcome {
    /// Takes what was applied, with each error put into words by `explain`.
    #[must_use]
    pub fn new(applied: Applied, explain: impl Fn(&Error) -> Failure) -> Self {
        let in_words = |(step, error): (Step, Error)| {
            let failure = explain(&error);
            (step, failure)
        };
        Self {
            done: applied.done,
            failed: applied.failed.into_iter().map(in_words).collect(),
            stopped: applied.stopped.map(in_words),
            proofs: applied.proofs,
            receipt: applied.receipt,
            unsigned_hooks: applied.unsigned_hooks,
            interrupted: false,
        }
    }

    fn exit_code(&self) -> ExitCode {
        if self.interrupted {
            return ExitCode::Interrupted;
        }
        if let Some((_, failure)) = &self.stopped {
            return failure.exit_code();
        }
        let facts = || self.proofs.iter().flat_map(DeliveryProof::facts);
        let failed = |wanted: &[Kind]| self.failed.iter().any(|(_, failure)| wanted.contains(&failure.kind));
        if facts().any(|fact| matches!(fact, Fact::Fails(_))) || failed(&[Kind::Problem, Kind::Usage]) {
            return ExitCode::Problem;
        }
        if facts().any(|fact| matches!(fact, Fact::Unknown(_))) || failed(&[Kind::Unknown, Kind::Interrupted]) {
            return ExitCode::Unknown;
        }
        ExitCode::Done
    }
}

impl Report for ConnectReport {
    fn text(&self, page: &mut Page) {
        match &self.end {
            End::AlreadyConnected => self.nothing_to_do(page),
            End::DryRun(_) => self.dry_run(page),
            End::Applied(outcome) => self.applied(outcome, page),
        }
        self.left_for_a_person(page);
        page.gap();
        let cost = format!("{} requests, {} of them writes, {} ms", self.requests, self.writes, self.duration_ms);
        page.line(Line::new().dim(cost));
    }

    fn json(&self) -> Value {
        let nothing = Outcome::default();
        let outcome = match &self.end {
            End::Applied(outcome) => outcome,
            End::AlreadyConnected | End::DryRun(_) => &nothing,
        };
        json!({
            "schema": SCHEMA,
            "tool": { "name": env!("CARGO_PKG_NAME"), "version": env!("CARGO_PKG_VERSION") },
            "target": self.instance.as_str(),
            "verdict": self.verdict(),
            "exit_code": self.exit_code() as u8,
            "steps": self.steps(),
            "notes": self.plan.notes,
            "proofs": outcome.proofs,
            "receipt": outcome.receipt,
            "error": outcome.stopped.as_ref().map(|(_, failure)| failure_json(failure)),
            "failures": outcome.failed.iter().map(failed_json).collect::<Vec<_>>(),
            "unread": self.unread.iter().map(failure_json).collect::<Vec<_>>(),
            "unsigned_hooks": outcome.unsigned_hooks,
            "by_hand": self.plan.by_hand,
            "requests": self.requests,
            "writes": self.writes,
            "duration_ms": self.duration_ms,
        })
    }

    fn exit_code(&self) -> ExitCode {
        match &self.end {
            End::Applied(outcome) if outcome.exit_code() != ExitCode::Done => outcome.exit_code(),
            _ if self.unread.iter().any(|failure| failure.kind == Kind::Problem) => ExitCode::Problem,
            _ if !self.unread.is_empty() => ExitCode::Unknown,
            End::DryRun(Pending::IsFour) if !self.plan.is_empty() => ExitCode::Pending,
            End::AlreadyConnected | End::DryRun(_) | End::Applied(_) => ExitCode::Done,
        }
    }
}

impl ConnectReport {
    fn verdict(&self) -> &'static str {
        match (&self.end, self.exit_code()) {
            (_, ExitCode::Unknown) => "unknown",
            (_, ExitCode::Interrupted) => "interrupted",
            (End::DryRun(_), ExitCode::Done | ExitCode::Pending) if !self.plan.is_empty() => "pending",
            (_, ExitCode::Done) => "connected",
            _ => "incomplete",
        }
    }

    fn nothing_to_do(&self, page: &mut Page) {
        if !self.unread.is_empty() {
            let line = Line::new().with(Tone::Bad, "not finished: ");
            return page.line(line.plain(format!("{}, of which not everything could be read", self.instance)));
        }
        let line = Line::new().with(Tone::Good, "nothing to do: ");
        page.line(line.plain(format!("{} is connected as it should be, and nothing was written", self.instance)));
    }

    fn dry_run(&self, page: &mut Page) {
        if self.plan.is_empty() {
            return self.nothing_to_do(page);
        }
        page.line(Line::new().with(Tone::Strong, format!("Plan for {} (nothing was written)", self.instance)));
        plan_lines(&self.plan, page);
    }

    fn applied(&self, outcome: &Outcome, page: &mut Page) {
        let (tone, verdict) = match self.exit_code() {
            ExitCode::Done => (Tone::Good, "connected"),
            ExitCode::Interrupted => (Tone::Bad, "interrupted"),
            _ => (Tone::Bad, "not finished"),
        };
        page.line(Line::new().with(tone, verdict).plain(format!(": {}", self.instance)));
        page.gap();
        for words in (Plan { steps: outcome.done.clone(), ..Plan::default() }).words() {
            page.line(Line::new().with(Tone::Good, "  done    ").plain(words.what));
        }
        for (step, failure) in &outcome.failed {
            failed(step, failure, page);
        }
        if let Some((step, failure)) = &outcome.stopped {
            failed(step, failure, page);
        }
        for proof in &outcome.proofs {
            proved(proof, page);
        }
        if let Some(receipt) = &outcome.receipt {
            let id = receipt.id.as_deref().map(|id| format!(", receipt {id}")).unwrap_or_default();
            page.gap();
            page.line(Line::new().with(Tone::Good, "Factory accepted the bundle").plain(id));
        }
        self.what_now(outcome, page);
    }

    fn what_now(&self, outcome: &Outcome, page: &mut Page) {
        page.gap();
        if outcome.interrupted || outcome.stopped.is_some() || !outcome.failed.is_empty() {
            let kept = if outcome.done.is_empty() { "" } else { "What was done stays done. " };
            page.line(Line::new().plain(format!("{kept}Run the same command again; it takes up the rest.")));
        } else if self.exit_code() == ExitCode::Done {
            let command = format!("factory-gitlab verify --gitlab-url {}", self.instance);
            page.line(Line::new().plain("Prove it any time: ").with(Tone::Action, command));
        }
    }

    fn left_for_a_person(&self, page: &mut Page) {
        for failure in &self.unread {
            page.gap();
            failure.to_string().lines().for_each(|line| page.line(line));
        }
        let unsigned = match &self.end {
            End::Applied(outcome) => outcome.unsigned_hooks,
            _ => 0,
        };
        if unsigned > 0 {
            let hooks = if unsigned == 1 { "one webhook".to_owned() } else { format!("{unsigned} webhooks") };
            page.line(Line::new().dim(format!(
                "note: GitLab took {hooks} without the signing token, because its switch webhook_signing_token is off; \
                 the secret token is set"
            )));
        }
        if self.plan.by_hand.is_empty() {
            return;
        }
        page.heading("Left for you");
        for fix in &self.plan.by_hand {
            fix_lines(fix, page);
        }
    }

    fn steps(&self) -> Vec<Value> {
        let (done, failed, rest) = match &self.end {
            End::DryRun(_) | End::AlreadyConnected => (HashSet::new(), HashSet::new(), "planned"),
            End::Applied(outcome) => {
                let failed = outcome.failed.iter().chain(&outcome.stopped).map(|(step, _)| step).collect();
                (outcome.done.iter().collect::<HashSet<&Step>>(), failed, "not_reached")
            }
        };
        let state = |step: &Step| match (done.contains(step), failed.contains(step)) {
            (true, _) => "done",
            (_, true) => "failed",
            _ => rest,
        };
        let value = |step: &Step| {
            let mut value = json!(step);
            value["state"] = json!(state(step));
            value["text"] = json!(step.to_string());
            value
        };
        self.plan.steps.iter().map(value).collect()
    }
}

/// The plan as a numbered list, each step with its details below, and what should be known before saying yes.
pub fn plan_lines(plan: &Plan, page: &mut Page) {
    for (number, words) in plan.words().into_iter().enumerate() {
        page.line(Line::new().dim(format!("{:>3}. ", number + 1)).plain(words.what));
        for detail in words.details {
            hanging(Hang { first: Line::new().plain("     "), indent: 5, tone: Tone::Dim }, &detail, page);
        }
    }
    page.gap();
    for note in &plan.notes {
        hanging(Hang { first: Line::new().dim("note: "), indent: 6, tone: Tone::Dim }, note, page);
    }
}

/// Lines of a plan are broken here, because a terminal would break them in the middle of words.
const WIDTH: usize = 100;

/// How a long line goes on below itself.
struct Hang {
    first: Line,
    /// How wide the first part is, and how far in the rest stands.
    indent: usize,
    tone: Tone,
}

fn hanging(hang: Hang, text: &str, page: &mut Page) {
    let Hang { mut first, indent, tone } = hang;
    let (mut line, mut used) = (String::new(), indent);
    for word in text.split(' ') {
        let length = word.chars().count();
        if !line.is_empty() && used + 1 + length > WIDTH {
            let next = Line::new().plain(" ".repeat(indent));
            page.line(std::mem::replace(&mut first, next).with(tone, std::mem::take(&mut line)));
            used = indent;
        }
        let gap = if line.is_empty() { "" } else { " " };
        line.push_str(gap);
        line.push_str(word);
        used += gap.len() + length;
    }
    page.line(first.with(tone, line));
}

fn failed(step: &Step, failure: &Failure, page: &mut Page) {
    page.line(Line::new().with(Tone::Bad, "  failed  ").plain(step.words().what));
    page.line(Line::new().plain(format!("          {}", failure.message)));
    for cause in &failure.causes {
        page.line(Line::new().dim(format!("          caused by: {cause}")));
    }
    for fix in &failure.fixes {
        fix_lines(fix, page);
    }
}

fn proved(proof: &DeliveryProof, page: &mut Page) {
    page.heading(format!("Test delivery from {}", proof.target));
    for (name, fact) in
        [("GitLab sent it", &proof.test), ("in GitLab's log", &proof.log), ("Factory has it", &proof.receipt)]
    {
        let (tone, word, seen) = match fact {
            Fact::Holds(seen) => (Tone::Good, "yes", seen),
            Fact::Fails(seen) => (Tone::Bad, "no", seen),
            Fact::Unknown(seen) => (Tone::Warn, "could not find out", seen),
            Fact::Untold(seen) => (Tone::Dim, "not to be seen here", seen),
        };
        page.line(Line::new().plain(format!("  {name}: ")).with(tone, word).dim(format!(" ({seen})")));
    }
}

fn fix_lines(fix: &Fix, page: &mut Page) {
    page.line(Line::new().plain(format!("  - {}", fix.text)));
    for action in [&fix.command, &fix.url].into_iter().flatten() {
        page.line(Line::new().plain("    ").with(Tone::Action, action));
    }
}

/// One step that failed without stopping the rest.
fn failed_json((step, failure): &(Step, Failure)) -> Value {
    let mut value = failure_json(failure);
    value["text"] = json!(step.to_string());
    value
}

fn failure_json(failure: &Failure) -> Value {
    json!({ "message": failure.message, "causes": failure.causes, "fixes": failure.fixes })
}
