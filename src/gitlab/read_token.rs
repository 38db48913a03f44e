//! What is read with: a personal access token, or the access token of a grant.

use super::Reader;
use crate::http::{Client, Request};
use crate::instance::InstanceUrl;
use crate::secret::{AccessToken, PersonalAccessToken};

#[derive(Clone)]
pub(super) enum ReadToken {
    Personal(PersonalAccessToken),
    /// Of a user who has just authorized Factory.
    OAuth(AccessToken),
}

impl ReadToken {
    pub(super) fn add_to(&self, request: Request) -> Request {
        match self {
            Self::Personal(token) => request.token(token),
            Self::OAuth(token) => request.oauth_token(token),
        }
    }

    /// What kind of token a personal access token looks like instead.
    pub(super) fn looks_like(&self) -> Option<&'static str> {
        match self {
            Self::Personal(token) => token.looks_like(),
            Self::OAuth(_) => None,
        }
    }
}

impl Reader {
    /// Reads with the access token of a grant.
    #[must_use]
    pub fn of_grant(http: Client, instance: InstanceUrl, token: AccessToken) -> Self {
        Self { http: http.for_gitlab(instance.url()), instance, token: ReadToken::OAuth(token) }
    }
}
