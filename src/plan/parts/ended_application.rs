//! What to do about the OAuth application where the connection ends. Only one that this machine's journal says this tool
//! created is deleted, or one that is named.

use crate::error::Fix;
use crate::gitlab::Application;
use crate::journal::OwnApplication;
use crate::plan::disconnect::{EndScope, Ending};
use crate::plan::{ApplicationStep, Blocker, Left, LeftKind, Plan, Reason, Step};
use crate::text::shell_word;

use super::application::{is_wanted, may_have_made, resembles};

/// Adds the step for the application, and what of it stays.
pub(in crate::plan) fn plan(ending: &Ending<'_>, plan: &mut Plan) {
    let Some(all) = ending.observed.applications.known() else { return };
    let named = named(ending, all, plan);
    let own = own(ending, all);
    plan.notes.extend(absent(ending, all));
    let is_kept = ending.wanted.scope == EndScope::KeepApplication;
    let goes: Vec<(&Application, Reason)> = match is_kept {
        true => Vec::new(),
        false => {
            let own = own.filter(|own| named.is_none_or(|named| named.id != own.id));
            let named = named.map(|application| (application, Reason::Named));
            named.into_iter().chain(own.map(|application| (application, Reason::Disconnected))).collect()
        }
    };
    for (application, reason) in &goes {
        let (id, application_id) = (application.id, application.application_id.clone());
        plan.steps.push(Step::Application(ApplicationStep::Delete { id, application_id, reason: *reason }));
    }
    let is_going = |one: &&Application| goes.iter().any(|(application, _)| application.id == one.id);
    // Those that can be the connection's: they send users back to Factory.
    let of_kit = || all.iter().filter(|one| one.has_redirect_uri(&ending.desired.application.redirect_uri));
    if is_kept {
        let mut of_kit = of_kit();
        let only = of_kit.next().filter(|_| of_kit.next().is_none());
        plan.keeps_application = own.or(only).map(|one| one.application_id.clone());
    }
    for application in of_kit().filter(|one| !is_going(one)) {
        let name = describe(application);
        match standing(ending, own.or(named), application) {
            _ if is_kept => plan.kept.push(kept(ending, application)),
            Standing::OfAnother => plan.notes.push(format!("{name} is not this connection's and stays")),
            Standing::Left(why) => plan.left.push(left(ending, application, why)),
        }
    }
}

/// The one that `--application-id` names. One that is not there is gone already.
fn named<'a>(ending: &Ending<'_>, all: &'a [Application], plan: &mut Plan) -> Option<&'a Application> {
    let id = ending.wanted.application_id.as_ref()?;
    let Some(found) = all.iter().find(|one| one.application_id == *id) else {
        plan.notes.push(format!("no instance-wide application has the ID {id}"));
        return None;
    };
    if resembles(&ending.desired.application, found) {
        return Some(found);
    }
    plan.blockers.push(Blocker::NotOfThisKit { application: found.clone() });
    None
}

/// The one that this tool created, or may have created, according to the journal.
fn own<'a>(ending: &Ending<'_>, all: &'a [Application]) -> Option<&'a Application> {
    let wanted = &ending.desired.application;
    match &ending.record.application {
        OwnApplication::Made { application_id } => {
            all.iter().find(|one| one.application_id == *application_id).filter(|found| resembles(wanted, found))
        }
        OwnApplication::MayHaveMade => {
            let is_candidate =
                |one: &&Application| is_wanted(wanted, one) && !may_have_made(&ending.record.others, one);
            let mut exact = all.iter().filter(is_candidate);
            exact.next().filter(|_| exact.next().is_none())
        }
        OwnApplication::None => None,
    }
}

/// One that this tool created and that GitLab does not list: it is gone already.
fn absent(ending: &Ending<'_>, all: &[Application]) -> Option<String> {
    let OwnApplication::Made { application_id } = &ending.record.application else { return None };
    let is_listed = all.iter().any(|one| one.application_id == *application_id);
    (!is_listed)
        .then(|| format!("GitLab does not list the application {application_id} any more, which this tool created"))
}

enum Standing {
    /// The connection has, or had, another one.
    OfAnother,
    Left(&'static str),
}

fn standing(ending: &Ending<'_>, own: Option<&Application>, application: &Application) -> Standing {
    let record = ending.record;
    if record.knows_application(&application.application_id) {
        return Standing::Left("it belongs to this connection, and this tool did not create it");
    }
    if record.removed_application.as_ref() == Some(&application.application_id) {
        return Standing::Left("it was deleted in an earlier run, and GitLab lists it again");
    }
    if own.is_some() || record.removed_application.is_some() || record.knows_some_application() {
        return Standing::OfAnother;
    }
    Standing::Left("no record on this machine says whose it is")
}

fn left(ending: &Ending<'_>, application: &Application, why: &str) -> Left {
    let id = &application.application_id;
    Left {
        kind: LeftKind::Application,
        what: describe(application),
        why: why.to_owned(),
        url: ending.desired.instance.page(&format!("/admin/applications/{}", application.id)),
        seen_at: ending.observed.at,
        fixes: vec![
            Fix::rerun("delete it, if it is this connection's", format!("--application-id {id}")),
            Fix::rerun("or leave it", "--keep-application"),
        ],
    }
}

fn kept(ending: &Ending<'_>, application: &Application) -> Left {
    let command = format!("factory-gitlab disconnect --application-id {}", shell_word(&application.application_id));
    Left {
        fixes: vec![Fix::run("remove it later", command)],
        ..left(ending, application, "kept on request (--keep-application)")
    }
}

fn describe(application: &Application) -> String {
    format!("application {} (number {}, {})", application.name, application.id, application.application_id)
}
