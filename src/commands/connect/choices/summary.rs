//! The choices as a list: what was found, and what will be done with it.

use super::super::super::kit::KitPlace;
use super::super::super::session::{KeyringWish, Session};
use super::Choice;
use crate::desired::{ApplicationOrigin, BundleRoute, Selection};
use crate::gitlab::License;
use crate::instance::bare;
use crate::kit::Handover;
use crate::observed::Observed;
use crate::settings::keys;
use crate::target::Strategy;
use crate::text::{Line, Text, counted};

/// Each choice with its number.
pub(super) fn of(session: &Session<'_>) -> Text {
    let mut text = Text::new();
    text.line(Line::new());
    text.heading("Your choices");
    for (at, choice) in Choice::ALL.into_iter().enumerate() {
        let label = format!("{:>3}. {:<13}", at + 1, label(choice));
        text.line(Line::new().dim(label).plain(value(choice, session)));
    }
    text.line(Line::new());
    text
}

const fn label(choice: Choice) -> &'static str {
    match choice {
        Choice::GitLab => "GitLab",
        Choice::Token => "Token",
        Choice::Kit => "Kit",
        Choice::Application => "Application",
        Choice::Webhooks => "Webhooks",
        Choice::Selection => "Selection",
        Choice::Handover => "Handed over",
        Choice::Bundle => "Bundle",
        Choice::Keyring => "Keyring",
    }
}

fn value(choice: Choice, session: &Session<'_>) -> String {
    let desired = &session.desired;
    match choice {
        Choice::GitLab => gitlab(session),
        Choice::Token => session.known.as_ref().map(token).unwrap_or_default(),
        Choice::Kit => kit(session),
        Choice::Application => application(&desired.application.origin).to_owned(),
        Choice::Webhooks => webhooks(session),
        Choice::Selection => selection(&desired.webhooks.selection),
        Choice::Handover => handover(session),
        Choice::Bundle => bundle(&desired.delivery.way, desired.delivery.recipients.len()),
        Choice::Keyring => keyring(session).to_owned(),
    }
}

fn gitlab(session: &Session<'_>) -> String {
    let instance = &session.desired.instance;
    let Some(known) = &session.known else { return instance.to_string() };
    let Some(metadata) = known.metadata.known() else { return instance.to_string() };
    let license = match known.license.known() {
        Some(License::Licensed { plan, expired: false }) => format!(", license {plan}"),
        Some(License::Licensed { plan, expired: true }) => format!(", license {plan}, which has expired"),
        Some(License::Unlicensed) => ", no license".to_owned(),
        Some(License::NotAvailable) | None => String::new(),
    };
    format!("{instance} ({}, {}{license})", metadata.version_text, metadata.edition)
}

/// Who the token is, and what it may do until when.
fn token(known: &Observed) -> String {
    let user = known.user.known().map(|user| {
        let administrator = if user.is_admin == Some(true) { ", an administrator" } else { "" };
        format!("of {}{administrator}", user.username)
    });
    let details = known.token.known().map(|details| {
        let end = details.expires_at.map_or_else(|| "never ends".to_owned(), |end| format!("ends on {end}"));
        format!("scopes {}; {end}", details.scopes.join(" "))
    });
    user.into_iter().chain(details).collect::<Vec<_>>().join("; ")
}

fn kit(session: &Session<'_>) -> String {
    let organization = &session.desired.organization;
    let name = if organization.name.is_empty() { &organization.id } else { &organization.name };
    let of = if name.is_empty() { String::new() } else { format!(", of {name}") };
    let place = match session.kit_place() {
        KitPlace::At(place) => place,
        KitPlace::NotRecorded => "a kit that the next run has to be given again",
        KitPlace::WithoutKit => "without a kit, its values one by one",
    };
    format!("{place}{of}, kit {}", session.desired.kit.fingerprint())
}

const fn application(origin: &ApplicationOrigin) -> &'static str {
    match origin {
        ApplicationOrigin::Auto { given: None, renew: false } => "found, or created by API",
        ApplicationOrigin::Auto { given: None, renew: true } => "found, or created by API; its secret is renewed",
        ApplicationOrigin::Auto { given: Some(_), .. } | ApplicationOrigin::Given(_) => {
            "the one whose ID and secret were given"
        }
    }
}

fn webhooks(session: &Session<'_>) -> String {
    let chosen = session.desired.webhooks.strategy;
    let plan = session.known.as_ref().map(Observed::plan);
    let resolved = plan.map_or(chosen, |plan| chosen.resolved(plan));
    let where_to = match resolved {
        Strategy::Auto => "on groups where the license has group webhooks, else on projects",
        Strategy::System => "one system hook, which carries no comments, issues and pipelines",
        Strategy::Group => "on groups",
        Strategy::Project => "on each project",
        Strategy::None => "none",
    };
    if chosen == resolved { where_to.to_owned() } else { format!("{where_to}, as the license allows") }
}

fn selection(selection: &Selection) -> String {
    let everything = selection.is_everything().then(|| "every group and project".to_owned());
    let selected = everything.into_iter().chain(selection.parts()).collect::<Vec<_>>().join("; ");
    if selection.recorded.is_empty() { selected } else { format!("{selected}, as in an earlier run") }
}

fn handover(session: &Session<'_>) -> String {
    let owner = session.known.as_ref().and_then(|known| known.user.known());
    match session.desired.handover.handover {
        Handover::Given => match owner {
            Some(owner) => format!("the token above, {}'s own; a new one for Factory is safer", owner.username),
            None => "the token above; a new one for Factory is safer".to_owned(),
        },
        Handover::Minted => "a new token that is created for Factory".to_owned(),
        Handover::None => "no token".to_owned(),
    }
}

fn bundle(way: &BundleRoute, recipients: usize) -> String {
    let recipients = counted(recipients, "recipient");
    match way {
        BundleRoute::Upload(upload) => format!("sealed for {recipients}, uploaded to {}", bare(&upload.url)),
        BundleRoute::File(path) => format!("sealed for {recipients}, written to {}", path.display()),
        BundleRoute::None => format!("sealed for {recipients}"),
    }
}

fn keyring(session: &Session<'_>) -> &'static str {
    if session.is_keyring_disabled() {
        return "not used: FACTORY_DISABLE_KEYRING is set";
    }
    match session.keyring_wish() {
        Ok(KeyringWish::Keep) => "the token is kept in it",
        Ok(KeyringWish::DoNotKeep) if session.interview.settings().is_set(&keys::KEYRING) => "not used",
        Ok(KeyringWish::DoNotKeep | KeyringWish::NotSaid) | Err(_) => "nothing is added to it",
    }
}
