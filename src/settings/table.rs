//! The names of every setting: flag, variable and answers-file key, in one table.

/// What a setting's value is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ValueKind {
    Text,
    Number,
    Switch,
    List,
    /// A file; in an answers file it is relative to that file.
    Path,
    Paths,
    /// The flag and the key name a file that holds the secret; the variable holds the secret itself.
    Secret,
}

/// The names of one setting.
#[derive(Debug)]
pub struct Setting {
    /// The answers-file key, which is also the identifier of the flag.
    pub key: &'static str,
    /// With its dashes.
    pub flag: &'static str,
    pub variable: Option<&'static str>,
    pub kind: ValueKind,
}

impl PartialEq for Setting {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

impl Eq for Setting {}

/// The setting with an answers-file key.
#[must_use]
pub fn named(key: &str) -> Option<&'static Setting> {
    ALL.iter().copied().find(|setting| setting.key == key)
}

macro_rules! settings {
    ($($(#[$doc:meta])* $name:ident: $key:literal, $flag:literal, $variable:expr, $kind:ident;)+) => {
        /// One constant for each setting, to name it by.
        pub mod keys {
            use super::{Setting, ValueKind};
            $(
                $(#[$doc])*
                pub static $name: Setting =
                    Setting { key: $key, flag: $flag, variable: $variable, kind: ValueKind::$kind };
            )+
        }
        /// Every setting there is.
        pub static ALL: &[&Setting] = &[$(&keys::$name),+];
    };
}

settings! {
    GITLAB_URL: "gitlab_url", "--gitlab-url", Some("GITLAB_URL"), Text;
    TOKEN: "token_file", "--token-file", Some("GITLAB_TOKEN"), Secret;
    /// A path, `-`, or an https URL.
    KIT: "kit", "--kit", Some("FACTORY_KIT"), Path;
    FACTORY_KEY: "factory_key_file", "--factory-key-file", Some("FACTORY_API_KEY"), Secret;
    CA_CERT: "ca_cert", "--ca-cert", Some("FACTORY_GITLAB_CA_CERT"), Paths;
    CLIENT_CERT: "client_cert", "--client-cert", None, Path;
    /// `none` is no proxy at all. Where nothing is said, HTTPS_PROXY, HTTP_PROXY and NO_PROXY decide for each host.
    PROXY: "proxy", "--proxy", Some("FACTORY_GITLAB_PROXY"), Text;
    TIMEOUT: "timeout", "--timeout", None, Number;
    CONCURRENCY: "concurrency", "--concurrency", None, Number;
    LOG_FILE: "log_file", "--log-file", Some("FACTORY_LOG_FILE"), Path;
    /// The approval of a plan.
    YES: "yes", "--yes", None, Switch;
    /// `store` or `off`.
    KEYRING: "keyring", "--keyring", None, Text;

    APPLICATION: "application", "--application", None, Text;
    APPLICATION_ID: "application_id", "--application-id", Some("FACTORY_GITLAB_APPLICATION_ID"), Text;
    APPLICATION_SECRET: "application_secret_file", "--application-secret-file",
        Some("FACTORY_GITLAB_APPLICATION_SECRET"), Secret;
    RENEW_SECRET: "renew_secret", "--renew-secret", None, Switch;
    WEBHOOKS: "webhooks", "--webhooks", None, Text;
    GROUP: "group", "--group", None, List;
    PROJECT: "project", "--project", None, List;
    EXCLUDE: "exclude", "--exclude", None, List;
    PERSONAL: "personal", "--personal", None, Switch;
    BUNDLE_OUT: "bundle_out", "--bundle-out", None, Path;
    AUDIT_LOG: "audit_log", "--audit-log", None, Path;
    HANDOVER_TOKEN: "handover_token", "--handover-token", None, Text;

    REDIRECT_URI: "redirect_uri", "--redirect-uri", None, Text;
    SCOPE: "scope", "--scope", None, List;
    WEBHOOK_URL: "webhook_url", "--webhook-url", None, Text;
    WEBHOOK_SECRET: "webhook_secret_file", "--webhook-secret-file", Some("FACTORY_WEBHOOK_SECRET"), Secret;
    RECIPIENT: "recipient", "--recipient", None, List;
    UPLOAD_URL: "upload_url", "--upload-url", None, Text;
}
