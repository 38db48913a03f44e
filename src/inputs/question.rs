//! The table of everything the program may need to know.

use crate::settings::{Setting, Settings, keys};

/// When an answer has to be there.
#[derive(Clone, Copy, Debug)]
pub enum Required {
    Always,
    /// When other settings make it so.
    When(fn(&Settings) -> bool),
    /// There is a default, or it is only asked later.
    Optional,
}

/// One thing to know. Its flag, variable and answers-file key are the setting's.
#[derive(Debug)]
pub struct Question {
    pub setting: &'static Setting,
    /// What it is, in the list of what is missing.
    pub name: &'static str,
    pub prompt: &'static str,
    pub help: &'static str,
    pub required: Required,
}

impl Question {
    #[must_use]
    pub fn is_required(&self, settings: &Settings) -> bool {
        match self.required {
            Required::Always => true,
            Required::When(so) => so(settings),
            Required::Optional => false,
        }
    }
}

/// Whether the kit's values are given one by one instead of in a kit.
fn without_kit(settings: &Settings) -> bool {
    !settings.is_set(&keys::KIT)
        && [&keys::REDIRECT_URI, &keys::WEBHOOK_URL, &keys::RECIPIENT].iter().any(|setting| settings.is_set(setting))
}

fn with_kit(settings: &Settings) -> bool {
    !without_kit(settings)
}

fn upload_without_kit(settings: &Settings) -> bool {
    without_kit(settings) && !settings.is_set(&keys::BUNDLE_OUT)
}

/// `--application manual` or `existing`: the pair is not made here.
fn pair_is_given(settings: &Settings) -> bool {
    settings.text(&keys::APPLICATION).is_some_and(|how| matches!(how.value.as_str(), "manual" | "existing"))
}

macro_rules! questions {
    ($($name:ident: $what:literal, $required:expr, $prompt:literal, $help:literal;)+) => {
        /// One constant for each question.
        pub mod questions {
            use super::{Question, Required, keys, pair_is_given, upload_without_kit, with_kit, without_kit};
            $(pub static $name: Question = Question {
                setting: &keys::$name, name: $what, prompt: $prompt, help: $help, required: $required,
            };)+
        }
        /// Every question there is.
        pub static ALL: &[&Question] = &[$(&questions::$name),+];
    };
}

questions! {
    KIT: "the kit from Factory", Required::When(with_kit),
        "Kit from Factory (path or https URL)",
        "Factory gives every organization a kit: a JSON file, or an address to fetch it from.";
    FACTORY_KEY: "the key of Factory's API", Required::Optional,
        "Factory API key",
        "Begins with fk-; an owner makes it in Factory's settings.";
    GITLAB_URL: "GitLab's URL", Required::Always,
        "GitLab URL",
        "As in the browser, with the path if GitLab is installed under one: https://gitlab.acme.com";
    TOKEN: "an admin's personal access token", Required::Always,
        "Personal access token of an admin",
        "Needs the scope api, and admin_mode where Admin Mode is on. It is not shown while you type.";
    APPLICATION: "where the OAuth application comes from", Required::Optional,
        "OAuth application",
        "It can be made here, by hand in the Admin Area, or be there already.";
    APPLICATION_ID: "the application ID", Required::When(pair_is_given),
        "Application ID",
        "The long one on the application's page, not the number in the address.";
    APPLICATION_SECRET: "the application's secret", Required::When(pair_is_given),
        "Application secret",
        "GitLab shows it once. It is not shown while you type.";
    WEBHOOKS: "where the webhooks hang", Required::Optional,
        "Webhooks",
        "Group hooks need Premium or Ultimate; otherwise each project gets one.";
    GROUP: "the groups to connect", Required::Optional,
        "Groups to connect (space selects, none is all)",
        "Everything below a group is connected with it.";
    HANDOVER_TOKEN: "which token Factory gets", Required::Optional,
        "Token for Factory",
        "The kit says which token goes into the sealed bundle; this overrides it.";
    REDIRECT_URI: "the redirect URI", Required::When(without_kit),
        "Redirect URI",
        "From Factory, to the letter.";
    WEBHOOK_URL: "the webhook URL", Required::When(without_kit),
        "Webhook URL",
        "From Factory: where GitLab delivers events to.";
    WEBHOOK_SECRET: "the webhooks' secret token", Required::When(without_kit),
        "Webhook secret token",
        "From Factory. It is not shown while you type.";
    RECIPIENT: "the age recipient of the bundle", Required::When(without_kit),
        "age recipient",
        "From Factory: the public key that the bundle is sealed for (age1…).";
    UPLOAD_URL: "where the bundle is uploaded to", Required::When(upload_without_kit),
        "Upload URL",
        "From Factory.";
    KEYRING: "whether secrets are kept in the keyring", Required::Optional,
        "Keep the token in this system's keyring for the next run?",
        "It is kept under factory-gitlab, for this instance only.";
    YES: "the approval of the plan", Required::Optional,
        "Do this?",
        "Nothing has been changed so far.";
}
