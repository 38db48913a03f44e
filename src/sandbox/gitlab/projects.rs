//! Projects: the list with its filters and both kinds of pagination, and one project.
//!
//! gitlab: lib/api/projects.rb, app/finders/projects_finder.rb

mod create;
mod deletion;
mod entity;

use std::collections::HashSet;

use axum::extract::{Path, State as Shared};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::Value;

use entity::{ProjectView, entity};

use super::GitLab;
use super::auth::{API, Call, Caller};
use super::error::ApiError;
use super::pages;
use super::params::Params;
use super::permissions::Permissions;
use super::state::{GitLabState, ProjectNamespace, StoredProject, level};

pub(super) fn routes() -> Router<GitLab> {
    Router::new()
        .route("/projects", get(list).post(create::create))
        .route("/projects/{id}", get(show).delete(deletion::delete))
        .route("/projects/{id}/archive", post(deletion::archive))
        .route("/projects/{id}/restore", post(deletion::restore))
}

/// How many projects `GET /groups/:id` shows (gitlab: lib/api/entities/group_detail.rb).
const GROUP_PAGE_LIMIT: usize = 100;

/// The filters of the list.
#[derive(Debug, Default)]
struct ProjectFilter {
    archived: Option<bool>,
    member: bool,
    owned: bool,
    min_access_level: u8,
    search: Vec<String>,
    search_namespaces: bool,
    id_after: Option<u64>,
    id_before: Option<u64>,
    visibility: Option<String>,
    pending_delete: bool,
    active: Option<bool>,
    /// All of them, in any case.
    topics: Vec<String>,
}

/// Whether projects that are being deleted right now can be listed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum PendingDelete {
    /// With `include_pending_delete`, which is for admins.
    OnRequest,
    Never,
}

impl ProjectFilter {
    fn read(params: &Params, pending_delete: PendingDelete) -> Result<Self, ApiError> {
        let id = |name: &str| Ok(params.integer(name)?.map(|id| u64::try_from(id).unwrap_or(0)));
        let search = params.text("search")?.unwrap_or_default().to_lowercase();
        Ok(Self {
            archived: params.boolean("archived")?,
            member: params.is("membership")?,
            owned: params.is("owned")?,
            min_access_level: access_level(params)?,
            search: search.split_whitespace().map(str::to_owned).collect(),
            search_namespaces: params.is("search_namespaces")?,
            id_after: id("id_after")?,
            id_before: id("id_before")?,
            visibility: params.word("visibility", &["private", "internal", "public"])?,
            pending_delete: pending_delete == PendingDelete::OnRequest && params.is("include_pending_delete")?,
            active: params.boolean("active")?,
            topics: params.list("topic")?.unwrap_or_default(),
        })
    }

    fn matches(&self, permissions: &Permissions<'_>, project: &StoredProject) -> bool {
        let level = permissions.in_project(project);
        // gitlab: Project.self_and_ancestors_non_archived
        let is_archived = permissions.state().is_project_archived(project);
        let sleeping = is_archived || project.marked_for_deletion.is_some();
        (self.pending_delete || !project.pending_delete)
            && self.id_after.is_none_or(|id| project.id > id)
            && self.id_before.is_none_or(|id| project.id < id)
            && self.archived.is_none_or(|archived| is_archived == archived)
            && self.active.is_none_or(|active| active != sleeping)
            && self.visibility.as_ref().is_none_or(|word| project.visibility.word() == word)
            // An admin's membership counts too: these three filter by membership, not by what the caller is allowed to do.
            && (!self.member || level > 0)
            && (!self.owned || level >= level::OWNER)
            && level >= self.min_access_level
            && self.topics.iter().all(|topic| project.details.topics.iter().any(|own| own.eq_ignore_ascii_case(topic)))
            && permissions.can_see_project(project)
            && self.matches_search(project)
    }

    /// Every word has to occur in the name or the path, or in the full path if namespaces are searched.
    fn matches_search(&self, project: &StoredProject) -> bool {
        self.search.iter().all(|word| {
            let full = self.search_namespaces && project.full_path.to_lowercase().contains(word);
            full || project.name.to_lowercase().contains(word) || project.path.to_lowercase().contains(word)
        })
    }
}

/// `min_access_level`, one of GitLab's levels; 0 when it is not given.
pub(super) fn access_level(params: &Params) -> Result<u8, ApiError> {
    let allowed = ["5", "10", "15", "20", "25", "30", "40", "50", "60"];
    let level = params.word("min_access_level", &allowed)?;
    Ok(level.and_then(|level| level.parse().ok()).unwrap_or(0))
}

async fn list(Shared(gitlab): Shared<GitLab>, call: Call) -> Result<Response, ApiError> {
    let caller = call.identify(&gitlab, API)?;
    let state = gitlab.lock();
    let permissions = Permissions::of(&state, caller.as_ref());
    let filter = ProjectFilter::read(
        &call.params,
        if permissions.is_admin() { PendingDelete::OnRequest } else { PendingDelete::Never },
    )?;
    let order = ProjectOrder::read(&call.params)?;
    let view = ProjectView { signed_in: caller.is_some(), simple: call.params.is("simple")? || caller.is_none() };
    let page = match call.params.text("pagination")?.as_deref() {
        Some("keyset") => {
            by_keys(&call, &ProjectQuery { state: &state, permissions: &permissions, filter: &filter, order: &order })?
        }
        _ => {
            let mut projects: Vec<&StoredProject> =
                state.projects.values().filter(|project| filter.matches(&permissions, project)).collect();
            order.apply(&mut projects);
            pages::limited_offset(&state, &call, "Project", projects)?
        }
    };
    Ok(page.answer(|project| entity(&permissions, &state, project, view)))
}

/// What a list of projects is made from.
struct ProjectQuery<'a, 'q> {
    state: &'a GitLabState,
    permissions: &'q Permissions<'q>,
    filter: &'q ProjectFilter,
    order: &'q ProjectOrder,
}

/// Keyset pagination is by id only, descending by default.
fn by_keys<'a>(call: &Call, query: &ProjectQuery<'a, '_>) -> Result<pages::ListPage<&'a StoredProject>, ApiError> {
    let ProjectQuery { state, permissions, filter, order } = *query;
    if order.by != SortKey::Id {
        let text = "Keyset pagination is not yet available for this type of request";
        return Err(ApiError::error(StatusCode::METHOD_NOT_ALLOWED, text));
    }
    let after = filter.id_after.map_or(0, |id| id.saturating_add(1));
    let before = filter.id_before.unwrap_or(u64::MAX).max(after);
    let range = state.projects.range(after..before).map(|(_, project)| project);
    let wanted = |project: &&StoredProject| filter.matches(permissions, project);
    match order.descending {
        true => pages::keyset(state, call, range.rev().filter(wanted), |last| ("id_before", last.id.to_string())),
        false => pages::keyset(state, call, range.filter(wanted), |last| ("id_after", last.id.to_string())),
    }
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum SortKey {
    Id,
    Name,
    Path,
    Time,
}

/// `order_by` and `sort`; by creation time, descending, by default.
#[derive(Debug)]
struct ProjectOrder {
    by: SortKey,
    descending: bool,
}

impl ProjectOrder {
    fn read(params: &Params) -> Result<Self, ApiError> {
        let words = ["id", "name", "path", "created_at", "updated_at", "last_activity_at", "similarity", "star_count"];
        let by = match params.word("order_by", &words)?.as_deref() {
            Some("id") => SortKey::Id,
            Some("name") => SortKey::Name,
            Some("path") => SortKey::Path,
            _ => SortKey::Time,
        };
        let sort = params.word("sort", &["asc", "desc"])?;
        Ok(Self { by, descending: sort.as_deref() != Some("asc") })
    }

    fn apply(&self, projects: &mut [&StoredProject]) {
        match self.by {
            // The state keeps them in the order of their ids.
            SortKey::Id => {}
            SortKey::Name => projects.sort_by(|a, b| a.name.cmp(&b.name).then(a.id.cmp(&b.id))),
            SortKey::Path => projects.sort_by(|a, b| a.path.cmp(&b.path).then(a.id.cmp(&b.id))),
            SortKey::Time => projects.sort_by_key(|project| (project.created_at, project.id)),
        }
        if self.descending {
            projects.reverse();
        }
    }
}

async fn show(Shared(gitlab): Shared<GitLab>, Path(id): Path<String>, call: Call) -> Result<Json<Value>, ApiError> {
    let caller = call.identify(&gitlab, API)?;
    let state = gitlab.lock();
    let project = state.visible_project(&id, caller.as_ref())?;
    let permissions = Permissions::of(&state, caller.as_ref());
    let view = ProjectView { signed_in: caller.is_some(), simple: caller.is_none() };
    Ok(Json(entity(&permissions, &state, project, view)))
}

/// The projects of some groups, for `/groups/:id/projects`.
pub(super) fn in_groups(
    gitlab: &GitLab,
    call: &Call,
    caller: Option<&Caller>,
    groups: &HashSet<u64>,
) -> Result<Response, ApiError> {
    let state = gitlab.lock();
    let permissions = Permissions::of(&state, caller);
    let filter = ProjectFilter::read(&call.params, PendingDelete::Never)?;
    let order = ProjectOrder::read(&call.params)?;
    let view = ProjectView { signed_in: caller.is_some(), simple: call.params.is("simple")? || caller.is_none() };
    let inside = |project: &&StoredProject| match project.namespace {
        ProjectNamespace::Group(home) => groups.contains(&home) && filter.matches(&permissions, project),
        ProjectNamespace::User(_) => false,
    };
    let mut projects: Vec<&StoredProject> = state.projects.values().filter(inside).collect();
    order.apply(&mut projects);
    Ok(pages::offset(&state, call, projects)?.answer(|project| entity(&permissions, &state, project, view)))
}

/// The projects in the details of a group: at most 100, without those of subgroups.
pub(super) fn of_group(state: &GitLabState, caller: Option<&Caller>, group: u64) -> Vec<Value> {
    let permissions = Permissions::of(state, caller);
    let view = ProjectView { signed_in: false, simple: caller.is_none() };
    let own = |project: &&StoredProject| {
        project.namespace.group() == Some(group) && !project.pending_delete && permissions.can_see_project(project)
    };
    let projects = state.projects.values().rev().filter(own).take(GROUP_PAGE_LIMIT);
    projects.map(|project| entity(&permissions, state, project, view)).collect()
}
