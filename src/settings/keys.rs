//! The table of settings: one static for each, to name it by.

mod cloud;
mod connect;
mod connection;
mod network;
mod overrides;

use super::{Commands, Definition, Heading, Rehearsal, Required, Settings, ValueKind};

pub use self::cloud::*;
pub use self::connect::*;
pub use self::connection::*;
pub use self::network::*;
pub use self::overrides::*;

/// Every setting, in the order of the help and the README.
pub(super) fn all() -> impl Iterator<Item = &'static Definition> {
    [connection::TABLE, connect::TABLE, cloud::TABLE, overrides::TABLE, network::TABLE].into_iter().flatten().copied()
}

/// Declares settings, and lists them in `TABLE`.
macro_rules! settings {
    ($($(#[$doc:meta])* pub static $name:ident: $type:ty = $setting:expr;)+) => {
        $($(#[$doc])* pub static $name: $type = $setting;)+
        pub(super) static TABLE: &[&super::Definition] = &[$(&$name.definition),+];
    };
}
use settings;

/// What most entries have in common; each gives its own names and help.
const BASE: Definition = Definition {
    key: "",
    flag: "",
    short: None,
    variable: None,
    kind: ValueKind::Text,
    value_name: "",
    help: "",
    heading: Heading::Options,
    commands: Commands::All,
    choices: None,
    name: "",
    required: Required::Optional,
    question: None,
    prompt_to_change: None,
    recorded: false,
    rehearsal: Rehearsal::ByKind,
};

/// The settings that replace the recorded value of this one where any of them is given: groups and projects that are named are a
/// selection of their own, and not an addition to the recorded one; a kit takes the place of values that were given one by one.
pub(crate) fn recorded_together(setting: &Definition) -> &'static [&'static Definition] {
    static NAMED: [&Definition; 2] = [&GROUP.definition, &PROJECT.definition];
    static WHOLE_KIT: [&Definition; 1] = [&KIT.definition];
    static ROUTE: [&Definition; 2] = [&KIT.definition, &UPLOAD_URL.definition];
    let selection = [&GROUP.definition, &PROJECT.definition, &EXCLUDE.definition, &PERSONAL.definition];
    let is_one_of = |of: &[&Definition]| of.iter().any(|one| one.key == setting.key);
    if is_one_of(&selection) {
        &NAMED
    } else if is_one_of(&[&BUNDLE_OUT.definition]) {
        &ROUTE
    } else if is_one_of(&KIT_VALUES) || is_one_of(&[&SCOPE.definition]) {
        &WHOLE_KIT
    } else {
        &[]
    }
}

/// The settings that say which connection a command is about, and how its two sides are reached.
pub(crate) fn of_connection() -> impl Iterator<Item = &'static Definition> {
    let all: [&'static Definition; 8] = [
        &KIT.definition,
        &GITLAB_URL.definition,
        &KIT_FINGERPRINT.definition,
        &KIT_SIGNER.definition,
        &CA_CERT.definition,
        &FACTORY_CA_CERT.definition,
        &CLIENT_CERT.definition,
        &HEADER_FILE.definition,
    ];
    all.into_iter()
}

/// Whether no command about the connection works without the setting.
pub(crate) fn is_needed_everywhere(setting: &Definition) -> bool {
    [KIT.key, GITLAB_URL.key].contains(&setting.key)
}

/// The kit's values are given one by one instead of in a kit.
pub(crate) fn has_no_kit(settings: &Settings) -> bool {
    let pieces: [&Definition; 3] = [&REDIRECT_URI, &WEBHOOK_URL, &RECIPIENT];
    let is_in_pieces = || pieces.into_iter().any(|setting| settings.is_set(setting));
    !settings.is_set(&KIT) && (settings.is_declined(&KIT) || is_in_pieces())
}
