//! The append-only record of intents and results of one connection; also the audit log. It holds no secrets.
//!
//! Each line is one JSON object with a schema version. An intent is on disk before the change, so that after a crash at
//! any point the next run knows what may have happened. An incomplete line (a crash while it was written) is skipped: its
//! change had not begun, or observing finds it.

mod cloud;
mod entry;
mod record;
mod redacted;
mod store;

pub use cloud::CloudEntry;
pub use entry::{
    ApplicationEntry, BundleEntry, DisconnectEntry, Entry, ExerciseEntry, HookChange, HookEntry, Rotation, RunEntry,
    TokenEntry,
};
pub use record::{
    ApplicationBundleRecord, BundleRecord, CloudRecord, ExerciseRecord, GrantRecord, HookRecord, KitPin, KnownTarget,
    MintedRecord, OtherOrganizations, OwnApplication, Record, ReplacedToken, SecretAges, SecretState,
    TokenBundleRecord, UnfinishedApplication, UnfinishedRotation,
};
pub use store::{Connection, Error, Journal, Lock, Store};
