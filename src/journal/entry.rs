//! What a line of the journal can tell.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::target::{Strategy, Target, TargetKind};

/// The version of the lines. A newer program reads older lines; an older one passes over what it does not know.
pub(super) const VERSION: u8 = 1;

/// A line as it stands in the file.
#[derive(Debug, Deserialize, Serialize)]
pub(super) struct Line {
    pub v: u8,
    pub at: Timestamp,
    /// Tells the lines of one run from those of another in a shared audit log.
    pub run: String,
    #[serde(flatten)]
    pub entry: Entry,
}

/// An intent (present tense) or a result (past tense). None has room for a secret.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", tag = "event")]
pub enum Entry {
    /// A run began, with the choices that the next run may fall back on.
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
    },
    CreateApplication {
        name: String,
        redirect_uri: String,
    },
    /// GitLab refused to make it, so none is ours.
    ApplicationRefused,
    ApplicationCreated {
        id: u64,
        application_id: String,
    },
    RenewSecret {
        application_id: String,
    },
    SecretRenewed {
        application_id: String,
    },
    DeleteApplication {
        application_id: String,
    },
    ApplicationDeleted {
        application_id: String,
    },
    MintToken {
        name: String,
    },
    TokenMinted {
        id: u64,
        name: String,
        expires_at: Option<Date>,
    },
    TokenRevoked {
        id: u64,
        name: String,
    },
    /// The bundle is on disk. `secret` is the keyed fingerprint of the application secret inside.
    BundleSealed {
        sha256: String,
        application_id: String,
        secret: String,
        #[serde(default)]
        token: Option<String>,
        recipients: Vec<String>,
    },
    /// The ID and secret in the bundle authenticate.
    PairProven {
        application_id: String,
    },
    ChangeHook {
        target: Target,
        change: HookChange,
    },
    HookChanged {
        target: Target,
        change: HookChange,
        id: u64,
        fingerprint: String,
    },
    /// A test delivery of a hook of this kind was proved as far as it can be.
    DeliveryProved {
        kind: TargetKind,
    },
    UploadBundle {
        sha256: String,
    },
    BundleAccepted {
        sha256: String,
        #[serde(default)]
        id: Option<String>,
    },
    /// `--bundle-out`: the bundle was handed to the person.
    BundleWritten {
        sha256: String,
        path: String,
    },
    Finished,
}

/// What happens to a hook.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum HookChange {
    Create,
    Edit,
    Delete,
}

impl Entry {
    /// Whether the line must be on the disk before anything else happens: where GitLab shows a value once, or where
    /// ownership is decided by the journal alone. Hooks carry their own mark.
    pub(super) const fn must_be_durable(&self) -> bool {
        !matches!(self, Self::ChangeHook { .. } | Self::HookChanged { .. } | Self::DeliveryProved { .. })
    }
}
