//! What is left of a connection that was to end: what the plan leaves, and what could not be removed.

use jiff::Timestamp;
use serde::Serialize;
use url::Url;

use super::{End, RunReport};
use crate::apply::StepEnd;
use crate::plan::{ApplicationStep, HookStep, Left, LeftKind, Step, TokenStep};
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
        let of_plan = self.plan.left.iter().map(|left| self.of_plan(left));
        of_plan.chain(self.not_removed()).collect()
    }

    fn of_plan<'r>(&'r self, left: &'r Left) -> LeftJson<'r> {
        LeftJson {
            kind: left.kind,
            what: left.what.clone(),
            why: &left.why,
            url: left.url.to_string(),
            seen_at: left.seen_at,
            fixes: FixJson::all(&left.fixes, &self.running),
        }
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
        let left = self.left();
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
        for fix in self.plan.left.iter().flat_map(|left| &left.fixes) {
            super::text::fix_lines(fix, &self.running, text);
        }
    }
}
