//! How a setting is asked for, and what an answer may mean.

use super::missing::places;
use crate::settings::{Definition, ValueKind};
use crate::terminal::prompt::{Ask, Completes};
use crate::text::{Line, Text};

/// What an answer that says "none" means.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum NoneAnswer {
    /// There is none.
    Declines,
    /// It is an answer like any other.
    IsAnAnswer,
}

/// Whether an answer says that there is none.
pub(super) fn is_none(answer: &str) -> bool {
    matches!(answer.to_ascii_lowercase().as_str(), "" | "no" | "none" | "no kit")
}

/// What a setting is, and where else its value can be given: the answer to `?`.
pub(super) fn help(setting: &'static Definition) -> Text {
    let mut text = Text::new();
    text.line(setting.help);
    text.lines.extend(setting.question.map(|question| Line::from(question.help)));
    text.line(format!("It can also be given with {}.", places(setting)));
    text
}

/// The question for a setting that has a value, which Enter keeps.
pub(super) fn prompt_with_default<'d>(setting: &'static Definition, default: Option<&'d str>) -> Ask<'d> {
    let first = prompt(setting);
    match default {
        Some(_) => Ask { prompt: setting.prompt_to_change.unwrap_or(first.prompt), default, ..first },
        None => first,
    }
}

/// The question for a setting as it is asked. A setting without a question of its own is asked for by its help.
pub(super) fn prompt(setting: &'static Definition) -> Ask<'static> {
    let (prompt, help) =
        setting.question.map_or((setting.help, None), |question| (question.prompt, Some(question.help)));
    let completes = if setting.kind == ValueKind::Path { Completes::Paths } else { Completes::Nothing };
    Ask { key: setting.key, prompt, help, default: None, completes }
}
