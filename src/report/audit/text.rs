//! A review as text, for the user.

use super::AuditReport;
use crate::audit::{AuditFinding, AuditSeverity};
use crate::gitlab::{Boundary, Permission, Task};
use crate::text::{Line, Text, Tone, counted};

/// The indent of details below their finding.
const INDENT: &str = "      ";

pub(super) const ADMIN_MODE: &str =
    "Where Admin Mode is on, a classic token also needs admin_mode; the owner is an administrator.";

impl AuditReport {
    pub(super) fn write_text(&self, text: &mut Text) {
        let Self { target, kit, today, since, .. } = self;
        text.line(Line::new().plain(format!("review of {target}, kit {kit}, on {today}; audit events since {since}")));
        self.write_findings(text, &AuditSeverity::ALL);
        self.write_explain(text);
        self.write_unread(text);
        self.write_not_visible(text);
        self.write_smallest_tokens(text);
        self.write_result(text);
    }

    pub(super) fn write_problems(&self, text: &mut Text) {
        const PROBLEMS: [AuditSeverity; 2] = [AuditSeverity::Error, AuditSeverity::Warning];
        let has_findings = PROBLEMS.iter().any(|severity| self.count(*severity) > 0);
        if !has_findings && self.audit.unread.is_empty() {
            return;
        }
        self.write_findings(text, &PROBLEMS);
        self.write_unread(text);
        self.write_result(text);
    }

    fn write_findings(&self, text: &mut Text, shown: &[AuditSeverity]) {
        for severity in shown {
            let of_severity: Vec<&AuditFinding> =
                self.audit.findings.iter().filter(|finding| finding.severity == *severity).collect();
            if of_severity.is_empty() {
                continue;
            }
            text.heading(severity.name());
            for finding in of_severity {
                let line = Line::new().plain("  ").with(tone(*severity), finding.code);
                text.line(line.plain(format!("  {}", finding.subject)));
                text.line(format!("{INDENT}{}", finding.cause));
                text.line(format!("{INDENT}remedy: {}", finding.remedy.text));
                text.line(Line::new().plain(INDENT).with(Tone::Action, finding.remedy.url.clone()));
            }
        }
    }

    /// How to read about the codes above: one command for all of them, not an address below each.
    fn write_explain(&self, text: &mut Text) {
        if let Some(finding) = self.audit.findings.first() {
            text.gap();
            let command = format!("factory-gitlab explain {}", finding.code);
            text.line(Line::new().plain("what a finding means: ").with(Tone::Action, command));
        }
    }

    fn write_unread(&self, text: &mut Text) {
        if self.audit.unread.is_empty() {
            return;
        }
        text.heading("could not be read");
        for unread in &self.audit.unread {
            text.line(Line::new().plain("  ").with(Tone::Bad, unread.what.clone()));
            text.line(format!("{INDENT}{}", unread.why));
            if let Some(fix) = &unread.fix {
                text.line(format!("{INDENT}fix: {}", fix.text));
                for action in fix.actions(&self.running) {
                    text.line(Line::new().plain(INDENT).with(Tone::Action, action));
                }
            }
        }
    }

    fn write_not_visible(&self, text: &mut Text) {
        text.heading("not visible here, and the page that shows it");
        for one in &self.audit.not_visible {
            text.line(format!("  {}", one.what));
            text.line(Line::new().plain(INDENT).with(Tone::Action, one.page.clone()));
        }
    }

    fn write_smallest_tokens(&self, text: &mut Text) {
        text.heading("the smallest token for each command");
        for task in Task::ALL {
            text.line(format!("  {:<48}scope {}", task.command(), task.scope()));
            for line in self.fine_grained(task) {
                text.line(Line::new().dim(format!("{INDENT}{line}")));
            }
        }
        text.line(format!("  {ADMIN_MODE}"));
    }

    /// The permissions of a fine-grained token for a command, a line for each boundary, where the version may have such tokens.
    pub(super) fn fine_grained(&self, task: Task) -> Vec<String> {
        if self.has_fine_grained == Some(false) {
            return Vec::new();
        }
        let permissions = task.permissions();
        let of = |boundary: Boundary| by_resource(permissions.iter().filter(|one| one.boundary == boundary));
        let named = Boundary::ALL.into_iter().map(|boundary| (boundary, of(boundary)));
        named
            .filter(|(_, names)| !names.is_empty())
            .map(|(boundary, names)| format!("or fine-grained, {}: {names}", boundary.name()))
            .collect()
    }

    fn write_result(&self, text: &mut Text) {
        text.gap();
        let mut line = Line::new().plain("result: ").plain(self.counted_findings());
        if !self.audit.unread.is_empty() {
            line = line.with(Tone::Bad, self.counted_unread());
        }
        text.line(line);
    }

    pub(super) fn result(&self) -> String {
        let unread = if self.audit.unread.is_empty() { String::new() } else { self.counted_unread() };
        self.counted_findings() + &unread
    }

    fn counted_findings(&self) -> String {
        let counts = AuditSeverity::ALL.map(|severity| {
            let noun = if severity == AuditSeverity::Info { "note" } else { severity.name() };
            counted(self.count(severity), noun)
        });
        let compared = self
            .compared
            .as_ref()
            .map(|compared| format!(", new since the baseline; {} as before, {} gone", compared.known, compared.gone));
        counts.join(", ") + &compared.unwrap_or_default()
    }

    fn counted_unread(&self) -> String {
        format!("; {} could not be read", self.audit.unread.len())
    }
}

/// `OAuth Application: Create, Read; Webhook: Read`.
fn by_resource<'p>(permissions: impl Iterator<Item = &'p Permission>) -> String {
    let mut resources: Vec<(&str, Vec<&str>)> = Vec::new();
    for (resource, action) in permissions.filter_map(|one| one.label.split_once(": ")) {
        match resources.last_mut() {
            Some((name, actions)) if *name == resource => actions.push(action),
            _ => resources.push((resource, vec![action])),
        }
    }
    let written = resources.into_iter().map(|(name, actions)| format!("{name}: {}", actions.join(", ")));
    written.collect::<Vec<_>>().join("; ")
}

const fn tone(severity: AuditSeverity) -> Tone {
    match severity {
        AuditSeverity::Error => Tone::Bad,
        AuditSeverity::Warning => Tone::Warn,
        AuditSeverity::Info => Tone::Dim,
    }
}
