//! Turns every module's own error into what the user reads: what failed, why, and the advice.

mod apply;
mod bundle;
mod ended;
mod exercise;

use crate::advice::{self, About, advise};
use crate::credential_store::CredentialStoreError;
use crate::error::{Failure, FailureKind};
use crate::http::{Cause, CauseClass, Error, UnexpectedPage, base_of_gitlab};
use crate::instance::InstanceUrl;
use crate::journal;
use crate::kit::KitError;

pub use self::apply::apply;
pub use self::bundle::{sealing, upload};
pub use self::exercise::not_cleaned;

/// A text that is not a kit.
#[must_use]
pub fn kit(error: &KitError) -> Failure {
    Failure::usage(error.to_string()).fix(advice::kit(error))
}

/// A request to Factory that failed; `what` says what for, as a fragment.
#[must_use]
pub fn factory(error: &Error, what: &str) -> Failure {
    request(error, what, About::Factory)
}

/// The same for a request with a key that was typed just now.
#[must_use]
pub fn typed_factory_key(error: &Error, what: &str) -> Failure {
    request(error, what, About::FactoryKeyTyped)
}

/// A request to GitLab that failed; `what` says what for, as a fragment.
#[must_use]
pub fn gitlab(error: &Error, what: &str, instance: &InstanceUrl) -> Failure {
    request(error, what, About::GitLab(instance))
}

fn request(error: &Error, what: &str, about: About<'_>) -> Failure {
    Failure::new(error.class().into(), what).because(error.to_string()).fixes(advise(error, about))
}

/// The first request, without a token, did not find GitLab: the address does not respond, or another server does.
#[must_use]
pub fn reach(error: &Error, instance: &InstanceUrl) -> Failure {
    let about = About::FirstContact(instance);
    match error.cause.as_ref() {
        Cause::Redirected { to } => {
            let to = base_of_gitlab(to).unwrap_or(to.as_str());
            Failure::problem(format!("{instance} redirects to {to}")).fixes(advise(error, about))
        }
        Cause::UnexpectedPage { what: UnexpectedPage::GitLabSignIn { base: Some(base) }, .. }
            if base.as_str().trim_end_matches('/') != instance.as_str() =>
        {
            Failure::problem(format!("{instance} is the address of a page of GitLab, not of GitLab itself"))
                .fixes(advise(error, about))
        }
        Cause::UnexpectedPage { status, what } if !advice::is_temporary(*status) => {
            Failure::problem(format!("GitLab's API does not answer at {instance}"))
                .because(format!("{} {} on {}: {status}, {what}", error.method, error.path, error.host))
                .fixes(advise(error, about))
        }
        _ => request(error, &unreached(error, instance), about),
    }
}

fn unreached(error: &Error, instance: &InstanceUrl) -> String {
    match error.class() {
        _ if error.status() == Some(404) => format!("there is no GitLab API at {instance}"),
        CauseClass::Refused
        | CauseClass::RateLimited
        | CauseClass::Unavailable
        | CauseClass::ServerError
        | CauseClass::UnexpectedStatus
        | CauseClass::Redirected
        | CauseClass::Unreadable => format!("GitLab's API at {instance} does not answer as it should"),
        CauseClass::Unreachable
        | CauseClass::Untrusted
        | CauseClass::Lost
        | CauseClass::TimedOut
        | CauseClass::BrokenList
        | CauseClass::Interrupted
        | CauseClass::Setup => format!("{instance} could not be reached"),
    }
}

/// A group or project that was named and that GitLab does not show.
#[must_use]
pub fn unknown_place(kind: &str, path: &str) -> Failure {
    Failure::usage(format!("the {kind} {path} does not exist, or the token does not see it"))
}

/// The keyring cannot be used.
#[must_use]
pub fn credential_store(error: &CredentialStoreError) -> Failure {
    Failure::usage("the system's keyring cannot be used").with_chain(error).fix(advice::credential_store())
}

/// The local record cannot be read or written.
#[must_use]
pub fn journal(error: &journal::Error) -> Failure {
    let failure = match error {
        journal::Error::Busy { .. } => {
            Failure::new(FailureKind::Unknown, "another run is working on this connection").because(error.to_string())
        }
        journal::Error::Folder { .. }
        | journal::Error::Read { .. }
        | journal::Error::Write { .. }
        | journal::Error::Look { .. }
        | journal::Error::Audit { .. }
        | journal::Error::NoFolder => Failure::usage("the local record cannot be used").with_chain(error),
    };
    failure.fix(advice::journal(error))
}

#[cfg(test)]
mod tests;
