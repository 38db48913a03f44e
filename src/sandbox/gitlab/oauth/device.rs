//! The device authorization grant (RFC 8628), as the gem does it and as GitLab patched it.
//!
//! doorkeeper-device_authorization_grant; gitlab: config/initializers/doorkeeper.rb

use axum::extract::State as Shared;
use axum::http::{StatusCode, header};
use axum::response::Response;
use jiff::SignedDuration;
use serde_json::json;

use super::client::{authenticate, text};
use super::grants::{allowed_scopes, requested};
use super::{NewOauthToken, OauthError, no_store};
use crate::sandbox::gitlab::auth::Call;
use crate::sandbox::gitlab::secrets::{self, Digest};
use crate::sandbox::gitlab::state::{DeviceAnswer, DeviceCode, GitLabState};
use crate::sandbox::gitlab::{GitLab, scopes};

/// The lifetime of a device code and the interval between two polls, in seconds.
pub(super) const LIFE: i64 = 300;
const INTERVAL: i64 = 5;

/// Whether the instance has the device flow: by default since 17.3, before that behind a feature flag.
pub(super) fn is_available(gitlab: &GitLab, state: &GitLabState) -> bool {
    state.quirks.device_flow.unwrap_or_else(|| gitlab.is_at_least(17, 3))
}

pub(in super::super) async fn authorize(Shared(gitlab): Shared<GitLab>, call: Call) -> Result<Response, OauthError> {
    let mut state = gitlab.lock();
    if !is_available(&gitlab, &state) {
        return Err(OauthError::Page(StatusCode::NOT_FOUND));
    }
    let application = authenticate(&state, &call)?;
    if !application.device_code_enabled {
        return Err(OauthError::new("access_denied"));
    }
    // GitLab checks the application's scopes since some 18.x; the gem alone checks only the server's, and fails with a 422 page.
    let checked = state.quirks.device_checks_scopes.unwrap_or_else(|| gitlab.is_at_least(18, 2));
    let scopes = if checked { allowed_scopes(&gitlab, application, &call)? } else { requested(&call) };
    if !scopes.iter().all(|scope| scopes::known(&gitlab).any(|known| known == scope)) {
        return Err(OauthError::Page(StatusCode::UNPROCESSABLE_ENTITY));
    }
    let (code, user_code) = (secrets::hex64(), secrets::user_code());
    let device = DeviceCode {
        application: application.id,
        scopes,
        user_code: user_code.clone(),
        created_at: gitlab.clock().now(),
        last_polled: None,
        answer: DeviceAnswer::Pending,
        code: Digest::of(&code),
    };
    state.device_codes.push(device);
    let page = verification_uri(&state, &call);
    Ok(no_store(json!({
        "device_code": code,
        "user_code": user_code,
        "verification_uri": page,
        "verification_uri_complete": format!("{page}?user_code={user_code}"),
        "expires_in": LIFE,
        "interval": INTERVAL,
    })))
}

/// From the request's host, without the relative root, which the gem ignores.
fn verification_uri(state: &GitLabState, call: &Call) -> String {
    let header = |name: header::HeaderName| call.headers.get(name).and_then(|value| value.to_str().ok());
    let scheme = header(header::HeaderName::from_static("x-forwarded-proto")).unwrap_or(state.external_url.scheme());
    let host = header(header::HOST).or_else(|| state.external_url.host_str()).unwrap_or("localhost");
    format!("{scheme}://{host}/oauth/device")
}

/// One poll of the token endpoint.
pub(super) fn exchange(gitlab: &GitLab, state: &mut GitLabState, call: &Call) -> Result<NewOauthToken, OauthError> {
    let code = Digest::of(&text(call, "device_code").ok_or_else(|| OauthError::missing("device_code"))?);
    let application = authenticate(state, call)?.id;
    let now = gitlab.clock().now();
    let ours = |device: &DeviceCode| device.code == code && device.application == application;
    let place = state.device_codes.iter().position(ours).ok_or_else(|| OauthError::new("invalid_grant"))?;
    let device = &mut state.device_codes[place];
    if device.created_at.duration_until(now) >= SignedDuration::from_secs(LIFE) {
        state.device_codes.remove(place);
        return Err(OauthError::new("expired_token"));
    }
    let last = device.last_polled.replace(now);
    if last.is_some_and(|last| last.duration_until(now) < SignedDuration::from_secs(INTERVAL)) {
        return Err(OauthError::new("slow_down"));
    }
    match device.answer {
        DeviceAnswer::Pending => Err(OauthError::new("authorization_pending")),
        DeviceAnswer::Denied => Err(OauthError::new("access_denied")),
        DeviceAnswer::Approved(user) => {
            let device = state.device_codes.remove(place);
            Ok(NewOauthToken { application: Some(application), user: Some(user), scopes: device.scopes })
        }
    }
}

impl GitLab {
    /// Answers a device authorization as the user would on the page; false if the user code is unknown.
    #[cfg(test)]
    pub(crate) fn answer_device(&self, user_code: &str, answer: DeviceAnswer) -> bool {
        let mut state = self.lock();
        let device = state.device_codes.iter_mut().find(|device| device.user_code == user_code);
        device.map(|device| device.answer = answer).is_some()
    }
}
