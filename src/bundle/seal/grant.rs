//! Seals a grant.

use jiff::Timestamp;
use serde::Serialize;
use zeroize::Zeroizing;

use super::{Exposed, PlainTool, Recipients, SealError, SealedBundle, exposed, seal};
use crate::bundle::grant::{CloudGrant, GRANT_SCHEMA};
use crate::cloud::CloudAccount;
use crate::instance::InstanceUrl;
use crate::kit::Organization;

/// Larger than any grant, so that it is not reallocated, which would leave copies of the secrets in memory.
const CAPACITY: usize = 16 * 1024;

/// The JSON form of the plain text.
#[derive(Serialize)]
struct PlainGrant<'a> {
    schema: &'static str,
    organization: &'a Organization,
    created_at: Timestamp,
    tool: PlainTool,
    gitlab_url: &'a InstanceUrl,
    client_id: &'a str,
    account: &'a CloudAccount,
    scopes: &'a [String],
    #[serde(serialize_with = "exposed")]
    access_token: &'a dyn Exposed,
    #[serde(serialize_with = "exposed")]
    refresh_token: &'a dyn Exposed,
    expires_at: Option<Timestamp>,
}

impl CloudGrant {
    /// Seals it to every recipient.
    ///
    /// # Errors
    /// [`SealError::Seal`] when the age library refuses.
    pub fn seal(&self, recipients: &Recipients) -> Result<SealedBundle, SealError> {
        let plain_grant = PlainGrant {
            schema: GRANT_SCHEMA,
            organization: &self.organization,
            created_at: self.created_at,
            tool: PlainTool::this(),
            gitlab_url: &self.gitlab_url,
            client_id: &self.client_id,
            account: &self.account,
            scopes: &self.scopes,
            access_token: &self.access_token,
            refresh_token: &self.refresh_token,
            expires_at: self.expires_at,
        };
        let mut plain = Zeroizing::new(Vec::with_capacity(CAPACITY));
        serde_json::to_writer(&mut *plain, &plain_grant).map_err(|error| SealError::Seal(error.to_string()))?;
        seal(&plain, recipients)
    }
}

#[cfg(test)]
mod tests {
    use age::secrecy::ExposeSecret as _;

    use super::*;
    use crate::secret::{AccessToken, RefreshToken};

    #[test]
    fn a_sealed_grant_opens_to_its_document_and_shows_nothing_before() {
        let identity = age::x25519::Identity::generate();
        let recipients = Recipients::parse(&[identity.to_public().to_string()]).expect("a recipient");
        let grant = CloudGrant {
            organization: Organization { id: "org_acme".to_owned(), name: "Acme".to_owned() },
            created_at: Timestamp::UNIX_EPOCH,
            gitlab_url: "https://gitlab.com".parse().expect("a URL"),
            client_id: "client".to_owned(),
            account: CloudAccount { id: 7, username: "jane".to_owned(), name: "Jane Doe".to_owned() },
            scopes: vec!["api".to_owned(), "read_user".to_owned()],
            access_token: AccessToken::new("access-canary-51").expect("a token"),
            refresh_token: RefreshToken::new("refresh-canary-51").expect("a token"),
            expires_at: None,
        };
        let sealed = grant.seal(&recipients).expect("sealed");
        assert!(!String::from_utf8_lossy(sealed.bytes()).contains("canary"));
        assert!(!format!("{grant:?}").contains("canary"));
        let opened = sealed.open(identity.to_string().expose_secret()).expect("opened");
        let document: serde_json::Value = serde_json::from_str(opened.text()).expect("JSON");
        crate::testing::contract::hold(&document);
        assert_eq!(document["schema"], GRANT_SCHEMA);
        assert_eq!(document["access_token"], "access-canary-51");
        assert_eq!(document["refresh_token"], "refresh-canary-51");
        assert_eq!(document["account"]["username"], "jane");
        assert_eq!(document["gitlab_url"], "https://gitlab.com");
        assert_eq!(document["tool"]["name"], "factory-gitlab");
    }
}
