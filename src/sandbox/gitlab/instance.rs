//! Information about the instance: version, edition, license.

use axum::extract::State as Shared;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};

use super::GitLab;
use super::auth::{Call, READ_USER};
use super::error::ApiError;
use crate::sandbox::options::SandboxPlan;

pub(super) fn routes() -> Router<GitLab> {
    Router::new().route("/metadata", get(metadata)).route("/version", get(version)).route("/license", get(license))
}

async fn metadata(Shared(gitlab): Shared<GitLab>, call: Call) -> Result<Json<Value>, ApiError> {
    if !gitlab.is_at_least(15, 2) {
        return Err(ApiError::no_route());
    }
    version(Shared(gitlab), call).await
}

/// gitlab: lib/api/entities/metadata.rb
async fn version(Shared(gitlab): Shared<GitLab>, call: Call) -> Result<Json<Value>, ApiError> {
    call.require_scope(&gitlab, READ_USER)?;
    let version = gitlab.options().version;
    let tail = match (gitlab.is_cloud(), gitlab.is_enterprise()) {
        (true, _) => "-pre",
        (false, true) => "-ee",
        (false, false) => "",
    };
    let agent = gitlab.lock().link("/-/kubernetes-agent/");
    let mut answer = json!({
        "version": format!("{version}{tail}"),
        "revision": "5a9dbc4f2e1",
        "kas": {
            "enabled": true,
            "externalUrl": agent.replacen("http", "ws", 1),
            "externalK8sProxyUrl": format!("{agent}k8s-proxy/"),
            "version": version.to_string(),
        },
    });
    if gitlab.is_at_least(15, 6) {
        answer["enterprise"] = json!(gitlab.is_enterprise());
    }
    Ok(Json(answer))
}

/// An EE without a license answers 200 with `null`. CE does not have the route.
/// gitlab: ee/lib/api/license.rb
async fn license(Shared(gitlab): Shared<GitLab>, call: Call) -> Result<Response, ApiError> {
    if !gitlab.is_enterprise() {
        return Err(ApiError::no_route());
    }
    call.require_admin(&gitlab)?;
    let plan = match gitlab.options().plan {
        SandboxPlan::None => return Ok(Json(Value::Null).into_response()),
        SandboxPlan::Premium => "premium",
        SandboxPlan::Ultimate => "ultimate",
    };
    let state = gitlab.lock();
    let plan = state.quirks.license_plan.unwrap_or(plan);
    let (expired, today) = (state.quirks.license_expired, gitlab.clock().today());
    let days = |days: i64| today.saturating_add(jiff::Span::new().days(days)).to_string();
    let users = state.users.values().filter(|user| !user.bot).count();
    let answer = json!({
        "id": 1,
        "plan": plan,
        "created_at": format!("{}T00:00:00.000Z", days(-400)),
        "starts_at": days(-400),
        "expires_at": days(if expired { -35 } else { 330 }),
        "historical_max": users,
        "maximum_user_count": users,
        "expired": expired,
        "overage": 0,
        "user_limit": 100,
        "active_users": users,
        "licensee": { "Name": "Sandbox", "Company": "Sandbox", "Email": "root@sandbox.example" },
        "add_ons": {},
    });
    Ok(Json(answer).into_response())
}
