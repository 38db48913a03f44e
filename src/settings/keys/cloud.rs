//! Settings of a connection to GitLab.com.

use std::time::Duration;

use super::super::{Commands, Definition, Heading, Question, Setting, ValueKind, parse};
use super::{BASE, GROUP, PERSONAL, PROJECT, settings};

const CLOUD_OPTION: Definition = Definition { heading: Heading::Cloud, commands: Commands::Only(&["connect"]), ..BASE };

/// What a command that runs this one again has to say as well, in this order.
pub static CLOUD_CHOICES: &[&Definition] = &[
    &CLOUD.definition,
    &DEVICE.definition,
    &ALL.definition,
    &GROUP.definition,
    &PROJECT.definition,
    &PERSONAL.definition,
    &FUTURE.definition,
    &ACCOUNT.definition,
    &PROVE.definition,
];

/// [`TOKEN`](super::TOKEN) as it is asked for where any user's will do.
pub static CLOUD_TOKEN: Definition = Definition {
    name: "a personal access token with the scope read_api",
    question: Some(Question {
        prompt: "Personal access token",
        help: "The scope read_api is enough to verify; --prove needs api. It is not shown while you type.",
    }),
    ..super::TOKEN.definition
};

/// Whether a setting says something of an application, of webhooks or of a bundle, which a connection to GitLab.com does not have.
pub(crate) fn is_self_hosted_only(setting: &Definition) -> bool {
    let is_shared = ["group", "project", "personal", "recipient", "upload_url"].contains(&setting.key);
    let is_of_parts = matches!(setting.heading, Heading::Application | Heading::Webhooks | Heading::KitOverrides);
    !is_shared && (is_of_parts || ["bundle_out", "handover_token"].contains(&setting.key))
}

settings! {
    pub static CLOUD: Setting<bool> = Setting {
        definition: Definition {
            key: "cloud",
            flag: "--cloud",
            kind: ValueKind::Switch,
            help: "The connection to GitLab.com, as the kit's cloud section has it",
            commands: Commands::Only(&["connect", "verify", "disconnect"]),
            ..CLOUD_OPTION
        },
        parse: parse::switch,
    };

    pub static DEVICE: Setting<bool> = Setting {
        definition: Definition {
            key: "device",
            flag: "--device",
            kind: ValueKind::Switch,
            help: "Authorize with a code that is typed in a browser on another machine",
            ..CLOUD_OPTION
        },
        parse: parse::switch,
    };

    pub static ALL: Setting<bool> = Setting {
        definition: Definition {
            key: "all",
            flag: "--all",
            kind: ValueKind::Switch,
            help: "Select everything that the account reaches now",
            ..CLOUD_OPTION
        },
        parse: parse::switch,
    };

    pub static FUTURE: Setting<bool> = Setting {
        definition: Definition {
            key: "future",
            flag: "--future",
            kind: ValueKind::Switch,
            help: "With --all or --group: also what is added later",
            ..CLOUD_OPTION
        },
        parse: parse::switch,
    };

    pub static ACCOUNT: Setting<String> = Setting {
        definition: Definition {
            key: "account",
            flag: "--account",
            value_name: "NAME",
            help: "Accept only the authorization of this user",
            ..CLOUD_OPTION
        },
        parse: parse::account,
    };

    pub static AUTHORIZATION_TIMEOUT: Setting<Duration> = Setting {
        definition: Definition {
            key: "authorization_timeout",
            flag: "--authorization-timeout",
            value_name: "DURATION",
            help: "How long the authorization is waited for [default: 10m]",
            ..CLOUD_OPTION
        },
        parse: parse::duration,
    };

    pub static WAIT: Setting<Duration> = Setting {
        definition: Definition {
            key: "wait",
            flag: "--wait",
            value_name: "DURATION",
            help: "How long Factory's \"connected\" is waited for [default: 10m]",
            ..CLOUD_OPTION
        },
        parse: parse::duration,
    };

    pub static PROVE: Setting<String> = Setting {
        definition: Definition {
            key: "prove",
            flag: "--prove",
            value_name: "PROJECT",
            help: "Prove it with a merge request in this project, which is removed",
            ..CLOUD_OPTION
        },
        parse: parse::project,
    };
}
