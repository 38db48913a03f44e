//! The answers that a plan is made from: shown before anything is written, and changed by the user until then. None is lost where
//! they do not go together.

use super::ask::{Collected, PlanInterview, TEXTS};
use crate::error::Failure;
use crate::network::{AwsEnd, NetworkMethod};
use crate::plan::network::{GivenNetwork, PrintedCommands, used};
use crate::settings::{Definition, Settings, ValueKind, keys};
use crate::terminal::prompt::{Ask, Completes, PlanAnswer};
use crate::text::{Line, Text};

/// Asks for what is missing, and has the answers approved by a user who gave some of them; `None` where one of them was changed.
///
/// # Errors
/// A usage error with every problem, or that the user stopped.
pub(super) async fn settle(
    plan: &PlanInterview<'_>,
    printed: impl Fn(&Settings) -> PrintedCommands,
) -> Result<Option<Collected>, Failure> {
    let interview = plan.interview;
    let method = plan.method().await?;
    let is_asked = interview.prompter().can_ask();
    // What the kit lacks is said before anything is asked that would be in vain.
    let judged = if is_asked { plan.judge_method(method) } else { Ok(method) };
    if is_asked && judged.is_ok() {
        plan.ask_missing(method).await?;
    }
    let is_approved = !interview.has_asked() || interview.settings().is_enabled(&keys::YES);
    match judged.and_then(|method| plan.design(method, &printed(interview.settings()))) {
        Ok(collected) if is_approved => Ok(Some(collected)),
        Ok(collected) => {
            let choices = choices(plan, method)?;
            interview.prompter().say(&summary(plan, &choices));
            match interview.prompter().apply_or_change(&WRITE)? {
                PlanAnswer::Apply => Ok(Some(collected)),
                PlanAnswer::Stop => Err(Failure::problem("the plan was not approved; nothing was written")),
                PlanAnswer::Change => change(plan, method, &choices, CHANGE).await.map(|_| None),
            }
        }
        Err(failure) if !interview.has_asked() => Err(failure),
        Err(failure) => {
            let choices = choices(plan, method)?;
            interview.prompter().refuse(&failure);
            interview.prompter().say(&summary(plan, &choices));
            match change(plan, method, &choices, RECOVER).await? {
                Changed::Yes => Ok(None),
                Changed::No => Err(failure),
            }
        }
    }
}

const NO_ASK: Ask<'_> = Ask { key: "", prompt: "", help: None, default: None, completes: Completes::Nothing };
const WRITE: Ask<'_> = Ask {
    key: "write",
    prompt: "Write the files for these answers?",
    help: Some("Nothing has been written so far."),
    ..NO_ASK
};
const CHANGE: Ask<'_> =
    Ask { key: "change", prompt: "The number of the answer to change, or Enter for none", ..NO_ASK };
const RECOVER: Ask<'_> =
    Ask { key: "recover", prompt: "The number of an answer to change, or Enter to stop", ..NO_ASK };

/// What the user did.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Changed {
    Yes,
    No,
}

/// The settings that the plan is made from, in the order of their numbers.
fn choices(plan: &PlanInterview<'_>, method: NetworkMethod) -> Result<Vec<&'static Definition>, Failure> {
    let aws_end = GivenNetwork::read(plan.settings())?.aws_end.unwrap_or_default();
    let first: [&'static Definition; 2] = [&keys::GITLAB_URL.definition, &keys::KIT.definition];
    Ok(first.into_iter().chain(used(method, aws_end)).collect())
}

/// Each answer with its number.
fn summary(plan: &PlanInterview<'_>, choices: &[&'static Definition]) -> Text {
    let mut text = Text::new();
    text.line(Line::new());
    text.heading("Your answers");
    for (at, setting) in choices.iter().enumerate() {
        let label = format!("{:>3}. {:<18}", at + 1, setting.flag);
        let value = shown(plan.settings(), setting);
        text.line(Line::new().dim(label).plain(value));
    }
    text.line(Line::new());
    text
}

fn shown(settings: &Settings, setting: &'static Definition) -> String {
    match settings.raw_list(setting) {
        values if values.is_empty() => "not given".to_owned(),
        values if setting.kind == ValueKind::List => values.join(" "),
        values => values.last().cloned().unwrap_or_default(),
    }
}

/// Asks again for one of them; Enter keeps what it has.
async fn change(
    plan: &PlanInterview<'_>,
    method: NetworkMethod,
    choices: &[&'static Definition],
    ask: Ask<'_>,
) -> Result<Changed, Failure> {
    let interview = plan.interview;
    let Some(number) = interview.prompter().number(&ask, choices.len())? else { return Ok(Changed::No) };
    let setting = choices[number];
    let values = interview.settings().raw_list(setting);
    let present = (!values.is_empty()).then(|| shown(interview.settings(), setting));
    let present = present.as_deref();
    if let Some(text) = TEXTS.into_iter().find(|text| text.key == setting.key) {
        let check = async |typed: &String| plan.judge_answer(text, method, typed);
        interview.replace(text, present, check).await?;
    } else if setting.key == keys::METHOD.key {
        let check = async |method: &NetworkMethod| plan.judge_method(*method).map(drop);
        interview.replace(&keys::METHOD, present, check).await?;
    } else if setting.key == keys::AWS_END.key {
        interview.replace(&keys::AWS_END, present, async |_: &AwsEnd| Ok(())).await?;
    } else {
        interview.ask_again(setting)?;
    }
    Ok(Changed::Yes)
}
