//! Approval: a plan is shown, and nothing is done before a person, or `--yes`, has agreed to it.

use super::diagnostics;
use super::session::Session;
use crate::apply::kit_accepted;
use crate::error::{Failure, Fix};
use crate::journal::Journal;
use crate::plan::{self, KitStep, Plan, Step};
use crate::report::run::{plan_lines, remainder_lines};
use crate::secret::{Bearer, FactoryKey};
use crate::settings::keys;
use crate::terminal::prompt::PlanAnswer;
use crate::text::Text;

/// How a person is asked.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Question {
    /// Yes or no, or a change of an answer.
    ApplyOrChange,
    YesOrNo,
    /// What is removed cannot be brought back: the person types the host's name.
    HostName,
}

/// A plan to be approved.
pub(super) struct Approval<'r> {
    pub session: &'r Session<'r>,
    pub plan: &'r Plan,
    pub question: Question,
}

impl Approval<'_> {
    /// Has the plan approved, and with it the kit: from then on its addresses get the key of Factory's API, which is asked for
    /// before and tried after.
    ///
    /// # Errors
    /// When the plan is not approved, a key is missing, or a typed one is refused.
    pub(super) async fn obtain(&self) -> Result<PlanAnswer, Failure> {
        self.require_factory_key().await?;
        if self.approve()? == PlanAnswer::Change {
            return Ok(PlanAnswer::Change);
        }
        self.session.trust_kit();
        self.prove_factory_key().await?;
        Ok(PlanAnswer::Apply)
    }

    /// The key of Factory's API is asked for before the first step, where one of the steps needs it.
    async fn require_factory_key(&self) -> Result<(), Failure> {
        let Self { session, plan, .. } = self;
        let factory = &session.observer.factory;
        if factory.has_key() || !plan::needs_factory_key(plan, &session.desired) {
            return Ok(());
        }
        factory.set_key(session.interview.secret::<Bearer>(&keys::FACTORY_KEY).await?.value);
        Ok(())
    }

    /// A key that was typed is tried with a question for the status, now that its address is approved: what is wrong with it is
    /// known before the first step.
    async fn prove_factory_key(&self) -> Result<(), Failure> {
        let Session { interview, observer, desired, .. } = self.session;
        let typed = interview.find_secret::<Bearer>(&keys::FACTORY_KEY)?;
        let Some(status_url) = &desired.status_url else { return Ok(()) };
        if !typed.is_some_and(|key| key.source.is_prompt()) {
            return Ok(());
        }
        let check = async |key: &FactoryKey| {
            observer.factory.set_key(key.clone());
            match observer.factory.status(status_url).await {
                Err(error) if matches!(error.status(), Some(401 | 403)) => {
                    Err(diagnostics::typed_factory_key(&error, "Factory does not accept the key; nothing was changed"))
                }
                // What else Factory answers is no statement about the key.
                Ok(_) | Err(_) => Ok(()),
            }
        };
        interview.secret_until(&keys::FACTORY_KEY, check).await.map(drop)
    }

    /// The first kit of a connection is accepted with its plan, and only with one that was approved; a changed one has a step
    /// of its own.
    pub(super) fn pin_first_kit(&self, journal: &mut Journal) -> Result<(), Failure> {
        if self.session.record.kit_pin.is_some() {
            return Ok(());
        }
        journal.append(kit_accepted(&self.session.desired.kit)).map_err(|error| diagnostics::journal(&error))
    }

    fn approve(&self) -> Result<PlanAnswer, Failure> {
        let Self { session, plan, .. } = self;
        let mut text = Text::new();
        let kit = session.desired.kit.fingerprint();
        text.heading(format!("Plan for {}, kit {kit}", session.desired.instance));
        plan_lines(plan, &mut text);
        text.gap();
        let is_asked = self.changed_kit().is_some() || !session.interview.settings().is_enabled(&keys::YES);
        let terminal = session.context.terminal;
        if is_asked {
            if self.question == Question::HostName {
                remainder_lines(plan, &terminal.running(), &mut text);
                text.gap();
            }
            terminal.show(&text);
        } else {
            terminal.say(&text);
        }
        match self.ask_for_approval()? {
            answer @ (PlanAnswer::Apply | PlanAnswer::Change) => Ok(answer),
            PlanAnswer::Stop => Err(not_approved("nothing was changed")),
        }
    }

    /// `--yes` does not cover a changed kit: a person approves it, or its fingerprint is named.
    fn ask_for_approval(&self) -> Result<PlanAnswer, Failure> {
        let interview = &self.session.interview;
        let is_named = interview.settings().get(&keys::KIT_FINGERPRINT)?.is_some();
        let Some(changed) = self.changed_kit().filter(|_| !is_named) else {
            let is_given = interview.settings().is_enabled(&keys::YES);
            return if is_given { Ok(PlanAnswer::Apply) } else { self.ask_person() };
        };
        if interview.prompter().can_ask() {
            return self.ask_person();
        }
        Err(kit_changed(changed))
    }

    /// With yes or no, and a change of an answer where there are answers. What is removed cannot be brought back: the person
    /// types the host's name.
    fn ask_person(&self) -> Result<PlanAnswer, Failure> {
        let Session { interview, desired, .. } = self.session;
        match self.question {
            Question::ApplyOrChange => interview.ask_to_apply(&keys::YES),
            Question::YesOrNo => interview.answer_plan(&keys::YES),
            Question::HostName => {
                interview.confirm_name(&keys::YES, desired.instance.url().host_str().unwrap_or_default())
            }
        }
    }

    /// The step that accepts a kit which differs from the one of the last run.
    fn changed_kit(&self) -> Option<&KitStep> {
        self.plan.steps.iter().find_map(Step::as_kit)
    }
}

/// A person said no.
pub(super) fn not_approved(instead: &str) -> Failure {
    Failure::problem(format!("the plan was not approved; {instead}"))
        .fix(Fix::rerun("show the plan again, and change nothing", "--dry-run"))
}

/// A changed kit needs a person, and there is none to ask.
pub(super) fn kit_changed(step: &KitStep) -> Failure {
    let KitStep::Accept { from, to, changes } = step;
    let failure = Failure::usage("the kit differs from the one that was accepted, and --yes does not cover that")
        .because(format!("kit {from} was accepted; this is kit {to}"));
    let failure = changes.iter().fold(failure, |failure, change| failure.because(change.to_string()));
    let text = "if Factory confirms the new fingerprint, name it";
    failure.fix(Fix::rerun(text, format!("--yes --kit-fingerprint {to}")))
}
