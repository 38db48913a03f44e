//! Why a step of a plan was not done.

use super::{gitlab, journal, sealing, upload};
use crate::apply::{Apply, Error};
use crate::error::{Failure, Fix, Kind};
use crate::http::{self, Cause};

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
            &format!("nobody has answered for {} s, so the rest was not tried", after.as_secs()),
            instance,
        ),
        Error::CreationRace { other } => {
            Failure::new(Kind::Unknown, "another machine is connecting this instance as well")
                .because(format!(
                    "it has made application {other} of the same name; the one made from here was deleted again"
                ))
                .fix(Fix::say(
                    "let the other run end: its bundle connects Factory, and there is nothing left to do here",
                ))
        }
        Error::AmbiguousCreation => Failure::problem("it cannot be told which application is the one made from here")
            .because(error.to_string())
            .fix(Fix::open("delete those that nobody uses", instance.page("/admin/applications"))),
        Error::NoSecret | Error::NoVersion => Failure::problem("the program planned a step that it cannot do")
            .because(error.to_string())
            .fix(Fix::say("run it again; if it stays, report it with --log-file and -vv")),
    }
}

/// What a failed write comes to for the person, before the reason.
fn headline(error: &http::Error) -> &'static str {
    match error.cause.as_ref() {
        Cause::Redirected { .. } => "the request was sent elsewhere, so GitLab did nothing",
        Cause::Status(_) if error.is_refusal() => "GitLab refused",
        Cause::Dns { .. } | Cause::Connect { .. } | Cause::Tls(_) => "GitLab could not be reached",
        _ => "it is not known whether GitLab did it; the next run looks",
    }
}
