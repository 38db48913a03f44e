//! Issues. Their webhooks are fired inside the request.
//!
//! gitlab: lib/api/issues.rb, app/services/issuable_base_service.rb

use axum::extract::{Path, State as Shared};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};

use super::auth::{Call, Caller};
use super::error::ApiError;
use super::hooks::{HookEvent, PayloadBuilder, ProjectEvent};
use super::params::Params;
use super::state::{GitLabState, StoredProject, next};
use super::users;
use super::work::{Discussed, DiscussedState, Ended, NoteKind, Noteable, StoredIssue};
use super::{GitLab, notes, pages, params};
use crate::sandbox::options::SandboxVersion;

pub(super) fn routes() -> Router<GitLab> {
    Router::new()
        .route("/projects/{id}/issues", get(list).post(create))
        .route("/projects/{id}/issues/{iid}", get(show).put(update))
}

/// The page of an issue; work items have the place of issues since 19.2.
pub(super) fn link(state: &GitLabState, project: &StoredProject, iid: u64) -> String {
    let kind = if state.version >= SandboxVersion::new(19, 2, 0) { "work_items" } else { "issues" };
    state.link(&format!("/{}/-/{kind}/{iid}", project.full_path))
}

/// A new issue or merge request of the caller's; its ids come from the sequences of its kind.
pub(super) fn discussed(state: &GitLabState, params: &Params, caller: &Caller) -> Result<Discussed, ApiError> {
    let now = state.clock.now();
    Ok(Discussed {
        id: 0,
        iid: 0,
        author: caller.user,
        title: params.text("title")?.unwrap_or_default(),
        description: params.text("description")?,
        state: DiscussedState::Opened,
        labels: params.list("labels")?.unwrap_or_default(),
        created_at: now,
        updated_at: now,
        closed: None,
    })
}

/// Changes what is the same in issues and merge requests, and names what was done as webhooks do.
pub(super) fn change(about: &mut Discussed, params: &Params, end: Ended) -> Result<&'static str, ApiError> {
    let event = params.word("state_event", &["close", "reopen"])?;
    if let Some(title) = params.text("title")? {
        about.title = title;
    }
    if let Some(description) = params.text("description")? {
        about.description = Some(description);
    }
    about.updated_at = end.at;
    match (event.as_deref(), about.state) {
        (Some("close"), DiscussedState::Opened) => {
            (about.state, about.closed) = (DiscussedState::Closed, Some(end));
            Ok("close")
        }
        (Some("reopen"), DiscussedState::Closed) => {
            (about.state, about.closed) = (DiscussedState::Opened, None);
            Ok("reopen")
        }
        _ => Ok("update"),
    }
}

async fn create(Shared(gitlab): Shared<GitLab>, Path(id): Path<String>, call: Call) -> Result<Response, ApiError> {
    let caller = call.require(&gitlab)?;
    call.params.require(&["title"])?;
    let mut state = gitlab.lock();
    let state = &mut *state;
    let project = state.workplace(&id, &caller, 0)?.id;
    let mut about = discussed(state, &call.params, &caller)?;
    if about.title.is_empty() {
        return Err(ApiError::message(StatusCode::BAD_REQUEST, json!({ "title": ["can't be blank"] })));
    }
    about.id = next(&mut state.work.ids.issue);
    let issues = &mut state.work_of(project).issues;
    about.iid = issues.keys().next_back().map_or(1, |last| last + 1);
    let issue = StoredIssue { about, confidential: call.params.is("confidential")? };
    issues.insert(issue.about.iid, issue.clone());
    send(&gitlab, state, &Sent { project, issue: &issue, action: "open", call: &call, user: caller.user });
    Ok((StatusCode::CREATED, Json(entity(state, project, &issue))).into_response())
}

/// What happened to an issue in a request.
struct Sent<'a> {
    project: u64,
    issue: &'a StoredIssue,
    action: &'static str,
    call: &'a Call,
    user: u64,
}

fn send(gitlab: &GitLab, state: &mut GitLabState, sent: &Sent<'_>) {
    let Some(project) = state.projects.get(&sent.project) else { return };
    let payload = PayloadBuilder { state, project, user: sent.user }.issue(sent.issue, sent.action);
    let event = if sent.issue.confidential { HookEvent::ConfidentialIssue } else { HookEvent::Issue };
    let event = ProjectEvent { project: sent.project, event, chain: sent.call.event_uuid() };
    gitlab.send_hooks(state, &event, payload);
}

async fn update(
    Shared(gitlab): Shared<GitLab>,
    Path((id, iid)): Path<(String, String)>,
    call: Call,
) -> Result<Json<Value>, ApiError> {
    let caller = call.require(&gitlab)?;
    let iid = params::id("issue_iid", &iid)?;
    let mut state = gitlab.lock();
    let state = &mut *state;
    let project = state.workplace(&id, &caller, 0)?.id;
    let end = Ended { by: caller.user, at: state.clock.now() };
    let issue = state.work_of(project).issues.get_mut(&iid).ok_or_else(|| ApiError::not_found("Issue"))?;
    let action = change(&mut issue.about, &call.params, end)?;
    let issue = issue.clone();
    if action != "update" {
        let text = if action == "close" { "closed" } else { "reopened" };
        notes::add(
            state,
            project,
            notes::NewNote {
                on: Noteable::Issue(iid),
                author: caller.user,
                body: text.to_owned(),
                kind: NoteKind::System,
            },
        );
    }
    send(&gitlab, state, &Sent { project, issue: &issue, action, call: &call, user: caller.user });
    Ok(Json(entity(state, project, &issue)))
}

async fn list(Shared(gitlab): Shared<GitLab>, Path(id): Path<String>, call: Call) -> Result<Response, ApiError> {
    let caller = call.require(&gitlab)?;
    let wanted = call.params.word("state", &["opened", "closed", "all"])?.filter(|word| word != "all");
    let search = call.params.text("search")?.unwrap_or_default().to_lowercase();
    let mut state = gitlab.lock();
    let project = state.visible_project(&id, Some(&caller))?.id;
    let issues: Vec<StoredIssue> = state.work_of(project).issues.values().rev().cloned().collect();
    let is_wanted = |issue: &StoredIssue| {
        wanted.as_ref().is_none_or(|word| issue.about.state.word() == word)
            && issue.about.title.to_lowercase().contains(&search)
    };
    let issues = issues.into_iter().filter(is_wanted);
    Ok(pages::offset(&state, &call, issues.collect())?.answer(|issue| entity(&state, project, &issue)))
}

async fn show(
    Shared(gitlab): Shared<GitLab>,
    Path((id, iid)): Path<(String, String)>,
    call: Call,
) -> Result<Json<Value>, ApiError> {
    let caller = call.require(&gitlab)?;
    let iid = params::id("issue_iid", &iid)?;
    let mut state = gitlab.lock();
    let project = state.visible_project(&id, Some(&caller))?.id;
    let issue = state.work_of(project).issues.get(&iid).cloned().ok_or_else(|| ApiError::not_found("Issue"))?;
    Ok(Json(entity(&state, project, &issue)))
}

/// A user, by id.
pub(super) fn user(state: &GitLabState, id: u64) -> Value {
    state.users.get(&id).map_or(Value::Null, |user| users::basic(state, user))
}

/// gitlab: lib/api/entities/issue.rb
fn entity(state: &GitLabState, project: u64, issue: &StoredIssue) -> Value {
    let about = &issue.about;
    let Some(project) = state.projects.get(&project) else { return Value::Null };
    let comments = state.work.get(project.id).map_or(0, |work| {
        work.notes.iter().filter(|note| note.on == Noteable::Issue(about.iid) && note.kind != NoteKind::System).count()
    });
    json!({
        "id": about.id,
        "iid": about.iid,
        "project_id": project.id,
        "title": about.title,
        "description": about.description,
        "state": about.state.word(),
        "created_at": format!("{:.3}", about.created_at),
        "updated_at": format!("{:.3}", about.updated_at),
        "closed_at": about.closed.map(|closed| format!("{:.3}", closed.at)),
        "closed_by": about.closed.map(|closed| user(state, closed.by)),
        "labels": about.labels,
        "milestone": null,
        "assignees": [],
        "author": user(state, about.author),
        "type": "ISSUE",
        "assignee": null,
        "user_notes_count": comments,
        "merge_requests_count": 0,
        "upvotes": 0,
        "downvotes": 0,
        "due_date": null,
        "confidential": issue.confidential,
        "discussion_locked": null,
        "issue_type": "issue",
        "web_url": link(state, project, about.iid),
        "has_tasks": false,
        "references": references(project, "#", about.iid),
        "severity": "UNKNOWN",
        "moved_to_id": null,
        "service_desk_reply_to": null,
    })
}

/// How texts refer to an issue or a merge request.
pub(super) fn references(project: &StoredProject, sign: &str, iid: u64) -> Value {
    let short = format!("{sign}{iid}");
    json!({ "short": short, "relative": short, "full": format!("{}{short}", project.full_path) })
}
