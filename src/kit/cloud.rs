//! What a kit says of GitLab.com: Factory's own OAuth application there, and the addresses of Factory's half.

use serde::Deserialize;
use url::Url;

use super::check::Problems;

/// The `cloud` section.
#[derive(Clone, Debug, Deserialize)]
pub struct CloudTerms {
    #[serde(default = "default_url")]
    pub url: Url,
    /// Of Factory's application on GitLab.com, for OAuth from here.
    #[serde(default)]
    pub client_id: Option<String>,
    #[serde(default = "default_scopes")]
    pub scopes: Vec<String>,
    /// As it is registered; the port is the one that is free. Kept as text: GitLab compares it byte by byte.
    #[serde(default)]
    pub redirect_uri: Option<String>,
    /// The application may use the device flow.
    #[serde(default)]
    pub device: bool,
    /// Where Factory opens a session of its own; no token is seen here then.
    #[serde(default)]
    pub connect_url: Option<Url>,
    #[serde(default)]
    pub candidates_url: Option<Url>,
    #[serde(default)]
    pub selection_url: Option<Url>,
}

fn default_url() -> Url {
    // The text is an address.
    Url::parse("https://gitlab.com").unwrap_or_else(|_| unreachable!("an address"))
}

fn default_scopes() -> Vec<String> {
    ["api", "read_user"].map(str::to_owned).to_vec()
}

impl CloudTerms {
    /// Names what cannot work, by path.
    pub(super) fn check(&self, problems: &mut Problems) {
        let Self { url, client_id, scopes, redirect_uri, device, connect_url, candidates_url, selection_url } = self;
        problems.address("cloud.url", url);
        if url.query().is_some() || url.fragment().is_some() {
            problems.error("cloud.url", "it is the address of GitLab, without a query or fragment");
        }
        match client_id.as_deref() {
            Some(id) if id.trim().is_empty() => problems.error("cloud.client_id", "it is empty"),
            Some(id) if id.contains(char::is_whitespace) => {
                problems.error("cloud.client_id", "it holds white space; it is the application ID that GitLab shows");
            }
            Some(_) if redirect_uri.is_none() && !device => problems.error(
                "cloud.redirect_uri",
                "it is missing; without it, and without cloud.device, cloud.client_id cannot be used",
            ),
            Some(_) => (),
            None if connect_url.is_none() => {
                problems.error("cloud", "it has neither connect_url nor client_id, so there is no way to authorize");
            }
            None if *device => problems.warning("cloud.device", "it needs cloud.client_id, which is missing"),
            None => (),
        }
        problems.scopes("cloud.scopes", scopes);
        if let Some(why) = redirect_uri.as_deref().and_then(loopback_redirect_problem) {
            problems.error("cloud.redirect_uri", why);
        }
        problems.optional_address("cloud.connect_url", connect_url.as_ref());
        problems.optional_address("cloud.candidates_url", candidates_url.as_ref());
        match selection_url {
            Some(url) => problems.address("cloud.selection_url", url),
            None => problems
                .error("cloud.selection_url", "it is missing, so Factory could not be told which repositories to use"),
        }
    }
}

/// The problem of a redirect URI that this program listens on. GitLab ignores the port of a loopback address, and compares
/// that of a name such as `localhost`.
fn loopback_redirect_problem(uri: &str) -> Option<&'static str> {
    const WANTED: &str = "it is not the address of this machine: http://127.0.0.1 with a path";
    if let Some(why) = super::redirect_uri_problem(uri) {
        return Some(why);
    }
    let Ok(url) = Url::parse(uri) else { return Some(WANTED) };
    match (url.scheme(), url.host_str()) {
        ("http", Some("127.0.0.1")) if url.username().is_empty() && url.password().is_none() => None,
        (_, Some("localhost")) => Some(
            "GitLab compares the port of localhost, and the port differs with each run; it must be http://127.0.0.1 with a path",
        ),
        _ => Some(WANTED),
    }
}
