//! A project as the API shows it.

use serde_json::{Value, json};

use crate::sandbox::gitlab::groups;
use crate::sandbox::gitlab::permissions::Permissions;
use crate::sandbox::gitlab::state::{GitLabState, ProjectNamespace, StoredProject};

/// How much of a project is shown.
#[derive(Clone, Copy, Debug)]
pub(super) struct ProjectView {
    pub signed_in: bool,
    pub simple: bool,
}

pub(super) fn entity(
    permissions: &Permissions<'_>,
    state: &GitLabState,
    project: &StoredProject,
    view: ProjectView,
) -> Value {
    let mut answer = basic(state, project);
    if view.simple {
        return answer;
    }
    let more = json!({
        "packages_enabled": true,
        "empty_repo": is_empty(state, project),
        "archived": project.archived,
        "visibility": project.visibility.word(),
        "owner": owner(state, project),
        "resolve_outdated_diff_discussions": false,
        "issues_enabled": true,
        "merge_requests_enabled": true,
        "wiki_enabled": true,
        "jobs_enabled": project.details.has_ci,
        "snippets_enabled": true,
        "container_registry_enabled": true,
        "can_create_merge_request_in": true,
        "issues_access_level": "enabled",
        "repository_access_level": "enabled",
        "merge_requests_access_level": "enabled",
        "builds_access_level": if project.details.has_ci { "enabled" } else { "disabled" },
        "wiki_access_level": "enabled",
        "auto_devops_enabled": project.details.auto_devops.unwrap_or(false),
        "shared_runners_enabled": project.details.shared_runners,
        "emails_disabled": !project.details.emails,
        "emails_enabled": project.details.emails,
        "lfs_enabled": true,
        "creator_id": project.creator,
        "import_status": "none",
        "open_issues_count": 0,
        "updated_at": format!("{:.3}", project.created_at),
        "ci_config_path": "",
        "public_jobs": true,
        "shared_with_groups": [],
        "only_allow_merge_if_pipeline_succeeds": project.details.merges_only_after_success,
        "request_access_enabled": true,
        "merge_method": project.details.merge_method,
        "squash_option": "default_off",
        // Two names for the same value; the first is deprecated.
        "marked_for_deletion_at": project.marked_for_deletion.map(|day| day.to_string()),
        "marked_for_deletion_on": project.marked_for_deletion.map(|day| day.to_string()),
    });
    extend(&mut answer, more);
    if project.namespace.group().is_some() {
        answer.as_object_mut().map(|fields| fields.remove("owner"));
    }
    if view.signed_in {
        answer["permissions"] = permissions_entity(permissions, project);
    }
    answer
}

/// gitlab: lib/api/entities/basic_project_details.rb
fn basic(state: &GitLabState, project: &StoredProject) -> Value {
    let path = &project.full_path;
    let web = state.link(&format!("/{path}"));
    let branch = (!is_empty(state, project)).then(|| project.branch());
    let (namespace, above) = namespace(state, project.namespace);
    json!({
        "id": project.id,
        "description": project.details.description,
        "name": project.name,
        "name_with_namespace": format!("{above} / {}", project.name),
        "path": project.path,
        "path_with_namespace": path,
        "created_at": format!("{:.3}", project.created_at),
        "default_branch": branch,
        "tag_list": project.details.topics,
        "topics": project.details.topics,
        "ssh_url_to_repo": state.ssh_url(path),
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

/// A repository that is not ready is empty as far as GitLab knows.
fn is_empty(state: &GitLabState, project: &StoredProject) -> bool {
    project.empty_repo || state.work.get(project.id).is_some_and(|work| work.repository.ready_at > state.clock.now())
}

/// A namespace as projects show it, and its full name.
fn namespace(state: &GitLabState, namespace: ProjectNamespace) -> (Value, String) {
    match namespace {
        ProjectNamespace::Group(id) => match state.groups.get(&id) {
            Some(group) => (groups::namespace(state, group), group.full_name.clone()),
            None => (Value::Null, String::new()),
        },
        ProjectNamespace::User(id) => match state.users.get(&id) {
            Some(user) => (groups::user_namespace(state, user), user.name.clone()),
            None => (Value::Null, String::new()),
        },
    }
}

fn owner(state: &GitLabState, project: &StoredProject) -> Value {
    match project.namespace {
        ProjectNamespace::User(id) => state.users.get(&id).map_or(Value::Null, |user| {
            json!({
                "id": user.id,
                "username": user.username,
                "name": user.name,
                "state": "active",
                "avatar_url": null,
                "web_url": state.link(&format!("/{}", user.username)),
            })
        }),
        ProjectNamespace::Group(_) => Value::Null,
    }
}

fn permissions_entity(permissions: &Permissions<'_>, project: &StoredProject) -> Value {
    let shown = |level: u8| match level {
        0 => Value::Null,
        level => json!({ "access_level": level, "notification_level": 3 }),
    };
    let (group, direct) = match project.namespace {
        ProjectNamespace::Group(group) => (permissions.in_group(group), permissions.direct(project)),
        ProjectNamespace::User(_) => (0, permissions.in_project(project)),
    };
    json!({ "project_access": shown(direct), "group_access": shown(group) })
}

fn extend(answer: &mut Value, more: Value) {
    if let (Value::Object(answer), Value::Object(more)) = (answer, more) {
        answer.extend(more);
    }
}
