//! The observed state: reads both sides, independent reads at the same time.

mod audit;
mod bulk;
mod cloud;
mod everywhere;
mod exercise;
mod factory;
mod hooks;
mod memory;
mod network;
mod observation;
pub mod observer;
mod others;
mod ownership;
mod reads;
mod targets;
mod token_kind;
pub mod ways;

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;

pub use self::audit::{AuditReader, AuditSeen, EventsSeen};
pub use self::cloud::{CloudSeen, PlaceSeen as CloudPlaceSeen};
pub use self::exercise::{ExercisePlaces, Leftover, PlaceFinder, PlaceHook, PlaceSeen, PlaceWish, mark_of};
pub use self::memory::{Delivered, Memory, MemoryFile, News, NewsKind};
pub use self::network::{NetworkSeen, inspect_network};
pub use self::observation::Observation;
pub use self::observer::{ObserveProgress, Observer};
pub use self::others::{OtherTarget, Standing};
pub use self::ownership::{HookOwner, OwnerRules};
pub use self::reads::{ReadRequest, Reads};
pub use crate::activity::{EXERCISE_MARK, EXERCISE_TOPIC};
pub use crate::desired::LeftOut;
use crate::factory::FactoryStatus;
use crate::gitlab::{
    Application, DeliveryOutcome, Hook, License, LoggedDelivery, Metadata, PairValidity, ProbedScopes, TestRefusal,
    TokenDetails, User,
};
pub use crate::http::probe::CertificateSeen;
use crate::instance::{LicensePlan, Version};
use crate::target::{Strategy, Target, TargetKind};

/// One thing that can be read. A check names those it is judged by; what a command reads is the union of them.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Read {
    /// DNS, TCP and TLS between this machine and the instance.
    Network,
    Metadata,
    Token,
    /// The token that Factory was given, by its number in this machine's record.
    HandedOver,
    /// The tokens with names that this tool gives to those of this organization, of every user.
    NamedTokens,
    /// The token's owner; the address of their page contains the instance's own URL.
    User,
    License,
    Applications,
    /// The OAuth scopes that the instance knows.
    ScopesSupported,
    /// Whether the application's ID and secret authenticate, and its scopes where the list of applications has none.
    ApplicationSecret,
    Hooks,
    /// The hooks of this connection wherever they are, whatever is selected; in the place of `Hooks`.
    EveryHook,
    /// The delivery logs of the hooks.
    Deliveries,
    /// Factory's status, and whether its hosts answer.
    Factory,
    /// What this machine's record says of the bundle. The command that opens the record adds it.
    BundleRecord,
    /// Test deliveries. They write, so `verify --live` makes them after everything else was read.
    TestDeliveries,
}

impl Read {
    /// What this read cannot be made without.
    const fn prerequisites(self) -> &'static [Self] {
        match self {
            // Only the Community Edition may have no license.
            Self::License => &[Self::Metadata],
            // Mostly it is the given token.
            Self::HandedOver => &[Self::Token],
            // The list decides whether scopes have to be probed.
            Self::ApplicationSecret => &[Self::Applications],
            // The license decides between group and project hooks, the version between GraphQL and REST.
            Self::Hooks => &[Self::Metadata, Self::License],
            // The edition and the license decide whether there are group hooks, the version between GraphQL and REST.
            Self::EveryHook => &[Self::Metadata, Self::License],
            Self::Deliveries | Self::TestDeliveries => &[Self::Hooks],
            Self::Network
            | Self::Metadata
            | Self::Token
            | Self::NamedTokens
            | Self::User
            | Self::Applications
            | Self::ScopesSupported
            | Self::Factory
            | Self::BundleRecord => &[],
        }
    }
}

/// Why a read was not made that is not among those asked for.
const NOT_REQUESTED: &str = "not needed by the checks that were asked for";

/// Everything that was read, or why it was not.
#[derive(Clone, Debug)]
pub struct Observed {
    /// When reading began, for judging dates without a clock.
    pub at: Timestamp,
    pub network: NetworkSeen,
    pub metadata: Observation<Metadata>,
    /// The instance's own URL, taken from an answer that contains a web address; `None` inside if no answer did.
    pub own_url: Observation<Option<String>>,
    pub token: Observation<TokenDetails>,
    /// The token that Factory was given; `None` inside where GitLab no longer has it.
    pub handed_over: Observation<Option<TokenDetails>>,
    /// The active tokens whose names begin like those that this tool creates for the organization, of every user.
    pub named_tokens: Observation<Vec<TokenDetails>>,
    /// The kind of token that its form suggests, if that is not a personal access token.
    pub token_looks_like: Option<&'static str>,
    pub user: Observation<User>,
    pub license: Observation<License>,
    pub applications: Observation<Vec<Application>>,
    pub scopes_supported: Observation<Vec<String>>,
    /// Whether the given ID and secret authenticate.
    pub pair: Observation<PairValidity>,
    /// Read only where the list of applications does not show scopes.
    pub probed_scopes: Observation<ProbedScopes>,
    pub hooks: Observation<HooksSeen>,
    pub factory: FactorySeen,
    /// How long each read took that was made.
    pub took: BTreeMap<Read, Duration>,
}

impl Observed {
    /// The instance's version, where it could be read.
    #[must_use]
    pub fn version(&self) -> Option<Version> {
        self.metadata.known().map(|metadata| metadata.version)
    }

    /// Before anything is read.
    fn unread(at: Timestamp) -> Self {
        Self {
            at,
            network: NetworkSeen::skipped(NOT_REQUESTED),
            metadata: Observation::Skipped(NOT_REQUESTED),
            own_url: Observation::Skipped(NOT_REQUESTED),
            token: Observation::Skipped(NOT_REQUESTED),
            handed_over: Observation::Skipped(NOT_REQUESTED),
            named_tokens: Observation::Skipped(NOT_REQUESTED),
            token_looks_like: None,
            user: Observation::Skipped(NOT_REQUESTED),
            license: Observation::Skipped(NOT_REQUESTED),
            applications: Observation::Skipped(NOT_REQUESTED),
            scopes_supported: Observation::Skipped(NOT_REQUESTED),
            pair: Observation::Skipped(NOT_REQUESTED),
            probed_scopes: Observation::Skipped(NOT_REQUESTED),
            hooks: Observation::Skipped(NOT_REQUESTED),
            factory: FactorySeen::unread(),
            took: BTreeMap::new(),
        }
    }

    /// The plan that decides over group hooks. An unknown license counts as free: unlicensed group hooks are never relied
    /// on.
    #[must_use]
    pub fn plan(&self) -> LicensePlan {
        plan_of(self.license.known())
    }
}

fn plan_of(license: Option<&License>) -> LicensePlan {
    match license {
        Some(License::Licensed { plan, expired: false }) => match plan.as_str() {
            "premium" => LicensePlan::Premium,
            "ultimate" => LicensePlan::Ultimate,
            _ => LicensePlan::Free,
        },
        Some(License::Licensed { expired: true, .. } | License::Unlicensed | License::NotAvailable) | None => {
            LicensePlan::Free
        }
    }
}

/// The hooks that point at Factory, target by target.
#[derive(Clone, Debug)]
pub struct HooksSeen {
    /// What `auto` resolved to.
    pub strategy: Strategy,
    pub targets: Vec<TargetSeen>,
    /// How many groups and projects were left out, and why.
    pub left_out: LeftOut,
    /// Groups that contain something excluded, so that their subgroups and projects are targets one by one.
    pub split_groups: Vec<String>,
    /// The patterns of `--exclude` that match nothing of the selection.
    pub unmatched_exclusions: Vec<String>,
    /// Targets outside the selection's own that have a webhook of ours, or could not be read.
    pub others: Vec<OtherTarget>,
    pub others_read: OthersRead,
    /// Hooks to Factory's host that are not this connection's.
    pub at_factory: Vec<HookAtFactory>,
}

/// A hook to Factory's host that is not this connection's: of another organization, or of another address there.
#[derive(Clone, Debug)]
pub struct HookAtFactory {
    pub target: Target,
    pub hook: Hook,
}

/// How many of the targets that need no webhook were looked at for one of ours.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum OthersRead {
    #[default]
    All,
    /// The first of them, and all that this machine recorded.
    First(usize),
}

impl HooksSeen {
    /// The webhook of a target, within the selection or outside.
    #[must_use]
    pub fn hook(&self, target: &Target, id: u64) -> Option<&HookSeen> {
        let others = self.others.iter().map(|other| &other.seen);
        let mut of_target = self.targets.iter().chain(others).filter(|seen| seen.target == *target);
        of_target.find_map(|seen| seen.hooks.known()?.iter().find(|one| one.hook.id == id))
    }

    /// The webhook of ours outside the selection that sends the target's events already.
    #[must_use]
    pub fn sent_from_above(&self, target: &Target) -> Option<&OtherTarget> {
        self.others.iter().find(|other| {
            other.standing == Standing::OutOfScope
                && other.seen.target.kind() == TargetKind::Group
                && target.is_below(&other.seen.target)
        })
    }
}

/// One target, and its hooks that concern this connection. Hooks of other products and organizations are not kept.
#[derive(Clone, Debug)]
pub struct TargetSeen {
    pub target: Target,
    /// Whether it has no commits; old versions of GitLab cannot test a hook there.
    pub empty: bool,
    pub hooks: Observation<Vec<HookSeen>>,
}

#[derive(Clone, Debug)]
pub struct HookSeen {
    pub hook: Hook,
    pub owner: HookOwner,
    /// The newest entries of its delivery log, if they were asked for.
    pub deliveries: Observation<Vec<LoggedDelivery>>,
}

impl TargetSeen {
    /// Its hooks that are this connection's; none where they could not be read.
    pub fn own_hooks(&self) -> impl Iterator<Item = &HookSeen> {
        self.hooks_of(|owner| owner != HookOwner::Foreign)
    }

    /// Somebody else's hooks to Factory's address.
    pub fn foreign_hooks(&self) -> impl Iterator<Item = &HookSeen> {
        self.hooks_of(|owner| owner == HookOwner::Foreign)
    }

    fn hooks_of(&self, wanted: fn(HookOwner) -> bool) -> impl Iterator<Item = &HookSeen> {
        self.hooks.known().into_iter().flatten().filter(move |seen| wanted(seen.owner))
    }
}

/// Factory's side.
#[derive(Clone, Debug)]
pub struct FactorySeen {
    pub status: Observation<FactoryStatus>,
    /// Whether Factory was not asked, because no run with this kit has been approved: then its addresses do not get the key.
    pub key_withheld: bool,
    /// Each host of the kit, and whether it answered.
    pub hosts: Vec<(String, Observation<()>)>,
    /// What the local record says of the bundle.
    pub bundle: Observation<BundleSeen>,
    /// The three facts about each test delivery, `--live` only.
    pub proofs: Observation<Vec<DeliveryProof>>,
}

impl FactorySeen {
    fn unread() -> Self {
        Self {
            status: Observation::Skipped(NOT_REQUESTED),
            key_withheld: false,
            hosts: Vec::new(),
            bundle: Observation::Skipped(NOT_REQUESTED),
            proofs: Observation::Skipped("--live was not given"),
        }
    }
}

#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub enum BundleSeen {
    /// Sealed and not yet accepted.
    Waiting,
    /// Written to this file, which a person delivers.
    Written {
        path: String,
    },
    Accepted {
        id: Option<String>,
        sha256: String,
    },
}

/// A test delivery as three separate facts.
#[derive(Clone, Debug, Serialize)]
pub struct DeliveryProof {
    pub target: Target,
    pub test: Fact,
    /// Why GitLab refused the test, where it did.
    #[serde(skip)]
    pub refusal: Option<TestRefusal>,
    /// What the delivery log says, where it has an entry of the test.
    #[serde(skip)]
    pub logged: Option<DeliveryOutcome>,
    pub log: Fact,
    pub receipt: Fact,
}

impl DeliveryProof {
    /// The three facts: GitLab's answer, its log, Factory's receipt.
    #[must_use]
    pub fn facts(&self) -> [&Fact; 3] {
        [&self.test, &self.log, &self.receipt]
    }

    /// Whether GitLab had nothing to make a test from; another target of the same kind may have. No failure of the connection.
    #[must_use]
    pub const fn lacks_sample(&self) -> bool {
        matches!(self.refusal, Some(TestRefusal::NoSample { .. }))
    }

    /// Whether a fact does not hold.
    #[must_use]
    pub fn has_failed(&self) -> bool {
        self.facts().iter().any(|fact| matches!(fact, Fact::Fails(_)))
    }

    /// Whether a fact could not be found out.
    #[must_use]
    pub fn is_unknown(&self) -> bool {
        self.facts().iter().any(|fact| matches!(fact, Fact::Unknown(_)))
    }

    /// Whether Factory has it, and GitLab had given up waiting for the answer: the way is open.
    #[must_use]
    pub const fn is_late(&self) -> bool {
        matches!((self.logged, &self.receipt), (Some(DeliveryOutcome::NoAnswer), Fact::Holds(_)))
    }

    /// Whether each fact holds or cannot be observed. The test of a system hook proves no more than that.
    #[must_use]
    pub fn is_proven(&self) -> bool {
        self.facts().iter().all(|fact| matches!(fact, Fact::Holds(_) | Fact::NotObservable(_)))
    }
}

/// One fact: it holds, it does not, or it is unknown; with what was observed.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", tag = "state", content = "seen")]
pub enum Fact {
    Holds(String),
    Fails(String),
    Unknown(String),
    /// It cannot be observed here, by design: this GitLab has no such log, or the kit no such address.
    #[serde(rename = "untold")]
    NotObservable(String),
}
