//! Comments on issues and merge requests. Their webhooks are sent by a worker: none for those that GitLab writes itself, and
//! for internal ones only to hooks for confidential comments.
//!
//! gitlab: lib/api/notes.rb, app/services/notes/post_process_service.rb

use std::collections::HashMap;

use axum::extract::{Path, State as Shared};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Extension, Json, Router};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::GitLab;
use super::auth::{Call, Caller};
use super::error::ApiError;
use super::hooks::{HookEvent, PayloadBuilder, ProjectEvent};
use super::issues::user;
use super::params::Params;
use super::state::{GitLabState, next};
use super::work::{NoteKind, Noteable, StoredNote};
use super::{pages, params, secrets};

/// What the comments of a route are on.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum NoteableKind {
    Issue,
    MergeRequest,
}

pub(super) fn routes() -> Router<GitLab> {
    let notes = |kind: NoteableKind| {
        Router::new().route("/", get(list).post(create)).route("/{note_id}", get(show)).layer(Extension(kind))
    };
    Router::new()
        .nest("/projects/{id}/issues/{iid}/notes", notes(NoteableKind::Issue))
        .nest("/projects/{id}/merge_requests/{iid}/notes", notes(NoteableKind::MergeRequest))
}

/// A comment to make.
pub(super) struct NewNote {
    pub on: Noteable,
    pub author: u64,
    pub body: String,
    pub kind: NoteKind,
}

/// Stores a comment.
pub(super) fn add(state: &mut GitLabState, project: u64, new: NewNote) -> StoredNote {
    let note = StoredNote {
        id: next(&mut state.work.ids.note),
        on: new.on,
        author: new.author,
        body: new.body,
        kind: new.kind,
        discussion: secrets::hex64()[..40].to_owned(),
        created_at: state.clock.now(),
    };
    state.work_of(project).notes.push(note.clone());
    note
}

/// Sends the webhook of a comment, as a worker does.
pub(super) fn send(gitlab: &GitLab, state: &GitLabState, project: u64, note: &StoredNote) {
    let work = state.work.get(project);
    let is_confidential = match note.on {
        Noteable::Issue(iid) => work.and_then(|work| work.issues.get(&iid)).is_some_and(|issue| issue.confidential),
        Noteable::MergeRequest(_) => false,
    };
    let event = match note.kind {
        NoteKind::System => return,
        NoteKind::Comment if !is_confidential => HookEvent::Note,
        NoteKind::Comment | NoteKind::Internal => HookEvent::ConfidentialNote,
    };
    let note = note.clone();
    gitlab.send_hooks_later(state, ProjectEvent { project, event, chain: None }, move |state| {
        let project = state.projects.get(&project)?;
        PayloadBuilder { state, project, user: note.author }.made_note(&note)
    });
}

/// The project and what the comments are on.
struct Place {
    project: u64,
    on: Noteable,
}

impl Place {
    fn find(
        state: &mut GitLabState,
        kind: NoteableKind,
        path: &HashMap<String, String>,
        caller: &Caller,
    ) -> Result<Self, ApiError> {
        let part = |name: &str| path.get(name).map(String::as_str).unwrap_or_default();
        let project = state.visible_project(part("id"), Some(caller))?.id;
        let iid = params::id("noteable_iid", part("iid"))?;
        let work = state.work_of(project);
        match kind {
            NoteableKind::Issue if work.issues.contains_key(&iid) => Ok(Self { project, on: Noteable::Issue(iid) }),
            NoteableKind::Issue => Err(ApiError::not_found("Issue")),
            NoteableKind::MergeRequest if work.merge_requests.contains_key(&iid) => {
                Ok(Self { project, on: Noteable::MergeRequest(iid) })
            }
            NoteableKind::MergeRequest => Err(ApiError::not_found("Merge Request")),
        }
    }

    fn notes<'a>(&self, state: &'a GitLabState) -> impl Iterator<Item = &'a StoredNote> {
        let on = self.on;
        state.work.get(self.project).into_iter().flat_map(|work| &work.notes).filter(move |note| note.on == on)
    }
}

async fn create(
    Shared(gitlab): Shared<GitLab>,
    Extension(kind): Extension<NoteableKind>,
    Path(path): Path<HashMap<String, String>>,
    call: Call,
) -> Result<Response, ApiError> {
    let caller = call.require(&gitlab)?;
    call.params.require(&["body"])?;
    let body = call.params.text("body")?.unwrap_or_default();
    let internal = call.params.is("internal")? || call.params.is("confidential")?;
    let mut state = gitlab.lock();
    let state = &mut *state;
    let place = Place::find(state, kind, &path, &caller)?;
    state.workplace(&place.project.to_string(), &caller, 0)?;
    if body.trim().is_empty() {
        return Err(ApiError::message(StatusCode::BAD_REQUEST, json!({ "note": ["can't be blank"] })));
    }
    if body.lines().all(|line| line.starts_with('/')) {
        // Nothing but quick actions: no comment is made.
        return Ok((StatusCode::ACCEPTED, Json(json!({ "commands_changes": {} }))).into_response());
    }
    let kind = if internal { NoteKind::Internal } else { NoteKind::Comment };
    let note = add(state, place.project, NewNote { on: place.on, author: caller.user, body, kind });
    send(&gitlab, state, place.project, &note);
    Ok((StatusCode::CREATED, Json(entity(state, place.project, &note))).into_response())
}

/// Newest first, unless asked otherwise; 304 for who has the list already.
async fn list(
    Shared(gitlab): Shared<GitLab>,
    Extension(kind): Extension<NoteableKind>,
    Path(path): Path<HashMap<String, String>>,
    call: Call,
) -> Result<Response, ApiError> {
    let caller = call.require(&gitlab)?;
    let filter = NoteFilter::read(&call.params)?;
    let mut state = gitlab.lock();
    let place = Place::find(&mut state, kind, &path, &caller)?;
    let state = &*state;
    let mut notes: Vec<&StoredNote> = place.notes(state).filter(|note| filter.matches(note)).collect();
    if filter.newest_first {
        notes.reverse();
    }
    let page = pages::offset(state, &call, notes)?;
    let shown: Vec<Value> = page.items.iter().map(|note| entity(state, place.project, note)).collect();
    let digest = Sha256::digest(json!(shown).to_string());
    let tag = format!("W/\"{}\"", digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect::<String>());
    let known = call.headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    let mut response = if known == Some(tag.as_str()) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        (page.headers, Json(shown)).into_response()
    };
    if let Ok(tag) = HeaderValue::try_from(tag) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    Ok(response)
}

async fn show(
    Shared(gitlab): Shared<GitLab>,
    Extension(kind): Extension<NoteableKind>,
    Path(path): Path<HashMap<String, String>>,
    call: Call,
) -> Result<Json<Value>, ApiError> {
    let caller = call.require(&gitlab)?;
    let id = params::id("note_id", path.get("note_id").map(String::as_str).unwrap_or_default())?;
    let mut state = gitlab.lock();
    let place = Place::find(&mut state, kind, &path, &caller)?;
    let note = place.notes(&state).find(|note| note.id == id).ok_or_else(ApiError::record_not_found)?;
    Ok(Json(entity(&state, place.project, note)))
}

/// Which comments are listed. There is no filter by author, and none by time.
struct NoteFilter {
    activity: String,
    newest_first: bool,
}

impl NoteFilter {
    fn read(params: &Params) -> Result<Self, ApiError> {
        let activity = params.word("activity_filter", &["all_notes", "only_comments", "only_activity"])?;
        params.word("order_by", &["created_at", "updated_at"])?;
        let sort = params.word("sort", &["asc", "desc"])?;
        Ok(Self { activity: activity.unwrap_or_default(), newest_first: sort.as_deref() != Some("asc") })
    }

    fn matches(&self, note: &StoredNote) -> bool {
        match self.activity.as_str() {
            "only_comments" => note.kind != NoteKind::System,
            "only_activity" => note.kind == NoteKind::System,
            _ => true,
        }
    }
}

/// gitlab: lib/api/entities/note.rb
fn entity(state: &GitLabState, project: u64, note: &StoredNote) -> Value {
    let work = state.work.get(project);
    let noteable = match note.on {
        Noteable::Issue(iid) => work.and_then(|work| work.issues.get(&iid)).map(|issue| issue.about.id),
        Noteable::MergeRequest(iid) => work.and_then(|work| work.merge_requests.get(&iid)).map(|one| one.about.id),
    };
    let is_internal = note.kind == NoteKind::Internal;
    json!({
        "id": note.id,
        "type": null,
        "body": note.body,
        "author": user(state, note.author),
        "created_at": format!("{:.3}", note.created_at),
        "updated_at": format!("{:.3}", note.created_at),
        "system": note.kind == NoteKind::System,
        "noteable_id": noteable,
        "noteable_type": note.on.kind(),
        "project_id": project,
        "resolvable": false,
        "confidential": is_internal,
        "internal": is_internal,
        "imported": false,
        "imported_from": "none",
        "noteable_iid": note.on.iid(),
        "commands_changes": {},
    })
}
