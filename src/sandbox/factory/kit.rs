//! The kit that the embedded Factory serves.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use jiff::SignedDuration;
use serde_json::{Value, json};
use url::Url;

use super::{EmbeddedFactory, FactoryProblem, WEBHOOK_PATH};
use crate::sandbox::clock;

pub(super) struct SandboxKit<'a> {
    pub url: &'a str,
    pub recipient: String,
    pub secret_token: &'a str,
    pub signing_token: String,
}

impl SandboxKit<'_> {
    pub(super) fn kit(&self) -> Value {
        let at = |path: &str| format!("{}{path}", self.url);
        let address = Url::parse(self.url).ok();
        let host = address.as_ref().and_then(Url::host_str).unwrap_or_default();
        let port = address.as_ref().and_then(Url::port_or_known_default);
        let expires =
            clock::now().saturating_add(SignedDuration::from_hours(30 * 24)).ok().map(|when| when.to_string());
        json!({
            "schema": "factory-gitlab/kit/v1",
            "organization": {"id": "org_sandbox", "name": "Sandbox"},
            "expires_at": expires,
            "application": {
                "name": "Factory Integration",
                "redirect_uri": at("/api/integrations/redirect/gitlab-sh/callback"),
                "scopes": ["api", "read_user", "read_repository", "write_repository", "read_registry", "sudo"],
                "confidential": true
            },
            "webhook": {
                "url": at(WEBHOOK_PATH),
                "secret_token": self.secret_token,
                "signing_token": self.signing_token,
                "events": ["push", "note", "merge_request", "issue", "pipeline", "job"],
                "receipts_url": at("/gitlab/v1/receipts")
            },
            "token": {"handover": "given", "scopes": ["api"]},
            "bundle": {"recipients": [self.recipient], "upload_url": at("/gitlab/v1/bundles"), "method": "POST"},
            "status_url": at("/gitlab/v1/status"),
            "network": {
                "endpoints": [{"host": host, "port": port, "purpose": "API"}],
                "egress_cidrs": ["203.0.113.0/24"],
                "vpc": {"id": "vpc-0abc", "account": "123456789012", "region": "us-east-1", "cidr": "10.64.0.0/16"}
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
