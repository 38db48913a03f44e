//! `verify --list`, `network check --list` and `explain`: the list of checks, and of the findings of `audit`.

use std::io;

use serde::Serialize;

use crate::checks::{CheckFilter, CheckInfo, CheckSeverity};
use crate::error::ExitCode;
use crate::report::{Json, Report};
use crate::text::{Line, Text, Tone};

/// What a filter selects.
pub(in crate::commands) struct List {
    pub(in crate::commands) filter: CheckFilter,
}

#[derive(Serialize)]
struct CheckList {
    schema: &'static str,
    checks: Vec<ListedCheck>,
    /// Only where findings can be asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    findings: Vec<Listed>,
}

#[derive(Serialize)]
struct ListedCheck {
    #[serde(flatten)]
    listed: Listed,
    depends_on: &'static [&'static str],
}

#[derive(Serialize)]
struct Listed {
    code: &'static str,
    title: &'static str,
    severity: &'static str,
    doc: String,
    about: &'static str,
    failure: &'static str,
    repair: &'static str,
    ignoring: &'static str,
}

impl Listed {
    fn new(info: CheckInfo) -> Self {
        let CheckInfo { code, title, severity, depends_on: _ } = info;
        let [(_, about), (_, failure), (_, repair), (_, ignoring)] = info.page().parts;
        Self { code, title, severity: severity.name(), doc: info.doc(), about, failure, repair, ignoring }
    }
}

impl ListedCheck {
    fn new(check: CheckInfo) -> Self {
        Self { listed: Listed::new(check), depends_on: check.depends_on }
    }
}

impl Report for List {
    fn text(&self, text: &mut Text) {
        let (checks, findings): (Vec<_>, Vec<_>) = (self.filter.checks().collect(), self.filter.findings().collect());
        let width = checks.iter().chain(&findings).map(|one| one.code.len()).max().unwrap_or(0);
        let mut write = |heading: &str, rows: &[CheckInfo]| {
            if !findings.is_empty() {
                text.heading(heading);
            }
            for row in rows {
                text.line(line(row, width));
            }
        };
        write("checks (verify, network check)", &checks);
        if !findings.is_empty() {
            write("findings (audit)", &findings);
        }
    }

    fn json(&self, into: Json<'_>) -> io::Result<()> {
        let checks = self.filter.checks().map(ListedCheck::new).collect();
        let findings = self.filter.findings().map(Listed::new).collect();
        into.sorted_document(&CheckList { schema: "factory-gitlab/checks/v1", checks, findings })
    }

    fn exit_code(&self) -> ExitCode {
        ExitCode::Done
    }
}

fn line(info: &CheckInfo, width: usize) -> Line {
    let tone = if info.severity == CheckSeverity::Error { Tone::Plain } else { Tone::Dim };
    let line = Line::new().with(Tone::Strong, format!("{:<width$}  ", info.code));
    line.with(tone, format!("{:<7}  ", info.severity.name())).plain(info.title)
}
