//! The choice of repositories.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use serde_json::{Value, json};
use url::form_urlencoded::byte_serialize;

use crate::sandbox::clock;
use crate::sandbox::factory::{EmbeddedFactory, FactoryProblem};

pub(super) async fn show(
    State(factory): State<EmbeddedFactory>,
    headers: HeaderMap,
) -> Result<Json<Value>, FactoryProblem> {
    factory.require_key(&headers)?;
    let known = factory.lock().cloud.selection.clone();
    known.map(Json).ok_or_else(|| FactoryProblem::new(404, "no repositories have been chosen"))
}

/// Takes the choice if each path is known to the account; a later one takes the place of an earlier one.
pub(super) async fn put(
    State(factory): State<EmbeddedFactory>,
    headers: HeaderMap,
    Json(asked): Json<Value>,
) -> Result<Json<Value>, FactoryProblem> {
    factory.require_key(&headers)?;
    factory.clients()?;
    factory.require_organization(asked.get("organization").unwrap_or(&Value::Null))?;
    factory.require_cloud_url(asked.get("gitlab_url").and_then(Value::as_str).unwrap_or_default())?;
    require_authorized(&factory, &asked)?;
    let flag = |name: &str| asked.get(name).and_then(Value::as_bool).unwrap_or(false);
    let list = |name: &str| asked.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
    let (groups, projects) = (list("groups"), list("projects"));
    if !flag("all") && !flag("personal_namespace") && groups.is_empty() && projects.is_empty() {
        return Err(FactoryProblem::new(422, "nothing is chosen"));
    }
    if flag("future") && !flag("all") && groups.is_empty() {
        return Err(FactoryProblem::new(422, "future needs all or groups"));
    }
    let unknown: Vec<String> =
        [find(&factory, "groups", &groups).await?, find(&factory, "projects", &projects).await?].concat();
    if !unknown.is_empty() {
        let paths = unknown.join(", ");
        return Err(FactoryProblem::new(422, format!("not found with this account: {paths}")));
    }
    let account = factory.ask_as_account("/user").await?.body;
    let mut kept = asked;
    kept["received_at"] = json!(clock::now().to_string());
    kept["account"] = json!({"id": account["id"], "username": account["username"], "name": account["name"]});
    factory.lock().cloud.selection = Some(kept.clone());
    Ok(Json(kept))
}

/// 409 before an account has authorized Factory, or for a session that is not the one that did.
fn require_authorized(factory: &EmbeddedFactory, asked: &Value) -> Result<(), FactoryProblem> {
    let record = factory.lock();
    let session = asked.get("session").and_then(Value::as_str);
    let is_it = |own: &Option<String>| session.is_none_or(|session| own.as_deref() == Some(session));
    match &record.cloud.connection {
        Some(connection) if is_it(&connection.session) => Ok(()),
        _ => Err(FactoryProblem::new(409, "no account has authorized Factory yet")),
    }
}

/// The paths that the account does not know. An ID wins over the path beside it.
async fn find(factory: &EmbeddedFactory, kind: &str, wanted: &[Value]) -> Result<Vec<String>, FactoryProblem> {
    let mut unknown = Vec::new();
    for one in wanted {
        let path = one.get("full_path").and_then(Value::as_str).unwrap_or_default();
        let name = match one.get("id").and_then(Value::as_u64) {
            Some(id) => id.to_string(),
            None => byte_serialize(path.as_bytes()).collect(),
        };
        let found = factory.ask_as_account(&format!("/{kind}/{name}")).await?;
        if found.status != StatusCode::OK {
            unknown.push(path.to_owned());
        }
    }
    Ok(unknown)
}

/// Whether a project, as GitLab's API shows it, is among what was chosen.
pub(super) fn includes(selection: &Value, project: &Value) -> bool {
    let path = project["path_with_namespace"].as_str().unwrap_or_default().to_lowercase();
    let paths = |kind: &str| {
        let list = selection.get(kind).and_then(Value::as_array).cloned().unwrap_or_default();
        list.into_iter().filter_map(|one| Some(one.get("full_path")?.as_str()?.to_lowercase())).collect::<Vec<_>>()
    };
    selection["all"] == true
        || (selection["personal_namespace"] == true && project["namespace"]["kind"] == "user")
        || paths("projects").contains(&path)
        || paths("groups")
            .iter()
            .any(|group| path.strip_prefix(group.as_str()).is_some_and(|rest| rest.starts_with('/')))
}
