//! What is left of a connection that was to end: what the plan leaves, and what could not be removed.

use jiff::Timestamp;
use serde::Serialize;
use url::Url;

use super::{End, RunReport};
use crate::apply::StepEnd;
use crate::plan::{ApplicationStep, HookStep, Left, LeftKind, Plan, Step, TokenStep};
use crate::report::json::FixJson;
use crate::text::{Line, Text, Tone};

/// Something that is left.
#[derive(Serialize)]
pub(super) struct LeftJson<'r> {
    kind: LeftKind,
    what: String,
    why: &'r str,
    url: String,
    /// When this machine saw it last.
    seen_at: Timestamp,
    fixes: Vec<FixJson<'r>>,
}

/// At most this many of what could not be removed are listed as text; the JSON form has all.
const LISTED: usize = 20;

impl RunReport {
    pub(super) fn left(&self) -> Vec<LeftJson<'_>> {
        let of_plan = self.plan.left.iter().map(|left| of_plan(left, &self.running));
        of_plan.chain(self.not_removed()).collect()
    }

    /// What stays on request, or is the administrator's own.
    pub(super) fn kept(&self) -> Vec<LeftJson<'_>> {
        self.plan.kept.iter().map(|kept| of_plan(kept, &self.running)).collect()
    }

    /// The steps that were to remove something and did not.
    fn not_removed(&self) -> impl Iterator<Item = LeftJson<'_>> {
        let ends = match &self.end {
            End::Applied(outcome) => outcome.ends.as_slice(),
            End::NothingToDo | End::DryRun => &[],
        };
        let is_left = |(_, end): &(&Step, &StepEnd)| **end != StepEnd::Done;
        self.plan.steps.iter().zip(ends).filter(is_left).filter_map(|(step, end)| {
            let (kind, what, url) = self.removed(step)?;
            let why = if *end == StepEnd::Failed { "it could not be removed" } else { "its removal was not started" };
            Some(LeftJson { kind, what, why, url: url.to_string(), seen_at: self.observed_at, fixes: Vec::new() })
        })
    }

    /// What a step removes at the end of a connection, and the page on which it is found.
    fn removed(&self, step: &Step) -> Option<(LeftKind, String, Url)> {
        let page = |path: &str| self.instance.page(path);
        match step {
            Step::Hook(HookStep::Delete { target, id, .. }) => {
                Some((LeftKind::Webhook, format!("webhook {id} on {target}"), page(&target.page())))
            }
            Step::Application(ApplicationStep::Delete { id, .. }) => {
                Some((LeftKind::Application, format!("application {id}"), page(&format!("/admin/applications/{id}"))))
            }
            Step::Token(TokenStep::Revoke { name, .. }) => {
                Some((LeftKind::Token, format!("the token {name}"), page("/-/user_settings/personal_access_tokens")))
            }
            _ => None,
        }
    }

    pub(super) fn write_left(&self, text: &mut Text) {
        if !self.job.purpose.removes() {
            return;
        }
        left_lines(&self.left(), &self.plan, &self.running, text);
    }
}

fn of_plan<'r>(left: &'r Left, running: &str) -> LeftJson<'r> {
    LeftJson {
        kind: left.kind,
        what: left.what.clone(),
        why: &left.why,
        url: left.url.to_string(),
        seen_at: left.seen_at,
        fixes: FixJson::all(&left.fixes, running),
    }
}

/// What a plan that removes leaves, and what is left for the administrator: to read before approving it, as in its report.
pub fn remainder_lines(plan: &Plan, running: &str, text: &mut Text) {
    let left: Vec<LeftJson<'_>> = plan.left.iter().map(|left| of_plan(left, running)).collect();
    kept_lines(plan, running, text);
    left_lines(&left, plan, running, text);
    super::text::manual_lines(plan, running, text);
}

/// The applications that are kept; a token of the administrator's own is among what is left for them.
pub(super) fn kept_lines(plan: &Plan, running: &str, text: &mut Text) {
    let mut kept = plan.kept.iter().filter(|one| one.kind == LeftKind::Application).peekable();
    if kept.peek().is_none() {
        return;
    }
    text.heading("Kept");
    for one in kept {
        text.line(Line::new().plain(format!("  - {}: {}", one.what, one.why)));
        text.line(Line::new().plain("    ").with(Tone::Action, one.url.to_string()));
        for fix in &one.fixes {
            super::text::fix_lines(fix, running, text);
        }
    }
}

fn left_lines(left: &[LeftJson<'_>], plan: &Plan, running: &str, text: &mut Text) {
    if left.is_empty() {
        return;
    }
    text.heading("What is left of the connection");
    for one in left.iter().take(LISTED) {
        let seen = one.seen_at.strftime("%Y-%m-%d %H:%M");
        text.line(Line::new().plain(format!("  - {}: {} (seen {seen})", one.what, one.why)));
        text.line(Line::new().plain("    ").with(Tone::Action, one.url.clone()));
    }
    if left.len() > LISTED {
        text.line(Line::new().dim(format!("  and {} more (-o json names all)", left.len() - LISTED)));
    }
    for fix in plan.left.iter().flat_map(|left| &left.fixes) {
        super::text::fix_lines(fix, running, text);
    }
}
