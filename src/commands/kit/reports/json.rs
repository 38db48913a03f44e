//! The JSON form of `kit show`: the kit without its secrets.

use jiff::Timestamp;
use serde::Serialize;
use url::Url;

use super::shown;
use crate::kit::{
    AnswerTerms, BundleTerms, CloudKit, CloudTerms, Handover, Kit, KitFingerprint, NetworkTerms, Organization,
    UploadAuth, UploadMethod,
};
use crate::target::Event;

/// Not that of a kit, which has secrets.
const SCHEMA: &str = "factory-gitlab/kit-show/v1";

#[derive(Serialize)]
pub(super) struct KitJson<'r> {
    schema: &'static str,
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
    #[serde(skip_serializing_if = "Option::is_none")]
    cloud: Option<CloudJson<'r>>,
}

/// A kit for GitLab.com only.
#[derive(Serialize)]
pub(super) struct CloudKitJson<'r> {
    schema: &'static str,
    fingerprint: KitFingerprint,
    organization: &'r Organization,
    expires_at: Option<Timestamp>,
    cloud: CloudJson<'r>,
    bundle: Option<BundleJson<'r>>,
    webhook: ReceiptsJson,
    status_url: Option<String>,
    disconnect_url: Option<String>,
    answers: &'r [AnswerTerms],
}

#[derive(Serialize)]
struct ReceiptsJson {
    receipts_url: Option<String>,
}

#[derive(Serialize)]
struct CloudJson<'r> {
    url: String,
    client_id: Option<&'r str>,
    scopes: &'r [String],
    redirect_uri: Option<&'r str>,
    device: bool,
    connect_url: Option<String>,
    candidates_url: Option<String>,
    selection_url: Option<String>,
}

impl<'r> CloudJson<'r> {
    fn new(cloud: &'r CloudTerms) -> Self {
        let CloudTerms { url, client_id, scopes, redirect_uri, device, connect_url, candidates_url, selection_url } =
            cloud;
        Self {
            url: shown(url),
            client_id: client_id.as_deref(),
            scopes,
            redirect_uri: redirect_uri.as_deref(),
            device: *device,
            connect_url: connect_url.as_ref().map(shown),
            candidates_url: candidates_url.as_ref().map(shown),
            selection_url: selection_url.as_ref().map(shown),
        }
    }
}

impl<'r> CloudKitJson<'r> {
    pub(super) fn new(kit: &'r CloudKit) -> Self {
        Self {
            schema: SCHEMA,
            fingerprint: kit.trusted().fingerprint(),
            organization: &kit.organization,
            expires_at: kit.expires_at,
            cloud: CloudJson::new(&kit.cloud),
            bundle: kit.bundle.as_ref().map(BundleJson::new),
            webhook: ReceiptsJson { receipts_url: kit.receipts_url.as_ref().map(shown) },
            status_url: kit.status_url.as_ref().map(shown),
            disconnect_url: kit.disconnect_url.as_ref().map(shown),
            answers: &kit.answers,
        }
    }
}

impl<'r> BundleJson<'r> {
    fn new(bundle: &'r BundleTerms) -> Self {
        let BundleTerms { recipients, upload_url, method, auth: _ } = bundle;
        Self { recipients, upload_url: upload_url.as_ref().map(shown), method: *method, auth: bundle.auth() }
    }
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
    auth: UploadAuth,
}

impl<'r> KitJson<'r> {
    pub(super) fn new(kit: &'r Kit) -> Self {
        let Kit {
            schema: _,
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
            cloud,
        } = kit;
        Self {
            schema: SCHEMA,
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
            bundle: BundleJson::new(bundle),
            status_url: status_url.as_ref().map(shown),
            disconnect_url: disconnect_url.as_ref().map(shown),
            answers,
            network,
            cloud: cloud.as_ref().map(CloudJson::new),
        }
    }
}
