//! What prevents the end of a connection.

use crate::desired::Desired;
use crate::error::{Failure, Fix};

pub(super) fn no_disconnect_url() -> Failure {
    Failure::problem(
        "Factory cannot be told that the connection ends: the kit has no disconnect_url; nothing is removed before Factory \
         knows",
    )
    .fix(Fix::say("ask Factory for a kit with a disconnect_url"))
    .fix(Fix::rerun("or remove the connection here, and tell Factory yourself", "--without-factory"))
}

pub(super) fn not_of_this_kit(application: &str, desired: &Desired) -> Failure {
    Failure::problem(format!("{application} has neither the kit's name nor its redirect URI; it is left unchanged"))
        .fix(Fix::open("look up the application ID", desired.instance.page("/admin/applications")))
}
