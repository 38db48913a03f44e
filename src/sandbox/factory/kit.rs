//! The kit that the embedded Factory serves.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use jiff::SignedDuration;
use serde_json::{Value, json};
use url::Url;

use super::{EmbeddedFactory, FactoryOrganization, FactoryProblem, signing_token};
use crate::sandbox::clock;

/// The organization of the kit that is served.
pub(super) const ORGANIZATION: &str = "org_sandbox";

pub(super) struct SandboxKit<'a> {
    pub url: &'a str,
    pub recipient: String,
    pub organization: &'a FactoryOrganization,
}

impl SandboxKit<'_> {
    pub(super) fn kit(&self) -> Value {
        let at = |path: &str| format!("{}{path}", self.url);
        let FactoryOrganization { id, webhook_secret, signing_key } = self.organization;
        let is_served = id == ORGANIZATION;
        let (name, query) =
            if is_served { ("Sandbox", String::new()) } else { (id.as_str(), format!("?organization={id}")) };
        let address = Url::parse(self.url).ok();
        let host = address.as_ref().and_then(Url::host_str).unwrap_or_default();
        let port = address.as_ref().and_then(Url::port_or_known_default);
        let expires =
            clock::now().saturating_add(SignedDuration::from_hours(30 * 24)).ok().map(|when| when.to_string());
        json!({
            "schema": "factory-gitlab/kit/v1",
            "organization": {"id": id, "name": name},
            "expires_at": expires,
            "application": {
                "name": "Factory Integration",
                "redirect_uri": at("/api/integrations/redirect/gitlab-sh/callback"),
                "scopes": ["api", "read_user", "read_repository", "write_repository", "read_registry", "sudo"],
                "confidential": true
            },
            "webhook": {
                "url": at(&format!("/gitlab/hooks/{id}")),
                "secret_token": webhook_secret,
                "signing_token": signing_token(signing_key),
                "events": ["push", "note", "merge_request", "issue", "pipeline", "job"],
                "receipts_url": at("/gitlab/v1/receipts")
            },
            "token": {"handover": "given", "scopes": ["api"]},
            "bundle": {"recipients": [self.recipient], "upload_url": at("/gitlab/v1/bundles"), "method": "POST"},
            "status_url": at(&format!("/gitlab/v1/status{query}")),
            "disconnect_url": at(&format!("/gitlab/v1/connection{query}")),
            "network": {
                "endpoints": [{"host": host, "port": port, "protocol": "https", "purpose": "API", "cidrs": []}],
                "egress_cidrs": ["203.0.113.0/24"],
                "vpc": {"id": "vpc-0123456789abcdef0", "account": "123456789012", "region": "us-east-1", "cidrs": ["10.64.0.0/16"]}
            }
        })
    }
}

pub(super) async fn show(
    State(factory): State<EmbeddedFactory>,
    headers: HeaderMap,
) -> Result<Response, FactoryProblem> {
    factory.require_key(&headers)?;
    Ok(axum::Json(factory.kit_json()).into_response())
}

/// Issues a kit with a new secret token for the webhooks, as Factory does before `rotate webhook-secret`.
pub(super) async fn rotate(
    State(factory): State<EmbeddedFactory>,
    headers: HeaderMap,
) -> Result<Response, FactoryProblem> {
    factory.require_key(&headers)?;
    factory.issue_webhook_secret();
    Ok(axum::Json(factory.kit_json()).into_response())
}
