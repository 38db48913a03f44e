//! Audit events of the instance (Premium): what was done to applications, webhooks and tokens, and by whom.
//!
//! gitlab: ee/lib/api/audit_events.rb, config/audit_events/types

use axum::Router;
use axum::extract::State as Shared;
use axum::response::Response;
use axum::routing::get;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::auth::Call;
use super::error::ApiError;
use super::hooks::Owner;
use super::params::Params;
use super::state::{GitLabState, StoredApplication, StoredToken};
use super::{GitLab, pages};

/// One event.
#[derive(Clone, Debug)]
pub struct StoredAuditEvent {
    pub id: u64,
    pub author: u64,
    pub entity: AuditEntity,
    pub kind: &'static str,
    pub message: String,
    pub target_type: &'static str,
    pub target_id: u64,
    pub target: String,
    pub at: Timestamp,
}

/// What an event is about, under which it is found.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum AuditEntity {
    Instance,
    User(u64),
    Group(u64),
    Project(u64),
}

impl AuditEntity {
    const fn type_and_id(self) -> (&'static str, u64) {
        match self {
            Self::Instance => ("Gitlab::Audit::InstanceScope", 1),
            Self::User(id) => ("User", id),
            Self::Group(id) => ("Group", id),
            Self::Project(id) => ("Project", id),
        }
    }

    fn path(self, state: &GitLabState) -> String {
        match self {
            Self::Instance => Some("gitlab_instance".to_owned()),
            Self::User(id) => state.users.get(&id).map(|user| user.username.clone()),
            Self::Group(id) => state.groups.get(&id).map(|group| group.full_path.clone()),
            Self::Project(id) => state.projects.get(&id).map(|project| project.full_path.clone()),
        }
        .unwrap_or_default()
    }
}

impl From<Owner> for AuditEntity {
    fn from(owner: Owner) -> Self {
        match owner {
            Owner::System => Self::Instance,
            Owner::Group(id) => Self::Group(id),
            Owner::Project(id) => Self::Project(id),
        }
    }
}

pub(super) fn routes() -> Router<GitLab> {
    Router::new().route("/audit_events", get(list))
}

/// The longest time that one request may ask for.
const LONGEST: SignedDuration = SignedDuration::from_hours(31 * 24);

const ENTITY_TYPES: [&str; 4] = ["Project", "User", "Group", "Gitlab::Audit::InstanceScope"];

async fn list(Shared(gitlab): Shared<GitLab>, call: Call) -> Result<Response, ApiError> {
    if !gitlab.is_enterprise() {
        return Err(ApiError::no_route());
    }
    call.require_admin(&gitlab)?;
    let state = gitlab.lock();
    if !gitlab.has_group_hooks_license(&state) {
        return Err(ApiError::forbidden());
    }
    let (after, before) = (time(&call.params, "created_after")?, time(&call.params, "created_before")?);
    if after.zip(before).is_some_and(|(after, before)| before.duration_since(after) > LONGEST) {
        return Err(ApiError::invalid("created_before is more than 30 days after created_after"));
    }
    let entity_type = call.params.word("entity_type", &ENTITY_TYPES)?;
    let entity_id = call.params.integer("entity_id")?.map(|id| u64::try_from(id).unwrap_or(0));
    let cursor = call.params.integer("cursor")?.map(|id| u64::try_from(id).unwrap_or(0));
    let is_wanted = |event: &&StoredAuditEvent| {
        let (kind, id) = event.entity.type_and_id();
        after.is_none_or(|after| event.at >= after)
            && before.is_none_or(|before| event.at <= before)
            && entity_type.as_ref().is_none_or(|wanted| wanted == kind)
            && entity_id.is_none_or(|wanted| wanted == id)
            && cursor.is_none_or(|cursor| event.id < cursor)
    };
    let events = state.audit_events.iter().rev().filter(is_wanted);
    let page = match call.params.text("pagination")?.as_deref() {
        Some("keyset") => pages::keyset(&state, &call, events, |last| ("cursor", last.id.to_string()))?,
        _ => pages::limited_offset(&state, &call, "AuditEvent", events.collect())?,
    };
    Ok(page.answer(|event| entity(&state, event)))
}

fn time(params: &Params, name: &str) -> Result<Option<Timestamp>, ApiError> {
    let invalid = |_| ApiError::invalid(&format!("{name} is invalid"));
    params.text(name)?.map(|text| text.parse().map_err(invalid)).transpose()
}

/// gitlab: ee/lib/ee/api/entities/audit_event.rb
fn entity(state: &GitLabState, event: &StoredAuditEvent) -> Value {
    let (entity_type, entity_id) = event.entity.type_and_id();
    let author = state.users.get(&event.author).map(|user| user.name.clone()).unwrap_or_default();
    json!({
        "id": event.id,
        "author_id": event.author,
        "entity_id": entity_id,
        "entity_type": entity_type,
        "details": {
            "event_name": event.kind,
            "author_name": author,
            "author_class": "User",
            "target_id": event.target_id,
            "target_type": event.target_type,
            "target_details": event.target,
            "custom_message": event.message,
            "ip_address": "127.0.0.1",
            "entity_path": event.entity.path(state),
        },
        "event_type": event.kind,
        "created_at": format!("{:.3}", event.at),
    })
}

impl GitLabState {
    /// Notes what was done to an instance-wide application, from the version on that does.
    pub(super) fn audit_application(&mut self, author: u64, kind: &'static str, application: &StoredApplication) {
        let first = if kind == "oauth_application_created" { (18, 2) } else { (19, 0) };
        if (self.version.major, self.version.minor) >= first {
            let message = kind.replace('_', " ");
            self.audit(StoredAuditEvent {
                target_type: "Authn::OauthApplication",
                target_id: application.id,
                target: application.name.clone(),
                message,
                ..self.event(author, kind, AuditEntity::Instance)
            });
        }
    }

    /// Notes that a hook was created or destroyed. There is no event for its change.
    pub(super) fn audit_hook(&mut self, author: u64, kind: &'static str, hook: (Owner, u64)) {
        let (owner, id) = hook;
        if (self.version.major, self.version.minor) >= (17, 1) {
            let target_type = match owner {
                Owner::System => "SystemHook",
                Owner::Group(_) => "GroupHook",
                Owner::Project(_) => "ProjectHook",
            };
            self.audit(StoredAuditEvent {
                target_type,
                target_id: id,
                target: format!("Hook {id}"),
                message: kind.replace('_', " "),
                ..self.event(author, kind, owner.into())
            });
        }
    }

    /// Notes what was done to a user's token.
    pub(super) fn audit_token(&mut self, author: u64, kind: &'static str, token: &StoredToken) {
        self.audit(StoredAuditEvent {
            target_type: "PersonalAccessToken",
            target_id: token.id,
            target: token.name.clone(),
            message: kind.replace('_', " "),
            ..self.event(author, kind, AuditEntity::User(token.user))
        });
    }

    fn event(&self, author: u64, kind: &'static str, entity: AuditEntity) -> StoredAuditEvent {
        let at = self.clock.now();
        StoredAuditEvent {
            id: 0,
            author,
            entity,
            kind,
            message: String::new(),
            target_type: "",
            target_id: 0,
            target: String::new(),
            at,
        }
    }

    fn audit(&mut self, event: StoredAuditEvent) {
        let id = self.audit_events.last().map_or(1, |last| last.id + 1);
        self.audit_events.push(StoredAuditEvent { id, ..event });
    }
}
