//! A GitLab instance: URL, version, edition, license plan.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize, Serializer};
use url::Url;

use crate::secret::is_repeatable;

/// The base URL of an instance, with the path it is installed under and without a trailing slash.
///
/// Paths are appended and not joined: `Url::join("/api")` would drop a relative root.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct InstanceUrl(Url);

/// Why a text is not the URL of an instance, with the URL that was probably meant. Never quotes user info.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum UrlError {
    #[error("the GitLab URL is empty")]
    Empty,
    #[error("the GitLab URL {given:?} has no scheme; write {meant}")]
    NoScheme { given: String, meant: String },
    #[error("the GitLab URL is not an address; write it as https://gitlab.example.com")]
    NotAnAddress,
    #[error("the GitLab URL has the scheme {0:?}; GitLab is reached over https")]
    Scheme(String),
    #[error(
        "the GitLab URL holds a user name or password; give the token with --token-file or GITLAB_TOKEN, and the URL as {0}"
    )]
    UserInfo(String),
    #[error("the GitLab URL is the address of the API; write {0}")]
    ApiPath(String),
    #[error("the GitLab URL has a query or a fragment; write {0}")]
    Extra(String),
    #[error("http sends the token unprotected, and only a loopback address may use it; write {0}")]
    PlainHttp(String),
    #[error("the GitLab URL cannot be read: {0}; write it as https://gitlab.example.com")]
    Invalid(String),
}

impl InstanceUrl {
    /// The URL of an API endpoint: `/api/v4` and `path`, under the relative root.
    #[must_use]
    pub fn api(&self, path: &str) -> Url {
        self.page(&format!("/api/v4{path}"))
    }

    /// The URL of a page or an OAuth endpoint under the relative root; `path` begins with a slash and may have a query and a
    /// fragment.
    #[must_use]
    pub fn page(&self, path: &str) -> Url {
        let mut url = self.0.clone();
        let (path, fragment) = path.split_once('#').map_or((path, None), |(path, fragment)| (path, Some(fragment)));
        url.set_fragment(fragment);
        let (path, query) = path.split_once('?').map_or((path, None), |(path, query)| (path, Some(query)));
        url.set_path(&format!("{}{path}", self.0.path().trim_end_matches('/')));
        url.set_query(query);
        url
    }

    /// The page that creates a personal access token, with name and scopes, separated by commas, filled in.
    #[must_use]
    pub fn new_token_page(&self, scopes: &str) -> Url {
        self.page(&format!("/-/user_settings/personal_access_tokens?name=factory-gitlab&scopes={scopes}"))
    }

    /// The host, with the port unless it is the scheme's default.
    #[must_use]
    pub fn host(&self) -> String {
        let host = self.0.host_str().unwrap_or_default();
        self.0.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
    }

    #[must_use]
    pub fn url(&self) -> &Url {
        &self.0
    }

    #[must_use]
    pub fn is_gitlab_com(&self) -> bool {
        self.0.host_str() == Some("gitlab.com")
    }

    /// The text form, without a trailing slash: it is printed, compared and recorded.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str().trim_end_matches('/')
    }
}

impl fmt::Display for InstanceUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for InstanceUrl {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl FromStr for InstanceUrl {
    type Err = UrlError;

    fn from_str(text: &str) -> Result<Self, UrlError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(UrlError::Empty);
        }
        if !text.contains("://") {
            return Err(no_scheme(text));
        }
        let mut url = Url::parse(text).map_err(|error| UrlError::Invalid(error.to_string()))?;
        if !matches!(url.scheme(), "http" | "https") && url.scheme().len() > LONGEST_SCHEME {
            return Err(UrlError::NotAnAddress);
        }
        if !matches!(url.scheme(), "http" | "https") {
            return Err(UrlError::Scheme(url.scheme().to_owned()));
        }
        let had_user = !url.username().is_empty() || url.password().is_some();
        let had_extra = url.query().is_some() || url.fragment().is_some();
        // Neither can fail: an http or https URL has a host.
        let _cleared = (url.set_username(""), url.set_password(None));
        url.set_query(None);
        url.set_fragment(None);
        let path = url.path().trim_end_matches('/').to_owned();
        url.set_path(&path);
        let meant = |url: &Url| match url.as_str().trim_end_matches('/') {
            text if is_repeatable(text) => text.to_owned(),
            _ => "https://gitlab.example.com".to_owned(),
        };
        if had_user {
            return Err(UrlError::UserInfo(meant(&url)));
        }
        if had_extra {
            return Err(UrlError::Extra(meant(&url)));
        }
        if let Some(at) = path.find("/api/v4").or_else(|| path.ends_with("/api").then(|| path.len() - 4)) {
            url.set_path(&path[..at]);
            return Err(UrlError::ApiPath(meant(&url)));
        }
        if url.scheme() == "http" && !is_loopback(&url) {
            return Err(UrlError::PlainHttp(meant(&url).replacen("http:", "https:", 1)));
        }
        Ok(Self(url))
    }
}

/// A longer scheme may be anything, and is not repeated.
const LONGEST_SCHEME: usize = 6;

/// The URL that was probably meant by one without a scheme; what precedes an `@` may be a password and is left out.
fn no_scheme(text: &str) -> UrlError {
    let given = text.rsplit('@').next().unwrap_or_default().to_owned();
    let is_name = given.starts_with("localhost") || is_repeatable(&given);
    if !is_name || given.starts_with(['/', '.']) {
        return UrlError::NotAnAddress;
    }
    UrlError::NoScheme { meant: format!("https://{given}"), given }
}

/// Whether a name is `localhost` or below it. The program resolves such a name itself, to loopback addresses.
#[must_use]
pub fn is_localhost(name: &str) -> bool {
    let name = name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase();
    name == "localhost" || name.ends_with(".localhost")
}

/// Whether the host is a loopback address: `localhost`, `127.0.0.0/8` or `::1`.
#[must_use]
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Domain(name)) => is_localhost(name),
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// A URL that can be printed: without user info, query and fragment, which may hold secrets, as in a pre-signed URL.
#[must_use]
pub fn bare(url: &Url) -> Url {
    let mut url = url.clone();
    // Neither can fail for a URL with a host, and one without a host has no user info.
    let _cleared = (url.set_username(""), url.set_password(None));
    url.set_query(None);
    url.set_fragment(None);
    url
}

/// Writes an address as [`bare`] makes it, for serde.
///
/// # Errors
/// From the serializer.
pub fn without_query<S: Serializer>(url: &Url, serializer: S) -> Result<S::Ok, S::Error> {
    bare(url).serialize(serializer)
}

/// Whether an address holds neither user info nor a query or fragment, so that it may be recorded.
#[must_use]
pub fn is_bare(url: &Url) -> bool {
    bare(url) == *url
}

/// A GitLab version: the parts that behavior depends on.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
pub struct Version {
    pub major: u16,
    pub minor: u16,
}

impl Version {
    /// The oldest version that is supported and tested.
    pub const OLDEST: Self = Self::new(16, 11);
    /// `POST /applications/:id/renew-secret`. gitlab: doc/api/applications.md
    pub const RENEW_SECRET: Self = Self::new(16, 11);
    /// Hook `name` and `description` in REST. gitlab: doc/api/project_webhooks.md
    pub const HOOK_NAME: Self = Self::new(17, 1);
    /// Hook test trigger: project 16.11, group 17.1. gitlab: doc/api/group_webhooks.md
    pub const GROUP_HOOK_TEST: Self = Self::new(17, 1);
    /// `GET …/hooks/:id/events`. gitlab: doc/api/project_webhooks.md
    pub const DELIVERY_LOG: Self = Self::new(17, 3);
    /// `Idempotency-Key` in deliveries. gitlab: doc/user/project/integrations/webhooks.md
    pub const IDEMPOTENCY_KEY: Self = Self::new(17, 4);
    /// GraphQL's type `ProjectHook`. gitlab: doc/api/graphql/reference
    pub const GRAPHQL_HOOKS: Self = Self::new(18, 5);
    /// Hook `signing_token` and `token_present`. gitlab: MR 230944, 231325
    pub const SIGNING_TOKEN: Self = Self::new(19, 0);
    /// The signing token without a feature flag; 19.0 ignores it where `webhook_signing_token` is off. gitlab: MR 231325
    pub const SIGNING_TOKEN_ALWAYS: Self = Self::new(19, 1);
    /// Fine-grained personal access tokens are generally available.
    pub const FINE_GRAINED_TOKENS: Self = Self::new(19, 2);

    #[must_use]
    pub const fn new(major: u16, minor: u16) -> Self {
        Self { major, minor }
    }
}

impl FromStr for Version {
    type Err = String;

    /// Reads `18.5.1-ee`, `19.2.0-pre` or `17.9`.
    fn from_str(text: &str) -> Result<Self, String> {
        let mut parts = text.split(['.', '-']);
        match (parts.next().map(str::parse), parts.next().map(str::parse)) {
            (Some(Ok(major)), Some(Ok(minor))) => Ok(Self { major, minor }),
            _ => Err("not a GitLab version".to_owned()),
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

/// GitLab's two editions. Most self-managed "Free" instances run an Enterprise Edition without a license.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Edition {
    Ce,
    Ee,
}

/// The plan that the license grants, as far as webhooks depend on it.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum LicensePlan {
    /// Community Edition, no license, an expired one, or one below Premium: no group hooks.
    Free,
    Premium,
    Ultimate,
}

impl LicensePlan {
    /// Whether group hooks fire. An unlicensed Enterprise Edition lets them be created and tested, but sends no real events.
    #[must_use]
    pub const fn has_group_hooks(self) -> bool {
        matches!(self, Self::Premium | Self::Ultimate)
    }
}

impl fmt::Display for LicensePlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Free => "free",
            Self::Premium => "premium",
            Self::Ultimate => "ultimate",
        })
    }
}

impl fmt::Display for Edition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ce => "Community Edition",
            Self::Ee => "Enterprise Edition",
        })
    }
}

#[cfg(test)]
mod property;
#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_valid_url_keeps_its_path_and_loses_its_trailing_slash() {
        for (text, wanted) in [
            ("https://gitlab.acme.com", "https://gitlab.acme.com"),
            (" https://gitlab.acme.com/ ", "https://gitlab.acme.com"),
            ("https://acme.com/gitlab/", "https://acme.com/gitlab"),
            ("https://acme.com:8443/gitlab", "https://acme.com:8443/gitlab"),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
            ("http://localhost", "http://localhost"),
        ] {
            assert_eq!(text.parse::<InstanceUrl>().expect(text).to_string(), wanted);
        }
    }

    #[test]
    fn an_invalid_url_is_refused_with_the_one_that_was_meant() {
        for (text, wanted) in [
            ("", "the GitLab URL is empty"),
            ("gitlab.acme.com", "the GitLab URL \"gitlab.acme.com\" has no scheme; write https://gitlab.acme.com"),
            ("ssh://gitlab.acme.com", "the GitLab URL has the scheme \"ssh\"; GitLab is reached over https"),
            (
                "https://acme.com/gitlab/api/v4",
                "the GitLab URL is the address of the API; write https://acme.com/gitlab",
            ),
            ("https://acme.com/api/v4/projects", "the GitLab URL is the address of the API; write https://acme.com"),
            ("https://acme.com/?a=b", "the GitLab URL has a query or a fragment; write https://acme.com"),
            (
                "http://acme.com",
                "http sends the token unprotected, and only a loopback address may use it; write https://acme.com",
            ),
        ] {
            assert_eq!(text.parse::<InstanceUrl>().expect_err(text).to_string(), wanted);
        }
    }

    #[test]
    fn user_info_is_refused_and_not_quoted() {
        for text in ["https://root:hunter2@acme.com", "root:hunter2@acme.com"] {
            let error = text.parse::<InstanceUrl>().expect_err(text).to_string();
            assert!(!error.contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn paths_are_appended_under_the_relative_root() {
        let instance: InstanceUrl = "https://acme.com/gitlab".parse().expect("an address");
        assert_eq!(instance.api("/user").as_str(), "https://acme.com/gitlab/api/v4/user");
        assert_eq!(instance.page("/admin/applications?x=1").as_str(), "https://acme.com/gitlab/admin/applications?x=1");
        assert_eq!(instance.page("/a?b=c#d").as_str(), "https://acme.com/gitlab/a?b=c#d");
        let plain: InstanceUrl = "https://acme.com".parse().expect("an address");
        assert_eq!(plain.api("/user").as_str(), "https://acme.com/api/v4/user");
    }

    #[test]
    fn versions_with_suffixes_are_read_and_compared() {
        let version: Version = "18.5.1-ee".parse().expect("a version");
        assert_eq!(version, Version::new(18, 5));
        assert!(version >= Version::DELIVERY_LOG && version < Version::SIGNING_TOKEN);
        assert!("GitLab".parse::<Version>().is_err());
    }
}
