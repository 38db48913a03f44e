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
    let is_given = |setting: &&'static Definition| settings.is_set(setting) || (has_kit && is_of_kit(setting));
    for setting in settings::all().filter(|setting| !is_given(setting)) {
        let Some(Value::Array(values)) = kept.get(setting.key) else { continue };
        settings.answer(setting, values.iter().filter_map(|value| value.as_str().map(str::to_owned)).collect());
        restored.push(setting);
    }
    if !restored.is_empty() {
        let names = names(&restored);
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

fn with_kept(mut failure: Failure, kept: &[&'static Definition]) -> Failure {
    if kept.is_empty() {
        return failure;
    }
    if failure.kind == FailureKind::Interrupted {
        failure.fixes.clear();
    }
    let names = names(kept);
    let text = format!("run the same command again to go on; kept are {names}. Secrets are asked for again");
    failure.fix(Fix::say(text))
}

fn names(settings: &[&'static Definition]) -> String {
    let name = |setting: &&'static Definition| if setting.name.is_empty() { setting.flag } else { setting.name };
    settings.iter().map(name).collect::<Vec<_>>().join(", ")
}

/// Whether an answer holds no secret, and can be put right in the next run. The query of an address may be a secret; which
/// application it is, is asked before the summary where it could be changed.
fn may_be_kept(setting: &Definition, value: &str) -> bool {
    if [keys::APPLICATION.definition.key, keys::APPLICATION_ID.definition.key].contains(&setting.key) {
        return false;
    }
    match setting.kind {
        ValueKind::Url | ValueKind::Path | ValueKind::Paths => is_repeatable(value),
        ValueKind::Text | ValueKind::List | ValueKind::Number | ValueKind::Switch => !has_secret(value),
        ValueKind::Secret => false,
    }
}

/// The answers that were kept.
fn keep(context: &Context<'_>) -> Vec<&'static Definition> {
    let answers = context.settings.answers().into_iter();
    let answers: Vec<_> =
        answers.filter(|(setting, values)| values.iter().all(|value| may_be_kept(setting, value))).collect();
    if answers.is_empty() {
        return Vec::new();
    }
    let list = |values: Vec<String>| Value::Array(values.into_iter().map(Value::String).collect());
    let kept: Vec<&'static Definition> = answers.iter().map(|(setting, _)| *setting).collect();
    let table: Table = answers.into_iter().map(|(setting, values)| (setting.key.to_owned(), list(values))).collect();
    let written = path(context).is_some_and(|path| {
        let folder = path.parent().map_or(Ok(()), files::create_private_folder);
        let text = table.to_string();
        let written = folder
            .and_then(|()| files::write_atomically(&path, Readers::Owner, |file| file.write_all(text.as_bytes())));
        written.inspect_err(|error| tracing::warn!(%error, "the answers could not be kept")).is_ok()
    });
    if written { kept } else { Vec::new() }
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
            (&keys::GROUP.definition, "platform", true),
            (&keys::GROUP.definition, "glpat-aaaaaaaaaaaaaaaaaaaa", false),
            (&keys::TOKEN.definition, "/home/ada/token", false),
        ] {
            assert_eq!(may_be_kept(setting, value), wanted, "{}: {value}", setting.key);
        }
    }
}
