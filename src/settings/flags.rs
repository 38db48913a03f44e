//! Settings as flags of a command line that is printed for copying.

use super::{CliValues, Definition, Settings, Source, ValueKind, all, keys};
use crate::text::shell_word;

/// What stands for the kit in a printed command where it came by standard input.
const SAVED_KIT: &str = "kit.json";

impl CliValues {
    /// Those of the settings that were given, as they were given.
    pub(crate) fn flags(&self, settings: impl IntoIterator<Item = &'static Definition>) -> Vec<String> {
        let given = settings.into_iter().filter_map(|setting| Some((setting, self.values.get(setting.key)?)));
        given.flat_map(|(setting, values)| words(setting, values)).collect()
    }
}

/// A setting on the command line; a list once for each value.
fn words(setting: &Definition, values: &[String]) -> Vec<String> {
    match setting.kind {
        ValueKind::Switch => vec![setting.flag.to_owned()],
        _ => values.iter().map(|value| format!("{} {}", setting.flag, shell_word(value))).collect(),
    }
}

impl Settings {
    /// The flags of this run without which `connect` would choose something else: recorded settings whose value the record does
    /// not have. What `connect` asks for where it is missing is not among them.
    #[must_use]
    pub fn unrecorded_flags(&self) -> Vec<String> {
        let wanted =
            all().filter(|setting| setting.recorded && !setting.is_required(self) && self.is_unrecorded(setting));
        wanted.flat_map(|setting| self.flags_of(setting)).collect()
    }

    fn flags_of(&self, setting: &'static Definition) -> Vec<String> {
        match self.as_given(setting) {
            Some(found) if matches!(found.source, Source::Flag(_)) => words(setting, &found.value),
            Some(_) | None => Vec::new(),
        }
    }

    /// The options with which another command is about the same connection: the answers file, the kit and the URL where that
    /// lacks them, and the files that were given to reach both sides.
    #[must_use]
    pub fn connection_flags(&self) -> Vec<String> {
        let config = self.answers.as_ref().map(|answers| {
            let path = answers.path().to_string_lossy();
            format!("--config {}", shell_word(&path))
        });
        config.into_iter().chain(keys::of_connection().flat_map(|setting| self.flags_to_repeat(setting))).collect()
    }

    /// A setting as a flag, where it was given for this run alone.
    #[must_use]
    pub fn flags_to_repeat(&self, setting: &'static Definition) -> Vec<String> {
        let Some(found) = self.as_given(setting) else { return Vec::new() };
        let is_repeated = match found.source {
            Source::Flag(_) | Source::Prompt => true,
            // A command that is copied to another shell has none of this one's variables.
            Source::Environment(_) | Source::Record => keys::is_needed_everywhere(setting),
            _ => false,
        };
        let saved = |value: String| if value == "-" { SAVED_KIT.to_owned() } else { value };
        let values: Vec<String> = found.value.into_iter().map(saved).collect();
        if is_repeated { words(setting, &values) } else { Vec::new() }
    }

    /// Whether this setting, or one that is recorded together with it, has another value than in the record.
    fn is_unrecorded(&self, setting: &'static Definition) -> bool {
        let recorded_with = |setting| keys::recorded_together(setting).iter().map(|one| one.key);
        let is_together = |other: &&'static Definition| {
            other.key == setting.key || (other.recorded && recorded_with(other).eq(recorded_with(setting)))
        };
        let differs =
            |other: &'static Definition| self.raw_list(other) != self.recorded.list(other).unwrap_or_default().to_vec();
        if recorded_with(setting).next().is_none() { differs(setting) } else { all().filter(is_together).any(differs) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::env::Env;
    use crate::settings::{Answers, CliValues, RecordedChoices};

    fn settings(given: &[(&'static Definition, &str)], recorded: &[(&'static Definition, &str)]) -> Settings {
        let mut flags = CliValues::default();
        for (setting, value) in given {
            flags.add(setting, vec![(*value).to_owned()]);
        }
        let mut settings = Settings::new(flags, &Env::empty(), None);
        settings.remember(
            recorded.iter().fold(RecordedChoices::default(), |all, (setting, value)| all.with(setting, [value])),
        );
        settings
    }

    #[test]
    fn flags_that_the_record_does_not_have_are_repeated_as_a_shell_takes_them() {
        let group = [(&*keys::GROUP, "platform")];
        assert_eq!(settings(&group, &[]).unrecorded_flags(), ["--group platform"]);
        assert_eq!(settings(&group, &group).unrecorded_flags(), [""; 0]);
        let given = [(&*keys::PROJECT, "tools/ci"), (&*keys::EXCLUDE, "platform/**")];
        assert_eq!(settings(&given, &group).unrecorded_flags(), ["--project tools/ci", "--exclude 'platform/**'"]);
    }

    #[test]
    fn a_recorded_exclusion_that_is_not_in_force_repeats_the_group() {
        let recorded = [(&*keys::GROUP, "platform"), (&*keys::EXCLUDE, "platform/old")];
        assert_eq!(settings(&recorded[..1], &recorded).unrecorded_flags(), ["--group platform"]);
    }

    #[test]
    fn what_connect_asks_for_is_not_repeated() {
        let given = [(&*keys::KIT, "kit.json"), (&*keys::GITLAB_URL, "https://gitlab.acme.com")];
        assert_eq!(settings(&given, &[]).unrecorded_flags(), [""; 0]);
    }

    #[test]
    fn another_command_about_the_connection_gets_what_was_given_for_this_run_alone() {
        let given = [(&*keys::KIT, "-"), (&*keys::CA_CERT, "our ca.pem"), (&*keys::TIMEOUT, "5")];
        let recorded = [(&*keys::GITLAB_URL, "https://gitlab.acme.com")];
        let wanted = ["--kit kit.json", "--gitlab-url https://gitlab.acme.com", "--ca-cert 'our ca.pem'"];
        assert_eq!(settings(&given, &recorded).connection_flags(), wanted);
        let answers = Answers::parse("kit = 'k.json'\ngitlab_url = 'https://a.example'", "my acme.toml".into());
        let settings = Settings::new(CliValues::default(), &Env::empty(), answers.ok());
        assert_eq!(settings.connection_flags(), ["--config 'my acme.toml'"], "the file names the rest");
    }
}
