//! What a line of the journal can say.
#![deny(clippy::wildcard_enum_match_arm, clippy::match_wildcard_for_single_variants)]

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::cloud::CloudEntry;
use crate::kit::{Handover, TrustedValues};
use crate::target::{Strategy, Target, TargetKind};

/// The version of the lines. A newer program reads older lines; an older program skips lines that it does not know.
pub(super) const VERSION: u8 = 1;

/// A line of the file.
#[derive(Debug, Deserialize, Serialize)]
pub(super) struct JournalLine {
    pub v: u8,
    pub at: Timestamp,
    /// Tells the lines of one run from those of another in a shared audit log.
    pub run: String,
    #[serde(flatten)]
    pub entry: Entry,
}

/// An intent (present tense) or a result (past tense), by family. None has room for a secret. In the file the families
/// do not show: `event` alone names the entry.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Entry {
    // First, because a long journal consists of these and the families are tried in this order.
    Hook(HookEntry),
    Run(RunEntry),
    Application(ApplicationEntry),
    Token(TokenEntry),
    Bundle(BundleEntry),
    Disconnect(DisconnectEntry),
    Exercise(ExerciseEntry),
    Cloud(CloudEntry),
}

/// The beginning and the end of a run.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(tag = "event")]
pub enum RunEntry {
    /// A run began, with the choices that the next run may fall back on.
    #[serde(rename = "began")]
    Began {
        instance: String,
        organization: String,
        tool: String,
        strategy: Strategy,
        #[serde(default)]
        groups: Vec<String>,
        #[serde(default)]
        projects: Vec<String>,
        #[serde(default)]
        exclude: Vec<String>,
        #[serde(default)]
        personal: bool,
        /// Where the kit came from: a path or an address; `None` for standard input.
        #[serde(default)]
        kit: Option<String>,
        /// There is no kit: its values were given one by one, and the accepted ones are in `kit_accepted`.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        without_kit: bool,
        /// Without a kit: the file that the bundle is written to instead of being uploaded.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        bundle_out: Option<String>,
        /// Which token was chosen for Factory; absent where the kit decides.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        handover: Option<Handover>,
    },
    /// A person, or the first run, accepted the kit: what is trusted of it, with its fingerprint as it is shown.
    #[serde(rename = "kit_accepted")]
    KitAccepted {
        fingerprint: String,
        trusted: TrustedValues,
        /// The origins that may have the key of Factory's API.
        #[serde(default)]
        key_origins: BTreeSet<String>,
    },
    /// The user does not want the token to be kept in the keyring, and is not asked again.
    #[serde(rename = "keyring_declined")]
    KeyringDeclined,
    /// The run renews a secret of the connection.
    #[serde(rename = "rotate")]
    Rotate { what: Rotation },
    /// The rotation reached its end.
    #[serde(rename = "rotated")]
    Rotated { what: Rotation },
    /// The run only adds webhooks: the connection stands as it did before.
    #[serde(rename = "add_webhooks")]
    AddWebhooks,
    #[serde(rename = "finished")]
    Finished,
}

/// The secret that a run of `rotate` renews.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Rotation {
    ApplicationSecret,
    Token,
    WebhookSecret,
}

#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(tag = "event")]
pub enum ApplicationEntry {
    #[serde(rename = "create_application")]
    Create { name: String, redirect_uri: String },
    /// GitLab refused to create it, so none is ours.
    #[serde(rename = "application_refused")]
    CreateRefused,
    #[serde(rename = "application_created")]
    Created { id: u64, application_id: String },
    #[serde(rename = "renew_secret")]
    RenewSecret { application_id: String },
    #[serde(rename = "secret_renewed")]
    SecretRenewed { application_id: String },
    #[serde(rename = "delete_application")]
    Delete { application_id: String },
    #[serde(rename = "application_deleted")]
    Deleted { application_id: String },
}

#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(tag = "event")]
pub enum TokenEntry {
    #[serde(rename = "mint_token")]
    Mint {
        name: String,
        /// GitLab's number of the user that it is created for.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        user_id: Option<u64>,
    },
    #[serde(rename = "token_minted")]
    Minted { id: u64, name: String, expires_at: Option<Date> },
    /// GitLab accepts the token that was created.
    #[serde(rename = "token_proven")]
    Proven { id: u64, name: String },
    #[serde(rename = "token_revoked")]
    Revoked { id: u64, name: String },
    /// GitLab has no such token, or the one under its number is another's.
    #[serde(rename = "token_not_found")]
    NotFound {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        id: Option<u64>,
        name: String,
    },
}

#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(tag = "event")]
pub enum BundleEntry {
    /// The bundle is on disk. `secret` is the keyed fingerprint of the application secret inside.
    #[serde(rename = "bundle_sealed")]
    Sealed {
        sha256: String,
        application_id: String,
        secret: String,
        #[serde(default)]
        token: Option<String>,
        /// GitLab's number of the token inside, whoever created it.
        #[serde(default)]
        token_id: Option<u64>,
        #[serde(default)]
        handover: Option<Handover>,
        recipients: Vec<String>,
    },
    /// A bundle with a token alone is on disk: Factory keeps the rest of what it has.
    #[serde(rename = "token_sealed")]
    TokenSealed {
        sha256: String,
        /// The name of the token inside, if it was created for Factory.
        #[serde(default)]
        token: Option<String>,
        #[serde(default)]
        token_id: Option<u64>,
        handover: Handover,
        recipients: Vec<String>,
    },
    /// A bundle with the application alone is on disk: Factory keeps the rest of what it has.
    #[serde(rename = "application_sealed")]
    ApplicationSealed { sha256: String, application_id: String, secret: String, recipients: Vec<String> },
    /// The ID and secret in the bundle authenticate.
    #[serde(rename = "pair_proven")]
    PairProven { application_id: String },
    #[serde(rename = "upload_bundle")]
    Upload { sha256: String },
    #[serde(rename = "bundle_accepted")]
    Accepted {
        sha256: String,
        #[serde(default)]
        id: Option<String>,
    },
    /// `--bundle-out`: the admin has the bundle.
    #[serde(rename = "bundle_written")]
    Written { sha256: String, path: String },
}

/// The end of a connection.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(tag = "event")]
pub enum DisconnectEntry {
    /// The whole connection is being removed.
    #[serde(rename = "disconnect")]
    Begin {
        /// The ID of the application that is kept on request.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        keeps_application: Option<String>,
    },
    #[serde(rename = "tell_factory")]
    TellFactory,
    /// Factory knows that the connection has ended, and forgets what it was given.
    #[serde(rename = "factory_told")]
    FactoryTold,
    /// Nothing is left. It stands alone in the place of all lines before it.
    #[serde(rename = "disconnected")]
    Disconnected {
        instance: String,
        organization: String,
        tool: String,
        /// Where the kit came from, as in the first line of a run.
        #[serde(default)]
        kit: Option<String>,
        /// The ID of the application that was removed.
        #[serde(default)]
        application_id: Option<String>,
    },
}

/// What `exercise` makes in GitLab. Everything that it makes has a name, a title or a description with the mark of the run.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(tag = "event")]
pub enum ExerciseEntry {
    /// A project with this mark may have been created.
    #[serde(rename = "create_project")]
    CreateProject { mark: String },
    #[serde(rename = "project_created")]
    ProjectCreated { mark: String, project: u64, path: String },
    /// Work begins in a project that was there before.
    #[serde(rename = "use_project")]
    UseProject { mark: String, project: u64, path: String },
    /// A webhook was registered on the project.
    #[serde(rename = "exercise_hook")]
    HookRegistered { mark: String, id: u64 },
    /// It stays until it is swept.
    #[serde(rename = "exercise_kept")]
    Kept { mark: String },
    /// Nothing of it is left, or GitLab removes it at a time of its own.
    #[serde(rename = "exercise_removed")]
    Removed { mark: String },
}

#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(tag = "event")]
pub enum HookEntry {
    #[serde(rename = "change_hook")]
    Change { target: Target, change: HookChange },
    #[serde(rename = "hook_changed")]
    Changed {
        target: Target,
        change: HookChange,
        id: u64,
        /// Of the secret token that was set.
        fingerprint: String,
        /// Of the signing token that was set.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        signing: Option<String>,
    },
    /// A webhook gets the new secret token, and is tested with it.
    #[serde(rename = "rotate_token")]
    RotateToken { target: Target },
    /// The new secret token was tested or cannot be, or the webhook has the previous one again.
    #[serde(rename = "token_settled")]
    TokenSettled { target: Target },
    /// A test delivery of a webhook of this kind was proven as far as possible.
    #[serde(rename = "delivery_proved")]
    DeliveryProven { kind: TargetKind },
}

/// What is done to a webhook.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum HookChange {
    Create,
    Edit,
    Delete,
}

impl Entry {
    /// Whether the line must be on disk before anything else happens: where GitLab shows a value once, or where the
    /// journal alone decides ownership. Webhooks carry their own mark.
    pub(super) const fn is_durable(&self) -> bool {
        match self {
            Self::Hook(_) => false,
            Self::Run(_) | Self::Application(_) | Self::Token(_) | Self::Bundle(_) => true,
            Self::Disconnect(_) | Self::Exercise(_) | Self::Cloud(_) => true,
        }
    }
}

impl From<RunEntry> for Entry {
    fn from(entry: RunEntry) -> Self {
        Self::Run(entry)
    }
}

impl From<ApplicationEntry> for Entry {
    fn from(entry: ApplicationEntry) -> Self {
        Self::Application(entry)
    }
}

impl From<TokenEntry> for Entry {
    fn from(entry: TokenEntry) -> Self {
        Self::Token(entry)
    }
}

impl From<BundleEntry> for Entry {
    fn from(entry: BundleEntry) -> Self {
        Self::Bundle(entry)
    }
}

impl From<DisconnectEntry> for Entry {
    fn from(entry: DisconnectEntry) -> Self {
        Self::Disconnect(entry)
    }
}

impl From<ExerciseEntry> for Entry {
    fn from(entry: ExerciseEntry) -> Self {
        Self::Exercise(entry)
    }
}

impl From<CloudEntry> for Entry {
    fn from(entry: CloudEntry) -> Self {
        Self::Cloud(entry)
    }
}

impl From<HookEntry> for Entry {
    fn from(entry: HookEntry) -> Self {
        Self::Hook(entry)
    }
}

#[cfg(test)]
mod tests;
