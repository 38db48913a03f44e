//! Webhooks: project, group and system hooks.

use axum::Router;

use super::GitLab;

/// The hooks of the instance.
#[derive(Debug, Default)]
pub struct Hooks {}

/// The routes of webhooks, relative to `/api/v4`.
pub fn routes() -> Router<GitLab> {
    Router::new()
}
