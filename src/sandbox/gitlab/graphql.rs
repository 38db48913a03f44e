//! GraphQL: enough of it to list projects with their hooks, and to introspect the schema.
//!
//! gitlab: app/controllers/graphql_controller.rb, app/graphql/gitlab_schema.rb

mod query;
mod response;
mod schema;

use axum::extract::State as Shared;
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use serde_json::{Value, json};

use self::query::{ParsedQuery, QueryRequest};
use self::response::GraphqlResponder;
use self::schema::Schema;
use super::GitLab;
use super::auth::{API, Call, Caller};
use super::error::ApiError;
use super::permissions::Permissions;
use super::state::GitLabState;

/// Characters of a query; variables do not count.
const LARGEST_QUERY: usize = 10_000;

/// The largest complexity of a query: without a token, of a user, of an admin. gitlab: app/graphql/gitlab_schema.rb
const MAX_COMPLEXITY: [usize; 3] = [200, 250, 300];

pub(super) fn routes() -> Router<GitLab> {
    Router::new().route("/api/graphql", post(execute))
}

async fn execute(Shared(gitlab): Shared<GitLab>, call: Call) -> Response {
    let caller = match caller(&gitlab, &call) {
        Ok(caller) => caller,
        Err((status, message)) => return failed(status, message),
    };
    let query = call.params.text("query").ok().flatten().unwrap_or_default();
    if query.chars().count() > LARGEST_QUERY {
        return failed(StatusCode::UNPROCESSABLE_ENTITY, "Query too large");
    }
    let variables = call.params.get("variables").and_then(Value::as_object).cloned().unwrap_or_default();
    let state = gitlab.lock();
    Json(answered(&gitlab, &state, caller.as_ref(), QueryRequest { query: &query, variables: &variables }))
        .into_response()
}

/// The caller. A read scope is enough for a query, although it is sent as a POST. An admin's token counts as an
/// admin's here, with the scope `admin_mode` or without (`sessionless_bypass_admin_mode!`).
fn caller(gitlab: &GitLab, call: &Call) -> Result<Option<Caller>, (StatusCode, &'static str)> {
    let call = Call { method: Method::GET, ..call.clone() };
    let refused = |error: ApiError| match error.body.get("message") {
        Some(_) if error.status == StatusCode::FORBIDDEN => (StatusCode::FORBIDDEN, "API not accessible for user"),
        _ => (StatusCode::UNAUTHORIZED, "Invalid token"),
    };
    let caller = call.identify(gitlab, API).map_err(refused)?;
    let state = gitlab.lock();
    Ok(caller.map(|caller| {
        let admin = state.users.get(&caller.user).is_some_and(|user| user.admin);
        Caller { admin, ..caller }
    }))
}

fn answered(gitlab: &GitLab, state: &GitLabState, caller: Option<&Caller>, request: QueryRequest<'_>) -> Value {
    let schema = Schema::of(gitlab, &state.quirks.graphql);
    let parsed = match ParsedQuery::read(&schema, request) {
        Ok(parsed) => parsed,
        Err(errors) => return json!({ "errors": errors }),
    };
    let own = MAX_COMPLEXITY[caller.map_or(0, |caller| 1 + usize::from(caller.admin))];
    let most = state.quirks.graphql.max_complexity.unwrap_or(own);
    if parsed.complexity > most {
        let complexity = parsed.complexity;
        let text = format!("Query has complexity of {complexity}, which exceeds max complexity of {most}");
        return json!({ "errors": [{ "message": text }] });
    }
    GraphqlResponder { gitlab, state, schema: &schema, permissions: Permissions::of(state, caller) }
        .query(&parsed.fields)
}

fn failed(status: StatusCode, message: &str) -> Response {
    (status, Json(json!({ "errors": [{ "message": message }] }))).into_response()
}
