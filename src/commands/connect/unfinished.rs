//! What the user answered in a run that did not reach its end: kept without secrets, so that the next run goes on from it.

use std::path::PathBuf;

use toml::{Table, Value};

use super::super::{Context, local_state};
use crate::error::{ExitCode, Failure, FailureKind, Fix};
use crate::files::{self, Readers};
use crate::secret::{has_secret, is_repeatable};
use crate::settings::{self, Definition, ValueKind, keys};

/// In the folder of the records.
const FILE: &str = "unfinished.toml";

/// At most this many bytes are read.
const LARGEST: u64 = 64 * 1024;

/// Takes the answers of a run that did not reach its end, below everything that is given now.
pub(super) fn restore(context: &Context<'_>) {
    let Some(kept) = read(context).filter(|_| context.prompter.can_ask()) else { return };
    let settings = &context.settings;
    let has_kit = settings.is_set(&keys::KIT);
    let is_of_kit = |setting: &Definition| keys::KIT_VALUES.iter().any(|value| value.key == setting.key);
    let mut restored = Vec::new();
    // As the record, they are not added to a selection that is given now.
    let is_replaced = |setting| keys::recorded_together(setting).iter().any(|one| settings.is_set(one));
    let is_given = |setting: &&'static Definition| {
        settings.is_set(setting) || (has_kit && is_of_kit(setting)) || is_replaced(setting)
    };
    let missing: Vec<&'static Definition> = settings::all().filter(|setting| !is_given(setting)).collect();
    for setting in missing {
        let Some(Value::Array(values)) = kept.get(setting.key) else { continue };
        let values: Vec<String> = values.iter().filter_map(|value| value.as_str().map(str::to_owned)).collect();
        settings.answer(setting, values.clone());
        restored.push((setting, values));
    }
    let names = names(&restored);
    if !names.is_empty() {
        context
            .terminal
            .say_line(format!("going on with the answers of the run before, which was not finished: {names}"));
    }
}

/// Forgets the answers of a run that reached its end, and keeps them otherwise. A failure then says what was kept.
pub(super) fn end(context: &Context<'_>, ended: Result<ExitCode, Failure>) -> Result<ExitCode, Failure> {
    if !context.prompter.can_ask() {
        return ended;
    }
    match ended {
        Ok(ExitCode::Done) => {
            if let Some(path) = path(context)
                && let Err(error) = files::remove_regular(&path)
            {
                context.terminal.warn(&format!("{} could not be removed: {error}", path.display()));
            }
            ended
        }
        Ok(_) => {
            keep(context);
            ended
        }
        Err(failure) => Err(with_kept(failure, &keep(context))),
    }
}

/// Settings with their values; without any, the user said that there is none.
type KeptAnswers = [(&'static Definition, Vec<String>)];

fn with_kept(mut failure: Failure, kept: &KeptAnswers) -> Failure {
    let names = names(kept);
    if names.is_empty() {
        return failure;
    }
    if failure.kind == FailureKind::Interrupted {
        failure.fixes.clear();
    }
    let text = format!("run the same command again to go on; kept are {names}. Secrets are asked for again");
    failure.fix(Fix::say(text))
}

/// The names of those that have a value.
fn names(answers: &KeptAnswers) -> String {
    let with_value = answers.iter().filter(|(_, values)| !values.is_empty());
    let name =
        |(setting, _): &(&'static Definition, _)| if setting.name.is_empty() { setting.flag } else { setting.name };
    with_value.map(name).collect::<Vec<_>>().join(", ")
}

/// Whether an answer holds no secret, and can be put right in the next run. The query of an address may be a secret; which
/// application it is, is asked before the summary where it could be changed.
fn may_be_kept(setting: &Definition, value: &str) -> bool {
    if [keys::APPLICATION.definition.key, keys::APPLICATION_ID.definition.key].contains(&setting.key) {
        return false;
    }
    match setting.kind {
        // Standard input has been read.
        ValueKind::Path if value == "-" => false,
        ValueKind::Url | ValueKind::Path | ValueKind::Paths => is_repeatable(value),
        ValueKind::Text | ValueKind::List | ValueKind::Number | ValueKind::Switch => !has_secret(value),
        ValueKind::Secret => false,
    }
}

/// The answers that were kept.
fn keep(context: &Context<'_>) -> Vec<(&'static Definition, Vec<String>)> {
    let answers = context.settings.answers().into_iter();
    let kept = answers.filter(|(setting, values)| values.iter().all(|value| may_be_kept(setting, value)));
    let kept: Vec<_> = kept.map(|(setting, values)| (setting, places(setting, values))).collect();
    if kept.is_empty() {
        return Vec::new();
    }
    let list = |values: &[String]| Value::Array(values.iter().cloned().map(Value::String).collect());
    let table: Table = kept.iter().map(|(setting, values)| (setting.key.to_owned(), list(values))).collect();
    let written = path(context).is_some_and(|path| {
        let folder = path.parent().map_or(Ok(()), files::create_private_folder);
        let text = table.to_string();
        let written = folder
            .and_then(|()| files::write_atomically(&path, Readers::Owner, |file| file.write_all(text.as_bytes())));
        written.inspect_err(|error| tracing::warn!(%error, "the answers could not be kept")).is_ok()
    });
    if written { kept } else { Vec::new() }
}

/// Paths from the root: the next run may be started in another folder.
fn places(setting: &Definition, values: Vec<String>) -> Vec<String> {
    let is_relative = |value: &str| setting.kind == ValueKind::Path && !value.contains("://");
    let absolute = |value: String| match std::path::absolute(&value).ok().filter(|_| is_relative(&value)) {
        Some(path) => path.to_string_lossy().into_owned(),
        None => value,
    };
    values.into_iter().map(absolute).collect()
}

fn read(context: &Context<'_>) -> Option<Table> {
    let bytes = files::read_up_to(&path(context)?, LARGEST).ok()?;
    String::from_utf8(bytes).ok()?.parse().ok()
}

/// `None` where there is no folder for records, or it cannot be trusted.
fn path(context: &Context<'_>) -> Option<PathBuf> {
    local_state::store(context).ok()?;
    Some(context.env.state_dir.as_ref()?.join(FILE))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_answer_is_kept_that_may_hold_a_secret() {
        for (setting, value, wanted) in [
            (&keys::GITLAB_URL.definition, "https://gitlab.acme.com", true),
            (&keys::KIT.definition, "https://factory.example/kit?key=hunter2", false),
            (&keys::KIT.definition, "/home/ada/kit.json", true),
            (&keys::KIT.definition, "-", false),
            (&keys::GROUP.definition, "platform", true),
            (&keys::GROUP.definition, "glpat-aaaaaaaaaaaaaaaaaaaa", false),
            (&keys::TOKEN.definition, "/home/ada/token", false),
        ] {
            assert_eq!(may_be_kept(setting, value), wanted, "{}: {value}", setting.key);
        }
    }
}
