//! Settings as flags of a command line that is printed for copying.

use super::{Definition, Settings, Source, ValueKind, all, keys};
use crate::text::shell_word;

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
        let Some(found) = self.as_given(setting) else { return Vec::new() };
        match (&found.source, setting.kind) {
            (Source::Flag(flag), ValueKind::Switch) => vec![(*flag).to_owned()],
            (Source::Flag(flag), _) => {
                found.value.iter().map(|value| format!("{flag} {}", shell_word(value))).collect()
            }
            _ => Vec::new(),
        }
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
    use crate::settings::{CliValues, RecordedChoices};

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
}
