use std::path::PathBuf;

use jiff::civil::Date;
use serde::Serialize;

use super::Description;
use crate::instance::bare;
use crate::kit::{Handover, Upload};

/// What is done to the bundle for Factory.
#[derive(Clone, Debug, Eq, Hash, PartialEq, Serialize)]
#[serde(tag = "step")]
pub enum BundleStep {
    #[serde(rename = "seal_bundle")]
    Seal {
        recipients: Vec<String>,
        handover: Handover,
        #[serde(skip_serializing_if = "Option::is_none")]
        token: Option<GivenToken>,
    },
    /// A bundle with a token alone: Factory keeps the rest of what it has.
    #[serde(rename = "seal_token")]
    SealToken {
        recipients: Vec<String>,
        handover: Handover,
        #[serde(skip_serializing_if = "Option::is_none")]
        token: Option<GivenToken>,
        reason: TokenReason,
    },
    /// A bundle with the application's ID and secret alone: Factory keeps the rest of what it has.
    #[serde(rename = "seal_application")]
    SealApplication { recipients: Vec<String> },
    /// Before a secret is renewed, the way of the new one to Factory is tried.
    #[serde(rename = "prove_upload")]
    ProveUpload {
        #[serde(flatten)]
        to: Box<Upload>,
        recipients: Vec<String>,
    },
    #[serde(rename = "write_bundle")]
    Write {
        path: PathBuf,
        recipients: Vec<String>,
        #[serde(skip_serializing_if = "BundleContents::is_connection")]
        contents: BundleContents,
    },
    #[serde(rename = "upload_bundle")]
    Upload {
        #[serde(flatten)]
        to: Box<Upload>,
        recipients: Vec<String>,
        #[serde(skip_serializing_if = "BundleContents::is_connection")]
        contents: BundleContents,
    },
}

/// What a bundle holds. In JSON only a part of the connection is named.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum BundleContents {
    Connection,
    /// A token alone.
    Token,
    /// The application alone.
    Application,
}

impl BundleContents {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
    const fn is_connection(&self) -> bool {
        matches!(self, Self::Connection)
    }
}

/// The token that was given to `connect`, where it goes into the bundle: whose it is, and what it may do.
#[derive(Clone, Debug, Eq, Hash, PartialEq, Serialize)]
pub struct GivenToken {
    pub name: String,
    pub user: String,
    /// Whether GitLab says that the user is an administrator.
    pub is_admin: bool,
    pub scopes: Vec<String>,
    pub expires_at: Option<Date>,
}

/// Why Factory needs another token than the one that it was given.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenReason {
    Revoked,
    Expired,
    /// GitLab no longer has it.
    Gone,
    EndsSoon,
    /// Another choice of `--handover-token` than last time.
    ChoiceChanged,
    /// `rotate token`.
    Rotated,
}

impl TokenReason {
    const fn text(self) -> &'static str {
        match self {
            Self::Revoked => "the token that Factory was given was revoked",
            Self::Expired => "the token that Factory was given has expired",
            Self::Gone => "GitLab no longer has the token that Factory was given",
            Self::EndsSoon => "the token that Factory was given ends soon",
            Self::Rotated => "Factory's token is renewed; the one that it has works until it has this one",
            Self::ChoiceChanged => "another kind of token was chosen (--handover-token)",
        }
    }
}

impl BundleStep {
    pub(super) fn describe(&self) -> Description {
        match self {
            Self::Seal { recipients, handover, token } => {
                let with = match handover {
                    Handover::Given => "with the given token",
                    Handover::Minted => "with the token created for Factory",
                    Handover::None => "without a token",
                };
                named(owned(Description::new(format!("seal the bundle {with}")), token.as_ref()), recipients)
            }
            Self::SealToken { recipients, handover, token, reason } => {
                let which = match handover {
                    Handover::Given => "the given token",
                    Handover::Minted => "the token created for Factory",
                    Handover::None => "no token",
                };
                let description = Description::new(format!("seal a bundle with {which} alone")).detail(reason.text());
                named(owned(description, token.as_ref()), recipients)
            }
            Self::SealApplication { recipients } => {
                named(Description::new("seal a bundle with the application's ID and secret alone"), recipients)
            }
            Self::ProveUpload { to, recipients: _ } => {
                Description::new("check that Factory can be reached for the upload")
                    .detail(format!("HEAD {}", bare(&to.url)))
                    .detail("nothing is renewed unless it answers")
            }
            Self::Write { path, recipients, contents: _ } => {
                named(Description::new(format!("write the sealed bundle to {}", path.display())), recipients)
            }
            Self::Upload { to, recipients, contents: _ } => {
                let description = Description::new("upload the sealed bundle to Factory");
                named(description.detail(format!("{} {}", to.method.name(), bare(&to.url))), recipients)
            }
        }
    }
}

/// Whose token goes out. An administrator's own lets Factory do whatever that person can.
fn owned(description: Description, token: Option<&GivenToken>) -> Description {
    let Some(GivenToken { name, user, is_admin, scopes, expires_at }) = token else { return description };
    let end = expires_at.map_or_else(|| "does not expire".to_owned(), |date| format!("expires {date}"));
    let description = description.detail(format!("token {name} of {user}, scopes {}, {end}", scopes.join(" ")));
    if !is_admin {
        return description;
    }
    description.detail(format!("an administrator's own: with it Factory can do all that {user} can"))
}

/// Who can open the bundle: named wherever it is sealed or let out.
fn named(description: Description, recipients: &[String]) -> Description {
    recipients.iter().fold(description, |description, recipient| description.detail(format!("for {recipient}")))
}
