//! What answers: the server itself, or something in its place.

use url::Url;

use super::Seen;
use crate::advice::is_temporary;
use crate::checks::outcome::CheckOutcome;
use crate::desired::WayOwner;
use crate::error::Fix;
use crate::http::{self, BodyEnding, Cause, ErrorResponse, UnexpectedPage};
use crate::kit::EndpointProtocol;
use crate::observed::ways::WaySeen;
use crate::text::milliseconds;

pub(super) fn http(all: &Seen<'_>, way: &WaySeen) -> Option<CheckOutcome> {
    if way.target.protocol != EndpointProtocol::Https {
        return None;
    }
    let Some(first) = &way.http else { return Some(CheckOutcome::blocked_by("network.tls")) };
    let outcome = match &first.answer {
        Ok(status) if way.target.owner == WayOwner::GitLab => CheckOutcome::unknown(format!(
            "it answers {status} without a token, as GitLab's API never does: another server answers, or a proxy in front of \
             it adds credentials"
        ))
        .evidence("status", status)
        .fix(Fix::say(format!("check what answers at {}, and the proxy in front of it", way.target))),
        Ok(status @ ..200) => odd(way, &format!("it answers {status}, as no API does")).evidence("status", status),
        Ok(status) => CheckOutcome::pass().note(format!("answered {status}")).evidence("status", status),
        Err(error) if way.target.owner == WayOwner::GitLab => of_gitlab(all, way, error),
        Err(error) => of_any(all, way, error),
    };
    let outcome = match first.ending {
        BodyEnding::Said => outcome,
        BodyEnding::BareClose => closed_bare(outcome),
    };
    let outcome = match first.took {
        Some(took) => outcome.evidence("ms", milliseconds(took)),
        None => outcome,
    };
    Some(match &way.proxy {
        Some(proxy) => outcome.evidence("proxy", proxy),
        None => outcome,
    })
}

/// The answer came, and how the connection ended is told beside it.
fn closed_bare(outcome: CheckOutcome) -> CheckOutcome {
    const CLOSED: &str = "the server then closed the connection without TLS's closing message (close_notify)";
    let note = outcome.evidence.get("note").and_then(|note| note.as_str()).map(|note| format!("{note}; {CLOSED}"));
    let outcome = outcome.evidence("close_notify", false);
    match note {
        Some(note) => outcome.note(note),
        None => outcome,
    }
}

/// GitLab's API asks for a token, in its own words.
fn of_gitlab(all: &Seen<'_>, way: &WaySeen, error: &http::Error) -> CheckOutcome {
    match error.cause.as_ref() {
        Cause::Status(answer) if is_gitlabs(answer) => {
            CheckOutcome::pass().note("GitLab's API asks for a token").evidence("status", answer.status)
        }
        Cause::Status(answer) if answer.status == 404 => {
            CheckOutcome::fail("there is no GitLab API at this URL").advised(error, all.about(way))
        }
        Cause::UnexpectedPage { status, .. } if !is_temporary(*status) => {
            CheckOutcome::fail(error.to_string()).evidence("status", status).advised(error, all.about(way))
        }
        _ => CheckOutcome::failed(error).advised(error, all.about(way)),
    }
}

fn is_gitlabs(answer: &ErrorResponse) -> bool {
    matches!(answer.status, 401 | 403) && (answer.message.is_some() || answer.error.is_some())
}

/// What an API hardly gives, and a filter or a sign-in page on the way often does.
fn odd(way: &WaySeen, seen: &str) -> CheckOutcome {
    CheckOutcome::warn(format!("{seen}: it may be a filter or a sign-in page on the way, and not the server itself")).fix(
        Fix::say(format!(
            "open https://{}/ in a browser on this machine: if what is shown is not Factory's, let the filter or proxy pass this \
             host",
            way.target
        )),
    )
}

/// To another host, or without encryption.
fn leads_elsewhere(way: &WaySeen, to: &Url) -> bool {
    let is_same =
        to.host_str().is_some_and(|host| host.trim_matches(['[', ']']).eq_ignore_ascii_case(&way.target.host));
    !is_same || (way.target.has_tls() && to.scheme() != "https")
}

/// Any answer shows that the way is open, unless something else than the server gives it.
fn of_any(all: &Seen<'_>, way: &WaySeen, error: &http::Error) -> CheckOutcome {
    // Of an address that was given, a web page may be what is wanted.
    let is_factorys = way.target.owner == WayOwner::Factory;
    match error.cause.as_ref() {
        Cause::Status(answer) if answer.status < 200 => {
            odd(way, &format!("it answers {}, as no API does", answer.status)).evidence("status", answer.status)
        }
        Cause::Status(answer) if answer.status < 500 && answer.status != 407 => {
            CheckOutcome::pass().note(format!("answered {}", answer.status)).evidence("status", answer.status)
        }
        Cause::Redirected { to } if is_factorys && leads_elsewhere(way, to) => {
            odd(way, &format!("it leads to another place: {to}")).evidence("to", to.as_str())
        }
        Cause::Redirected { to } => CheckOutcome::pass().note(format!("redirects to {to}")).evidence("to", to.as_str()),
        Cause::UnexpectedPage { status: 200..=399, what: UnexpectedPage::WebPage } if is_factorys => {
            odd(way, "a web page answers, where Factory has an API")
        }
        Cause::UnexpectedPage { status: 200..=399, what: UnexpectedPage::WebPage | UnexpectedPage::OtherType(_) } => {
            CheckOutcome::pass().note("a web page")
        }
        Cause::UnexpectedPage { status: 404, .. } => CheckOutcome::pass().note("answered 404"),
        Cause::UnexpectedPage { status: 200..=399, what: UnexpectedPage::LoginWall } => CheckOutcome::warn(
            "a sign-in page answers: that of the server itself, or one that a proxy puts in front of it",
        )
        .fix(Fix::say(format!(
            "open https://{}/ in a browser on this machine: if the sign-in page is not Factory's, let the proxy pass \
                     this host without it",
            way.target
        ))),
        _ => CheckOutcome::failed(error).advised(error, all.about(way)),
    }
}
