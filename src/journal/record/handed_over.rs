//! What was handed over to Factory, or waits to be: bundles, and the tokens that were created for it.
#![deny(clippy::wildcard_enum_match_arm, clippy::match_wildcard_for_single_variants)]

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::Serialize;

use super::{Record, SecretState};
use crate::journal::entry::{BundleEntry, TokenEntry};
use crate::kit::Handover;

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
    /// Whether an upload was begun: Factory may have it, although no answer came.
    pub was_sent: bool,
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

/// A bundle with the application alone: its ID and a secret that was renewed.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct ApplicationBundleRecord {
    pub sha256: String,
    pub application_id: String,
    /// The keyed fingerprint of the secret inside.
    #[serde(skip)]
    pub secret: String,
    pub recipients: Vec<String>,
    /// Whether the ID and secret inside were proven to authenticate.
    pub proven: bool,
    /// Whether an upload was begun: Factory may have it, although no answer came.
    pub was_sent: bool,
    /// Whether the file exists and is the one that was sealed.
    pub on_disk: bool,
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
    /// Whether GitLab accepted the token inside after it was created.
    pub proven: bool,
    /// Whether an upload was begun: Factory may have it, although no answer came.
    pub was_sent: bool,
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
    /// GitLab's number of the user that it was created for; `None` in a record of an older program.
    pub user_id: Option<u64>,
    /// When GitLab created it; `None` where only the intent is known.
    pub created_at: Option<Timestamp>,
}

impl Record {
    /// Every token that this machine created for Factory and that is not known to have ended, whether Factory has it or not.
    /// One may be in more than one place.
    pub fn created_tokens(&self) -> impl Iterator<Item = &MintedRecord> {
        let handed_over = self.bundle.as_ref().and_then(|bundle| bundle.token.as_ref());
        let alone = self.token_bundle.as_ref().and_then(|bundle| bundle.token.as_ref());
        let written = self.written_token.as_ref().and_then(|bundle| bundle.token.as_ref());
        let replaced = self.replaced_tokens.iter().map(|replaced| &replaced.token);
        self.orphan_tokens.iter().chain(replaced).chain(handed_over).chain(alone).chain(written)
    }

    /// GitLab's numbers of those that are recorded with one.
    #[must_use]
    pub fn token_ids(&self) -> BTreeSet<u64> {
        self.created_tokens().filter_map(|token| token.id).collect()
    }

    pub(super) fn add_token(&mut self, at: Timestamp, entry: TokenEntry) {
        match entry {
            TokenEntry::Mint { name, user_id } => {
                self.orphan_tokens.push(MintedRecord { id: None, name, user_id, created_at: None });
            }
            TokenEntry::Minted { id, name, .. } => {
                let intent = self.take_orphan(Some(&name));
                let user_id = intent.and_then(|intent| intent.user_id);
                self.orphan_tokens.push(MintedRecord { id: Some(id), name, user_id, created_at: Some(at) });
            }
            TokenEntry::Proven { id, name: _ } => {
                if let Some(bundle) = self.token_bundle.as_mut().filter(|bundle| bundle.token_id == Some(id)) {
                    bundle.proven = true;
                }
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

    pub(super) fn add_bundle(&mut self, at: Timestamp, entry: BundleEntry) {
        match entry {
            sealed @ (BundleEntry::Sealed { .. }
            | BundleEntry::TokenSealed { .. }
            | BundleEntry::ApplicationSealed { .. }) => self.add_sealed(sealed),
            BundleEntry::PairProven { application_id } => {
                if let Some(bundle) = &mut self.application_bundle {
                    bundle.proven |= bundle.application_id == application_id;
                }
                self.change_bundle(|bundle| bundle.proven |= bundle.application_id == application_id);
            }
            BundleEntry::Upload { sha256 } => {
                self.factory_told_at = None;
                if let Some(bundle) = self.token_bundle.as_mut().filter(|bundle| bundle.sha256 == sha256) {
                    bundle.was_sent = true;
                }
                if let Some(bundle) = &mut self.application_bundle {
                    bundle.was_sent |= bundle.sha256 == sha256;
                }
                self.change_bundle(|bundle| bundle.was_sent |= bundle.sha256 == sha256);
            }
            BundleEntry::Accepted { sha256, id } => self.accept_bundle(at, &sha256, id),
            BundleEntry::Written { sha256, path } => {
                self.factory_told_at = None;
                self.written_token = self.token_bundle.clone().filter(|bundle| bundle.sha256 == sha256);
                self.deliver_token(&sha256);
                self.change_bundle(|bundle| {
                    if bundle.sha256 == sha256 {
                        bundle.written_to = Some(path);
                    }
                });
            }
        }
    }

    fn add_sealed(&mut self, entry: BundleEntry) {
        match entry {
            BundleEntry::Sealed { sha256, application_id, secret, token, token_id, handover, recipients } => {
                self.secret = SecretState::Sealed;
                let token = self.take_orphan(token.as_deref());
                self.remember_given();
                self.replace_token(&sha256);
                self.abandon_token_bundle(&sha256);
                self.application_bundle = None;
                self.supersede_bundle(&sha256);
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
                    was_sent: false,
                    written_to: None,
                    token,
                    on_disk: false,
                });
            }
            BundleEntry::TokenSealed { sha256, token, token_id, handover, recipients } => {
                let token = self.take_orphan(token.as_deref());
                self.abandon_token_bundle(&sha256);
                self.token_bundle = Some(TokenBundleRecord {
                    sha256,
                    recipients,
                    handover,
                    token_id,
                    token,
                    proven: false,
                    was_sent: false,
                    on_disk: false,
                });
            }
            BundleEntry::ApplicationSealed { sha256, application_id, secret, recipients } => {
                self.secret = SecretState::Sealed;
                let (proven, was_sent, on_disk) = (false, false, false);
                let bundle =
                    ApplicationBundleRecord { sha256, application_id, secret, recipients, proven, was_sent, on_disk };
                self.application_bundle = Some(bundle);
            }
            BundleEntry::PairProven { .. }
            | BundleEntry::Upload { .. }
            | BundleEntry::Accepted { .. }
            | BundleEntry::Written { .. } => {}
        }
    }

    /// An administrator's own token that Factory has is not taken back when it gets another one.
    fn remember_given(&mut self) {
        let sent = self.bundle.as_ref().filter(|bundle| bundle.is_delivered() || bundle.was_sent);
        let given = sent.filter(|bundle| bundle.handover == Some(Handover::Given));
        self.given_before.extend(given.and_then(|bundle| bundle.token_id));
    }

    /// The bundle of this digest, if it holds a token alone, was delivered: Factory has its token now.
    fn deliver_token(&mut self, sha256: &str) {
        let Some(delivered) = self.token_bundle.take_if(|bundle| bundle.sha256 == sha256) else { return };
        self.remember_given();
        self.replace_token(sha256);
        if let Some(bundle) = &mut self.bundle {
            bundle.token = delivered.token;
            bundle.token_id = delivered.token_id;
            bundle.handover = Some(delivered.handover);
        }
    }

    /// The bundle of this digest, if it holds the application alone, was delivered: Factory has its secret now.
    fn deliver_application(&mut self, sha256: &str) {
        let Some(delivered) = self.application_bundle.take_if(|bundle| bundle.sha256 == sha256) else { return };
        self.change_bundle(|bundle| {
            bundle.application_id = delivered.application_id;
            bundle.secret = delivered.secret;
            bundle.proven = delivered.proven;
        });
    }

    /// Another token takes the place of the one that Factory was given, once it has the bundle of this digest.
    fn replace_token(&mut self, by: &str) {
        let delivered = self.bundle.as_mut().filter(|bundle| bundle.is_delivered());
        if let Some(token) = delivered.and_then(|bundle| bundle.token.take()) {
            self.replaced_tokens.push(ReplacedToken { token, by: by.to_owned(), accepted: false });
        }
    }

    fn accept_bundle(&mut self, at: Timestamp, sha256: &str, receipt: Option<String>) {
        self.deliver_token(sha256);
        self.deliver_application(sha256);
        self.accept_replacements(sha256);
        self.change_bundle(|bundle| {
            if bundle.sha256 == sha256 {
                bundle.accepted = true;
                bundle.receipt = receipt;
                bundle.accepted_at = Some(at);
            }
        });
    }

    /// Factory has the bundle of this digest: what it replaces can end, and what was replaced before that too.
    fn accept_replacements(&mut self, sha256: &str) {
        let last = self.replaced_tokens.iter().rposition(|one| one.by == sha256);
        let freed = last.map_or(0, |last| last + 1);
        self.replaced_tokens.iter_mut().take(freed).for_each(|one| one.accepted = true);
    }

    /// Another bundle takes the place of one with a token alone. Where Factory may have got it, its token ends once Factory has
    /// the other one.
    fn abandon_token_bundle(&mut self, by: &str) {
        let Some(old) = self.token_bundle.take() else { return };
        self.release(old.token, old.was_sent, by);
    }

    /// Another bundle takes the place of this one, and of what this one was to replace.
    fn supersede_bundle(&mut self, by: &str) {
        let Some(old) = self.bundle.take().filter(|bundle| !bundle.is_delivered()) else { return };
        self.replaced_tokens.iter_mut().filter(|one| one.by == old.sha256).for_each(|one| by.clone_into(&mut one.by));
        self.release(old.token, old.was_sent, by);
    }

    fn release(&mut self, token: Option<MintedRecord>, was_sent: bool, by: &str) {
        match token {
            Some(token) if was_sent => {
                self.replaced_tokens.push(ReplacedToken { token, by: by.to_owned(), accepted: false });
            }
            token => self.orphan_tokens.extend(token),
        }
    }

    fn take_orphan(&mut self, name: Option<&str>) -> Option<MintedRecord> {
        let at = self.orphan_tokens.iter().position(|orphan| Some(orphan.name.as_str()) == name)?;
        Some(self.orphan_tokens.remove(at))
    }

    /// Forgets a bundle whose application was deleted. If it was never delivered, the token inside is to be revoked.
    pub(super) fn abandon_bundle(&mut self) {
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
