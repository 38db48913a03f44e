//! Problems of a well-formed kit: values that GitLab would accept and that would not work.

use ipnet::IpNet;
use jiff::Timestamp;
use serde::Serialize;
use url::Url;

use super::network::{NetworkTerms, is_fingerprint};
use super::{BundleTerms, Kit, UploadAuth};
use crate::instance::is_loopback;
use crate::network::host::host;
use crate::secret::{SHORTEST_SECRET, WebhookToken};

/// A problem of a kit.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct KitProblem {
    pub severity: KitSeverity,
    /// The field, such as `webhook.url`.
    pub path: String,
    /// What is wrong, as a fragment.
    pub message: String,
}

impl KitProblem {
    /// A field that the schema of kits does not have.
    #[must_use]
    pub fn unknown_field(path: &str) -> Self {
        let message = "this version does not know the field, and ignores it".to_owned();
        Self { severity: KitSeverity::Warning, path: shown(path), message }
    }
}

#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum KitSeverity {
    /// It works and should be corrected.
    Warning,
    /// It cannot work.
    Error,
}

/// How the bundle is delivered: only an upload needs a URL.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum DeliveryMode {
    Upload,
    File,
}

impl Kit {
    /// All problems, in the order of the kit. Recipients are checked when they are parsed for sealing.
    #[must_use]
    pub fn check(&self, now: Timestamp, delivery: DeliveryMode) -> Vec<KitProblem> {
        let mut problems = Problems::default();
        problems.expiry(self.expires_at, now);
        self.check_application(&mut problems);
        self.check_webhook(&mut problems);
        self.bundle.check(delivery, &mut problems);
        self.check_answers(&mut problems);
        self.check_network(&mut problems);
        let urls = [
            ("webhook.receipts_url", &self.webhook.receipts_url),
            ("status_url", &self.status_url),
            ("disconnect_url", &self.disconnect_url),
        ];
        for (path, url) in urls {
            problems.optional_address(path, url.as_ref());
        }
        if let Some(cloud) = &self.cloud {
            cloud.check(&mut problems);
        }
        problems.0
    }

    fn check_application(&self, problems: &mut Problems) {
        if let Some(why) = redirect_uri_problem(&self.application.redirect_uri) {
            problems.error("application.redirect_uri", why);
        }
        if self.application.name.trim().is_empty() {
            problems.error("application.name", "it is empty");
        }
        problems.scopes("application.scopes", &self.application.scopes);
    }

    fn check_webhook(&self, problems: &mut Problems) {
        problems.address("webhook.url", &self.webhook.url);
        let names = [self.organization.id.as_str(), &self.organization.name];
        if let Some(why) = webhook_secret_problem(&self.webhook.secret_token, &names) {
            problems.error("webhook.secret_token", why);
        }
        if self.webhook.previous_secret_token.as_ref().is_some_and(|one| one.is_equal_to(&self.webhook.secret_token)) {
            problems.error("webhook.previous_secret_token", "it is the same as webhook.secret_token");
        }
        if self.webhook.signing_token.as_ref().is_some_and(|token| !token.is_standard_webhooks_key()) {
            problems.error(
                "webhook.signing_token",
                "it must be whsec_ and 32 bytes in base64; GitLab accepts no other form",
            );
        }
        if self.webhook.events.is_empty() {
            problems.error("webhook.events", "it is empty, so no event would be delivered");
        }
    }

    fn check_answers(&self, problems: &mut Problems) {
        for (number, answer) in self.answers.iter().enumerate() {
            let path = |field: &str| format!("answers[{number}].{field}");
            if !self.webhook.events.contains(&answer.event) {
                let text = format!("{} is not among webhook.events, so Droids do not hear of it", answer.event);
                problems.add(KitSeverity::Warning, &path("event"), text);
            }
            if answer.author.is_empty() {
                let text = "it is empty; it is a user name, or token-owner".to_owned();
                problems.add(KitSeverity::Warning, &path("author"), text);
            }
        }
    }

    /// A connection is made without all of it, so none of it is an error.
    fn check_network(&self, problems: &mut Problems) {
        let NetworkTerms { endpoints, ssh_host_keys, egress_cidrs, vpc, vpn } = &self.network;
        for (number, endpoint) in endpoints.iter().enumerate() {
            let path = format!("network.endpoints[{number}]");
            if let Err(why) = host(&endpoint.host) {
                problems
                    .warning(&format!("{path}.host"), format!("{:?} cannot be a host: {why}", shown(&endpoint.host)));
            }
            problems.blocks(&format!("{path}.cidrs"), &endpoint.cidrs);
        }
        for (number, key) in ssh_host_keys.iter().enumerate().filter(|(_, key)| !is_fingerprint(key)) {
            let text = format!(
                "{:?} is not a fingerprint, and no host key can be compared with it: SHA256: and 43 characters of base64, as \
                 ssh-keygen -lf prints it",
                shown(key)
            );
            problems.warning(&format!("network.ssh_host_keys[{number}]"), text);
        }
        problems.blocks("network.egress_cidrs", egress_cidrs);
        problems.blocks("network.vpc.cidrs", vpc.as_ref().map(|vpc| vpc.cidrs.as_slice()).unwrap_or_default());
        problems.blocks("network.vpn.cidrs", vpn.as_ref().map(|vpn| vpn.cidrs.as_slice()).unwrap_or_default());
    }
}

impl BundleTerms {
    pub(super) fn check(&self, delivery: DeliveryMode, problems: &mut Problems) {
        if self.recipients.is_empty() {
            problems.error("bundle.recipients", "it is empty, so the bundle could not be sealed");
        }
        match &self.upload_url {
            Some(url) => problems.address("bundle.upload_url", url),
            None if delivery == DeliveryMode::Upload => {
                problems.error(
                    "bundle.upload_url",
                    "it is missing; give --upload-url, or write a file: factory-gitlab connect --bundle-out PATH",
                );
            }
            None => (),
        }
        let upload = self.upload().filter(|upload| upload.auth == UploadAuth::Bearer && upload.is_presigned());
        if upload.is_some() {
            let text = "the address of a PUT with a query carries its own permission, so the key of Factory's API does not go there";
            problems.warning("bundle.auth", text);
        }
    }
}

/// As much of a value as a message quotes.
fn shown(text: &str) -> String {
    const LONGEST: usize = 60;
    if text.chars().count() <= LONGEST {
        return text.to_owned();
    }
    text.chars().take(LONGEST).chain("…".chars()).collect()
}

#[derive(Default)]
pub(super) struct Problems(pub(super) Vec<KitProblem>);

impl Problems {
    pub(super) fn error(&mut self, path: &str, message: impl Into<String>) {
        self.add(KitSeverity::Error, path, message.into());
    }

    pub(super) fn warning(&mut self, path: &str, message: impl Into<String>) {
        self.add(KitSeverity::Warning, path, message.into());
    }

    /// Names each that is no block, or has bits behind its prefix.
    fn blocks(&mut self, path: &str, blocks: &[String]) {
        for (number, text) in blocks.iter().enumerate() {
            let why = match text.parse::<IpNet>() {
                Ok(block) if block.addr() == block.network() => continue,
                Ok(block) => format!("{text:?} has bits behind its prefix; the block is {}", block.trunc()),
                Err(_) => format!("{:?} is not a CIDR (203.0.113.0/24)", shown(text)),
            };
            self.warning(&format!("{path}[{number}]"), why);
        }
    }

    fn add(&mut self, severity: KitSeverity, path: &str, message: String) {
        self.0.push(KitProblem { severity, path: path.to_owned(), message });
    }

    pub(super) fn expiry(&mut self, end: Option<Timestamp>, now: Timestamp) {
        if let Some(end) = end.filter(|end| *end <= now) {
            let text = format!("the kit expired on {}; ask Factory for a new one", end.strftime("%Y-%m-%d"));
            self.error("expires_at", text);
        }
    }

    pub(super) fn scopes(&mut self, path: &str, scopes: &[String]) {
        if scopes.is_empty() {
            self.error(path, "it is empty");
        }
        let is_odd = |scope: &&String| {
            scope.is_empty() || !scope.chars().all(|c| c.is_ascii_lowercase() || matches!(c, '_' | ':' | '*'))
        };
        if let Some(scope) = scopes.iter().find(is_odd) {
            self.error(path, format!("{scope:?} does not look like a GitLab scope"));
        }
    }

    pub(super) fn address(&mut self, path: &str, url: &Url) {
        if let Some(why) = address_problem(url) {
            self.error(path, why);
        }
    }

    pub(super) fn optional_address(&mut self, path: &str, url: Option<&Url>) {
        if let Some(url) = url {
            self.address(path, url);
        }
    }
}

const WITH_USER: &str = "it holds a user name or password";

/// The problem of a URL that secrets are sent to: it has to be https, or a loopback address.
#[must_use]
pub fn address_problem(url: &Url) -> Option<&'static str> {
    if !(url.scheme() == "https" || (url.scheme() == "http" && is_loopback(url))) {
        Some("it must be an https URL")
    } else if !url.username().is_empty() || url.password().is_some() {
        Some(WITH_USER)
    } else {
        None
    }
}

/// The problem of a webhook's secret token. It is guessed from `names` first: those of the organization.
#[must_use]
pub fn webhook_secret_problem(secret: &WebhookToken, names: &[&str]) -> Option<String> {
    if secret.is_short() {
        Some(format!("it has fewer than {SHORTEST_SECRET} characters and can be guessed"))
    } else if secret.is_guessable(names) {
        Some("it is made of words and sequences and can be guessed; ask Factory for a random one".to_owned())
    } else {
        None
    }
}

/// The problem of a redirect URI. GitLab accepts several of these, and the sign-in fails later.
/// gitlab: Doorkeeper's validation, which allows any scheme but a few
#[must_use]
pub fn redirect_uri_problem(uri: &str) -> Option<&'static str> {
    if uri.trim().is_empty() {
        return Some("it is empty");
    }
    if uri.contains(char::is_whitespace) {
        return Some("it holds white space, which separates several URIs in GitLab");
    }
    if uri.starts_with("//") {
        return Some("it has no scheme");
    }
    let Ok(url) = Url::parse(uri) else {
        return Some("it is not an absolute URL");
    };
    if url.fragment().is_some() {
        return Some("it has a fragment (#), which OAuth forbids");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Some(WITH_USER);
    }
    match url.scheme() {
        _ if url.host_str().is_none_or(str::is_empty) => Some("it has no host"),
        "https" => None,
        "http" if is_loopback(&url) => None,
        "http" => Some("it is http, which sends the code unencrypted"),
        _ => Some("it is not an https URL"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn problems(edit: impl FnOnce(&mut Value)) -> Vec<String> {
        let mut kit = json!({
            "schema": super::super::SCHEMA,
            "application": { "redirect_uri": "https://api.factory.example/callback" },
            "webhook": { "url": "https://hooks.factory.example/a", "secret_token": "check-9vQ4mZx7Lp2wRk8T" },
            "bundle": { "recipients": ["age1abc"], "upload_url": "https://api.factory.example/bundles" },
        });
        edit(&mut kit);
        let kit = Kit::parse(&kit.to_string()).expect("a well-formed kit");
        let now = "2026-11-21T00:00:00Z".parse().expect("a time");
        kit.check(now, DeliveryMode::Upload)
            .into_iter()
            .map(|problem| format!("{}: {}", problem.path, problem.message))
            .collect()
    }

    #[test]
    fn a_valid_kit_has_no_problem() {
        assert_eq!(problems(|_| ()), Vec::<String>::new());
        assert_eq!(problems(|kit| kit["webhook"]["url"] = json!("http://127.0.0.1:3000/hook")), Vec::<String>::new());
    }

    #[test]
    fn every_problem_is_named_with_its_field() {
        let token = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
        assert_eq!(problems(|kit| kit["webhook"]["signing_token"] = json!(token)), Vec::<String>::new());
        for (change, wanted) in [
            (
                (|kit| kit["expires_at"] = json!("2026-11-20T12:00:00Z")) as fn(&mut Value),
                "expires_at: the kit expired on 2026-11-20; ask Factory for a new one",
            ),
            (|kit| kit["webhook"]["url"] = json!("http://hooks.example"), "webhook.url: it must be an https URL"),
            (|kit| kit["webhook"]["events"] = json!([]), "webhook.events: it is empty, so no event would be delivered"),
            (
                |kit| kit["webhook"]["secret_token"] = json!("short"),
                "webhook.secret_token: it has fewer than 16 characters and can be guessed",
            ),
            (
                |kit| kit["webhook"]["secret_token"] = json!("factory-webhook-2026"),
                "webhook.secret_token: it is made of words and sequences and can be guessed; ask Factory for a random one",
            ),
            (
                |kit| kit["webhook"]["signing_token"] = json!("whsec_dG9vIHNob3J0"),
                "webhook.signing_token: it must be whsec_ and 32 bytes in base64; GitLab accepts no other form",
            ),
            (
                |kit| kit["application"]["scopes"] = json!(["api", "Read User"]),
                "application.scopes: \"Read User\" does not look like a GitLab scope",
            ),
            (
                |kit| kit["bundle"]["upload_url"] = Value::Null,
                "bundle.upload_url: it is missing; give --upload-url, or write a file: factory-gitlab connect --bundle-out PATH",
            ),
            (
                |kit| kit["bundle"]["recipients"] = json!([]),
                "bundle.recipients: it is empty, so the bundle could not be sealed",
            ),
        ] {
            assert_eq!(problems(change), [wanted]);
        }
    }

    #[test]
    fn values_of_the_network_that_nothing_can_be_compared_with_are_warned_of() {
        const KEY: &str = "SHA256:n0Tr3a1n0Tr3a1n0Tr3a1n0Tr3a1n0Tr3a1n0Tr3a1n";
        let network = |value: Value| problems(|kit| kit["network"] = value);
        let well = json!({
            "endpoints": [{ "host": "git.factory.example", "port": 22, "cidrs": ["10.64.1.0/28"] }],
            "ssh_host_keys": [KEY],
            "egress_cidrs": ["203.0.113.0/24", "2001:db8::/32"],
            "vpc": { "id": "vpc-0", "cidrs": ["10.64.0.0/16"] },
            "vpn": { "cidrs": ["10.65.0.0/16"] },
        });
        assert_eq!(network(well), Vec::<String>::new());
        let keys = ["garbage", "", "ssh-ed25519 AAAA", "git.factory.example ssh-ed25519 AAAA", "SHA256:short", KEY];
        let said = network(json!({ "ssh_host_keys": keys }));
        assert_eq!(said.len(), 5, "{said:?}");
        assert_eq!(
            said[0],
            "network.ssh_host_keys[0]: \"garbage\" is not a fingerprint, and no host key can be compared with it: SHA256: and 43 \
             characters of base64, as ssh-keygen -lf prints it"
        );
        for (value, wanted) in [
            (
                json!({ "egress_cidrs": ["203.0.113.7/24"] }),
                "network.egress_cidrs[0]: \"203.0.113.7/24\" has bits behind its prefix; the block is 203.0.113.0/24",
            ),
            (
                json!({ "vpc": { "id": "vpc-0", "cidrs": ["10.64.0.0/16", "ten"] } }),
                "network.vpc.cidrs[1]: \"ten\" is not a CIDR (203.0.113.0/24)",
            ),
            (
                json!({ "vpn": { "cidrs": ["10.65.0.0/33"] } }),
                "network.vpn.cidrs[0]: \"10.65.0.0/33\" is not a CIDR (203.0.113.0/24)",
            ),
            (
                json!({ "endpoints": [{ "host": "", "port": 22 }] }),
                "network.endpoints[0].host: \"\" cannot be a host: it is empty",
            ),
            (
                json!({ "endpoints": [{ "host": "a.test", "port": 22, "cidrs": ["10.0.0.1/8"] }] }),
                "network.endpoints[0].cidrs[0]: \"10.0.0.1/8\" has bits behind its prefix; the block is 10.0.0.0/8",
            ),
        ] {
            assert_eq!(network(value), [wanted]);
        }
    }

    #[test]
    fn redirect_uris_that_gitlab_accepts_and_that_fail_later_are_refused() {
        for uri in [
            "",
            " ",
            "//host/callback",
            "/callback",
            "callback",
            "https://a/b#c",
            "http://a/b",
            "https://a/b https://c",
            "urn:ietf:wg:oauth:2.0:oob",
            "javascript:alert(1)",
        ] {
            assert!(redirect_uri_problem(uri).is_some(), "{uri:?}");
        }
        for uri in ["https://a/b", "http://127.0.0.1:8080/callback", "https://a/b?c=d"] {
            assert_eq!(redirect_uri_problem(uri), None, "{uri:?}");
        }
    }
}
