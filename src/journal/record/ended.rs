//! The end of a connection, and what has to be known to reach it.
#![deny(clippy::wildcard_enum_match_arm, clippy::match_wildcard_for_single_variants)]

use jiff::Timestamp;

use super::{OwnApplication, Record, SecretState};
use crate::journal::entry::DisconnectEntry;
use crate::kit::Handover;
use crate::target::Target;

/// Where this machine has registered a webhook.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct KnownTarget {
    /// With the path that it had then.
    pub target: Target,
    /// When this machine changed something there last.
    pub seen_at: Timestamp,
}

impl Record {
    pub(super) fn add_disconnect(&mut self, at: Timestamp, entry: DisconnectEntry) {
        match entry {
            DisconnectEntry::Begin { keeps_application } => {
                (self.disconnecting_at, self.kept_application) = (Some(at), keeps_application);
            }
            DisconnectEntry::TellFactory => {}
            DisconnectEntry::FactoryTold => {
                self.factory_told_at = Some(at);
                self.forget_handed_over();
            }
            DisconnectEntry::Disconnected { instance, organization, kit, application_id, tool: _ } => {
                *self = Self {
                    instance: Some(instance),
                    organization: Some(organization),
                    kit,
                    kit_pin: self.kit_pin.take(),
                    disconnected_at: Some(at),
                    factory_told_at: Some(at),
                    removed_application: application_id,
                    unread_lines: self.unread_lines,
                    ..Self::default()
                };
            }
        }
    }

    /// Factory has forgotten what it was given: the tokens are to be revoked, and the secret is in no bundle that counts.
    fn forget_handed_over(&mut self) {
        let given = self.bundle.as_ref().filter(|bundle| bundle.handover == Some(Handover::Given));
        self.given_token = given.and_then(|bundle| bundle.token_id).or(self.given_token);
        self.orphan_tokens.extend(self.bundle.take().and_then(|bundle| bundle.token));
        self.application_bundle = None;
        self.orphan_tokens.extend(self.token_bundle.take().and_then(|bundle| bundle.token));
        self.orphan_tokens.extend(self.replaced_tokens.drain(..).map(|replaced| replaced.token));
        self.written_token = None;
        self.delivered.clear();
        if self.application != OwnApplication::None {
            self.secret = SecretState::Lost;
        }
    }

    /// When the connection was removed apart from its application, which was kept on request; and the application's ID.
    #[must_use]
    pub fn ended_apart_from_application(&self) -> Option<(Timestamp, &str)> {
        let is_rest_gone = self.hooks.is_empty() && self.unfinished_hooks.is_empty() && self.orphan_tokens.is_empty();
        let at = self.finished_at.filter(|_| self.disconnecting_at.is_some() && is_rest_gone)?;
        Some((at, self.kept_application.as_deref()?))
    }

    pub(super) fn see_target(&mut self, at: Timestamp, target: &Target) {
        self.targets.insert(target.number(), KnownTarget { target: target.clone(), seen_at: at });
    }

    /// The groups and projects where a webhook of this machine is, or may be.
    pub fn targets_with_hooks(&self) -> impl Iterator<Item = &KnownTarget> {
        let may_have = |known: &&KnownTarget| {
            let number = known.target.number();
            self.hooks.contains_key(&number) || self.unfinished_hooks.contains(&number)
        };
        self.targets.values().filter(may_have)
    }

    /// Whether this machine knows which application is the connection's.
    #[must_use]
    pub fn knows_some_application(&self) -> bool {
        let is_made = matches!(self.application, OwnApplication::Made { .. });
        is_made || self.bundle.is_some() || !self.delivered.is_empty() || self.renewed.is_some()
    }

    /// Whether this machine knows the application as the connection's, whoever created it.
    #[must_use]
    pub fn knows_application(&self, application_id: &str) -> bool {
        let is_made =
            matches!(&self.application, OwnApplication::Made { application_id: made } if made == application_id);
        let is_in_bundle = self.bundle.as_ref().is_some_and(|bundle| bundle.application_id == application_id);
        is_made
            || is_in_bundle
            || self.delivered.contains(application_id)
            || self.renewed.as_deref() == Some(application_id)
    }
}
