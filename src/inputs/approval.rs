//! Whether a plan is applied: by the settings, or by the user.

use super::Interview;
use super::question::prompt;
use crate::error::Failure;
use crate::settings::{Definition, Setting};
use crate::terminal::prompt::{Ask, PlanAnswer};

/// The answer to whether a plan is applied.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Approval {
    Given,
    Refused,
}

impl Interview<'_> {
    /// Approval: given by the setting, or by the user, who is asked; without both it is missing.
    ///
    /// # Errors
    /// [`super::Missing`], or that the user stopped.
    pub fn approve(&self, setting: &'static Setting<bool>) -> Result<Approval, Failure> {
        if self.settings.is_enabled(setting) {
            return Ok(Approval::Given);
        }
        self.require_terminal(setting)?;
        let yes = self.confirm(setting)?;
        Ok(if yes { Approval::Given } else { Approval::Refused })
    }

    /// Asks whether a plan is applied, where answers can still be changed, whatever the settings say.
    ///
    /// # Errors
    /// [`super::Missing`], or that the user stopped.
    pub fn ask_to_apply(&self, setting: &'static Definition) -> Result<PlanAnswer, Failure> {
        self.require_terminal(setting)?;
        Ok(self.prompter.apply_or_change(&prompt(setting))?)
    }

    /// Asks whether a plan is applied, where no answer can be changed.
    ///
    /// # Errors
    /// [`super::Missing`], or that the user stopped.
    pub fn answer_plan(&self, setting: &'static Definition) -> Result<PlanAnswer, Failure> {
        self.require_terminal(setting)?;
        Ok(if self.confirm(setting)? { PlanAnswer::Apply } else { PlanAnswer::Stop })
    }

    /// Approval in other words than the setting's question.
    ///
    /// # Errors
    /// [`super::Missing`], or that the user stopped.
    pub fn confirm_with(&self, setting: &'static Definition, question: &str) -> Result<bool, Failure> {
        self.require_terminal(setting)?;
        Ok(self.prompter.confirm(&Ask { prompt: question, help: None, ..prompt(setting) })?)
    }

    /// Approval of what cannot be undone: the user types a name. Enter alone stops; anything else is asked again.
    ///
    /// # Errors
    /// [`super::Missing`], or that the user stopped.
    pub fn confirm_name(&self, setting: &'static Definition, name: &str) -> Result<PlanAnswer, Failure> {
        self.require_terminal(setting)?;
        let wanted = format!("Type {name} to apply this plan, or press Enter to stop:");
        loop {
            let typed = self.prompter.name(&Ask { prompt: &wanted, help: None, ..prompt(setting) })?;
            match typed.trim() {
                typed if typed == name => return Ok(PlanAnswer::Apply),
                "" => return Ok(PlanAnswer::Stop),
                _ => self.prompter.refuse(&Failure::usage(format!("that is not {name}"))),
            }
        }
    }
}
