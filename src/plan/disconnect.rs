//! The plan of `disconnect`.

use super::parts::{ended_application, ended_hooks, ended_tokens, kit};
use super::{Blocker, FactoryStep, LocalStep, Plan, Step};
use crate::desired::Desired;
use crate::error::Fix;
use crate::factory::FactoryState;
use crate::journal::Record;
use crate::observed::{Observation, Observed};

/// What is to be removed, and what decides it beside what was observed.
#[derive(Clone, Debug)]
pub struct Disconnection {
    pub scope: EndScope,
    /// The application that the administrator named (`--application-id`).
    pub application_id: Option<String>,
    pub factory: TellFactory,
    pub keyring: KeyringEntry,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum EndScope {
    Everything,
    /// `--keep-application`.
    KeepApplication,
    /// `--hooks-only`: the connection itself stays.
    HooksOnly,
}

/// Whether Factory is told before anything is removed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum TellFactory {
    First,
    /// `--without-factory`.
    No,
}

/// Whether this system's keyring has a secret for the instance.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum KeyringEntry {
    Present,
    Absent,
    /// It is there and could not be read.
    Unknown,
}

/// What the parts of a disconnection are made from.
#[derive(Clone, Copy)]
pub(in crate::plan) struct Ending<'a> {
    pub wanted: &'a Disconnection,
    pub desired: &'a Desired,
    pub observed: &'a Observed,
    pub record: &'a Record,
}

/// Factory is told first; then webhooks, so that nothing is sent any more, the application, tokens made for Factory, and what
/// this machine keeps. Only what this tool made is removed.
#[must_use]
pub fn disconnect(wanted: &Disconnection, desired: &Desired, observed: &Observed, record: &Record) -> Plan {
    let ending = Ending { wanted, desired, observed, record };
    let mut plan = Plan::default();
    ended_hooks::plan(&ending, &mut plan);
    if wanted.scope != EndScope::HooksOnly {
        ended_application::plan(&ending, &mut plan);
        ended_tokens::plan(&ending, &mut plan);
        tell_factory(&ending, &mut plan);
        local(&ending, &mut plan);
    }
    let forgets = plan.steps.iter().any(|step| matches!(step, Step::Local(LocalStep::DeleteRecords { .. })));
    if forgets && !record.exercises.is_empty() {
        let warning = "an exercise of this machine left something in GitLab, which is forgotten with the record; to remove it, run \
                       factory-gitlab exercise --sweep before";
        plan.warnings.push(warning.to_owned());
    }
    kit::of_ending(&desired.kit, record, &mut plan);
    plan
}

/// Whether Factory may still count on the connection.
fn may_be_connected(ending: &Ending<'_>, plan: &Plan) -> bool {
    let record = ending.record;
    let has_bundle = record.bundle.as_ref().is_some_and(|bundle| bundle.is_delivered() || bundle.was_sent)
        || record.token_bundle.as_ref().is_some_and(|bundle| bundle.was_sent);
    match &ending.observed.factory.status {
        Observation::Known(status) if status.state != FactoryState::Pending => true,
        // A bundle that Factory has may not have been looked at yet.
        Observation::Known(_) | Observation::Skipped(_) | Observation::Failed(_)
            if record.factory_told_at.is_some() =>
        {
            false
        }
        Observation::Failed(_) => true,
        Observation::Known(_) | Observation::Skipped(_) => has_bundle || !plan.steps.is_empty(),
    }
}

fn tell_factory(ending: &Ending<'_>, plan: &mut Plan) {
    let Ending { wanted, desired, .. } = ending;
    if !may_be_connected(ending, plan) {
        return;
    }
    match (wanted.factory, &desired.disconnect_url) {
        (TellFactory::No, _) => {
            let text = "tell Factory that the connection has ended: with --without-factory this program did not";
            plan.manual_steps.push(Fix::say(text));
        }
        (TellFactory::First, None) => plan.blockers.push(Blocker::NoDisconnectUrl),
        (TellFactory::First, Some(url)) => {
            let step = FactoryStep::Disconnect { url: Box::new(url.clone()), instance: desired.instance.clone() };
            plan.steps.insert(0, Step::Factory(step));
        }
    }
}

/// What this machine keeps of the connection. The token in the keyring may serve another organization's connection as well.
fn local(ending: &Ending<'_>, plan: &mut Plan) {
    let Ending { wanted, desired, record, .. } = ending;
    let instance = &desired.instance;
    let is_shared = record.others.connected > 0;
    match wanted.keyring {
        KeyringEntry::Present if is_shared => {
            let note = "the token in this system's keyring stays: another organization is connected with it";
            plan.notes.push(note.to_owned());
        }
        KeyringEntry::Present => {
            plan.steps.push(Step::Local(LocalStep::DeleteKeyringEntries { instance: instance.clone() }));
        }
        KeyringEntry::Unknown => {
            let text =
                "look for factory-gitlab in this system's keyring, which could not be read, and delete its entries";
            plan.manual_steps.push(Fix::say(text));
        }
        KeyringEntry::Absent => {}
    }
    let is_known = !record.is_empty() || !plan.steps.is_empty();
    let is_whole = wanted.scope == EndScope::Everything && plan.left.is_empty();
    let is_whole = is_whole && !ended_hooks::is_unread(ending) && !ended_tokens::is_unread(ending);
    if is_known && is_whole {
        plan.steps.push(Step::Local(LocalStep::DeleteRecords { instance: instance.clone() }));
    }
}
