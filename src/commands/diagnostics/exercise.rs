//! Why an exercise could not be done, or something of it could not be removed.

use super::gitlab;
use crate::apply::Error;
use crate::error::{Failure, FailureKind, Fix};
use crate::http;
use crate::instance::InstanceUrl;

/// GitLab lets the token create no project in any of the groups.
pub(super) fn project_refused(source: &http::Error, instance: &InstanceUrl) -> Failure {
    let failure = gitlab(source, "GitLab lets the token create a project in none of the groups", instance);
    Failure { fixes: Vec::new(), ..failure }
        .fix(Fix::rerun("name a group in which the owner of the token may create private projects", "--group PATH"))
        .fix(Fix::rerun("or work in a project that exists", "--project PATH"))
}

pub(super) fn no_place(error: &Error) -> Failure {
    Failure::problem(error.to_string()).fix(Fix::rerun("name a group, or a project", "--group PATH"))
}

/// What was made could not be removed.
#[must_use]
pub fn not_cleaned(error: &Error) -> Failure {
    let kind = match error {
        Error::Request(request) => request.class().into(),
        Error::NoResponse { source, .. } => source.class().into(),
        _ => FailureKind::Problem,
    };
    Failure::new(kind, "what the exercise made could not be removed")
        .because(error.to_string())
        .fix(Fix::run("remove it later", "factory-gitlab exercise --sweep"))
}

pub(super) fn not_removed(error: &Error) -> Failure {
    Failure::problem("something of the exercise is left in GitLab")
        .because(error.to_string())
        .fix(Fix::run("remove it later", "factory-gitlab exercise --sweep"))
}
