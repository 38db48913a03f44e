//! Groups, their projects, and namespaces.
//!
//! gitlab: lib/api/groups.rb, lib/api/namespaces.rb, app/finders/groups_finder.rb

mod namespaces;

use std::collections::HashSet;

use axum::extract::{Path, State as Shared};
use axum::response::Response;
use axum::routing::get;
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::GitLab;
use super::auth::{API, Call};
use super::error::ApiError;
use super::pages;
use super::params::Params;
use super::permissions::Permissions;
use super::projects::{access_level, in_groups, of_group};
use super::state::{GitLabState, StoredGroup, StoredUser, level};
use crate::sandbox::options::SandboxPlan;

pub(super) fn routes() -> Router<GitLab> {
    Router::new()
        .route("/groups", get(list))
        .route("/groups/{id}", get(show))
        .route("/groups/{id}/projects", get(projects))
        .route("/groups/{id}/subgroups", get(subgroups))
        .route("/groups/{id}/descendant_groups", get(descendants))
        .route("/namespaces", get(namespaces::list))
        .route("/namespaces/{id}", get(namespaces::show))
        .route("/namespaces/{id}/exists", get(namespaces::exists))
}

/// The filters of a list of groups.
struct GroupFilter {
    top_level: bool,
    owned: bool,
    /// Every group the caller may see, or only those the caller is a member of.
    all: bool,
    min_access_level: u8,
    search: String,
    skip: Vec<String>,
    /// From 18.1; ignored before.
    archived: Option<bool>,
}

/// Which groups are listed unless the request says otherwise.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Availability {
    /// All that the caller may see.
    Visible,
    /// Only those that the caller is a member of.
    Membership,
}

impl GroupFilter {
    /// `all_available` is true by default for admins and for those who are not signed in.
    fn read(gitlab: &GitLab, params: &Params, default: Availability) -> Result<Self, ApiError> {
        let archived = if knows_archived_groups(gitlab) { params.boolean("archived")? } else { None };
        Ok(Self {
            archived,
            top_level: params.is("top_level_only")?,
            owned: params.is("owned")?,
            all: params.boolean("all_available")?.unwrap_or(default == Availability::Visible),
            min_access_level: access_level(params)?,
            search: params.text("search")?.unwrap_or_default().to_lowercase(),
            skip: params.list("skip_groups")?.unwrap_or_default(),
        })
    }

    fn matches(&self, permissions: &Permissions<'_>, group: &StoredGroup) -> bool {
        let level = permissions.in_group(group.id);
        let mine = match (self.owned, self.min_access_level) {
            (true, _) => level >= level::OWNER,
            (false, 0) => self.all || level > 0,
            (false, least) => level >= least,
        };
        mine && (!self.top_level || group.parent.is_none())
            && (self.search.is_empty()
                || group.name.to_lowercase().contains(&self.search)
                || group.path.to_lowercase().contains(&self.search))
            && !self.skip.contains(&group.id.to_string())
            && self.archived.is_none_or(|archived| permissions.state().is_group_archived(group.id) == archived)
            && (level > 0 || permissions.can_see_group(group))
    }
}

/// Keyset pagination is only for callers who are not signed in; all others get offset pagination.
async fn list(Shared(gitlab): Shared<GitLab>, call: Call) -> Result<Response, ApiError> {
    let caller = call.identify(&gitlab, API)?;
    let state = gitlab.lock();
    let permissions = Permissions::of(&state, caller.as_ref());
    let sees_all = permissions.is_admin() || caller.is_none();
    let default = if sees_all { Availability::Visible } else { Availability::Membership };
    let filter = GroupFilter::read(&gitlab, &call.params, default)?;
    let groups = ordered(&call, state.groups.values().filter(|group| filter.matches(&permissions, group)).collect())?;
    let keyset = call.params.text("pagination")?.as_deref() == Some("keyset");
    let page = match (&caller, keyset) {
        (None, true) => {
            let seen = call.params.text("cursor")?.and_then(|cursor| read_cursor(&cursor));
            let rest = groups.into_iter().skip_while(|group| {
                seen.as_ref().is_some_and(|(name, id)| (group.name.as_str(), group.id) <= (name.as_str(), *id))
            });
            pages::keyset(&state, &call, rest, |last| ("cursor", cursor(last)))?
        }
        (None, false) => pages::limited_offset(&state, &call, "Group", groups)?,
        (Some(_), _) => pages::offset(&state, &call, groups)?,
    };
    Ok(page.answer(|group| entity(&gitlab, &state, group)))
}

fn ordered<'a>(call: &Call, mut groups: Vec<&'a StoredGroup>) -> Result<Vec<&'a StoredGroup>, ApiError> {
    let by = call.params.word("order_by", &["name", "path", "id", "similarity"])?;
    match by.as_deref() {
        Some("id") => {}
        Some("path") => groups.sort_by(|a, b| a.path.cmp(&b.path).then(a.id.cmp(&b.id))),
        _ => groups.sort_by(|a, b| a.name.cmp(&b.name).then(a.id.cmp(&b.id))),
    }
    if call.params.word("sort", &["asc", "desc"])?.as_deref() == Some("desc") {
        groups.reverse();
    }
    Ok(groups)
}

fn cursor(last: &StoredGroup) -> String {
    URL_SAFE_NO_PAD.encode(json!({ "name": last.name, "id": last.id.to_string(), "_kd": "n" }).to_string())
}

fn read_cursor(cursor: &str) -> Option<(String, u64)> {
    let document: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(cursor).ok()?).ok()?;
    Some((document["name"].as_str()?.to_owned(), document["id"].as_str()?.parse().ok()?))
}

async fn show(Shared(gitlab): Shared<GitLab>, Path(id): Path<String>, call: Call) -> Result<Json<Value>, ApiError> {
    let caller = call.identify(&gitlab, API)?;
    let state = gitlab.lock();
    let group = state.visible_group(&id, caller.as_ref())?;
    let mut answer = entity(&gitlab, &state, group);
    answer["shared_with_groups"] = json!([]);
    // gitlab: ee/lib/ee/api/entities/group_detail.rb, where the license has the restriction
    if gitlab.options().plan != SandboxPlan::None && gitlab.is_enterprise() {
        answer["ip_restriction_ranges"] = json!(group.ip_restriction_ranges);
    }
    if group.has_saml {
        // gitlab: ee/lib/api/entities/saml_group_link.rb
        answer["saml_group_links"] = json!([{"name": format!("{}-members", group.path), "access_level": 30}]);
    }
    if call.params.boolean("with_projects")?.unwrap_or(true) {
        answer["projects"] = json!(of_group(&state, caller.as_ref(), group.id));
        answer["shared_projects"] = json!([]);
    }
    Ok(Json(answer))
}

async fn projects(Shared(gitlab): Shared<GitLab>, Path(id): Path<String>, call: Call) -> Result<Response, ApiError> {
    let caller = call.identify(&gitlab, API)?;
    let groups: HashSet<u64> = {
        let state = gitlab.lock();
        let top = state.visible_group(&id, caller.as_ref())?.id;
        match call.params.is("include_subgroups")? {
            true => below(&state, top).map(|group| group.id).chain([top]).collect(),
            false => HashSet::from([top]),
        }
    };
    in_groups(&gitlab, &call, caller.as_ref(), &groups)
}

async fn subgroups(Shared(gitlab): Shared<GitLab>, Path(id): Path<String>, call: Call) -> Result<Response, ApiError> {
    inside(&gitlab, &call, &id, |group, top| group.parent == Some(top))
}

async fn descendants(Shared(gitlab): Shared<GitLab>, Path(id): Path<String>, call: Call) -> Result<Response, ApiError> {
    inside(&gitlab, &call, &id, |_, _| true)
}

fn inside(
    gitlab: &GitLab,
    call: &Call,
    id: &str,
    wanted: impl Fn(&StoredGroup, u64) -> bool,
) -> Result<Response, ApiError> {
    let caller = call.identify(gitlab, API)?;
    let state = gitlab.lock();
    let top = state.visible_group(id, caller.as_ref())?.id;
    let permissions = Permissions::of(&state, caller.as_ref());
    let filter = GroupFilter::read(gitlab, &call.params, Availability::Visible)?;
    let groups = below(&state, top).filter(|group| wanted(group, top) && filter.matches(&permissions, group)).collect();
    let groups = ordered(call, groups)?;
    Ok(pages::offset(&state, call, groups)?.answer(|group| entity(gitlab, &state, group)))
}

/// Every group under this one, at any depth.
fn below(state: &GitLabState, top: u64) -> impl Iterator<Item = &StoredGroup> {
    state.groups.values().filter(move |group| state.lineage(group.id).skip(1).any(|above| above.id == top))
}

/// gitlab: lib/api/entities/namespace_basic.rb
pub(super) fn namespace(state: &GitLabState, group: &StoredGroup) -> Value {
    json!({
        "id": group.id,
        "name": group.name,
        "path": group.path,
        "kind": "group",
        "full_path": group.full_path,
        "parent_id": group.parent,
        "avatar_url": null,
        "web_url": state.link(&format!("/groups/{}", group.full_path)),
    })
}

/// The namespace of a user.
pub(super) fn user_namespace(state: &GitLabState, user: &StoredUser) -> Value {
    json!({
        "id": user.namespace,
        "name": user.name,
        "path": user.username,
        "kind": "user",
        "full_path": user.username,
        "parent_id": null,
        "avatar_url": null,
        "web_url": state.link(&format!("/{}", user.username)),
    })
}

/// The attribute and the filter came after 18.0 (gitlab-org/gitlab issue 519587).
fn knows_archived_groups(gitlab: &GitLab) -> bool {
    gitlab.is_at_least(18, 1)
}

/// gitlab: lib/api/entities/group.rb
fn entity(gitlab: &GitLab, state: &GitLabState, group: &StoredGroup) -> Value {
    let mut answer = json!({
        "id": group.id,
        "web_url": state.link(&format!("/groups/{}", group.full_path)),
        "name": group.name,
        "path": group.path,
        "description": "",
        "visibility": group.visibility.word(),
        "share_with_group_lock": false,
        "require_two_factor_authentication": false,
        "two_factor_grace_period": 48,
        "project_creation_level": group.project_creation.word(),
        "auto_devops_enabled": null,
        "subgroup_creation_level": "maintainer",
        "emails_disabled": false,
        "emails_enabled": true,
        "mentions_disabled": null,
        "lfs_enabled": true,
        "default_branch": null,
        "avatar_url": null,
        "request_access_enabled": true,
        "full_name": group.full_name,
        "full_path": group.full_path,
        "created_at": format!("{:.3}", group.created_at),
        "parent_id": group.parent,
        "shared_runners_setting": "enabled",
    });
    // Delayed deletion was a paid feature until 18.0.
    if gitlab.is_enterprise() || gitlab.is_at_least(18, 0) {
        answer["marked_for_deletion_on"] = json!(group.marked_for_deletion.map(|day| day.to_string()));
    }
    if knows_archived_groups(gitlab) {
        answer["archived"] = json!(state.is_group_archived(group.id));
    }
    if gitlab.is_at_least(17, 2) {
        answer["organization_id"] = json!(1);
    }
    answer
}
