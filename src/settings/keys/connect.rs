//! Settings of one connection: application, webhooks, selection, delivery of the bundle.

use std::path::PathBuf;

use super::super::{
    ApplicationMode, Commands, Definition, Heading, Question, Required, Setting, Settings, ValueKind, parse,
};
use super::{BASE, settings};
use crate::kit::Handover;
use crate::target::Strategy;
use crate::text::Glob;

const CONNECT: Definition = Definition { commands: Commands::Only(&["connect"]), ..BASE };
const APPLICATION_OPTION: Definition = Definition { heading: Heading::Application, ..CONNECT };
const PAIR: Definition =
    Definition { commands: Commands::Only(&["connect", "verify", "monitor"]), ..APPLICATION_OPTION };
const SELECTION: Definition = Definition {
    heading: Heading::Webhooks,
    commands: Commands::Only(&["connect", "verify", "monitor", "audit"]),
    ..PAIR
};

/// The value of `--group` that selects every group and project. GitLab lets no group have this name.
pub const EVERYTHING: &str = "*";

settings! {
    pub static HANDOVER_TOKEN: Setting<Handover> = Setting {
        definition: Definition {
            key: "handover_token",
            flag: "--handover-token",
            value_name: "WHICH",
            help: "Put the given token in the bundle, one created for Factory, or none",
            choices: Some(parse::choices::<Handover>),
            recorded: true,
            ..CONNECT
        },
        parse: parse::choice,
    };

    pub static BUNDLE_OUT: Setting<PathBuf> = Setting {
        definition: Definition {
            key: "bundle_out",
            flag: "--bundle-out",
            kind: ValueKind::Path,
            value_name: "PATH",
            help: "Write the sealed bundle to this file instead of uploading it",
            name: "the file for the sealed bundle",
            question: Some(Question {
                prompt: "File for the sealed bundle",
                help: "It is written there for you to send to Factory; only Factory can open it.",
            }),
            recorded: true,
            commands: Commands::Only(&["connect", "rotate token"]),
            ..CONNECT
        },
        parse: parse::path,
    };

    pub static AUDIT_LOG: Setting<PathBuf> = Setting {
        definition: Definition {
            key: "audit_log",
            flag: "--audit-log",
            kind: ValueKind::Path,
            value_name: "PATH",
            help: "Append what was done to this file, as JSON lines without secrets",
            commands: Commands::Only(&[
                "connect",
                "disconnect",
                "exercise",
                "monitor",
                "rotate application-secret",
                "rotate token",
                "rotate webhook-secret",
            ]),
            ..BASE
        },
        parse: parse::path,
    };

    pub static APPLICATION: Setting<ApplicationMode> = Setting {
        definition: Definition {
            key: "application",
            flag: "--application",
            value_name: "HOW",
            help: "Create the OAuth application by API or by hand, or use an existing one",
            choices: Some(parse::choices::<ApplicationMode>),
            ..APPLICATION_OPTION
        },
        parse: parse::choice,
    };

    pub static RENEW_SECRET: Setting<bool> = Setting {
        definition: Definition {
            key: "renew_secret",
            flag: "--renew-secret",
            kind: ValueKind::Switch,
            help: "Renew the application's secret; the old one stops working at once",
            ..APPLICATION_OPTION
        },
        parse: parse::switch,
    };

    pub static RESET_WEBHOOK_SECRET: Setting<bool> = Setting {
        definition: Definition {
            key: "reset_webhook_secret",
            flag: "--reset-webhook-secret",
            kind: ValueKind::Switch,
            help: "Set the kit's secret token on every webhook again",
            heading: Heading::Webhooks,
            ..CONNECT
        },
        parse: parse::switch,
    };

    pub static APPLICATION_ID: Setting<String> = Setting {
        definition: Definition {
            key: "application_id",
            flag: "--application-id",
            variable: Some("FACTORY_GITLAB_APPLICATION_ID"),
            value_name: "ID",
            help: "The application ID (the long one, not the number)",
            name: "the application ID",
            required: Required::When(is_pair_required),
            question: Some(Question {
                prompt: "Application ID",
                help: "The long one on the application's page, not the number in the address.",
            }),
            ..PAIR
        },
        parse: parse::application_id,
    };

    pub static APPLICATION_SECRET: Setting<PathBuf> = Setting {
        definition: Definition {
            key: "application_secret_file",
            flag: "--application-secret-file",
            variable: Some("FACTORY_GITLAB_APPLICATION_SECRET"),
            kind: ValueKind::Secret,
            value_name: "PATH",
            help: "File with the application's secret; - reads standard input",
            name: "the application's secret",
            required: Required::When(is_pair_required),
            question: Some(Question {
                prompt: "Application secret",
                help: "GitLab shows it once. It is not shown while you type.",
            }),
            ..PAIR
        },
        parse: parse::path,
    };

    pub static WEBHOOKS: Setting<Strategy> = Setting {
        definition: Definition {
            key: "webhooks",
            flag: "--webhooks",
            value_name: "STRATEGY",
            help: "Where webhooks are created; auto: on groups if licensed, or projects",
            choices: Some(parse::choices::<Strategy>),
            recorded: true,
            ..SELECTION
        },
        parse: parse::choice,
    };

    pub static GROUP: Setting<String> = Setting {
        definition: Definition {
            key: "group",
            flag: "--group",
            kind: ValueKind::List,
            value_name: "PATH",
            help: "Only this group, with everything below it (may be repeated); '*': all",
            recorded: true,
            ..SELECTION
        },
        parse: parse::group,
    };

    pub static PROJECT: Setting<String> = Setting {
        definition: Definition {
            key: "project",
            flag: "--project",
            kind: ValueKind::List,
            value_name: "PATH",
            help: "Only this project (may be repeated)",
            recorded: true,
            ..SELECTION
        },
        parse: parse::project,
    };

    pub static EXCLUDE: Setting<Glob> = Setting {
        definition: Definition {
            key: "exclude",
            flag: "--exclude",
            kind: ValueKind::List,
            value_name: "GLOB",
            help: "Exclude groups and projects whose path matches (may be repeated)",
            recorded: true,
            ..SELECTION
        },
        parse: parse::pattern,
    };

    pub static PERSONAL: Setting<bool> = Setting {
        definition: Definition {
            key: "personal",
            flag: "--personal",
            kind: ValueKind::Switch,
            help: "Include the projects of personal namespaces",
            name: "whether projects of personal namespaces are included",
            question: Some(Question {
                prompt: "Include the projects of personal namespaces?",
                help: "They belong to users and not to groups, so each gets a webhook of its own.",
            }),
            recorded: true,
            ..SELECTION
        },
        parse: parse::switch,
    };

    pub static PRUNE: Setting<bool> = Setting {
        definition: Definition {
            key: "prune",
            flag: "--prune",
            kind: ValueKind::Switch,
            help: "Remove our webhooks from groups and projects that are not selected",
            name: "whether our webhooks outside the selection are removed",
            heading: Heading::Webhooks,
            question: Some(Question {
                prompt: "Remove our webhooks from groups and projects that are not selected?",
                help: "They send events that are not selected. They are removed after the others are proven.",
            }),
            ..CONNECT
        },
        parse: parse::switch,
    };
}

/// `--application manual` or `existing`: the ID and secret are not created here.
fn is_pair_required(settings: &Settings) -> bool {
    // A wrong value is an error where the application is decided on.
    settings.get(&APPLICATION).is_ok_and(|found| found.is_some_and(|found| found.value.needs_pair()))
}
