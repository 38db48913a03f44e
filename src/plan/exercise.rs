//! The plan of `exercise`.

use std::collections::BTreeSet;

use super::parts::kit;
use super::{CoveringHook, ExerciseStep, Place, Plan, Step};
use crate::activity::Activity;
use crate::desired::Desired;
use crate::journal::{ExerciseRecord, Record};
use crate::observed::{ExercisePlaces, Leftover, PlaceHook, PlaceSeen};
use crate::target::Event;

/// What is to be exercised.
#[derive(Clone, Debug)]
pub struct ExerciseWish {
    /// How the names begin of everything that is made.
    pub mark: String,
    pub activities: Vec<Activity>,
    pub cleanup: Cleanup,
    pub scope: ExerciseScope,
    /// `--wait-answer`, in seconds.
    pub wait_answer_s: Option<u64>,
}

/// Whether the exercise itself is done.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ExerciseScope {
    Everything,
    /// `--sweep`: only what earlier runs left is removed.
    Sweep,
}

/// What becomes of what the exercise makes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Cleanup {
    Remove,
    /// `--keep`
    Keep,
}

/// First what earlier runs left is removed; then a project, a webhook that covers it, a test of that webhook, and each
/// activity. The events are followed last, and everything is removed whatever happened.
#[must_use]
pub fn exercise(wish: &ExerciseWish, desired: &Desired, places: &ExercisePlaces, record: &Record) -> Plan {
    let mut plan = Plan::default();
    leftovers(wish, &places.leftovers, &mut plan);
    match (wish.scope, places.seen.as_slice()) {
        (ExerciseScope::Sweep, _) | (_, []) => {}
        (ExerciseScope::Everything, [first, ..]) => {
            work(wish, first, &places.seen, &mut plan);
            plan.warnings.extend(warnings(first, covering(wish, first).as_ref()));
            kit::accept_first(&desired.kit, record, &mut plan);
            plan.notes.extend(kit::key_note(&desired.kit, record));
        }
    }
    plan
}

fn work(wish: &ExerciseWish, first: &PlaceSeen, all: &[PlaceSeen], plan: &mut Plan) {
    let mark = wish.mark.clone();
    let (step, place) = match &first.existing {
        Some(project) => (
            ExerciseStep::UseProject { project: first.target.clone(), mark },
            Place::Existing { project: project.id, path: project.path_with_namespace.clone(), hook: None },
        ),
        None => (
            ExerciseStep::CreateProject { groups: all.iter().map(|one| one.target.clone()).collect(), name: mark },
            Place::Scratch { project: None, name: format!("{}/{}", first.target.path(), wish.mark) },
        ),
    };
    let hooks = all.iter().filter_map(|place| covering(wish, place)).collect();
    let use_hook = ExerciseStep::UseHook { hooks, covers_first: first.hook.is_some() };
    let mut steps = vec![step, use_hook, ExerciseStep::TestHook];
    steps.extend(needed(&wish.activities).into_iter().map(|activity| ExerciseStep::Do { activity }));
    steps.push(ExerciseStep::Follow { wait_answer_s: wish.wait_answer_s });
    plan.steps.extend(steps.into_iter().map(Step::Exercise));
    match wish.cleanup {
        Cleanup::Remove => plan.cleanup.push(Step::Exercise(ExerciseStep::CleanUp { place })),
        Cleanup::Keep => plan.cleanup.push(Step::Exercise(ExerciseStep::Keep { mark: wish.mark.clone() })),
    }
}

/// The webhook that covers a place, with what it does not send.
fn covering(wish: &ExerciseWish, place: &PlaceSeen) -> Option<CoveringHook> {
    let PlaceHook { on, id, events, is_disabled } = place.hook.as_ref()?;
    let lacks = wish.activities.iter().map(|activity| activity.event()).filter(|event| !events.contains(event));
    let lacks = lacks.collect::<BTreeSet<Event>>().into_iter().collect();
    Some(CoveringHook { on: on.clone(), id: *id, lacks, is_disabled: *is_disabled })
}

/// What keeps the webhook from sending what is to be exercised, and that none of the connection's is tested.
fn warnings(first: &PlaceSeen, covering: Option<&CoveringHook>) -> Vec<String> {
    let Some(CoveringHook { on, id, lacks, is_disabled }) = covering else {
        let what = if first.existing.is_some() {
            "connect registers one"
        } else {
            "exercise --project PATH tests one of yours"
        };
        return vec![format!(
            "no webhook of this connection covers it: one is registered for this test and removed again; factory-gitlab {what}"
        )];
    };
    let mut found = Vec::new();
    if *is_disabled {
        let what = "GitLab has disabled it and sends nothing with it; factory-gitlab verify says what to do";
        found.push(format!("webhook {id} on {on}: {what}"));
    }
    if !lacks.is_empty() {
        let events = lacks.iter().map(|event| event.name()).collect::<Vec<_>>().join(", ");
        found.push(format!("webhook {id} on {on} does not send {events}; factory-gitlab connect corrects it"));
    }
    found
}

/// The activities with those that they need, in the order in which they are done.
fn needed(wanted: &[Activity]) -> Vec<Activity> {
    let is_needed = |one: &Activity| {
        wanted.iter().any(|wanted| std::iter::successors(Some(*wanted), |next| next.needs()).any(|step| step == *one))
    };
    Activity::ALL.into_iter().filter(is_needed).collect()
}

/// What this machine made and did not remove is removed; what another machine made is named. A project that was kept on
/// request goes only when that is asked for.
fn leftovers(wish: &ExerciseWish, seen: &[Leftover], plan: &mut Plan) {
    for Leftover { project, mark, own } in seen {
        let place = match own {
            Some(ExerciseRecord { used: true, hook, .. }) => {
                Place::Existing { project: project.id, path: project.path_with_namespace.clone(), hook: *hook }
            }
            _ => Place::Scratch { project: Some(project.id), name: project.path_with_namespace.clone() },
        };
        match own {
            None => plan.notes.push(format!(
                "{} is of an exercise of another machine or organization; it stays as it is",
                project.path_with_namespace
            )),
            Some(one) if one.kept && wish.scope == ExerciseScope::Everything => plan.notes.push(format!(
                "{} was kept on request; factory-gitlab exercise --sweep removes it",
                project.path_with_namespace
            )),
            Some(_) => {
                plan.steps.push(Step::Exercise(ExerciseStep::RemoveLeftover { mark: mark.clone(), place }));
            }
        }
    }
}
