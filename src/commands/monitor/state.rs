//! What `--once` keeps for the next time.

use serde::{Deserialize, Serialize};

use super::super::diagnostics;
use super::look::Watch;
use crate::error::Failure;
use crate::observed::{Memory, MemoryFile};
use crate::report::series::Coverage;
use crate::series::Series;

/// The schema of the file. A file of another one is left aside: this look is the first then.
const SCHEMA: &str = "factory-gitlab/monitor-state/v1";

#[derive(Debug, Deserialize, Serialize)]
struct StateFile {
    schema: String,
    instance: String,
    organization: String,
    /// The kit's fingerprint and where webhooks deliver to: with another one, whose a webhook is has to be read again.
    kit: String,
    /// What was selected: another selection has other targets.
    #[serde(default)]
    selection: Option<String>,
    fix_failed: Option<String>,
    #[serde(default)]
    coverage: Option<Coverage>,
    series: Series,
    memory: MemoryFile,
}

impl Watch<'_> {
    /// Takes over what the last look of this connection left. What cannot be read, or is of another connection, is left aside.
    pub(super) fn recall(&mut self) {
        let connection = self.session.connection();
        let bytes = match connection.last_look() {
            Ok(None) => return,
            Ok(Some(bytes)) => bytes,
            Err(error) => return self.leave_aside(&why(&error)),
        };
        match serde_json::from_slice::<StateFile>(&bytes) {
            Ok(file) if file.schema != SCHEMA => self.leave_aside("it is of another version of this program"),
            Ok(file) if !self.is_of_this_connection(&file) => self.leave_aside("it is of another connection"),
            Ok(file) if file.selection.as_ref().is_some_and(|one| *one != self.selection()) => {
                self.leave_aside("it is of another selection (--group, --project, --exclude, --personal)");
            }
            Ok(file) => self.take_over(file),
            Err(_) => self.leave_aside("it is not whole"),
        }
    }

    fn is_of_this_connection(&self, file: &StateFile) -> bool {
        let desired = &self.session.desired;
        file.instance == desired.instance.as_str() && file.organization == desired.organization.id
    }

    fn take_over(&mut self, file: StateFile) {
        let StateFile { kit, fix_failed, coverage, series, memory, .. } = file;
        self.series = series;
        self.series.retain_known();
        self.fix_failed = fix_failed;
        self.coverage = coverage;
        if kit == self.kit() {
            self.memory.replace(Memory::from(memory));
        }
    }

    fn kit(&self) -> String {
        self.session.desired.kit.fingerprint().to_string()
    }

    fn selection(&self) -> String {
        self.session.desired.webhooks.selection.parts().join("; ")
    }

    fn leave_aside(&self, why: &str) {
        let path = self.session.connection().last_look_path();
        let text = format!("the last look in {} is left aside, and this one is the first: {why}", path.display());
        self.context().terminal.warn(&text);
    }

    /// Keeps this look for the next one.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub(super) fn keep(&self) -> Result<(), Failure> {
        let desired = &self.session.desired;
        let file = StateFile {
            schema: SCHEMA.to_owned(),
            instance: desired.instance.as_str().to_owned(),
            organization: desired.organization.id.clone(),
            kit: self.kit(),
            selection: Some(self.selection()),
            fix_failed: self.fix_failed.clone(),
            coverage: self.coverage,
            series: self.series.clone(),
            memory: MemoryFile::from(&*self.memory.borrow()),
        };
        let kept = self.session.connection().keep_look(|into| {
            serde_json::to_writer(&mut *into, &file)?;
            into.write_all(b"\n")
        });
        kept.map_err(|error| diagnostics::journal(&error))
    }
}

/// The last cause: what the system says.
fn why(error: &dyn std::error::Error) -> String {
    error.source().map_or_else(|| error.to_string(), ToString::to_string)
}
