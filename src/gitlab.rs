//! GitLab in our words: what can be read of an instance, and what can be changed.
//!
//! Reader and writer are separate, so that observing cannot write; a writer is made from the lock of a connection only. All addresses are
//! numeric where GitLab has numbers.

mod graphql;
mod hook_tester;
mod listing;
mod oauth;
mod reach;
mod reader;
mod refusal;
mod wire;
mod writer;

use std::ops::Deref;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;

use crate::instance::{Edition, Version};
use crate::secret::{ApplicationSecret, PersonalAccessToken};
use crate::target::{Event, Target};

pub use graphql::{HookList, MOST_PROJECTS};
pub use hook_tester::HookTester;
pub use listing::ProjectPages;
pub use oauth::OAuth;
pub use reach::reach;
pub use reader::Reader;
pub use refusal::ApiRefusal;
pub use writer::{NewApplication, NewToken, Writer};

/// A failed request to GitLab.
pub type Error = crate::http::Error;

/// `GET /metadata`. gitlab: lib/api/metadata.rb
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Metadata {
    pub version: Version,
    /// As GitLab wrote it, `19.2.0-ee`.
    pub version_text: String,
    pub edition: Edition,
}

/// `GET /license`. gitlab: ee/lib/api/license.rb
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub enum License {
    /// Community Edition has no such endpoint (404).
    NotThere,
    /// An Enterprise Edition without a licence: `null` or an empty object.
    Unlicensed,
    Licensed {
        plan: String,
        expired: bool,
    },
}

/// `GET /user`: who the token belongs to.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct User {
    pub id: u64,
    pub username: String,
    /// `true` for project, group and service account users.
    pub bot: bool,
    /// Present only for an effective admin (reference, 3.3).
    pub is_admin: Option<bool>,
    pub state: String,
    /// The user's page, at the address that GitLab knows itself by.
    pub web_url: Option<String>,
}

impl User {
    /// The address that the instance gives itself, without a slash at the end; `None` when the answer held none.
    #[must_use]
    pub fn own_url(&self) -> Option<&str> {
        self.web_url.as_deref()?.strip_suffix(self.username.as_str())?.strip_suffix('/')
    }
}

/// `GET /personal_access_tokens/self`. gitlab: lib/api/personal_access_tokens/self_information.rb
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct TokenDetails {
    pub id: u64,
    pub name: String,
    pub scopes: Vec<String>,
    pub user_id: u64,
    pub active: bool,
    pub revoked: bool,
    /// Effective at 00:00 UTC of that day; `None` never expires.
    pub expires_at: Option<Date>,
    /// A fine-grained token (19.x): it carries no classic scopes.
    pub granular: bool,
}

/// An instance-wide OAuth application. gitlab: lib/api/entities/application.rb
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Application {
    /// The number that API paths take; never the application ID.
    pub id: u64,
    pub application_id: String,
    pub name: String,
    /// As stored: several addresses are separated by white space.
    pub callback_url: String,
    pub confidential: bool,
    /// `None` where this version does not tell (before about 19.1).
    pub scopes: Option<Vec<String>>,
}

/// An application with the secret that GitLab shows once.
#[derive(Clone, Debug)]
pub struct ApplicationWithSecret {
    pub application: Application,
    pub secret: ApplicationSecret,
}

/// A token made by [`POST /users/:id/personal_access_tokens`], with its value, which GitLab shows once.
#[derive(Clone, Debug)]
pub struct MintedToken {
    pub details: TokenDetails,
    pub value: PersonalAccessToken,
}

#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Group {
    pub id: u64,
    pub full_path: String,
    pub parent_id: Option<u64>,
    pub marked_for_deletion: bool,
}

#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Project {
    pub id: u64,
    pub path_with_namespace: String,
    pub namespace: Namespace,
    pub archived: bool,
    pub marked_for_deletion: bool,
    pub empty_repo: bool,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
pub enum Namespace {
    Group,
    Personal,
}

/// A hook as GitLab shows it: its number, and terms that it may share with thousands of others.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Hook {
    pub id: u64,
    #[serde(flatten)]
    pub terms: Arc<HookTerms>,
}

impl Deref for Hook {
    type Target = HookTerms;

    fn deref(&self) -> &HookTerms {
        &self.terms
    }
}

/// Only a test changes what was seen.
#[cfg(test)]
impl std::ops::DerefMut for Hook {
    fn deref_mut(&mut self) -> &mut HookTerms {
        Arc::make_mut(&mut self.terms)
    }
}

/// What a hook is like. `None` where the version does not tell. gitlab: lib/api/entities/hook.rb
#[derive(Clone, Debug, Eq, Hash, PartialEq, Serialize)]
pub struct HookTerms {
    pub url: String,
    pub name: Option<String>,
    pub description: Option<String>,
    pub events: Vec<Event>,
    pub enable_ssl_verification: bool,
    pub alert_status: AlertStatus,
    pub disabled_until: Option<Timestamp>,
    pub token_present: Option<bool>,
    pub signing_token_present: Option<bool>,
    pub push_events_branch_filter: Option<String>,
}

#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AlertStatus {
    Executable,
    TemporarilyDisabled,
    Disabled,
    /// The version does not tell, or told something new.
    Unknown,
}

/// An entry of a hook's delivery log, newest first. gitlab: lib/api/entities/web_hook_log.rb
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Delivery {
    pub id: u64,
    pub trigger: String,
    pub outcome: DeliveryOutcome,
    /// `Idempotency-Key` (17.4), else `X-Gitlab-Event-UUID`: what the receiver knows it by.
    pub key: Option<String>,
    pub created_at: Option<Timestamp>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
pub enum DeliveryOutcome {
    Answered(u16),
    /// GitLab's `internal error`: time-out, DNS, TLS, a blocked address. It does not say which.
    NoAnswer,
}

/// What GitLab's test function said.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub enum TestOutcome {
    /// 201. For a system hook this says nothing about the receiver.
    Accepted,
    /// 422 with the receiver's words, an exception's, or a missing sample ("Ensure the project has …").
    Refused { said: String },
    /// 429: five a minute for each project or group.
    Limited { retry_after: Option<std::time::Duration> },
}

/// Whether an application's ID and secret belong together.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
pub enum Pair {
    Valid,
    /// `invalid_client`. Which of the two is wrong is not told.
    Invalid,
}

/// Which of the asked scopes an application has, found out without a user.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct ProbedScopes {
    pub present: Vec<String>,
    pub missing: Vec<String>,
}

/// Where hooks may deliver to. gitlab: lib/api/settings.rb
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct OutboundRules {
    pub allow_local_requests_from_web_hooks: bool,
    pub admin_mode: Option<bool>,
}

/// A hook as it is to be. Sent whole, with both tokens, because a changed URL clears them (reference, 5.4).
#[derive(Clone, Debug)]
pub struct HookSpec {
    pub target: Target,
    pub url: String,
    pub name: String,
    pub description: String,
    pub events: Vec<Event>,
    pub token: crate::secret::WebhookToken,
    pub signing_token: Option<crate::secret::SigningToken>,
}
