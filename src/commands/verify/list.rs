//! `verify --list`, `network check --list` and `explain`: the list of checks.

use std::io;

use serde::Serialize;

use crate::checks::{CheckFilter, CheckInfo, CheckPage, CheckSeverity};
use crate::error::ExitCode;
use crate::report::{Json, Report};
use crate::text::{Line, Text, Tone};

/// The checks that a filter selects.
pub(in crate::commands) struct List {
    pub(in crate::commands) filter: CheckFilter,
}

#[derive(Serialize)]
struct CheckList {
    schema: &'static str,
    checks: Vec<ListedCheck>,
}

#[derive(Serialize)]
struct ListedCheck {
    code: &'static str,
    title: &'static str,
    severity: &'static str,
    depends_on: &'static [&'static str],
    doc: String,
    about: &'static str,
    failure: &'static str,
    repair: &'static str,
    ignoring: &'static str,
}

impl ListedCheck {
    fn new(check: CheckInfo) -> Self {
        let CheckInfo { code, title, severity, depends_on } = check;
        let CheckPage { asked: about, failure, repair, ignoring } = check.page();
        Self { code, title, severity: severity.name(), depends_on, doc: check.doc(), about, failure, repair, ignoring }
    }
}

impl List {
    pub(in crate::commands) fn checks(&self) -> impl Iterator<Item = CheckInfo> {
        self.filter.infos()
    }
}

impl Report for List {
    fn text(&self, text: &mut Text) {
        let checks: Vec<_> = self.checks().collect();
        let width = checks.iter().map(|check| check.code.len()).max().unwrap_or(0);
        for check in checks {
            let tone = if check.severity == CheckSeverity::Error { Tone::Plain } else { Tone::Dim };
            let line = Line::new().with(Tone::Strong, format!("{:<width$}  ", check.code));
            text.line(line.with(tone, format!("{:<7}  ", check.severity.name())).plain(check.title));
        }
    }

    fn json(&self, into: Json<'_>) -> io::Result<()> {
        let checks = self.checks().map(ListedCheck::new).collect();
        into.sorted_document(&CheckList { schema: "factory-gitlab/checks/v1", checks })
    }

    fn exit_code(&self) -> ExitCode {
        ExitCode::Done
    }
}
