//! The findings of `audit`: their codes, each with what was found and how much it matters. What is found, and where, is
//! judged by `crate::audit`; pages and addresses are those of the checks. A code that is a check's too has one page for both.

use super::{CheckInfo, CheckSeverity};

/// Declares the findings, and lists them in [`ALL`].
macro_rules! findings {
    ($($name:ident = $code:literal, $severity:ident: $title:literal;)+) => {
        $(#[doc = $title] pub const $name: CheckInfo =
            CheckInfo { code: $code, title: $title, severity: CheckSeverity::$severity, depends_on: &[] };)+

        /// Every finding.
        pub const ALL: &[CheckInfo] = &[$($name),+];
    };
}

findings! {
    APPLICATION_ACCESS = "application.access", Info: "what the application may ask a user for";
    APPLICATION_CONFIDENTIAL = "application.confidential", Error: "the application is not confidential";
    APPLICATION_REDIRECT_URI =
        "application.redirect_uri", Warning: "GitLab sends authorization codes to other addresses, too";
    APPLICATION_SCOPES = "application.scopes", Warning: "the application has scopes that the kit does not ask for";
    APPLICATION_SUDO = "application.sudo", Warning: "the application may ask administrators for the scope sudo";
    APPLICATION_MISSING = "application.missing", Warning: "the application of this connection does not exist";
    APPLICATION_OTHER = "application.other", Warning: "another application leads to Factory or has its name";
    TOKEN_ACCESS = "token.access", Info: "whose a token is, what it may do, and until when";
    TOKEN_SCOPES = "token.scopes", Warning: "a token has scopes that are not needed";
    TOKEN_WRITES = "token.writes", Info: "the token of the review may write";
    TOKEN_ENDLESS = "token.endless", Warning: "a token never ends";
    TOKEN_ENDS = "token.ends", Warning: "a token ends soon";
    TOKEN_ENDED = "token.ended", Error: "the token that Factory was given has ended";
    TOKEN_SHARED = "token.shared", Warning: "Factory has a user's own token";
    TOKEN_FORMER = "token.former", Warning: "a token that Factory was given earlier is still valid";
    TOKEN_LEFT = "token.left", Warning: "a token made for Factory is not known to be in use";
    TOKEN_UNUSED = "token.unused", Warning: "a token has not been used for a long time";
    WEBHOOK_ACCESS = "webhook.access", Info: "which events are sent to Factory";
    WEBHOOK_EVENTS = "webhook.events", Warning: "a webhook sends events that the kit does not ask for";
    WEBHOOK_TLS = "webhook.tls", Error: "a webhook to Factory's host does not check its certificate";
    WEBHOOK_TOKEN = "webhook.token", Error: "a webhook has no secret token";
    WEBHOOK_PAYLOAD = "webhook.payload", Warning: "a webhook sends a payload or headers of its own";
    WEBHOOK_SCOPE = "webhook.scope", Warning: "a webhook sends what is outside the selection";
    WEBHOOK_OTHER = "webhook.other", Warning: "a webhook to Factory's host is not this connection's";
    WEBHOOK_UNMARKED = "webhook.unmarked", Info: "a webhook to Factory was set up by hand";
    SETTINGS_ADMIN_MODE = "settings.admin_mode", Info: "Admin Mode is off";
    SETTINGS_ADMIN_SCOPES =
        "settings.admin_scopes", Info: "administrators may authorize applications for all their rights";
    SETTINGS_USER_APPLICATIONS = "settings.user_applications", Info: "every user may register applications";
    SETTINGS_LOCAL_REQUESTS = "settings.local_requests", Warning: "webhooks may go to the whole local network";
    SETTINGS_ALLOWLIST = "settings.allowlist", Info: "webhooks may go to some addresses of the local network";
    SETTINGS_TOKEN_EXPIRY = "settings.token_expiry", Warning: "tokens may be created without an end";
    SETTINGS_OAUTH_LIFETIME = "settings.oauth_lifetime", Warning: "OAuth tokens live longer than by GitLab's default";
    SETTINGS_DELETION = "settings.deletion", Info: "groups and projects may be deleted at once";
    ADMINISTRATORS = "administrators", Info: "who can change the connection";
    EVENT = "event", Info: "what was done to the connection's objects";
}

/// The finding with this code.
#[must_use]
pub fn find(code: &str) -> Option<CheckInfo> {
    ALL.iter().copied().find(|finding| finding.code == code)
}
