//! The report of a review: one page that a security reviewer can file. It has days and no times, no counts of requests: the same
//! state gives the same bytes.

mod html;
mod json;
pub(super) mod sarif;
mod text;

use std::io;
use std::sync::Arc;

use jiff::civil::Date;
use serde_json::Value;

use super::{FailOn, Json, Page, Report};
use crate::audit::{Audit, AuditSeverity, NewFindings};
use crate::error::ExitCode;
use crate::kit::KitFingerprint;
use crate::text::Text;

/// A review with what it is of.
#[derive(Clone, Debug)]
pub struct AuditReport {
    /// The command that is running, for the fixes that run it again.
    pub running: Arc<str>,
    /// The instance's address.
    pub target: String,
    pub kit: KitFingerprint,
    pub today: Date,
    pub since: Date,
    /// Its findings are those that are shown.
    pub audit: Audit,
    /// What differs from `--baseline`, where one is given.
    pub compared: Option<NewFindings>,
    pub fail_on: FailOn,
    /// Whether this GitLab has fine-grained tokens; `None` where its version is not known.
    pub has_fine_grained: Option<bool>,
}

impl AuditReport {
    fn count(&self, severity: AuditSeverity) -> usize {
        self.audit.findings.iter().filter(|finding| finding.severity == severity).count()
    }

    /// Whether a finding is as bad as `--fail-on` says.
    fn is_failed(&self) -> bool {
        match self.fail_on {
            FailOn::Never => false,
            FailOn::Error => self.count(AuditSeverity::Error) > 0,
            FailOn::Warning => self.count(AuditSeverity::Error) + self.count(AuditSeverity::Warning) > 0,
        }
    }
}

impl Report for AuditReport {
    fn text(&self, text: &mut Text) {
        self.write_text(text);
    }

    /// Errors, warnings, and what could not be read.
    fn problems(&self, text: &mut Text) {
        self.write_problems(text);
    }

    fn json(&self, into: Json<'_>) -> io::Result<()> {
        into.sorted_document(&json::AuditDocument::new(self))
    }

    fn sarif(&self) -> Option<Value> {
        Some(sarif::document(self))
    }

    fn html(&self) -> Option<Page> {
        Some(self.page())
    }

    /// What could not be read outweighs nothing but a finding that fails; it is never taken for fine.
    fn exit_code(&self) -> ExitCode {
        let unread = &self.audit.unread;
        if self.is_failed() || unread.iter().any(|one| one.is_refused) {
            ExitCode::Problem
        } else if unread.is_empty() {
            ExitCode::Done
        } else {
            ExitCode::Unknown
        }
    }
}

#[cfg(test)]
mod tests;
