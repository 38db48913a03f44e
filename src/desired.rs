//! What should be true: from the kit and the inputs, and nothing else. Pure.

mod address;
mod cloud;
mod cover;
mod marker;
mod ways;

use std::collections::BTreeSet;

use url::Url;

use crate::gitlab::HookSpec;
use crate::instance::{InstanceUrl, LicensePlan, Version};
use crate::kit::{AnswerTerms, Handover, Kit, KitFingerprint, Organization, TrustedValues, Upload};
use crate::mark::Mark;
use crate::secret::{ApplicationSecret, SigningToken, WebhookToken};
use crate::target::{Event, Strategy, Target};
use crate::text::Globs;

pub use self::address::Address;
pub use self::cloud::DesiredCloud;
pub use self::cover::{Candidate, Cover, LeftOut, Named, Reason, Scope, Tree, anything_below, cover};
pub use self::marker::{Marker, PlacedHook, TokenState, TokenStates};
pub use self::ways::{AddressFamily, FactoryNetwork, NotATarget, WayOwner, WayTarget, WayTerms, Ways};

/// The connection as it should be.
#[derive(Clone, Debug)]
pub struct Desired {
    pub kit: DesiredTrust,
    pub instance: InstanceUrl,
    pub organization: Organization,
    pub application: DesiredApplication,
    pub webhooks: DesiredWebhooks,
    pub handover: DesiredHandover,
    pub delivery: BundleDelivery,
    pub status_url: Option<Url>,
    /// Where Factory is told that the connection ends.
    pub disconnect_url: Option<Url>,
    /// What Droids answer in GitLab, by the kit.
    pub answers: Vec<AnswerTerms>,
}

/// How the names of tokens begin that this tool creates.
pub const TOKEN_NAME: &str = "Factory ";

impl Desired {
    /// How the name begins of a token that this tool creates for the organization.
    #[must_use]
    pub fn token_name_begins(&self) -> String {
        match self.organization.id.as_str() {
            "" => TOKEN_NAME.to_owned(),
            organization => format!("{TOKEN_NAME}({organization}) "),
        }
    }
}

/// What has to be trusted: the kit with the values that flags replaced.
#[derive(Clone, Debug, Default)]
pub struct DesiredTrust {
    pub values: TrustedValues,
    /// The origins that are asked with the key of Factory's API.
    pub key_origins: BTreeSet<String>,
    /// The origin that the kit was fetched from: it has had the key already.
    pub served_by: Option<String>,
}

impl DesiredTrust {
    #[must_use]
    pub fn from_kit(kit: &Kit) -> Self {
        Self { values: kit.trusted(), key_origins: kit.key_origins(), served_by: None }
    }

    #[must_use]
    pub fn fingerprint(&self) -> KitFingerprint {
        self.values.fingerprint()
    }

    /// Where bundles are uploaded to, as it is shown.
    #[must_use]
    pub fn upload_url(&self) -> Option<&String> {
        self.values.values("bundle.upload_url").first()
    }
}

#[derive(Clone, Debug)]
pub struct DesiredApplication {
    pub name: String,
    pub redirect_uri: String,
    pub scopes: Vec<String>,
    pub confidential: bool,
    pub trusted: bool,
    pub origin: ApplicationOrigin,
}

/// Where the application comes from (`--application`).
#[derive(Clone, Debug)]
pub enum ApplicationOrigin {
    /// Found or created by API; `renew` asks for a new secret (`--renew-secret`). A secret given beside it is used.
    Auto { given: Option<Credentials>, renew: bool },
    /// Its ID and secret were given: copied from the Admin Area (`manual`), or those of an existing one (`existing`).
    Given(Credentials),
}

impl ApplicationOrigin {
    /// The ID and secret, if they were given.
    #[must_use]
    pub fn credentials(&self) -> Option<&Credentials> {
        match self {
            Self::Auto { given, .. } => given.as_ref(),
            Self::Given(credentials) => Some(credentials),
        }
    }
}

/// An OAuth application's ID and secret.
#[derive(Clone, Debug)]
pub struct Credentials {
    pub application_id: String,
    pub secret: ApplicationSecret,
}

#[derive(Clone, Debug)]
pub struct DesiredWebhooks {
    pub strategy: Strategy,
    pub selection: Selection,
    pub prune: Prune,
    pub url: Url,
    pub token: WebhookToken,
    /// The one before it, as long as Factory takes both.
    pub previous_token: Option<WebhookToken>,
    pub signing_token: Option<SigningToken>,
    pub events: Vec<Event>,
    pub name: String,
    pub receipts_url: Option<Url>,
    pub resets_token: ResetToken,
}

/// Whether the tokens of webhooks are set again although nothing shows that they differ (`--reset-webhook-secret`). GitLab
/// hides them, so nothing else helps where Factory refuses them.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum ResetToken {
    #[default]
    NotAsked,
    Asked,
}

/// Which groups and projects (`--group`, `--project`, `--exclude`, `--personal`). Without any group or project, all.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    pub groups: Vec<String>,
    pub projects: Vec<String>,
    pub exclude: Globs,
    /// The patterns as they were given, for the record and for messages.
    pub exclude_patterns: Vec<String>,
    pub personal: Personal,
    /// Its parts that were not given now, but come from the record of an earlier run.
    pub recorded: Vec<String>,
}

/// What becomes of webhooks of ours outside the selection (`--prune`).
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Prune {
    /// They are named and stay.
    #[default]
    Nothing,
    /// They are removed.
    Outside,
}

#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Personal {
    #[default]
    LeftOut,
    Included,
}

#[derive(Clone, Debug)]
pub struct DesiredHandover {
    pub handover: Handover,
    /// What the administrator chose, now or in an earlier run; `None` where the kit decides.
    pub choice: Option<Handover>,
    pub scopes: Vec<String>,
}

/// Where the sealed bundle goes.
#[derive(Clone, Debug)]
pub struct BundleDelivery {
    /// What was given of GitLab's network, for the bundle.
    pub network: Option<serde_json::Value>,
    pub recipients: Vec<String>,
    pub way: BundleRoute,
}

#[derive(Clone, Debug)]
pub enum BundleRoute {
    Upload(Upload),
    /// `--bundle-out`: written there, not uploaded.
    File(std::path::PathBuf),
    /// The kit names no address and no file was asked for. Enough for `verify`.
    None,
}

impl DesiredWebhooks {
    /// How a webhook's URL relates to the wanted one.
    #[must_use]
    pub fn compare_url(&self, address: &str) -> Address {
        Address::compare(&self.url, address)
    }

    /// Whether a hook's URL is the wanted one, compared as URLs and not as text: GitLab keeps the spelling that it was given.
    #[must_use]
    pub fn matches_url(&self, address: &str) -> bool {
        self.compare_url(address) == Address::Same
    }

    /// Whether a hook's URL is at Factory's host, whatever its path.
    #[must_use]
    pub fn is_at_factory(&self, address: &str) -> bool {
        let host = |url: &Url| url.host_str().map(|host| host.trim_end_matches('.').to_owned());
        Url::parse(address.trim()).is_ok_and(|found| host(&found) == host(&self.url))
    }

    /// The events that a hook on this kind of target sends.
    #[must_use]
    pub fn events_on(&self, target: &Target) -> Vec<Event> {
        match target {
            Target::System => self.events.iter().copied().filter(|event| event.is_in_system_hooks()).collect(),
            Target::Group { .. } | Target::Project { .. } => self.events.clone(),
        }
    }
}

impl Desired {
    /// Makes and checks the marks of this connection's webhooks.
    #[must_use]
    pub fn marker(&self) -> Marker {
        Marker::new(self)
    }

    /// The connection as it was before its webhooks' secret token changed, where the kit still names that one.
    #[must_use]
    pub fn before_rotation(&self) -> Option<Self> {
        let mut former = self.clone();
        former.webhooks.token = former.webhooks.previous_token.take()?;
        Some(former)
    }

    /// The hook that `target` should have, for a GitLab of this version: an older one does not know the signing token.
    #[must_use]
    pub fn hook(&self, target: Target, version: Version) -> HookSpec {
        let webhooks = &self.webhooks;
        let mark = Mark::Bound(self.marker().mark(target.number(), version));
        HookSpec {
            url: webhooks.url.to_string(),
            name: webhooks.name.clone(),
            description: format!("Made by factory-gitlab; leave this line: {mark}"),
            events: webhooks.events_on(&target),
            token: webhooks.token.clone(),
            signing_token: webhooks.signing_token.clone().filter(|_| version >= Version::SIGNING_TOKEN),
            target,
        }
    }
}

impl DesiredApplication {
    /// What the kit says about the application, with its origin.
    #[must_use]
    pub fn from_kit(kit: &Kit, origin: ApplicationOrigin) -> Self {
        let terms = &kit.application;
        Self {
            name: terms.name.clone(),
            redirect_uri: terms.redirect_uri.clone(),
            scopes: terms.scopes.clone(),
            confidential: terms.confidential,
            trusted: terms.trusted,
            origin,
        }
    }
}

impl Strategy {
    /// What `auto` resolves to under a license plan: group hooks where they work, otherwise one hook per project.
    #[must_use]
    pub const fn resolved(self, plan: LicensePlan) -> Self {
        match self {
            Self::Auto if plan.has_group_hooks() => Self::Group,
            Self::Auto => Self::Project,
            chosen => chosen,
        }
    }
}
