//! What is known of the token: a fine-grained one is refused without a reason where it lacks a permission.

use super::Client;
use crate::http::error::{Cause, NeededPermission};
use crate::http::request::Request;

impl Client {
    /// Notes that the token for GitLab is a fine-grained one: what is refused from now on may be a permission that it lacks.
    pub fn note_fine_grained(&self, needed: NeededPermission) {
        let _first_stays = self.shared.needed_permission.set(needed);
    }

    /// Adds to a refusal what the token may lack.
    pub(super) fn with_permission(&self, request: &Request, mut cause: Cause) -> Cause {
        if let (Cause::Status(refused), Some(needed)) = (&mut cause, self.shared.needed_permission.get()) {
            refused.note_fine_grained(request.method.as_str(), request.url.path(), *needed);
        }
        cause
    }
}
