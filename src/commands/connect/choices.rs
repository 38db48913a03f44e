//! The choices that a plan is made from: shown before the plan, and changed by the user until the plan is approved.

mod change;
mod summary;

use super::super::session::{Access, Session};
use super::application;
use crate::error::{Failure, FailureKind};
use crate::settings::keys;
use crate::terminal::prompt::Ask;

/// What can be changed, in the order of the summary.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Choice {
    GitLab,
    Token,
    Kit,
    Application,
    Webhooks,
    Selection,
    Handover,
    Bundle,
    Keyring,
}

impl Choice {
    const ALL: [Self; 9] = [
        Self::GitLab,
        Self::Token,
        Self::Kit,
        Self::Application,
        Self::Webhooks,
        Self::Selection,
        Self::Handover,
        Self::Bundle,
        Self::Keyring,
    ];
}

/// Settles the application's origin and the choices. A user who was asked for something goes on with the summary, or changes it;
/// one who gave everything sees it with the plan.
pub(super) async fn settle(mut session: Session<'_>) -> Result<Session<'_>, Failure> {
    loop {
        session.desired.application.origin = application::origin(&mut session).await?;
        if !is_shown(&session) {
            return Ok(session);
        }
        session.ask_keyring()?;
        session.context.terminal.show(&summary::of(&session));
        if !session.interview.has_asked() {
            return Ok(session);
        }
        let ask =
            Ask { key: "choices", prompt: "Enter to go on, or the number of a choice to change", ..Ask::default() };
        let Some(number) = session.interview.prompter().number(&ask, Choice::ALL.len())? else { return Ok(session) };
        session = change::change(session, Choice::ALL[number]).await?;
    }
}

/// The user wants to change a choice after the plan was shown: which one, and then all are settled again.
pub(super) async fn change(session: Session<'_>) -> Result<Session<'_>, Failure> {
    let ask = Ask { key: "change", prompt: "The number of the choice to change, or Enter for none", ..Ask::default() };
    session.context.terminal.show(&summary::of(&session));
    match session.interview.prompter().number(&ask, Choice::ALL.len())? {
        Some(number) => settle(change::change(session, Choice::ALL[number]).await?).await,
        None => Ok(session),
    }
}

/// No plan can be made from the choices: a person who is there can change one of them. What may pass by itself ends the run.
pub(super) async fn recover(session: Session<'_>, failure: Failure) -> Result<Session<'_>, Failure> {
    let is_final = match failure.kind {
        FailureKind::Problem | FailureKind::Usage => !is_shown(&session),
        FailureKind::Unknown | FailureKind::Interrupted => true,
    };
    if is_final {
        return Err(failure);
    }
    session.interview.prompter().refuse(&failure);
    session.context.terminal.show(&summary::of(&session));
    let ask = Ask { key: "recover", prompt: "The number of a choice to change, or Enter to stop", ..Ask::default() };
    match session.interview.prompter().number(&ask, Choice::ALL.len())? {
        Some(number) => settle(change::change(session, Choice::ALL[number]).await?).await,
        None => Err(failure),
    }
}

/// The summary belongs to a plan that a person approves.
fn is_shown(session: &Session<'_>) -> bool {
    let interview = &session.interview;
    session.access() == Access::Write && interview.prompter().can_ask() && !interview.settings().is_enabled(&keys::YES)
}
