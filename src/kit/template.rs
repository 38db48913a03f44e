//! A kit to fill in (`kit template`).

use serde_json::Value;

use super::Kit;

const TEMPLATE: &str = r#"{
  "$schema": "kit.schema.json",
  "schema": "factory-gitlab/kit/v1",
  "organization": { "id": "org_…", "name": "…" },
  "expires_at": null,
  "application": {
    "name": "Factory Integration",
    "redirect_uri": "https://…/callback",
    "scopes": ["api", "read_user", "read_repository", "write_repository", "read_registry", "sudo"],
    "confidential": true
  },
  "webhook": {
    "url": "https://…",
    "secret_token": "…",
    "previous_secret_token": null,
    "signing_token": null,
    "events": ["push", "note", "merge_request", "issue", "pipeline", "job"],
    "receipts_url": null
  },
  "token": { "handover": "given", "scopes": ["api"] },
  "bundle": {
    "recipients": ["age1…"],
    "upload_url": "https://…",
    "method": "POST",
    "auth": "bearer"
  },
  "status_url": null,
  "disconnect_url": null,
  "answers": [],
  "network": { "endpoints": [], "ssh_host_keys": [], "egress_cidrs": [], "vpc": null, "vpn": null },
  "cloud": null
}
"#;

impl Kit {
    /// A kit with every field. Values to fill in hold `…`, which makes the kit invalid.
    #[must_use]
    pub const fn template() -> &'static str {
        TEMPLATE
    }
}

/// The template with valid values in all places: never a kit of anyone's.
pub(super) fn filled_in() -> Value {
    let filled = TEMPLATE
        .replace("\"secret_token\": \"…\"", "\"secret_token\": \"template-9vQ4mZx7Lp2wRk8T\"")
        .replace("https://…", "https://factory.example")
        .replace('…', "x");
    serde_json::from_str(&filled).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_template_is_refused_until_it_is_filled_in() {
        Kit::parse(TEMPLATE).expect_err("a value to fill in");
        let kit = Kit::parse(&filled_in().to_string()).expect("all filled in");
        let now = "2026-11-21T00:00:00Z".parse().expect("a time");
        assert_eq!(kit.check(now, super::super::DeliveryMode::Upload), []);
    }
}
