use std::path::PathBuf;

use serde::{Serialize, Serializer};
use url::Url;

use super::Description;
use crate::instance::bare;
use crate::kit::{Handover, UploadMethod};

/// What is done to the bundle for Factory.
#[derive(Clone, Debug, Eq, Hash, PartialEq, Serialize)]
#[serde(tag = "step")]
pub enum BundleStep {
    #[serde(rename = "seal_bundle")]
    Seal { recipients: Vec<String>, handover: Handover },
    #[serde(rename = "write_bundle")]
    Write { path: PathBuf, recipients: Vec<String> },
    #[serde(rename = "upload_bundle")]
    Upload {
        /// Shown and logged without its query, which may hold a signature.
        #[serde(serialize_with = "without_query")]
        url: Box<Url>,
        method: UploadMethod,
        recipients: Vec<String>,
    },
}

impl BundleStep {
    pub(super) fn describe(&self) -> Description {
        match self {
            Self::Seal { recipients, handover } => {
                let token = match handover {
                    Handover::Given => "with the given token",
                    Handover::Minted => "with the token created for Factory",
                    Handover::None => "without a token",
                };
                named(Description::new(format!("seal the bundle {token}")), recipients)
            }
            Self::Write { path, recipients } => {
                named(Description::new(format!("write the sealed bundle to {}", path.display())), recipients)
            }
            Self::Upload { url, method, recipients } => {
                let method = match method {
                    UploadMethod::Post => "POST",
                    UploadMethod::Put => "PUT",
                };
                let description = Description::new("upload the sealed bundle to Factory");
                named(description.detail(format!("{method} {}", bare(url))), recipients)
            }
        }
    }
}

/// Who can open the bundle: named wherever it is sealed or let out.
fn named(description: Description, recipients: &[String]) -> Description {
    recipients.iter().fold(description, |description, recipient| description.detail(format!("for {recipient}")))
}

fn without_query<S: Serializer>(url: &Url, serializer: S) -> Result<S::Ok, S::Error> {
    bare(url).serialize(serializer)
}
