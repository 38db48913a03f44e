//! A review as a page.

use super::AuditReport;
use super::text::ADMIN_MODE;
use crate::audit::{AuditFinding, AuditSeverity};
use crate::gitlab::Task;
use crate::report::Report as _;
use crate::report::html::{Html, Page, Status};

impl AuditReport {
    pub(super) fn page(&self) -> Page {
        let mut body = Html::new();
        for severity in AuditSeverity::ALL {
            let mut of_severity = self.audit.findings.iter().filter(|finding| finding.severity == severity).peekable();
            if of_severity.peek().is_some() {
                body.line("h2", "", severity.name());
                of_severity.for_each(|finding| write_finding(finding, &mut body));
            }
        }
        self.unread(&mut body);
        body.line("h2", "", "not visible here, and the page that shows it");
        body.element("ul", "", |list| {
            for one in &self.audit.not_visible {
                list.element("li", "", |item| item.link(&one.page, &one.what));
            }
        });
        body.line("h2", "", "the smallest token for each command");
        body.element("dl", "", |list| {
            for task in Task::ALL {
                list.line("dt", "", task.command());
                list.line("dd", "", &format!("scope {}", task.scope()));
                self.fine_grained(task).iter().for_each(|line| list.line("dd", "quiet", line));
            }
        });
        body.line("p", "", ADMIN_MODE);
        Page {
            title: format!("Review of {}", self.target),
            status: self.status(),
            result: self.result(),
            facts: vec![
                ("target", self.target.clone()),
                ("kit", self.kit.to_string()),
                ("date", self.today.to_string()),
                ("audit events since", self.since.to_string()),
            ],
            body,
        }
    }

    /// Findings do not decide the exit code unless `--fail-on` says so; the page shows the worst of them all the same.
    fn status(&self) -> Status {
        let worst = self.audit.findings.iter().map(|finding| finding.severity).min();
        match worst {
            Some(AuditSeverity::Error) => Status::Bad,
            _ if !self.audit.unread.is_empty() => Status::of(self.exit_code()),
            Some(AuditSeverity::Warning) => Status::Warn,
            Some(AuditSeverity::Info) | None => Status::Good,
        }
    }

    fn unread(&self, body: &mut Html) {
        if self.audit.unread.is_empty() {
            return;
        }
        body.line("h2", "", "could not be read");
        for unread in &self.audit.unread {
            let summary = |line: &mut Html| {
                line.badge(Status::Unknown, "unknown");
                line.text(&unread.what);
            };
            body.details(Status::Unknown, summary, |inside| {
                inside.line("p", "", &unread.why);
                let actions = unread
                    .fix
                    .iter()
                    .flat_map(|fix| std::iter::once(fix.text.clone()).chain(fix.actions(&self.running)));
                actions.for_each(|action| inside.line("p", "", &action));
            });
        }
    }
}

fn write_finding(finding: &AuditFinding, body: &mut Html) {
    let status = match finding.severity {
        AuditSeverity::Error => Status::Bad,
        AuditSeverity::Warning => Status::Warn,
        AuditSeverity::Info => Status::Quiet,
    };
    let summary = |line: &mut Html| {
        line.badge(status, finding.severity.name());
        line.line("code", "", finding.code);
        line.text(&finding.subject);
    };
    body.details(status, summary, |inside| {
        inside.line("p", "", &finding.cause);
        inside.line("p", "strong", &format!("Remedy: {}", finding.remedy.text));
        inside.element("p", "", |line| line.link(&finding.remedy.url, &finding.remedy.url));
        inside.element("p", "", |line| line.link(&finding.doc, &format!("what {} means", finding.code)));
    });
}
