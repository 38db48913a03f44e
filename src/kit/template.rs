//! A kit to fill in.

use super::Kit;

const TEMPLATE: &str = r#"{
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
    "signing_token": null,
    "events": ["push", "note", "merge_request", "issue", "pipeline", "job"],
    "receipts_url": null
  },
  "token": { "handover": "given", "scopes": ["api"] },
  "bundle": {
    "recipients": ["age1…"],
    "upload_url": "https://…",
    "method": "POST"
  },
  "status_url": null,
  "network": { "endpoints": [], "egress_cidrs": [], "vpc": null }
}
"#;

impl Kit {
    /// A kit with every field; what has to be filled in holds `…`, which no kit may hold.
    #[must_use]
    pub const fn template() -> &'static str {
        TEMPLATE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_that_was_not_filled_in_is_refused_and_a_filled_one_is_good() {
        Kit::parse(TEMPLATE).expect_err("nothing is filled in");
        let filled = TEMPLATE
            .replace("\"secret_token\": \"…\"", "\"secret_token\": \"template-secret-token\"")
            .replace("https://…", "https://factory.example")
            .replace('…', "x");
        let kit = Kit::parse(&filled).expect("all filled in");
        let now = "2026-11-21T00:00:00Z".parse().expect("a time");
        assert_eq!(kit.check(now, super::super::DeliveryMode::Upload), []);
    }
}
