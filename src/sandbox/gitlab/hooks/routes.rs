//! The routes of hooks, shared by the three kinds where GitLab has them for all.
//!
//! gitlab: lib/api/project_hooks.rb, ee/lib/api/group_hooks.rb, lib/api/system_hooks.rb, lib/api/hooks/

mod custom_headers;
mod test_resend;

use std::collections::HashMap;

use axum::extract::{FromRequest, FromRequestParts as _, Path, Request, State as Shared};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};
use axum::{Extension, Json, Router};
use jiff::fmt::rfc2822;

use super::entity::{HookDetail, HookPresenter};
use super::{HookRef, Owner, StoredHook, UnlicensedGroups};
use crate::sandbox::gitlab::GitLab;
use crate::sandbox::gitlab::auth::{Call, Caller};
use crate::sandbox::gitlab::error::ApiError;
use crate::sandbox::gitlab::pages;
use crate::sandbox::gitlab::params;

pub(super) use self::test_resend::LimitKey;

/// The kind of hook that a route is about.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum HookKind {
    Project,
    Group,
    System,
}

/// The routes of webhooks, relative to `/api/v4`.
pub(crate) fn routes() -> Router<GitLab> {
    let logged = || {
        Router::new()
            .route("/{hook_id}", get(show).put(update).delete(remove))
            .route("/{hook_id}/test/{trigger}", post(test_resend::test))
            .route("/{hook_id}/events", get(test_resend::events))
            .route("/{hook_id}/events/{log_id}/resend", post(test_resend::resend))
    };
    let system = Router::new().route("/{hook_id}", get(show).put(update).delete(remove).post(test_resend::test_system));
    let site = |own: Router<GitLab>, kind: HookKind| own.merge(shared()).layer(Extension(kind));
    Router::new()
        .nest("/projects/{id}/hooks", site(logged(), HookKind::Project))
        .nest("/groups/{id}/hooks", site(logged(), HookKind::Group))
        .nest("/hooks", site(system, HookKind::System))
}

fn shared() -> Router<GitLab> {
    Router::new()
        .route("/", get(list).post(create))
        .route(
            "/{hook_id}/url_variables/{key}",
            put(custom_headers::put_variable).delete(custom_headers::delete_variable),
        )
        .route("/{hook_id}/custom_headers/{key}", put(custom_headers::put_header).delete(custom_headers::delete_header))
}

/// A request about hooks, with the parameters of its path.
struct HookRequest {
    kind: HookKind,
    path: HashMap<String, String>,
    call: Call,
}

impl FromRequest<GitLab> for HookRequest {
    type Rejection = ApiError;

    async fn from_request(request: Request, gitlab: &GitLab) -> Result<Self, ApiError> {
        let (mut parts, body) = request.into_parts();
        let kind = parts.extensions.get::<HookKind>().copied().ok_or_else(ApiError::no_route)?;
        let path = Path::from_request_parts(&mut parts, gitlab).await.map_err(|_| ApiError::no_route())?;
        let call = Call::from_request(Request::from_parts(parts, body), gitlab).await?;
        Ok(Self { kind, path: path.0, call })
    }
}

impl HookRequest {
    fn part(&self, name: &str) -> &str {
        self.path.get(name).map(String::as_str).unwrap_or_default()
    }

    fn hook_id(&self) -> Result<u64, ApiError> {
        params::id("hook_id", self.part("hook_id"))
    }

    /// The owner of the hooks, if the caller may see and change them.
    fn owner(&self, gitlab: &GitLab) -> Result<(Owner, Caller), ApiError> {
        if self.kind == HookKind::Group && !gitlab.is_enterprise() {
            return Err(ApiError::no_route());
        }
        if self.kind == HookKind::System {
            return Ok((Owner::System, self.call.require_admin(gitlab)?));
        }
        let caller = self.call.require(gitlab)?;
        let state = gitlab.lock();
        let strict = state.hooks.quirks.unlicensed_groups == UnlicensedGroups::Forbidden;
        if self.kind == HookKind::Group && strict && !gitlab.has_group_hooks_license(&state) {
            return Err(ApiError::forbidden());
        }
        let owner = if self.kind == HookKind::Project {
            Owner::Project(state.administered_project(self.part("id"), &caller)?.id)
        } else {
            Owner::Group(state.administered_group(self.part("id"), &caller)?.id)
        };
        Ok((owner, caller))
    }

    /// The hook that the path names, if the caller may see and change it.
    fn hook(&self, gitlab: &GitLab) -> Result<(HookRef, Caller), ApiError> {
        let (owner, caller) = self.owner(gitlab)?;
        let hook = HookRef { owner, id: self.hook_id()? };
        match gitlab.lock().hooks.get(hook) {
            Some(_) => Ok((hook, caller)),
            None => Err(ApiError::record_not_found()),
        }
    }
}

/// 404 from a GitLab that is older than the route.
fn since(gitlab: &GitLab, major: u16, minor: u16) -> Result<(), ApiError> {
    if gitlab.is_at_least(major, minor) { Ok(()) } else { Err(ApiError::no_route()) }
}

fn respond(gitlab: &GitLab, status: StatusCode, hook: HookRef) -> Result<Response, ApiError> {
    let state = gitlab.lock();
    let hook = state.hooks.get(hook).ok_or_else(ApiError::record_not_found)?;
    let shown = HookPresenter { gitlab, quirks: &state.hooks.quirks, detail: HookDetail::Full };
    Ok((status, Json(shown.hook(hook))).into_response())
}

async fn list(Shared(gitlab): Shared<GitLab>, request: HookRequest) -> Result<Response, ApiError> {
    let (owner, _) = request.owner(&gitlab)?;
    let state = gitlab.lock();
    // Only the list of a project's hooks is known to omit them.
    let detail = if request.kind == HookKind::Project { HookDetail::Listed } else { HookDetail::Full };
    let shown = HookPresenter { gitlab: &gitlab, quirks: &state.hooks.quirks, detail };
    let hooks: Vec<&StoredHook> = state.hooks.of(owner).collect();
    Ok(pages::offset(&state, &request.call, hooks)?.answer(|hook| shown.hook(hook)))
}

async fn create(Shared(gitlab): Shared<GitLab>, request: HookRequest) -> Result<Response, ApiError> {
    let (owner, caller) = request.owner(&gitlab)?;
    let id = gitlab.lock().create_hook(&gitlab, owner, &request.call.params)?;
    gitlab.lock().audit_hook(caller.user, "webhook_created", (owner, id));
    respond(&gitlab, StatusCode::CREATED, HookRef { owner, id })
}

async fn show(Shared(gitlab): Shared<GitLab>, request: HookRequest) -> Result<Response, ApiError> {
    let (hook, _) = request.hook(&gitlab)?;
    respond(&gitlab, StatusCode::OK, hook)
}

async fn update(Shared(gitlab): Shared<GitLab>, request: HookRequest) -> Result<Response, ApiError> {
    let (hook, _) = request.hook(&gitlab)?;
    gitlab.lock().update_hook(&gitlab, hook, &request.call.params)?;
    respond(&gitlab, StatusCode::OK, hook)
}

/// gitlab: `destroy_conditionally!`, lib/api/helpers.rb
async fn remove(Shared(gitlab): Shared<GitLab>, request: HookRequest) -> Result<Response, ApiError> {
    let (hook, caller) = request.hook(&gitlab)?;
    let mut state = gitlab.lock();
    let header = request.call.headers.get("if-unmodified-since").and_then(|value| value.to_str().ok());
    let since = header.and_then(|text| rfc2822::parse(text).ok()).map(|time| time.timestamp());
    let updated = state.hooks.get(hook).map(|hook| hook.updated_at);
    if since.is_some_and(|since| updated > Some(since)) {
        return Err(ApiError::message(StatusCode::PRECONDITION_FAILED, "412 Precondition Failed"));
    }
    state.hooks.remove(hook);
    state.audit_hook(caller.user, "webhook_destroyed", (hook.owner, hook.id));
    Ok(StatusCode::NO_CONTENT.into_response())
}
