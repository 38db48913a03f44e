//! `cloud.*`: what only a connection to GitLab.com has.

use super::outcome::{CheckOutcome, known};
use super::{Check, CheckInfo, CheckSeverity, CheckStatus};
use crate::cloud::{CloudSelection, PlaceKind};
use crate::error::Fix;
use crate::observed::{CloudPlaceSeen, CloudSeen, Observation, Read};
use crate::text::shell_word;

pub(super) const SELECTION: CheckInfo = CheckInfo {
    code: "cloud.selection",
    title: "Factory has a selection, and each part of it exists",
    severity: CheckSeverity::Error,
    depends_on: &["factory.reachable"],
};

/// What there is to judge.
#[derive(Clone, Copy, Debug)]
pub struct CloudSides<'a> {
    pub seen: &'a CloudSeen,
    pub places: &'a Observation<Vec<CloudPlaceSeen>>,
}

/// The checks whose subject a connection to GitLab.com does not have, and why.
pub(super) fn absent(check: &Check) -> Option<&'static str> {
    match check.code.split('.').next().unwrap_or_default() {
        "application" => Some("on GitLab.com the application is Factory's own"),
        "webhook" => Some("on GitLab.com the webhooks are Factory's own"),
        _ => match check.code {
            "token.admin" => Some("on GitLab.com no administrator is needed"),
            "token.handed_over" => Some("on GitLab.com Factory gets no personal access token"),
            "factory.bundle" => Some("a bundle is for a self-hosted instance"),
            _ => None,
        },
    }
}

/// Whether only an administrator could read it: no one is that on GitLab.com.
pub(super) const fn never_reads(read: Read) -> bool {
    matches!(read, Read::License | Read::Applications)
}

/// What to do about a pending connection that nothing is selected for: Factory would wait for ever.
pub(super) fn before_selection(sides: CloudSides<'_>, status: &CheckStatus) -> Option<Fix> {
    let is_waiting = matches!(status, CheckStatus::Warn) && matches!(sides.seen.selection, Observation::Known(None));
    is_waiting.then(|| Fix::run("authorize Factory, and select what it may work on", "factory-gitlab connect --cloud"))
}

pub(super) fn selection(sides: CloudSides<'_>) -> CheckOutcome {
    let selected = match known(&sides.seen.selection) {
        Ok(selected) => selected,
        Err(outcome) => return outcome,
    };
    let Some(selected) = selected else {
        return CheckOutcome::fail("nothing is selected, so Factory works on nothing")
            .fix(Fix::run("select what Factory may work on", "factory-gitlab connect --cloud"));
    };
    let places = match known(sides.places) {
        Ok(places) => places,
        Err(outcome) => return outcome,
    };
    let named = |wanted: fn(&CloudPlaceSeen) -> bool| -> Vec<String> {
        let chosen = places.iter().filter(|place| wanted(place));
        chosen.map(|place| format!("{} {}", place.kind.word(), place.full_path)).collect()
    };
    let gone = named(|place| place.found.is_none());
    let ending = named(|place| place.found.as_ref().is_some_and(|found| found.marked_for_deletion));
    let outcome = if !gone.is_empty() {
        CheckOutcome::fail(format!("Factory's account does not reach {}", gone.join(", ")))
            .fix(Fix::run("select again, or make the account a member", select_again(selected, places)))
    } else if !ending.is_empty() {
        CheckOutcome::warn(format!("{} is marked for deletion", ending.join(", ")))
            .fix(Fix::run("select something else before GitLab removes it", select_again(selected, places)))
    } else {
        CheckOutcome::pass()
    };
    let CloudSelection { all, future, groups, projects, personal_namespace } = selected;
    let paths =
        |places: &[crate::cloud::SelectedPlace]| places.iter().map(|place| place.full_path.clone()).collect::<Vec<_>>();
    outcome
        .evidence("all", all)
        .evidence("future", future)
        .evidence("groups", paths(groups))
        .evidence("projects", paths(projects))
        .evidence("personal_namespace", personal_namespace)
}

/// Selects what stays of a selection: `connect` without a selection leaves the one that Factory has.
fn select_again(selected: &CloudSelection, places: &[CloudPlaceSeen]) -> String {
    let stays = |place: &&CloudPlaceSeen| place.found.as_ref().is_some_and(|found| !found.marked_for_deletion);
    let flag = |place: &CloudPlaceSeen| format!(" --{} {}", place.kind.word(), shell_word(&place.full_path));
    let mut rest: String = places.iter().filter(stays).map(flag).collect();
    let has_groups = places.iter().filter(stays).any(|place| place.kind == PlaceKind::Group);
    for (is_selected, flag) in
        [(selected.personal_namespace, " --personal"), (selected.future && has_groups, " --future")]
    {
        rest.push_str(if is_selected { flag } else { "" });
    }
    let rest = if rest.is_empty() { " --group PATH" } else { &rest };
    format!("factory-gitlab connect --cloud{rest}")
}
