//! What the account could choose: groups and projects, page by page, searched by GitLab.

use axum::Json;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};
use url::form_urlencoded::Serializer;

use crate::sandbox::factory::{EmbeddedFactory, FactoryProblem};

#[derive(Deserialize)]
pub(super) struct CandidateQuery {
    #[serde(default)]
    search: String,
    kind: Option<String>,
    per_page: Option<usize>,
    cursor: Option<String>,
}

/// A place in the list. Groups come before projects.
enum Cursor {
    GroupPage(usize),
    ProjectAfter(u64),
}

impl Cursor {
    fn read(text: Option<&str>, kind: Option<&str>) -> Option<Self> {
        match (text, kind) {
            (None, Some("project")) => Some(Self::ProjectAfter(0)),
            (None, _) => Some(Self::GroupPage(1)),
            (Some(text), _) => match text.split_once('.')? {
                ("g", page) => page.parse().ok().map(Self::GroupPage),
                ("p", id) => id.parse().ok().map(Self::ProjectAfter),
                _ => None,
            },
        }
    }
}

pub(super) async fn list(
    State(factory): State<EmbeddedFactory>,
    headers: HeaderMap,
    Query(asked): Query<CandidateQuery>,
) -> Result<Json<Value>, FactoryProblem> {
    factory.require_key(&headers)?;
    factory.clients()?;
    let kind = asked.kind.as_deref();
    if kind.is_some_and(|kind| !matches!(kind, "group" | "project")) {
        return Err(FactoryProblem::new(400, "kind is group or project"));
    }
    let per_page = asked.per_page.unwrap_or(20).clamp(1, 100);
    let cursor = Cursor::read(asked.cursor.as_deref(), kind);
    let cursor = cursor.ok_or_else(|| FactoryProblem::new(400, "the cursor is not one of this list"))?;
    let (path, fixed) = match &cursor {
        Cursor::GroupPage(page) => ("/groups", vec![("page", page.to_string())]),
        Cursor::ProjectAfter(id) => {
            let fixed = [("membership", "true"), ("pagination", "keyset"), ("order_by", "id"), ("sort", "asc")];
            let fixed = fixed.map(|(name, value)| (name, value.to_owned()));
            ("/projects", fixed.into_iter().chain([("id_after", id.to_string())]).collect())
        }
    };
    let query = Serializer::new(String::new())
        .extend_pairs(fixed)
        .append_pair("search", &asked.search)
        .append_pair("min_access_level", "40")
        .append_pair("per_page", &per_page.to_string())
        .finish();
    let answer = factory.ask_as_account(&format!("{path}?{query}")).await?;
    let found = answer.body.as_array().filter(|_| answer.status == StatusCode::OK);
    let found = found.ok_or_else(|| FactoryProblem::new(502, "GitLab did not give the list"))?;
    let is_full = found.len() == per_page;
    let next = match &cursor {
        Cursor::GroupPage(page) if is_full => Some(format!("g.{}", page + 1)),
        Cursor::GroupPage(_) if kind.is_none() => Some("p.0".to_owned()),
        Cursor::ProjectAfter(_) if is_full => found.last().map(|last| format!("p.{}", last["id"])),
        Cursor::GroupPage(_) | Cursor::ProjectAfter(_) => None,
    };
    let items: Vec<Value> = found.iter().map(candidate).collect();
    Ok(Json(json!({"items": items, "next_cursor": next})))
}

fn candidate(entry: &Value) -> Value {
    let path = entry.get("path_with_namespace");
    json!({
        "kind": if path.is_some() { "project" } else { "group" },
        "id": entry["id"],
        "full_path": path.unwrap_or(&entry["full_path"]),
        "name": entry["name"],
        "archived": entry["archived"] == true,
        "marked_for_deletion": !entry["marked_for_deletion_on"].is_null(),
    })
}
