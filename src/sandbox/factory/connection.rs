//! The state of an organization's connection, and its end.

use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{ConnectionStatus, EmbeddedFactory, FactoryProblem, FactoryRecords, ReceivedBundle, cloud};

#[derive(Deserialize)]
pub(super) struct ConnectionQuery {
    /// Whose connection; the kit names it.
    organization: Option<String>,
    /// To which GitLab.
    gitlab_url: Option<String>,
}

impl ConnectionQuery {
    fn is_of(&self, record: &FactoryRecords, bundle: &ReceivedBundle) -> bool {
        let sender = &bundle.document["organization"]["id"];
        match &self.organization {
            Some(id) => sender == id.as_str(),
            None => !record.others.iter().any(|other| *sender == *other.id),
        }
    }
}

pub(super) async fn status(
    State(factory): State<EmbeddedFactory>,
    headers: HeaderMap,
    Query(asked): Query<ConnectionQuery>,
) -> Result<Response, FactoryProblem> {
    factory.allow_key(&headers)?;
    let record = factory.lock();
    let (status, detail) = match &record.quirks.status {
        Some((status, detail)) => (*status, detail.clone()),
        None if factory.inner.cloud.is_some() => {
            let (status, detail) = cloud::status(&record.cloud);
            (status, detail.to_owned())
        }
        None if !record.bundles.iter().any(|bundle| asked.is_of(&record, bundle)) => {
            (ConnectionStatus::Pending, "no bundle has been received yet".to_owned())
        }
        None => (ConnectionStatus::Connected, "the bundle was accepted".to_owned()),
    };
    Ok(axum::Json(json!({"status": status.word(), "detail": detail})).into_response())
}

/// Ends the connection to a GitLab: what its bundles held is forgotten.
pub(super) async fn end(
    State(factory): State<EmbeddedFactory>,
    headers: HeaderMap,
    Query(asked): Query<ConnectionQuery>,
) -> Result<StatusCode, FactoryProblem> {
    factory.require_key(&headers)?;
    let url = asked.gitlab_url.as_deref().unwrap_or_default().trim_end_matches('/');
    if url.is_empty() {
        return Err(FactoryProblem::new(400, "gitlab_url is missing"));
    }
    if factory.inner.cloud.is_some() && url == factory.inner.gitlab.0.trim_end_matches('/') {
        return factory.end_cloud().await;
    }
    let mut record = factory.lock();
    let is_ended = |bundle: &ReceivedBundle| {
        let connected = bundle.document.pointer("/instance/url").and_then(Value::as_str).unwrap_or_default();
        asked.is_of(&record, bundle) && connected.trim_end_matches('/') == url
    };
    let ended: Vec<String> = record.bundles.iter().filter(|one| is_ended(one)).map(|one| one.id.clone()).collect();
    if ended.is_empty() {
        return Err(FactoryProblem::new(404, "this GitLab is not connected"));
    }
    record.bundles.retain(|bundle| !ended.contains(&bundle.id));
    Ok(StatusCode::NO_CONTENT)
}
