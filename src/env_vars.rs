//! The environment variables that are not settings. Variables that give a setting its value are in the table of settings;
//! `HTTPS_PROXY` and `HTTP_PROXY` are read by the HTTP library.

/// The folder for records, journals and sealed bundles, instead of the system's folder for state.
pub(crate) const STATE_DIR: &str = "FACTORY_GITLAB_STATE_DIR";

/// The answers file, as `--config`.
pub(crate) const CONFIG: &str = "FACTORY_GITLAB_CONFIG";

/// Disables the keyring, as `--keyring off`.
pub(crate) const DISABLE_KEYRING: &str = "FACTORY_DISABLE_KEYRING";

/// Set by CI systems: the program asks no questions.
pub(crate) const CI: &str = "CI";

/// Set to anything: no color, unless `--color` says otherwise. <https://no-color.org>
pub(crate) const NO_COLOR: &str = "NO_COLOR";

/// Color even where the output is not a terminal. <https://bixense.com/clicolors>
pub(crate) const CLICOLOR_FORCE: &str = "CLICOLOR_FORCE";

/// The kind of terminal; `dumb` has no color.
pub(crate) const TERM: &str = "TERM";

/// The width at which text is wrapped on a terminal, instead of the terminal's own.
pub(crate) const COLUMNS: &str = "COLUMNS";

/// The hosts that are reached without a proxy. Both spellings are common.
pub(crate) const NO_PROXY: [&str; 2] = ["NO_PROXY", "no_proxy"];

/// The clock of an integration test; not known to other builds.
#[cfg(feature = "sandbox-testing")]
pub(crate) const TEST_CLOCK_SPEED: &str = "FACTORY_GITLAB_TEST_CLOCK_SPEED";
