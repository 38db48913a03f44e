//! What an administrator has set, and who is one.

use super::{NewFinding, Review};
use crate::checks::{CheckInfo, review};
use crate::gitlab::SecuritySettings;
use crate::network::outbound::OUTBOUND_PAGE;
use crate::text::counted;

const GENERAL: &str = "/admin/application_settings/general";
const SIGN_IN: &str = "/admin/application_settings/general#js-signin-settings";
const ACCOUNTS: &str = "/admin/application_settings/general#js-account-settings";
const ADMINISTRATORS: &str = "/admin/users?filter=admins";

/// GitLab's own lifetime of an OAuth token, in seconds.
const USUAL_LIFETIME: u64 = 7200;

/// At most so many names are listed.
const MOST_NAMES: usize = 20;

impl Review<'_> {
    pub(super) fn settings(&mut self) {
        let seen = self.inputs.seen;
        let Some(settings) = self.known("the settings of the instance", GENERAL, &seen.settings) else { return };
        self.rights(settings);
        self.outbound(settings);
        self.lifetimes(settings);
    }

    /// What makes a token or an application worth more.
    fn rights(&mut self, settings: &SecuritySettings) {
        if settings.admin_mode == Some(false) {
            self.setting(&Setting {
                code: review::SETTINGS_ADMIN_MODE,
                name: "admin_mode",
                cause: "Admin Mode is off: every token of an administrator with the scope api acts as an administrator",
                remedy: "turn Admin Mode on; tokens that must act as an administrator then need the scope admin_mode",
                page: SIGN_IN,
            });
        }
        if settings.disables_admin_scopes == Some(false) {
            self.setting(&Setting {
                code: review::SETTINGS_ADMIN_SCOPES,
                name: "disable_admin_oauth_scopes",
                cause: "an administrator can authorize applications for everything that an administrator may do",
                remedy: "prevent administrators from connecting applications that ask for the scopes api, sudo or admin_mode",
                page: ACCOUNTS,
            });
        }
        if settings.allows_user_applications == Some(true) {
            self.setting(&Setting {
                code: review::SETTINGS_USER_APPLICATIONS,
                name: "user_oauth_applications",
                cause: "every user can register applications, which this review cannot list",
                remedy: "let only administrators register applications",
                page: ACCOUNTS,
            });
        }
    }

    fn outbound(&mut self, settings: &SecuritySettings) {
        if settings.allows_local_webhooks == Some(true) {
            self.setting(&Setting {
                code: review::SETTINGS_LOCAL_REQUESTS,
                name: "allow_local_requests_from_web_hooks_and_services",
                cause: "webhooks may go to every address of the local network: who can register one can reach it",
                remedy: "turn it off, and put only what is needed on the allowlist",
                page: OUTBOUND_PAGE,
            });
        }
        let entries = settings.outbound_allowlist.as_deref().unwrap_or_default();
        if !entries.is_empty() {
            self.add(NewFinding {
                code: review::SETTINGS_ALLOWLIST,
                subject: "setting outbound_local_requests_allowlist".into(),
                cause: format!("webhooks may go to these addresses of the local network: {}", listed(entries)),
                remedy: "remove what no webhook needs".into(),
                page: OUTBOUND_PAGE.into(),
            });
        }
    }

    fn lifetimes(&mut self, settings: &SecuritySettings) {
        if settings.requires_token_expiry == Some(false) {
            self.setting(&Setting {
                code: review::SETTINGS_TOKEN_EXPIRY,
                name: "require_personal_access_token_expiry",
                cause: "tokens may be created without an end",
                remedy: "require an end of every token",
                page: ACCOUNTS,
            });
        }
        if let Some(seconds) = settings.oauth_token_lifetime.filter(|seconds| *seconds > USUAL_LIFETIME) {
            self.add(NewFinding {
                code: review::SETTINGS_OAUTH_LIFETIME,
                subject: "setting oauth_access_token_expires_in".into(),
                cause: format!("an OAuth token is good for {seconds} seconds; GitLab's own value is {USUAL_LIFETIME}"),
                remedy: "shorten it: applications renew their tokens by themselves".into(),
                page: GENERAL.into(),
            });
        }
        if settings.allows_immediate_deletion == Some(true) {
            self.setting(&Setting {
                code: review::SETTINGS_DELETION,
                name: "allow_immediate_namespaces_deletion",
                cause: "who may delete a group or project can do it at once, without the days in which it can be restored",
                remedy: "turn it off if a mistake or a stolen token must not end a project for good",
                page: GENERAL,
            });
        }
    }

    fn setting(&mut self, setting: &Setting) {
        let Setting { code, name, cause, remedy, page } = *setting;
        self.add(NewFinding {
            code,
            subject: format!("setting {name}"),
            cause: cause.into(),
            remedy: remedy.into(),
            page: page.into(),
        });
    }

    /// Each of them can change everything about the connection.
    pub(super) fn administrators(&mut self) {
        let seen = self.inputs.seen;
        let Some(all) = self.known("the administrators", ADMINISTRATORS, &seen.administrators) else { return };
        let names: Vec<String> = all.iter().map(|one| one.username.clone()).collect();
        self.add(NewFinding {
            code: review::ADMINISTRATORS,
            subject: "administrators".into(),
            cause: format!("{} can change this connection: {}", counted(all.len(), "user"), listed(&names)),
            remedy: "take the role from those who do not need it".into(),
            page: ADMINISTRATORS.into(),
        });
    }
}

/// A setting that matters.
struct Setting {
    code: CheckInfo,
    name: &'static str,
    cause: &'static str,
    remedy: &'static str,
    page: &'static str,
}

fn listed(names: &[String]) -> String {
    let shown = names.iter().take(MOST_NAMES).map(String::as_str).collect::<Vec<_>>().join(", ");
    match names.len().checked_sub(MOST_NAMES) {
        Some(more) if more > 0 => format!("{shown} and {more} more"),
        _ => shown,
    }
}
