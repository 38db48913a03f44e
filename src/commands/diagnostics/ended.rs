//! Why a connection could not be ended.

use super::factory;
use crate::apply::Error;
use crate::error::{Failure, FailureKind, Fix};
use crate::http;

const NOT_TOLD: &str = "Factory could not be told that the connection ends, so nothing was removed";

/// Whatever the reason is, the connection is as it was, and running again is safe.
pub(super) fn factory_not_told(error: &http::Error) -> Failure {
    let mut failure = factory(error, NOT_TOLD);
    failure.kind = FailureKind::Unknown;
    failure.fix(without_factory())
}

pub(super) fn factory_still_connected(error: &Error) -> Failure {
    Failure::new(FailureKind::Unknown, NOT_TOLD).because(error.to_string()).fix(without_factory())
}

fn without_factory() -> Fix {
    Fix::rerun("or remove the connection here, and tell Factory yourself", "--without-factory")
}
