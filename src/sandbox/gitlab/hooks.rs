//! Webhooks: project, group and system hooks.

use axum::Router;

use super::GitLab;
use crate::sandbox::deliver::Deliverer;

/// The hooks of the instance.
#[derive(Debug, Default)]
pub struct Hooks {
    deliverer: Deliverer,
}

impl Hooks {
    /// What webhooks are sent with.
    pub fn connect(&mut self, deliverer: Deliverer) {
        self.deliverer = deliverer;
    }
}

/// The routes of webhooks, relative to `/api/v4`.
pub fn routes() -> Router<GitLab> {
    Router::new()
}
