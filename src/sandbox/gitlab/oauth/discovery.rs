//! The two discovery documents.

use axum::Json;
use axum::extract::State as Shared;
use serde_json::{Value, json};

use crate::sandbox::gitlab::{GitLab, scopes};

pub(in super::super) async fn openid(Shared(gitlab): Shared<GitLab>) -> Json<Value> {
    Json(document(&gitlab))
}

/// The authorization server's metadata: the same with the registration endpoint (gitlab: since dynamic client registration, 18.x).
pub(in super::super) async fn server(Shared(gitlab): Shared<GitLab>) -> Json<Value> {
    let mut answer = document(&gitlab);
    if gitlab.is_at_least(18, 6) {
        answer["registration_endpoint"] = json!(gitlab.lock().link("/oauth/register"));
    }
    Json(answer)
}

fn document(gitlab: &GitLab) -> Value {
    let state = gitlab.lock();
    let mut grants = vec!["authorization_code", "client_credentials", "device_code", "refresh_token"];
    if !gitlab.is_at_least(19, 0) {
        grants.insert(1, "password");
    }
    json!({
        "issuer": state.link(""),
        "authorization_endpoint": state.link("/oauth/authorize"),
        "token_endpoint": state.link("/oauth/token"),
        "revocation_endpoint": state.link("/oauth/revoke"),
        "introspection_endpoint": state.link("/oauth/introspect"),
        "userinfo_endpoint": state.link("/oauth/userinfo"),
        "jwks_uri": state.link("/oauth/discovery/keys"),
        "scopes_supported": scopes::known(gitlab).collect::<Vec<_>>(),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query", "fragment", "form_post"],
        "grant_types_supported": grants,
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "claim_types_supported": ["normal"],
        "claims_supported": [
            "iss", "sub", "aud", "exp", "iat", "sub_legacy", "name", "nickname", "preferred_username", "email",
            "email_verified", "website", "profile", "picture", "groups", "groups_direct",
        ],
        "code_challenge_methods_supported": ["plain", "S256"],
    })
}
