//! What a kit says of GitLab.com: Factory's own OAuth application there, and the addresses of Factory's half.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;
use url::Url;

use super::check::Problems;
use super::fingerprint::{TrustedParts, TrustedValues};
use super::parse::{self, KitError};
use super::{
    AnswerTerms, ApplicationTerms, BundleTerms, DeliveryMode, KitProblem, NetworkTerms, Organization, Overrides,
    TokenTerms, WebhookTerms,
};

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

/// What `connect --cloud` needs of a kit. The parts for a self-hosted instance may be there or not; they count for the
/// fingerprint, which is the same whatever a kit is read for.
#[derive(Clone, Debug, Deserialize)]
pub struct CloudKit {
    pub schema: String,
    #[serde(default)]
    pub organization: Organization,
    #[serde(default)]
    pub expires_at: Option<Timestamp>,
    pub cloud: CloudTerms,
    /// Where the grant goes: present where the kit has a `client_id`.
    #[serde(default)]
    pub bundle: Option<BundleTerms>,
    #[serde(default)]
    pub status_url: Option<Url>,
    #[serde(default)]
    pub disconnect_url: Option<Url>,
    /// The `webhook.receipts_url`.
    #[serde(skip)]
    pub receipts_url: Option<Url>,
    #[serde(default)]
    pub answers: Vec<AnswerTerms>,
    #[serde(default)]
    application: Option<ApplicationTerms>,
    #[serde(default)]
    webhook: Option<WebhookTerms>,
    #[serde(default)]
    token: TokenTerms,
    #[serde(default)]
    network: NetworkTerms,
}

fn default_url() -> Url {
    // The text is an address.
    Url::parse("https://gitlab.com").unwrap_or_else(|_| unreachable!("an address"))
}

fn default_scopes() -> Vec<String> {
    ["api", "read_user"].map(str::to_owned).to_vec()
}

/// The fields without which there is nothing to do on GitLab.com.
const REQUIRED: [(&str, &str); 2] =
    [("/organization/id", "organization.id"), ("/cloud/selection_url", "cloud.selection_url")];

/// The fields of the parts for a self-hosted instance without which a part is not there.
pub(super) const PARTS: [(&str, &[&str]); 3] = [
    ("application", &["/application/redirect_uri"]),
    ("webhook", &["/webhook/url", "/webhook/secret_token"]),
    ("bundle", &["/bundle/recipients"]),
];

impl CloudKit {
    /// Parses the text of a kit for GitLab.com.
    ///
    /// # Errors
    /// [`KitError`].
    pub fn parse(text: &str) -> Result<Self, KitError> {
        Self::from_value(parse::document(text)?)
    }

    pub(super) fn from_value(mut value: Value) -> Result<Self, KitError> {
        let is_absent = |at: &str| is_absent_in(&value, at);
        if is_absent("/cloud") {
            return Err(KitError::Missing(vec!["cloud"]));
        }
        let mut missing: Vec<&str> = REQUIRED.iter().filter(|(at, _)| is_absent(at)).map(|(_, name)| *name).collect();
        let has_client = !is_absent("/cloud/client_id");
        if !has_client && is_absent("/cloud/connect_url") {
            missing.push("cloud.connect_url or cloud.client_id");
        }
        if has_client && is_absent("/cloud/redirect_uri") && value.pointer("/cloud/device") != Some(&Value::Bool(true))
        {
            missing.push("cloud.redirect_uri");
        }
        if has_client && is_absent("/bundle/recipients") {
            missing.push("bundle.recipients");
        }
        if !missing.is_empty() {
            return Err(KitError::Missing(missing));
        }
        let receipts_url = value.pointer_mut("/webhook/receipts_url").map(Value::take);
        let absent = PARTS.iter().filter(|(_, needs)| needs.iter().any(|at| is_absent_in(&value, at)));
        for part in absent.map(|(part, _)| *part).collect::<Vec<_>>() {
            value[part] = Value::Null;
        }
        let mut kit: Self = parse::typed(value)?;
        kit.receipts_url = receipts_url.map_or(Ok(None), serde_json::from_value).map_err(|_| KitError::Invalid {
            path: "webhook.receipts_url".to_owned(),
            why: "it is not a URL".to_owned(),
        })?;
        Ok(kit)
    }

    /// All problems, in the order of the kit. Recipients are checked when they are parsed for sealing.
    #[must_use]
    pub fn check(&self, now: Timestamp, delivery: DeliveryMode) -> Vec<KitProblem> {
        let mut problems = Problems::default();
        problems.expiry(self.expires_at, now);
        if self.cloud.client_id.is_some()
            && let Some(bundle) = &self.bundle
        {
            bundle.check(delivery, &mut problems);
        }
        let urls = [
            ("webhook.receipts_url", &self.receipts_url),
            ("status_url", &self.status_url),
            ("disconnect_url", &self.disconnect_url),
        ];
        for (path, url) in urls {
            problems.optional_address(path, url.as_ref());
        }
        self.cloud.check(&mut problems);
        problems.0
    }

    /// What is trusted of it; the same as of the [`Kit`](super::Kit) in the same text.
    #[must_use]
    pub fn trusted(&self) -> TrustedValues {
        self.trusted_parts().values()
    }

    /// The origins of the addresses that are asked with the key of Factory's API.
    #[must_use]
    pub fn key_origins(&self) -> BTreeSet<String> {
        self.trusted_parts().key_origins()
    }

    /// The kit with the values that flags replace.
    #[must_use]
    pub fn with(mut self, overrides: Overrides) -> Self {
        if let Some(bundle) = &mut self.bundle {
            bundle.replace(overrides.recipients, overrides.upload_url);
        }
        self
    }

    fn trusted_parts(&self) -> TrustedParts<'_> {
        let Self {
            schema: _,
            organization,
            expires_at: _,
            cloud,
            bundle,
            status_url,
            disconnect_url,
            receipts_url,
            answers: _,
            application,
            webhook,
            token,
            network,
        } = self;
        TrustedParts {
            organization,
            application: application.as_ref(),
            webhook: webhook.as_ref(),
            receipts_url: receipts_url.as_ref(),
            token,
            bundle: bundle.as_ref(),
            status_url: status_url.as_ref(),
            disconnect_url: disconnect_url.as_ref(),
            network,
            cloud: Some(cloud),
        }
    }
}

pub(super) fn is_absent_in(value: &Value, at: &str) -> bool {
    value.pointer(at).is_none_or(Value::is_null)
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::{AnyKit, Kit, KitForm as _};
    use super::*;

    /// A kit for GitLab.com and nothing else.
    fn cloud_only() -> Value {
        json!({
            "schema": super::super::SCHEMA,
            "organization": { "id": "org_acme", "name": "Acme" },
            "cloud": {
                "url": "https://gitlab.com", "client_id": "f00d", "redirect_uri": "http://127.0.0.1/callback",
                "connect_url": "https://api.factory.example/sessions",
                "candidates_url": "https://api.factory.example/candidates",
                "selection_url": "https://api.factory.example/selection",
            },
            "bundle": { "recipients": ["age1abc"], "upload_url": "https://api.factory.example/bundles" },
        })
    }

    /// The same kit with the parts for a self-hosted instance.
    fn both() -> Value {
        let mut kit = cloud_only();
        kit["application"] = json!({ "redirect_uri": "https://api.factory.example/callback" });
        kit["webhook"] = json!({
            "url": "https://hooks.factory.example/a", "secret_token": "cloud-9vQ4mZx7Lp2wRk8T",
            "receipts_url": "https://receipts.factory.example/r",
        });
        kit
    }

    fn edited(mut kit: Value, edit: impl FnOnce(&mut Value)) -> String {
        edit(&mut kit);
        kit.to_string()
    }

    #[test]
    fn a_kit_for_gitlab_com_needs_none_of_the_parts_for_a_self_hosted_instance() {
        let text =
            edited(cloud_only(), |kit| kit["cloud"].as_object_mut().map_or((), |cloud| drop(cloud.remove("url"))));
        let kit = CloudKit::parse(&text).expect("a kit for GitLab.com");
        assert_eq!(kit.cloud.url.as_str(), "https://gitlab.com/");
        assert_eq!(kit.cloud.scopes, ["api", "read_user"]);
        assert!(!kit.cloud.device);
        let error = Kit::parse(&cloud_only().to_string()).expect_err("not for a self-hosted instance").to_string();
        assert_eq!(error, "the kit lacks application.redirect_uri, webhook.url, webhook.secret_token");
    }

    #[test]
    fn what_a_kit_for_gitlab_com_lacks_is_named_at_once() {
        for (edit, wanted) in [
            ((|kit| kit["cloud"] = Value::Null) as fn(&mut Value), "the kit lacks cloud"),
            (
                |kit| {
                    kit["organization"] = Value::Null;
                    kit["cloud"] = json!({ "url": "https://gitlab.com" });
                },
                "the kit lacks organization.id, cloud.selection_url, cloud.connect_url or cloud.client_id",
            ),
            (
                |kit| {
                    kit["cloud"]["redirect_uri"] = Value::Null;
                    kit["bundle"] = Value::Null;
                },
                "the kit lacks cloud.redirect_uri, bundle.recipients",
            ),
            (
                |kit| kit["cloud"]["device"] = json!("yes"),
                "the kit is invalid at cloud.device: invalid type: string …, expected a boolean",
            ),
            (
                |kit| kit["webhook"] = json!({ "receipts_url": "hunter2" }),
                "the kit is invalid at webhook.receipts_url: it is not a URL",
            ),
        ] {
            let error = CloudKit::parse(&edited(cloud_only(), edit)).expect_err(wanted);
            assert_eq!(error.to_string(), wanted);
        }
    }

    #[test]
    fn sessions_of_factory_s_need_no_bundle_and_the_device_flow_no_redirect() {
        for edit in [
            (|kit: &mut Value| {
                kit["cloud"]["client_id"] = Value::Null;
                kit["bundle"] = Value::Null;
            }) as fn(&mut Value),
            |kit| {
                kit["cloud"]["redirect_uri"] = Value::Null;
                kit["cloud"]["device"] = json!(true);
            },
            |kit| kit["webhook"] = json!({ "receipts_url": "https://receipts.factory.example/r" }),
        ] {
            let kit = CloudKit::parse(&edited(cloud_only(), edit)).expect("a kit for GitLab.com");
            assert_eq!(problems(&kit), Vec::<String>::new());
        }
    }

    fn problems(kit: &CloudKit) -> Vec<String> {
        let now = "2026-11-21T00:00:00Z".parse().expect("a time");
        let problems = kit.check(now, DeliveryMode::Upload).into_iter();
        problems.map(|problem| format!("{}: {}", problem.path, problem.message)).collect()
    }

    #[test]
    fn every_problem_of_the_cloud_section_is_named_with_its_path() {
        const LOCALHOST: &str = "cloud.redirect_uri: GitLab compares the port of localhost, and the port differs with each run; it must be http://127.0.0.1 with a path";
        const OTHER: &str = "cloud.redirect_uri: it is not the address of this machine: http://127.0.0.1 with a path";
        for (path, value, wanted) in [
            ("/cloud/url", json!("http://gitlab.com"), "cloud.url: it must be an https URL"),
            (
                "/cloud/url",
                json!("https://gitlab.com/?a=b"),
                "cloud.url: it is the address of GitLab, without a query or fragment",
            ),
            ("/cloud/client_id", json!(" "), "cloud.client_id: it is empty"),
            (
                "/cloud/client_id",
                json!("two words"),
                "cloud.client_id: it holds white space; it is the application ID that GitLab shows",
            ),
            ("/cloud/redirect_uri", json!("http://localhost/callback"), LOCALHOST),
            ("/cloud/redirect_uri", json!("https://127.0.0.1/callback"), OTHER),
            ("/cloud/redirect_uri", json!("https://api.factory.example/callback"), OTHER),
            ("/cloud/redirect_uri", json!("http://[::1]/callback"), OTHER),
            (
                "/cloud/redirect_uri",
                json!("http://127.0.0.1/callback#x"),
                "cloud.redirect_uri: it has a fragment (#), which OAuth forbids",
            ),
            ("/cloud/connect_url", json!("http://api.factory.example"), "cloud.connect_url: it must be an https URL"),
            (
                "/cloud/candidates_url",
                json!("https://a:b@api.factory.example"),
                "cloud.candidates_url: it holds a user name or password",
            ),
            ("/cloud/selection_url", json!("ftp://a"), "cloud.selection_url: it must be an https URL"),
            (
                "/bundle/upload_url",
                Value::Null,
                "bundle.upload_url: it is missing; give --upload-url, or write a file: factory-gitlab connect --bundle-out PATH",
            ),
        ] {
            for kit in [cloud_only(), both()] {
                let text = edited(kit, |kit| *kit.pointer_mut(path).expect("a field") = value.clone());
                let kit = CloudKit::parse(&text).expect("a well-formed kit");
                assert_eq!(problems(&kit), [wanted], "{path} {value}");
            }
            // The section is judged alike in a kit that is read for a self-hosted instance.
            let text = edited(both(), |kit| *kit.pointer_mut(path).expect("a field") = value.clone());
            let now = "2026-11-21T00:00:00Z".parse().expect("a time");
            let found = Kit::parse(&text).expect("a kit").check(now, DeliveryMode::Upload);
            assert_eq!(found.iter().map(|one| format!("{}: {}", one.path, one.message)).collect::<Vec<_>>(), [wanted]);
        }
        let text = edited(cloud_only(), |kit| {
            kit["cloud"]["scopes"] = json!([]);
            kit["cloud"]["selection_url"] = json!("http://a.example");
        });
        assert_eq!(problems(&CloudKit::parse(&text).expect("a kit")).len(), 2);
        let text = edited(both(), |kit| kit["cloud"] = json!({ "device": true }));
        let now = "2026-11-21T00:00:00Z".parse().expect("a time");
        let found = Kit::parse(&text).expect("a kit").check(now, DeliveryMode::Upload);
        assert_eq!(found.len(), 2, "{found:?}");
    }

    #[test]
    fn one_text_has_one_fingerprint_whatever_it_is_read_for() {
        let text = both().to_string();
        let (whole, cloud) = (Kit::parse(&text).expect("a kit"), CloudKit::parse(&text).expect("a kit"));
        assert_eq!(whole.trusted(), cloud.trusted());
        assert_eq!(whole.key_origins(), cloud.key_origins());
        assert_eq!(
            cloud.key_origins().into_iter().collect::<Vec<_>>(),
            ["https://api.factory.example", "https://receipts.factory.example"]
        );
        let any = AnyKit::parse(&text).expect("a kit");
        assert_eq!(any.trusted(), whole.trusted());
        assert!(matches!(any, AnyKit::SelfHosted(_)));
        let only = AnyKit::parse(&cloud_only().to_string()).expect("a kit");
        assert!(matches!(only, AnyKit::Cloud(_)));
    }

    #[test]
    fn a_kit_that_lacks_one_field_of_a_self_hosted_instance_s_is_not_taken_for_one_of_gitlab_com() {
        let text = edited(both(), |kit| kit["webhook"]["secret_token"] = Value::Null);
        let error = AnyKit::parse(&text).expect_err("a field is missing").to_string();
        assert_eq!(error, "the kit lacks webhook.secret_token");
    }

    #[test]
    fn every_address_redirect_and_scope_of_the_cloud_section_changes_the_fingerprint() {
        let old = CloudKit::parse(&cloud_only().to_string()).expect("a kit").trusted();
        for (field, value) in [
            ("url", json!("https://evil.example")),
            ("client_id", json!("beef")),
            ("scopes", json!(["api"])),
            ("redirect_uri", json!("http://127.0.0.1/other")),
            ("connect_url", json!("https://evil.example/sessions")),
            ("candidates_url", json!("https://evil.example/candidates")),
            ("selection_url", json!("https://evil.example/selection")),
        ] {
            let text = edited(cloud_only(), |kit| kit["cloud"][field] = value);
            let new = CloudKit::parse(&text).expect("a kit").trusted();
            let changed: Vec<String> = old.changes(&new).into_iter().map(|change| change.field).collect();
            assert_eq!(changed, [format!("cloud.{field}")]);
        }
    }
}
