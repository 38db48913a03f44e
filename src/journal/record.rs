//! The local record of a connection, replayed from the lines of its journal.
#![deny(clippy::wildcard_enum_match_arm, clippy::match_wildcard_for_single_variants)]

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::Serialize;
use url::Url;

use super::entry::{ApplicationEntry, BundleEntry, Entry, HookChange, HookEntry, RunEntry, TokenEntry};
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
    /// The kit that was accepted last.
    pub kit_pin: Option<KitPin>,
    #[serde(skip)]
    pub is_keyring_declined: bool,
    pub began_at: Option<Timestamp>,
    pub finished_at: Option<Timestamp>,
    pub application: OwnApplication,
    #[serde(skip)]
    pub unfinished_application: Option<UnfinishedApplication>,
    /// The ID of the application whose secret this tool renewed, or may have renewed. It may be a foreign one.
    pub renewed: Option<String>,
    pub secret: SecretState,
    pub bundle: Option<BundleRecord>,
    /// Which token was chosen for Factory; `None` where the kit decides.
    pub handover: Option<Handover>,
    /// A bundle with a token alone that was not delivered yet.
    pub token_bundle: Option<TokenBundleRecord>,
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
    /// Kinds of webhooks that were changed and not yet proven by a test delivery.
    pub unproved: BTreeSet<TargetKind>,
    /// Lines that could not be read: incomplete, or of a newer program.
    pub unread_lines: usize,
    /// What this machine recorded for other organizations on the same instance.
    #[serde(skip)]
    pub others: OtherOrganizations,
}

/// What this machine recorded for other organizations that are connected to the same instance. None of it is ours.
#[derive(Clone, Debug, Default)]
pub struct OtherOrganizations {
    pub hooks: BTreeSet<(TargetNumber, u64)>,
    /// The IDs of the applications that they made, or whose secret they renewed or delivered.
    pub applications: BTreeSet<String>,
    /// What they began to make, with no result recorded.
    pub unfinished: Vec<UnfinishedApplication>,
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

#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct BundleRecord {
    pub sha256: String,
    pub application_id: String,
    /// The keyed fingerprint of the application secret inside.
    #[serde(skip)]
    pub secret: String,
    pub recipients: Vec<String>,
    /// Which token was chosen to be inside, and GitLab's number of it; `None` also in a record of an older program.
    pub handover: Option<Handover>,
    pub token_id: Option<u64>,
    /// Whether the ID and secret inside were proven to authenticate.
    pub proven: bool,
    pub accepted: bool,
    pub receipt: Option<String>,
    pub accepted_at: Option<Timestamp>,
    /// Where `--bundle-out` put it.
    pub written_to: Option<String>,
    /// The token inside, if this tool created it for Factory.
    pub token: Option<MintedRecord>,
    /// Whether the file exists and is the one that was sealed.
    pub on_disk: bool,
}

impl BundleRecord {
    /// Whether Factory accepted it, or the admin has a copy to deliver.
    #[must_use]
    pub fn is_delivered(&self) -> bool {
        self.accepted || self.written_to.is_some()
    }
}

/// A bundle with a token alone.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct TokenBundleRecord {
    pub sha256: String,
    pub recipients: Vec<String>,
    pub handover: Handover,
    /// GitLab's number of the token inside, whoever created it.
    pub token_id: Option<u64>,
    /// The token inside, if this tool created it for Factory.
    pub token: Option<MintedRecord>,
    /// Whether the file exists and is the one that was sealed.
    pub on_disk: bool,
}

/// A token that Factory had, and the bundle that holds its successor.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct ReplacedToken {
    pub token: MintedRecord,
    /// The SHA-256 of the bundle.
    pub by: String,
    /// Whether Factory has that bundle, and the token can end.
    pub accepted: bool,
}

#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct MintedRecord {
    /// `None` where only the intent is known.
    pub id: Option<u64>,
    pub name: String,
}

#[derive(Clone, Debug, Eq, PartialEq)]
pub struct HookRecord {
    pub id: u64,
    /// The tokens that were set; `None` where the line's fingerprint could not be read.
    pub tokens: Option<TokensSet>,
}

impl Record {
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
            Entry::Application(entry) => self.add_application(entry),
            Entry::Token(entry) => self.add_token(entry),
            Entry::Bundle(entry) => self.add_bundle(at, entry),
            Entry::Hook(entry) => self.add_hook(entry),
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
                handover,
                tool: _,
            } => {
                self.instance = Some(instance);
                self.organization = Some(organization);
                self.strategy = Some(strategy);
                (self.groups, self.projects, self.exclude, self.personal) = (groups, projects, exclude, personal);
                // Earlier versions recorded addresses with their query, which may be a key.
                self.kit = kit.filter(|kit| Url::parse(kit).map_or(true, |url| is_bare(&url)));
                self.handover = handover;
                self.began_at = Some(at);
                self.finished_at = None;
            }
            RunEntry::KitAccepted { fingerprint, trusted, key_origins } => {
                self.kit_pin = Some(KitPin { fingerprint, trusted, key_origins });
            }
            RunEntry::KeyringDeclined => self.is_keyring_declined = true,
            RunEntry::Finished => self.finished_at = Some(at),
        }
    }

    fn add_application(&mut self, entry: ApplicationEntry) {
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
            }
            // A renewal that may have happened ends the old secret, so the sealed one may be invalid.
            ApplicationEntry::RenewSecret { application_id } | ApplicationEntry::SecretRenewed { application_id } => {
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
        self.application = OwnApplication::None;
        self.renewed = None;
        self.secret = SecretState::None;
    }

    fn add_token(&mut self, entry: TokenEntry) {
        match entry {
            TokenEntry::Mint { name } => self.orphan_tokens.push(MintedRecord { id: None, name }),
            TokenEntry::Minted { id, name, .. } => {
                self.orphan_tokens.retain(|orphan| orphan.name != name);
                self.orphan_tokens.push(MintedRecord { id: Some(id), name });
            }
            TokenEntry::Revoked { id, name } => self.forget_token(Some(id), &name),
            TokenEntry::NotFound { id, name } => self.forget_token(id, &name),
        }
    }

    /// The token is no more. Names tell seconds, so two can have the same: where both numbers are known, they decide.
    fn forget_token(&mut self, id: Option<u64>, name: &str) {
        let is_it = |token: &MintedRecord| token.name == name && (id.is_none() || token.id.is_none() || token.id == id);
        self.orphan_tokens.retain(|orphan| !is_it(orphan));
        self.replaced_tokens.retain(|replaced| !is_it(&replaced.token));
        let waiting = self.token_bundle.as_ref().and_then(|bundle| bundle.token.as_ref());
        if waiting.is_some_and(|token| id.is_some() && is_it(token)) {
            self.token_bundle = None;
        }
        if let Some(bundle) = &mut self.bundle
            && bundle.token.as_ref().is_some_and(|token| id.is_some() && is_it(token))
        {
            (bundle.token, bundle.token_id, bundle.handover) = (None, None, Some(Handover::None));
        }
    }

    fn add_hook(&mut self, entry: HookEntry) {
        match entry {
            // A webhook carries its own mark, so reading it tells whether it was changed. Only the journal tells that it
            // was not tested since.
            HookEntry::Change { target, change } => match change {
                HookChange::Create => {
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
                self.unfinished_hooks.remove(&target.number());
                self.hooks.insert(target.number(), HookRecord { id, tokens });
            }
            HookEntry::Changed { target, change: HookChange::Delete, id, .. } => {
                if self.hooks.get(&target.number()).is_some_and(|known| known.id == id) {
                    self.hooks.remove(&target.number());
                }
            }
            HookEntry::DeliveryProven { kind } => {
                self.unproved.remove(&kind);
            }
        }
    }

    fn add_bundle(&mut self, at: Timestamp, entry: BundleEntry) {
        match entry {
            BundleEntry::Sealed { sha256, application_id, secret, token, token_id, handover, recipients } => {
                self.secret = SecretState::Sealed;
                let token = self.take_orphan(token.as_deref());
                self.replace_token(&sha256);
                self.abandon_token_bundle();
                self.abandon_bundle();
                self.bundle = Some(BundleRecord {
                    sha256,
                    application_id,
                    secret,
                    recipients,
                    handover,
                    token_id,
                    proven: false,
                    accepted: false,
                    receipt: None,
                    accepted_at: None,
                    written_to: None,
                    token,
                    on_disk: false,
                });
            }
            BundleEntry::TokenSealed { sha256, token, token_id, handover, recipients } => {
                let token = self.take_orphan(token.as_deref());
                self.abandon_token_bundle();
                let bundle = TokenBundleRecord { sha256, recipients, handover, token_id, token, on_disk: false };
                self.token_bundle = Some(bundle);
            }
            BundleEntry::PairProven { application_id } => {
                self.change_bundle(|bundle| bundle.proven |= bundle.application_id == application_id);
            }
            // Uploading the same bundle twice is harmless, so the intent changes nothing.
            BundleEntry::Upload { .. } => {}
            BundleEntry::Accepted { sha256, id } => {
                self.deliver_token(&sha256);
                self.replaced_tokens.iter_mut().filter(|one| one.by == sha256).for_each(|one| one.accepted = true);
                self.change_bundle(|bundle| {
                    if bundle.sha256 == sha256 {
                        bundle.accepted = true;
                        bundle.receipt = id;
                        bundle.accepted_at = Some(at);
                    }
                });
            }
            BundleEntry::Written { sha256, path } => {
                self.deliver_token(&sha256);
                self.change_bundle(|bundle| {
                    if bundle.sha256 == sha256 {
                        bundle.written_to = Some(path);
                    }
                });
            }
        }
    }

    /// The bundle of this digest, if it holds a token alone, was delivered: Factory has its token now.
    fn deliver_token(&mut self, sha256: &str) {
        let Some(delivered) = self.token_bundle.take_if(|bundle| bundle.sha256 == sha256) else { return };
        self.replace_token(sha256);
        if let Some(bundle) = &mut self.bundle {
            bundle.token = delivered.token;
            bundle.token_id = delivered.token_id;
            bundle.handover = Some(delivered.handover);
        }
    }

    /// Another token takes the place of the one that Factory was given, once it has the bundle of this digest.
    fn replace_token(&mut self, by: &str) {
        let delivered = self.bundle.as_mut().filter(|bundle| bundle.is_delivered());
        if let Some(token) = delivered.and_then(|bundle| bundle.token.take()) {
            self.replaced_tokens.push(ReplacedToken { token, by: by.to_owned(), accepted: false });
        }
    }

    fn abandon_token_bundle(&mut self) {
        self.orphan_tokens.extend(self.token_bundle.take().and_then(|bundle| bundle.token));
    }

    fn take_orphan(&mut self, name: Option<&str>) -> Option<MintedRecord> {
        let at = self.orphan_tokens.iter().position(|orphan| Some(orphan.name.as_str()) == name)?;
        Some(self.orphan_tokens.remove(at))
    }

    /// Forgets a bundle that another one replaces or whose application was deleted. If it was never delivered, the token
    /// inside is to be revoked.
    fn abandon_bundle(&mut self) {
        if let Some(bundle) = self.bundle.take().filter(|bundle| !bundle.is_delivered()) {
            self.orphan_tokens.extend(bundle.token);
        }
    }

    fn change_bundle(&mut self, change: impl FnOnce(&mut BundleRecord)) {
        if let Some(bundle) = &mut self.bundle {
            change(bundle);
            if bundle.is_delivered() {
                self.delivered.insert(bundle.application_id.clone());
            }
        }
    }
}
