//! What keeps a user from the API.

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[cfg_attr(not(feature = "sandbox-testing"), allow(dead_code, reason = "only tests set the others"))]
pub enum UserState {
    Active,
    Blocked,
    PendingApproval,
    TermsNotAccepted,
    Deactivated,
    Unconfirmed,
    PasswordExpired,
}

impl UserState {
    /// As the API shows it. Terms, confirmation and password are no states there.
    pub(in crate::sandbox::gitlab) const fn shown(self) -> &'static str {
        match self {
            Self::Active | Self::TermsNotAccepted | Self::Unconfirmed | Self::PasswordExpired => "active",
            Self::Blocked => "blocked",
            Self::PendingApproval => "blocked_pending_approval",
            Self::Deactivated => "deactivated",
        }
    }

    /// Why the user may not use the API. gitlab: lib/gitlab/auth/user_access_denied_reason.rb
    pub(in crate::sandbox::gitlab) fn refusal(self, username: &str, gitlab: &str) -> Option<String> {
        let text = match self {
            Self::Active => return None,
            Self::Blocked => "Your account has been blocked.".to_owned(),
            Self::PendingApproval => {
                "Your account is pending approval from your administrator and hence blocked.".to_owned()
            }
            Self::TermsNotAccepted => format!(
                "You (@{username}) must accept the Terms of Service in order to perform this action. To accept these terms, \
                 please access GitLab from a web browser at {gitlab}."
            ),
            Self::Deactivated => format!(
                "Your account has been deactivated by your administrator. Please log back in from a web browser to reactivate \
                 your account at {gitlab}"
            ),
            Self::Unconfirmed => format!(
                "Your primary email address is not confirmed. Please check your inbox for the confirmation instructions. In \
                 case the link is expired, you can request a new confirmation email at {gitlab}/users/confirmation/new"
            ),
            Self::PasswordExpired => {
                "Your password expired. Please access GitLab from a web browser to update your password.".to_owned()
            }
        };
        Some(text)
    }
}
