//! Where events go: standard output, the command of the user, the metrics; and the summary at the end.

use super::super::output as files_output;
use super::look::Watch;
use crate::error::{ExitCode, Failure};
use crate::files::{self, Readers};
use crate::report::series::metrics::Metrics;
use crate::report::series::{EventJson, ResultJson, SeriesReport, standing_line, write_event};
use crate::report::{Format, Report as _};
use crate::secret::{redact, redact_json};
use crate::series::{Event, EventKind};
use crate::settings;
use crate::terminal::Verbosity;
use crate::text::{Line, Text, escape_harmful_in_json};

impl Watch<'_> {
    /// Adds webhooks where that is asked for, and tells what there is to tell.
    ///
    /// # Errors
    /// When standard output cannot be written; with `--once` also where the metrics cannot.
    pub(super) async fn finish_look(&mut self) -> Result<(), Failure> {
        if self.args.fix {
            Box::pin(self.add_webhooks()).await?;
        }
        self.add();
        let events = std::mem::take(&mut self.events);
        self.is_told = !events.is_empty();
        for event in &events {
            self.print(event)?;
        }
        for event in &events {
            // A command that hangs does not keep Ctrl-C waiting: it is stopped.
            let interrupt = self.context().interrupt;
            if interrupt.or(self.notify(event)).await.is_err() {
                break;
            }
        }
        match self.write_metrics() {
            Err(failure) if self.args.once => Err(failure),
            written => {
                self.warn_of_metrics(written);
                Ok(())
            }
        }
    }

    /// A disk that is full for an hour does not end the watching of days; it is said once.
    fn warn_of_metrics(&mut self, written: Result<(), Failure>) {
        let failed = written.err();
        if let Some(failure) = failed.as_ref().filter(|_| !self.lacks_metrics) {
            self.context().terminal.fail(failure);
        }
        self.lacks_metrics = failed.is_some();
    }

    /// Events are data where they were asked for as data, unless that goes to a file.
    fn prints_json(&self) -> bool {
        self.context().outputs.shown == Format::Json
    }

    /// Whether standard output is the page of the result alone.
    fn prints_page(&self) -> bool {
        self.context().outputs.shown == Format::Html
    }

    fn print(&self, event: &Event) -> Result<(), Failure> {
        let terminal = self.context().terminal;
        if self.prints_json() {
            let document = EventJson::new(event, &terminal.running());
            return terminal.print_json(|out| {
                serde_json::to_writer(&mut *out, &document)?;
                out.write_all(b"\n")
            });
        }
        if terminal.verbosity() == Verbosity::Quiet && !event.kind.concerns_problem() {
            return Ok(());
        }
        let mut text = Text::new();
        write_event(event, &terminal.running(), &mut text);
        if self.prints_page() {
            terminal.show(&text);
            return Ok(());
        }
        terminal.print_styled(&text)
    }

    /// Runs the command of `--notify-command`. Its failure is told, and does not end the monitor.
    async fn notify(&mut self, event: &Event) {
        let Some(line) = &self.args.notify_command else { return };
        if event.kind == EventKind::Baseline {
            return;
        }
        let terminal = self.context().terminal;
        let document = EventJson::new(event, &terminal.running());
        let Ok(json) = serde_json::to_string(&document) else { return };
        let input = format!("{}\n", escape_harmful_in_json(&redact_json(&json))).into_bytes();
        let ran = terminal.run_shell(line, input, &self.withheld()).await;
        if let Err(error) = ran {
            self.series.counts.notifications_failed += 1;
            terminal.warn(&format!("the command of --notify-command failed: {error}"));
        }
    }

    /// The variables that may hold a secret: those of settings, and every one with a secret of this process in it.
    fn withheld(&self) -> Vec<String> {
        let named = settings::variables();
        let is_withheld = |name: &str, value: &str| {
            named.contains(&name) || name.starts_with("FACTORY_") || name == "GITLAB_TOKEN" || redact(value) != value
        };
        let variables = self.context().env.variables();
        let withheld = variables.filter(|(name, value)| is_withheld(name, &value.to_string_lossy()));
        withheld.map(|(name, _)| name.to_owned()).collect()
    }

    fn write_metrics(&self) -> Result<(), Failure> {
        let Some(path) = &self.args.metrics_file else { return Ok(()) };
        let desired = &self.session.desired;
        let metrics = Metrics {
            gitlab: desired.instance.as_str().split_once("://").map_or("", |(_, place)| place.trim_end_matches('/')),
            organization: &desired.organization.id,
            series: &self.series,
            coverage: self.coverage,
            duration: self.took,
            token_ends: self.token_ends.given,
            factory_token_ends: self.token_ends.factory,
        };
        let text = metrics.render();
        files::write_atomically(path, Readers::OtherPrograms, |file| file.write_all(text.as_bytes()))
            .map_err(|error| files_output::cannot_write(path, &error))
    }

    fn summary(&mut self) -> SeriesReport {
        SeriesReport {
            running: self.context().terminal.running(),
            target: self.session.desired.instance.to_string(),
            series: self.series.clone(),
            coverage: self.coverage,
            findings: self.findings.take(),
            ended_at: self.context().env.clock.now(),
        }
    }

    /// The go-live report.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(super) fn report(mut self) -> Result<ExitCode, Failure> {
        let report = self.summary();
        if self.prints_json() {
            return self.print_result(&report);
        }
        if !self.prints_page() {
            let mut gap = Text::new();
            gap.line(Line::new());
            self.context().terminal.print_styled(&gap)?;
        }
        self.context().finish(&report)
    }

    /// After one look only changes are printed; asked for as data, or for a file, the result too.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(super) fn report_once(mut self) -> Result<ExitCode, Failure> {
        let report = self.summary();
        if self.prints_json() {
            return self.print_result(&report);
        }
        if self.prints_page() || !self.context().outputs.files.is_empty() {
            return self.context().finish(&report);
        }
        let is_quiet = self.context().terminal.verbosity() == Verbosity::Quiet;
        if let Some(line) =
            standing_line(&report.series, self.is_told).filter(|_| !is_quiet || report.exit_code() != ExitCode::Done)
        {
            let mut text = Text::new();
            text.line(line);
            self.context().terminal.print_styled(&text)?;
        }
        Ok(report.exit_code())
    }

    fn print_result(&self, report: &SeriesReport) -> Result<ExitCode, Failure> {
        files_output::write_files(self.context(), report)?;
        let document = ResultJson::new(report);
        self.context().terminal.print_json(|out| {
            serde_json::to_writer(&mut *out, &document)?;
            out.write_all(b"\n")
        })?;
        Ok(report.exit_code())
    }
}
