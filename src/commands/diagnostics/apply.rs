//! Why a step of a plan was not done. `apply` is above the layer of `advice`, so the advice on its own errors is here.

use super::{ended, exercise, factory, gitlab, journal, sealing, upload};
use crate::apply::{Apply, Error};
use crate::error::{Failure, FailureKind, Fix};
use crate::factory::UploadError;
use crate::http::{self, Cause, CauseClass};

/// A step that failed while `apply` carried out a plan. Completed steps are kept.
#[must_use]
pub fn apply(error: &Error, apply: &Apply<'_>) -> Failure {
    let instance = &apply.desired.instance;
    match error {
        Error::Request(error) => gitlab(error, headline(error), instance),
        Error::Journal(error) => journal(error),
        Error::Seal(error) => sealing(error),
        Error::Recipient(error) => Failure::usage("the bundle cannot be sealed").because(error.to_string()),
        Error::Upload { source, path } => upload(source, path),
        Error::NewSecretRefused { .. } => new_secret_refused(error),
        Error::NewSecretUntested { .. } => Failure::new(FailureKind::Unknown, error.to_string())
            .fix(Fix::rerun("run it again: it tests the webhook again", "")),
        Error::UploadUnreachable(source) => unreachable_upload(source),
        Error::WrongPair => Failure::problem("GitLab does not accept the application's ID and secret together")
            .fix(Fix::connect("give the application a new secret", "factory-gitlab connect --renew-secret")),
        Error::NoResponse { after, source } => gitlab(
            source,
            &format!("GitLab has not responded for {} s; remaining steps were skipped", after.as_secs()),
            instance,
        ),
        Error::CreationRace { other } => creation_race(*other),
        Error::AmbiguousCreation => Failure::problem("it is not known which application this run created")
            .because(error.to_string())
            .fix(Fix::open("delete the applications that are not used", instance.page("/admin/applications"))),
        Error::AnotherApplication { .. } => Failure::problem("GitLab has another application under the planned number")
            .because(error.to_string())
            .fix(Fix::rerun("run it again: it reads the list again", "")),
        Error::FactoryNotTold(error) => ended::factory_not_told(error),
        Error::StillConnected { .. } => ended::factory_still_connected(error),
        Error::StillListed { .. } | Error::StillValid { .. } => {
            Failure::problem("GitLab says that it was removed, and still has it")
                .because(error.to_string())
                .fix(Fix::rerun("run it again; a proxy may be altering responses", ""))
        }
        Error::TokenAbsent { .. } => Failure::problem("it cannot be proven that the token is revoked")
            .because(error.to_string())
            .fix(Fix::open("look for it among the tokens of its user", instance.page("/admin/users"))),
        Error::Keyring(error) => super::credential_store(error),
        Error::ChangedHook { target, .. } => {
            Failure::problem("a webhook is not the one that was planned to be deleted")
                .because(error.to_string())
                .fix(Fix::rerun("run it again: it reads the webhooks again", "").at(instance.page(&target.page())))
        }
        Error::TokenNotAccepted { source, .. } => {
            let failure = Failure::problem(error.to_string());
            let failure = source.iter().fold(failure, |failure, source| failure.because(source.to_string()));
            failure.fix(Fix::rerun("run it again: it creates another token and revokes this one", ""))
        }
        Error::ProjectRefused { source } => exercise::project_refused(source, instance),
        Error::NoGroupForProject | Error::ProjectGone { .. } | Error::EmptyProject { .. } => exercise::no_place(error),
        Error::WorkHookTestFailed => Failure::problem("the test of the webhook failed, so no event was made"),
        Error::NotRemoved { .. } => exercise::not_removed(error),
        Error::NoSecret | Error::NoToken | Error::NoVersion | Error::NoPipeline => {
            Failure::problem("the program planned a step that it cannot carry out")
                .because(error.to_string())
                .fix(Fix::rerun("run it again; if it happens again, report it with this log", "-vv --log-file PATH"))
        }
    }
}

fn new_secret_refused(error: &Error) -> Failure {
    Failure::problem("Factory does not take the new secret token; the webhook got the previous one back")
        .because(error.to_string())
        .fix(Fix::say("ask Factory whether the kit is the current one, and whether both secret tokens are taken"))
        .fix(Fix::rerun("then run it again", ""))
}

/// `other` is the application of the run that goes on.
fn creation_race(other: u64) -> Failure {
    Failure::new(FailureKind::Unknown, "another machine is connecting this instance at the same time")
        .because(format!(
            "it has created application {other} of the same name; the one that this run created was deleted"
        ))
        .fix(Fix::say("let the other run finish; its bundle connects Factory"))
}

/// What was to be renewed is as it was.
fn unreachable_upload(error: &UploadError) -> Failure {
    const WHAT: &str = "Factory cannot be reached for the upload, so nothing was renewed";
    let Some(request) = error.request() else { return Failure::problem(WHAT).because(error.to_string()) };
    factory(request, WHAT)
}

/// What a failed write means for the user, before the reason.
fn headline(error: &http::Error) -> &'static str {
    match error.class() {
        CauseClass::Redirected => "the request was redirected, so GitLab did nothing",
        CauseClass::Refused if matches!(*error.cause, Cause::UnexpectedPage { .. }) => {
            "a firewall or proxy in front of GitLab refused it, so GitLab did nothing"
        }
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
        | CauseClass::Setup => "it is not known whether GitLab made the change; the next run checks",
    }
}
