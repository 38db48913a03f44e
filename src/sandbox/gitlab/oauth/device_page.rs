//! `/oauth/device`: the page on which the user enters the code of a device, and confirms.
//!
//! gitlab: app/controllers/oauth/device_authorizations_controller.rb, with a button to deny that its page does not have

use axum::extract::{OriginalUri, State as Shared};
use axum::response::{IntoResponse as _, Response};
use jiff::SignedDuration;

use super::authorize::who;
use super::client::{is_denial, text};
use super::{OauthError, device};
use crate::sandbox::gitlab::GitLab;
use crate::sandbox::gitlab::auth::Call;
use crate::sandbox::gitlab::state::{DeviceAnswer, DeviceCode, GitLabState};
use crate::sandbox::gitlab::web::page::{Form, WebPage, escape, redirect};
use crate::sandbox::gitlab::web::session::{Elsewhere, SignedIn, require_form, require_user};

const TITLE: &str = "Authorize device to access to your GitLab account.";

/// Where the code is entered; `user_code` of the address fills it in.
pub(in super::super) async fn enter(
    Shared(gitlab): Shared<GitLab>,
    OriginalUri(uri): OriginalUri,
    call: Call,
) -> Result<Response, Elsewhere> {
    if !device::is_available(&gitlab, &gitlab.lock()) {
        return Ok(OauthError::Page(axum::http::StatusCode::NOT_FOUND).into_response());
    }
    let visitor = require_user(&gitlab, &call, &uri)?;
    let mut state = gitlab.lock();
    let mut page = WebPage::new("Authorize device").text("h1", TITLE);
    if let Some(notice) = visitor.take_notice(&mut state) {
        page = page.text("p class=\"info\" data-testid=\"alert-info\"", &notice);
    }
    let code = escape(&text(&call, "user_code").unwrap_or_default());
    let inside = format!(
        "<label for=\"user_code\">User code</label>\
         <input id=\"user_code\" name=\"user_code\" value=\"{code}\" autocomplete=\"off\"><p></p>"
    );
    let action = format!("{}/oauth/device/confirm", gitlab.root());
    Ok(page.form(&Form { inside, ..Form::confirming(&action, &visitor.form_token) }).answer())
}

/// What is asked for with the code that was entered.
pub(in super::super) async fn confirm(
    Shared(gitlab): Shared<GitLab>,
    OriginalUri(uri): OriginalUri,
    call: Call,
) -> Result<Response, Elsewhere> {
    let visitor = require_form(&gitlab, &call, &uri)?;
    let mut state = gitlab.lock();
    let Some(place) = find(&gitlab, &state, &call) else { return Ok(back(&mut state, &visitor, UNKNOWN)) };
    let device = &state.device_codes[place];
    let name = state.applications.get(&device.application).map(|application| application.name.clone());
    let page = WebPage::new("Authorize device").text("h1", TITLE).html(&who(&state, &visitor));
    let page = page
        .text("p", "Please make sure that you intended to authorize this device.")
        .text("p", &format!("Application: {}", name.unwrap_or_default()))
        .text("p", &format!("Scopes associated with this request: {}", device.scopes.join(" ")))
        .html(&format!("<p><code>{}</code></p>\n", escape(&device.user_code)));
    let action = format!("{}/oauth/device", gitlab.root());
    let hidden = vec![("user_code", Some(device.user_code.as_str()))];
    let form = Form { hidden, button: "Confirm", ..Form::confirming(&action, &visitor.form_token) };
    Ok(page.decision(&form).answer())
}

/// The user's answer. Either way the code cannot be entered again.
pub(in super::super) async fn answer(
    Shared(gitlab): Shared<GitLab>,
    OriginalUri(uri): OriginalUri,
    call: Call,
) -> Result<Response, Elsewhere> {
    let visitor = require_form(&gitlab, &call, &uri)?;
    let mut state = gitlab.lock();
    let Some(place) = find(&gitlab, &state, &call) else { return Ok(back(&mut state, &visitor, UNKNOWN)) };
    let (answer, says) = match is_denial(&call) {
        true => (DeviceAnswer::Denied, "The device was not authorized."),
        false => (DeviceAnswer::Approved(visitor.user), "Device successfully authorized."),
    };
    state.device_codes[place].answer = answer;
    Ok(back(&mut state, &visitor, says))
}

const UNKNOWN: &str = "The user code is invalid or has expired.";

fn back(state: &mut GitLabState, visitor: &SignedIn, says: &str) -> Response {
    visitor.notify(state, says);
    redirect(&state.link("/oauth/device"))
}

/// The code that was entered, if it waits for an answer. People write it in small letters and with spaces.
fn find(gitlab: &GitLab, state: &GitLabState, call: &Call) -> Option<usize> {
    let entered: String = text(call, "user_code")?.chars().filter(|c| !c.is_whitespace()).collect();
    let now = gitlab.clock().now();
    let is_live = |device: &DeviceCode| {
        device.answer == DeviceAnswer::Pending
            && device.created_at.duration_until(now) < SignedDuration::from_secs(device::LIFE)
    };
    state.device_codes.iter().position(|device| is_live(device) && device.user_code.eq_ignore_ascii_case(&entered))
}
