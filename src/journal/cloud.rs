//! What a line of the journal can say of a connection to GitLab.com. A grant is never in it, only the digest of the sealed one.
#![deny(clippy::wildcard_enum_match_arm, clippy::match_wildcard_for_single_variants)]

use serde::{Deserialize, Serialize};

use crate::cloud::{CloudAccount, CloudSelection, CloudWay};

#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(tag = "event")]
pub enum CloudEntry {
    /// A run began.
    #[serde(rename = "cloud_began")]
    Began {
        instance: String,
        organization: String,
        tool: String,
        /// Where the kit came from: a path or an address; `None` for standard input.
        #[serde(default)]
        kit: Option<String>,
        way: CloudWay,
    },
    /// Factory is asked for a session. The same key gives the same session again.
    #[serde(rename = "open_session")]
    OpenSession {
        key: String,
        /// The user name that has to authorize.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        account: Option<String>,
    },
    /// The session is over without an authorization that is used: denied, expired, given up.
    #[serde(rename = "session_ended")]
    SessionEnded { key: String },
    /// Factory says that its session was authorized.
    #[serde(rename = "session_authorized")]
    SessionAuthorized { session: String, account: CloudAccount, scopes: Vec<String> },
    /// A grant is sealed on disk, with who gave it and what was selected with it: it cannot be used here any more.
    #[serde(rename = "grant_sealed")]
    GrantSealed {
        sha256: String,
        recipients: Vec<String>,
        account: CloudAccount,
        scopes: Vec<String>,
        way: CloudWay,
        selection: CloudSelection,
    },
    #[serde(rename = "upload_grant")]
    UploadGrant { sha256: String },
    #[serde(rename = "grant_accepted")]
    GrantAccepted {
        sha256: String,
        #[serde(default)]
        id: Option<String>,
    },
    /// The sealed grant is not handed over, and removed from the disk.
    #[serde(rename = "grant_dropped")]
    GrantDropped { sha256: String },
    /// Factory says that nothing is authorized any more.
    #[serde(rename = "authorization_lost")]
    AuthorizationLost,
    #[serde(rename = "select")]
    Select,
    #[serde(rename = "selection_accepted")]
    SelectionAccepted { selection: CloudSelection },
}
