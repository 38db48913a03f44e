//! `/oauth/authorize`: who is asked, what is shown, and where the browser goes afterwards.
//!
//! What is wrong with a request is a page with status 200 and never a redirect; only the answer of the user is one.
//! gitlab: app/controllers/oauth/authorizations_controller.rb; doorkeeper: lib/doorkeeper/oauth/pre_authorization.rb

use axum::extract::{OriginalUri, State as Shared};
use axum::response::Response;
use url::Url;

use super::client::{is_denial, text};
use super::grants::{CodeChallenge, allowed_scopes};
use super::{GrantSpec, description};
use crate::sandbox::gitlab::auth::Call;
use crate::sandbox::gitlab::redirect_uri::is_registered;
use crate::sandbox::gitlab::secrets::{self, Digest};
use crate::sandbox::gitlab::state::{AccessGrant, GitLabState};
use crate::sandbox::gitlab::web::page::{Form, WebPage, escape, redirect};
use crate::sandbox::gitlab::web::session::{Elsewhere, SignedIn, require_form, require_user};
use crate::sandbox::gitlab::{GitLab, scopes};

/// A request that may be shown to the user.
struct PreAuthorization {
    application: u64,
    name: String,
    uid: String,
    is_confidential: bool,
    is_trusted: bool,
    redirect_uri: String,
    state: Option<String>,
    scopes: Vec<String>,
    challenge: Option<CodeChallenge>,
}

pub(in super::super) async fn show(
    Shared(gitlab): Shared<GitLab>,
    OriginalUri(uri): OriginalUri,
    call: Call,
) -> Result<Response, Elsewhere> {
    let visitor = require_user(&gitlab, &call, &uri)?;
    let mut state = gitlab.lock();
    let request = check(&gitlab, &state, &call).map_err(|problem| error_page(&problem))?;
    if request.is_trusted || (request.is_confidential && has_matching_token(&gitlab, &state, &visitor, &request)) {
        return Ok(redirecting_page(&grant(&gitlab, &mut state, &visitor, request)));
    }
    Ok(consent_page(&gitlab, &state, &visitor, &request))
}

/// The two forms of the page: consent, and with `_method=delete` denial.
pub(in super::super) async fn answer(
    Shared(gitlab): Shared<GitLab>,
    OriginalUri(uri): OriginalUri,
    call: Call,
) -> Result<Response, Elsewhere> {
    let visitor = require_form(&gitlab, &call, &uri)?;
    let mut state = gitlab.lock();
    let request = check(&gitlab, &state, &call).map_err(|problem| error_page(&problem))?;
    if is_denial(&call) {
        let error = "access_denied";
        let pairs = [("error", error), ("error_description", description(error))];
        return Ok(redirect(&with_query(&request.redirect_uri, &pairs, request.state.as_deref())));
    }
    Ok(redirect(&grant(&gitlab, &mut state, &visitor, request)))
}

/// In Doorkeeper's order; the first problem ends it.
fn check(gitlab: &GitLab, state: &GitLabState, call: &Call) -> Result<PreAuthorization, String> {
    let missing = |name: &str| format!("Missing required parameter: {name}.");
    let uid = text(call, "client_id").ok_or_else(|| missing("client_id"))?;
    let application = state.applications.values().find(|application| application.uid == uid);
    let application = application.ok_or_else(|| description("invalid_client"))?;
    let redirect_uri = text(call, "redirect_uri").unwrap_or_default();
    if !is_registered(&application.redirect_uri, &redirect_uri) {
        return Err(description("invalid_redirect_uri").to_owned());
    }
    match text(call, "response_type").as_deref() {
        Some("code") => {}
        Some(_) => return Err(description("unsupported_response_type").to_owned()),
        None => return Err(missing("response_type")),
    }
    let scopes = allowed_scopes(gitlab, application, call).map_err(|_| description("invalid_scope"))?;
    let challenge = match (text(call, "code_challenge"), text(call, "code_challenge_method").as_deref()) {
        (None, _) => None,
        (Some(challenge), Some("S256")) => Some(CodeChallenge::S256(challenge)),
        (Some(challenge), Some("plain")) => Some(CodeChallenge::Plain(challenge)),
        (Some(_), _) => return Err(description("invalid_code_challenge_method").to_owned()),
    };
    Ok(PreAuthorization {
        application: application.id,
        name: application.name.clone(),
        uid,
        is_confidential: application.confidential,
        is_trusted: application.trusted,
        redirect_uri,
        state: text(call, "state"),
        scopes,
        challenge,
    })
}

/// doorkeeper: `AccessToken.matching_token_for`
fn has_matching_token(gitlab: &GitLab, state: &GitLabState, visitor: &SignedIn, request: &PreAuthorization) -> bool {
    state.oauth_tokens.values().any(|token| {
        let is_same = token.application == Some(request.application) && token.user == Some(visitor.user);
        let mut scopes = [token.scopes.clone(), request.scopes.clone()];
        scopes.iter_mut().for_each(|list| list.sort());
        is_same && !token.revoked && token.expires_at() > gitlab.clock().now() && scopes[0] == scopes[1]
    })
}

/// Makes the code, and returns the address that the browser goes to with it.
fn grant(gitlab: &GitLab, state: &mut GitLabState, visitor: &SignedIn, request: PreAuthorization) -> String {
    let code = secrets::hex64();
    let address = with_query(&request.redirect_uri, &[("code", code.as_str())], request.state.as_deref());
    let spec = GrantSpec {
        application: request.application,
        user: visitor.user,
        redirect_uri: request.redirect_uri,
        scopes: request.scopes,
        code_challenge: request.challenge,
    };
    state.grants.push(AccessGrant { spec, created_at: gitlab.clock().now(), code: Digest::of(&code) });
    address
}

/// The registered address with these parameters behind its own; `state` only where one was sent.
fn with_query(redirect_uri: &str, pairs: &[(&str, &str)], state: Option<&str>) -> String {
    let Ok(mut url) = Url::parse(redirect_uri) else { return redirect_uri.to_owned() };
    url.query_pairs_mut().extend_pairs(pairs).extend_pairs(state.map(|state| ("state", state)));
    url.into()
}

/// gitlab: app/views/doorkeeper/authorizations/error.html.haml
fn error_page(problem: &str) -> Response {
    WebPage::new("An error has occurred").text("h1", "An error has occurred").text("pre", problem).answer()
}

/// gitlab: app/views/doorkeeper/authorizations/redirect.html.haml
fn redirecting_page(address: &str) -> Response {
    let address = escape(address);
    WebPage::new("Redirecting")
        .html(&format!("<meta http-equiv=\"refresh\" content=\"0;url={address}\">\n<h1>Redirecting</h1>\n"))
        .html(&format!("<p><a href=\"{address}\">Click here to redirect to the application</a></p>\n"))
        .answer()
}

/// gitlab: app/views/doorkeeper/authorizations/new.html.haml
fn consent_page(gitlab: &GitLab, state: &GitLabState, visitor: &SignedIn, request: &PreAuthorization) -> Response {
    let PreAuthorization { name, uid, redirect_uri, state: own_state, scopes, challenge, .. } = request;
    let title = format!("{name} is requesting access to your account on GitLab.");
    let mut page = WebPage::new("Authorization required").text("h1", &title).html(&who(state, visitor));
    page = page.text("p", "This application will be able to:").html("<ul>\n");
    for scope in scopes {
        let meaning = scopes::meaning(scope);
        page = page.html(&format!("<li><strong>{}</strong> ({})</li>\n", escape(meaning), escape(scope)));
    }
    page = page.html("</ul>\n").text("p", &format!("Make sure you trust {name} before authorizing."));
    if let Some(host) = Url::parse(redirect_uri).ok().and_then(|url| url.host_str().map(str::to_owned)) {
        page = page.text("p", &format!("You will be redirected to {host} after authorizing."));
    }
    let scope = scopes.join(" ");
    let (challenge, method) = match challenge {
        Some(CodeChallenge::S256(text)) => (Some(text.as_str()), Some("S256")),
        Some(CodeChallenge::Plain(text)) => (Some(text.as_str()), Some("plain")),
        None => (None, None),
    };
    let hidden = vec![
        ("client_id", Some(uid.as_str())),
        ("redirect_uri", Some(redirect_uri.as_str())),
        ("state", own_state.as_deref()),
        ("response_type", Some("code")),
        ("scope", Some(scope.as_str())),
        ("code_challenge", challenge),
        ("code_challenge_method", method),
    ];
    let action = format!("{}/oauth/authorize", gitlab.root());
    page.decision(&Form { hidden, ..Form::confirming(&action, &visitor.form_token) }).answer()
}

/// Whose account it is about.
pub(super) fn who(state: &GitLabState, visitor: &SignedIn) -> String {
    let Some(user) = state.users.get(&visitor.user) else { return String::new() };
    let warning = match user.admin {
        true => {
            "<p class=\"alert\">You are an administrator, which means authorizing access will allow it to interact with \
                 GitLab as an administrator as well.</p>\n"
        }
        false => "",
    };
    format!("<p><strong>{}</strong> · @{}</p>\n{warning}", escape(&user.name), escape(&user.username))
}
