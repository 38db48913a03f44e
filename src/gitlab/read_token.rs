//! What is read with: a personal access token, or the access token of a grant.

use crate::http::Request;
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
