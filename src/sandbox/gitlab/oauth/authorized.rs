//! The applications that a user has authorized, and how the user withdraws it: a page only, no API lists them.
//!
//! gitlab: app/controllers/user_settings/applications_controller.rb, app/controllers/oauth/authorized_applications_controller.rb

use std::collections::BTreeMap;

use axum::extract::{OriginalUri, Path, State as Shared};
use axum::response::Response;

use crate::sandbox::gitlab::GitLab;
use crate::sandbox::gitlab::auth::Call;
use crate::sandbox::gitlab::web::page::{Form, WebPage, redirect};
use crate::sandbox::gitlab::web::session::{Elsewhere, require_form, require_user};

/// Where the user sees them.
pub(super) const PAGE: &str = "/-/user_settings/applications";

pub(in super::super) async fn list(
    Shared(gitlab): Shared<GitLab>,
    OriginalUri(uri): OriginalUri,
    call: Call,
) -> Result<Response, Elsewhere> {
    let visitor = require_user(&gitlab, &call, &uri)?;
    let mut state = gitlab.lock();
    let mut page = WebPage::new("Applications").text("h1", "Authorized applications");
    if let Some(notice) = visitor.take_notice(&mut state) {
        page = page.text("p class=\"info\"", &notice);
    }
    let mine = state.oauth_tokens.values().filter(|token| token.user == Some(visitor.user) && !token.revoked);
    let mut scopes: BTreeMap<u64, String> = BTreeMap::new();
    for token in mine {
        token.application.into_iter().for_each(|id| drop(scopes.insert(id, token.scopes.join(" "))));
    }
    if scopes.is_empty() {
        page = page.text("p", "You don't have any authorized applications.");
    }
    for (id, scopes) in scopes {
        let name = state.applications.get(&id).map(|application| application.name.clone()).unwrap_or_default();
        let action = format!("{}/oauth/authorized_applications/{id}", gitlab.root());
        let form = Form {
            method: "delete",
            button: "Revoke",
            class: "",
            test_id: "revoke-button",
            ..Form::confirming(&action, &visitor.form_token)
        };
        page = page.text("p", &format!("{name}: {scopes}")).form(&form);
    }
    Ok(page.answer())
}

/// Ends all tokens and codes of the application for this user.
pub(in super::super) async fn revoke(
    Shared(gitlab): Shared<GitLab>,
    OriginalUri(uri): OriginalUri,
    Path(id): Path<u64>,
    call: Call,
) -> Result<Response, Elsewhere> {
    let visitor = require_form(&gitlab, &call, &uri)?;
    let mut state = gitlab.lock();
    for token in state.oauth_tokens.values_mut() {
        token.revoked |= token.application == Some(id) && token.user == Some(visitor.user);
    }
    state.grants.retain(|grant| grant.spec.application != id || grant.spec.user != visitor.user);
    visitor.notify(&mut state, "The application was revoked access.");
    Ok(redirect(&state.link(PAGE)))
}
