//! The local record of a connection, replayed from the lines of its journal.
#![deny(clippy::wildcard_enum_match_arm, clippy::match_wildcard_for_single_variants)]

mod ages;
mod cloud;
mod ended;
mod exercises;
mod handed_over;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::Serialize;
use url::Url;

use super::entry::{ApplicationEntry, Entry, HookChange, HookEntry, Rotation, RunEntry};
pub use ages::SecretAges;
pub use cloud::{CloudRecord, GrantRecord};
pub use ended::KnownTarget;
pub use exercises::ExerciseRecord;
pub use handed_over::{ApplicationBundleRecord, BundleRecord, MintedRecord, ReplacedToken, TokenBundleRecord};

use crate::instance::is_bare;
use crate::kit::{Handover, TrustedValues};
use crate::mark::TokensSet;
use crate::target::{Strategy, TargetKind, TargetNumber};

/// The local record. Empty before the first run.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Record {
    pub instance: Option<String>,
    pub organization: Option<String>,
    pub strategy: Option<Strategy>,
    pub groups: Vec<String>,
    pub projects: Vec<String>,
    pub exclude: Vec<String>,
    pub personal: bool,
    pub kit: Option<String>,
    /// Its values were given one by one, and not in a kit.
    #[serde(skip)]
    pub without_kit: bool,
    /// Without a kit: the file that the bundle is written to.
    #[serde(skip)]
    pub bundle_out: Option<String>,
    /// The kit that was accepted last.
    pub kit_pin: Option<KitPin>,
    #[serde(skip)]
    pub is_keyring_declined: bool,
    pub began_at: Option<Timestamp>,
    pub finished_at: Option<Timestamp>,
    /// The rotation that the last run began, if it did not reach its end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rotating: Option<UnfinishedRotation>,
    /// When the last run before an unfinished one was finished.
    #[serde(skip)]
    pub finished_before: Option<Timestamp>,
    pub application: OwnApplication,
    #[serde(skip)]
    pub unfinished_application: Option<UnfinishedApplication>,
    /// The ID of the application whose secret this tool renewed, or may have renewed. It may be a foreign one.
    pub renewed: Option<String>,
    pub secret: SecretState,
    /// When GitLab showed the application's secret.
    #[serde(skip)]
    pub secret_changed_at: Option<Timestamp>,
    pub bundle: Option<BundleRecord>,
    /// Which token was chosen for Factory; `None` where the kit decides.
    pub handover: Option<Handover>,
    /// A bundle with the application alone that was not delivered yet.
    pub application_bundle: Option<ApplicationBundleRecord>,
    /// A bundle with a token alone that was not delivered yet.
    pub token_bundle: Option<TokenBundleRecord>,
    /// A bundle with a token alone that was written to a file: it may be uploaded later.
    #[serde(skip)]
    pub written_token: Option<TokenBundleRecord>,
    /// Tokens that were created for Factory and handed over, and that a later bundle replaces.
    pub replaced_tokens: Vec<ReplacedToken>,
    /// The IDs of applications whose secret was delivered in a bundle.
    #[serde(skip)]
    pub delivered: BTreeSet<String>,
    /// Tokens created for Factory that no sealed bundle holds: to be revoked.
    pub orphan_tokens: Vec<MintedRecord>,
    #[serde(skip)]
    pub hooks: BTreeMap<TargetNumber, HookRecord>,
    /// Where a webhook may have been created, with no result recorded.
    #[serde(skip)]
    pub unfinished_hooks: BTreeSet<TargetNumber>,
    /// The groups and projects where this machine has registered a webhook, as they were then.
    #[serde(skip)]
    pub targets: BTreeMap<TargetNumber, KnownTarget>,
    /// Where a webhook was given a new secret token that was not tested yet.
    #[serde(skip)]
    pub unsettled_tokens: BTreeSet<TargetNumber>,
    /// What exercises made and did not remove.
    #[serde(skip)]
    pub exercises: Vec<ExerciseRecord>,
    /// Kinds of webhooks that were changed and not yet proven by a test delivery.
    pub unproved: BTreeSet<TargetKind>,
    /// When a run began to remove the whole connection, if no run of `connect` has begun since.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disconnecting_at: Option<Timestamp>,
    /// The ID of the application that this removal keeps on request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kept_application: Option<String>,
    /// When Factory was told that the connection ends, if it was given nothing since.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub factory_told_at: Option<Timestamp>,
    /// When the connection was removed. Then the record holds nothing else of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disconnected_at: Option<Timestamp>,
    /// GitLab's number of the administrator's own token that Factory had when it was told of the end.
    #[serde(skip)]
    pub given_token: Option<u64>,
    /// The ID of the application that this tool removed last.
    #[serde(skip)]
    pub removed_application: Option<String>,
    /// The connection to GitLab.com, where this is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cloud: Option<Box<CloudRecord>>,
    /// Lines that could not be read: incomplete, or of a newer program.
    pub unread_lines: usize,
    /// What this machine recorded for other organizations on the same instance.
    #[serde(skip)]
    pub others: OtherOrganizations,
}

/// What this machine recorded for other organizations that are connected to the same instance. None of it is ours.
#[derive(Clone, Debug, Default)]
pub struct OtherOrganizations {
    /// How many of them are connected.
    pub connected: usize,
    pub hooks: BTreeSet<(TargetNumber, u64)>,
    /// The IDs of the applications that they made, or whose secret they renewed or delivered.
    pub applications: BTreeSet<String>,
    /// What they began to make, with no result recorded.
    pub unfinished: Vec<UnfinishedApplication>,
}

/// A rotation that was begun. What was renewed since then is not renewed again by the run that finishes it.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
pub struct UnfinishedRotation {
    pub what: Rotation,
    pub began_at: Timestamp,
}

/// An application whose creation was begun.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct UnfinishedApplication {
    pub name: String,
    pub redirect_uri: String,
}

impl OtherOrganizations {
    /// Adds what one of them recorded.
    pub fn add(&mut self, record: &Record) {
        self.connected += usize::from(!record.is_empty());
        self.hooks.extend(record.hooks.iter().map(|(target, hook)| (*target, hook.id)));
        let made = match &record.application {
            OwnApplication::Made { application_id } => Some(application_id),
            OwnApplication::MayHaveMade | OwnApplication::None => None,
        };
        self.unfinished.extend(record.unfinished_application.clone());
        let bundle = record.bundle.as_ref().map(|bundle| &bundle.application_id);
        let ids = made.into_iter().chain(&record.renewed).chain(bundle).chain(&record.delivered);
        self.applications.extend(ids.cloned());
    }
}

/// A kit that was accepted: a later one that differs has to be accepted again.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct KitPin {
    /// As it is shown.
    pub fingerprint: String,
    pub trusted: TrustedValues,
    pub key_origins: BTreeSet<String>,
}

impl KitPin {
    #[must_use]
    pub fn recipients(&self) -> &[String] {
        self.trusted.values("bundle.recipients")
    }
}

/// Whether this tool created the instance's application.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum OwnApplication {
    #[default]
    None,
    /// The intent to create one was recorded, and no result.
    MayHaveMade,
    Made {
        application_id: String,
    },
}

/// Where the secret of the application is.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SecretState {
    /// There was none yet.
    #[default]
    None,
    /// GitLab showed it, or may have shown it, and no bundle holds it.
    Lost,
    Sealed,
}

#[derive(Clone, Debug, Eq, PartialEq)]
pub struct HookRecord {
    pub id: u64,
    /// The tokens that were set; `None` where the line's fingerprint could not be read.
    pub tokens: Option<TokensSet>,
    /// When these were first set.
    pub token_set_at: Timestamp,
}

impl Record {
    /// What a run records by its beginning alone.
    #[must_use]
    pub fn begun(entry: RunEntry) -> Self {
        let mut record = Self::default();
        record.add_run(Timestamp::default(), entry);
        record
    }

    /// Whether no run has begun yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.began_at.is_none()
    }

    /// GitLab's number of the token that Factory was given, or that waits to be sent.
    #[must_use]
    pub fn handed_over_token(&self) -> Option<u64> {
        let waiting = self.token_bundle.as_ref().and_then(|bundle| bundle.token_id);
        waiting.or_else(|| self.bundle.as_ref().and_then(|bundle| bundle.token_id))
    }

    /// Whether this tool created the application and its secret was never delivered.
    #[must_use]
    pub fn is_unreleased(&self, application_id: &str) -> bool {
        let is_ours = match &self.application {
            OwnApplication::Made { application_id: ours } => ours == application_id,
            OwnApplication::MayHaveMade => true,
            OwnApplication::None => false,
        };
        is_ours && !self.delivered.contains(application_id)
    }

    /// Adds one more line.
    pub(super) fn add(&mut self, at: Timestamp, entry: Entry) {
        match entry {
            Entry::Run(entry) => self.add_run(at, entry),
            Entry::Application(entry) => self.add_application(at, entry),
            Entry::Token(entry) => self.add_token(at, entry),
            Entry::Bundle(entry) => self.add_bundle(at, entry),
            Entry::Disconnect(entry) => self.add_disconnect(at, entry),
            Entry::Hook(entry) => self.add_hook(at, entry),
            Entry::Exercise(entry) => self.add_exercise(entry),
            Entry::Cloud(entry) => self.add_cloud(at, entry),
        }
    }

    fn add_run(&mut self, at: Timestamp, entry: RunEntry) {
        match entry {
            RunEntry::Began {
                instance,
                organization,
                strategy,
                groups,
                projects,
                exclude,
                personal,
                kit,
                without_kit,
                bundle_out,
                handover,
                tool: _,
            } => {
                self.instance = Some(instance);
                self.organization = Some(organization);
                self.strategy = Some(strategy);
                (self.groups, self.projects, self.exclude, self.personal) = (groups, projects, exclude, personal);
                // Earlier versions recorded addresses with their query, which may be a key.
                self.kit = kit.filter(|kit| Url::parse(kit).map_or(true, |url| is_bare(&url)));
                (self.without_kit, self.bundle_out) = (without_kit, bundle_out);
                self.handover = handover;
                self.began_at = Some(at);
                self.finished_before = self.finished_at.take().or_else(|| self.rotating.and(self.finished_before));
                (self.disconnecting_at, self.disconnected_at, self.rotating) = (None, None, None);
                self.kept_application = None;
            }
            RunEntry::KitAccepted { fingerprint, trusted, key_origins } => {
                self.kit_pin = Some(KitPin { fingerprint, trusted, key_origins });
            }
            RunEntry::KeyringDeclined => self.is_keyring_declined = true,
            RunEntry::Rotate { what } => self.rotating = Some(UnfinishedRotation { what, began_at: at }),
            RunEntry::Rotated { .. } => (self.finished_at, self.rotating) = (self.finished_before, None),
            RunEntry::AddWebhooks => self.finished_at = self.finished_before,
            RunEntry::Finished => (self.finished_at, self.rotating) = (Some(at), None),
        }
    }

    fn add_application(&mut self, at: Timestamp, entry: ApplicationEntry) {
        match entry {
            ApplicationEntry::Create { name, redirect_uri } => {
                self.unfinished_application = Some(UnfinishedApplication { name, redirect_uri });
                self.application = OwnApplication::MayHaveMade;
                self.secret = SecretState::Lost;
            }
            ApplicationEntry::CreateRefused => {
                self.unfinished_application = None;
                self.application = OwnApplication::None;
                self.secret = SecretState::None;
            }
            ApplicationEntry::Created { application_id, .. } => {
                self.unfinished_application = None;
                self.application = OwnApplication::Made { application_id };
                self.secret_changed_at = Some(at);
            }
            // A renewal that may have happened ends the old secret, so the sealed one may be invalid.
            ApplicationEntry::RenewSecret { application_id } | ApplicationEntry::SecretRenewed { application_id } => {
                self.secret_changed_at = Some(at);
                self.renewed = Some(application_id);
                self.secret = SecretState::Lost;
            }
            ApplicationEntry::Delete { .. } => self.secret = SecretState::Lost,
            ApplicationEntry::Deleted { application_id } => self.remove_application(&application_id),
        }
    }

    fn remove_application(&mut self, application_id: &str) {
        // The secret in a bundle that was not delivered yet is invalid now.
        let is_waiting = |bundle: &BundleRecord| bundle.application_id == application_id && !bundle.is_delivered();
        if self.bundle.as_ref().is_some_and(is_waiting) {
            self.abandon_bundle();
        }
        self.application_bundle.take_if(|bundle| bundle.application_id == application_id);
        self.removed_application = Some(application_id.to_owned());
        self.application = OwnApplication::None;
        self.renewed = None;
        (self.secret, self.secret_changed_at) = (SecretState::None, None);
    }

    fn add_hook(&mut self, at: Timestamp, entry: HookEntry) {
        match entry {
            // A webhook carries its own mark, so reading it tells whether it was changed. Only the journal tells that it
            // was not tested since.
            HookEntry::Change { target, change } => match change {
                HookChange::Create => {
                    self.see_target(at, &target);
                    self.unproved.insert(target.kind());
                    self.unfinished_hooks.insert(target.number());
                }
                HookChange::Edit => {
                    self.unproved.insert(target.kind());
                }
                HookChange::Delete => {}
            },
            HookEntry::Changed { target, change: HookChange::Create | HookChange::Edit, id, fingerprint, signing } => {
                let tokens = TokensSet::recorded(&fingerprint, signing.as_deref());
                self.unproved.insert(target.kind());
                self.see_target(at, &target);
                self.unfinished_hooks.remove(&target.number());
                let before = self.hooks.get(&target.number()).filter(|known| known.tokens == tokens);
                let token_set_at = before.map_or(at, |known| known.token_set_at);
                self.hooks.insert(target.number(), HookRecord { id, tokens, token_set_at });
            }
            HookEntry::Changed { target, change: HookChange::Delete, id, .. } => {
                if self.hooks.get(&target.number()).is_some_and(|known| known.id == id) {
                    self.hooks.remove(&target.number());
                }
                self.unfinished_hooks.remove(&target.number());
            }
            HookEntry::RotateToken { target } => {
                self.unsettled_tokens.insert(target.number());
            }
            HookEntry::TokenSettled { target } => {
                self.unsettled_tokens.remove(&target.number());
            }
            HookEntry::DeliveryProven { kind } => {
                self.unproved.remove(&kind);
            }
        }
    }
}
