//! `status`: what is recorded here about connections. Asks nobody.

use std::io;

use serde_json::json;

use super::{Context, diagnostics};
use crate::error::{ExitCode, Failure};
use crate::instance::InstanceUrl;
use crate::journal::{OwnApplication, Record, SecretState, Store};
use crate::report::{Json, Report};
use crate::settings::keys;
use crate::text::{Line, Text, Tone};

pub(super) fn run(context: &Context<'_>) -> Result<ExitCode, Failure> {
    let wanted = context.settings.parsed::<InstanceUrl>(&keys::GITLAB_URL)?.map(|found| found.value);
    let store = Store::new(context.env.state_dir.clone()).map_err(|error| diagnostics::journal(&error))?;
    let mut records = Vec::new();
    for connection in store.connections().map_err(|error| diagnostics::journal(&error))? {
        let record = connection.record().map_err(|error| diagnostics::journal(&error))?;
        let is_wanted = wanted.as_ref().is_none_or(|url| record.instance.as_deref() == Some(url.as_str()));
        if is_wanted {
            records.push((record, connection.journal_path().display().to_string()));
        }
    }
    context.finish(&Status { records, wanted })
}

struct Status {
    /// Each record with the path of its journal.
    records: Vec<(Record, String)>,
    wanted: Option<InstanceUrl>,
}

impl Report for Status {
    fn text(&self, page: &mut Text) {
        if self.records.is_empty() {
            let of = self.wanted.as_ref().map(|url| format!(" of {url}")).unwrap_or_default();
            page.line(format!("nothing is recorded here{of}"));
            return;
        }
        for (record, path) in &self.records {
            describe(record, path, page);
        }
    }

    fn json(&self, into: Json<'_>) -> io::Result<()> {
        let connection = |(record, path): &(Record, String)| json!({ "state": state(record).0, "journal": path, "hooks": record.hooks.len(), "record": record });
        into.document(&json!({
            "schema": "factory-gitlab/status/v1",
            "connections": self.records.iter().map(connection).collect::<Vec<_>>(),
        }))
    }

    fn exit_code(&self) -> ExitCode {
        ExitCode::Done
    }
}

/// What the record says of the whole, for machines and for people.
fn state(record: &Record) -> (&'static str, Line) {
    let accepted = record.bundle.as_ref().is_some_and(|bundle| bundle.accepted || bundle.written_to.is_some());
    match (record.finished_at, accepted) {
        (Some(at), true) => ("finished", Line::new().with(Tone::Good, format!("finished on {at}"))),
        (Some(at), false) => ("finished", Line::new().plain(format!("finished on {at}, without a bundle handed over"))),
        (None, _) if record.is_empty() => ("empty", Line::new().plain("nothing was begun")),
        (None, _) => ("unfinished", Line::new().with(Tone::Warn, "begun and not finished; run connect again to go on")),
    }
}

fn describe(record: &Record, path: &str, page: &mut Text) {
    let unknown = || "an instance that the record does not name".to_owned();
    page.heading(record.instance.clone().unwrap_or_else(unknown));
    row(page, "state", state(record).1);
    if let Some(organization) = &record.organization {
        row(page, "organization", organization.as_str().into());
    }
    row(
        page,
        "application",
        match &record.application {
            OwnApplication::None => "none of ours".into(),
            OwnApplication::MayHaveMade => Line::new().with(Tone::Warn, "may have been made; the next run looks"),
            OwnApplication::Made { application_id } => application_id.as_str().into(),
        },
    );
    row(
        page,
        "its secret",
        match record.secret {
            SecretState::None => "never seen here".into(),
            SecretState::Lost => Line::new().with(Tone::Warn, "lost before it was sealed; the next run renews it"),
            SecretState::Sealed => "sealed for Factory".into(),
        },
    );
    row(page, "bundle", bundle(record));
    let strategy = record.strategy.map(|strategy| format!(" ({strategy})")).unwrap_or_default();
    row(page, "webhooks", format!("{} set from here{strategy}", record.hooks.len()).into());
    if record.unread_lines > 0 {
        let count = record.unread_lines;
        row(page, "journal", Line::new().with(Tone::Warn, format!("{count} lines could not be read")));
    }
    row(page, "recorded in", Line::new().dim(path));
}

fn bundle(record: &Record) -> Line {
    let Some(bundle) = &record.bundle else { return "none".into() };
    if let Some(at) = bundle.accepted_at.filter(|_| bundle.accepted) {
        return format!("accepted by Factory on {at}").into();
    }
    match &bundle.written_to {
        Some(path) => format!("written to {path}").into(),
        None if bundle.on_disk => Line::new().with(Tone::Warn, "sealed and not yet accepted; the next run sends it"),
        None => Line::new().with(Tone::Warn, "not accepted, and its file is gone"),
    }
}

fn row(page: &mut Text, name: &str, value: Line) {
    let mut line = Line::new().dim(format!("  {name:13}"));
    line.spans.extend(value.spans);
    page.line(line);
}
