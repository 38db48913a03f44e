//! Why GitLab lets the owner of a token do nothing, as its text says. gitlab: lib/gitlab/auth/user_access_denied_reason.rb

/// What is wrong with an account. Each is mended by a person: an administrator, or the token's owner in a browser.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum AccountProblem {
    PendingApproval,
    TermsNotAccepted,
    Deactivated,
    Unconfirmed,
    PasswordExpired,
    TwoFactorRequired,
    /// A user of GitLab's own, such as a bot of the instance.
    Internal,
    Blocked,
}

impl AccountProblem {
    /// The problem that a text tells; `None` where it tells none of them.
    pub(super) fn parse(said: &str) -> Option<Self> {
        let text = said.to_lowercase();
        let has = |part: &str| text.contains(part);
        // One text says of an account that waits for approval that it is blocked, too.
        Some(if has("pending approval") {
            Self::PendingApproval
        } else if has("terms of service") {
            Self::TermsNotAccepted
        } else if has("deactivated") {
            Self::Deactivated
        } else if has("not confirmed") {
            Self::Unconfirmed
        } else if has("password expired") || has("password has expired") {
            Self::PasswordExpired
        } else if has("two-factor") || has("2fa") {
            Self::TwoFactorRequired
        } else if has("internal users") {
            Self::Internal
        } else if has("account") && has("blocked") {
            Self::Blocked
        } else {
            return None;
        })
    }
}
