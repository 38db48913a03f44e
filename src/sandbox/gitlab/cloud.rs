//! What is different on GitLab.com: the user is an ordinary one, every answer says how much of the limit is left, and Factory has
//! applications of its own there.

use axum::extract::Request;
use axum::http::Method;
use axum::response::{IntoResponse as _, Response};
use jiff::Timestamp;

use super::GitLab;
use super::applications::ApplicationSpec;
use super::error::ApiError;
use super::secrets::Digest;
use super::seed::ProjectSpec;
use super::state::{GitLabState, ProjectNamespace};
use crate::sandbox::factory::{CALLBACK, CloudClients};
use crate::sandbox::options::CloudOffers;

/// As Factory has registered it for programs on a person's machine; the port is free.
pub(crate) const NATIVE_REDIRECT: &str = "http://127.0.0.1/callback";

/// Requests a minute and user (gitlab: doc/user/gitlab_com, rate limits).
pub(crate) const REQUESTS_A_MINUTE: u32 = 2000;
/// Projects and groups that one user may create in a day, from 19.3.
pub(super) const PROJECTS_A_DAY: u32 = 200;

/// The limits of single endpoints: method, path with a star for each variable part, requests, seconds.
/// gitlab: doc/administration/settings/rate_limit_on_projects_api.md and its like; issue 458904
const ENDPOINTS: [(Method, &str, u32, i64); 7] = [
    (Method::GET, "/projects", 2000, 600),
    (Method::GET, "/projects/*", 400, 60),
    (Method::GET, "/groups", 200, 60),
    (Method::GET, "/groups/*", 400, 60),
    (Method::GET, "/groups/*/projects", 600, 60),
    (Method::POST, "/projects/*/issues", 200, 60),
    (Method::POST, "/projects/*/*/*/notes", 60, 60),
];

/// Requests of one token to one endpoint in one window.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(super) struct LimitWindow {
    endpoint: usize,
    number: i64,
    token: Digest,
}

/// The refusal of a request that is over the limit of its endpoint: JSON, without a time to wait.
pub(super) fn over_limit(gitlab: &GitLab, request: &Request) -> Option<Response> {
    let path = request.uri().path().strip_prefix(gitlab.root())?.strip_prefix("/api/v4")?;
    let is_it = |pattern: &str| {
        let (mut wanted, mut found) = (pattern.split('/'), path.trim_end_matches('/').split('/'));
        wanted.by_ref().zip(found.by_ref()).all(|(wanted, found)| wanted == "*" || wanted == found)
            && pattern.matches('/').count() == path.trim_end_matches('/').matches('/').count()
    };
    let known = |(method, pattern, _, _): &(Method, &str, u32, i64)| request.method() == method && is_it(pattern);
    let endpoint = ENDPOINTS.iter().position(known)?;
    let (_, _, allowed, seconds) = ENDPOINTS[endpoint];
    let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok());
    let token = Digest::of(header("private-token").or_else(|| header("authorization")).unwrap_or_default());
    let number = gitlab.clock().now().as_second() / seconds;
    let mut state = gitlab.lock();
    state.endpoint_counts.retain(|window, _| window.endpoint != endpoint || window.number == number);
    let count = state.endpoint_counts.entry(LimitWindow { endpoint, number, token }).or_default();
    *count += 1;
    (*count > allowed).then(|| ApiError::rate_limited().into_response())
}

impl GitLab {
    /// Registers Factory's applications, which are owned by a user, so that no list of the instance shows them.
    pub(crate) fn register_factory(&self, factory_url: &str, offers: CloudOffers) -> CloudClients {
        let application = |name: &str, redirect_uri: String, confidential| ApplicationSpec {
            name: name.to_owned(),
            redirect_uri,
            scopes: ["api", "read_user"].map(str::to_owned).to_vec(),
            confidential,
            owner: Some(1),
        };
        let web = self.add_application(application("Factory", format!("{factory_url}{CALLBACK}"), true));
        let native = self.add_application(application("Factory", NATIVE_REDIRECT.to_owned(), false));
        let mut state = self.lock();
        // From 18.11 the device flow is off until the owner of the application turns it on.
        let own = state.applications.values_mut().find(|application| application.uid == native.uid);
        own.into_iter().for_each(|application| application.device_code_enabled = offers.device);
        CloudClients { web_id: web.uid, web_secret: web.secret, native_id: native.uid, offers }
    }
}

impl GitLabState {
    /// Marks some groups, where there are four or more, as a client has to expect them, and gives the user a project of their own.
    pub(super) fn grow_cloud(&mut self, user: u64, now: Timestamp) {
        self.add_project(ProjectSpec::new("notes", ProjectNamespace::User(user)), now);
        let named = |number: usize| format!("group-{number}");
        if self.group(&named(4)).is_none() {
            return;
        }
        let today = self.clock.today();
        for group in self.groups.values_mut() {
            match group.full_path.as_str() {
                "group-2" => group.ip_restriction_ranges = Some("203.0.113.0/24".to_owned()),
                "group-3" => group.has_saml = true,
                "group-4" => group.marked_for_deletion = Some(today),
                _ => {}
            }
        }
    }
}
