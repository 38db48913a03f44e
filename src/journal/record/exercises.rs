//! What exercises made in GitLab and did not remove.
#![deny(clippy::wildcard_enum_match_arm, clippy::match_wildcard_for_single_variants)]

use serde::Serialize;

use super::Record;
use crate::activity::is_exercise_mark;
use crate::journal::entry::ExerciseEntry;

#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct ExerciseRecord {
    pub mark: String,
    /// `None` where only the intent to create a project is known.
    pub project: Option<u64>,
    /// The project was there before: only what was made in it is removed.
    pub used: bool,
    /// `--keep`: it stays until it is swept.
    pub kept: bool,
    /// The webhook that was registered on the project.
    pub hook: Option<u64>,
}

impl Record {
    pub(super) fn add_exercise(&mut self, entry: ExerciseEntry) {
        match entry {
            ExerciseEntry::CreateProject { mark } => self.exercise(mark, |_| ()),
            ExerciseEntry::ProjectCreated { mark, project, path: _ } => {
                self.exercise(mark, |record| record.project = Some(project));
            }
            ExerciseEntry::UseProject { mark, project, path: _ } => {
                self.exercise(mark, |record| (record.project, record.used) = (Some(project), true));
            }
            ExerciseEntry::HookRegistered { mark, id } => self.exercise(mark, |record| record.hook = Some(id)),
            ExerciseEntry::Kept { mark } => self.exercise(mark, |record| record.kept = true),
            ExerciseEntry::Removed { mark } => self.exercises.retain(|record| record.mark != mark),
        }
    }

    fn exercise(&mut self, mark: String, change: impl FnOnce(&mut ExerciseRecord)) {
        // What bears another name is not ours, whatever a line says.
        if !is_exercise_mark(&mark) {
            return;
        }
        let known = self.exercises.iter().position(|record| record.mark == mark);
        let place = known.unwrap_or_else(|| {
            self.exercises.push(ExerciseRecord { mark, project: None, used: false, kept: false, hook: None });
            self.exercises.len() - 1
        });
        change(&mut self.exercises[place]);
    }
}
