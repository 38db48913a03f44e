//! Settings of every command: the instance, the kit, the network, the log.

use std::path::PathBuf;
use std::time::Duration;

use super::super::{
    Commands, Definition, Heading, KeyringUse, KitSigner, ProxyChoice, Question, Rehearsal, Required, Setting,
    Settings, ValueKind, parse,
};
use super::{BASE, has_no_kit, settings};
use crate::instance::InstanceUrl;
use crate::kit::NamedFingerprint;

const GLOBAL: Definition = Definition { heading: Heading::Global, commands: Commands::All, ..BASE };

settings! {
    pub static GITLAB_URL: Setting<InstanceUrl> = Setting {
        definition: Definition {
            key: "gitlab_url",
            flag: "--gitlab-url",
            variable: Some("GITLAB_URL"),
            kind: ValueKind::Url,
            value_name: "URL",
            help: "Base URL of GitLab, with its path if it has one (https://host/gitlab)",
            name: "GitLab's URL",
            required: Required::Always,
            question: Some(Question {
                prompt: "GitLab URL",
                help: "As in the browser, with the path if GitLab is installed under one: https://gitlab.acme.com",
            }),
            recorded: true,
            ..GLOBAL
        },
        parse: parse::instance,
    };

    pub static TOKEN: Setting<PathBuf> = Setting {
        definition: Definition {
            key: "token_file",
            flag: "--token-file",
            variable: Some("GITLAB_TOKEN"),
            kind: ValueKind::Secret,
            value_name: "PATH",
            help: "File with an admin's personal access token; - reads standard input",
            name: "an admin's personal access token",
            required: Required::Always,
            question: Some(Question {
                prompt: "Personal access token of an admin",
                help: "Needs the scope api, and admin_mode where Admin Mode is on. It is not shown while you type.",
            }),
            ..GLOBAL
        },
        parse: parse::path,
    };

    /// For a proxy in front of GitLab. The values are secrets, so there is no variable that could hold them.
    pub static HEADER_FILE: Setting<PathBuf> = Setting {
        definition: Definition {
            key: "header_file",
            flag: "--header-file",
            kind: ValueKind::Path,
            value_name: "PATH",
            help: "File with headers for GitLab alone, Name: value a line",
            rehearsal: Rehearsal::Refused,
            ..GLOBAL
        },
        parse: parse::path,
    };

    /// A path, `-`, or an https URL.
    pub static KIT: Setting<String> = Setting {
        definition: Definition {
            key: "kit",
            flag: "--kit",
            variable: Some("FACTORY_KIT"),
            kind: ValueKind::Path,
            value_name: "PATH",
            help: "The kit from Factory: a path, - or an https URL",
            name: "the kit from Factory",
            required: Required::When(has_kit),
            question: Some(Question {
                prompt: "Kit from Factory (path or URL, Enter for none)",
                help: "A JSON file, or an address to fetch it from. Without a kit its values are asked for one by one.",
            }),
            prompt_to_change: Some("Kit from Factory (path or URL, or none)"),
            recorded: true,
            rehearsal: Rehearsal::Refused,
            ..GLOBAL
        },
        parse: parse::text,
    };

    /// A condition on the kit, and a person's approval of a changed one.
    pub static KIT_FINGERPRINT: Setting<NamedFingerprint> = Setting {
        definition: Definition {
            key: "kit_fingerprint",
            flag: "--kit-fingerprint",
            variable: Some("FACTORY_KIT_FINGERPRINT"),
            value_name: "F",
            help: "Accept only the kit with this fingerprint, as kit show prints it",
            ..GLOBAL
        },
        parse: parse::fingerprint,
    };

    /// The key of a detached signature, `KIT.minisig`.
    pub static KIT_SIGNER: Setting<KitSigner> = Setting {
        definition: Definition {
            key: "kit_signer",
            flag: "--kit-signer",
            variable: Some("FACTORY_KIT_SIGNER"),
            value_name: "KEY",
            help: "Accept only a kit that this minisign key has signed (KIT.minisig)",
            ..GLOBAL
        },
        parse: parse::signer,
    };

    pub static FACTORY_KEY: Setting<PathBuf> = Setting {
        definition: Definition {
            key: "factory_key_file",
            flag: "--factory-key-file",
            variable: Some("FACTORY_API_KEY"),
            kind: ValueKind::Secret,
            value_name: "PATH",
            help: "File with the key of Factory's API; - reads standard input",
            name: "the key of Factory's API",
            question: Some(Question {
                prompt: "Factory API key",
                help: "Factory takes the bundle, and tells of deliveries, only with it. It begins with fk-; an owner \
                       creates it in Factory's settings.",
            }),
            ..GLOBAL
        },
        parse: parse::path,
    };

    pub static CA_CERT: Setting<PathBuf> = Setting {
        definition: Definition {
            key: "ca_cert",
            flag: "--ca-cert",
            variable: Some("FACTORY_GITLAB_CA_CERT"),
            kind: ValueKind::Paths,
            value_name: "PATH",
            help: "CA certificates to trust for GitLab as well (PEM; may be repeated)",
            rehearsal: Rehearsal::Refused,
            ..GLOBAL
        },
        parse: parse::path,
    };

    /// For a company that inspects the way out.
    pub static FACTORY_CA_CERT: Setting<PathBuf> = Setting {
        definition: Definition {
            key: "factory_ca_cert",
            flag: "--factory-ca-cert",
            variable: Some("FACTORY_GITLAB_FACTORY_CA_CERT"),
            kind: ValueKind::Paths,
            value_name: "PATH",
            help: "CA certificates to trust for Factory's hosts (PEM; may be repeated)",
            rehearsal: Rehearsal::Refused,
            ..GLOBAL
        },
        parse: parse::path,
    };

    pub static CLIENT_CERT: Setting<PathBuf> = Setting {
        definition: Definition {
            key: "client_cert",
            flag: "--client-cert",
            kind: ValueKind::Path,
            value_name: "PATH",
            help: "Certificate and key (PEM) for a GitLab behind mutual TLS",
            rehearsal: Rehearsal::Refused,
            ..GLOBAL
        },
        parse: parse::path,
    };

    /// `none` uses no proxy. Unless it is set, HTTPS_PROXY, HTTP_PROXY and NO_PROXY decide for each host.
    pub static PROXY: Setting<ProxyChoice> = Setting {
        definition: Definition {
            key: "proxy",
            flag: "--proxy",
            variable: Some("FACTORY_GITLAB_PROXY"),
            kind: ValueKind::Url,
            value_name: "URL",
            help: "Proxy to use, or none [default: HTTPS_PROXY, HTTP_PROXY and NO_PROXY]",
            rehearsal: Rehearsal::Only("none"),
            ..GLOBAL
        },
        parse: parse::proxy,
    };

    pub static TIMEOUT: Setting<Duration> = Setting {
        definition: Definition {
            key: "timeout",
            flag: "--timeout",
            kind: ValueKind::Number,
            value_name: "SECS",
            help: "Time limit of one request, in seconds [default: 30; network check: 5]",
            ..GLOBAL
        },
        parse: parse::seconds,
    };

    pub static CONCURRENCY: Setting<usize> = Setting {
        definition: Definition {
            key: "concurrency",
            flag: "--concurrency",
            kind: ValueKind::Number,
            value_name: "N",
            help: "Limit of requests in flight [default: 8; network check: 64]",
            ..GLOBAL
        },
        parse: parse::count,
    };

    /// The approval of a plan.
    pub static YES: Setting<bool> = Setting {
        definition: Definition {
            key: "yes",
            flag: "--yes",
            short: Some('y'),
            kind: ValueKind::Switch,
            help: "Apply the plan without asking",
            name: "the approval of the plan",
            question: Some(Question {
                prompt: "Apply this plan?",
                help: "Nothing has been changed so far.",
            }),
            ..GLOBAL
        },
        parse: parse::switch,
    };

    pub static KEYRING: Setting<KeyringUse> = Setting {
        definition: Definition {
            key: "keyring",
            flag: "--keyring",
            value_name: "USE",
            help: "Keep the token in the system's keyring [default: ask]",
            rehearsal: Rehearsal::Only("off"),
            choices: Some(parse::choices::<KeyringUse>),
            name: "whether the token is kept in the keyring",
            question: Some(Question {
                prompt: "Keep the token in this system's keyring for the next run?",
                help: "It is stored under factory-gitlab, for this instance only.",
            }),
            ..GLOBAL
        },
        parse: parse::choice,
    };

    pub static LOG_FILE: Setting<PathBuf> = Setting {
        definition: Definition {
            key: "log_file",
            flag: "--log-file",
            variable: Some("FACTORY_LOG_FILE"),
            kind: ValueKind::Path,
            value_name: "PATH",
            help: "Write a log to this file, as JSON lines without secrets",
            ..GLOBAL
        },
        parse: parse::path,
    };
}

fn has_kit(settings: &Settings) -> bool {
    !has_no_kit(settings)
}
