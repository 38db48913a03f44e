//! Why a step of a plan was not done. `apply` is above the layer of `advice`, so what its own errors need stands here.

use super::{gitlab, journal, sealing, upload};
use crate::apply::{Apply, Error};
use crate::error::{Failure, FailureKind, Fix};
use crate::http::{self, CauseClass};

/// A step that failed while `apply` carried out a plan. What was done before stays done.
#[must_use]
pub fn apply(error: &Error, apply: &Apply<'_>) -> Failure {
    let instance = &apply.desired.instance;
    match error {
        Error::Request(error) => gitlab(error, headline(error), instance),
        Error::Journal(error) => journal(error),
        Error::Seal(error) => sealing(error),
        Error::Recipient(error) => Failure::usage("the bundle cannot be sealed").because(error.to_string()),
        Error::Upload(error) => upload(error, &apply.connection.bundle_path()),
        Error::WrongPair => Failure::problem("GitLab does not accept the application's ID and secret together")
            .fix(Fix::run("give the application a new secret", "factory-gitlab connect --renew-secret")),
        Error::NoResponse { after, source } => gitlab(
            source,
            &format!("GitLab has not responded for {} s; remaining steps were skipped", after.as_secs()),
            instance,
        ),
        Error::CreationRace { other } => {
            Failure::new(FailureKind::Unknown, "another machine is connecting this instance at the same time")
                .because(format!(
                    "it has created application {other} of the same name; the one created from here was deleted again"
                ))
                .fix(Fix::say("let the other run finish: its bundle connects Factory, and nothing is left to do here"))
        }
        Error::AmbiguousCreation => Failure::problem("it is not known which application was created from here")
            .because(error.to_string())
            .fix(Fix::open("delete the applications that are not used", instance.page("/admin/applications"))),
        Error::NoSecret | Error::NoVersion => Failure::problem("the program planned a step that it cannot carry out")
            .because(error.to_string())
            .fix(Fix::rerun("run it again; if it stays, report it with this log", "-vv --log-file PATH")),
    }
}

/// What a failed write comes to for the person, before the reason.
fn headline(error: &http::Error) -> &'static str {
    match error.class() {
        CauseClass::Redirected => "the request was redirected, so GitLab did nothing",
        CauseClass::Refused => "GitLab refused",
        CauseClass::Unreachable | CauseClass::Untrusted => "GitLab could not be reached",
        CauseClass::RateLimited
        | CauseClass::Unavailable
        | CauseClass::ServerError
        | CauseClass::UnexpectedStatus
        | CauseClass::Lost
        | CauseClass::TimedOut
        | CauseClass::Unreadable
        | CauseClass::BrokenList
        | CauseClass::Interrupted
        | CauseClass::Setup => "it is not known whether GitLab did it; the next run looks",
    }
}
