//! What to do about a failure: the only place where causes become advice. Pure.
//!
//! A fix is one imperative sentence, with the exact command or page where there is one. What is to be run again is a
//! [`crate::error::FixCommand::Rerun`], so that each report names the command that its reader has run.

mod blockers;
mod deliveries;
mod ended;
mod exercise;
mod factory;
mod gitlab;
mod local;
mod network;
mod rotation;
#[cfg(test)]
mod tests;
mod tls;

pub use self::blockers::explain_blockers;
pub use self::deliveries::{allow_outbound, is_token_refused, outbound_requests, reset_token, unproven};
pub use self::exercise::{ExerciseFacts, exercised};
pub use self::gitlab::{new_fine_grained_token, new_token, own_url, refused_target};
pub use self::local::{credential_store, journal, kit, locked, sealing, send_again};
pub use self::network::is_temporary;

use crate::error::Fix;
use crate::gitlab::ApiRefusal;
use crate::http::Error;
use crate::instance::InstanceUrl;

/// What a failed request was for.
#[derive(Clone, Copy, Debug)]
pub enum About<'a> {
    /// The first request to an address that was given as GitLab's.
    FirstContact(&'a InstanceUrl),
    GitLab(&'a InstanceUrl),
    Factory,
    /// Factory, with a key that a person has just typed and can type again.
    FactoryKeyTyped,
    /// Either of them, where nothing more is known.
    AnyHost,
}

/// The options that concern one host.
#[derive(Clone, Copy, Debug)]
struct HostOptions {
    /// Adds a certificate authority.
    trust: &'static str,
    /// Adds headers, for a proxy in front of it.
    headers: Option<&'static str>,
}

/// What to do about a request that failed, the best first.
#[must_use]
pub fn advise(error: &Error, about: About<'_>) -> Vec<Fix> {
    let specific = match about {
        About::FirstContact(instance) => {
            gitlab::first_contact(error, instance).or_else(|| gitlab_refusal(error, instance))
        }
        About::GitLab(instance) => gitlab_refusal(error, instance),
        About::Factory => factory::refusal(error),
        About::FactoryKeyTyped => factory::typed_key(error).or_else(|| factory::refusal(error)),
        About::AnyHost => None,
    };
    let options = match about {
        About::FirstContact(_) | About::GitLab(_) | About::AnyHost => {
            HostOptions { trust: "--ca-cert PATH", headers: Some("--header-file PATH") }
        }
        About::Factory | About::FactoryKeyTyped => HostOptions { trust: "--factory-ca-cert PATH", headers: None },
    };
    specific.map_or_else(|| network::fixes(error, options), |fix| vec![fix])
}

fn gitlab_refusal(error: &Error, instance: &InstanceUrl) -> Option<Fix> {
    let refusal = || ApiRefusal::of(error);
    gitlab::redirect(error, instance)
        .or_else(|| gitlab::missing_permission(error, &refusal()?, instance))
        .or_else(|| gitlab::target_refusal(error, &refusal()?, instance))
        .or_else(|| gitlab::refusal(&refusal()?, instance))
}
