//! Projects: the list with its filters and both pagings, and one project.
//!
//! gitlab: lib/api/projects.rb, app/finders/projects_finder.rb

use std::collections::HashSet;

use axum::extract::{Path, State as Shared};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};

use super::GitLab;
use super::access::Access;
use super::caller::{API, Call, Caller};
use super::pages;
use super::params::Params;
use super::refusal::Refusal;
use super::state::{Namespace, Project, State, level};

pub(super) fn routes() -> Router<GitLab> {
    Router::new().route("/projects", get(list)).route("/projects/{id}", get(show))
}

/// How many projects `GET /groups/:id` shows (gitlab: lib/api/entities/group_detail.rb).
const GROUP_PAGE_LIMIT: usize = 100;

/// What the list is narrowed to.
#[derive(Debug, Default)]
struct Filter {
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
}

impl Filter {
    fn read(params: &Params, admin: bool) -> Result<Self, Refusal> {
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
            pending_delete: admin && params.is("include_pending_delete")?,
            active: params.boolean("active")?,
        })
    }

    fn takes(&self, access: &Access<'_>, project: &Project) -> bool {
        let level = access.in_project(project);
        let sleeping = project.archived || project.marked_for_deletion.is_some();
        (self.pending_delete || !project.pending_delete)
            && self.id_after.is_none_or(|id| project.id > id)
            && self.id_before.is_none_or(|id| project.id < id)
            && self.archived.is_none_or(|archived| project.archived == archived)
            && self.active.is_none_or(|active| active != sleeping)
            && self.visibility.as_ref().is_none_or(|word| project.visibility.word() == word)
            // Membership counts for an admin too: these three ask what the caller was given, not what is allowed.
            && (!self.member || level > 0)
            && (!self.owned || level >= level::OWNER)
            && level >= self.min_access_level
            && access.sees_project(project)
            && self.found(project)
    }

    /// Every word has to be found, in the name or the path, or in the full path if namespaces are searched.
    fn found(&self, project: &Project) -> bool {
        self.search.iter().all(|word| {
            let full = self.search_namespaces && project.full_path.to_lowercase().contains(word);
            full || project.name.to_lowercase().contains(word) || project.path.to_lowercase().contains(word)
        })
    }
}

/// `min_access_level`, one of GitLab's levels; 0 when it is not given.
pub(super) fn access_level(params: &Params) -> Result<u8, Refusal> {
    let allowed = ["5", "10", "15", "20", "25", "30", "40", "50", "60"];
    let level = params.word("min_access_level", &allowed)?;
    Ok(level.and_then(|level| level.parse().ok()).unwrap_or(0))
}

async fn list(Shared(gitlab): Shared<GitLab>, call: Call) -> Result<Response, Refusal> {
    let caller = call.identify(&gitlab, API)?;
    let state = gitlab.lock();
    let access = Access::of(&state, caller.as_ref());
    let filter = Filter::read(&call.params, access.admin())?;
    let order = Order::read(&call.params)?;
    let shape = Shape { signed_in: caller.is_some(), simple: call.params.is("simple")? || caller.is_none() };
    let page = match call.params.text("pagination")?.as_deref() {
        Some("keyset") => by_keys(&call, &access, (&state, &filter, &order))?,
        _ => {
            let mut projects: Vec<&Project> =
                state.projects.values().filter(|project| filter.takes(&access, project)).collect();
            order.apply(&mut projects);
            pages::limited_offset(&state, &call, "Project", projects)?
        }
    };
    Ok(page.answer(|project| entity(&access, &state, (project, shape))))
}

/// Keyset paging goes by id only, and downwards unless told otherwise.
fn by_keys<'a>(
    call: &Call,
    access: &Access<'_>,
    (state, filter, order): (&'a State, &Filter, &Order),
) -> Result<pages::Page<&'a Project>, Refusal> {
    if order.by != By::Id {
        let text = "Keyset pagination is not yet available for this type of request";
        return Err(Refusal::error(StatusCode::METHOD_NOT_ALLOWED, text));
    }
    let after = filter.id_after.map_or(0, |id| id.saturating_add(1));
    let before = filter.id_before.unwrap_or(u64::MAX).max(after);
    let range = state.projects.range(after..before).map(|(_, project)| project);
    let wanted = |project: &&Project| filter.takes(access, project);
    match order.descending {
        true => pages::keyset(state, call, range.rev().filter(wanted), |last| ("id_before", last.id.to_string())),
        false => pages::keyset(state, call, range.filter(wanted), |last| ("id_after", last.id.to_string())),
    }
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum By {
    Id,
    Name,
    Path,
    Time,
}

/// `order_by` and `sort`; by creation time and downwards unless told otherwise.
#[derive(Debug)]
struct Order {
    by: By,
    descending: bool,
}

impl Order {
    fn read(params: &Params) -> Result<Self, Refusal> {
        let words = ["id", "name", "path", "created_at", "updated_at", "last_activity_at", "similarity", "star_count"];
        let by = match params.word("order_by", &words)?.as_deref() {
            Some("id") => By::Id,
            Some("name") => By::Name,
            Some("path") => By::Path,
            _ => By::Time,
        };
        let sort = params.word("sort", &["asc", "desc"])?;
        Ok(Self { by, descending: sort.as_deref() != Some("asc") })
    }

    fn apply(&self, projects: &mut [&Project]) {
        match self.by {
            // They are kept by id already.
            By::Id => {}
            By::Name => projects.sort_by(|a, b| a.name.cmp(&b.name).then(a.id.cmp(&b.id))),
            By::Path => projects.sort_by(|a, b| a.path.cmp(&b.path).then(a.id.cmp(&b.id))),
            By::Time => projects.sort_by_key(|project| (project.created_at, project.id)),
        }
        if self.descending {
            projects.reverse();
        }
    }
}

async fn show(Shared(gitlab): Shared<GitLab>, Path(id): Path<String>, call: Call) -> Result<Json<Value>, Refusal> {
    let caller = call.identify(&gitlab, API)?;
    let state = gitlab.lock();
    let project = state.visible_project(&id, caller.as_ref())?;
    let access = Access::of(&state, caller.as_ref());
    let shape = Shape { signed_in: caller.is_some(), simple: caller.is_none() };
    Ok(Json(entity(&access, &state, (project, shape))))
}

/// The projects of some groups, for `/groups/:id/projects`.
pub(super) fn in_groups(
    gitlab: &GitLab,
    call: &Call,
    (caller, groups): (Option<&Caller>, &HashSet<u64>),
) -> Result<Response, Refusal> {
    let state = gitlab.lock();
    let access = Access::of(&state, caller);
    let filter = Filter::read(&call.params, false)?;
    let order = Order::read(&call.params)?;
    let shape = Shape { signed_in: caller.is_some(), simple: call.params.is("simple")? || caller.is_none() };
    let inside = |project: &&Project| match project.namespace {
        Namespace::Group(home) => groups.contains(&home) && filter.takes(&access, project),
        Namespace::User(_) => false,
    };
    let mut projects: Vec<&Project> = state.projects.values().filter(inside).collect();
    order.apply(&mut projects);
    Ok(pages::offset(&state, call, projects)?.answer(|project| entity(&access, &state, (project, shape))))
}

/// The projects that a group's own page lists: at most 100, its own and not its subgroups'.
pub(super) fn of_group(state: &State, caller: Option<&Caller>, group: u64) -> Vec<Value> {
    let access = Access::of(state, caller);
    let shape = Shape { signed_in: false, simple: caller.is_none() };
    let own = |project: &&Project| {
        project.namespace.group() == Some(group) && !project.pending_delete && access.sees_project(project)
    };
    let projects = state.projects.values().rev().filter(own).take(GROUP_PAGE_LIMIT);
    projects.map(|project| entity(&access, state, (project, shape))).collect()
}

/// How much of a project is shown.
#[derive(Clone, Copy, Debug)]
struct Shape {
    signed_in: bool,
    simple: bool,
}

fn entity(access: &Access<'_>, state: &State, (project, shape): (&Project, Shape)) -> Value {
    let mut answer = basic(state, project);
    if shape.simple {
        return answer;
    }
    let more = json!({
        "packages_enabled": true,
        "empty_repo": project.empty_repo,
        "archived": project.archived,
        "visibility": project.visibility.word(),
        "owner": owner(state, project),
        "resolve_outdated_diff_discussions": false,
        "issues_enabled": true,
        "merge_requests_enabled": true,
        "wiki_enabled": true,
        "jobs_enabled": true,
        "snippets_enabled": true,
        "container_registry_enabled": true,
        "can_create_merge_request_in": true,
        "issues_access_level": "enabled",
        "repository_access_level": "enabled",
        "merge_requests_access_level": "enabled",
        "builds_access_level": "enabled",
        "wiki_access_level": "enabled",
        "shared_runners_enabled": true,
        "lfs_enabled": true,
        "creator_id": project.creator,
        "import_status": "none",
        "open_issues_count": 0,
        "updated_at": format!("{:.3}", project.created_at),
        "ci_config_path": "",
        "public_jobs": true,
        "shared_with_groups": [],
        "only_allow_merge_if_pipeline_succeeds": false,
        "request_access_enabled": true,
        "merge_method": "merge",
        "squash_option": "default_off",
        // Two names of one fact; the second is the one that lasts.
        "marked_for_deletion_at": project.marked_for_deletion.map(|day| day.to_string()),
        "marked_for_deletion_on": project.marked_for_deletion.map(|day| day.to_string()),
    });
    extend(&mut answer, more);
    if project.namespace.group().is_some() {
        answer.as_object_mut().map(|fields| fields.remove("owner"));
    }
    if shape.signed_in {
        answer["permissions"] = permissions(access, project);
    }
    answer
}

/// gitlab: lib/api/entities/basic_project_details.rb
fn basic(state: &State, project: &Project) -> Value {
    let path = &project.full_path;
    let web = state.link(&format!("/{path}"));
    let host = state.external_url.host_str().unwrap_or_default();
    let branch = (!project.empty_repo).then_some("main");
    let (namespace, above) = namespace(state, project.namespace);
    json!({
        "id": project.id,
        "description": null,
        "name": project.name,
        "name_with_namespace": format!("{above} / {}", project.name),
        "path": project.path,
        "path_with_namespace": path,
        "created_at": format!("{:.3}", project.created_at),
        "default_branch": branch,
        "tag_list": [],
        "topics": [],
        "ssh_url_to_repo": format!("git@{host}:{path}.git"),
        "http_url_to_repo": format!("{web}.git"),
        "web_url": web,
        "readme_url": branch.map(|branch| format!("{web}/-/blob/{branch}/README.md")),
        "forks_count": 0,
        "avatar_url": null,
        "star_count": 0,
        "last_activity_at": format!("{:.3}", project.created_at),
        "visibility": project.visibility.word(),
        "namespace": namespace,
    })
}

/// A namespace as projects show it, and its full name.
fn namespace(state: &State, namespace: Namespace) -> (Value, String) {
    match namespace {
        Namespace::Group(id) => match state.groups.get(&id) {
            Some(group) => (super::groups::namespace(state, group), group.full_name.clone()),
            None => (Value::Null, String::new()),
        },
        Namespace::User(id) => match state.users.get(&id) {
            Some(user) => (super::groups::user_namespace(state, user), user.name.clone()),
            None => (Value::Null, String::new()),
        },
    }
}

fn owner(state: &State, project: &Project) -> Value {
    match project.namespace {
        Namespace::User(id) => state.users.get(&id).map_or(Value::Null, |user| {
            json!({
                "id": user.id,
                "username": user.username,
                "name": user.name,
                "state": "active",
                "avatar_url": null,
                "web_url": state.link(&format!("/{}", user.username)),
            })
        }),
        Namespace::Group(_) => Value::Null,
    }
}

fn permissions(access: &Access<'_>, project: &Project) -> Value {
    let shown = |level: u8| match level {
        0 => Value::Null,
        level => json!({ "access_level": level, "notification_level": 3 }),
    };
    let (group, direct) = match project.namespace {
        Namespace::Group(group) => (access.in_group(group), access.direct(project)),
        Namespace::User(_) => (0, access.in_project(project)),
    };
    json!({ "project_access": shown(direct), "group_access": shown(group) })
}

fn extend(answer: &mut Value, more: Value) {
    if let (Value::Object(answer), Value::Object(more)) = (answer, more) {
        answer.extend(more);
    }
}
