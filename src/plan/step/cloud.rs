use serde::Serialize;
use url::Url;

use super::{Description, KitStep};

use crate::cloud::{CloudSelection, CloudWay};
use crate::instance::{InstanceUrl, bare, without_query};
use crate::text::counted;

/// What is done for a connection to GitLab.com.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(untagged)]
pub enum CloudStep {
    Kit(KitStep),
    Own(OwnCloudStep),
}

#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(tag = "step")]
pub enum OwnCloudStep {
    /// A user authorizes Factory's application in the browser.
    #[serde(rename = "authorize")]
    Authorize { way: CloudWay, instance: InstanceUrl, scopes: Vec<String>, account: Option<String> },
    /// The sealed grant goes to Factory.
    #[serde(rename = "upload_grant")]
    HandOver {
        /// Shown and logged without its query.
        #[serde(serialize_with = "without_query")]
        url: Box<Url>,
        recipients: Vec<String>,
    },
    /// Factory is told what it may work on.
    #[serde(rename = "select")]
    Select {
        #[serde(serialize_with = "without_query")]
        url: Box<Url>,
        /// `None` where it is chosen after the authorization.
        selection: Option<CloudSelection>,
    },
    #[serde(rename = "await_status")]
    AwaitStatus {
        #[serde(serialize_with = "without_query")]
        url: Box<Url>,
    },
    /// A merge request that Factory has to hear of.
    #[serde(rename = "prove")]
    Prove { project: String },
}

impl From<OwnCloudStep> for CloudStep {
    fn from(step: OwnCloudStep) -> Self {
        Self::Own(step)
    }
}

impl CloudStep {
    #[must_use]
    pub fn describe(&self) -> Description {
        match self {
            Self::Kit(step) => step.describe(),
            Self::Own(step) => step.describe(),
        }
    }
}

impl OwnCloudStep {
    fn describe(&self) -> Description {
        match self {
            Self::Authorize { way, instance, scopes, account } => {
                let what = format!("authorize Factory's application at {instance} in the browser");
                let description = Description::new(what).detail(format!("with the scopes {}", scopes.join(", ")));
                let description = description.detail(match way {
                    CloudWay::Session => "through Factory, so that no token passes this machine",
                    CloudWay::Code => "on this machine, with PKCE and a redirect to 127.0.0.1",
                    CloudWay::Device => "with a code that is typed in a browser on any machine",
                });
                match account {
                    Some(account) => description.detail(format!("only by @{account}")),
                    None => description,
                }
            }
            Self::HandOver { url, recipients } => {
                let description = Description::new(format!("hand the sealed grant over to Factory at {}", bare(url)));
                let sealed =
                    format!("sealed for {}: {}", counted(recipients.len(), "recipient"), recipients.join(", "));
                description.detail(sealed).detail("Factory's first refresh ends the tokens in it")
            }
            Self::Select { url, selection } => {
                let description = Description::new("tell Factory what it may work on".to_owned());
                let parts = match selection {
                    Some(selection) => selection.parts(),
                    None => vec!["what is chosen after the authorization".to_owned()],
                };
                const SHOWN: usize = 10;
                let more = parts.len().saturating_sub(SHOWN);
                let mut description =
                    parts.into_iter().take(SHOWN).fold(description, |description, part| description.detail(part));
                if more > 0 {
                    description = description.detail(format!("and {more} more"));
                }
                description.detail(format!("at {}", bare(url)))
            }
            Self::AwaitStatus { url: _ } => Description::new("wait until Factory says that it is connected"),
            Self::Prove { project } => {
                Description::new(format!("open a merge request in {project} and see that Factory has it"))
                    .detail("its branch and the merge request are removed again")
            }
        }
    }
}
