use std::fmt;

use serde::Serialize;

use super::Description;

/// What is done to the OAuth application.
#[derive(Clone, Debug, Eq, Hash, PartialEq, Serialize)]
#[serde(tag = "step")]
pub enum ApplicationStep {
    #[serde(rename = "create_application")]
    Create { name: String, redirect_uri: String, scopes: Vec<String>, confidential: bool },
    #[serde(rename = "renew_secret")]
    RenewSecret {
        id: u64,
        application_id: String,
        #[serde(rename = "why")]
        reason: Reason,
    },
    #[serde(rename = "delete_application")]
    Delete {
        id: u64,
        application_id: String,
        #[serde(rename = "why")]
        reason: Reason,
    },
    /// Asks GitLab's OAuth endpoint whether the ID and secret belong together; needs no user.
    #[serde(rename = "prove_pair")]
    ProvePair,
}

/// Why a secret is renewed or an application recreated.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// `--renew-secret`.
    Asked,
    /// `rotate application-secret`.
    Rotated,
    /// An earlier run ended after GitLab showed the secret and before it was sealed.
    SecretLost,
    /// The bundle that waits was sealed for other recipients, or with another token, than are wanted now.
    BundleOutdated,
    /// This tool created the application, and it no longer matches the kit. GitLab's API cannot change one.
    Outdated,
    /// The connection ends, and this tool created it.
    Disconnected,
    /// The connection ends, and `--application-id` names it.
    Named,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Asked => "requested with --renew-secret",
            Self::Rotated => "requested with rotate application-secret",
            Self::SecretLost => "an earlier run was interrupted before it sealed the secret",
            Self::BundleOutdated => {
                "the bundle that waits was sealed for other recipients or with another token than are wanted now"
            }
            Self::Outdated => "it no longer matches the kit, and GitLab's API cannot change an application",
            Self::Disconnected => "created by this tool",
            Self::Named => "named with --application-id",
        })
    }
}

impl ApplicationStep {
    pub(super) fn describe(&self) -> Description {
        match self {
            Self::Create { name, redirect_uri, scopes, confidential } => {
                Description::new(format!("create the OAuth application {name}"))
                    .detail(format!("redirect URI {redirect_uri}"))
                    .detail(format!("scopes {}", scopes.join(" ")))
                    .detail(if *confidential { "confidential" } else { "not confidential" })
            }
            Self::RenewSecret { id, application_id, reason } => Description::new(format!(
                "renew the secret of application {id} ({})",
                abbreviated(application_id)
            ))
            .detail(reason.to_string())
            .detail(
                "the current secret stops working at once: its users are disconnected until Factory has the new one",
            ),
            Self::Delete { id, application_id, reason: reason @ (Reason::Disconnected | Reason::Named) } => {
                Description::new(format!("delete application {id} ({})", abbreviated(application_id)))
                    .detail(reason.to_string())
                    .detail("its tokens end, and who signed in through it is signed out")
            }
            Self::Delete { id, application_id, reason } => Description::new(format!(
                "delete application {id} ({}), created by this tool, to recreate it",
                abbreviated(application_id)
            ))
            .detail(reason.to_string())
            .detail("users signed in through it are disconnected"),
            Self::ProvePair => Description::new("check that GitLab accepts the application's ID and secret"),
        }
    }
}

impl ApplicationStep {
    /// Whether it removes the application at the end of the connection.
    pub(super) const fn ends_connection(&self) -> bool {
        match self {
            Self::Delete { reason, .. } => matches!(reason, Reason::Disconnected | Reason::Named),
            Self::Create { .. } | Self::RenewSecret { .. } | Self::ProvePair => false,
        }
    }
}

/// The beginning of an application ID: enough for the user to compare.
pub(in crate::plan) fn abbreviated(application_id: &str) -> String {
    let beginning: String = application_id.chars().take(8).collect();
    if beginning.len() < application_id.len() { format!("{beginning}…") } else { beginning }
}
