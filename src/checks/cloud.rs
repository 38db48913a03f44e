//! `cloud.*`: what only a connection to GitLab.com has.

use super::outcome::{CheckOutcome, known};
use super::{Check, CheckInfo, CheckSeverity};
use crate::cloud::CloudSelection;
use crate::error::Fix;
use crate::observed::{CloudPlaceSeen, CloudSeen, Observation};

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
            "factory.bundle" => Some("on GitLab.com Factory gets no bundle"),
            _ => None,
        },
    }
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
        CheckOutcome::fail(format!("Factory's account does not reach {} any more", gone.join(", ")))
            .fix(Fix::run("select again, or make the account a member again", "factory-gitlab connect --cloud"))
    } else if !ending.is_empty() {
        CheckOutcome::warn(format!("{} is marked for deletion", ending.join(", ")))
            .fix(Fix::run("select something else before GitLab removes it", "factory-gitlab connect --cloud"))
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
