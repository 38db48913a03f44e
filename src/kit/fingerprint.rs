//! What is trusted of a kit, and its fingerprint: whoever can change the recipient or an address reads the secrets.
//!
//! The canonical form is a JSON object without white space: each field by its path, in the order of the paths, with its
//! values as a list of texts; fields without a value are left out. Of values whose order means nothing (recipients, scopes,
//! events, network) the list is sorted and free of repetitions. Secrets and the date of expiry are not in it: of a query
//! of an address, which may hold a secret, only a digest, and nothing of a pre-signed address's, which differs every day.

mod named;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize, Serializer};
use sha2::{Digest as _, Sha256};
use url::Url;

use super::bundle::is_presigned;
use super::{
    ApplicationTerms, BundleTerms, CloudTerms, Kit, NetworkTerms, Organization, TokenTerms, Upload, WebhookTerms,
};
use crate::instance::bare;

pub use self::named::{FingerprintError, NamedFingerprint};

/// How many hexadecimal digits are shown: 96 bits.
const SHOWN: usize = 24;

/// What is trusted, by the path of the field.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(transparent)]
pub struct TrustedValues(BTreeMap<String, Vec<String>>);

/// How one trusted field differs between two kits. An empty list is a field without a value.
#[derive(Clone, Debug, Eq, Hash, PartialEq, Serialize)]
pub struct KitChange {
    pub field: String,
    pub from: Vec<String>,
    pub to: Vec<String>,
}

impl fmt::Display for KitChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |values: &[String]| if values.is_empty() { "none".to_owned() } else { values.join(", ") };
        write!(f, "{}: {} → {}", self.field, list(&self.from), list(&self.to))
    }
}

/// The SHA-256 of the canonical form. It is shown, and in JSON, as its first 96 bits in groups.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct KitFingerprint(String);

impl fmt::Display for KitFingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, digit) in self.0.chars().take(SHOWN).enumerate() {
            if place > 0 && place % 4 == 0 {
                f.write_str("-")?;
            }
            write!(f, "{digit}")?;
        }
        Ok(())
    }
}

impl Serialize for KitFingerprint {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl TrustedValues {
    #[must_use]
    pub fn fingerprint(&self) -> KitFingerprint {
        // Texts in a map always have a JSON form.
        let canonical = serde_json::to_vec(&self.0).unwrap_or_default();
        KitFingerprint(Sha256::digest(canonical).iter().map(|byte| format!("{byte:02x}")).collect())
    }

    /// What differs in `new`, by field.
    #[must_use]
    pub fn changes(&self, new: &Self) -> Vec<KitChange> {
        let fields: BTreeSet<&String> = self.0.keys().chain(new.0.keys()).collect();
        let change = |field: &String| KitChange {
            field: field.clone(),
            from: self.0.get(field).cloned().unwrap_or_default(),
            to: new.0.get(field).cloned().unwrap_or_default(),
        };
        fields.into_iter().map(change).filter(|change| change.from != change.to).collect()
    }

    /// The values of one field.
    #[must_use]
    pub fn values(&self, field: &str) -> &[String] {
        self.0.get(field).map(Vec::as_slice).unwrap_or_default()
    }

    fn add(&mut self, field: &str, values: impl IntoIterator<Item = String>) {
        let values: Vec<String> = values.into_iter().filter(|value| !value.is_empty()).collect();
        if !values.is_empty() {
            self.0.insert(field.to_owned(), values);
        }
    }

    /// Values whose order means nothing.
    fn add_set(&mut self, field: &str, values: impl IntoIterator<Item = String>) {
        self.add(field, values.into_iter().collect::<BTreeSet<String>>());
    }

    fn add_address(&mut self, field: &str, url: Option<&Url>) {
        self.add(field, url.map(address));
    }
}

/// The parts of a kit that are trusted, whatever it is read for; those of a self-hosted instance may be absent.
pub(super) struct TrustedParts<'k> {
    pub organization: &'k Organization,
    pub application: Option<&'k ApplicationTerms>,
    pub webhook: Option<&'k WebhookTerms>,
    pub receipts_url: Option<&'k Url>,
    pub token: &'k TokenTerms,
    pub bundle: Option<&'k BundleTerms>,
    pub status_url: Option<&'k Url>,
    pub disconnect_url: Option<&'k Url>,
    pub network: &'k NetworkTerms,
    pub cloud: Option<&'k CloudTerms>,
}

impl TrustedParts<'_> {
    pub(super) fn values(&self) -> TrustedValues {
        let mut values = TrustedValues::default();
        values.add("organization.id", [self.organization.id.clone()]);
        values.add("organization.name", [self.organization.name.clone()]);
        self.application.into_iter().for_each(|application| application.add_to(&mut values));
        self.webhook.into_iter().for_each(|webhook| webhook.add_to(&mut values));
        values.add_address("webhook.receipts_url", self.receipts_url);
        let TokenTerms { handover, scopes } = self.token;
        values.add("token.handover", [handover.to_string()]);
        values.add_set("token.scopes", scopes.iter().cloned());
        self.bundle.into_iter().for_each(|bundle| bundle.add_to(&mut values));
        values.add_address("status_url", self.status_url);
        values.add_address("disconnect_url", self.disconnect_url);
        self.network.add_to(&mut values);
        self.cloud.into_iter().for_each(|cloud| cloud.add_to(&mut values));
        values
    }

    pub(super) fn key_origins(&self) -> BTreeSet<String> {
        let upload =
            self.bundle.and_then(BundleTerms::upload).filter(Upload::takes_key).map(|upload| origin(&upload.url));
        let of_cloud = self.cloud.into_iter().flat_map(|cloud| {
            [cloud.connect_url.as_ref(), cloud.candidates_url.as_ref(), cloud.selection_url.as_ref()]
        });
        let asked = [self.receipts_url, self.status_url, self.disconnect_url].into_iter().chain(of_cloud);
        asked.flatten().map(origin).chain(upload).collect()
    }
}

impl Kit {
    /// What is trusted of it.
    #[must_use]
    pub fn trusted(&self) -> TrustedValues {
        self.trusted_parts().values()
    }

    /// The origins of the addresses that are asked with the key of Factory's API.
    #[must_use]
    pub fn key_origins(&self) -> BTreeSet<String> {
        self.trusted_parts().key_origins()
    }

    /// Each part is taken apart by name: a new field has to be decided on here.
    fn trusted_parts(&self) -> TrustedParts<'_> {
        let Self {
            schema: _,
            organization,
            expires_at: _,
            application,
            webhook,
            token,
            bundle,
            status_url,
            disconnect_url,
            answers: _,
            network,
            cloud,
        } = self;
        TrustedParts {
            organization,
            application: Some(application),
            webhook: Some(webhook),
            receipts_url: webhook.receipts_url.as_ref(),
            token,
            bundle: Some(bundle),
            status_url: status_url.as_ref(),
            disconnect_url: disconnect_url.as_ref(),
            network,
            cloud: cloud.as_ref(),
        }
    }
}

impl CloudTerms {
    fn add_to(&self, values: &mut TrustedValues) {
        let Self { url, client_id, scopes, redirect_uri, device: _, connect_url, candidates_url, selection_url } = self;
        values.add_address("cloud.url", Some(url));
        values.add("cloud.client_id", client_id.clone());
        values.add_set("cloud.scopes", scopes.iter().cloned());
        values.add("cloud.redirect_uri", redirect_uri.clone());
        values.add_address("cloud.connect_url", connect_url.as_ref());
        values.add_address("cloud.candidates_url", candidates_url.as_ref());
        values.add_address("cloud.selection_url", selection_url.as_ref());
    }
}

impl ApplicationTerms {
    fn add_to(&self, values: &mut TrustedValues) {
        let Self { name: _, redirect_uri, scopes, confidential, trusted } = self;
        values.add("application.confidential", [confidential.to_string()]);
        values.add("application.redirect_uri", [redirect_uri.clone()]);
        // It is unusual, and a kit without it keeps its fingerprint.
        values.add("application.trusted", trusted.then(|| trusted.to_string()));
        values.add_set("application.scopes", scopes.iter().cloned());
    }
}

impl WebhookTerms {
    fn add_to(&self, values: &mut TrustedValues) {
        let Self { url, secret_token: _, previous_secret_token: _, signing_token: _, events, receipts_url: _ } = self;
        values.add_address("webhook.url", Some(url));
        values.add_set("webhook.events", events.iter().map(ToString::to_string));
    }
}

impl BundleTerms {
    fn add_to(&self, values: &mut TrustedValues) {
        let Self { recipients, upload_url, method, auth: _ } = self;
        values.add_set("bundle.recipients", recipients.iter().map(|one| one.trim().to_owned()));
        let shown = |url: &Url| if is_presigned(url, *method) { bare(url).to_string() } else { address(url) };
        values.add("bundle.method", upload_url.as_ref().map(|_| method.name().to_owned()));
        // Only where it is unusual, so that what was accepted before this program knew of it stays the same.
        values.add("bundle.auth", self.unusual_auth().map(|auth| auth.name().to_owned()));
        values.add("bundle.upload_url", upload_url.as_ref().map(shown));
    }
}

impl NetworkTerms {
    fn add_to(&self, values: &mut TrustedValues) {
        let Self { endpoints, ssh_host_keys, egress_cidrs, vpc, vpn } = self;
        values.add_set("network.endpoints", endpoints.iter().map(described));
        values.add_set("network.ssh_host_keys", ssh_host_keys.iter().cloned());
        values.add_set("network.egress_cidrs", egress_cidrs.iter().cloned());
        if let Some(super::Vpc { id, account, region, cidrs }) = vpc {
            values.add("network.vpc", [listed(&[id, account, region, &cidrs.join(",")])]);
        }
        if let Some(super::Vpn { endpoints, identity, ike, esp, cidrs }) = vpn {
            let identity = identity.as_deref().unwrap_or_default();
            let lists = [endpoints, ike, esp, cidrs].map(|list| list.join(","));
            let [endpoints, ike, esp, cidrs] = lists.each_ref().map(String::as_str);
            values.add("network.vpn", [listed(&[endpoints, identity, ike, esp, cidrs])]);
        }
    }
}

/// Values in a row, with a dash where there is none.
fn listed(parts: &[&str]) -> String {
    parts.iter().map(|part| if part.is_empty() { "-" } else { part }).collect::<Vec<_>>().join(" ")
}

/// An address with what is more than its host and port.
fn described(endpoint: &super::Endpoint) -> String {
    let super::Endpoint { host, port, protocol, purpose: _, cidrs } = endpoint;
    let protocol = protocol.map(|protocol| format!("{protocol}://")).unwrap_or_default();
    let blocks = if cidrs.is_empty() { String::new() } else { format!(" {}", cidrs.join(",")) };
    format!("{protocol}{host}:{port}{blocks}")
}

/// Scheme, host and port of an address, as text.
#[must_use]
pub fn origin(url: &Url) -> String {
    url.origin().ascii_serialization()
}

/// Whether two lists of recipients name the same ones, in any order.
#[must_use]
pub fn is_same_set(one: &[String], other: &[String]) -> bool {
    let set = |list: &[String]| list.iter().map(|text| text.trim().to_owned()).collect::<BTreeSet<String>>();
    set(one) == set(other)
}

/// An address that can be shown and recorded: a query may hold a secret, so it is a digest.
fn address(url: &Url) -> String {
    let Some(query) = url.query() else { return bare(url).to_string() };
    let digest: String = Sha256::digest(query).iter().take(10).map(|byte| format!("{byte:02x}")).collect();
    format!("{}?sha256:{digest}", bare(url))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn kit(edit: impl FnOnce(&mut Value)) -> Kit {
        let mut kit = json!({
            "schema": super::super::SCHEMA,
            "organization": { "id": "org_acme", "name": "Acme" },
            "application": { "redirect_uri": "https://api.factory.example/callback", "scopes": ["api", "sudo"], "confidential": true },
            "token": { "handover": "minted" },
            "webhook": { "url": "https://hooks.factory.example/a?org=a", "secret_token": "kit-secret-token-1",
                         "events": ["push", "note"], "receipts_url": "https://api.factory.example/receipts" },
            "bundle": { "recipients": ["age1b", "age1a"], "upload_url": "https://api.factory.example/bundles" },
            "status_url": "https://api.factory.example/status",
            "disconnect_url": null,
            "network": { "endpoints": [{ "host": "api.factory.example", "port": 443, "protocol": null, "cidrs": [] }],
                         "ssh_host_keys": [], "egress_cidrs": ["203.0.113.0/24"], "vpc": { "id": "vpc-0", "cidrs": [] },
                         "vpn": null },
        });
        edit(&mut kit);
        Kit::parse(&kit.to_string()).expect("a well-formed kit")
    }

    #[test]
    fn the_canonical_form_is_the_documented_one() {
        let form = serde_json::to_string(&kit(|_| ()).trusted()).expect("JSON");
        insta::assert_snapshot!(form, @r#"
        {"application.confidential":["true"],"application.redirect_uri":["https://api.factory.example/callback"],"application.scopes":["api","sudo"],"bundle.method":["POST"],"bundle.recipients":["age1a","age1b"],"bundle.upload_url":["https://api.factory.example/bundles"],"network.egress_cidrs":["203.0.113.0/24"],"network.endpoints":["api.factory.example:443"],"network.vpc":["vpc-0 - - -"],"organization.id":["org_acme"],"organization.name":["Acme"],"status_url":["https://api.factory.example/status"],"token.handover":["minted"],"token.scopes":["api"],"webhook.events":["note","push"],"webhook.receipts_url":["https://api.factory.example/receipts"],"webhook.url":["https://hooks.factory.example/a?sha256:0f386663eb1723acac3f"]}
        "#);
        insta::assert_snapshot!(kit(|_| ()).trusted().fingerprint(), @r"
        1b30-880a-f596-5f3c-01bc-3afd
        ");
    }

    #[test]
    fn everything_that_is_trusted_changes_the_fingerprint_and_is_named() {
        let old = kit(|_| ()).trusted();
        for (pointer, value, field) in [
            ("/organization/id", json!("org_evil"), "organization.id"),
            ("/application/redirect_uri", json!("https://evil.example/callback"), "application.redirect_uri"),
            ("/application/scopes", json!(["api"]), "application.scopes"),
            ("/application/confidential", json!(false), "application.confidential"),
            ("/token/handover", json!("given"), "token.handover"),
            ("/webhook/url", json!("https://evil.example/a?org=a"), "webhook.url"),
            ("/webhook/url", json!("https://hooks.factory.example/a?org=b"), "webhook.url"),
            ("/webhook/events", json!(["push"]), "webhook.events"),
            ("/webhook/receipts_url", json!("https://evil.example/receipts"), "webhook.receipts_url"),
            ("/bundle/recipients", json!(["age1b", "age1evil"]), "bundle.recipients"),
            ("/bundle/upload_url", json!("https://evil.example/bundles"), "bundle.upload_url"),
            ("/status_url", json!("https://evil.example/status"), "status_url"),
            ("/disconnect_url", json!("https://evil.example/connection"), "disconnect_url"),
            ("/network/egress_cidrs", json!(["0.0.0.0/0"]), "network.egress_cidrs"),
            ("/network/endpoints/0/protocol", json!("ssh"), "network.endpoints"),
            ("/network/endpoints/0/cidrs", json!(["0.0.0.0/0"]), "network.endpoints"),
            ("/network/ssh_host_keys", json!(["SHA256:evil"]), "network.ssh_host_keys"),
            ("/network/vpc/id", json!("vpc-1"), "network.vpc"),
            ("/network/vpc/cidrs", json!(["0.0.0.0/0"]), "network.vpc"),
            ("/network/vpn", json!({ "endpoints": ["192.0.2.66"] }), "network.vpn"),
            ("/network/vpn", json!({ "identity": "evil" }), "network.vpn"),
        ] {
            let new = kit(|kit| *kit.pointer_mut(pointer).expect("a field") = value).trusted();
            assert_ne!(new.fingerprint(), old.fingerprint(), "{pointer}");
            let changed: Vec<String> = old.changes(&new).into_iter().map(|change| change.field).collect();
            assert_eq!(changed, [field]);
        }
        let trusted = old.changes(&kit(|kit| kit["application"]["trusted"] = json!(true)).trusted());
        assert_eq!(trusted.into_iter().map(|change| change.field).collect::<Vec<_>>(), ["application.trusted"]);
        let without_key = kit(|kit| kit["bundle"]["auth"] = json!("none"));
        let changed = old.changes(&without_key.trusted());
        assert_eq!(changed.into_iter().map(|change| change.field).collect::<Vec<_>>(), ["bundle.auth"]);
        let gets_key = |auth: &str| {
            kit(|kit| {
                kit["bundle"]["upload_url"] = json!("https://bundles.example/new");
                kit["bundle"]["auth"] = json!(auth);
            })
            .key_origins()
            .contains("https://bundles.example")
        };
        assert_eq!((gets_key("bearer"), gets_key("none")), (true, false));
    }

    #[test]
    fn secrets_expiry_and_order_do_not_change_the_fingerprint() {
        let same: [fn(&mut Value); 5] = [
            |kit| kit["bundle"]["auth"] = json!("bearer"),
            |kit| kit["expires_at"] = json!("2027-01-31T00:00:00Z"),
            |kit| kit["webhook"]["secret_token"] = json!("kit-secret-token-2"),
            |kit| kit["bundle"]["recipients"] = json!(["age1a", "age1b", "age1a"]),
            |kit| kit["application"]["scopes"] = json!(["sudo", "api"]),
        ];
        for edit in same {
            assert_eq!(kit(edit).trusted(), kit(|_| ()).trusted());
        }
        let signed = |query: &str| {
            let url = format!("https://store.example/bundle?{query}");
            kit(|kit| kit["bundle"] = json!({ "recipients": ["age1a"], "upload_url": url, "method": "PUT" })).trusted()
        };
        assert_eq!(signed("X-Amz-Signature=one"), signed("X-Amz-Signature=two"));
    }

    #[test]
    fn no_query_is_shown_and_a_pre_signed_address_never_gets_the_key() {
        let kit = kit(|kit| {
            kit["bundle"]["upload_url"] = json!("https://store.example/bundle?sig=hunter2");
            kit["bundle"]["method"] = json!("PUT");
            kit["status_url"] = json!("https://api.factory.example/status?key=hunter2");
        });
        let form = serde_json::to_string(&kit.trusted()).expect("JSON");
        assert!(!form.contains("hunter2"), "{form}");
        assert_eq!(kit.key_origins().into_iter().collect::<Vec<_>>(), ["https://api.factory.example"]);
    }
}
