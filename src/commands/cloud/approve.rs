//! A plan is shown, and nothing is done before a person, or `--yes`, has agreed to it.

use super::CloudRun;
use super::authorize::Authorized;
use super::select::Settled;
use crate::error::{Failure, Fix};
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
    Settled { authorized: &'s Authorized, settled: &'s Settled },
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
            Self::Refused => Err(Failure::problem("the plan was not approved; Factory was told nothing")
                .fix(Fix::rerun("show the plan again, and change nothing", "--dry-run"))),
        }
    }
}

impl CloudRun<'_> {
    /// Has the plan approved.
    ///
    /// # Errors
    /// A usage error where a changed kit needs a person.
    pub(super) fn approve(&self, plan: &CloudPlan, stage: Stage<'_>) -> Result<Approval, Failure> {
        let mut text = Text::new();
        let kit = self.desired.trust.fingerprint();
        text.heading(format!("Plan for {}, kit {kit}", self.instance()));
        plan_lines(plan, &mut text);
        if let Stage::Settled { authorized, settled } = stage {
            text.gap();
            who_lines(authorized, &mut text);
            for mark in &settled.marks {
                text.line(Line::new().with(Tone::Warn, "warning: ").plain(mark.clone()));
            }
            beyond_lines(settled.beyond.as_ref(), &mut text);
        }
        text.gap();
        let named = self.settings().get(&keys::KIT_FINGERPRINT)?.is_some();
        let changed = plan.changed_kit().filter(|_| !named);
        let is_given = self.settings().is_enabled(&keys::YES) && changed.is_none();
        if is_given {
            self.context.terminal.say(&text);
            return Ok(Approval::Given);
        }
        self.context.terminal.show(&text);
        if let Some(changed) = changed.filter(|_| !self.interview.prompter().can_ask()) {
            return Err(kit_changed(changed));
        }
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

fn kit_changed(step: &KitStep) -> Failure {
    let KitStep::Accept { from, to, changes } = step;
    let failure = Failure::usage("the kit differs from the one that was accepted, and --yes does not cover that")
        .because(format!("kit {from} was accepted; this is kit {to}"));
    let failure = changes.iter().fold(failure, |failure, change| failure.because(change.to_string()));
    let text = "if Factory confirms the new fingerprint, name it";
    failure.fix(Fix::rerun(text, format!("--yes --kit-fingerprint {to}")))
}
