//! `status`: what is recorded on this machine about connections. Makes no requests.

use std::io;

use clap::Args;
use jiff::Timestamp;
use serde::Serialize;

use super::{Context, diagnostics, local_state};
use crate::cli::after_help::{after_help, own};
use crate::cloud::CloudWay;
use crate::error::ExitCode::{Done, Usage};
use crate::error::{ExitCode, Failure};
use crate::instance::InstanceUrl;
use crate::journal::{CloudRecord, OwnApplication, Record, Rotation, SecretAges, SecretState, Store};
use crate::report::{Json, Report};
use crate::settings::keys;
use crate::text::{Line, Text, Tone, counted, shell_word};

/// Show what is recorded here about connections; contact no server
#[derive(Args, Debug)]
#[command(after_long_help = after_help(
    &[own(Done, "shown, also when nothing is recorded"), own(Usage, "usage error, or the record cannot be read")],
    &["factory-gitlab status", "factory-gitlab status --gitlab-url https://gitlab.acme.com -o json"],
))]
pub struct StatusArgs {}

pub(super) async fn status(_: StatusArgs, context: &Context<'_>) -> Result<ExitCode, Failure> {
    let wanted = context.settings.get(&keys::GITLAB_URL)?.map(|found| found.value);
    let store = Store::new(context.env.state_dir.clone()).map_err(|error| diagnostics::journal(&error))?;
    let mut records = Vec::new();
    for connection in store.connections().map_err(|error| diagnostics::journal(&error))? {
        let record = connection.record().map_err(|error| diagnostics::journal(&error))?;
        let is_wanted = wanted.as_ref().is_none_or(|url| record.instance.as_deref() == Some(url.as_str()));
        if is_wanted {
            let (journal, now) = (connection.journal_path().display().to_string(), context.env.clock.now());
            records.push(RecordedConnection { record, journal, now });
        }
    }
    context.finish(&Status { records, wanted })
}

struct Status {
    records: Vec<RecordedConnection>,
    wanted: Option<InstanceUrl>,
}

/// What is recorded about one connection.
struct RecordedConnection {
    record: Record,
    /// The path of its journal.
    journal: String,
    now: Timestamp,
}

#[derive(Serialize)]
struct StatusDocument<'r> {
    schema: &'static str,
    connections: Vec<ConnectionJson<'r>>,
}

#[derive(Serialize)]
struct ConnectionJson<'r> {
    state: &'static str,
    journal: &'r str,
    hooks: usize,
    /// When each secret was changed last, as far as this machine recorded it.
    secrets_changed_at: SecretAges,
    record: &'r Record,
}

impl<'r> ConnectionJson<'r> {
    fn new(recorded: &'r RecordedConnection) -> Self {
        let RecordedConnection { record, journal, now: _ } = recorded;
        Self {
            state: state(record).0,
            journal,
            hooks: record.hooks.len(),
            secrets_changed_at: record.secret_ages(),
            record,
        }
    }
}

impl Report for Status {
    fn text(&self, text: &mut Text) {
        if self.records.is_empty() {
            let of = self.wanted.as_ref().map(|url| format!(" of {url}")).unwrap_or_default();
            text.line(format!("nothing is recorded on this machine{of}"));
            return;
        }
        for recorded in &self.records {
            describe(recorded, text);
        }
    }

    fn json(&self, into: Json<'_>) -> io::Result<()> {
        let connections = self.records.iter().map(ConnectionJson::new).collect();
        into.sorted_document(&StatusDocument { schema: "factory-gitlab/status/v1", connections })
    }

    fn exit_code(&self) -> ExitCode {
        ExitCode::Done
    }
}

/// The state of the connection, for machines and for people.
fn state(record: &Record) -> (&'static str, Line) {
    let accepted = record.bundle.as_ref().is_some_and(|bundle| bundle.accepted || bundle.written_to.is_some());
    let accepted = accepted || record.cloud.is_some();
    if let Some(at) = record.disconnected_at {
        return ("disconnected", Line::new().plain(format!("disconnected on {at:.0}")));
    }
    if let Some((at, _)) = record.ended_apart_from_application() {
        return ("disconnected", Line::new().plain(format!("disconnected on {at:.0}; the application is kept")));
    }
    if record.disconnecting_at.is_some() {
        let line = Line::new().with(Tone::Warn, "being disconnected, not finished; run disconnect again to continue");
        return ("disconnecting", line);
    }
    if let Some(rotating) = record.rotating {
        let again = rotating.what.command();
        let line = Line::new().with(Tone::Warn, format!("{again} was started, not finished; run it again to continue"));
        return ("rotating", line);
    }
    match (record.finished_at, accepted) {
        (Some(at), true) => ("finished", Line::new().with(Tone::Good, format!("finished on {at:.0}"))),
        (Some(at), false) => ("finished", Line::new().plain(format!("finished on {at:.0}; no bundle was delivered"))),
        (None, _) if record.is_empty() => ("empty", Line::new().plain("not started")),
        (None, _) => {
            let again = if record.cloud.is_some() { "connect --cloud" } else { "connect" };
            let text = match record.finished_before {
                Some(before) => format!("finished on {before:.0}; a later run was not: run {again} again to continue"),
                None => format!("started, not finished; run {again} again to continue"),
            };
            ("unfinished", Line::new().with(Tone::Warn, text))
        }
    }
}

fn describe(recorded: &RecordedConnection, text: &mut Text) {
    let RecordedConnection { record, journal, now } = recorded;
    let unknown = || "an instance without a recorded URL".to_owned();
    text.heading(record.instance.clone().unwrap_or_else(unknown));
    row(text, "state", state(record).1);
    if let Some(organization) = &record.organization {
        row(text, "organization", organization.as_str().into());
    }
    if let Some(pin) = &record.kit_pin {
        row(text, "kit", format!("{}, sealed for {}", pin.fingerprint, pin.recipients().join(", ")).into());
    }
    if let Some(cloud) = &record.cloud {
        describe_cloud(cloud, text);
        row(text, "recorded in", Line::new().dim(journal));
        return;
    }
    let kept = record.ended_apart_from_application().map(|(_, id)| id);
    let is_over = record.disconnected_at.is_some() && kept.is_none();
    if is_over && matches!(record.application, OwnApplication::None) && record.hooks.is_empty() {
        row(text, "recorded in", Line::new().dim(journal));
        return;
    }
    row(
        text,
        "application",
        match (kept, &record.application) {
            (Some(id), _) => kept_application(id),
            (None, OwnApplication::None) => "none created by this tool".into(),
            (None, OwnApplication::MayHaveMade) => {
                Line::new().with(Tone::Warn, "may have been created; the next run checks")
            }
            (None, OwnApplication::Made { application_id }) => application_id.as_str().into(),
        },
    );
    row(
        text,
        "its secret",
        match record.secret {
            SecretState::None => "not known on this machine".into(),
            SecretState::Lost if kept.is_some() => "Factory was told to forget it".into(),
            SecretState::Lost => Line::new().with(Tone::Warn, "lost before it was sealed; the next run renews it"),
            SecretState::Sealed => "sealed for Factory".into(),
        },
    );
    row(text, "bundle", bundle(record));
    if record.disconnected_at.is_none() {
        row(text, "renewed", ages(record, *now));
    }
    let strategy = record.strategy.map(|strategy| format!(" ({strategy})")).unwrap_or_default();
    row(text, "webhooks", format!("{} created or changed by this tool{strategy}", record.hooks.len()).into());
    let selection = local_state::recorded_selection(record).parts();
    if !selection.is_empty() {
        row(text, "selection", selection.join("; ").into());
    }
    if record.unread_lines > 0 {
        let count = record.unread_lines;
        row(text, "journal", Line::new().with(Tone::Warn, format!("{} could not be read", counted(count, "line"))));
    }
    row(text, "recorded in", Line::new().dim(journal));
}

fn describe_cloud(cloud: &CloudRecord, text: &mut Text) {
    let way = match cloud.way {
        CloudWay::Session => "through Factory",
        CloudWay::Code => "on this machine, with a redirect",
        CloudWay::Device => "on this machine, with a device code",
    };
    let authorized = match (&cloud.account, cloud.authorized_at) {
        (Some(account), Some(at)) if cloud.is_authorized() => format!("by {account} on {at:.0}, {way}").into(),
        _ => Line::new().with(Tone::Warn, format!("not yet, {way}")),
    };
    row(text, "authorized", authorized);
    if let Some(grant) = &cloud.grant {
        let line = match (grant.accepted, grant.on_disk) {
            (true, _) => "accepted by Factory".into(),
            (false, true) => Line::new().with(Tone::Warn, "sealed and not yet accepted; the next run sends it"),
            (false, false) => Line::new().with(Tone::Warn, "not accepted, and its file is gone"),
        };
        row(text, "grant", line);
    }
    let selection = cloud.selection.as_ref().map(|selection| selection.parts().join("; "));
    row(text, "selection", selection.map_or_else(|| Line::new().with(Tone::Warn, "none yet"), Line::from));
}

fn kept_application(id: &str) -> Line {
    let command = format!("factory-gitlab disconnect --application-id {}", shell_word(id));
    Line::new().plain(format!("{id}, kept on request; to remove it: ")).with(Tone::Action, command)
}

fn bundle(record: &Record) -> Line {
    if record.token_bundle.is_some() || record.application_bundle.is_some() {
        return Line::new().with(Tone::Warn, "sealed and not yet accepted; the next run sends it");
    }
    let Some(bundle) = &record.bundle else { return "none".into() };
    if let Some(at) = bundle.accepted_at.filter(|_| bundle.accepted) {
        return format!("accepted by Factory on {at:.0}").into();
    }
    match &bundle.written_to {
        Some(path) => format!("written to {path}; that Factory has it is not known here").into(),
        None if bundle.on_disk => Line::new().with(Tone::Warn, "sealed and not yet accepted; the next run sends it"),
        None => Line::new().with(Tone::Warn, "not accepted, and its file is gone"),
    }
}

/// How long ago each secret was changed, for `rotate --older-than`.
fn ages(record: &Record, now: Timestamp) -> Line {
    let age = |what: Rotation, name: &str| {
        let changed = record.changed_at(what)?;
        let days = now.duration_since(changed).as_hours() / 24;
        let ago =
            if days > 0 { format!("{} ago", counted(usize::try_from(days).ok()?, "day")) } else { "today".to_owned() };
        Some(format!("{name} {ago}"))
    };
    let known = [
        age(Rotation::ApplicationSecret, "application's secret"),
        age(Rotation::Token, "token of Factory"),
        age(Rotation::WebhookSecret, "webhooks' secret"),
    ];
    let known: Vec<String> = known.into_iter().flatten().collect();
    if known.is_empty() { "not recorded on this machine".into() } else { known.join(", ").into() }
}

fn row(text: &mut Text, name: &str, value: Line) {
    let mut line = Line::new().dim(format!("  {name:13}"));
    line.spans.extend(value.spans);
    text.line(line);
}
