//! What GitLab tells of its own network: what webhooks may reach, where its SSH is, which addresses a group lets in.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Error, Reader};
use crate::http::Expected;
use crate::network::outbound::{OutboundKey, OutboundSettings, SilentMode};

/// `GET /application/settings`, as far as it is about the network. gitlab: lib/api/entities/application_setting.rb,
/// app/helpers/application_settings_helper.rb, `visible_attributes`
#[derive(Deserialize)]
struct SettingsWire {
    #[serde(default)]
    allow_local_requests_from_web_hooks_and_services: Option<bool>,
    /// The older name of the same.
    #[serde(default)]
    allow_local_requests_from_hooks_and_services: Option<bool>,
    #[serde(default)]
    allow_local_requests_from_system_hooks: Option<bool>,
    /// An entry a line.
    #[serde(default)]
    outbound_local_requests_allowlist_raw: Option<String>,
    /// Documented, and returned by no version that is known.
    #[serde(default)]
    outbound_local_requests_whitelist: Option<Vec<String>>,
    #[serde(default)]
    dns_rebinding_protection_enabled: Option<bool>,
    /// From 15.10.
    #[serde(default)]
    deny_all_requests_except_allowed: Option<bool>,
    #[serde(default)]
    silent_mode_enabled: Option<bool>,
    #[serde(default)]
    enabled_git_access_protocol: Option<String>,
    /// With the restriction of groups by address only.
    #[serde(default)]
    globally_allowed_ips: Option<String>,
}

/// What an administrator has set about the network.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize)]
pub struct NetworkSettings {
    /// For the webhooks of groups and projects.
    pub outbound: OutboundSettings,
    /// Whether system hooks may go to the local network.
    pub system_hooks_go_local: bool,
    pub git_access: GitAccess,
    /// The blocks that every group lets in.
    pub globally_allowed: Vec<String>,
    /// The settings of webhooks that GitLab's answer does not have.
    pub missing: Vec<OutboundKey>,
}

/// What the answer has to have one of, to be GitLab's settings at all.
const KNOWN: [&str; 8] = [
    "allow_local_requests_from_web_hooks_and_services",
    "allow_local_requests_from_hooks_and_services",
    "allow_local_requests_from_system_hooks",
    "outbound_local_requests_allowlist_raw",
    "dns_rebinding_protection_enabled",
    "deny_all_requests_except_allowed",
    "silent_mode_enabled",
    "enabled_git_access_protocol",
];

impl NetworkSettings {
    /// # Errors
    /// Why it is none of GitLab's settings.
    fn read(answer: Map<String, Value>) -> Result<Self, &'static str> {
        if !KNOWN.iter().any(|key| answer.get(*key).is_some_and(|value| !value.is_null())) {
            return Err("it has none of the settings that are looked for");
        }
        let wire = serde_json::from_value::<SettingsWire>(Value::Object(answer));
        wire.map(Self::from).map_err(|_| "a setting has another form")
    }
}

/// How Git is reached (`enabled_git_access_protocol`).
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum GitAccess {
    #[default]
    Both,
    /// SSH is switched off.
    HttpOnly,
    SshOnly,
}

impl From<SettingsWire> for NetworkSettings {
    fn from(wire: SettingsWire) -> Self {
        let raw = wire.outbound_local_requests_allowlist_raw.as_deref().map(OutboundSettings::entries);
        let usual = OutboundSettings::default();
        let allows_local =
            wire.allow_local_requests_from_web_hooks_and_services.or(wire.allow_local_requests_from_hooks_and_services);
        let switches = [
            (OutboundKey::DeniesAll, wire.deny_all_requests_except_allowed),
            (OutboundKey::AllowsLocal, allows_local),
            (OutboundKey::SystemHooksGoLocal, wire.allow_local_requests_from_system_hooks),
            (OutboundKey::RebindingProtection, wire.dns_rebinding_protection_enabled),
            (OutboundKey::SilentMode, wire.silent_mode_enabled),
        ];
        Self {
            missing: switches.into_iter().filter(|(_, value)| value.is_none()).map(|(key, _)| key).collect(),
            outbound: OutboundSettings {
                allowlist: raw.or(wire.outbound_local_requests_whitelist),
                allows_local: allows_local.unwrap_or(usual.allows_local),
                rebinding_protection: wire.dns_rebinding_protection_enabled.unwrap_or(usual.rebinding_protection),
                denies_all: wire.deny_all_requests_except_allowed.unwrap_or(usual.denies_all),
                mode: if wire.silent_mode_enabled == Some(true) { SilentMode::On } else { SilentMode::Off },
                proxy: usual.proxy,
            },
            system_hooks_go_local: wire.allow_local_requests_from_system_hooks.unwrap_or(true),
            git_access: match wire.enabled_git_access_protocol.as_deref() {
                Some("http") => GitAccess::HttpOnly,
                Some("ssh") => GitAccess::SshOnly,
                _ => GitAccess::Both,
            },
            globally_allowed: wire.globally_allowed_ips.as_deref().map(OutboundSettings::entries).unwrap_or_default(),
        }
    }
}

/// Where Git over SSH is.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct SshPlace {
    pub host: String,
    pub port: u16,
}

impl SshPlace {
    /// From a project's address for SSH: `git@HOST:path`, `[git@IPv6]:path`, or `ssh://git@HOST:PORT/path`; the user may be
    /// missing. gitlab: config/settings.rb, `build_gitlab_shell_ssh_path_prefix`
    #[must_use]
    pub fn of(address: &str) -> Option<Self> {
        const PORT: u16 = 22;
        if let Some(rest) = address.strip_prefix("ssh://") {
            let url = url::Url::parse(&format!("ssh://{rest}")).ok()?;
            let host = url.host_str()?.trim_matches(['[', ']']).to_owned();
            return Some(Self { host, port: url.port().unwrap_or(PORT) });
        }
        let (before, _path) = match address.strip_prefix('[') {
            Some(rest) => rest.split_once("]:")?,
            None => address.split_once(':')?,
        };
        let host = before.rsplit_once('@').map_or(before, |(_user, host)| host).trim_matches(['[', ']']);
        (!host.is_empty()).then(|| Self { host: host.to_owned(), port: PORT })
    }
}

/// gitlab: lib/api/entities/basic_project_details.rb
#[derive(Deserialize)]
struct SshAddressWire {
    #[serde(default)]
    ssh_url_to_repo: Option<String>,
}

/// A group without a parent that lets in only some addresses.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct GroupRestriction {
    pub group: String,
    /// Blocks or addresses, as GitLab has them.
    pub ranges: Vec<String>,
}

/// gitlab: ee/lib/ee/api/entities/group_detail.rb
#[derive(Deserialize)]
struct RestrictedGroupWire {
    full_path: String,
    #[serde(default)]
    ip_restriction_ranges: Option<String>,
}

impl Reader {
    /// What an administrator has set about the network.
    ///
    /// # Errors
    /// 403 unless the caller is an effective admin.
    pub async fn network_settings(&self) -> Result<NetworkSettings, Error> {
        const EXPECTED: Expected = "GitLab's settings";
        let response = self.http.send(&self.request("/application/settings")).await?;
        NetworkSettings::read(response.json(EXPECTED)?).map_err(|why| response.decode_error(EXPECTED, why))
    }

    /// Where Git over SSH is, by the address of the first project; `None` without a project or without SSH.
    ///
    /// # Errors
    /// Those of any request.
    pub async fn ssh_place(&self) -> Result<Option<SshPlace>, Error> {
        let path = "/projects?simple=true&order_by=id&sort=asc&per_page=1";
        let projects: Vec<SshAddressWire> = self.get(path, "a list of projects").await?;
        Ok(projects.into_iter().find_map(|project| SshPlace::of(&project.ssh_url_to_repo?)))
    }

    /// Which addresses a group lets in; `None` where it lets in all. Only groups without a parent can restrict them.
    ///
    /// # Errors
    /// 404 for a group that does not exist or is not visible; an address that is not let in gets 404, too.
    pub async fn group_restriction(&self, id: u64) -> Result<Option<GroupRestriction>, Error> {
        let wire: RestrictedGroupWire = self.get(&format!("/groups/{id}?with_projects=false"), "a group").await?;
        let ranges = wire.ip_restriction_ranges.as_deref().map(OutboundSettings::entries).unwrap_or_default();
        Ok((!ranges.is_empty()).then_some(GroupRestriction { group: wire.full_path, ranges }))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn settings(value: serde_json::Value) -> NetworkSettings {
        serde_json::from_value::<SettingsWire>(value).expect("settings").into()
    }

    #[test]
    fn the_allowlist_is_read_under_the_name_that_gitlab_returns() {
        let list = |value| settings(value).outbound.allowlist;
        let entries = || Some(vec!["a:443".to_owned(), "b".to_owned()]);
        assert_eq!(list(json!({ "outbound_local_requests_allowlist_raw": "a:443\nb" })), entries());
        assert_eq!(list(json!({ "outbound_local_requests_whitelist": ["a:443", "b"] })), entries());
        assert_eq!(
            list(json!({
                "outbound_local_requests_allowlist_raw": "a:443;b",
                "outbound_local_requests_whitelist": ["c"]
            })),
            entries()
        );
        assert_eq!(list(json!({})), None, "neither is there");
        assert_eq!(list(json!({ "outbound_local_requests_allowlist_raw": "" })), Some(Vec::new()));
    }

    #[test]
    fn what_has_none_of_gitlabs_settings_is_not_taken_for_them() {
        let read = |value| NetworkSettings::read(serde_json::from_value(value).expect("an object"));
        for value in [
            json!({}),
            json!({ "message": "403 Forbidden" }),
            json!({ "deny_all_requests_except_allowed": null }),
            json!({ "deny_all_requests_except_allowed": "yes" }),
        ] {
            assert!(read(value.clone()).is_err(), "{value}");
        }
        assert!(serde_json::from_value::<Map<String, Value>>(json!([])).is_err());
        assert!(read(json!({ "silent_mode_enabled": false })).is_ok());
    }

    #[test]
    fn a_setting_that_is_missing_is_named_beside_gitlabs_default() {
        let usual = NetworkSettings {
            missing: vec![
                OutboundKey::DeniesAll,
                OutboundKey::AllowsLocal,
                OutboundKey::SystemHooksGoLocal,
                OutboundKey::RebindingProtection,
                OutboundKey::SilentMode,
            ],
            outbound: OutboundSettings { allowlist: None, ..OutboundSettings::default() },
            system_hooks_go_local: true,
            ..NetworkSettings::default()
        };
        assert_eq!(settings(json!({})), usual);
        let older = settings(json!({ "allow_local_requests_from_hooks_and_services": true }));
        assert!(older.outbound.allows_local);
        assert_eq!(settings(json!({ "enabled_git_access_protocol": "http" })).git_access, GitAccess::HttpOnly);
        assert_eq!(settings(json!({ "enabled_git_access_protocol": null })).git_access, GitAccess::Both);
    }

    #[test]
    fn the_place_of_ssh_is_read_from_each_form_of_a_projects_address() {
        for (address, host, port) in [
            ("git@gitlab.acme.com:acme/web.git", "gitlab.acme.com", 22),
            ("gitlab.acme.com:acme/web.git", "gitlab.acme.com", 22),
            ("ssh://git@ssh.acme.com:2222/acme/web.git", "ssh.acme.com", 2222),
            ("ssh://ssh.acme.com:2222/acme/web.git", "ssh.acme.com", 2222),
            ("[git@fd00::5]:acme/web.git", "fd00::5", 22),
            ("ssh://git@[fd00::5]:2222/acme/web.git", "fd00::5", 2222),
        ] {
            let place = SshPlace { host: host.to_owned(), port };
            assert_eq!(SshPlace::of(address), Some(place), "{address}");
        }
        assert_eq!(SshPlace::of(""), None);
        assert_eq!(SshPlace::of("nonsense"), None);
    }
}
