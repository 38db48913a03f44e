//! A fine-grained token is refused without a reason where it lacks a permission. What was read beside the token, before it was
//! known to be one, is told apart afterwards.

use super::{Observation, Observed};
use crate::gitlab::permissions::needed_permission;
use crate::gitlab::{ApiRefusal, TokenDetails};
use crate::http::Client;

/// Which kind of token is in use.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum TokenKind {
    Classic,
    FineGrained,
}

impl TokenKind {
    /// As the token says itself, or because it may not, which every classic token may. Later refusals are told with it.
    pub(super) fn of(token: &Observation<TokenDetails>, http: &Client) -> Self {
        let is_fine_grained = match token {
            Observation::Known(token) => token.granular,
            Observation::Failed(error) => matches!(
                ApiRefusal::of(error),
                Some(ApiRefusal::Forbidden { reason: None } | ApiRefusal::MissingPermission { .. })
            ),
            Observation::Skipped(_) => false,
        };
        if is_fine_grained {
            http.note_fine_grained(needed_permission);
            return Self::FineGrained;
        }
        Self::Classic
    }

    /// What was read, with refusals as those of this kind.
    pub(super) fn mark_all(self, observed: Observed) -> Observed {
        Observed {
            metadata: self.mark(observed.metadata),
            token: self.mark(observed.token),
            named_tokens: self.mark(observed.named_tokens),
            user: self.mark(observed.user),
            own_url: self.mark(observed.own_url),
            license: self.mark(observed.license),
            applications: self.mark(observed.applications),
            ..observed
        }
    }

    pub(super) fn mark<T>(self, seen: Observation<T>) -> Observation<T> {
        match (self, seen) {
            (Self::FineGrained, Observation::Failed(error)) => {
                Observation::Failed(error.of_fine_grained_token(needed_permission))
            }
            (_, seen) => seen,
        }
    }
}
