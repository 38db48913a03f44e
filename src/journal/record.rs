//! What the lines of a journal add up to: the local record of a connection.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;
use serde::Serialize;

use super::entry::{Entry, HookChange};
use crate::target::{Strategy, Target, TargetKind, TargetNumber};

/// The local record. Empty where nothing was ever done from here.
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
    pub began_at: Option<Timestamp>,
    pub finished_at: Option<Timestamp>,
    pub application: OwnApplication,
    /// The application whose secret was renewed from here, or may have been, by its ID. It need not be one that we made.
    pub renewed: Option<String>,
    pub secret: SecretState,
    pub bundle: Option<BundleRecord>,
    /// The applications whose secrets have left this machine in a bundle, by their IDs.
    #[serde(skip)]
    pub handed_over: BTreeSet<String>,
    /// Tokens made for Factory that no sealed bundle holds: to be revoked.
    pub orphan_tokens: Vec<MintedRecord>,
    #[serde(skip)]
    pub hooks: BTreeMap<TargetNumber, HookRecord>,
    /// Kinds of hooks that were changed and not yet proved by a test delivery.
    pub unproved: BTreeSet<TargetKind>,
    /// Lines that could not be read: torn, or of a newer program.
    pub unread_lines: usize,
}

/// Whether the instance's application is ours.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum OwnApplication {
    #[default]
    None,
    /// We were about to create one and do not know whether it happened.
    MayHaveMade,
    Made {
        application_id: String,
    },
}

/// Where the secret of the application is.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SecretState {
    /// Never had one.
    #[default]
    None,
    /// GitLab showed it, or may have, and no bundle holds it.
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
    /// Whether the ID and secret inside were seen to authenticate.
    pub proven: bool,
    pub accepted: bool,
    pub receipt: Option<String>,
    pub accepted_at: Option<Timestamp>,
    /// Where `--bundle-out` put it.
    pub written_to: Option<String>,
    /// The token inside that was made for Factory, if one was.
    pub token: Option<MintedRecord>,
    /// Whether the file is there and is the one that was sealed.
    pub on_disk: bool,
}

impl BundleRecord {
    /// Whether somebody has it: Factory, or the person who carries it.
    #[must_use]
    pub fn is_out(&self) -> bool {
        self.accepted || self.written_to.is_some()
    }
}

#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct MintedRecord {
    /// `None` when only the intent is known.
    pub id: Option<u64>,
    pub name: String,
}

#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct HookRecord {
    pub id: u64,
    /// Shared by all hooks that were given the same tokens.
    pub fingerprint: Arc<str>,
}

impl Record {
    /// Whether anything was ever written from here.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.began_at.is_none()
    }

    /// Whether the application was made from here and nobody was ever handed its secret.
    #[must_use]
    pub fn made_for_nobody_yet(&self, application_id: &str) -> bool {
        let is_ours = match &self.application {
            OwnApplication::Made { application_id: ours } => ours == application_id,
            OwnApplication::MayHaveMade => true,
            OwnApplication::None => false,
        };
        is_ours && !self.handed_over.contains(application_id)
    }

    /// Takes in one more line.
    pub(super) fn add(&mut self, at: Timestamp, entry: Entry) {
        match entry {
            began @ Entry::Began { .. } => self.begin(at, began),
            Entry::Finished => self.finished_at = Some(at),
            entry @ (Entry::CreateApplication { .. }
            | Entry::ApplicationRefused
            | Entry::ApplicationCreated { .. }
            | Entry::RenewSecret { .. }
            | Entry::SecretRenewed { .. }
            | Entry::DeleteApplication { .. }
            | Entry::ApplicationDeleted { .. }) => self.add_application(entry),
            entry @ (Entry::MintToken { .. } | Entry::TokenMinted { .. } | Entry::TokenRevoked { .. }) => {
                self.add_token(entry);
            }
            Entry::HookChanged { target, change, id, fingerprint } => {
                let fingerprint = self.shared(fingerprint);
                self.add_hook(&target, change, HookRecord { id, fingerprint });
            }
            Entry::DeliveryProved { kind } => {
                self.unproved.remove(&kind);
            }
            // A hook carries its own mark, so looking tells whether it was changed; that it was never tested is told here.
            Entry::ChangeHook { target, change: HookChange::Create | HookChange::Edit } => {
                self.unproved.insert(target.kind());
            }
            Entry::ChangeHook { .. } | Entry::UploadBundle { .. } => {}
            entry => self.add_bundle(at, entry),
        }
    }

    fn begin(&mut self, at: Timestamp, entry: Entry) {
        let Entry::Began { instance, organization, strategy, groups, projects, exclude, personal, kit, tool: _ } =
            entry
        else {
            return;
        };
        self.instance = Some(instance);
        self.organization = Some(organization);
        self.strategy = Some(strategy);
        (self.groups, self.projects, self.exclude, self.personal) = (groups, projects, exclude, personal);
        self.kit = kit;
        self.began_at = Some(at);
        self.finished_at = None;
    }

    fn add_application(&mut self, entry: Entry) {
        match entry {
            Entry::CreateApplication { .. } => {
                self.application = OwnApplication::MayHaveMade;
                self.secret = SecretState::Lost;
            }
            Entry::ApplicationRefused => {
                self.application = OwnApplication::None;
                self.secret = SecretState::None;
            }
            Entry::ApplicationCreated { application_id, .. } => {
                self.application = OwnApplication::Made { application_id };
            }
            // A renewal that may have happened ends the old secret, so the sealed one may be dead.
            Entry::RenewSecret { application_id } | Entry::SecretRenewed { application_id } => {
                self.renewed = Some(application_id);
                self.secret = SecretState::Lost;
            }
            Entry::DeleteApplication { .. } => self.secret = SecretState::Lost,
            Entry::ApplicationDeleted { application_id } => {
                // What is inside a bundle that still waits is dead.
                if self
                    .bundle
                    .as_ref()
                    .is_some_and(|bundle| bundle.application_id == application_id && !bundle.is_out())
                {
                    self.abandon_bundle();
                }
                self.application = OwnApplication::None;
                self.renewed = None;
                self.secret = SecretState::None;
            }
            _ => {}
        }
    }

    fn add_token(&mut self, entry: Entry) {
        match entry {
            Entry::MintToken { name } => self.orphan_tokens.push(MintedRecord { id: None, name }),
            Entry::TokenMinted { id, name, .. } => {
                self.orphan_tokens.retain(|orphan| orphan.name != name);
                self.orphan_tokens.push(MintedRecord { id: Some(id), name });
            }
            Entry::TokenRevoked { name, .. } => self.orphan_tokens.retain(|orphan| orphan.name != name),
            _ => {}
        }
    }

    /// The text of the first hook, or of the last one, where it is the same: nearly all have one fingerprint.
    fn shared(&self, fingerprint: String) -> Arc<str> {
        let known = self.hooks.first_key_value().into_iter().chain(self.hooks.last_key_value());
        let same = known.map(|(_, hook)| &hook.fingerprint).find(|known| ***known == *fingerprint);
        same.map_or_else(|| fingerprint.into(), Arc::clone)
    }

    fn add_hook(&mut self, target: &Target, change: HookChange, hook: HookRecord) {
        match change {
            HookChange::Delete => {
                if self.hooks.get(&target.number()).is_some_and(|known| known.id == hook.id) {
                    self.hooks.remove(&target.number());
                }
            }
            HookChange::Create | HookChange::Edit => {
                self.unproved.insert(target.kind());
                self.hooks.insert(target.number(), hook);
            }
        }
    }

    fn add_bundle(&mut self, at: Timestamp, entry: Entry) {
        match entry {
            Entry::BundleSealed { sha256, application_id, secret, token, recipients } => {
                self.secret = SecretState::Sealed;
                let token = self.take_orphan(token.as_deref());
                self.abandon_bundle();
                self.bundle = Some(BundleRecord {
                    sha256,
                    application_id,
                    secret,
                    recipients,
                    proven: false,
                    accepted: false,
                    receipt: None,
                    accepted_at: None,
                    written_to: None,
                    token,
                    on_disk: false,
                });
            }
            Entry::PairProven { application_id } => {
                self.change_bundle(|bundle| bundle.proven |= bundle.application_id == application_id);
            }
            Entry::BundleAccepted { sha256, id } => self.change_bundle(|bundle| {
                if bundle.sha256 == sha256 {
                    bundle.accepted = true;
                    bundle.receipt = id;
                    bundle.accepted_at = Some(at);
                }
            }),
            Entry::BundleWritten { sha256, path } => self.change_bundle(|bundle| {
                if bundle.sha256 == sha256 {
                    bundle.written_to = Some(path);
                }
            }),
            _ => {}
        }
    }

    fn take_orphan(&mut self, name: Option<&str>) -> Option<MintedRecord> {
        let at = self.orphan_tokens.iter().position(|orphan| Some(orphan.name.as_str()) == name)?;
        Some(self.orphan_tokens.remove(at))
    }

    /// A bundle that another one replaces, or whose application is gone: where nobody has it, the token inside is of no
    /// use to anybody.
    fn abandon_bundle(&mut self) {
        if let Some(bundle) = self.bundle.take().filter(|bundle| !bundle.is_out()) {
            self.orphan_tokens.extend(bundle.token);
        }
    }

    fn change_bundle(&mut self, change: impl FnOnce(&mut BundleRecord)) {
        if let Some(bundle) = &mut self.bundle {
            change(bundle);
            if bundle.is_out() {
                self.handed_over.insert(bundle.application_id.clone());
            }
        }
    }
}
