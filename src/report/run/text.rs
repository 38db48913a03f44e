//! The text of a run's report, for the user.

use std::path::Path;

use super::{End, FailureGroup, Outcome, Purpose, RunReport, UnprovenDelivery};
use crate::apply::StepEnd;
use crate::error::{ExitCode, Fix};
use crate::observed::{DeliveryProof, Fact};
use crate::plan::{self, BundleStep, Plan, Step};
use crate::report::Report as _;
use crate::target::Target;
use crate::text::{Line, Text, Tone, counted, shell_word};

impl RunReport {
    pub(super) fn write_text(&self, text: &mut Text) {
        match &self.end {
            End::NothingToDo => self.write_nothing_to_do(text),
            End::DryRun => self.dry_run(text),
            End::Applied(outcome) => self.applied(outcome, text),
        }
        self.unread(text);
        super::left::kept_lines(&self.plan, &self.running, text);
        self.write_left(text);
        self.untested(text);
        self.unsigned_hooks(text);
        manual_lines(&self.plan, &self.running, text);
        text.gap();
        text.line(Line::new().dim(format!("kit {}", self.kit)));
        let requests = counted(self.requests, "request");
        let cost = format!("{requests}, {} of them writes, {} ms", self.writes, self.duration_ms);
        text.line(Line::new().dim(cost));
    }

    /// What went wrong, and what is left to do. A plan that was asked for by `--dry-run` stays.
    pub(super) fn write_problems(&self, text: &mut Text) {
        match &self.end {
            End::NothingToDo if self.is_whole() => warnings(&self.plan, text),
            End::NothingToDo => self.write_nothing_to_do(text),
            End::DryRun if self.plan.is_empty() && self.is_whole() => {}
            End::DryRun => self.dry_run(text),
            End::Applied(_) if self.exit_code() == ExitCode::Done => {}
            End::Applied(outcome) => {
                self.write_verdict(text);
                self.failures(outcome, text);
                self.checks.iter().for_each(|checks| checks.problems(text));
                self.next_steps(outcome, text);
            }
        }
        self.unread(text);
        self.write_left(text);
        manual_lines(&self.plan, &self.running, text);
    }

    fn write_nothing_to_do(&self, text: &mut Text) {
        if !self.unread.is_empty() {
            let line = Line::new().with(Tone::Bad, "not finished: ");
            return text.line(line.plain(format!("not everything on {} could be read", self.instance)));
        }
        if !self.plan.left.is_empty() {
            let line = Line::new().with(Tone::Bad, "not finished: ");
            return text.line(line.plain(format!("something of the connection of {} is left", self.instance)));
        }
        let line = Line::new().with(Tone::Good, "nothing to do: ");
        if self.plan.keeps_application.is_some() {
            let kept = format!("of the connection of {} only what is kept is left; nothing was written", self.instance);
            return text.line(line.plain(kept));
        }
        text.line(line.plain(format!("{} {}; nothing was written", self.instance, self.job.standing)));
        if matches!(self.job.purpose, Purpose::Rotate(_)) {
            self.plan.notes.iter().for_each(|note| text.line(Line::new().dim("note: ").plain(note.clone())));
        }
        warnings(&self.plan, text);
    }

    fn dry_run(&self, text: &mut Text) {
        if self.plan.is_empty() {
            return self.write_nothing_to_do(text);
        }
        text.line(Line::new().with(Tone::Strong, format!("Plan for {} (nothing was written)", self.instance)));
        plan_lines(&self.plan, text);
    }

    fn write_verdict(&self, text: &mut Text) {
        let (tone, verdict) = match self.exit_code() {
            ExitCode::Done => (Tone::Good, self.job.achieved),
            ExitCode::Interrupted => (Tone::Bad, "interrupted"),
            _ => (Tone::Bad, "not finished"),
        };
        text.line(Line::new().with(tone, verdict).plain(format!(": {}", self.instance)));
        text.gap();
    }

    /// The steps that failed, and the test deliveries that did not arrive.
    fn failures(&self, outcome: &Outcome, text: &mut Text) {
        for group in outcome.failed.iter().chain(&outcome.stopped) {
            failed(self, group, text);
        }
        for proof in outcome.proofs.iter().filter(|proof| !proof.is_proven()) {
            self.proof(outcome, proof, text);
        }
    }

    fn applied(&self, outcome: &Outcome, text: &mut Text) {
        self.write_verdict(text);
        for step in plan::describe(&self.steps_with(outcome, StepEnd::Done)) {
            text.line(Line::new().with(Tone::Good, "  done    ").plain(step.what));
        }
        self.write_proofs(text);
        for group in outcome.failed.iter().chain(&outcome.stopped) {
            failed(self, group, text);
        }
        for proof in &outcome.proofs {
            self.proof(outcome, proof, text);
        }
        if let Some(receipt) = &outcome.receipt {
            let id = receipt.id.as_deref().map(|id| format!(", receipt {id}")).unwrap_or_default();
            text.gap();
            text.line(Line::new().with(Tone::Good, "Factory accepted the bundle").plain(id));
        }
        if let Some(checks) = &self.checks {
            text.gap();
            checks.text(text);
        }
        self.next_steps(outcome, text);
    }

    /// A test delivery; where it is not proven, with the cause and what to do.
    fn proof(&self, outcome: &Outcome, proof: &DeliveryProof, text: &mut Text) {
        write_proof(proof, text);
        for UnprovenDelivery { cause, fix, .. } in outcome.unproven.iter().filter(|one| one.target == proof.target) {
            text.line(Line::new().plain(format!("  {cause}")));
            fix_lines(fix, &self.running, text);
        }
    }

    fn next_steps(&self, outcome: &Outcome, text: &mut Text) {
        text.gap();
        let count = |end| outcome.ends.iter().filter(|one| **one == end).count();
        let (done, failed, rest) = (count(StepEnd::Done), count(StepEnd::Failed), count(StepEnd::NotReached));
        if outcome.interrupted || failed > 0 {
            let not_started = if rest > 0 { format!(", {rest} not started") } else { String::new() };
            text.line(Line::new().plain(format!(
                "{done} of {} done, {failed} failed{not_started}.",
                counted(outcome.ends.len(), "step")
            )));
            let kept = if done == 0 { "" } else { "Completed steps are kept. " };
            let other = if self.has_evidence { ", with another file for --evidence" } else { "" };
            text.line(Line::new().plain(format!("{kept}Run the same command again to continue{other}.")));
        } else {
            // Also where the delivery of webhooks is not proven, as without a way from here to Factory.
            self.deliver_hint(text);
            if self.exit_code() == ExitCode::Done {
                self.verify_hint(text);
            }
        }
    }

    fn deliver_hint(&self, text: &mut Text) {
        for path in self.plan.steps.iter().filter_map(written_bundle) {
            let missing = Line::new().plain("Factory does not have the bundle yet. Deliver it");
            text.line(if self.has_upload_address {
                let command = format!("factory-gitlab bundle upload {}", shell_word(&path.to_string_lossy()));
                missing.plain(", or send it: ").with(Tone::Action, command)
            } else {
                missing.plain(" as Factory asks for it.")
            });
        }
    }

    fn verify_hint(&self, text: &mut Text) {
        // The instance of a rehearsal ends with it.
        if !self.job.purpose.removes() && !self.running.starts_with("sandbox") {
            let command = format!("factory-gitlab verify --gitlab-url {}", self.instance);
            text.line(Line::new().plain("Check it at any time: ").with(Tone::Action, command));
        }
    }

    fn unread(&self, text: &mut Text) {
        for group in &self.unread {
            text.gap();
            group.failure.describe(&self.running).lines().for_each(|line| text.line(line));
        }
    }

    fn untested(&self, text: &mut Text) {
        let End::Applied(outcome) = &self.end else { return };
        let mut named: Vec<&str> = outcome.untested.iter().map(Target::path).collect();
        if named.is_empty() {
            return;
        }
        let more = named.len().saturating_sub(NAMED);
        named.truncate(NAMED);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        text.gap();
        text.line(
            Line::new().with(Tone::Warn, "changed and not tested: ").plain(format!("{}{more}", named.join(", "))),
        );
        text.line(
            Line::new()
                .plain("  GitLab has nothing to make a test from there yet, or cannot test this kind of webhook."),
        );
    }

    fn unsigned_hooks(&self, text: &mut Text) {
        let unsigned = match &self.end {
            End::Applied(outcome) => outcome.unsigned_hooks,
            _ => 0,
        };
        if unsigned > 0 {
            let hooks = counted(unsigned, "webhook");
            text.line(Line::new().dim(format!(
                "note: GitLab created {hooks} without the signing token, because its feature flag webhook_signing_token is \
                 off; the secret token is set"
            )));
        }
    }
}

pub(super) fn manual_lines(plan: &Plan, running: &str, text: &mut Text) {
    if plan.manual_steps.is_empty() {
        return;
    }
    text.heading("Left for you");
    for fix in &plan.manual_steps {
        fix_lines(fix, running, text);
    }
}

/// Where a step wrote the bundle for the administrator to deliver.
fn written_bundle(step: &Step) -> Option<&Path> {
    match step {
        Step::Bundle(BundleStep::Write { path, .. }) => Some(path),
        _ => None,
    }
}

/// The plan as a numbered list, each step with its details below, and the notes to read before approving it.
pub fn plan_lines(plan: &Plan, text: &mut Text) {
    for (number, step) in plan.describe().into_iter().enumerate() {
        text.line(Line::new().dim(format!("{:>3}. ", number + 1)).plain(step.what));
        for detail in step.details {
            text.line(Line::new().plain("     ").dim(detail));
        }
    }
    text.gap();
    for note in &plan.notes {
        text.line(Line::new().dim("note: ").dim(note));
    }
    warnings(plan, text);
}

fn warnings(plan: &Plan, text: &mut Text) {
    for warning in &plan.warnings {
        text.line(Line::new().with(Tone::Warn, "warning: ").plain(warning.clone()));
    }
}

/// Steps that failed in the same way, with the reason of the first of them.
fn failed(report: &RunReport, group: &FailureGroup<usize>, text: &mut Text) {
    let steps: Vec<&Step> = group.of.iter().map(|place| &report.plan.steps[*place]).collect();
    for step in plan::describe(&steps) {
        text.line(Line::new().with(Tone::Bad, "  failed  ").plain(step.what));
    }
    named(&steps, text);
    let failure = &group.failure;
    text.line(Line::new().plain(format!("          {}", failure.message)));
    for cause in &failure.causes {
        let first = if steps.len() > 1 { " (the first of them)" } else { "" };
        text.line(Line::new().dim(format!("          caused by: {cause}{first}")));
    }
    for fix in &failure.fixes {
        fix_lines(fix, &report.running, text);
    }
}

/// At most this many targets of one group are named; the JSON form names all.
const NAMED: usize = 20;

/// The targets of many steps, where the description counts them instead of naming each.
fn named(steps: &[&Step], text: &mut Text) {
    let mut targets: Vec<&str> = steps.iter().filter_map(|step| step.target()).map(Target::path).collect();
    if plan::describe(steps).len() >= targets.len() {
        return;
    }
    let more = targets.len().saturating_sub(NAMED);
    targets.truncate(NAMED);
    let more = if more > 0 { format!(", and {more} more (-o json names all)") } else { String::new() };
    text.line(Line::new().plain(" ".repeat(10)).dim(format!("{}{more}", targets.join(", "))));
}

fn write_proof(proof: &DeliveryProof, text: &mut Text) {
    text.heading(format!("Test delivery from {}", proof.target));
    for (name, fact) in
        [("sent by GitLab", &proof.test), ("in GitLab's log", &proof.log), ("received by Factory", &proof.receipt)]
    {
        let (tone, word, seen) = match fact {
            Fact::Holds(seen) => (Tone::Good, "yes", seen),
            Fact::Fails(seen) => (Tone::Bad, "no", seen),
            Fact::Unknown(seen) => (Tone::Warn, "unknown", seen),
            Fact::NotObservable(seen) => (Tone::Dim, "not observable from here", seen),
        };
        text.line(Line::new().plain(format!("  {name}: ")).with(tone, word).dim(format!(" ({seen})")));
    }
}

pub(in crate::report) fn fix_lines(fix: &Fix, running: &str, text: &mut Text) {
    text.line(Line::new().plain(format!("  - {}", fix.text)));
    for action in fix.actions(running) {
        text.line(Line::new().plain("    ").with(Tone::Action, action));
    }
}
