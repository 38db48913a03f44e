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
                    .detail("an earlier run made it and nobody received it")
            }
            Self::Mint { user_id, name, scopes, expires_at } => {
                Description::new(format!("make a token for Factory alone, {name}"))
                    .detail(format!("of user {user_id}, until {expires_at}"))
                    .detail(format!("scopes {}", scopes.join(" ")))
            }
        }
    }
}
