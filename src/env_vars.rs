//! The environment variables that are not settings, in one documented list. Variables that give a setting its value are in
//! the table of settings.

/// A variable, as the manual pages and the README list it.
#[derive(Clone, Copy, Debug)]
pub struct Variable {
    pub name: &'static str,
    pub meaning: &'static str,
}

/// Declares the variables, and lists them in [`ALL`].
macro_rules! variables {
    ($($name:ident = $text:literal: $meaning:literal;)+) => {
        $(#[doc = $meaning] pub(crate) const $name: &str = $text;)+

        /// Every variable that is not a setting.
        pub const ALL: &[Variable] = &[$(Variable { name: $text, meaning: $meaning }),+];
    };
}

// The HTTP library reads the proxy for http, and the TLS library the certificates: they are here to be documented.
variables! {
    CONFIG = "FACTORY_GITLAB_CONFIG": "The answers file, as --config";
    STATE_DIR = "FACTORY_GITLAB_STATE_DIR":
        "Folder for records, journals and sealed bundles, instead of the system's folder for state";
    DISABLE_KEYRING = "FACTORY_DISABLE_KEYRING": "Set to 1: do not use the keyring, as --keyring off";
    PRESHARED_KEY = "FACTORY_GITLAB_PRESHARED_KEY": "Refused by network plan: no pre-shared key is ever taken";
    CI = "CI": "Set by CI systems: never ask";
    GITLAB_CI = "GITLAB_CI": "Set by GitLab's runner: parts of a report in the job's log can be folded";
    CI_PROJECT_DIR = "CI_PROJECT_DIR": "Set by GitLab's runner: a JUnit report names its page relative to it";
    HTTPS_PROXY = "HTTPS_PROXY": "Proxy for https addresses; https_proxy as well";
    _HTTP_PROXY = "HTTP_PROXY": "Proxy for http addresses; http_proxy as well";
    ALL_PROXY = "ALL_PROXY": "Proxy for addresses that the two above leave; all_proxy as well";
    NO_PROXY = "NO_PROXY": "Hosts that are reached without a proxy; no_proxy as well";
    NO_COLOR = "NO_COLOR": "Set to anything: no color, unless --color says otherwise";
    CLICOLOR_FORCE = "CLICOLOR_FORCE": "Set to 1: color even where the output is not a terminal";
    DISPLAY = "DISPLAY": "Set where a browser can be shown (X11): connect --cloud opens one from a terminal";
    WAYLAND_DISPLAY = "WAYLAND_DISPLAY": "The same for Wayland";
    TERM = "TERM": "Kind of terminal; dumb has no color";
    COLUMNS = "COLUMNS": "Width at which text on a terminal is wrapped, instead of the terminal's own";
    _SSL_CERT_FILE = "SSL_CERT_FILE": "File with the certificates to trust, instead of the system's";
    _SSL_CERT_DIR = "SSL_CERT_DIR": "Folder with the certificates to trust, instead of the system's";
}

/// The variables that name a proxy for https addresses, the strongest first.
pub(crate) const HTTPS_PROXY_SPELLINGS: [&str; 4] = [HTTPS_PROXY, "https_proxy", ALL_PROXY, "all_proxy"];

/// `NO_PROXY` in both spellings.
pub(crate) const NO_PROXY_SPELLINGS: [&str; 2] = [NO_PROXY, "no_proxy"];

/// The clock of an integration test; not known to other builds.
#[cfg(feature = "sandbox-testing")]
pub(crate) const TEST_CLOCK_SPEED: &str = "FACTORY_GITLAB_TEST_CLOCK_SPEED";
