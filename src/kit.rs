//! The kit that Factory gives. Every value that Factory may change is data here and not a constant elsewhere.

mod answers;
mod any;
mod bundle;
mod check;
mod cloud;
mod cloud_kit;
mod fingerprint;
mod network;
mod overrides;
mod parse;
mod template;

use std::fmt;

use clap::ValueEnum;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use url::Url;

use crate::secret::{SigningToken, WebhookToken};
use crate::target::Event;

pub use self::answers::{AnswerAuthor, AnswerTerms};
pub use self::any::{AnyKit, KitForm};
pub use self::bundle::{BundleTerms, Upload, UploadAuth, UploadMethod};
pub use self::check::{
    DeliveryMode, KitProblem, KitSeverity, address_problem, redirect_uri_problem, webhook_secret_problem,
};
pub use self::cloud::CloudTerms;
pub use self::cloud_kit::CloudKit;
pub use self::fingerprint::{
    FingerprintError, KitChange, KitFingerprint, NamedFingerprint, TrustedValues, is_same_set, origin,
};
pub use self::network::{Endpoint, EndpointProtocol, NetworkTerms, Vpc, Vpn, is_fingerprint};
pub use self::overrides::Overrides;
pub use self::parse::KitError;

/// The schema that this program reads.
pub const SCHEMA: &str = "factory-gitlab/kit/v1";

/// A kit. Unknown fields are ignored; defaults are Factory's values for a self-hosted instance.
#[derive(Clone, Debug, Deserialize)]
pub struct Kit {
    pub schema: String,
    #[serde(default)]
    pub organization: Organization,
    #[serde(default)]
    pub expires_at: Option<Timestamp>,
    pub application: ApplicationTerms,
    pub webhook: WebhookTerms,
    #[serde(default)]
    pub token: TokenTerms,
    pub bundle: BundleTerms,
    #[serde(default)]
    pub status_url: Option<Url>,
    /// Where Factory is told that the connection ends.
    #[serde(default)]
    pub disconnect_url: Option<Url>,
    /// What Droids answer in GitLab.
    #[serde(default)]
    pub answers: Vec<AnswerTerms>,
    #[serde(default)]
    pub network: NetworkTerms,
    /// For GitLab.com; see [`CloudKit`] for a kit that has nothing else.
    #[serde(default)]
    pub cloud: Option<CloudTerms>,
}

#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct Organization {
    #[serde(default)]
    pub id: String,
    #[serde(default)]
    pub name: String,
}

/// The OAuth application that Factory asks for.
#[derive(Clone, Debug, Deserialize)]
pub struct ApplicationTerms {
    #[serde(default = "default_application_name")]
    pub name: String,
    /// Kept as text: GitLab compares it byte by byte.
    pub redirect_uri: String,
    #[serde(default = "default_scopes")]
    pub scopes: Vec<String>,
    #[serde(default = "default_true")]
    pub confidential: bool,
    /// GitLab's API cannot set it; a kit that asks for it gets a step by hand, in the Admin Area.
    #[serde(default)]
    pub trusted: bool,
}

#[derive(Clone, Debug, Deserialize)]
pub struct WebhookTerms {
    pub url: Url,
    pub secret_token: WebhookToken,
    /// The one before it, as long as Factory takes both.
    #[serde(default)]
    pub previous_secret_token: Option<WebhookToken>,
    #[serde(default)]
    pub signing_token: Option<SigningToken>,
    #[serde(default = "default_events")]
    pub events: Vec<Event>,
    #[serde(default)]
    pub receipts_url: Option<Url>,
}

/// What happens to the personal access token.
#[derive(Clone, Debug, Deserialize)]
pub struct TokenTerms {
    #[serde(default)]
    pub handover: Handover,
    #[serde(default = "default_token_scopes")]
    pub scopes: Vec<String>,
}

impl Default for TokenTerms {
    fn default() -> Self {
        Self { handover: Handover::default(), scopes: default_token_scopes() }
    }
}

/// Which token goes into the bundle (`--handover-token`).
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Hash, PartialEq, Serialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Handover {
    /// The one that was given to `connect`.
    #[default]
    Given,
    /// A new one for Factory, so that the administrator's own is not shared.
    Minted,
    /// None.
    None,
}

impl fmt::Display for Handover {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // No value is hidden from clap, so each has a name.
        self.to_possible_value().map_or(Ok(()), |value| f.write_str(value.get_name()))
    }
}

fn default_application_name() -> String {
    "Factory Integration".to_owned()
}

fn default_scopes() -> Vec<String> {
    ["api", "read_user", "read_repository", "write_repository", "read_registry", "sudo"].map(str::to_owned).to_vec()
}

fn default_token_scopes() -> Vec<String> {
    vec!["api".to_owned()]
}

fn default_events() -> Vec<Event> {
    vec![Event::Push, Event::Note, Event::MergeRequest, Event::Issue, Event::Pipeline, Event::Job]
}

const fn default_true() -> bool {
    true
}

#[cfg(test)]
mod property;
