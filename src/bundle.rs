//! What Factory receives: the plain text of a connection, and its sealed form.
//!
//! The plain text has no serialised form outside `seal`: secrets leave it only encrypted.

mod seal;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;
use url::Url;

pub use seal::{Opened, RecipientError, Recipients, SealError, SealedBundle, SealedInfo};

use crate::instance::{Edition, InstanceUrl, LicensePlan};
use crate::kit::Organization;
use crate::secret::{ApplicationSecret, PersonalAccessToken};
use crate::target::{Strategy, Target};

/// The schema of the plain text.
pub const SCHEMA: &str = "factory-gitlab/bundle/v1";

/// Everything that Factory is given, before it is sealed.
#[derive(Clone, Debug)]
pub struct Bundle {
    pub organization: Organization,
    pub created_at: Timestamp,
    pub instance: BundledInstance,
    pub application: BundledApplication,
    /// `None` when no token is handed over.
    pub personal_access_token: Option<BundledToken>,
    pub webhook: BundledWebhook,
    /// What `network plan` collected, if anything.
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
    /// The user name that it acts as.
    pub user: String,
}

#[derive(Clone, Debug, Serialize)]
pub struct BundledWebhook {
    pub url: Url,
    pub strategy: Strategy,
    pub target_count: usize,
    /// Empty where there are more than ten thousand.
    pub targets: Vec<Target>,
}

/// So many targets are listed, which is half a megabyte. A list of more would make the bundle larger than an intake may
/// take, and whoever reads it has the strategy.
const MOST_TARGETS: usize = 10_000;

impl BundledWebhook {
    #[must_use]
    pub fn new(url: Url, strategy: Strategy, targets: impl ExactSizeIterator<Item = Target>) -> Self {
        let target_count = targets.len();
        let listed = if target_count > MOST_TARGETS { 0 } else { target_count };
        Self { url, strategy, target_count, targets: targets.take(listed).collect() }
    }
}
