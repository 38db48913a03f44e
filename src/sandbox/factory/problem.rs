//! Factory's errors.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// `{"title", "detail", "status"}`.
#[derive(Debug)]
pub(super) struct FactoryProblem {
    status: u16,
    pub(super) detail: String,
}

impl FactoryProblem {
    pub(super) fn new(status: u16, detail: impl Into<String>) -> Self {
        Self { status, detail: detail.into() }
    }
}

impl IntoResponse for FactoryProblem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let title = status.canonical_reason().unwrap_or("Error");
        (status, axum::Json(json!({"title": title, "detail": self.detail, "status": self.status}))).into_response()
    }
}
