//! The reports of `kit show` and `kit check`. They say whether secrets are set and never show them.

mod json;

use std::io;

use serde::Serialize;
use url::Url;

use crate::error::ExitCode;
use crate::kit::{
    AnswerTerms, AnyKit, BundleTerms, CloudKit, CloudTerms, Handover, Kit, KitFingerprint, KitForm as _, KitProblem,
    KitSeverity, Organization,
};
use crate::report::{Json, Report};
use crate::settings::Source;
use crate::text::{Line, Text, Tone};

use self::json::{CloudKitJson, KitJson};

pub(super) struct Shown<'a> {
    pub kit: &'a AnyKit,
    pub source: Source,
}

impl Report for Shown<'_> {
    fn text(&self, text: &mut Text) {
        match self.kit {
            AnyKit::SelfHosted(kit) => self.self_hosted(kit, text),
            AnyKit::Cloud(kit) => self.cloud_only(kit, text),
        }
    }

    fn json(&self, into: Json<'_>) -> io::Result<()> {
        match self.kit {
            AnyKit::SelfHosted(kit) => into.sorted_document(&KitJson::new(kit)),
            AnyKit::Cloud(kit) => into.sorted_document(&CloudKitJson::new(kit)),
        }
    }

    fn exit_code(&self) -> ExitCode {
        ExitCode::Done
    }
}

impl Shown<'_> {
    fn heading(&self, schema: &str, organization: &Organization, text: &mut Text) {
        let expires_at = match self.kit {
            AnyKit::SelfHosted(kit) => kit.expires_at,
            AnyKit::Cloud(kit) => kit.expires_at,
        };
        text.heading(format!("Kit for {} ({schema})", or(&organization.name, "an organization without a name")));
        row(text, "fingerprint", &format!("kit {}", self.kit.trusted().fingerprint()));
        row(text, "given by", &self.source.to_string());
        row(text, "expires", &expires_at.map_or_else(|| "never".to_owned(), |end| end.to_string()));
    }

    fn self_hosted(&self, kit: &Kit, text: &mut Text) {
        let Kit {
            schema,
            organization,
            expires_at: _,
            application,
            webhook,
            token,
            bundle,
            status_url,
            disconnect_url,
            answers,
            network,
            cloud,
        } = kit;
        self.heading(schema, organization, text);
        text.heading("Application");
        row(text, "name", &application.name);
        row(text, "redirect URI", &application.redirect_uri);
        row(text, "scopes", &application.scopes.join(", "));
        row(text, "confidential", if application.confidential { "yes" } else { "no" });
        text.heading("Webhook");
        row(text, "URL", webhook.url.as_str());
        row(text, "secret token", "set, not shown");
        if webhook.previous_secret_token.is_some() {
            row(text, "previous token", "set, not shown");
        }
        row(text, "signing token", if webhook.signing_token.is_some() { "set, not shown" } else { "none" });
        row(text, "events", &webhook.events.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "));
        row(text, "receipts", &address(webhook.receipts_url.as_ref()));
        bundle_rows(bundle, text);
        row(text, "token inside", handover(token.handover));
        row(text, "status", &address(status_url.as_ref()));
        row(text, "disconnect", &address(disconnect_url.as_ref()));
        answer_rows(answers, text);
        if !network.endpoints.is_empty() {
            let endpoints = network.endpoints.iter().map(|end| format!("{}:{}", end.host, end.port));
            row(text, "reached by", &endpoints.collect::<Vec<_>>().join(", "));
        }
        if let Some(cloud) = cloud {
            cloud_rows(cloud, text);
        }
    }

    /// The parts for a self-hosted instance are of no use without the rest, so they are not shown.
    fn cloud_only(&self, kit: &CloudKit, text: &mut Text) {
        self.heading(&kit.schema, &kit.organization, text);
        cloud_rows(&kit.cloud, text);
        if let Some(bundle) = &kit.bundle {
            bundle_rows(bundle, text);
        }
        text.heading("Factory");
        row(text, "status", &address(kit.status_url.as_ref()));
        row(text, "disconnect", &address(kit.disconnect_url.as_ref()));
        row(text, "receipts", &address(kit.receipts_url.as_ref()));
        answer_rows(&kit.answers, text);
    }
}

fn bundle_rows(bundle: &BundleTerms, text: &mut Text) {
    text.heading("Bundle");
    row(text, "sealed for", &bundle.recipients.join(", "));
    row(text, "uploaded to", &address(bundle.upload_url.as_ref()));
}

fn answer_rows(answers: &[AnswerTerms], text: &mut Text) {
    for answer in answers {
        row(text, "answers", &answer.to_string());
    }
}

fn cloud_rows(cloud: &CloudTerms, text: &mut Text) {
    let CloudTerms { url, client_id, scopes, redirect_uri, device, connect_url, candidates_url, selection_url } = cloud;
    let or_none = |value: &Option<String>| value.clone().unwrap_or_else(|| "none".to_owned());
    text.heading("GitLab.com");
    row(text, "URL", &shown(url));
    row(text, "sessions", &address(connect_url.as_ref()));
    row(text, "client ID", &or_none(client_id));
    row(text, "redirect URI", &or_none(redirect_uri));
    row(text, "device flow", if *device { "yes" } else { "no" });
    row(text, "scopes", &scopes.join(", "));
    row(text, "candidates", &address(candidates_url.as_ref()));
    row(text, "selection", &address(selection_url.as_ref()));
}

fn address(url: Option<&Url>) -> String {
    url.map_or_else(|| "none".to_owned(), shown)
}

/// An address without its query and fragment: a pre-signed one carries its key there.
fn shown(url: &Url) -> String {
    let mut url = url.clone();
    if url.query().is_some() {
        url.set_query(Some("…"));
    }
    if url.fragment().is_some() {
        url.set_fragment(Some("…"));
    }
    url.as_str().replace("%E2%80%A6", "…")
}

fn or<'t>(text: &'t str, otherwise: &'t str) -> &'t str {
    if text.is_empty() { otherwise } else { text }
}

fn row(text: &mut Text, name: &str, value: &str) {
    text.line(Line::new().dim(format!("  {name:14}")).plain(value));
}

const fn handover(handover: Handover) -> &'static str {
    match handover {
        Handover::Given => "the one that is given",
        Handover::Minted => "one created for Factory only",
        Handover::None => "none",
    }
}

#[derive(Serialize)]
struct CheckDocument<'r> {
    schema: &'static str,
    verdict: &'static str,
    fingerprint: &'r KitFingerprint,
    problems: &'r [KitProblem],
    exit_code: u8,
}

pub(super) struct Checked {
    pub problems: Vec<KitProblem>,
    pub fingerprint: KitFingerprint,
    pub source: Source,
}

impl Checked {
    fn errors(&self) -> usize {
        self.problems.iter().filter(|problem| problem.severity == KitSeverity::Error).count()
    }
}

impl Report for Checked {
    fn text(&self, text: &mut Text) {
        for problem in &self.problems {
            let (tone, word) = match problem.severity {
                KitSeverity::Error => (Tone::Bad, "wrong    "),
                KitSeverity::Warning => (Tone::Warn, "warning  "),
            };
            text.line(
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
        text.line(verdict.dim(format!(" (given by {})", self.source)));
    }

    fn json(&self, into: Json<'_>) -> io::Result<()> {
        into.sorted_document(&CheckDocument {
            schema: "factory-gitlab/kit-check/v1",
            verdict: if self.errors() == 0 { "pass" } else { "fail" },
            fingerprint: &self.fingerprint,
            problems: &self.problems,
            exit_code: self.exit_code() as u8,
        })
    }

    fn exit_code(&self) -> ExitCode {
        if self.errors() == 0 { ExitCode::Done } else { ExitCode::Problem }
    }
}
