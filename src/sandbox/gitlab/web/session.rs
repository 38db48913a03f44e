//! Sessions of browsers, and the sign-in page.
//!
//! gitlab: app/controllers/sessions_controller.rb, config/initializers/session_store.rb

use axum::Router;
use axum::extract::State as Shared;
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use super::page::{Form, WebPage, redirect};
use crate::sandbox::gitlab::GitLab;
use crate::sandbox::gitlab::auth::Call;
use crate::sandbox::gitlab::secrets::{Digest, hex64};
use crate::sandbox::gitlab::state::GitLabState;

const COOKIE: &str = "_gitlab_session";

/// What GitLab keeps of one browser.
#[derive(Clone, Debug, Default)]
pub struct WebSession {
    /// Who is signed in.
    pub user: Option<u64>,
    /// The page that the browser asked for before the sign-in, below the relative root.
    return_to: Option<String>,
    /// The value that every form of this session carries (`authenticity_token`).
    form_token: String,
    /// What the next page says once.
    notice: Option<String>,
}

/// A browser whose user is signed in.
#[derive(Clone, Debug)]
pub(in super::super) struct SignedIn {
    pub user: u64,
    pub form_token: String,
    key: Digest,
}

pub(in super::super) fn routes() -> Router<GitLab> {
    Router::new().route("/users/sign_in", get(show).post(sign_in))
}

/// What is answered in the place of the page.
pub(in super::super) struct Elsewhere(Box<Response>);

impl From<Response> for Elsewhere {
    fn from(response: Response) -> Self {
        Self(Box::new(response))
    }
}

impl IntoResponse for Elsewhere {
    fn into_response(self) -> Response {
        *self.0
    }
}

/// The signed-in user of a browser; without one, the redirect to the sign-in page, which leads back here.
pub(in super::super) fn require_user(gitlab: &GitLab, call: &Call, uri: &Uri) -> Result<SignedIn, Elsewhere> {
    let mut state = gitlab.lock();
    if let Some(signed_in) = signed_in(&state, &call.headers) {
        return Ok(signed_in);
    }
    let page = uri.path_and_query().map_or(uri.path(), axum::http::uri::PathAndQuery::as_str);
    let page = page.strip_prefix(gitlab.root()).unwrap_or(page).to_owned();
    let id = hex64();
    // Only what is asked for by GET can be come back to.
    let return_to = (call.method == axum::http::Method::GET).then_some(page);
    let session = WebSession { return_to, form_token: hex64(), ..WebSession::default() };
    state.web_sessions.insert(Digest::of(&id), session);
    Err(with_cookie(redirect(&state.link("/users/sign_in")), &id).into())
}

/// The user of a form that one of GitLab's own pages sent; 422 for a form from elsewhere.
pub(in super::super) fn require_form(gitlab: &GitLab, call: &Call, uri: &Uri) -> Result<SignedIn, Elsewhere> {
    let signed_in = require_user(gitlab, call, uri)?;
    let sent = call.params.text("authenticity_token").ok().flatten();
    if sent.as_deref() == Some(&signed_in.form_token) { Ok(signed_in) } else { Err(foreign_form().into()) }
}

/// gitlab: public/422.html
fn foreign_form() -> Response {
    let page = WebPage::new("The change you requested was rejected (422)");
    let page = page.text("h1", "422: The change you requested was rejected.");
    page.text("p", "Make sure you have access to the thing you tried to change.")
        .with_status(StatusCode::UNPROCESSABLE_ENTITY)
}

impl SignedIn {
    /// Leaves a text for the next page of this browser.
    pub(in super::super) fn notify(&self, state: &mut GitLabState, text: &str) {
        if let Some(session) = state.web_sessions.get_mut(&self.key) {
            session.notice = Some(text.to_owned());
        }
    }

    /// The text that was left for this page.
    pub(in super::super) fn take_notice(&self, state: &mut GitLabState) -> Option<String> {
        state.web_sessions.get_mut(&self.key)?.notice.take()
    }
}

fn signed_in(state: &GitLabState, headers: &HeaderMap) -> Option<SignedIn> {
    let key = Digest::of(&cookie(headers)?);
    let session = state.web_sessions.get(&key)?;
    let form_token = session.form_token.clone();
    Some(SignedIn { user: session.user?, form_token, key })
}

fn cookie(headers: &HeaderMap) -> Option<String> {
    let all = headers.get_all(header::COOKIE).into_iter().filter_map(|value| value.to_str().ok());
    let mut pairs = all.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, _)| *name == COOKIE).map(|(_, value)| value.to_owned())
}

fn with_cookie(mut response: Response, id: &str) -> Response {
    if let Ok(value) = HeaderValue::try_from(format!("{COOKIE}={id}; path=/; HttpOnly; SameSite=Lax")) {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
    response
}

/// The session of this browser, made if it has none, and its cookie if it is new.
fn session<'s>(state: &'s mut GitLabState, headers: &HeaderMap) -> (&'s mut WebSession, Option<String>) {
    let known = cookie(headers).map(|id| Digest::of(&id)).filter(|key| state.web_sessions.contains_key(key));
    let (key, new) = match known {
        Some(key) => (key, None),
        None => {
            let id = hex64();
            (Digest::of(&id), Some(id))
        }
    };
    let session = state.web_sessions.entry(key).or_default();
    if session.form_token.is_empty() {
        session.form_token = hex64();
    }
    (session, new)
}

async fn show(Shared(gitlab): Shared<GitLab>, call: Call) -> Response {
    page(&gitlab, &call.headers, None)
}

fn page(gitlab: &GitLab, headers: &HeaderMap, alert: Option<&str>) -> Response {
    let mut state = gitlab.lock();
    let users: Vec<String> = state
        .users
        .values()
        .filter(|user| !(user.bot || gitlab.is_cloud() && user.admin))
        .map(|user| user.username.clone())
        .collect();
    let names = state.users.iter().map(|(id, user)| (*id, user.username.clone())).collect::<Vec<_>>();
    let (session, new) = session(&mut state, headers);
    let mut page = WebPage::new("Sign in").text("h1", "Sign in to GitLab");
    if let Some(alert) = alert {
        page = page.text("p class=\"alert\"", alert);
    }
    if let Some((_, name)) = session.user.and_then(|user| names.iter().find(|(id, _)| *id == user)) {
        page = page.text("p class=\"info\"", &format!("You are signed in as {name}."));
    }
    let inside = "<label for=\"user_login\">Username or primary email</label>\
        <input id=\"user_login\" name=\"user[login]\" autocomplete=\"off\" data-testid=\"username-field\">\
        <label for=\"user_password\">Password</label>\
        <input id=\"user_password\" name=\"user[password]\" type=\"password\" autocomplete=\"off\" \
        data-testid=\"password-field\"><p></p>";
    let action = format!("{}/users/sign_in", gitlab.root());
    let form = Form {
        inside: inside.to_owned(),
        button: "Sign in",
        test_id: "sign-in-button",
        ..Form::confirming(&action, &session.form_token)
    };
    let note = format!("Sandbox: the accounts are {}; any password is taken.", users.join(", "));
    let response = page.form(&form).text("p class=\"note\"", &note).answer();
    match new {
        Some(id) => with_cookie(response, &id),
        None => response,
    }
}

/// Any password is taken of a user without one, which all are unless a test says otherwise.
async fn sign_in(Shared(gitlab): Shared<GitLab>, call: Call) -> Response {
    let field = |name: &str| {
        let user = call.params.get("user").and_then(|user| user.get(name)).and_then(|value| value.as_str());
        user.map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned)
    };
    let sent = call.params.text("authenticity_token").ok().flatten();
    {
        let mut state = gitlab.lock();
        let (session, _) = session(&mut state, &call.headers);
        if sent.as_ref() != Some(&session.form_token) {
            return foreign_form();
        }
    }
    let user = field("login").zip(field("password")).and_then(|(login, password)| {
        let state = gitlab.lock();
        let is_named = |name: &str| name.eq_ignore_ascii_case(&login);
        let user = state.users.values().find(|user| is_named(&user.username) || is_named(&user.email))?;
        user.password.is_none_or(|own| own == Digest::of(&password)).then_some(user.id)
    });
    let Some(user) = user else { return page(&gitlab, &call.headers, Some("Invalid login or password.")) };
    let mut state = gitlab.lock();
    // Another id for the session that is signed in, as against a fixed one.
    let old = cookie(&call.headers).map(|id| Digest::of(&id));
    let return_to = old.and_then(|key| state.web_sessions.remove(&key)).and_then(|session| session.return_to);
    let id = hex64();
    let session = WebSession { user: Some(user), form_token: hex64(), ..WebSession::default() };
    state.web_sessions.insert(Digest::of(&id), session);
    with_cookie(redirect(&state.link(return_to.as_deref().unwrap_or("/users/sign_in"))), &id)
}
