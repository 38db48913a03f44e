//! Groups failures with the same message, so that each is reported once.

use serde::Serialize;

use super::json::FixJson;
use crate::error::Failure;

/// Things that failed in the same way: one reason, that of the first of them, for all.
#[derive(Clone, Debug)]
pub struct FailureGroup<T> {
    pub failure: Failure,
    pub of: Vec<T>,
}

impl<T> FailureGroup<T> {
    /// Groups what failed with the same message and the same advice, whatever the address was.
    #[must_use]
    pub fn group(failed: impl IntoIterator<Item = (T, Failure)>) -> Vec<Self> {
        let mut groups: Vec<Self> = Vec::new();
        for (one, failure) in failed {
            let is_alike = |group: &&mut Self| {
                let Failure { kind, message, fixes, causes: _ } = &group.failure;
                (kind, message, fixes) == (&failure.kind, &failure.message, &failure.fixes)
            };
            match groups.iter_mut().find(is_alike) {
                Some(group) => group.of.push(one),
                None => groups.push(Self { failure, of: vec![one] }),
            }
        }
        groups
    }
}

/// A group of failures in JSON, with the things that failed below a name of their own.
#[derive(Serialize)]
pub(super) struct FailureJson<'r, T> {
    message: &'r str,
    causes: &'r [String],
    fixes: Vec<FixJson<'r>>,
    count: usize,
    #[serde(flatten)]
    failed: T,
}

impl<'r, T> FailureJson<'r, T> {
    pub(super) fn new<I>(group: &'r FailureGroup<I>, failed: T, running: &str) -> Self {
        let Failure { message, causes, fixes, kind: _ } = &group.failure;
        Self { message, causes, fixes: FixJson::all(fixes, running), count: group.of.len(), failed }
    }
}
