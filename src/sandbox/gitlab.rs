//! The embedded GitLab: its API, its OAuth endpoints and the few web pages that a client can meet.
//!
//! Written from how GitLab behaves; the source of a single fact is given beside it as `gitlab: path`.

mod admin_token;
mod applications;
pub mod audit_events;
mod auth;
pub(crate) mod cloud;
mod error;
mod granular;
mod graphql;
mod groups;
pub mod hooks;
mod instance;
mod issues;
mod members;
mod merge_requests;
mod notes;
mod oauth;
mod pages;
mod params;
mod permissions;
mod pipelines;
mod projects;
pub mod quirks;
mod redirect_uri;
mod removal;
mod repository;
mod scopes;
mod secrets;
pub mod seed;
mod settings;
pub mod state;
mod tokens;
mod users;
mod web;
pub mod work;

use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::middleware::from_fn_with_state;
use secrecy::{ExposeSecret as _, SecretString};
use url::Url;

use super::clock::SandboxClock;
use super::options::{SandboxEdition, SandboxOptions, SandboxVersion};
use state::GitLabState;

/// An embedded GitLab; clones share one instance.
#[derive(Clone)]
pub struct GitLab {
    inner: Arc<GitLabInner>,
}

struct GitLabInner {
    options: SandboxOptions,
    root: String,
    clock: SandboxClock,
    admin_token: SecretString,
    user_token: SecretString,
    state: Mutex<GitLabState>,
    /// Webhooks that are waiting for Sidekiq or on their way.
    unsent: AtomicUsize,
}

impl GitLab {
    /// A new instance with its first users, groups and projects. `base_url` is where it will be served, with
    /// the relative root.
    #[must_use]
    pub(crate) fn new(options: &SandboxOptions, base_url: &Url) -> Self {
        let clock = SandboxClock::default();
        let seed = seed::new(options, base_url, &clock);
        let root = base_url.path().trim_end_matches('/').to_owned();
        let inner = GitLabInner {
            options: options.clone(),
            root,
            clock,
            admin_token: seed.admin_token.into(),
            user_token: seed.user_token.into(),
            state: Mutex::new(seed.state),
            unsent: AtomicUsize::new(0),
        };
        Self { inner: Arc::new(inner) }
    }

    /// The routes under the relative root, and a 404 page for everything outside it.
    pub(crate) fn router(&self) -> Router {
        let api = Router::new()
            .merge(admin_token::routes())
            .merge(applications::routes())
            .merge(audit_events::routes())
            .merge(groups::routes())
            .merge(hooks::routes())
            .merge(instance::routes())
            .merge(issues::routes())
            .merge(members::routes())
            .merge(merge_requests::routes())
            .merge(notes::routes())
            .merge(pipelines::routes())
            .merge(projects::routes())
            .merge(removal::routes())
            .merge(repository::routes())
            .merge(settings::routes())
            .merge(tokens::routes())
            .merge(users::routes())
            .method_not_allowed_fallback(web::no_method);
        let site = Router::new()
            .nest("/api/v4", api)
            .merge(graphql::routes())
            .merge(oauth::routes())
            .merge(web::session::routes());
        let site = site.fallback(web::elsewhere);
        let whole = match self.inner.root.as_str() {
            "" => site,
            // A nested router does not match its own path with a trailing slash.
            root => Router::new()
                .nest(root, site)
                .route(&format!("{root}/"), axum::routing::get(web::front))
                .fallback(web::not_found),
        };
        whole.layer(from_fn_with_state(self.clone(), web::frame)).with_state(self.clone())
    }

    /// The state, locked. Never hold it over an await.
    pub fn lock(&self) -> MutexGuard<'_, GitLabState> {
        self.inner.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The options of the instance.
    #[must_use]
    pub fn options(&self) -> &SandboxOptions {
        &self.inner.options
    }

    /// The instance's clock.
    #[must_use]
    pub fn clock(&self) -> &SandboxClock {
        &self.inner.clock
    }

    /// The relative root without a trailing slash; empty for none.
    #[must_use]
    pub(crate) fn root(&self) -> &str {
        &self.inner.root
    }

    /// Whether the instance has this version or a newer one.
    #[must_use]
    pub(crate) fn is_at_least(&self, major: u16, minor: u16) -> bool {
        self.inner.options.version >= SandboxVersion::new(major, minor, 0)
    }

    /// Whether the instance is the Enterprise Edition, licensed or not.
    #[must_use]
    pub(crate) fn is_enterprise(&self) -> bool {
        self.inner.options.edition == SandboxEdition::Ee
    }

    /// The token of the admin `root`: scope `api`, and `admin_mode` where Admin Mode is on.
    #[must_use]
    pub fn admin_token(&self) -> String {
        self.inner.admin_token.expose_secret().to_owned()
    }

    /// Whether it behaves as GitLab.com.
    #[must_use]
    pub fn is_cloud(&self) -> bool {
        self.inner.options.cloud.is_some()
    }

    /// The token of the user whose program this is: the admin's, and on GitLab.com the ordinary user's.
    #[must_use]
    pub(crate) fn acting_token(&self) -> String {
        if self.is_cloud() { self.inner.user_token.expose_secret().to_owned() } else { self.admin_token() }
    }

    /// The token of an ordinary user, scope `api`.
    #[must_use]
    #[cfg(feature = "sandbox-testing")]
    pub fn user_token(&self) -> String {
        self.inner.user_token.expose_secret().to_owned()
    }
}

#[cfg(test)]
mod tests;
