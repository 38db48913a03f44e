//! What can go wrong with the bundle: sealing, writing, opening, uploading.

use super::factory;
use crate::advice;
use crate::bundle::SealError;
use crate::error::{Failure, FailureKind};
use crate::factory::UploadError;

/// A bundle that could not be sealed, written, read or opened.
#[must_use]
pub fn sealing(error: &SealError) -> Failure {
    let kind = match error {
        SealError::Write { .. } | SealError::Read { .. } | SealError::Identity(_) => FailureKind::Usage,
        SealError::Seal(_) | SealError::NotAge(_) | SealError::WrongIdentity | SealError::Damaged(_) => {
            FailureKind::Problem
        }
    };
    let mut failure = Failure::new(kind, error.to_string());
    if let Some(source) = std::error::Error::source(error) {
        failure = failure.with_chain(source);
    }
    failure.fixes(advice::sealing(error))
}

/// An upload that Factory did not take. The sealed bundle is kept, and `path` says where.
#[must_use]
pub fn upload(error: &UploadError, path: &std::path::Path) -> Failure {
    let failure = match error.request() {
        Some(request) => factory(request, &error.to_string()),
        None => Failure::problem(error.to_string())
            .because("the bundle was changed on its way to Factory, or Factory answered for another one"),
    };
    failure.fix(advice::send_again(path))
}
