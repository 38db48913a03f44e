//! Namespaces: groups and users' own.
//!
//! gitlab: lib/api/namespaces.rb

use axum::Json;
use axum::extract::{Path, State as Shared};
use axum::response::Response;
use serde_json::{Value, json};

use super::{namespace, user_namespace};
use crate::sandbox::gitlab::GitLab;
use crate::sandbox::gitlab::auth::Call;
use crate::sandbox::gitlab::error::ApiError;
use crate::sandbox::gitlab::pages;
use crate::sandbox::gitlab::permissions::Permissions;
use crate::sandbox::gitlab::state::{StoredGroup, StoredUser, level};

/// The caller's own namespace and the groups the caller is a member of; an admin gets all.
pub(super) async fn list(Shared(gitlab): Shared<GitLab>, call: Call) -> Result<Response, ApiError> {
    let caller = call.require(&gitlab)?;
    let owned = call.params.is("owned_only")?;
    let top_level = call.params.is("top_level_only")?;
    let search = call.params.text("search")?.unwrap_or_default().to_lowercase();
    let state = gitlab.lock();
    let permissions = Permissions::of(&state, Some(&caller));
    let is_wanted_user = |user: &&StoredUser| {
        (user.id == caller.user || (caller.admin && !owned)) && user.username.to_lowercase().contains(&search)
    };
    let is_wanted_group = |group: &&StoredGroup| {
        let level = permissions.in_group(group.id);
        let is_own = if owned { level >= level::OWNER } else { caller.admin || level > 0 };
        is_own && (!top_level || group.parent.is_none()) && group.full_path.to_lowercase().contains(&search)
    };
    let users = state.users.values().filter(is_wanted_user).map(|user| user_namespace(&state, user));
    let groups = state.groups.values().filter(is_wanted_group).map(|group| namespace(&state, group));
    let all: Vec<Value> = users.chain(groups).map(|entry| with_plan(&gitlab, entry)).collect();
    Ok(pages::offset(&state, &call, all)?.answer(|entry| entry))
}

/// A group or a user's own namespace; 404 for one that the caller may not see.
pub(super) async fn show(
    Shared(gitlab): Shared<GitLab>,
    Path(id): Path<String>,
    call: Call,
) -> Result<Json<Value>, ApiError> {
    let caller = call.require(&gitlab)?;
    let state = gitlab.lock();
    let user = state.users.values().find(|user| user.namespace.to_string() == id || user.username == id);
    if let Some(user) = user.filter(|user| caller.admin || user.id == caller.user) {
        return Ok(Json(with_plan(&gitlab, user_namespace(&state, user))));
    }
    let group = state.visible_group(&id, Some(&caller)).map_err(|_| ApiError::not_found("Namespace"))?;
    let answer = namespace(&state, group);
    let owner = caller.admin || Permissions::of(&state, Some(&caller)).in_group(group.id) >= level::OWNER;
    Ok(Json(if owner { with_plan(&gitlab, answer) } else { answer }))
}

/// Whether a path is taken, at the top or below `parent_id`, and a free one like it.
pub(super) async fn exists(
    Shared(gitlab): Shared<GitLab>,
    Path(path): Path<String>,
    call: Call,
) -> Result<Json<Value>, ApiError> {
    call.require(&gitlab)?;
    let parent = call.params.integer("parent_id")?.and_then(|id| u64::try_from(id).ok());
    let state = gitlab.lock();
    let is_taken = |path: &str| {
        let is_group = |group: &StoredGroup| group.parent == parent && group.path.eq_ignore_ascii_case(path);
        let is_user = |user: &StoredUser| parent.is_none() && user.username.eq_ignore_ascii_case(path);
        state.groups.values().any(is_group) || state.users.values().any(is_user)
    };
    let exists = is_taken(&path);
    let free = (1..).map(|number: u32| format!("{path}{number}")).find(|path| !is_taken(path));
    Ok(Json(json!({ "exists": exists, "suggests": free.filter(|_| exists).into_iter().collect::<Vec<_>>() })))
}

/// A self-managed EE shows the plan of the namespace, which is not that of the license; on GitLab.com it is the subscription
/// (gitlab: doc/api/namespaces.md).
fn with_plan(gitlab: &GitLab, mut answer: Value) -> Value {
    if gitlab.is_enterprise() {
        let is_personal = answer["kind"] == "user";
        answer["plan"] = json!(match (gitlab.is_cloud(), is_personal) {
            (false, _) => "default",
            (true, true) => "free",
            (true, false) => "ultimate",
        });
    }
    answer
}
