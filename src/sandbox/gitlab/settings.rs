//! The instance's application settings: those that change its behavior, and a few that clients only read.

use axum::extract::State as Shared;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::GitLab;
use super::auth::Call;
use super::error::ApiError;

/// A part of GitLab's settings, under GitLab's own names (gitlab: app/models/application_setting.rb).
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct ApplicationSettings {
    pub admin_mode: bool,
    /// From 18.5. gitlab: lib/api/projects.rb, `permanently_remove`
    pub allow_immediate_namespaces_deletion: bool,
    pub allow_local_requests_from_system_hooks: bool,
    pub allow_local_requests_from_web_hooks_and_services: bool,
    pub default_branch_name: Option<String>,
    /// Who may create projects in new groups, as a number (gitlab: lib/gitlab/access.rb).
    pub default_project_creation: u8,
    pub default_project_visibility: String,
    pub deletion_adjourned_period: u32,
    pub deny_all_requests_except_allowed: bool,
    pub disable_admin_oauth_scopes: bool,
    pub disable_personal_access_tokens: bool,
    pub dns_rebinding_protection_enabled: bool,
    /// `ssh` or `http`; empty for both.
    pub enabled_git_access_protocol: Option<String>,
    /// What every group lets in whatever it restricts.
    pub globally_allowed_ips: String,
    pub home_page_url: Option<String>,
    pub instance_token_prefix: String,
    pub maintenance_mode: bool,
    pub maintenance_mode_message: Option<String>,
    /// Seconds. gitlab: lib/api/settings.rb
    pub oauth_access_token_expires_in: u64,
    /// The outbound allowlist, an entry a line. The documented list `outbound_local_requests_whitelist` is neither returned
    /// nor settable (gitlab: app/helpers/application_settings_helper.rb, `visible_attributes`).
    pub outbound_local_requests_allowlist_raw: String,
    pub personal_access_token_prefix: String,
    pub push_event_hooks_limit: u32,
    pub require_personal_access_token_expiry: bool,
    pub restricted_visibility_levels: Vec<String>,
    pub ropc_without_client_credentials: bool,
    pub signup_enabled: bool,
    pub silent_mode_enabled: bool,
    pub user_oauth_applications: bool,
}

impl Default for ApplicationSettings {
    fn default() -> Self {
        Self {
            admin_mode: false,
            allow_immediate_namespaces_deletion: true,
            allow_local_requests_from_system_hooks: true,
            allow_local_requests_from_web_hooks_and_services: false,
            default_branch_name: None,
            default_project_creation: 2,
            default_project_visibility: "private".into(),
            deletion_adjourned_period: 30,
            deny_all_requests_except_allowed: false,
            disable_admin_oauth_scopes: false,
            disable_personal_access_tokens: false,
            dns_rebinding_protection_enabled: true,
            enabled_git_access_protocol: None,
            globally_allowed_ips: String::new(),
            home_page_url: None,
            instance_token_prefix: String::new(),
            maintenance_mode: false,
            maintenance_mode_message: None,
            oauth_access_token_expires_in: 7200,
            outbound_local_requests_allowlist_raw: String::new(),
            personal_access_token_prefix: "glpat-".into(),
            push_event_hooks_limit: 3,
            require_personal_access_token_expiry: true,
            restricted_visibility_levels: Vec::new(),
            ropc_without_client_credentials: false,
            signup_enabled: true,
            silent_mode_enabled: false,
            user_oauth_applications: true,
        }
    }
}

impl ApplicationSettings {
    /// Adds an entry to the outbound allowlist: a host or an address, with or without a port, or a range.
    pub fn allow_outbound(&mut self, entry: &str) {
        let raw = &mut self.outbound_local_requests_allowlist_raw;
        *raw = normalized(&format!("{raw}\n{entry}"));
    }

    /// The entries of the outbound allowlist.
    pub fn outbound_allowlist(&self) -> impl Iterator<Item = &str> {
        entries(&self.outbound_local_requests_allowlist_raw)
    }
}

/// gitlab: app/models/application_setting_implementation.rb, `strings_to_array`
fn entries(raw: &str) -> impl Iterator<Item = &str> {
    raw.split(|c: char| matches!(c, ';' | ',') || c.is_whitespace()).filter(|entry| !entry.is_empty())
}

fn normalized(raw: &str) -> String {
    entries(raw).collect::<Vec<_>>().join("\n")
}

/// Older names, which GitLab returns beside the present ones and still accepts (gitlab: lib/api/settings.rb,
/// lib/api/entities/application_setting.rb).
const OLDER_NAMES: [(&str, &str); 1] =
    [("allow_local_requests_from_hooks_and_services", "allow_local_requests_from_web_hooks_and_services")];

pub(super) fn routes() -> Router<GitLab> {
    Router::new().route("/application/settings", get(show).put(update))
}

async fn show(Shared(gitlab): Shared<GitLab>, call: Call) -> Result<Response, ApiError> {
    call.require_admin(&gitlab)?;
    let settings = gitlab.lock().settings.clone();
    Ok(Json(document(&settings)).into_response())
}

async fn update(Shared(gitlab): Shared<GitLab>, call: Call) -> Result<Response, ApiError> {
    call.require_admin(&gitlab)?;
    let mut state = gitlab.lock();
    let changed = overlay(&state.settings, call.params.all())?;
    state.settings = changed;
    Ok(Json(document(&state.settings)).into_response())
}

/// The settings with the given ones replaced; unknown names are ignored, as Grape does.
fn overlay(settings: &ApplicationSettings, given: &Map<String, Value>) -> Result<ApplicationSettings, ApiError> {
    let given = with_present_names(given);
    let mut document = serde_json::to_value(settings).unwrap_or_default();
    let Some(fields) = document.as_object_mut() else { return Err(ApiError::record_not_found()) };
    let known: Vec<&String> = given.keys().filter(|name| fields.contains_key(*name)).collect();
    if known.is_empty() {
        let names: Vec<&str> = fields.keys().map(String::as_str).collect();
        let problem = format!("{} are missing, at least one parameter must be provided", names.join(", "));
        return Err(ApiError::invalid(&problem));
    }
    for name in known {
        let current = fields[name].clone();
        let value = coerce(&current, &given[name]).ok_or_else(|| ApiError::invalid(&format!("{name} is invalid")))?;
        fields.insert(name.clone(), value);
    }
    let changed: ApplicationSettings =
        serde_json::from_value(document).map_err(|_| ApiError::invalid("settings are invalid"))?;
    let outbound_local_requests_allowlist_raw = normalized(&changed.outbound_local_requests_allowlist_raw);
    Ok(ApplicationSettings { outbound_local_requests_allowlist_raw, ..changed })
}

fn with_present_names(given: &Map<String, Value>) -> Map<String, Value> {
    let present =
        |name: &str| OLDER_NAMES.iter().find(|(older, _)| *older == name).map_or(name, |(_, now)| now).to_owned();
    given.iter().map(|(name, value)| (present(name), value.clone())).collect()
}

/// Converts a value to the type of the current one; forms send everything as text.
fn coerce(current: &Value, given: &Value) -> Option<Value> {
    match (current, given) {
        (Value::Bool(_), Value::Bool(_))
        | (Value::Number(_), Value::Number(_))
        | (Value::Array(_), Value::Array(_)) => Some(given.clone()),
        (Value::Bool(_), Value::String(text)) => text.parse().ok().map(Value::Bool),
        (Value::Number(_), Value::String(text)) => text.parse::<u64>().ok().map(Value::from),
        (Value::Array(_), Value::String(text)) => {
            Some(text.split([',', ' ', '\n']).filter(|part| !part.is_empty()).map(Value::from).collect())
        }
        (Value::String(_) | Value::Null, Value::String(_)) | (Value::Null, Value::Null) => Some(given.clone()),
        (Value::String(_), Value::Null) => Some(Value::from("")),
        _ => None,
    }
}

/// The settings as GitLab returns them, the older names beside the present ones.
fn document(settings: &ApplicationSettings) -> Value {
    let mut document = serde_json::to_value(settings).unwrap_or_default();
    for (older, now) in OLDER_NAMES {
        document[older] = document[now].clone();
    }
    document
}
