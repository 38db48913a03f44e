//! Accepts bundles after checking the digest, the seal, the schema and the application.

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Request, StatusCode};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tower::ServiceExt as _;
use url::Url;

use super::{BundleIntake, EmbeddedFactory, FactoryProblem, ReceivedBundle, cloud, hex};
use crate::sandbox::clock;

/// A sealed bundle has a few kilobytes; anything near this is not one.
const LARGEST_BUNDLE: usize = 1024 * 1024;

pub(super) async fn take(
    State(factory): State<EmbeddedFactory>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, FactoryProblem> {
    factory.require_key(&headers)?;
    let intake = factory.lock().quirks.intake;
    if let BundleIntake::Refuse(status) = intake {
        return Err(FactoryProblem::new(status, refusal(status)));
    }
    let sealed = axum::body::to_bytes(body, LARGEST_BUNDLE)
        .await
        .map_err(|_| FactoryProblem::new(413, "the bundle is too large"))?;
    let digest: [u8; 32] = Sha256::digest(&sealed).into();
    check_headers(&headers, digest)?;
    if let Some(known) = seen_before(&factory, &hex(&digest)) {
        return Ok(answer(intake, StatusCode::OK, &known));
    }
    let document = open(&factory, &sealed)?;
    if cloud::is_grant(&document) {
        cloud::take_grant(&factory, &document).await?;
    } else {
        let knows_application = !factory.lock().bundles.is_empty();
        check_schema(&document, knows_application)?;
        check_application(&factory, &document).await?;
    }
    let bundle = ReceivedBundle {
        id: format!("bnd_{}", clock::random_text(16)),
        sha256: hex(&digest),
        received_at: clock::now(),
        times: 1,
        document,
        sealed: sealed.to_vec(),
    };
    factory.lock().bundles.push(bundle.clone());
    Ok(answer(intake, StatusCode::CREATED, &bundle))
}

const fn refusal(status: u16) -> &'static str {
    match status {
        401 => "the API key is not valid",
        402 => "the plan of this organization does not include self-hosted GitLab",
        403 => "this needs the role Manager or Owner",
        409 => "this organization is connected to another GitLab already",
        413 => "the bundle is too large",
        _ => "the bundle was not taken",
    }
}

/// `Content-Digest` is RFC 9530, `Idempotency-Key` the same digest in hex.
fn check_headers(headers: &HeaderMap, digest: [u8; 32]) -> Result<(), FactoryProblem> {
    let field =
        |name| headers.get(name).and_then(|value: &axum::http::HeaderValue| value.to_str().ok()).unwrap_or_default();
    if field("content-type") != "application/octet-stream" {
        return Err(FactoryProblem::new(415, "the content type has to be application/octet-stream"));
    }
    if field("content-digest") != format!("sha-256=:{}:", STANDARD.encode(digest)) {
        return Err(FactoryProblem::new(400, "Content-Digest does not match the body"));
    }
    if field("idempotency-key") != hex(&digest) {
        return Err(FactoryProblem::new(400, "Idempotency-Key is not the digest of the body in hex"));
    }
    Ok(())
}

fn seen_before(factory: &EmbeddedFactory, digest: &str) -> Option<ReceivedBundle> {
    let mut record = factory.lock();
    let known = record.bundles.iter_mut().find(|bundle| bundle.sha256 == digest)?;
    known.times += 1;
    Some(known.clone())
}

fn answer(intake: BundleIntake, status: StatusCode, bundle: &ReceivedBundle) -> Response {
    let digest = match intake {
        BundleIntake::NoReceipt => return StatusCode::NO_CONTENT.into_response(),
        BundleIntake::WrongDigest => hex(&Sha256::digest(b"something else")),
        _ => bundle.sha256.clone(),
    };
    let receipt = json!({"id": bundle.id, "sha256": digest, "received_at": bundle.received_at.to_string()});
    (status, axum::Json(receipt)).into_response()
}

fn open(factory: &EmbeddedFactory, sealed: &Bytes) -> Result<Value, FactoryProblem> {
    let plain = age::decrypt(&factory.inner.identity, sealed)
        .map_err(|_| FactoryProblem::new(400, "the bundle cannot be opened with the key that the kit gave"))?;
    serde_json::from_slice(&plain).map_err(|_| FactoryProblem::new(400, "the opened bundle is not JSON"))
}

/// A path in the bundle, and the check of its value.
type BundleRule = (&'static str, fn(&Value) -> bool);

/// The required values of every bundle.
const REQUIRED: [BundleRule; 8] = [
    ("/created_at", is_time),
    ("/tool/name", Value::is_string),
    ("/tool/version", Value::is_string),
    ("/instance/url", Value::is_string),
    ("/instance/version", Value::is_string),
    ("/instance/edition", Value::is_string),
    ("/organization", |value| value.is_object() || value.is_null()),
    ("/instance/plan", |value| value.is_string() || value.is_null()),
];

/// The required values of a bundle with webhooks.
const WEBHOOK: [BundleRule; 3] = [
    ("/webhook/url", Value::is_string),
    ("/webhook/strategy", Value::is_string),
    ("/webhook/targets", Value::is_array),
];

/// The required values of a bundle with an application. One without leaves Factory the application that it has.
const APPLICATION: [BundleRule; 5] = [
    ("/application/id", is_filled),
    ("/application/secret", is_filled),
    ("/application/name", Value::is_string),
    ("/application/redirect_uri", is_filled),
    ("/application/scopes", is_texts),
];

/// The required values of a bundle with a token.
const TOKEN: [BundleRule; 2] =
    [("/personal_access_token/value", is_filled), ("/personal_access_token/scopes", is_texts)];

/// The first bundle has to have everything; Factory keeps what it has for a part that a later one lacks.
fn check_schema(document: &Value, knows_application: bool) -> Result<(), FactoryProblem> {
    if document.get("schema").and_then(Value::as_str) != Some("factory-gitlab/bundle/v1") {
        return Err(FactoryProblem::new(400, "schema is not factory-gitlab/bundle/v1"));
    }
    let has = |part| document.get(part).is_some_and(|part: &Value| !part.is_null());
    let (token, application) = (has("personal_access_token"), has("application"));
    let wanted = REQUIRED.iter().chain(APPLICATION.iter().filter(|_| application || !knows_application));
    let wanted = wanted.chain(WEBHOOK.iter().filter(|_| has("webhook") || !knows_application));
    let wanted = wanted.chain(TOKEN.iter().filter(|_| token));
    for (path, holds) in wanted {
        if !holds(document.pointer(path).unwrap_or(&Value::Null)) {
            return Err(FactoryProblem::new(
                400,
                format!("{} is missing or has the wrong type", path[1..].replace('/', ".")),
            ));
        }
    }
    Ok(())
}

fn is_filled(value: &Value) -> bool {
    value.as_str().is_some_and(|text| !text.trim().is_empty())
}

fn is_time(value: &Value) -> bool {
    value.as_str().is_some_and(|text| text.parse::<jiff::Timestamp>().is_ok())
}

fn is_texts(value: &Value) -> bool {
    value.as_array().is_some_and(|list| list.iter().all(Value::is_string))
}

/// Asks the sandbox's own GitLab whether it knows the pair. Another GitLab is not asked: nothing leaves the machine.
async fn check_application(factory: &EmbeddedFactory, document: &Value) -> Result<(), FactoryProblem> {
    let (url, gitlab) = &factory.inner.gitlab;
    let text = |path: &str| document.pointer(path).and_then(Value::as_str).unwrap_or_default();
    if document.get("application").is_none() || text("/instance/url").trim_end_matches('/') != url.trim_end_matches('/')
    {
        return Ok(());
    }
    let pair = STANDARD.encode(format!("{}:{}", text("/application/id"), text("/application/secret")));
    match introspect(gitlab.clone(), url, &pair).await {
        Some(StatusCode::UNAUTHORIZED) => {
            Err(FactoryProblem::new(400, "GitLab refuses the application's ID and secret"))
        }
        _ => Ok(()),
    }
}

async fn introspect(gitlab: Router, url: &str, pair: &str) -> Option<StatusCode> {
    let root = Url::parse(url).ok()?.path().trim_end_matches('/').to_owned();
    let request = Request::post(format!("{root}/oauth/introspect"))
        .header("authorization", format!("Basic {pair}"))
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Body::from("token=x"))
        .ok()?;
    gitlab.oneshot(request).await.ok().map(|response| response.status())
}
