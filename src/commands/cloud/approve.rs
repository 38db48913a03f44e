//! A plan is shown, and nothing is done before a person, or `--yes`, has agreed to it.

use super::super::approval::{kit_changed, not_approved};
use super::CloudRun;
use super::authorize::Authorized;
use super::select::Settled;
use crate::error::Failure;
use crate::plan::{CloudPlan, KitStep};
use crate::report::cloud::{beyond_lines, plan_lines};
use crate::settings::keys;
use crate::text::{Line, Text, Tone};

/// How a person is asked, by what has happened before.
#[derive(Clone, Copy)]
pub(super) enum Stage<'s> {
    /// No user has authorized yet; what is shown is what will follow.
    Opening,
    /// Who authorized, and what is selected.
    Settled { authorized: &'s Authorized, settled: &'s Settled, opening: &'s CloudPlan },
}

impl Stage<'_> {
    /// Whether each step was shown before in the same words.
    fn has_shown(self, plan: &CloudPlan) -> bool {
        let Self::Settled { opening, .. } = self else { return false };
        plan.steps.iter().all(|step| opening.steps.iter().any(|shown| shown.describe() == step.describe()))
    }
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Approval {
    Given,
    Refused,
}

impl Approval {
    /// # Errors
    /// When the plan was not approved.
    pub(super) fn require(self) -> Result<(), Failure> {
        match self {
            Self::Given => Ok(()),
            Self::Refused => Err(not_approved("Factory was told nothing")),
        }
    }
}

/// What has to be agreed to.
pub(super) enum Consent<'s> {
    /// `--yes` covers the plan.
    Given,
    /// A person has to agree: to a changed kit as well, where there is one.
    Needed(Option<&'s KitStep>),
}

impl Consent<'_> {
    /// # Errors
    /// A usage error where a changed kit needs a person and there is none.
    pub(super) fn require_person(&self, run: &CloudRun<'_>) -> Result<(), Failure> {
        match self {
            Self::Needed(Some(changed)) if !run.interview.prompter().can_ask() => Err(kit_changed(changed)),
            Self::Needed(_) | Self::Given => Ok(()),
        }
    }
}

impl CloudRun<'_> {
    /// `--yes` does not cover a changed kit: a person approves it, or its fingerprint is named.
    ///
    /// # Errors
    /// When the fingerprint that was named cannot be read.
    pub(super) fn consent<'s>(&self, changed: Option<&'s KitStep>) -> Result<Consent<'s>, Failure> {
        let is_named = self.settings().get(&keys::KIT_FINGERPRINT)?.is_some();
        let changed = changed.filter(|_| !is_named);
        let is_given = self.settings().is_enabled(&keys::YES) && changed.is_none();
        Ok(if is_given { Consent::Given } else { Consent::Needed(changed) })
    }

    /// Has the plan approved.
    ///
    /// # Errors
    /// A usage error where a changed kit needs a person.
    pub(super) fn approve(&self, plan: &CloudPlan, stage: Stage<'_>) -> Result<Approval, Failure> {
        let consent = self.consent(plan.changed_kit())?;
        let is_given = matches!(consent, Consent::Given);
        let mut text = Text::new();
        if !(is_given && stage.has_shown(plan)) {
            let kit = self.desired.trust.fingerprint();
            text.heading(format!("Plan for {}, kit {kit}", self.instance()));
            plan_lines(plan, &mut text);
            text.gap();
        }
        if let Stage::Settled { authorized, settled, opening: _ } = stage {
            who_lines(authorized, &mut text);
            for mark in &settled.marks {
                text.line(Line::new().with(Tone::Warn, "warning: ").plain(mark.clone()));
            }
            beyond_lines(settled.beyond.as_ref(), &mut text);
        }
        if is_given {
            self.context.terminal.say(&text);
            return Ok(Approval::Given);
        }
        text.gap();
        self.context.terminal.show(&text);
        consent.require_person(self)?;
        let question = match stage {
            Stage::Opening if plan.authorizes() => "Begin with the authorization?",
            Stage::Opening | Stage::Settled { .. } => "Apply this plan?",
        };
        Ok(if self.interview.confirm_with(&keys::YES, question)? { Approval::Given } else { Approval::Refused })
    }
}

/// Who authorized, where that is known.
fn who_lines(authorized: &Authorized, text: &mut Text) {
    let Authorized { account, scopes, by: _ } = authorized;
    if account.username.is_empty() {
        return;
    }
    let scopes = if scopes.is_empty() { String::new() } else { format!(", with {}", scopes.join(", ")) };
    text.line(Line::new().plain("authorized by ").with(Tone::Strong, account.to_string()).plain(scopes));
}
