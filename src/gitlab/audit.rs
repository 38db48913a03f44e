//! What a review of a connection reads besides the checks: settings that matter, administrators, audit events.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::listing::{self, Listing};
use super::{Error, Reader};
use crate::http::limits::PAGE_SIZE;
use crate::http::{Expected, Pages};
use crate::network::outbound::OutboundSettings;
use crate::secret::redact_addresses;

/// `GET /application/settings`, as far as it is about who can do what. `None` where the answer does not have it.
/// gitlab: lib/api/settings.rb
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct SecuritySettings {
    /// Whether an administrator's token acts as one only with the scope `admin_mode`.
    pub admin_mode: Option<bool>,
    /// Whether administrators can give an application scopes that need an administrator.
    pub disables_admin_scopes: Option<bool>,
    /// Whether webhooks may go to the local network.
    pub allows_local_webhooks: Option<bool>,
    pub outbound_allowlist: Option<Vec<String>>,
    /// Seconds.
    pub oauth_token_lifetime: Option<u64>,
    pub allows_immediate_deletion: Option<bool>,
    /// Whether every user can register applications.
    pub allows_user_applications: Option<bool>,
    pub requires_token_expiry: Option<bool>,
}

/// What the answer has to have one of, to be GitLab's settings at all.
const KNOWN: [&str; 4] = [
    "admin_mode",
    "disable_admin_oauth_scopes",
    "allow_local_requests_from_web_hooks_and_services",
    "user_oauth_applications",
];

impl SecuritySettings {
    fn read(answer: &Map<String, Value>) -> Result<Self, &'static str> {
        if !KNOWN.iter().any(|key| answer.get(*key).is_some_and(|value| !value.is_null())) {
            return Err("it has none of the settings that are looked for");
        }
        let switch = |key: &str| match answer.get(key) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => value.as_bool().map(Some).ok_or("a setting has another form"),
        };
        let raw = answer.get("outbound_local_requests_allowlist_raw").and_then(Value::as_str);
        Ok(Self {
            admin_mode: switch("admin_mode")?,
            disables_admin_scopes: switch("disable_admin_oauth_scopes")?,
            allows_local_webhooks: switch("allow_local_requests_from_web_hooks_and_services")?,
            outbound_allowlist: raw.map(OutboundSettings::entries),
            oauth_token_lifetime: answer.get("oauth_access_token_expires_in").and_then(Value::as_u64),
            allows_immediate_deletion: switch("allow_immediate_namespaces_deletion")?,
            allows_user_applications: switch("user_oauth_applications")?,
            requires_token_expiry: switch("require_personal_access_token_expiry")?,
        })
    }
}

/// A user as lists show one. gitlab: lib/api/entities/user_basic.rb
#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
pub struct Administrator {
    pub id: u64,
    pub username: String,
}

/// Whose audit events.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum EventScope {
    /// Those of the instance itself: applications, system hooks.
    Instance,
    User(u64),
    Group(u64),
    Project(u64),
}

impl EventScope {
    fn query(&self) -> String {
        match self {
            Self::Instance => "entity_type=Gitlab%3A%3AAudit%3A%3AInstanceScope".to_owned(),
            Self::User(id) => format!("entity_type=User&entity_id={id}"),
            Self::Group(id) => format!("entity_type=Group&entity_id={id}"),
            Self::Project(id) => format!("entity_type=Project&entity_id={id}"),
        }
    }
}

/// Days of which audit events are read: from the beginning of the first to the beginning of the last. GitLab takes at most 30.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct EventDays {
    pub from: Date,
    pub to: Date,
}

/// gitlab: ee/lib/ee/api/entities/audit_event.rb
#[derive(Deserialize)]
struct AuditEventWire {
    id: u64,
    #[serde(default)]
    entity_type: String,
    #[serde(default)]
    details: Map<String, Value>,
    #[serde(default)]
    event_type: Option<String>,
    created_at: Timestamp,
}

/// Something that was done, and by whom.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct AuditEvent {
    pub id: u64,
    /// `oauth_application_updated`, where the version shows it.
    pub kind: Option<String>,
    /// What GitLab says of it.
    pub message: String,
    pub author: String,
    /// `Authn::OauthApplication`, `ProjectHook`, `PersonalAccessToken`.
    pub target_type: String,
    pub target_id: String,
    pub target: String,
    /// The path of the group or project, or the user.
    pub place: String,
    pub at: Timestamp,
}

impl From<AuditEventWire> for AuditEvent {
    fn from(wire: AuditEventWire) -> Self {
        let text = |key: &str| match wire.details.get(key) {
            // Events about a webhook hold its address, and with it what others put into theirs of passwords and tokens.
            Some(Value::String(text)) => redact_addresses(text).into_owned(),
            Some(Value::Number(number)) => number.to_string(),
            _ => String::new(),
        };
        let done = ["custom_message", "add", "remove", "change"].map(text).into_iter().find(|said| !said.is_empty());
        let place = match text("entity_path") {
            path if path.is_empty() => wire.entity_type.clone(),
            path => path,
        };
        Self {
            id: wire.id,
            message: done.unwrap_or_default(),
            author: text("author_name"),
            target_type: text("target_type"),
            target_id: text("target_id"),
            target: text("target_details"),
            place,
            kind: wire.event_type.or_else(|| Some(text("event_name")).filter(|name| !name.is_empty())),
            at: wire.created_at,
        }
    }
}

/// Audit events, 100 at a time, by keyset, newest first.
pub struct AuditEventPages {
    list: Listing<AuditEventWire, AuditEvent>,
    is_finished: bool,
}

impl AuditEventPages {
    /// The next page; `None` after the last. A page that is not full is the last one, whatever its `Link` says.
    ///
    /// # Errors
    /// 403 unless the caller is an effective admin, or where the license does not have them; 404 on Community Edition.
    pub async fn next_page(&mut self) -> Result<Option<Vec<AuditEvent>>, Error> {
        let page = self.list.next().await?;
        if page.as_ref().is_none_or(|page| page.len() < PAGE_SIZE) {
            self.list.finish();
            self.is_finished = true;
        }
        Ok(page)
    }

    /// Whether the last page was read.
    #[must_use]
    pub const fn is_finished(&self) -> bool {
        self.is_finished
    }
}

impl Reader {
    /// The settings that decide who can do what.
    ///
    /// # Errors
    /// 403 unless the caller is an effective admin.
    pub async fn security_settings(&self) -> Result<SecuritySettings, Error> {
        const EXPECTED: Expected = "GitLab's settings";
        let response = self.http.send(&self.request("/application/settings")).await?;
        let answer: Map<String, Value> = response.json(EXPECTED)?;
        SecuritySettings::read(&answer).map_err(|why| response.decode_error(EXPECTED, why))
    }

    /// The active administrators.
    ///
    /// # Errors
    /// Those of any request. For a caller who is not an effective admin GitLab ignores what is asked for, and lists all users.
    pub async fn administrators(&self) -> Result<Vec<Administrator>, Error> {
        let path = "/users?admins=true&active=true&order_by=id&sort=asc&per_page=100";
        self.list::<Administrator, _>(path, "a list of users").collect_small().await
    }

    /// The audit events of some days, newest first (Premium).
    #[must_use]
    pub fn audit_events(&self, scope: &EventScope, days: EventDays) -> AuditEventPages {
        let time = |day: Date| listing::encoded(&format!("{day}T00:00:00Z"));
        let EventDays { from, to } = days;
        let path = format!(
            "/audit_events?{}&created_after={}&created_before={}&pagination=keyset&order_by=id&sort=desc&per_page=100",
            scope.query(),
            time(from),
            time(to),
        );
        let pages = Pages::new(self.http.clone(), self.request(&path));
        let list = Listing::new(pages, "a list of audit events").allow_empty_last_page();
        AuditEventPages { list, is_finished: false }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(value: Value) -> Result<SecuritySettings, &'static str> {
        SecuritySettings::read(&serde_json::from_value(value).expect("an object"))
    }

    #[test]
    fn what_has_none_of_gitlabs_settings_is_not_taken_for_them() {
        for value in [json!({}), json!({ "admin_mode": null }), json!({ "admin_mode": "yes" })] {
            assert!(read(value.clone()).is_err(), "{value}");
        }
        let settings = read(json!({
            "admin_mode": true,
            "oauth_access_token_expires_in": 7200,
            "outbound_local_requests_allowlist_raw": "a\nb",
        }));
        let wanted = SecuritySettings {
            admin_mode: Some(true),
            oauth_token_lifetime: Some(7200),
            outbound_allowlist: Some(vec!["a".to_owned(), "b".to_owned()]),
            ..SecuritySettings::default()
        };
        assert_eq!(settings, Ok(wanted));
    }

    #[test]
    fn addresses_in_an_event_come_without_passwords_and_tokens() {
        let address = "https://ann:hunter2@hooks.acme.com/a?token=letmein";
        for key in ["custom_message", "add", "target_details", "author_name", "entity_path"] {
            let value = json!({
                "id": 1, "created_at": "2026-08-30T07:00:41.885Z", "event_type": null,
                "details": { key: format!("webhook {address}") },
            });
            let event = AuditEvent::from(serde_json::from_value::<AuditEventWire>(value).expect("an event"));
            let told = format!("{event:?}");
            assert!(told.contains("webhook https://hooks.acme.com/a\""), "{told}");
            assert!(!told.contains("hunter2") && !told.contains("letmein"), "{told}");
        }
    }

    #[test]
    fn an_event_is_read_as_each_version_has_it() {
        let event = |value| AuditEvent::from(serde_json::from_value::<AuditEventWire>(value).expect("an event"));
        let older = event(json!({
            "id": 1, "entity_id": 6, "entity_type": "Project", "created_at": "2026-08-30T07:00:41.885Z",
            "details": { "add": "hook", "author_name": "Ann", "target_id": 7, "target_type": "ProjectHook",
                         "target_details": "Hook 7", "entity_path": "acme/web" },
        }));
        assert_eq!((older.message.as_str(), older.kind, older.target_id.as_str()), ("hook", None, "7"));
        assert_eq!((older.author.as_str(), older.place.as_str()), ("Ann", "acme/web"));
        let newer = event(json!({
            "id": 2, "entity_type": "Gitlab::Audit::InstanceScope", "created_at": "2026-08-30T07:00:41.885Z",
            "event_type": "oauth_application_updated", "details": { "custom_message": "changed" },
        }));
        assert_eq!(newer.kind.as_deref(), Some("oauth_application_updated"));
        assert_eq!(newer.place, "Gitlab::Audit::InstanceScope");
    }
}
