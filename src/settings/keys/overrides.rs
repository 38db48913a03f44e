//! Settings that replace a value of the kit.

use std::path::PathBuf;

use url::Url;

use super::super::{Commands, Definition, Heading, Rehearsal, Required, Setting, Settings, ValueKind, parse};
use super::{BASE, BUNDLE_OUT, has_no_kit, settings};

const KIT_OVERRIDE: Definition = Definition {
    heading: Heading::KitOverrides,
    commands: Commands::Only(&["connect", "verify", "kit show", "kit check"]),
    ..BASE
};

settings! {
    pub static REDIRECT_URI: Setting<String> = Setting {
        definition: Definition {
            key: "redirect_uri",
            flag: "--redirect-uri",
            kind: ValueKind::Url,
            value_name: "URI",
            help: "Redirect URI of the application, exactly as Factory gave it",
            name: "the redirect URI",
            required: Required::When(has_no_kit),
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
            required: Required::When(has_no_kit),
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
            required: Required::When(has_no_kit),
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
            required: Required::When(is_upload_without_kit),
            commands: Commands::Only(&["connect", "verify", "kit show", "kit check", "bundle upload"]),
            ..KIT_OVERRIDE
        },
        parse: parse::url,
    };
}

fn is_upload_without_kit(settings: &Settings) -> bool {
    has_no_kit(settings) && !settings.is_set(&BUNDLE_OUT)
}
