//! What `kit show` and `kit check` say. Secrets are told of, never shown.

use std::io;

use serde_json::json;

use crate::error::ExitCode;
use crate::kit::{Handover, Kit, KitProblem, Severity, UploadMethod};
use crate::report::{Json, Report};
use crate::settings::Source;
use crate::text::{Line, Text, Tone};

pub(super) struct Shown<'a> {
    pub kit: &'a Kit,
    pub source: Source,
}

impl Report for Shown<'_> {
    fn text(&self, page: &mut Text) {
        let Kit { schema, organization, expires_at, application, webhook, token, bundle, status_url, network } =
            self.kit;
        let none = || "none".to_owned();
        page.heading(format!("Kit for {} ({schema})", or(&organization.name, "an organization without a name")));
        row(page, "given by", &self.source.to_string());
        row(page, "expires", &expires_at.map_or_else(|| "never".to_owned(), |end| end.to_string()));
        page.heading("Application");
        row(page, "name", &application.name);
        row(page, "redirect URI", &application.redirect_uri);
        row(page, "scopes", &application.scopes.join(", "));
        row(page, "confidential", if application.confidential { "yes" } else { "no" });
        page.heading("Webhook");
        row(page, "URL", webhook.url.as_str());
        row(page, "secret token", "set, not shown");
        row(page, "signing token", if webhook.signing_token.is_some() { "set, not shown" } else { "none" });
        row(page, "events", &webhook.events.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "));
        row(page, "receipts", &webhook.receipts_url.as_ref().map_or_else(none, shown));
        page.heading("Bundle");
        row(page, "sealed for", &bundle.recipients.join(", "));
        row(page, "uploaded to", &bundle.upload_url.as_ref().map_or_else(none, shown));
        row(page, "token inside", handover(token.handover));
        row(page, "status", &status_url.as_ref().map_or_else(none, shown));
        if !network.endpoints.is_empty() {
            let endpoints = network.endpoints.iter().map(|end| format!("{}:{}", end.host, end.port));
            row(page, "reached by", &endpoints.collect::<Vec<_>>().join(", "));
        }
    }

    fn json(&self, into: Json<'_>) -> io::Result<()> {
        let Kit { schema, organization, expires_at, application, webhook, token, bundle, status_url, network } =
            self.kit;
        into.document(&json!({
            "schema": schema,
            "organization": organization,
            "expires_at": expires_at,
            "application": {
                "name": application.name,
                "redirect_uri": application.redirect_uri,
                "scopes": application.scopes,
                "confidential": application.confidential,
                "trusted": application.trusted,
            },
            "webhook": {
                "url": webhook.url,
                "secret_token_present": true,
                "signing_token_present": webhook.signing_token.is_some(),
                "events": webhook.events,
                "receipts_url": webhook.receipts_url.as_ref().map(shown),
            },
            "token": { "handover": token.handover, "scopes": token.scopes },
            "bundle": {
                "recipients": bundle.recipients,
                "upload_url": bundle.upload_url.as_ref().map(shown),
                "method": match bundle.method { UploadMethod::Post => "POST", UploadMethod::Put => "PUT" },
            },
            "status_url": status_url.as_ref().map(shown),
            "network": network,
        }))
    }

    fn exit_code(&self) -> ExitCode {
        ExitCode::Done
    }
}

/// An address without its query: a pre-signed one carries its key there.
fn shown(url: &url::Url) -> String {
    let mut url = url.clone();
    if url.query().is_some() {
        url.set_query(Some("…"));
    }
    url.as_str().replace("%E2%80%A6", "…")
}

fn or<'t>(text: &'t str, otherwise: &'t str) -> &'t str {
    if text.is_empty() { otherwise } else { text }
}

fn row(page: &mut Text, name: &str, value: &str) {
    page.line(Line::new().dim(format!("  {name:14}")).plain(value));
}

const fn handover(handover: Handover) -> &'static str {
    match handover {
        Handover::Given => "the one that is given",
        Handover::Minted => "one made for Factory alone",
        Handover::None => "none",
    }
}

pub(super) struct Checked {
    pub problems: Vec<KitProblem>,
    pub source: Source,
}

impl Checked {
    fn errors(&self) -> usize {
        self.problems.iter().filter(|problem| problem.severity == Severity::Error).count()
    }
}

impl Report for Checked {
    fn text(&self, page: &mut Text) {
        for problem in &self.problems {
            let (tone, word) = match problem.severity {
                Severity::Error => (Tone::Bad, "wrong    "),
                Severity::Warning => (Tone::Warn, "warning  "),
            };
            page.line(
                Line::new()
                    .with(tone, word)
                    .with(Tone::Strong, problem.path.as_str())
                    .plain(": ")
                    .plain(problem.message.as_str()),
            );
        }
        let verdict = match (self.errors(), self.problems.len()) {
            (0, 0) => Line::new().with(Tone::Good, "the kit is good"),
            (0, _) => Line::new().with(Tone::Good, "the kit can be used"),
            _ => Line::new().with(Tone::Bad, "the kit cannot be used"),
        };
        page.line(verdict.dim(format!(" (given by {})", self.source)));
    }

    fn json(&self, into: Json<'_>) -> io::Result<()> {
        into.document(&json!({
            "schema": "factory-gitlab/kit-check/v1",
            "verdict": if self.errors() == 0 { "pass" } else { "fail" },
            "problems": self.problems,
            "exit_code": self.exit_code() as u8,
        }))
    }

    fn exit_code(&self) -> ExitCode {
        if self.errors() == 0 { ExitCode::Done } else { ExitCode::Problem }
    }
}
