//! What Factory receives: the plain text of a connection, and its sealed form. Only `seal` can serialize the plain text, so
//! that secrets leave it encrypted.

mod grant;
mod seal;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;
use url::Url;

pub use grant::{CloudGrant, GRANT_SCHEMA};
pub use seal::{Opened, RecipientError, Recipients, SealError, SealedBundle, SealedInfo};

use crate::instance::{Edition, InstanceUrl, LicensePlan};
use crate::kit::Organization;
use crate::secret::{ApplicationSecret, PersonalAccessToken};
use crate::target::{Strategy, Target};

/// The schema of the plain text.
pub const SCHEMA: &str = "factory-gitlab/bundle/v1";

/// Everything that Factory receives, before it is sealed.
#[derive(Clone, Debug)]
pub struct Bundle {
    pub organization: Organization,
    pub created_at: Timestamp,
    pub instance: BundledInstance,
    /// `None` where Factory has it already.
    pub application: Option<BundledApplication>,
    /// `None` when Factory gets no token.
    pub personal_access_token: Option<BundledToken>,
    /// `None` where the webhooks were not looked at.
    pub webhook: Option<BundledWebhook>,
    /// The result of `network plan`.
    pub network: Option<serde_json::Value>,
}

#[derive(Clone, Debug, Serialize)]
pub struct BundledInstance {
    pub url: InstanceUrl,
    /// As GitLab writes it, `19.2.0-ee`.
    pub version: String,
    pub edition: Edition,
    pub plan: LicensePlan,
}

#[derive(Clone, Debug)]
pub struct BundledApplication {
    /// The application ID (OAuth's `client_id`), not GitLab's number for it.
    pub id: String,
    pub secret: ApplicationSecret,
    pub name: String,
    pub redirect_uri: String,
    pub scopes: Vec<String>,
}

#[derive(Clone, Debug)]
pub struct BundledToken {
    pub value: PersonalAccessToken,
    pub scopes: Vec<String>,
    pub expires_at: Option<Date>,
    /// The name of the user that it acts as.
    pub user: String,
}

#[derive(Clone, Debug, Serialize)]
pub struct BundledWebhook {
    pub url: Url,
    pub strategy: Strategy,
    pub target_count: usize,
    /// Empty for more than ten thousand targets.
    pub targets: Vec<Target>,
}

/// At most this many targets are listed, in about half a megabyte. A longer list could make the bundle too large for an
/// upload, and Factory can find the targets by the strategy.
const MOST_TARGETS: usize = 10_000;

impl BundledWebhook {
    #[must_use]
    pub fn new(url: Url, strategy: Strategy, targets: impl ExactSizeIterator<Item = Target>) -> Self {
        let target_count = targets.len();
        let listed = if target_count > MOST_TARGETS { 0 } else { target_count };
        Self { url, strategy, target_count, targets: targets.take(listed).collect() }
    }
}
