//! Settings that replace a value of the kit.

use std::path::PathBuf;

use url::Url;

use super::super::{Commands, Definition, Heading, Question, Rehearsal, Required, Setting, Settings, ValueKind, parse};
use super::{BASE, BUNDLE_OUT, has_no_kit, settings};

const KIT_OVERRIDE: Definition = Definition {
    heading: Heading::KitOverrides,
    commands: Commands::Only(&["connect", "verify", "audit", "kit show", "kit check"]),
    ..BASE
};

/// The values that a connection needs of a kit, in the order of asking, where they are given one by one.
pub static KIT_VALUES: [&Definition; 5] = [
    &REDIRECT_URI.definition,
    &WEBHOOK_URL.definition,
    &WEBHOOK_SECRET.definition,
    &RECIPIENT.definition,
    &UPLOAD_URL.definition,
];

settings! {
    pub static REDIRECT_URI: Setting<String> = Setting {
        definition: Definition {
            key: "redirect_uri",
            flag: "--redirect-uri",
            kind: ValueKind::Url,
            value_name: "URI",
            help: "Redirect URI of the application, exactly as Factory gave it",
            name: "the redirect URI",
            question: Some(Question {
                prompt: "Redirect URI",
                help: "Of the OAuth application, exactly as Factory gave it.",
            }),
            required: Required::When(has_no_kit),
            recorded: true,
            ..KIT_OVERRIDE
        },
        parse: parse::text,
    };

    pub static SCOPE: Setting<String> = Setting {
        definition: Definition {
            key: "scope",
            flag: "--scope",
            kind: ValueKind::List,
            value_name: "SCOPE",
            help: "Scope of the application (may be repeated)",
            recorded: true,
            ..KIT_OVERRIDE
        },
        parse: parse::text,
    };

    pub static WEBHOOK_URL: Setting<Url> = Setting {
        definition: Definition {
            key: "webhook_url",
            flag: "--webhook-url",
            kind: ValueKind::Url,
            value_name: "URL",
            help: "Where the webhooks deliver to",
            name: "the webhook URL",
            question: Some(Question {
                prompt: "Webhook URL",
                help: "Factory's address that GitLab delivers events to.",
            }),
            required: Required::When(has_no_kit),
            recorded: true,
            ..KIT_OVERRIDE
        },
        parse: parse::url,
    };

    pub static WEBHOOK_SECRET: Setting<PathBuf> = Setting {
        definition: Definition {
            key: "webhook_secret_file",
            flag: "--webhook-secret-file",
            variable: Some("FACTORY_WEBHOOK_SECRET"),
            kind: ValueKind::Secret,
            value_name: "PATH",
            help: "File with the webhooks' secret token; - reads standard input",
            name: "the webhooks' secret token",
            question: Some(Question {
                prompt: "Webhook secret token",
                help: "As Factory gave it; GitLab sends it with each event. It is not shown while you type.",
            }),
            required: Required::When(has_no_kit),
            ..KIT_OVERRIDE
        },
        parse: parse::path,
    };

    pub static RECIPIENT: Setting<String> = Setting {
        definition: Definition {
            key: "recipient",
            flag: "--recipient",
            kind: ValueKind::List,
            value_name: "AGE1…",
            help: "age recipient that the bundle is sealed for (may be repeated)",
            rehearsal: Rehearsal::Refused,
            name: "the age recipient of the bundle",
            question: Some(Question {
                prompt: "Recipient of the bundle (age1…)",
                help: "Factory's public age key; several are separated by spaces. Only they can open the bundle.",
            }),
            required: Required::When(has_no_kit),
            recorded: true,
            ..KIT_OVERRIDE
        },
        parse: parse::text,
    };

    pub static UPLOAD_URL: Setting<Url> = Setting {
        definition: Definition {
            key: "upload_url",
            flag: "--upload-url",
            kind: ValueKind::Url,
            value_name: "URL",
            help: "Where the sealed bundle is uploaded to",
            name: "where the bundle is uploaded to",
            question: Some(Question {
                prompt: "Upload URL (Enter to write the bundle to a file instead)",
                help: "Factory's address for the sealed bundle.",
            }),
            prompt_to_change: Some("Upload URL"),
            required: Required::When(is_upload_without_kit),
            commands: Commands::Only(&["connect", "verify", "kit show", "kit check", "bundle upload"]),
            recorded: true,
            ..KIT_OVERRIDE
        },
        parse: parse::url,
    };
}

fn is_upload_without_kit(settings: &Settings) -> bool {
    has_no_kit(settings) && !settings.is_set(&BUNDLE_OUT)
}
