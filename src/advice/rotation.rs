//! Why a secret is not renewed, and what to do.

use crate::error::{Failure, Fix};
use crate::plan::Blocker;
use crate::text::counted;

/// What prevents a rotation. The blockers of other plans are explained beside those of `connect`.
pub(super) fn rotation(blocker: &Blocker) -> Failure {
    match blocker {
        Blocker::NoPreviousSecret { webhooks } => Failure::problem(format!(
            "the kit names no previous_secret_token, so Factory refuses the deliveries of {} until all are changed, and GitLab does not \
             send them again",
            counted(*webhooks, "webhook")
        ))
        .fix(Fix::say("ask Factory for a kit that names the previous secret token too"))
        .fix(Fix::run("or accept the gap", "factory-gitlab connect")),
        Blocker::NoUpload => Failure::problem(
            "the new secret has to reach Factory at once, and no upload is wanted or the kit has no upload_url",
        )
        .fix(Fix::say("ask Factory for a kit with an upload_url"))
        .fix(Fix::run(
            "or renew it all the same: Factory is disconnected until you have delivered the file",
            "factory-gitlab connect --renew-secret --bundle-out PATH",
        )),
        Blocker::Disconnecting => Failure::problem("the connection is being removed, and that is not finished")
            .fix(Fix::run("finish the removal", "factory-gitlab disconnect"))
            .fix(Fix::run("or connect again", "factory-gitlab connect")),
        Blocker::NotHandedOver => Failure::problem("this machine has no record that Factory was given this connection")
            .fix(Fix::say("run this on the machine that connected the instance"))
            .fix(Fix::run("or finish connecting it here", "factory-gitlab connect")),
        Blocker::GivenToken => Failure::problem(
            "Factory is given the administrator's own token, which this tool did not create and does not renew",
        )
        .fix(Fix::run(
            "let connect create a token for Factory only; rotate token renews that one",
            "factory-gitlab connect --handover-token minted",
        )),
        Blocker::UnknownAge { what } => Failure::problem(format!(
            "when {} was changed last is not recorded on this machine, so it is not known whether it is due (--older-than)",
            what.name()
        ))
        .fix(Fix::run("renew it once without --older-than; from then on its age is known", format!("factory-gitlab {}", what.command()))),
        Blocker::UnknownEnd => Failure::problem("when the token of Factory ends is not known, so it is not known whether it is due (--due)")
            .fix(Fix::run("renew it once without --due", "factory-gitlab rotate token")),
        Blocker::ForeignApplication { .. }
        | Blocker::SeveralApplications { .. }
        | Blocker::NeedsSecret { .. }
        | Blocker::UnknownApplication { .. }
        | Blocker::WrongSecret { .. }
        | Blocker::UnsupportedScopes { .. }
        | Blocker::NoGroupHooks { .. }
        | Blocker::SystemHookSendsAll
        | Blocker::NoDisconnectUrl
        | Blocker::NotOfThisKit { .. } => Failure::problem("the secret cannot be renewed"),
    }
}
