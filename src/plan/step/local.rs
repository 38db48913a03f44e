use serde::Serialize;

use super::Description;
use crate::instance::InstanceUrl;

/// What is removed from this machine.
#[derive(Clone, Debug, Eq, Hash, PartialEq, Serialize)]
#[serde(tag = "step")]
pub enum LocalStep {
    #[serde(rename = "delete_keyring_entries")]
    DeleteKeyringEntries { instance: InstanceUrl },
    /// The journal and the sealed bundles. One line stays that says when the connection was removed.
    #[serde(rename = "delete_records")]
    DeleteRecords { instance: InstanceUrl },
}

impl LocalStep {
    pub(super) fn describe(&self) -> Description {
        match self {
            Self::DeleteKeyringEntries { instance } => {
                Description::new(format!("delete the secrets for {instance} from this system's keyring"))
            }
            Self::DeleteRecords { instance: _ } => {
                Description::new("delete this machine's record of the connection and the sealed bundle")
                    .detail("one line stays that says when it was removed")
            }
        }
    }
}
