//! GitLab's API in our types: what can be read of an instance, and what can be changed.
//!
//! [`Reader`] and [`Writer`] are separate, so that code that reads cannot write; a writer is only made from the lock of a
//! connection. Paths use IDs where GitLab has them.

mod account;
mod api_refusal;
mod audit;
mod candidates;
mod grant;
mod graphql;
mod hook_tester;
mod listing;
mod network;
mod oauth;
pub mod permissions;
mod projects;
mod read_token;
mod reader;
mod sent_events;
mod wire;
mod work;
mod writer;

use std::ops::Deref;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::http::{Client, Request};
use crate::instance::{Edition, InstanceUrl, Version};
use crate::mark::Mark;
use crate::secret::{ApplicationSecret, PersonalAccessToken};
use crate::target::{Event, Target};

pub use account::AccountProblem;
pub use api_refusal::{ApiRefusal, TestRefusal};
pub use audit::{Administrator, AuditEvent, AuditEventPages, EventDays, EventScope, SecuritySettings};
pub use candidates::{PlaceDetails, Reached};
pub use grant::{Authorization, DeviceAuthorization, Grant, GrantClient, GrantError, UnusableTokens};
pub use graphql::HookList;
pub use hook_tester::HookTester;
pub use listing::{IdOrder, ProjectPages};
pub use network::{GitAccess, GroupRestriction, NetworkSettings, SshPlace};
pub use oauth::OAuth;
pub use permissions::{Boundary, GranularScope, Permission, Task};
pub use projects::{GroupDetails, NewProject, ProjectDetails};
pub use reader::Reader;
pub(crate) use reader::if_found;
pub use sent_events::{EventSubject, SentEvent};
pub use work::{
    Commit, CommitAction, Discussed, FileChange, NamedCommit, NewCommit, NewIssue, NewMergeRequest, NewNote, Note,
    NoteKind, Noteable, Pipeline,
};
pub use writer::{NewApplication, NewToken, Writer};

/// A failed request to GitLab.
pub type Error = crate::http::Error;

/// Finds out whether the instance is a GitLab, before it is sent a token: GitLab responds with 401 in its own envelope, and
/// no other server does.
///
/// # Errors
/// Every other outcome: no connection, a page of a proxy or a sign-in wall, another server's 404.
pub async fn ping(http: &Client, instance: &InstanceUrl) -> Result<(), Error> {
    let http = http.clone().for_gitlab(instance.url());
    let ask = async |path| http.send(&Request::get(instance.api(path))).await;
    match ask("/metadata").await {
        // GitLab never serves this address without a token. A 2xx comes from another server, or from one open to everyone.
        Ok(response) => response.json::<serde_json::Map<String, serde_json::Value>>("GitLab's metadata").map(drop),
        Err(error) if wants_token(&error) => Ok(()),
        Err(error) if is_unknown_route(&error) => match ask(OLD_METADATA).await {
            Err(other) if wants_token(&other) => Ok(()),
            Ok(_) | Err(_) => Err(error),
        },
        Err(error) => Err(error),
    }
}

/// Where GitLab before 15.2, which has no `/metadata`, tells its version.
const OLD_METADATA: &str = "/version";

/// Whether GitLab, in its own envelope, asks for a token.
fn wants_token(error: &Error) -> bool {
    error
        .response()
        .is_some_and(|response| response.status == 401 && (response.message.is_some() || response.error.is_some()))
}

/// Whether GitLab says that it has no such endpoint.
fn is_unknown_route(error: &Error) -> bool {
    ApiRefusal::of(error) == Some(ApiRefusal::UnknownRoute)
}

/// `GET /metadata`. gitlab: lib/api/metadata.rb
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Metadata {
    pub version: Version,
    /// As GitLab sends it, `19.2.0-ee`.
    pub version_text: String,
    pub edition: Edition,
}

/// `GET /license`. gitlab: ee/lib/api/license.rb
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub enum License {
    /// Community Edition has no such endpoint (404).
    NotAvailable,
    /// An Enterprise Edition without a license: `null` or an empty object.
    Unlicensed,
    Licensed {
        plan: String,
        expired: bool,
    },
}

/// `GET /user`: the token's owner.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct User {
    pub id: u64,
    pub username: String,
    /// `true` for project, group and service account users.
    pub bot: bool,
    /// Present only for an effective admin: one whose token has Admin Mode where the instance requires it.
    pub is_admin: Option<bool>,
    pub state: String,
    /// The user's page, at GitLab's external_url.
    pub web_url: Option<String>,
}

impl User {
    /// The instance's external_url, without a slash at the end; `None` where the response does not show it.
    #[must_use]
    pub fn external_url(&self) -> Option<&str> {
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
    /// A fine-grained token (19.x), which has no classic scopes.
    pub granular: bool,
    /// What a fine-grained token may do, where the version shows it (19.5).
    pub granular_scopes: Option<Vec<GranularScope>>,
    /// GitLab notes it every ten minutes at most.
    pub last_used_at: Option<Timestamp>,
    pub created_at: Option<Timestamp>,
}

impl TokenDetails {
    /// The permissions that a fine-grained token lacks for a task; `None` for a classic token, and where GitLab does not show
    /// what it may do.
    #[must_use]
    pub fn missing_permissions(&self, task: Task) -> Option<Vec<Permission>> {
        let granted = self.granular_scopes.as_ref().filter(|_| self.granular)?;
        let mut needed = task.permissions();
        needed.retain(|permission| !granted.iter().any(|scope| scope.grants(permission)));
        Some(needed)
    }
}

/// An instance-wide OAuth application. gitlab: lib/api/entities/application.rb
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Application {
    /// The ID in API paths; never the application ID.
    pub id: u64,
    pub application_id: String,
    pub name: String,
    /// As stored: several addresses are separated by white space.
    pub callback_url: String,
    pub confidential: bool,
    /// `None` where the version does not show them (before about 19.1).
    pub scopes: Option<Vec<String>>,
}

impl Application {
    /// Whether the redirect URI is among the application's, to the byte.
    #[must_use]
    pub fn has_redirect_uri(&self, wanted: &str) -> bool {
        self.callback_url.split_whitespace().any(|uri| uri == wanted)
    }
}

/// An application with its secret, which GitLab shows once.
#[derive(Clone, Debug)]
pub struct ApplicationWithSecret {
    pub application: Application,
    pub secret: ApplicationSecret,
}

/// A token created by `POST /users/:id/personal_access_tokens`, with its value, which GitLab shows once.
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
    /// It, or a group above it, is archived (GitLab 18).
    pub archived: bool,
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

/// A hook as GitLab shows it: its ID and mark, and attributes that may be shared with thousands of other hooks.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Hook {
    pub id: u64,
    /// The mark in its description. Each hook has its own, so it is not among the attributes.
    #[serde(skip)]
    pub mark: Option<Mark>,
    #[serde(flatten)]
    pub attributes: Arc<HookAttributes>,
}

impl Deref for Hook {
    type Target = HookAttributes;

    fn deref(&self) -> &HookAttributes {
        &self.attributes
    }
}

/// Only tests change what was read.
#[cfg(test)]
impl std::ops::DerefMut for Hook {
    fn deref_mut(&mut self) -> &mut HookAttributes {
        Arc::make_mut(&mut self.attributes)
    }
}

/// A hook without its ID and its mark. `None` where the version does not show an attribute. gitlab: lib/api/entities/hook.rb
#[derive(Clone, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
pub struct HookAttributes {
    pub url: String,
    pub name: Option<String>,
    /// Without the mark.
    pub description: Option<String>,
    pub events: Vec<Event>,
    pub enable_ssl_verification: bool,
    pub payload: HookPayload,
    pub alert_status: AlertStatus,
    pub disabled_until: Option<Timestamp>,
    pub token_present: Option<bool>,
    pub signing_token_present: Option<bool>,
    pub push_events_branch_filter: Option<String>,
}

/// What a hook sends in place of GitLab's own payload, or beside it.
#[derive(Clone, Debug, Default, Deserialize, Eq, Hash, PartialEq, Serialize)]
pub struct HookPayload {
    /// Replaces the payload. gitlab: app/services/web_hook_service.rb, `request_payload`
    pub template: Option<String>,
    /// The names of added headers. A list of project hooks does not show them.
    pub custom_headers: Vec<String>,
}

impl HookPayload {
    /// Whether it is GitLab's own, as far as GitLab shows it.
    #[must_use]
    pub fn is_gitlabs_own(&self) -> bool {
        self.template.is_none() && self.custom_headers.is_empty()
    }
}

#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AlertStatus {
    Executable,
    TemporarilyDisabled,
    Disabled,
    /// The version does not show it, or shows an unknown status.
    Unknown,
}

/// An entry of a hook's delivery log. gitlab: lib/api/entities/web_hook_log.rb
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct LoggedDelivery {
    pub id: u64,
    pub trigger: String,
    pub outcome: DeliveryOutcome,
    /// `Idempotency-Key` (17.4), else `X-Gitlab-Event-UUID`: how the receiver identifies it.
    pub key: Option<String>,
    pub created_at: Option<Timestamp>,
}

#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub enum DeliveryOutcome {
    Answered(u16),
    /// GitLab's `internal error`: time-out, DNS, TLS, a blocked address. It does not say which.
    NoAnswer,
}

impl DeliveryOutcome {
    /// Whether GitLab counts it as delivered: 2xx and 3xx. gitlab: app/models/concerns/web_hooks/auto_disabling.rb
    #[must_use]
    pub const fn is_delivered(self) -> bool {
        matches!(self, Self::Answered(200..=399))
    }
}

/// The outcome of a test of a hook.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum TestOutcome {
    /// 201. For a system hook this says nothing about the receiver.
    Accepted,
    /// 422.
    Refused(TestRefusal),
    /// 429: five a minute for each project or group.
    Limited { retry_after: Option<std::time::Duration> },
}

/// Whether an application's ID and secret belong together.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
pub enum PairValidity {
    Valid,
    /// `invalid_client`. GitLab does not say which of the two is wrong.
    Invalid,
}

/// Which of the requested scopes an application has, found out without a user.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct ProbedScopes {
    pub present: Vec<String>,
    pub missing: Vec<String>,
}

/// A hook as it should be. Sent whole, with both tokens, because GitLab clears them when the URL changes
/// (gitlab: app/models/hooks/web_hook.rb, reset_token).
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
