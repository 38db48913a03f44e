//! Where the sealed bundle goes, and with which credential.

use serde::{Deserialize, Serialize};
use url::Url;

use crate::instance::without_query;

#[derive(Clone, Debug, Deserialize)]
pub struct BundleTerms {
    pub recipients: Vec<String>,
    #[serde(default)]
    pub upload_url: Option<Url>,
    #[serde(default)]
    pub method: UploadMethod,
    /// `None` for that of the method.
    #[serde(default)]
    pub auth: Option<UploadAuth>,
}

#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum UploadMethod {
    #[default]
    Post,
    /// For a pre-signed URL of an object store.
    Put,
}

impl UploadMethod {
    /// The word of HTTP.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Post => "POST",
            Self::Put => "PUT",
        }
    }

    fn auth(self) -> UploadAuth {
        match self {
            Self::Post => UploadAuth::Bearer,
            Self::Put => UploadAuth::None,
        }
    }
}

/// The credential that an upload carries.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum UploadAuth {
    /// The key of Factory's API.
    Bearer,
    None,
}

impl UploadAuth {
    /// The word of the kit.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Bearer => "bearer",
            Self::None => "none",
        }
    }
}

/// Where and how a bundle is uploaded.
#[derive(Clone, Debug, Eq, Hash, PartialEq, Serialize)]
pub struct Upload {
    /// Shown and logged without its query, which may hold a signature.
    #[serde(serialize_with = "without_query")]
    pub url: Url,
    pub method: UploadMethod,
    #[serde(skip)]
    pub auth: UploadAuth,
}

impl Upload {
    /// To Factory's API, with its key.
    #[must_use]
    pub fn to_factory(url: Url) -> Self {
        let method = UploadMethod::default();
        Self { url, method, auth: method.auth() }
    }

    /// Whether the key of Factory's API goes there. A pre-signed address never gets it.
    #[must_use]
    pub fn takes_key(&self) -> bool {
        self.auth == UploadAuth::Bearer && !self.is_presigned()
    }

    #[must_use]
    pub fn is_presigned(&self) -> bool {
        is_presigned(&self.url, self.method)
    }
}

impl BundleTerms {
    /// Where the bundle is uploaded to; `None` where the kit names no address.
    #[must_use]
    pub fn upload(&self) -> Option<Upload> {
        self.upload_url.clone().map(|url| Upload { url, method: self.method, auth: self.auth() })
    }

    /// The credential of the upload.
    #[must_use]
    pub fn auth(&self) -> UploadAuth {
        self.auth.unwrap_or(self.method.auth())
    }

    /// The credential, where it is another one than the method's own.
    pub(super) fn unusual_auth(&self) -> Option<UploadAuth> {
        self.auth.filter(|auth| *auth != self.method.auth())
    }
}

/// Whether an upload's address carries its own permission: a `PUT` with a query. A second credential is refused by object
/// stores, and would be shown to them.
pub(super) fn is_presigned(url: &Url, method: UploadMethod) -> bool {
    method == UploadMethod::Put && url.query().is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_put_with_a_query_is_taken_for_presigned_and_gets_no_key() {
        for (address, method, wanted) in [
            ("https://s3.example/b?X-Amz-Signature=1", UploadMethod::Put, true),
            ("https://g.example/b?X-Goog-Signature=1", UploadMethod::Put, true),
            ("https://a.example/b?sv=2&sig=1", UploadMethod::Put, true),
            ("https://a.example/b?Signature=1", UploadMethod::Put, true),
            ("https://a.example/b?signal=1", UploadMethod::Put, true),
            ("https://a.example/b", UploadMethod::Put, false),
            ("https://a.example/b?sig=1", UploadMethod::Post, false),
        ] {
            let upload = Upload { url: address.parse().expect("an address"), method, auth: UploadAuth::Bearer };
            assert_eq!((upload.is_presigned(), upload.takes_key()), (wanted, !wanted), "{address}");
        }
    }

    #[test]
    fn a_post_has_the_key_and_a_put_has_not_unless_the_kit_says_otherwise() {
        for (bundle, wanted) in [
            (r#"{"recipients":[],"upload_url":"https://a.example/b"}"#, true),
            (r#"{"recipients":[],"upload_url":"https://a.example/b","auth":"none"}"#, false),
            (r#"{"recipients":[],"upload_url":"https://a.example/b","method":"PUT"}"#, false),
            (r#"{"recipients":[],"upload_url":"https://a.example/b","method":"PUT","auth":"bearer"}"#, true),
        ] {
            let bundle: BundleTerms = serde_json::from_str(bundle).expect("a bundle");
            assert_eq!(bundle.upload().expect("an address").takes_key(), wanted, "{bundle:?}");
        }
    }
}
