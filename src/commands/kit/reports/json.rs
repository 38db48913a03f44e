//! The JSON form of `kit show`: the kit without its secrets.

use jiff::Timestamp;
use serde::Serialize;
use url::Url;

use super::shown;
use crate::kit::{AnswerTerms, Handover, Kit, KitFingerprint, NetworkTerms, Organization, UploadMethod};
use crate::target::Event;

#[derive(Serialize)]
pub(super) struct KitJson<'r> {
    schema: &'r str,
    fingerprint: KitFingerprint,
    organization: &'r Organization,
    expires_at: Option<Timestamp>,
    application: ApplicationJson<'r>,
    webhook: WebhookJson<'r>,
    token: TokenJson<'r>,
    bundle: BundleJson<'r>,
    status_url: Option<String>,
    disconnect_url: Option<String>,
    answers: &'r [AnswerTerms],
    network: &'r NetworkTerms,
}

#[derive(Serialize)]
struct ApplicationJson<'r> {
    name: &'r str,
    redirect_uri: &'r str,
    scopes: &'r [String],
    confidential: bool,
    trusted: bool,
}

#[derive(Serialize)]
struct WebhookJson<'r> {
    url: &'r Url,
    secret_token_present: bool,
    previous_secret_token_present: bool,
    signing_token_present: bool,
    events: &'r [Event],
    receipts_url: Option<String>,
}

#[derive(Serialize)]
struct TokenJson<'r> {
    handover: Handover,
    scopes: &'r [String],
}

#[derive(Serialize)]
struct BundleJson<'r> {
    recipients: &'r [String],
    upload_url: Option<String>,
    method: UploadMethod,
}

impl<'r> KitJson<'r> {
    pub(super) fn new(kit: &'r Kit) -> Self {
        let Kit {
            schema,
            organization,
            expires_at,
            application,
            webhook,
            token,
            bundle,
            status_url,
            disconnect_url,
            answers,
            network,
        } = kit;
        Self {
            schema,
            fingerprint: kit.trusted().fingerprint(),
            organization,
            expires_at: *expires_at,
            application: ApplicationJson {
                name: &application.name,
                redirect_uri: &application.redirect_uri,
                scopes: &application.scopes,
                confidential: application.confidential,
                trusted: application.trusted,
            },
            webhook: WebhookJson {
                url: &webhook.url,
                secret_token_present: true,
                previous_secret_token_present: webhook.previous_secret_token.is_some(),
                signing_token_present: webhook.signing_token.is_some(),
                events: &webhook.events,
                receipts_url: webhook.receipts_url.as_ref().map(shown),
            },
            token: TokenJson { handover: token.handover, scopes: &token.scopes },
            bundle: BundleJson {
                recipients: &bundle.recipients,
                upload_url: bundle.upload_url.as_ref().map(shown),
                method: bundle.method,
            },
            status_url: status_url.as_ref().map(shown),
            disconnect_url: disconnect_url.as_ref().map(shown),
            answers,
            network,
        }
    }
}
