//! Tests a hook, lists its deliveries and resends them.
//!
//! gitlab: lib/api/hooks/trigger_test.rb, events.rb, resend_hook.rb, app/services/test_hooks/

use axum::Json;
use axum::extract::State as Shared;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::{HookKind, HookRequest, Owner, since};
use crate::sandbox::gitlab::GitLab;
use crate::sandbox::gitlab::error::ApiError;
use crate::sandbox::gitlab::hooks::delivery::WebhookDelivery;
use crate::sandbox::gitlab::hooks::log::{LogEntry, LogFilter};
use crate::sandbox::gitlab::hooks::{HookEvent, HookRef, payload};
use crate::sandbox::gitlab::pages;
use crate::sandbox::gitlab::params;
use crate::sandbox::gitlab::state::{GitLabState, ProjectNamespace, StoredProject};

/// What the rate limit counts by.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(in crate::sandbox::gitlab::hooks) struct LimitKey {
    owner: Owner,
    user: u64,
    what: LimitedAction,
}

#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
enum LimitedAction {
    Test,
    Resend,
}

impl GitLab {
    /// gitlab: lib/gitlab/application_rate_limiter.rb (`web_hook_test`, `web_hook_event_resend`)
    fn check_limit(&self, limited: LimitKey) -> Result<(), ApiError> {
        let minute = self.clock().now().as_second().div_euclid(60);
        let mut state = self.lock();
        let most = state.hooks.quirks.test_limit;
        let counted = state.hooks.limiter.entry(limited).or_insert((minute, 0));
        if counted.0 != minute {
            *counted = (minute, 0);
        }
        counted.1 += 1;
        if counted.1 <= most {
            return Ok(());
        }
        Err(ApiError::rate_limited())
    }
}

fn unprocessable(text: impl Into<Value>) -> ApiError {
    ApiError::message(StatusCode::UNPROCESSABLE_ENTITY, text)
}

/// Delivers at once, whether the hook subscribes to the event or not and whether it is disabled or not.
pub(super) async fn test(Shared(gitlab): Shared<GitLab>, request: HookRequest) -> Result<Response, ApiError> {
    match request.kind {
        HookKind::Group => since(&gitlab, 17, 1)?,
        HookKind::Project | HookKind::System => since(&gitlab, 16, 11)?,
    }
    let (hook, caller) = request.hook(&gitlab)?;
    let wrong = || ApiError::invalid("trigger does not have a valid value");
    let event = HookEvent::testable(request.part("trigger")).ok_or_else(wrong)?;
    if gitlab.is_at_least(17, 1) {
        gitlab.check_limit(LimitKey { owner: hook.owner, user: caller.user, what: LimitedAction::Test })?;
    }
    let payload = {
        let state = gitlab.lock();
        let payload = test_payload(&state, hook.owner, event, caller.user).map_err(unprocessable)?;
        if state.settings.silent_mode_enabled {
            return Err(unprocessable("Silent mode enabled"));
        }
        payload
    };
    let row = event.row();
    let delivery =
        WebhookDelivery { header: row.header, trigger: row.trigger.to_owned(), payload, key: None, chain: None };
    let outcome = gitlab.deliver(hook, delivery).await.ok_or_else(ApiError::record_not_found)?;
    match outcome.response {
        Ok(response) if (200..300).contains(&response.status) => {
            Ok((StatusCode::CREATED, Json(json!({"message": "201 Created"}))).into_response())
        }
        Ok(response) => Err(unprocessable(response.body)),
        Err(text) => Err(unprocessable(text)),
    }
}

/// The payload of a test, or GitLab's error if the project has no data for it.
fn test_payload(state: &GitLabState, owner: Owner, event: HookEvent, user: u64) -> Result<Value, &'static str> {
    let project = match owner {
        Owner::Project(id) => state.projects.get(&id).ok_or("Testing not available for this hook")?,
        Owner::Group(group) => first_project(state, group).ok_or(if event == HookEvent::Vulnerability {
            "Ensure the group has a project with vulnerabilities."
        } else {
            "Ensure the group has a project with commits."
        })?,
        Owner::System => return Err("Testing not available for this hook"),
    };
    let pushed = matches!(event, HookEvent::Push | HookEvent::TagPush);
    if project.empty_repo && pushed {
        return Ok(payload::canned_push());
    }
    if project.empty_repo || state.hooks.quirks.absent.contains(&event) {
        return Err(event.ensure());
    }
    Ok(payload::payload(state, project, event, user))
}

/// gitlab: ee/app/services/test_hooks/group_service.rb
fn first_project(state: &GitLabState, group: u64) -> Option<&StoredProject> {
    state.projects.values().find(|project| match project.namespace {
        ProjectNamespace::Group(home) => !project.empty_repo && state.lineage(home).any(|above| above.id == group),
        ProjectNamespace::User(_) => false,
    })
}

/// 201 with the mock payload, whatever the receiver answered.
pub(super) async fn test_system(Shared(gitlab): Shared<GitLab>, request: HookRequest) -> Result<Response, ApiError> {
    let (hook, _) = request.hook(&gitlab)?;
    let mock = payload::system_test();
    if !gitlab.lock().settings.silent_mode_enabled {
        let trigger = "project_create".to_owned();
        let delivery =
            WebhookDelivery { header: "System Hook", trigger, payload: mock.clone(), key: None, chain: None };
        gitlab.deliver(hook, delivery).await;
    }
    Ok((StatusCode::CREATED, Json(mock)).into_response())
}

pub(super) async fn events(Shared(gitlab): Shared<GitLab>, request: HookRequest) -> Result<Response, ApiError> {
    since(&gitlab, 17, 3)?;
    let (hook, _) = request.hook(&gitlab)?;
    let filter = LogFilter::read(&request.call.params, gitlab.clock().now())?;
    let state = gitlab.lock();
    let all = state.hooks.logs.get(&hook.id).map(Vec::as_slice).unwrap_or_default();
    let entries: Vec<&LogEntry> = all.iter().rev().filter(|entry| filter.matches(entry)).collect();
    Ok(pages::offset(&state, &request.call, entries)?.answer(|entry| entry.json(&gitlab)))
}

/// Sends the stored, redacted payload again under the same key; 201 even if the receiver refuses it.
pub(super) async fn resend(Shared(gitlab): Shared<GitLab>, request: HookRequest) -> Result<Response, ApiError> {
    since(&gitlab, 17, 4)?;
    let (hook, caller) = request.hook(&gitlab)?;
    gitlab.check_limit(LimitKey { owner: hook.owner, user: caller.user, what: LimitedAction::Resend })?;
    let delivery = stored_delivery(&gitlab, hook, params::id("hook_log_id", request.part("log_id"))?)?;
    let outcome = gitlab.deliver(hook, delivery).await.ok_or_else(ApiError::record_not_found)?;
    match outcome.response {
        Ok(response) => Ok((StatusCode::CREATED, Json(json!({"response_status": response.status}))).into_response()),
        Err(text) => Err(unprocessable(text)),
    }
}

/// The logged delivery as it is sent again.
fn stored_delivery(gitlab: &GitLab, target: HookRef, log: u64) -> Result<WebhookDelivery, ApiError> {
    let state = gitlab.lock();
    let hook = state.hooks.get(target).ok_or_else(ApiError::record_not_found)?;
    let entries = state.hooks.logs.get(&target.id).map(Vec::as_slice).unwrap_or_default();
    let entry = entries.iter().find(|entry| entry.id == log).ok_or_else(ApiError::record_not_found)?;
    if entry.sent.interpolated_url != hook.interpolated_url() {
        return Err(unprocessable("The hook URL has changed, and this log entry cannot be retried"));
    }
    if !gitlab.is_executable(&state, hook) {
        return Err(unprocessable("Hook disabled"));
    }
    Ok(WebhookDelivery {
        header: entry.sent.header,
        trigger: entry.sent.trigger.clone(),
        payload: entry.sent.request_data.clone(),
        key: entry.key(),
        chain: None,
    })
}
