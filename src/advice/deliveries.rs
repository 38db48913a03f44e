//! Why a webhook's delivery is not proven, and what to do about it: the same words in `connect` and `verify`.

use url::Url;

use crate::error::Fix;
use crate::gitlab::{DeliveryOutcome, TestRefusal};
use crate::instance::InstanceUrl;
use crate::network::outbound::{OUTBOUND_PAGE, OutboundRefusal, allowlist_entry};
use crate::observed::{DeliveryProof, Fact};

/// Whether Factory refused the token of a delivery.
#[must_use]
pub const fn is_token_refused(outcome: DeliveryOutcome) -> bool {
    matches!(outcome, DeliveryOutcome::Answered(401 | 403))
}

/// What sets the tokens although nothing but Factory's answers shows that they differ.
#[must_use]
pub fn reset_token() -> Fix {
    Fix::connect("set the kit's tokens again", "factory-gitlab connect --reset-webhook-secret")
}

/// The page with what GitLab lets webhooks reach.
#[must_use]
pub fn outbound_requests(instance: &InstanceUrl) -> String {
    instance.page(OUTBOUND_PAGE).to_string()
}

/// What prevents a test delivery to `webhook` from being proven, with what to do; `None` where nothing does.
#[must_use]
pub fn unproven(proof: &DeliveryProof, webhook: &Url, instance: &InstanceUrl) -> Option<(String, Fix)> {
    let seen = |wanted: fn(&Fact) -> Option<&String>| proof.facts().into_iter().find_map(wanted).cloned();
    if proof.is_late() {
        let text = "tell Factory that it answers webhooks too late, then test again";
        return Some((LATE.to_owned(), Fix::run(text, "factory-gitlab verify --live")));
    }
    if let Some(failed) = seen(|fact| if let Fact::Fails(seen) = fact { Some(seen) } else { None }) {
        return Some((failed, failed_fix(proof, webhook, instance)));
    }
    let unknown = seen(|fact| if let Fact::Unknown(seen) = fact { Some(seen) } else { None })?;
    Some((unknown, Fix::run("test again", "factory-gitlab verify --live")))
}

/// GitLab waits 10 seconds for the answer to a webhook. gitlab: lib/gitlab/http.rb, `DEFAULT_TIMEOUT_OPTIONS` and
/// doc/user/project/integrations/webhooks.md
const LATE: &str = "the delivery arrived, but was answered too late: GitLab waits 10 s for an answer";

const LET_OUT: &str = "let webhooks reach Factory's address (outbound requests)";

/// What lets GitLab send to `webhook`, by the reason why it does not: the exact entry of the allowlist, and the page.
#[must_use]
pub fn allow_outbound(refusal: OutboundRefusal, webhook: &Url, instance: &InstanceUrl) -> Fix {
    match refusal {
        OutboundRefusal::Unresolved => resolve_on_gitlab(webhook.host_str().unwrap_or_default(), instance),
        OutboundRefusal::SilentMode => {
            Fix::open("turn off Silent Mode", instance.page("/admin/application_settings/general"))
        }
        OutboundRefusal::NotOnAllowlist
        | OutboundRefusal::Localhost
        | OutboundRefusal::Loopback
        | OutboundRefusal::LocalNetwork
        | OutboundRefusal::LinkLocal
        | OutboundRefusal::SharedAddressSpace
        | OutboundRefusal::LimitedBroadcast => Fix::open(
            format!("{LET_OUT}: add {} to the allowlist", allowlist_entry(webhook)),
            outbound_requests(instance),
        ),
    }
}

/// The usual reasons, with the page where each is mended.
fn failed_fix(proof: &DeliveryProof, webhook: &Url, instance: &InstanceUrl) -> Fix {
    match &proof.refusal {
        Some(TestRefusal::UrlBlocked { said }) => match OutboundRefusal::in_text(said) {
            Some(refusal) => allow_outbound(refusal, webhook, instance),
            None => Fix::open(LET_OUT, outbound_requests(instance)),
        },
        Some(TestRefusal::Unresolved { .. }) => allow_outbound(OutboundRefusal::Unresolved, webhook, instance),
        Some(TestRefusal::NotPermitted) => super::gitlab::test_permission(instance),
        Some(TestRefusal::SilentMode) => allow_outbound(OutboundRefusal::SilentMode, webhook, instance),
        Some(TestRefusal::NoSample { .. } | TestRefusal::NotAvailable { .. } | TestRefusal::Failed { .. }) | None => {
            refused_delivery(proof.logged.unwrap_or(DeliveryOutcome::NoAnswer), instance)
        }
    }
}

/// What to do about a delivery that was sent and not accepted.
pub(super) fn refused_delivery(outcome: DeliveryOutcome, instance: &InstanceUrl) -> Fix {
    const AGAIN: &str = "factory-gitlab verify --live";
    match outcome {
        outcome if is_token_refused(outcome) => reset_token(),
        DeliveryOutcome::Answered(status) => {
            Fix::run(format!("the way is open: tell Factory that it answers {status}, then test again"), AGAIN)
        }
        DeliveryOutcome::NoAnswer => {
            Fix::run("let GitLab reach the webhook's host, then test again", AGAIN).at(outbound_requests(instance))
        }
    }
}

/// GitLab looks the name up itself, on its own server, before it looks at its allowlist.
fn resolve_on_gitlab(host: &str, instance: &InstanceUrl) -> Fix {
    Fix::open(
        format!(
            "make {host} resolve on the GitLab server (its DNS; getent hosts {host} shows it there); where only a proxy can \
             resolve it, add it to the allowlist of outbound requests"
        ),
        instance.page(OUTBOUND_PAGE),
    )
}
