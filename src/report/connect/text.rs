//! The text of a `connect` report, for a person.

use super::{ConnectReport, End, FailureGroup, Outcome};
use crate::apply::StepEnd;
use crate::error::{ExitCode, Fix};
use crate::observed::{DeliveryProof, Fact};
use crate::plan::{self, Plan, Step};
use crate::report::Report as _;
use crate::target::Target;
use crate::text::{Line, Text, Tone};

impl ConnectReport {
    pub(super) fn write_text(&self, page: &mut Text) {
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

    fn nothing_to_do(&self, page: &mut Text) {
        if !self.unread.is_empty() {
            let line = Line::new().with(Tone::Bad, "not finished: ");
            return page.line(line.plain(format!("{}, of which not everything could be read", self.instance)));
        }
        let line = Line::new().with(Tone::Good, "nothing to do: ");
        page.line(line.plain(format!("{} is connected as it should be, and nothing was written", self.instance)));
    }

    fn dry_run(&self, page: &mut Text) {
        if self.plan.is_empty() {
            return self.nothing_to_do(page);
        }
        page.line(Line::new().with(Tone::Strong, format!("Plan for {} (nothing was written)", self.instance)));
        plan_lines(&self.plan, page);
    }

    fn applied(&self, outcome: &Outcome, page: &mut Text) {
        let (tone, verdict) = match self.exit_code() {
            ExitCode::Done => (Tone::Good, "connected"),
            ExitCode::Interrupted => (Tone::Bad, "interrupted"),
            _ => (Tone::Bad, "not finished"),
        };
        page.line(Line::new().with(tone, verdict).plain(format!(": {}", self.instance)));
        page.gap();
        for step in plan::describe(&self.steps_with(outcome, StepEnd::Done)) {
            page.line(Line::new().with(Tone::Good, "  done    ").plain(step.what));
        }
        for group in outcome.failed.iter().chain(&outcome.stopped) {
            failed(group, &self.plan, page);
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

    fn what_now(&self, outcome: &Outcome, page: &mut Text) {
        page.gap();
        let count = |end| outcome.ends.iter().filter(|one| **one == end).count();
        let (done, failed, rest) = (count(StepEnd::Done), count(StepEnd::Failed), count(StepEnd::NotReached));
        if outcome.interrupted || failed > 0 {
            let not_reached = if rest > 0 { format!(", {rest} not reached") } else { String::new() };
            page.line(
                Line::new()
                    .plain(format!("{done} of {} steps done, {failed} failed{not_reached}.", outcome.ends.len())),
            );
            let kept = if done == 0 { "" } else { "What was done stays done. " };
            page.line(Line::new().plain(format!("{kept}Run the same command again; it takes up the rest.")));
        } else if self.exit_code() == ExitCode::Done {
            let command = format!("factory-gitlab verify --gitlab-url {}", self.instance);
            page.line(Line::new().plain("Prove it any time: ").with(Tone::Action, command));
        }
    }

    fn left_for_a_person(&self, page: &mut Text) {
        for group in &self.unread {
            page.gap();
            group.failure.to_string().lines().for_each(|line| page.line(line));
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
        if self.plan.manual_steps.is_empty() {
            return;
        }
        page.heading("Left for you");
        for fix in &self.plan.manual_steps {
            fix_lines(fix, page);
        }
    }
}

/// The plan as a numbered list, each step with its details below, and what should be known before saying yes.
pub fn plan_lines(plan: &Plan, page: &mut Text) {
    for (number, step) in plan.describe().into_iter().enumerate() {
        page.line(Line::new().dim(format!("{:>3}. ", number + 1)).plain(step.what));
        for detail in step.details {
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

fn hanging(hang: Hang, text: &str, page: &mut Text) {
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

/// Steps that failed in the same way, with the reason of the first of them.
fn failed(group: &FailureGroup<usize>, plan: &Plan, page: &mut Text) {
    let steps: Vec<&Step> = group.of.iter().map(|place| &plan.steps[*place]).collect();
    for step in plan::describe(&steps) {
        page.line(Line::new().with(Tone::Bad, "  failed  ").plain(step.what));
    }
    named(&steps, page);
    let failure = &group.failure;
    page.line(Line::new().plain(format!("          {}", failure.message)));
    for cause in &failure.causes {
        let first = if steps.len() > 1 { " (the first of them)" } else { "" };
        page.line(Line::new().dim(format!("          caused by: {cause}{first}")));
    }
    for fix in &failure.fixes {
        fix_lines(fix, page);
    }
}

/// So many targets of what failed together are named; the JSON form names all.
const NAMED: usize = 20;

/// The targets of many steps, where the words count them and do not name each.
fn named(steps: &[&Step], page: &mut Text) {
    let mut targets: Vec<&str> = steps.iter().filter_map(|step| step.target()).map(Target::path).collect();
    if plan::describe(steps).len() >= targets.len() {
        return;
    }
    let more = targets.len().saturating_sub(NAMED);
    targets.truncate(NAMED);
    let more = if more > 0 { format!(", and {more} more (-o json names all)") } else { String::new() };
    let hang = Hang { first: Line::new().plain(" ".repeat(10)), indent: 10, tone: Tone::Dim };
    hanging(hang, &format!("{}{more}", targets.join(", ")), page);
}

fn proved(proof: &DeliveryProof, page: &mut Text) {
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

fn fix_lines(fix: &Fix, page: &mut Text) {
    page.line(Line::new().plain(format!("  - {}", fix.text)));
    for action in [&fix.command, &fix.url].into_iter().flatten() {
        page.line(Line::new().plain("    ").with(Tone::Action, action));
    }
}
