//! What a kit is read for: a self-hosted instance, GitLab.com, or to be shown whatever it is for.

use jiff::Timestamp;

use super::cloud_kit::PARTS;
use super::parse::{self, KitError};
use super::{BundleTerms, CloudKit, DeliveryMode, Kit, KitProblem, Overrides, TrustedValues};

/// A kit that is read to be shown, checked or uploaded to, whatever it is for.
#[derive(Clone, Debug)]
pub enum AnyKit {
    /// For a self-hosted instance, and for GitLab.com too if it has a `cloud` section.
    SelfHosted(Box<Kit>),
    /// For GitLab.com only.
    Cloud(Box<CloudKit>),
}

/// The need that a command has of a kit: the text of one kit can be read for each.
pub trait KitForm: Sized {
    /// Its values can be given one by one, without a kit.
    const IN_PIECES: bool;

    /// # Errors
    /// [`KitError`], which names what this need lacks.
    fn parse(text: &str) -> Result<Self, KitError>;

    #[must_use]
    fn with(self, overrides: Overrides) -> Self;

    /// A kit made of overrides alone; `None` while a required value is missing.
    fn from_overrides(overrides: &Overrides) -> Option<Self>;

    fn check(&self, now: Timestamp, delivery: DeliveryMode) -> Vec<KitProblem>;

    fn bundle(&self) -> Option<&BundleTerms>;

    fn trusted(&self) -> TrustedValues;
}

impl KitForm for Kit {
    const IN_PIECES: bool = true;

    fn parse(text: &str) -> Result<Self, KitError> {
        Self::parse(text)
    }

    fn with(self, overrides: Overrides) -> Self {
        self.with(overrides)
    }

    fn from_overrides(overrides: &Overrides) -> Option<Self> {
        Self::from_overrides(overrides)
    }

    fn check(&self, now: Timestamp, delivery: DeliveryMode) -> Vec<KitProblem> {
        self.check(now, delivery)
    }

    fn bundle(&self) -> Option<&BundleTerms> {
        Some(&self.bundle)
    }

    fn trusted(&self) -> TrustedValues {
        self.trusted()
    }
}

impl KitForm for CloudKit {
    const IN_PIECES: bool = false;

    fn parse(text: &str) -> Result<Self, KitError> {
        Self::parse(text)
    }

    fn with(self, overrides: Overrides) -> Self {
        self.with(overrides)
    }

    fn from_overrides(_: &Overrides) -> Option<Self> {
        None
    }

    fn check(&self, now: Timestamp, delivery: DeliveryMode) -> Vec<KitProblem> {
        self.check(now, delivery)
    }

    fn bundle(&self) -> Option<&BundleTerms> {
        self.bundle.as_ref()
    }

    fn trusted(&self) -> TrustedValues {
        self.trusted()
    }
}

impl KitForm for AnyKit {
    const IN_PIECES: bool = true;

    /// It is one for GitLab.com only where it has that section and nothing of a self-hosted instance's.
    fn parse(text: &str) -> Result<Self, KitError> {
        let value = parse::document(text)?;
        let [application, webhook, _] = PARTS;
        let mut of_self_hosted = application.1.iter().chain(webhook.1);
        if parse::is_absent(&value, "/cloud") || of_self_hosted.any(|at| !parse::is_absent(&value, at)) {
            return Kit::from_value(value).map(|kit| Self::SelfHosted(Box::new(kit)));
        }
        CloudKit::from_value(value).map(|kit| Self::Cloud(Box::new(kit)))
    }

    fn with(self, overrides: Overrides) -> Self {
        match self {
            Self::SelfHosted(kit) => Self::SelfHosted(Box::new(kit.with(overrides))),
            Self::Cloud(kit) => Self::Cloud(Box::new(kit.with(overrides))),
        }
    }

    fn from_overrides(overrides: &Overrides) -> Option<Self> {
        Kit::from_overrides(overrides).map(|kit| Self::SelfHosted(Box::new(kit)))
    }

    fn check(&self, now: Timestamp, delivery: DeliveryMode) -> Vec<KitProblem> {
        match self {
            Self::SelfHosted(kit) => kit.check(now, delivery),
            Self::Cloud(kit) => kit.check(now, delivery),
        }
    }

    fn bundle(&self) -> Option<&BundleTerms> {
        match self {
            Self::SelfHosted(kit) => Some(&kit.bundle),
            Self::Cloud(kit) => kit.bundle.as_ref(),
        }
    }

    fn trusted(&self) -> TrustedValues {
        match self {
            Self::SelfHosted(kit) => kit.trusted(),
            Self::Cloud(kit) => kit.trusted(),
        }
    }
}
