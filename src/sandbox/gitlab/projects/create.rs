//! Creates projects, with GitLab's refusals in GitLab's order.
//!
//! gitlab: lib/api/projects.rb, app/services/projects/create_service.rb

use axum::Json;
use axum::extract::State as Shared;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::entity::{ProjectView, entity};
use crate::sandbox::gitlab::GitLab;
use crate::sandbox::gitlab::auth::{Call, Caller};
use crate::sandbox::gitlab::error::ApiError;
use crate::sandbox::gitlab::hooks::SystemEvent;
use crate::sandbox::gitlab::params::Params;
use crate::sandbox::gitlab::permissions::Permissions;
use crate::sandbox::gitlab::repository;
use crate::sandbox::gitlab::seed::ProjectSpec;
use crate::sandbox::gitlab::state::{
    GitLabState, ProjectCreation, ProjectDetails, ProjectNamespace, StoredProject, Visibility, level,
};

pub(super) async fn create(Shared(gitlab): Shared<GitLab>, call: Call) -> Result<Response, ApiError> {
    let caller = call.require(&gitlab)?;
    let new = NewProject::read(&call.params)?;
    let mut state = gitlab.lock();
    let state = &mut *state;
    check_daily_limit(&gitlab, state, &caller)?;
    let namespace = namespace(state, &call.params, &caller)?;
    let visibility = visibility(state, &call.params, namespace, &caller)?;
    check_limit(state, namespace)?;
    check_free(state, namespace, &new)?;
    let (now, with_readme) = (gitlab.clock().now(), call.params.is("initialize_with_readme")?);
    let spec = ProjectSpec { visibility, empty_repo: !with_readme, ..ProjectSpec::new(&new.path, namespace) };
    let id = state.add_project(spec, now);
    if let Some(project) = state.projects.get_mut(&id) {
        project.name = new.name;
        project.creator = caller.user;
        project.details = new.details;
    }
    let ready_at = state.repository_ready_at(now);
    state.work_of(id).repository.ready_at = ready_at;
    gitlab.send_system_hooks(state, SystemEvent::ProjectCreate, id);
    if with_readme {
        repository::push_first_commit(&gitlab, state, id);
    }
    let project = state.projects.get(&id).ok_or_else(ApiError::record_not_found)?;
    let view = ProjectView { signed_in: false, simple: false };
    let answer = entity(&Permissions::of(state, Some(&caller)), state, project, view);
    Ok((StatusCode::CREATED, Json(answer)).into_response())
}

/// The parameters that do not depend on the state.
struct NewProject {
    name: String,
    path: String,
    details: ProjectDetails,
}

impl NewProject {
    fn read(params: &Params) -> Result<Self, ApiError> {
        let (name, path) = (params.text("name")?, params.text("path")?);
        let Some(name) = name.or_else(|| path.clone()).filter(|name| !name.is_empty()) else {
            return Err(ApiError::invalid("name, path are missing, at least one parameter must be provided"));
        };
        let path = path.unwrap_or_else(|| parameterized(&name));
        let fallback = ProjectDetails::default();
        let ci = params.word("builds_access_level", &["disabled", "private", "enabled", "public"])?;
        let emails_disabled = params.boolean("emails_disabled")?.unwrap_or(false);
        let topics = match params.list("topics")? {
            Some(topics) => topics,
            None => params.list("tag_list")?.unwrap_or_default(),
        };
        let methods = ["ff", "rebase_merge", "merge"];
        let details = ProjectDetails {
            description: params.text("description")?,
            topics,
            default_branch: params.text("default_branch")?,
            has_ci: ci.map_or(params.boolean("jobs_enabled")?.unwrap_or(true), |level| level != "disabled"),
            auto_devops: params.boolean("auto_devops_enabled")?,
            shared_runners: params.boolean("shared_runners_enabled")?.unwrap_or(true),
            merge_method: params.word("merge_method", &methods)?.unwrap_or(fallback.merge_method),
            // Two names for the same value; the second is deprecated.
            emails: params.boolean("emails_enabled")?.unwrap_or(!emails_disabled),
            merges_only_after_success: params.is("only_allow_merge_if_pipeline_succeeds")?,
            ..fallback
        };
        Ok(Self { name, path, details })
    }
}

/// A name as ActiveSupport makes a path of it.
fn parameterized(name: &str) -> String {
    let kept = name
        .to_lowercase()
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || c == '_' { c } else { '-' })
        .collect::<String>();
    kept.split('-').filter(|part| !part.is_empty()).collect::<Vec<_>>().join("-")
}

/// 200 a day and user on GitLab.com, and wherever it is switched on (gitlab-org/gitlab MR 245318).
fn check_daily_limit(gitlab: &GitLab, state: &mut GitLabState, caller: &Caller) -> Result<(), ApiError> {
    let Some(most) = state.work.quirks.daily_projects.filter(|_| gitlab.is_at_least(19, 3)) else { return Ok(()) };
    if state.work.count_creation(caller.user, gitlab.clock().today()) > most {
        Err(ApiError::rate_limited())
    } else {
        Ok(())
    }
}

/// The namespace that is asked for, or the caller's own. One that does not exist, that the caller may not see and in which
/// the caller may create nothing are refused alike.
fn namespace(state: &GitLabState, params: &Params, caller: &Caller) -> Result<ProjectNamespace, ApiError> {
    let Some(id) = params.integer("namespace_id")? else { return Ok(ProjectNamespace::User(caller.user)) };
    let refused = || validation("namespace", "is not valid");
    let id = u64::try_from(id).map_err(|_| refused())?;
    if let Some(user) = state.users.values().find(|user| user.namespace == id) {
        let own = user.id == caller.user || caller.admin;
        return if own { Ok(ProjectNamespace::User(user.id)) } else { Err(refused()) };
    }
    let group = state.groups.get(&id).ok_or_else(refused)?;
    let level = Permissions::of(state, Some(caller)).in_group(id);
    let least = match group.project_creation {
        ProjectCreation::Nobody => return Err(refused()),
        ProjectCreation::Administrators => u8::MAX,
        ProjectCreation::Owners => level::OWNER,
        ProjectCreation::Maintainers => level::MAINTAINER,
        ProjectCreation::Developers => level::DEVELOPER,
    };
    if caller.admin || level >= least { Ok(ProjectNamespace::Group(id)) } else { Err(refused()) }
}

fn visibility(
    state: &GitLabState,
    params: &Params,
    namespace: ProjectNamespace,
    caller: &Caller,
) -> Result<Visibility, ApiError> {
    let words = ["private", "internal", "public"];
    let word = params.word("visibility", &words)?.unwrap_or_else(|| state.settings.default_project_visibility.clone());
    let all = [Visibility::Private, Visibility::Internal, Visibility::Public];
    let visibility = all.into_iter().find(|one| one.word() == word).unwrap_or(Visibility::Private);
    if !caller.admin && state.settings.restricted_visibility_levels.contains(&word) {
        return Err(validation(
            "visibility_level",
            &format!("{word} has been restricted by your GitLab administrator"),
        ));
    }
    let above = namespace.group().and_then(|group| state.groups.get(&group)).map(|group| group.visibility);
    match above.filter(|above| above.level() < visibility.level()) {
        Some(above) => {
            Err(validation("visibility_level", &format!("{word} is not allowed in a {} group.", above.word())))
        }
        None => Ok(visibility),
    }
}

/// gitlab: app/models/project.rb, `check_personal_projects_limit`
fn check_limit(state: &GitLabState, namespace: ProjectNamespace) -> Result<(), ApiError> {
    let ProjectNamespace::User(owner) = namespace else { return Ok(()) };
    let limit = state.users.get(&owner).map_or(0, |user| user.projects_limit);
    let owned = state.projects.values().filter(|project| project.namespace == namespace).count();
    if owned < usize::try_from(limit).unwrap_or(usize::MAX) {
        return Ok(());
    }
    let text = match limit {
        0 => "You cannot create projects in your personal namespace. Contact your GitLab administrator.".to_owned(),
        limit => format!("You've reached your limit of {limit} projects created. Contact your GitLab administrator."),
    };
    Err(ApiError::error(StatusCode::FORBIDDEN, json!([text])))
}

fn check_free(state: &GitLabState, namespace: ProjectNamespace, new: &NewProject) -> Result<(), ApiError> {
    let is_allowed = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.');
    if new.path.starts_with('-') || !new.path.chars().all(is_allowed) || new.path.is_empty() {
        let text = "can contain only letters, digits, '_', '-' and '.'. Cannot start with '-', end in '.git' or end in '.atom'";
        return Err(validation("path", text));
    }
    let mut fields = serde_json::Map::new();
    let beside = |taken: &dyn Fn(&StoredProject) -> bool| {
        state.projects.values().any(|project| project.namespace == namespace && taken(project))
    };
    let taken = json!(["has already been taken"]);
    if beside(&|project| project.name == new.name) {
        fields.insert("name".to_owned(), taken.clone());
    }
    if beside(&|project| project.path.eq_ignore_ascii_case(&new.path)) {
        fields.insert("path".to_owned(), taken);
    }
    if fields.is_empty() { Ok(()) } else { Err(ApiError::message(StatusCode::BAD_REQUEST, Value::Object(fields))) }
}

/// A validation error of one field.
fn validation(field: &str, text: &str) -> ApiError {
    ApiError::message(StatusCode::BAD_REQUEST, json!({ field: [text] }))
}
