use jiff::civil::Date;
use serde::Serialize;

use super::Description;

/// What is done to tokens that this tool creates for Factory.
#[derive(Clone, Debug, Eq, Hash, PartialEq, Serialize)]
#[serde(tag = "step")]
pub enum TokenStep {
    /// Ends a token that an earlier run created and that no bundle holds.
    #[serde(rename = "revoke_token")]
    Revoke {
        /// `None` where the earlier run was cut off before GitLab named one.
        id: Option<u64>,
        name: String,
    },
    #[serde(rename = "mint_token")]
    Mint { user_id: u64, name: String, scopes: Vec<String>, expires_at: Date },
}

impl TokenStep {
    pub(super) fn describe(&self) -> Description {
        match self {
            Self::Revoke { id, name } => {
                let id = id.map(|id| format!(" ({id})")).unwrap_or_default();
                Description::new(format!("revoke the token {name}{id}"))
                    .detail("created by an earlier run, never delivered")
            }
            Self::Mint { user_id, name, scopes, expires_at } => {
                Description::new(format!("create a token for Factory only, {name}"))
                    .detail(format!("for user {user_id}, expires {expires_at}"))
                    .detail(format!("scopes {}", scopes.join(" ")))
            }
        }
    }
}
