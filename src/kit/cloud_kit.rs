//! A kit that is read for GitLab.com.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;
use url::Url;

use super::check::Problems;
use super::fingerprint::{TrustedParts, TrustedValues};
use super::parse::{self, FieldProblems, InvalidField, KitError};
use super::{
    AnswerTerms, ApplicationTerms, BundleTerms, CloudTerms, DeliveryMode, KitProblem, NetworkTerms, Organization,
    Overrides, TokenTerms, WebhookTerms,
};

/// What `connect --cloud` needs of a kit. The parts for a self-hosted instance may be there or not; they count for the
/// fingerprint, which is the same whatever a kit is read for.
#[derive(Clone, Debug, Deserialize)]
pub struct CloudKit {
    pub schema: String,
    #[serde(default)]
    pub organization: Organization,
    #[serde(default)]
    pub expires_at: Option<Timestamp>,
    pub cloud: CloudTerms,
    /// Where the grant goes: present where the kit has a `client_id`.
    #[serde(default)]
    pub bundle: Option<BundleTerms>,
    #[serde(default)]
    pub status_url: Option<Url>,
    #[serde(default)]
    pub disconnect_url: Option<Url>,
    /// The `webhook.receipts_url`.
    #[serde(skip)]
    pub receipts_url: Option<Url>,
    #[serde(default)]
    pub answers: Vec<AnswerTerms>,
    #[serde(default)]
    application: Option<ApplicationTerms>,
    #[serde(default)]
    webhook: Option<WebhookTerms>,
    #[serde(default)]
    token: TokenTerms,
    #[serde(default)]
    network: NetworkTerms,
}

/// The fields without which there is nothing to do on GitLab.com.
const REQUIRED: [(&str, &str); 2] =
    [("/organization/id", "organization.id"), ("/cloud/selection_url", "cloud.selection_url")];

/// The fields of the parts for a self-hosted instance without which a part is not there.
pub(super) const PARTS: [(&str, &[&str]); 3] = [
    ("application", &["/application/redirect_uri"]),
    ("webhook", &["/webhook/url", "/webhook/secret_token"]),
    ("bundle", &["/bundle/recipients"]),
];

impl CloudKit {
    /// Parses the text of a kit for GitLab.com.
    ///
    /// # Errors
    /// [`KitError`].
    pub fn parse(text: &str) -> Result<Self, KitError> {
        Self::from_value(parse::document(text)?)
    }

    pub(super) fn from_value(mut value: Value) -> Result<Self, KitError> {
        let is_absent = |at: &str| parse::is_absent(&value, at);
        if is_absent("/cloud") {
            return Err(FieldProblems { missing: vec!["cloud"], ..FieldProblems::default() }.into());
        }
        let mut missing: Vec<&str> = REQUIRED.iter().filter(|(at, _)| is_absent(at)).map(|(_, name)| *name).collect();
        let has_client = !is_absent("/cloud/client_id");
        if !has_client && is_absent("/cloud/connect_url") {
            missing.push("cloud.connect_url or cloud.client_id");
        }
        if has_client && is_absent("/cloud/redirect_uri") && value.pointer("/cloud/device") != Some(&Value::Bool(true))
        {
            missing.push("cloud.redirect_uri");
        }
        if has_client && is_absent("/bundle/recipients") {
            missing.push("bundle.recipients");
        }
        let receipts_url = value.pointer_mut("/webhook/receipts_url").map(Value::take);
        let receipts_url = receipts_url
            .map_or(Ok(None), serde_json::from_value)
            .map_err(|_| InvalidField { path: "webhook.receipts_url".to_owned(), why: "it is not a URL".to_owned() });
        let absent = PARTS.iter().filter(|(_, needs)| needs.iter().any(|at| parse::is_absent(&value, at)));
        for part in absent.map(|(part, _)| *part).collect::<Vec<_>>() {
            value[part] = Value::Null;
        }
        let invalid = receipts_url.as_ref().err().cloned().into_iter().collect();
        let kit: Self = parse::typed(value, FieldProblems { missing, invalid })?;
        Ok(Self { receipts_url: receipts_url.unwrap_or_default(), ..kit })
    }

    /// All problems, in the order of the kit. Recipients are checked when they are parsed for sealing.
    #[must_use]
    pub fn check(&self, now: Timestamp, delivery: DeliveryMode) -> Vec<KitProblem> {
        let mut problems = Problems::default();
        problems.expiry(self.expires_at, now);
        if self.cloud.client_id.is_some()
            && let Some(bundle) = &self.bundle
        {
            bundle.check(delivery, &mut problems);
        }
        let urls = [
            ("webhook.receipts_url", &self.receipts_url),
            ("status_url", &self.status_url),
            ("disconnect_url", &self.disconnect_url),
        ];
        for (path, url) in urls {
            problems.optional_address(path, url.as_ref());
        }
        self.cloud.check(&mut problems);
        problems.0
    }

    /// What is trusted of it; the same as of the [`Kit`](super::Kit) in the same text.
    #[must_use]
    pub fn trusted(&self) -> TrustedValues {
        self.trusted_parts().values()
    }

    /// The origins of the addresses that are asked with the key of Factory's API.
    #[must_use]
    pub fn key_origins(&self) -> BTreeSet<String> {
        self.trusted_parts().key_origins()
    }

    /// The kit with the values that flags replace.
    #[must_use]
    pub fn with(mut self, overrides: Overrides) -> Self {
        if let Some(bundle) = &mut self.bundle {
            bundle.replace(overrides.recipients, overrides.upload_url);
        }
        self
    }

    fn trusted_parts(&self) -> TrustedParts<'_> {
        let Self {
            schema: _,
            organization,
            expires_at: _,
            cloud,
            bundle,
            status_url,
            disconnect_url,
            receipts_url,
            answers: _,
            application,
            webhook,
            token,
            network,
        } = self;
        TrustedParts {
            organization,
            application: application.as_ref(),
            webhook: webhook.as_ref(),
            receipts_url: receipts_url.as_ref(),
            token,
            bundle: bundle.as_ref(),
            status_url: status_url.as_ref(),
            disconnect_url: disconnect_url.as_ref(),
            network,
            cloud: Some(cloud),
        }
    }
}

#[cfg(test)]
mod tests;
