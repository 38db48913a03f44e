//! The append-only record of intents and results of one connection; also the audit log. It holds no secrets.
//!
//! Each line is one JSON object with a schema version. An intent is on disk before the act, so that after a death at any
//! point the next run knows what may have happened. A torn line (the process or the machine died while it was written)
//! is passed over: what it told of had not been begun, or will be found again by looking.

mod entry;
mod record;
mod store;

pub use entry::{Entry, HookChange};
pub use record::{BundleRecord, HookRecord, MintedRecord, OwnApplication, Record, SecretState};
pub use store::{Connection, Error, Journal, Lock, Store};
