//! `verify --list`: the checks themselves.

use std::io;

use serde_json::json;

use crate::checks::{Filter, Severity, all};
use crate::error::ExitCode;
use crate::report::{Json, Report};
use crate::text::{Line, Text, Tone};

/// The checks that a filter leaves.
pub(super) struct List {
    pub(super) filter: Filter,
}

impl Report for List {
    fn text(&self, page: &mut Text) {
        let checks: Vec<_> = all().filter(|check| self.filter.wants(check.code)).collect();
        let width = checks.iter().map(|check| check.code.len()).max().unwrap_or(0);
        for check in checks {
            let tone = if check.severity == Severity::Error { Tone::Plain } else { Tone::Dim };
            let line = Line::new().with(Tone::Strong, format!("{:<width$}", check.code));
            page.line(line.with(tone, format!("  {:<7}  ", check.severity.name())).plain(check.title));
        }
    }

    fn json(&self, into: Json<'_>) -> io::Result<()> {
        let checks = all().filter(|check| self.filter.wants(check.code)).map(|check| {
            json!({
                "code": check.code, "title": check.title, "severity": check.severity.name(),
                "depends_on": check.depends_on, "doc": check.doc(), "about": check.about,
            })
        });
        into.document(&json!({ "schema": "factory-gitlab/checks/v1", "checks": checks.collect::<Vec<_>>() }))
    }

    fn exit_code(&self) -> ExitCode {
        ExitCode::Done
    }
}
