//! The plain text of a grant to Factory's application on GitLab.com, before it is sealed.

use jiff::Timestamp;

use crate::cloud::CloudAccount;
use crate::instance::InstanceUrl;
use crate::kit::Organization;
use crate::secret::{AccessToken, RefreshToken};

/// The schema of the plain text.
pub const GRANT_SCHEMA: &str = "factory-gitlab/cloud-grant/v1";

/// A grant as Factory receives it. Factory's first refresh ends the tokens in it.
#[derive(Clone, Debug)]
pub struct CloudGrant {
    pub organization: Organization,
    pub created_at: Timestamp,
    pub gitlab_url: InstanceUrl,
    pub client_id: String,
    pub account: CloudAccount,
    pub scopes: Vec<String>,
    pub access_token: AccessToken,
    pub refresh_token: RefreshToken,
    pub expires_at: Option<Timestamp>,
}
