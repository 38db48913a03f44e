//! What can go wrong with the bundle: sealing, writing, opening, uploading.

use super::factory;
use crate::bundle::SealError;
use crate::error::{Failure, Fix, Kind};
use crate::factory::UploadError;

/// A bundle that could not be sealed, written, read or opened.
#[must_use]
pub fn sealing(error: &SealError) -> Failure {
    let kind = match error {
        SealError::Write { .. } | SealError::Read { .. } | SealError::Identity(_) => Kind::Usage,
        SealError::Seal(_) | SealError::NotAge(_) | SealError::WrongIdentity | SealError::Damaged(_) => Kind::Problem,
    };
    let mut failure = Failure::new(kind, error.to_string());
    if let Some(source) = std::error::Error::source(error) {
        failure = failure.with_chain(source);
    }
    match error {
        SealError::Write { .. } => failure.fix(Fix::say("check space and rights of the folder")),
        SealError::NotAge(_) | SealError::Damaged(_) => failure
            .fix(Fix::say("copy the file again, as a whole and as binary; connect seals a new one if it is lost")),
        SealError::WrongIdentity => {
            failure.fix(Fix::run("see to whom it is sealed", "factory-gitlab bundle inspect FILE"))
        }
        SealError::Identity(_) => failure.fix(Fix::say("give the file that age-keygen wrote")),
        SealError::Seal(_) | SealError::Read { .. } => failure,
    }
}

/// An upload that Factory did not take. The sealed bundle is kept, and `path` says where.
#[must_use]
pub fn upload(error: &UploadError, path: &std::path::Path) -> Failure {
    let again = Fix::run(
        "the sealed bundle is kept; send it again when that is done",
        format!("factory-gitlab bundle upload {}", path.display()),
    );
    match error.request() {
        Some(request) => factory(request, &error.to_string()).fix(again),
        None => Failure::problem(error.to_string())
            .because("something between here and Factory changed the bundle, or Factory answered for another one")
            .fix(again),
    }
}
