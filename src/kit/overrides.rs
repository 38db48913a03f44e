//! Values that flags give in the place of the kit's, or instead of a kit.

use url::Url;

use super::{ApplicationTerms, BundleTerms, Kit, Organization, SCHEMA, TokenTerms, UploadMethod, WebhookTerms};
use crate::secret::WebhookToken;

/// Values that replace the kit's; empty ones and `None` keep them.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    pub redirect_uri: Option<String>,
    pub scopes: Vec<String>,
    pub webhook_url: Option<Url>,
    pub webhook_secret: Option<WebhookToken>,
    pub recipients: Vec<String>,
    pub upload_url: Option<Url>,
}

impl Kit {
    /// The kit with these values replaced.
    #[must_use]
    pub fn with(mut self, overrides: Overrides) -> Self {
        let Overrides { redirect_uri, scopes, webhook_url, webhook_secret, recipients, upload_url } = overrides;
        replace(&mut self.application.redirect_uri, redirect_uri);
        replace(&mut self.application.scopes, Some(scopes).filter(|scopes| !scopes.is_empty()));
        replace(&mut self.webhook.url, webhook_url);
        replace(&mut self.webhook.secret_token, webhook_secret);
        self.bundle.replace(recipients, upload_url);
        self
    }

    /// A kit made of overrides alone, with defaults for the rest; `None` while a required value is missing.
    #[must_use]
    pub fn from_overrides(overrides: &Overrides) -> Option<Self> {
        let kit = Self {
            schema: SCHEMA.to_owned(),
            organization: Organization::default(),
            expires_at: None,
            application: ApplicationTerms {
                name: super::default_application_name(),
                redirect_uri: overrides.redirect_uri.clone()?,
                scopes: super::default_scopes(),
                confidential: true,
                trusted: false,
            },
            webhook: WebhookTerms {
                url: overrides.webhook_url.clone()?,
                secret_token: overrides.webhook_secret.clone()?,
                previous_secret_token: None,
                signing_token: None,
                events: super::default_events(),
                receipts_url: None,
            },
            token: TokenTerms::default(),
            bundle: BundleTerms {
                recipients: Vec::new(),
                upload_url: None,
                method: UploadMethod::default(),
                auth: None,
            },
            status_url: None,
            disconnect_url: None,
            answers: Vec::new(),
            network: super::NetworkTerms::default(),
            cloud: None,
        };
        Some(kit.with(overrides.clone()))
    }
}

impl BundleTerms {
    pub(super) fn replace(&mut self, recipients: Vec<String>, upload_url: Option<Url>) {
        replace(&mut self.recipients, Some(recipients).filter(|recipients| !recipients.is_empty()));
        if upload_url.is_some() {
            // Method and credential belong to the URL that was replaced.
            self.method = UploadMethod::default();
            self.auth = None;
            self.upload_url = upload_url;
        }
    }
}

fn replace<T>(value: &mut T, new: Option<T>) {
    if let Some(new) = new {
        *value = new;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn overrides() -> Overrides {
        Overrides {
            redirect_uri: Some("https://a/callback".to_owned()),
            webhook_url: Some("https://a/hook".parse().expect("a URL")),
            webhook_secret: Some(WebhookToken::new("override-secret-token").expect("a token")),
            recipients: vec!["age1abc".to_owned()],
            ..Overrides::default()
        }
    }

    #[test]
    fn a_kit_can_be_made_of_overrides_alone() {
        let kit = Kit::from_overrides(&overrides()).expect("all required values");
        assert_eq!(kit.application.redirect_uri, "https://a/callback");
        assert_eq!(kit.bundle.recipients, ["age1abc"]);
        assert_eq!(kit.application.scopes.len(), 6);
        assert!(Kit::from_overrides(&Overrides { webhook_secret: None, ..overrides() }).is_none());
    }

    #[test]
    fn overrides_replace_values_and_keep_the_rest() {
        let kit = Kit::from_overrides(&overrides())
            .expect("all required values")
            .with(Overrides { scopes: vec!["api".to_owned()], ..Overrides::default() });
        assert_eq!(kit.application.scopes, ["api"]);
        assert_eq!(kit.webhook.url.as_str(), "https://a/hook");
    }
}
