//! Factory's side: the kit by URL, the upload of the bundle, receipts, status.

use serde::Serialize;

/// `status_url`'s word.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct FactoryStatus {
    pub state: FactoryState,
    pub detail: Option<String>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum FactoryState {
    Pending,
    Connected,
    Failed,
}
