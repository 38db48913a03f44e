//! Client authentication at the OAuth server.
//!
//! doorkeeper: lib/doorkeeper/oauth/client/credentials.rb, app/models/.../application_mixin.rb

use axum::http::header;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::OauthError;
use crate::sandbox::gitlab::auth::Call;
use crate::sandbox::gitlab::state::{GitLabState, StoredApplication};

/// The client id and secret that a request presents; the secret may be empty.
struct PresentedClient {
    uid: String,
    secret: String,
}

/// Whether the request names a client at all.
pub(super) fn has_client_id(call: &Call) -> bool {
    basic(call).is_some() || form(call).is_some()
}

/// The application whose id and secret were sent.
///
/// # Errors
/// `invalid_client`; `invalid_request` for two mechanisms at once, if the instance checks this.
pub(super) fn authenticate<'a>(state: &'a GitLabState, call: &Call) -> Result<&'a StoredApplication, OauthError> {
    let (basic, form) = (basic(call), form(call));
    if state.quirks.one_client_mechanism && has_two_credentials(basic.as_ref(), form.as_ref()) {
        let text = "The request utilizes more than one mechanism for authenticating the client.";
        return Err(OauthError::because("invalid_request", text));
    }
    let good = basic.or(form).and_then(|credentials| find(state, &credentials));
    good.ok_or_else(|| OauthError::new("invalid_client"))
}

/// Whether the form has a secret beside Basic authentication, or another id.
fn has_two_credentials(basic: Option<&PresentedClient>, form: Option<&PresentedClient>) -> bool {
    match (basic, form) {
        (Some(basic), Some(form)) => !form.secret.is_empty() || form.uid != basic.uid,
        _ => false,
    }
}

/// An application that is not confidential is accepted by its id alone, but not with a wrong secret.
fn find<'a>(state: &'a GitLabState, credentials: &PresentedClient) -> Option<&'a StoredApplication> {
    let application = state.applications.values().find(|application| application.uid == credentials.uid)?;
    let good = match credentials.secret.as_str() {
        "" => !application.confidential,
        secret => application.has_secret(secret),
    };
    good.then_some(application)
}

/// The scheme is case-sensitive: `basic` is ignored.
fn basic(call: &Call) -> Option<PresentedClient> {
    let header = call.headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let text = String::from_utf8(STANDARD.decode(header.strip_prefix("Basic ")?.trim()).ok()?).ok()?;
    let (uid, secret) = text.split_once(':').unwrap_or((&text, ""));
    (!uid.is_empty()).then(|| PresentedClient { uid: uid.into(), secret: secret.into() })
}

fn form(call: &Call) -> Option<PresentedClient> {
    let uid = text(call, "client_id")?;
    Some(PresentedClient { uid, secret: text(call, "client_secret").unwrap_or_default() })
}

/// A parameter that is present and not blank.
pub(super) fn text(call: &Call, name: &str) -> Option<String> {
    call.params.text(name).ok().flatten().filter(|text| !text.trim().is_empty())
}

/// Whether a form of a page denies: Rails sends it as a POST whose field `_method` says DELETE.
pub(super) fn is_denial(call: &Call) -> bool {
    call.method == axum::http::Method::DELETE || text(call, "_method").as_deref() == Some("delete")
}
