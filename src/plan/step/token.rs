use jiff::civil::Date;
use serde::Serialize;

use super::Description;

/// What is done to tokens that this tool creates for Factory.
#[derive(Clone, Debug, Eq, Hash, PartialEq, Serialize)]
#[serde(tag = "step")]
pub enum TokenStep {
    /// Ends a token that this tool created.
    #[serde(rename = "revoke_token")]
    Revoke {
        /// `None` where an earlier run was cut off before GitLab named one.
        id: Option<u64>,
        name: String,
        /// Whose it is, where only the intent to create it is known.
        #[serde(skip_serializing_if = "Option::is_none")]
        user_id: Option<u64>,
        reason: RevokeReason,
    },
    #[serde(rename = "mint_token")]
    Mint { user_id: u64, name: String, scopes: Vec<String>, expires_at: Date },
    /// Asks GitLab with the token that was created.
    #[serde(rename = "prove_token")]
    Prove { name: String },
}

/// Why a token ends.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RevokeReason {
    /// An earlier run created it, and no bundle that was delivered holds it.
    NeverDelivered,
    /// Factory has another one in its place.
    Replaced,
    /// `rotate token`: likewise, and GitLab has to say that it is revoked.
    Rotated,
    /// Factory is to have none (`--handover-token none`).
    NotWanted,
    /// The connection ends.
    Disconnected,
}

impl TokenStep {
    /// Whether it ends a token at the end of the connection.
    pub(super) const fn ends_connection(&self) -> bool {
        match self {
            Self::Revoke { reason, .. } => matches!(reason, RevokeReason::Disconnected),
            Self::Mint { .. } | Self::Prove { .. } => false,
        }
    }

    pub(super) fn describe(&self) -> Description {
        match self {
            Self::Revoke { id, name, reason, user_id: _ } => {
                let id = id.map(|id| format!(" ({id})")).unwrap_or_default();
                Description::new(format!("revoke the token {name}{id}")).detail(match reason {
                    RevokeReason::NeverDelivered => "created by an earlier run, never delivered",
                    RevokeReason::Replaced | RevokeReason::Rotated => "Factory has another one in its place",
                    RevokeReason::NotWanted => "Factory is to have no token",
                    RevokeReason::Disconnected => "created by this tool for Factory",
                })
            }
            Self::Mint { user_id, name, scopes, expires_at } => {
                Description::new(format!("create a token for Factory only, {name}"))
                    .detail(format!("for user {user_id}, expires {expires_at}"))
                    .detail(format!("scopes {}", scopes.join(" ")))
            }
            Self::Prove { name } => Description::new(format!("check that GitLab accepts the token {name}")),
        }
    }
}
