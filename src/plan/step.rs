//! Every change the program can make, as data.

use std::fmt;
use std::path::PathBuf;

use jiff::civil::Date;
use serde::Serialize;
use url::Url;

use crate::kit::{Handover, UploadMethod};
use crate::target::{Event, Target};

/// One change. Its `Display` takes every field apart, so that a new one cannot be forgotten.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", tag = "step")]
pub enum Step {
    /// Ends a token that an earlier run made for Factory and that no bundle holds.
    RevokeToken {
        id: Option<u64>,
        name: String,
    },
    MintToken {
        user_id: u64,
        name: String,
        scopes: Vec<String>,
        expires_at: Date,
    },
    CreateApplication {
        name: String,
        redirect_uri: String,
        scopes: Vec<String>,
        confidential: bool,
    },
    RenewSecret {
        id: u64,
        application_id: String,
        why: Why,
    },
    DeleteApplication {
        id: u64,
        application_id: String,
        why: Why,
    },
    SealBundle {
        recipients: Vec<String>,
        handover: Handover,
    },
    /// Asks GitLab's OAuth endpoint whether the ID and secret belong together; needs no user.
    ProvePair,
    CreateHook {
        target: Target,
    },
    EditHook {
        target: Target,
        id: u64,
        changes: Vec<Change>,
    },
    DeleteHook {
        target: Target,
        id: u64,
    },
    TestDelivery {
        target: Target,
        event: Event,
    },
    WriteBundle {
        path: PathBuf,
    },
    UploadBundle {
        url: Url,
        method: UploadMethod,
    },
}

/// Why a secret is renewed or an application made again.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// `--renew-secret`.
    Asked,
    /// An earlier run died between GitLab showing the secret and sealing it.
    SecretLost,
    /// The application is ours and no longer what the kit asks for; GitLab cannot change one.
    Outdated,
}

/// What is wrong with a hook.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", tag = "change")]
pub enum Change {
    Url {
        from: String,
    },
    Events {
        missing: Vec<Event>,
        extra: Vec<Event>,
    },
    TlsVerification,
    /// GitLab hides it; the mark says that another one was set, or none.
    Token,
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Asked => "as asked",
            Self::SecretLost => "an earlier run was cut off before it could seal the secret",
            Self::Outdated => "it is not what the kit asks for any more, and GitLab cannot change one",
        })
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Url { from } => write!(f, "URL, now {from}"),
            Self::Events { missing, extra } => {
                let list = |events: &[Event]| events.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
                match (missing.is_empty(), extra.is_empty()) {
                    (false, true) => write!(f, "missing events {}", list(missing)),
                    (true, _) => write!(f, "unwanted events {}", list(extra)),
                    (false, false) => write!(f, "missing events {}, unwanted {}", list(missing), list(extra)),
                }
            }
            Self::TlsVerification => f.write_str("TLS verification is off"),
            Self::Token => f.write_str("secret token"),
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RevokeToken { .. } | Self::MintToken { .. } => self.fmt_token(f),
            Self::CreateApplication { .. } | Self::RenewSecret { .. } | Self::DeleteApplication { .. } => {
                self.fmt_application(f)
            }
            Self::ProvePair => f.write_str("prove that GitLab accepts the application's ID and secret"),
            Self::CreateHook { target } => write!(f, "create the webhook of {target}"),
            Self::EditHook { target, id, changes } => {
                let changes: Vec<String> = changes.iter().map(ToString::to_string).collect();
                write!(f, "correct webhook {id} of {target}: {}", changes.join("; "))
            }
            Self::DeleteHook { target, id } => write!(f, "delete webhook {id} of {target}: a second one of ours"),
            Self::TestDelivery { target, event } => write!(f, "send a test delivery ({event}) from {target}"),
            Self::SealBundle { .. } | Self::WriteBundle { .. } | Self::UploadBundle { .. } => self.fmt_bundle(f),
        }
    }
}

impl Step {
    fn fmt_token(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RevokeToken { id, name } => {
                let id = id.map(|id| format!(" ({id})")).unwrap_or_default();
                write!(f, "revoke the token {name}{id}: an earlier run made it and nobody received it")
            }
            Self::MintToken { user_id, name, scopes, expires_at } => write!(
                f,
                "make a token for Factory alone: {name}, of user {user_id}, scopes {}, until {expires_at}",
                scopes.join(" ")
            ),
            _ => Ok(()),
        }
    }

    fn fmt_application(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CreateApplication { name, redirect_uri, scopes, confidential } => {
                let kind = if *confidential { "confidential" } else { "public" };
                write!(
                    f,
                    "create the {kind} OAuth application {name}: redirect URI {redirect_uri}, scopes {}",
                    scopes.join(" ")
                )
            }
            Self::RenewSecret { id, application_id, why } => write!(
                f,
                "renew the secret of application {id} ({}), {why}: the present secret stops working at once, and \
                 whoever uses it is disconnected until Factory has the new one",
                short(application_id)
            ),
            Self::DeleteApplication { id, application_id, why } => write!(
                f,
                "delete our application {id} ({}) to make it again, {why}: everybody signed in through it is disconnected",
                short(application_id)
            ),
            _ => Ok(()),
        }
    }

    fn fmt_bundle(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SealBundle { recipients, handover } => {
                let token = match handover {
                    Handover::Given => "with the token that was given",
                    Handover::Minted => "with the token made for Factory",
                    Handover::None => "without a token",
                };
                write!(f, "seal the bundle for {}, {token}", recipients.join(", "))
            }
            Self::WriteBundle { path } => write!(f, "write the sealed bundle to {}", path.display()),
            Self::UploadBundle { url, method } => {
                let method = match method {
                    UploadMethod::Post => "POST",
                    UploadMethod::Put => "PUT",
                };
                // A pre-signed address carries its right in the query: not for a log.
                write!(
                    f,
                    "send the sealed bundle to Factory: {method} {}{}",
                    url.origin().ascii_serialization(),
                    url.path()
                )
            }
            _ => Ok(()),
        }
    }
}

/// The beginning of an application ID: enough for a person to compare.
fn short(application_id: &str) -> String {
    let beginning: String = application_id.chars().take(8).collect();
    if beginning.len() < application_id.len() { format!("{beginning}…") } else { beginning }
}
