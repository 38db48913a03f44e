//! Sessions: Factory sends a person's browser to GitLab, and takes the answer itself.

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use url::Url;
use uuid::Uuid;

use super::{CALLBACK, CloudConnection, PAGES, tokens};
use crate::sandbox::clock;
use crate::sandbox::factory::{EmbeddedFactory, FactoryProblem};

/// How long a person has.
const LIFE: SignedDuration = SignedDuration::from_mins(10);
/// Seconds between two questions for the state of a session.
const INTERVAL: u64 = 1;
/// The spelling is the contract's.
const CANCELED: &str = concat!("cancel", "led");

pub(in super::super) struct Session {
    id: String,
    idempotency_key: String,
    asked: Value,
    /// OAuth's `state`, and the verifier of PKCE.
    state: String,
    verifier: String,
    status: &'static str,
    detail: Option<String>,
    expires_at: Timestamp,
    account: Value,
    scopes: Vec<String>,
}

impl Session {
    fn status(&self) -> &'static str {
        if self.status == "pending" && self.expires_at <= clock::now() { "expired" } else { self.status }
    }

    fn opened(&self, factory: &EmbeddedFactory) -> Value {
        let at = |path: &str| format!("{}{path}{}", factory.inner.url, self.id);
        json!({
            "id": self.id,
            "authorize_url": at(PAGES),
            "session_url": at("/gitlab/v1/cloud/sessions/"),
            "expires_at": self.expires_at.to_string(),
            "interval": INTERVAL,
        })
    }

    fn shown(&self) -> Value {
        json!({
            "id": self.id,
            "status": self.status(),
            "detail": self.detail,
            "expires_at": self.expires_at.to_string(),
            "account": self.account,
            "scopes": self.scopes,
        })
    }
}

/// Opens a session, or answers with the one that was opened by the same key.
pub(super) async fn open(
    State(factory): State<EmbeddedFactory>,
    headers: HeaderMap,
    Json(asked): Json<Value>,
) -> Result<Response, FactoryProblem> {
    factory.require_key(&headers)?;
    if !factory.clients()?.offers.session {
        return Err(FactoryProblem::new(404, "there is nothing at this address"));
    }
    let key = headers.get("idempotency-key").and_then(|value| value.to_str().ok()).unwrap_or_default();
    if key.parse::<Uuid>().is_err() {
        return Err(FactoryProblem::new(400, "Idempotency-Key has to be a UUID"));
    }
    factory.require_organization(asked.get("organization").unwrap_or(&Value::Null))?;
    factory.require_cloud_url(asked.get("gitlab_url").and_then(Value::as_str).unwrap_or_default())?;
    let mut record = factory.lock();
    if let Some(known) = record.cloud.sessions.iter().find(|session| session.idempotency_key == key) {
        if known.asked != asked {
            return Err(FactoryProblem::new(422, "the same Idempotency-Key was sent with another body"));
        }
        return Ok((StatusCode::OK, Json(known.opened(&factory))).into_response());
    }
    let session = Session {
        id: format!("ses_{}", clock::random_text(24)),
        idempotency_key: key.to_owned(),
        asked,
        state: clock::random_text(40),
        verifier: clock::random_text(64),
        status: "pending",
        detail: None,
        expires_at: clock::now().saturating_add(LIFE).unwrap_or(Timestamp::MAX),
        account: Value::Null,
        scopes: Vec::new(),
    };
    let answer = session.opened(&factory);
    record.cloud.sessions.push(session);
    Ok((StatusCode::CREATED, Json(answer)).into_response())
}

pub(super) async fn show(
    State(factory): State<EmbeddedFactory>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Json<Value>, FactoryProblem> {
    factory.require_key(&headers)?;
    let record = factory.lock();
    let session = record.cloud.sessions.iter().find(|session| session.id == id).ok_or_else(unknown)?;
    Ok(Json(session.shown()))
}

/// Gives a session up. An account that it has authorized is given up too.
pub(super) async fn give_up(
    State(factory): State<EmbeddedFactory>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<StatusCode, FactoryProblem> {
    factory.require_key(&headers)?;
    let ended = {
        let mut record = factory.lock();
        let session = record.cloud.sessions.iter_mut().find(|session| session.id == id).ok_or_else(unknown)?;
        if matches!(session.status(), "pending" | "authorized") {
            session.status = CANCELED;
        }
        let is_its = |one: &CloudConnection| one.session.as_ref() == Some(&id);
        record.cloud.connection.take_if(|one| is_its(one))
    };
    if let Some(connection) = ended {
        factory.revoke(&connection).await;
    }
    Ok(StatusCode::NO_CONTENT)
}

fn unknown() -> FactoryProblem {
    FactoryProblem::new(404, "there is no such session")
}

/// Sends the browser on to GitLab.
pub(super) async fn page(State(factory): State<EmbeddedFactory>, Path(id): Path<String>) -> Response {
    let Ok(clients) = factory.clients() else { return unusable() };
    let record = factory.lock();
    let session = record.cloud.sessions.iter().find(|session| session.id == id && session.status() == "pending");
    let (Some(session), Ok(mut url)) = (session, Url::parse(&format!("{}/oauth/authorize", factory.inner.gitlab.0)))
    else {
        return unusable();
    };
    url.query_pairs_mut()
        .append_pair("client_id", &clients.web_id)
        .append_pair("redirect_uri", &format!("{}{CALLBACK}", factory.inner.url))
        .append_pair("response_type", "code")
        .append_pair("scope", "api read_user")
        .append_pair("state", &session.state)
        .append_pair("code_challenge", &URL_SAFE_NO_PAD.encode(Sha256::digest(&session.verifier)))
        .append_pair("code_challenge_method", "S256");
    (StatusCode::FOUND, [(header::LOCATION, String::from(url))]).into_response()
}

fn unusable() -> Response {
    html(StatusCode::GONE, "This link can no longer be used", "Start again in the program that gave it.")
}

#[derive(Deserialize)]
pub(super) struct CallbackQuery {
    #[serde(default)]
    state: String,
    code: Option<String>,
    error: Option<String>,
}

/// GitLab's answer, with the browser.
pub(super) async fn callback(State(factory): State<EmbeddedFactory>, Query(answer): Query<CallbackQuery>) -> Response {
    let pending = {
        let record = factory.lock();
        let is_meant = |one: &&Session| one.state == answer.state && one.status() == "pending";
        record.cloud.sessions.iter().find(is_meant).map(|one| (one.id.clone(), one.verifier.clone()))
    };
    let Some((id, verifier)) = pending else { return unusable() };
    let outcome = match (&answer.code, &answer.error) {
        (Some(code), _) => authorize(&factory, &id, &[("code", code.as_str()), ("code_verifier", &verifier)]).await,
        (None, Some(error)) if error == "access_denied" => {
            settle(&factory, &id, |session| session.status = "denied");
            return html(StatusCode::OK, "Factory was not authorized", "You may close this page.");
        }
        (None, error) => {
            let error = error.as_deref().unwrap_or("no code");
            Err(FactoryProblem::new(400, format!("GitLab answered with {error}")))
        }
    };
    match outcome {
        Ok(()) => html(StatusCode::OK, "Factory is authorized", "You may close this page and go back to the program."),
        Err(problem) => {
            settle(&factory, &id, |session| {
                session.status = "failed";
                session.detail = Some(problem.detail.clone());
            });
            html(StatusCode::BAD_REQUEST, "Factory could not be authorized", "Go back to the program.")
        }
    }
}

fn settle(factory: &EmbeddedFactory, id: &str, change: impl FnOnce(&mut Session)) {
    if let Some(session) = factory.lock().cloud.sessions.iter_mut().find(|session| session.id == id) {
        change(session);
    }
}

/// Exchanges the code, and asks whose account it is.
async fn authorize(factory: &EmbeddedFactory, id: &str, code: &[(&str, &str)]) -> Result<(), FactoryProblem> {
    let clients = factory.clients()?;
    let redirect_uri = format!("{}{CALLBACK}", factory.inner.url);
    let fixed = [
        ("grant_type", "authorization_code"),
        ("client_id", clients.web_id.as_str()),
        ("client_secret", clients.web_secret.as_str()),
        ("redirect_uri", redirect_uri.as_str()),
    ];
    let fields: Vec<(&str, &str)> = fixed.into_iter().chain(code.iter().copied()).collect();
    let answer = factory.form("/oauth/token", &fields).await?;
    let (access_token, refresh_token) = tokens(&answer)?;
    let scopes = answer.body.get("scope").and_then(Value::as_str).unwrap_or_default();
    let scopes = scopes.split_whitespace().map(str::to_owned).collect();
    let user = factory.get("/user", &access_token).await?.body;
    let connection = CloudConnection {
        session: Some(id.to_owned()),
        client_id: clients.web_id.clone(),
        client_secret: Some(clients.web_secret.clone()),
        access_token,
        refresh_token,
    };
    factory.lock().cloud.connection = Some(connection);
    settle(factory, id, |session| {
        session.status = "authorized";
        session.account = json!({"id": user["id"], "username": user["username"], "name": user["name"]});
        session.scopes = scopes;
    });
    Ok(())
}

fn html(status: StatusCode, title: &str, text: &str) -> Response {
    let page = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\"><title>{title} · Factory</title>\
         <style>body{{font:16px/1.5 system-ui,sans-serif;max-width:560px;margin:60px auto;color:#222}}</style></head>\n\
         <body><h1>{title}</h1><p>{text}</p></body>\n</html>\n"
    );
    (status, Html(page)).into_response()
}
