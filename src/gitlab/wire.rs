//! The JSON that GitLab sends and accepts. Unknown fields and values are ignored; a required field of another type is an
//! error.

mod delivery;
mod license;

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{
    AlertStatus, Application, GranularScope, Group, Hook, HookAttributes, HookPayload, HookSpec, Namespace, Project,
    TokenDetails, User,
};
use crate::http;
use crate::mark::Mark;
use crate::secret::{ApplicationSecret, PersonalAccessToken, SigningToken, WebhookToken};
use crate::target::{Event, Target};

pub(super) use self::delivery::{DeliveryWire, SentWire};
pub(super) use self::license::LicenseWire;

/// gitlab: lib/api/metadata.rb
#[derive(Deserialize)]
pub(super) struct MetadataWire {
    pub version: String,
    /// From 15.6.
    #[serde(default)]
    pub enterprise: Option<bool>,
}

/// gitlab: lib/api/entities/user_public.rb, user_with_admin.rb
#[derive(Deserialize)]
pub(super) struct UserWire {
    id: u64,
    username: String,
    #[serde(default)]
    bot: Option<bool>,
    #[serde(default)]
    is_admin: Option<bool>,
    #[serde(default)]
    state: String,
    #[serde(default)]
    web_url: Option<String>,
}

impl From<UserWire> for User {
    fn from(wire: UserWire) -> Self {
        let UserWire { id, username, bot, is_admin, state, web_url } = wire;
        Self { id, username, bot: bot.unwrap_or(false), is_admin, state, web_url }
    }
}

/// gitlab: lib/api/entities/personal_access_token.rb
#[derive(Deserialize)]
pub(super) struct TokenWire {
    id: u64,
    #[serde(default)]
    name: String,
    #[serde(default)]
    scopes: Vec<String>,
    user_id: u64,
    #[serde(default)]
    active: Option<bool>,
    #[serde(default)]
    revoked: bool,
    #[serde(default)]
    expires_at: Option<Date>,
    #[serde(default)]
    granular: Option<bool>,
    #[serde(default)]
    granular_scopes: Option<Vec<GranularScope>>,
    #[serde(default)]
    last_used_at: Option<String>,
    #[serde(default)]
    created_at: Option<String>,
}

impl From<TokenWire> for TokenDetails {
    fn from(wire: TokenWire) -> Self {
        let TokenWire { id, name, scopes, user_id, active, revoked, expires_at, granular, .. } = wire;
        Self {
            id,
            name,
            // gitlab: app/services/authn/personal_access_tokens/create_granular_service.rb
            granular: granular.unwrap_or(false) || scopes.iter().any(|scope| scope == "granular"),
            scopes,
            user_id,
            active: active.unwrap_or(!revoked),
            revoked,
            expires_at,
            granular_scopes: wire.granular_scopes,
            last_used_at: wire.last_used_at.and_then(|time| time.parse().ok()),
            created_at: wire.created_at.and_then(|time| time.parse().ok()),
        }
    }
}

/// gitlab: lib/api/entities/personal_access_token_with_token.rb
#[derive(Deserialize)]
pub(super) struct MintedWire {
    #[serde(flatten)]
    pub details: TokenWire,
    pub token: PersonalAccessToken,
}

/// gitlab: lib/api/entities/application.rb
#[derive(Deserialize)]
pub(super) struct ApplicationWire {
    id: u64,
    application_id: String,
    application_name: String,
    #[serde(default)]
    callback_url: Option<String>,
    confidential: bool,
    #[serde(default)]
    scopes: Option<Vec<String>>,
}

impl From<ApplicationWire> for Application {
    fn from(wire: ApplicationWire) -> Self {
        let ApplicationWire { id, application_id, application_name, callback_url, confidential, scopes } = wire;
        let callback_url = callback_url.unwrap_or_default();
        Self { id, application_id, name: application_name, callback_url, confidential, scopes }
    }
}

/// gitlab: lib/api/entities/application_with_secret.rb
#[derive(Deserialize)]
pub(super) struct ApplicationSecretWire {
    #[serde(flatten)]
    pub application: ApplicationWire,
    pub secret: ApplicationSecret,
}

/// gitlab: lib/api/entities/group.rb
#[derive(Deserialize)]
pub(super) struct GroupWire {
    id: u64,
    full_path: String,
    #[serde(default)]
    parent_id: Option<u64>,
    /// From 18.0; true below an archived group too.
    #[serde(default)]
    archived: Option<bool>,
    #[serde(default)]
    marked_for_deletion_on: Option<String>,
}

impl From<GroupWire> for Group {
    fn from(wire: GroupWire) -> Self {
        let GroupWire { id, full_path, parent_id, archived, marked_for_deletion_on } = wire;
        let marked_for_deletion = marked_for_deletion_on.is_some();
        Self { id, full_path, parent_id, archived: archived.unwrap_or(false), marked_for_deletion }
    }
}

/// gitlab: lib/api/entities/project.rb
#[derive(Deserialize)]
pub(super) struct ProjectWire {
    id: u64,
    path_with_namespace: String,
    namespace: NamespaceWire,
    #[serde(default)]
    archived: bool,
    /// The older name of `marked_for_deletion_on`.
    #[serde(default)]
    marked_for_deletion_at: Option<String>,
    #[serde(default)]
    marked_for_deletion_on: Option<String>,
    #[serde(default)]
    empty_repo: bool,
}

#[derive(Deserialize)]
struct NamespaceWire {
    kind: String,
}

impl From<ProjectWire> for Project {
    fn from(wire: ProjectWire) -> Self {
        Self {
            id: wire.id,
            path_with_namespace: wire.path_with_namespace,
            namespace: if wire.namespace.kind == "user" { Namespace::Personal } else { Namespace::Group },
            archived: wire.archived,
            marked_for_deletion: wire.marked_for_deletion_at.is_some() || wire.marked_for_deletion_on.is_some(),
            empty_repo: wire.empty_repo,
        }
    }
}

/// gitlab: lib/api/entities/hook.rb. The GraphQL query uses the same names, so that both APIs are read alike; only
/// its IDs are of another type.
#[derive(Deserialize)]
pub(super) struct HookWire<Id = u64> {
    id: Id,
    url: String,
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    description: Option<String>,
    enable_ssl_verification: bool,
    #[serde(default)]
    alert_status: Option<String>,
    #[serde(default)]
    disabled_until: Option<String>,
    #[serde(default)]
    token_present: Option<bool>,
    #[serde(default)]
    signing_token_present: Option<bool>,
    #[serde(default)]
    push_events_branch_filter: Option<String>,
    #[serde(default)]
    custom_webhook_template: Option<String>,
    /// Only a hook by itself, and a list of group or system hooks, shows them.
    #[serde(default)]
    custom_headers: Option<Vec<CustomHeaderWire>>,
    #[serde(default)]
    push_events: Option<bool>,
    #[serde(default)]
    tag_push_events: Option<bool>,
    #[serde(default)]
    note_events: Option<bool>,
    #[serde(default)]
    confidential_note_events: Option<bool>,
    #[serde(default)]
    merge_requests_events: Option<bool>,
    #[serde(default)]
    issues_events: Option<bool>,
    #[serde(default)]
    confidential_issues_events: Option<bool>,
    #[serde(default)]
    pipeline_events: Option<bool>,
    #[serde(default)]
    job_events: Option<bool>,
}

/// A custom header without its value.
#[derive(Deserialize)]
struct CustomHeaderWire {
    key: String,
}

impl<Id> HookWire<Id> {
    fn events(&self) -> Vec<Event> {
        let is_on = |event: &Event| match event {
            Event::Push => self.push_events,
            Event::TagPush => self.tag_push_events,
            Event::Note => self.note_events,
            Event::ConfidentialNote => self.confidential_note_events,
            Event::MergeRequest => self.merge_requests_events,
            Event::Issue => self.issues_events,
            Event::ConfidentialIssue => self.confidential_issues_events,
            Event::Pipeline => self.pipeline_events,
            Event::Job => self.job_events,
        };
        Event::ALL.into_iter().filter(|event| is_on(event).unwrap_or(false)).collect()
    }
}

impl<Id: Into<u64>> From<HookWire<Id>> for Hook {
    fn from(wire: HookWire<Id>) -> Self {
        let events = wire.events();
        let headers = wire.custom_headers.into_iter().flatten();
        let payload = HookPayload {
            // GitLab's `present?`: white space does not count.
            template: wire.custom_webhook_template.filter(|template| !template.trim().is_empty()),
            custom_headers: headers.map(|header| header.key).collect(),
        };
        let attributes = HookAttributes {
            url: wire.url,
            name: wire.name,
            description: wire.description.as_deref().map(|text| Mark::without(text).to_owned()),
            events,
            payload,
            enable_ssl_verification: wire.enable_ssl_verification,
            alert_status: match wire.alert_status.as_deref() {
                // REST's values, and GraphQL's (gitlab: app/graphql/types/web_hooks/alert_status_enum.rb).
                Some("executable" | "EXECUTABLE") => AlertStatus::Executable,
                Some("temporarily_disabled" | "TEMPORARILY_DISABLED") => AlertStatus::TemporarilyDisabled,
                Some("disabled" | "DISABLED") => AlertStatus::Disabled,
                Some(_) | None => AlertStatus::Unknown,
            },
            disabled_until: wire.disabled_until.as_deref().and_then(delivery::time),
            token_present: wire.token_present,
            signing_token_present: wire.signing_token_present,
            push_events_branch_filter: wire.push_events_branch_filter.filter(|filter| !filter.is_empty()),
        };
        let mark = wire.description.as_deref().and_then(Mark::find);
        Self { id: wire.id.into(), mark, attributes: attributes.into() }
    }
}

/// gitlab: `/.well-known/openid-configuration`
#[derive(Deserialize)]
pub(super) struct DiscoveryWire {
    pub scopes_supported: Vec<String>,
}

/// `POST /applications`
#[derive(Serialize)]
pub(super) struct NewApplicationWire<'a> {
    pub name: &'a str,
    pub redirect_uri: &'a str,
    pub scopes: String,
    pub confidential: bool,
}

/// `POST /users/:id/personal_access_tokens`
#[derive(Serialize)]
pub(super) struct NewTokenWire<'a> {
    pub name: &'a str,
    pub description: &'a str,
    pub scopes: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Date>,
}

/// The body that creates or edits a hook. It holds the tokens, so it only exists while it is sent.
#[derive(Serialize)]
pub(super) struct HookSpecWire<'a> {
    url: &'a str,
    name: &'a str,
    description: &'a str,
    #[serde(serialize_with = "http::in_body")]
    token: WebhookToken,
    #[serde(serialize_with = "http::in_body_if", skip_serializing_if = "Option::is_none")]
    signing_token: Option<SigningToken>,
    enable_ssl_verification: bool,
    /// Empty means every branch.
    push_events_branch_filter: &'static str,
    /// Empty means GitLab's own payload.
    custom_webhook_template: &'static str,
    #[serde(flatten)]
    events: BTreeMap<&'static str, bool>,
}

/// The events that a connection never uses, by kind of hook; sent so that an edit turns them off.
const UNUSED_EVENTS: [&str; 8] = [
    "wiki_page_events",
    "deployment_events",
    "feature_flag_events",
    "releases_events",
    "milestone_events",
    "emoji_events",
    "resource_access_token_events",
    "vulnerability_events",
];
const UNUSED_GROUP_EVENTS: [&str; 3] = ["subgroup_events", "member_events", "project_events"];

impl<'a> From<&'a HookSpec> for HookSpecWire<'a> {
    fn from(spec: &'a HookSpec) -> Self {
        let system = matches!(spec.target, Target::System);
        let wanted = Event::ALL.into_iter().filter(|event| !system || event.is_in_system_hooks());
        let mut events: BTreeMap<_, _> = wanted.map(|event| (event.flag(), spec.events.contains(&event))).collect();
        let unused: &[&[&str]] = match spec.target {
            Target::System => &[&["repository_update_events"]],
            Target::Group { .. } => &[&UNUSED_EVENTS, &UNUSED_GROUP_EVENTS],
            Target::Project { .. } => &[&UNUSED_EVENTS],
        };
        events.extend(unused.iter().flat_map(|flags| flags.iter().copied()).map(|flag| (flag, false)));
        Self {
            url: &spec.url,
            name: &spec.name,
            description: &spec.description,
            token: spec.token.clone(),
            signing_token: spec.signing_token.clone(),
            enable_ssl_verification: true,
            push_events_branch_filter: "",
            custom_webhook_template: "",
            events,
        }
    }
}

#[cfg(test)]
mod property;
#[cfg(test)]
mod tests;
