//! Every change the program can make, as data.

use std::fmt;
use std::path::PathBuf;

use jiff::civil::Date;
use serde::Serialize;
use url::Url;

use crate::instance::bare;
use crate::kit::{Handover, UploadMethod};
use crate::target::{Event, Target};

/// One change. Its words take every field apart, so that a new one cannot be forgotten.
#[derive(Clone, Debug, Eq, Hash, PartialEq, Serialize)]
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
        /// In every form that a person or a log sees, without its query.
        #[serde(serialize_with = "shown_url")]
        url: Box<Url>,
        method: UploadMethod,
    },
}

/// Why a secret is renewed or an application made again.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Serialize)]
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
#[derive(Clone, Debug, Eq, Hash, PartialEq, Serialize)]
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

/// A step as a person reads it: what is done, and below it what is worth checking before saying yes.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Words {
    pub what: String,
    pub details: Vec<String>,
}

impl Words {
    fn of(what: impl Into<String>) -> Self {
        Self { what: what.into(), details: Vec::new() }
    }

    fn detail(mut self, detail: impl Into<String>) -> Self {
        self.details.push(detail.into());
        self
    }
}

impl fmt::Display for Step {
    /// On one line, for logs and JSON.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Words { what, details } = self.words();
        f.write_str(&what)?;
        if details.is_empty() { Ok(()) } else { write!(f, ": {}", details.join("; ")) }
    }
}

impl Step {
    /// What a hook that is created or corrected hangs on.
    #[must_use]
    pub const fn hook_target(&self) -> Option<&Target> {
        match self {
            Self::CreateHook { target } | Self::EditHook { target, .. } => Some(target),
            _ => None,
        }
    }

    /// The one target that it is about; `None` for what is about the instance or Factory.
    #[must_use]
    pub const fn target(&self) -> Option<&Target> {
        match self {
            Self::CreateHook { target }
            | Self::EditHook { target, .. }
            | Self::DeleteHook { target, .. }
            | Self::TestDelivery { target, .. } => Some(target),
            _ => None,
        }
    }

    /// What a test delivery is sent from.
    #[must_use]
    pub const fn tested_target(&self) -> Option<&Target> {
        match self {
            Self::TestDelivery { target, .. } => Some(target),
            _ => None,
        }
    }

    /// Whether it changes a hook; such steps are done several at a time.
    #[must_use]
    pub const fn is_of_a_hook(&self) -> bool {
        matches!(self, Self::CreateHook { .. } | Self::EditHook { .. } | Self::DeleteHook { .. })
    }

    /// The step in words.
    #[must_use]
    pub fn words(&self) -> Words {
        match self {
            Self::RevokeToken { .. } | Self::MintToken { .. } => self.token_words(),
            Self::CreateApplication { .. } | Self::RenewSecret { .. } | Self::DeleteApplication { .. } => {
                self.application_words()
            }
            Self::ProvePair => Words::of("prove that GitLab accepts the application's ID and secret"),
            Self::CreateHook { target } => Words::of(format!("create the webhook of {target}")),
            Self::EditHook { target, id, changes } => {
                let words = Words::of(format!("correct webhook {id} of {target}"));
                changes.iter().fold(words, |words, change| words.detail(change.to_string()))
            }
            Self::DeleteHook { target, id } => {
                Words::of(format!("delete webhook {id} of {target}")).detail("it is a second one of ours")
            }
            Self::TestDelivery { target, event } => Words::of(format!("send a test delivery ({event}) from {target}")),
            Self::SealBundle { .. } | Self::WriteBundle { .. } | Self::UploadBundle { .. } => self.bundle_words(),
        }
    }

    fn token_words(&self) -> Words {
        match self {
            Self::RevokeToken { id, name } => {
                let id = id.map(|id| format!(" ({id})")).unwrap_or_default();
                Words::of(format!("revoke the token {name}{id}"))
                    .detail("an earlier run made it and nobody received it")
            }
            Self::MintToken { user_id, name, scopes, expires_at } => {
                Words::of(format!("make a token for Factory alone, {name}"))
                    .detail(format!("of user {user_id}, until {expires_at}"))
                    .detail(format!("scopes {}", scopes.join(" ")))
            }
            other => Words::of(format!("{other:?}")),
        }
    }

    fn application_words(&self) -> Words {
        match self {
            Self::CreateApplication { name, redirect_uri, scopes, confidential } => {
                Words::of(format!("create the OAuth application {name}"))
                    .detail(format!("redirect URI {redirect_uri}"))
                    .detail(format!("scopes {}", scopes.join(" ")))
                    .detail(if *confidential { "confidential" } else { "not confidential" })
            }
            Self::RenewSecret { id, application_id, why } => {
                Words::of(format!("renew the secret of application {id} ({})", short(application_id)))
                    .detail(why.to_string())
                    .detail("the present secret stops working at once: whoever uses it is disconnected until Factory has the new one")
            }
            Self::DeleteApplication { id, application_id, why } => {
                Words::of(format!("delete our application {id} ({}) to make it again", short(application_id)))
                    .detail(why.to_string())
                    .detail("everybody signed in through it is disconnected")
            }
            other => Words::of(format!("{other:?}")),
        }
    }

    fn bundle_words(&self) -> Words {
        match self {
            Self::SealBundle { recipients, handover } => {
                let token = match handover {
                    Handover::Given => "with the token that was given",
                    Handover::Minted => "with the token made for Factory",
                    Handover::None => "without a token",
                };
                recipients.iter().fold(Words::of(format!("seal the bundle, {token}")), |words, recipient| {
                    words.detail(format!("for {recipient}"))
                })
            }
            Self::WriteBundle { path } => Words::of(format!("write the sealed bundle to {}", path.display())),
            Self::UploadBundle { url, method } => {
                let method = match method {
                    UploadMethod::Post => "POST",
                    UploadMethod::Put => "PUT",
                };
                Words::of("send the sealed bundle to Factory").detail(format!("{method} {}", bare(url)))
            }
            other => Words::of(format!("{other:?}")),
        }
    }
}

fn shown_url<S: serde::Serializer>(url: &Url, serializer: S) -> Result<S::Ok, S::Error> {
    bare(url).serialize(serializer)
}

/// The beginning of an application ID: enough for a person to compare.
fn short(application_id: &str) -> String {
    let beginning: String = application_id.chars().take(8).collect();
    if beginning.len() < application_id.len() { format!("{beginning}…") } else { beginning }
}
