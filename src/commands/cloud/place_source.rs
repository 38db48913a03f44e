//! Where groups and projects are looked for: at Factory, which knows what the account reaches, or at GitLab.

use url::Url;

use super::super::diagnostics;
use super::authorize::{Authorized, AuthorizedBy};
use super::{CloudRun, explain};
use crate::cloud::{Beyond, Candidate, CloudSelection, PLACES_SHOWN, PlaceKind};
use crate::error::Failure;
use crate::factory::{CandidateQuery, FactoryClient, MAX_CANDIDATES};
use crate::gitlab::{PlaceDetails, Reader};
use crate::http;
use crate::instance::InstanceUrl;
use crate::secret::{Pat, PersonalAccessToken};
use crate::settings::keys;

pub(super) enum PlaceSource {
    Factory {
        factory: FactoryClient,
        url: Url,
        /// Shows what Factory's list does not have, where a token was given.
        details: Option<Box<Reader>>,
    },
    GitLab {
        reader: Box<Reader>,
        /// The number of the account that authorized, where the token is that account's: GitLab shows public groups and projects
        /// to every user, and Factory works only where its account is a member.
        account: Option<u64>,
    },
}

impl PlaceSource {
    /// The best source: GitLab with a fresh grant, Factory's own list, GitLab with the token that was given. `None` where there
    /// is none.
    ///
    /// # Errors
    /// When the token's file cannot be read.
    pub(super) fn of(run: &CloudRun<'_>, authorized: &Authorized) -> Result<Option<Self>, Failure> {
        let reader = |token: PersonalAccessToken| Reader::new(run.http.clone(), run.instance().clone(), token);
        if let AuthorizedBy::Grant(grant) = &authorized.by {
            let token = grant.access_token.clone();
            let reader = Reader::of_grant(run.http.clone(), run.instance().clone(), token);
            return Ok(Some(Self::GitLab { reader: Box::new(reader), account: Some(authorized.account.id) }));
        }
        let token = run.interview.find_secret::<Pat>(&keys::TOKEN)?.map(|found| found.value);
        let of_token = token.map(|token| Box::new(reader(token)));
        let is_asked = !matches!(authorized.by, AuthorizedBy::Waiting);
        Ok(match run.desired.kit.cloud.candidates_url.as_ref().filter(|_| is_asked) {
            Some(url) => Some(Self::Factory { factory: run.factory.clone(), url: url.clone(), details: of_token }),
            None => of_token.map(|reader| Self::GitLab { reader, account: None }),
        })
    }

    /// The first groups and projects whose name or whole path matches: the search looks at the last part of a path only.
    pub(super) async fn search(&self, text: &str) -> Result<Vec<Candidate>, http::Error> {
        let text = text.trim_matches('/');
        let mut found = Vec::new();
        for kind in [PlaceKind::Group, PlaceKind::Project] {
            if let Some(exact) = self.find(kind, text).await? {
                found.push(exact.place);
            }
            let matching = match self {
                Self::Factory { factory, url, .. } => {
                    let asked = CandidateQuery { search: text, per_page: PLACES_SHOWN, cursor: None };
                    factory.candidates(url, kind, &asked).await?.items
                }
                Self::GitLab { reader, .. } => reader.search_places(kind, text).await?,
            };
            for place in matching {
                if !found.contains(&place) {
                    found.push(place);
                }
            }
        }
        Ok(found)
    }

    /// A group or project by its path.
    pub(super) async fn find(&self, kind: PlaceKind, path: &str) -> Result<Option<PlaceDetails>, http::Error> {
        match self {
            Self::Factory { factory, url, details } => {
                let Some(place) = factory.candidate(url, kind, path).await? else { return Ok(None) };
                // What a token of another account does not see is no reason to stop.
                let more = match details {
                    Some(reader) => reader.place(kind, &place.full_path).await.ok().flatten(),
                    None => None,
                };
                let (ip_ranges, has_saml) = more.map(|more| (more.ip_ranges, more.has_saml)).unwrap_or_default();
                Ok(Some(PlaceDetails { place, ip_ranges, has_saml }))
            }
            Self::GitLab { reader, account } => {
                let Some(found) = reader.place(kind, path).await? else { return Ok(None) };
                let is_reached = match account {
                    Some(account) => reader.is_member(&found.place, *account).await?,
                    None => true,
                };
                Ok(is_reached.then_some(found))
            }
        }
    }

    /// What it does not show of groups: Factory's list has neither, and GitLab shows both to a token.
    pub(super) const fn unseen(&self) -> Option<&'static str> {
        match self {
            Self::Factory { details: None, .. } => Some(
                "whether a group limits IP addresses or uses SAML single sign-on was not looked at: that needs GITLAB_TOKEN (read_api)",
            ),
            Self::Factory { details: Some(_), .. } | Self::GitLab { .. } => None,
        }
    }

    /// How many groups and projects the account reaches that are not selected.
    pub(super) async fn beyond(&self, selection: &CloudSelection, username: &str) -> Result<Beyond, http::Error> {
        let own = format!("{username}/");
        let is_personal = |place: &&Candidate| selection.personal_namespace && place.full_path.starts_with(&own);
        if selection.all {
            return Ok(Beyond::default());
        }
        let mut beyond = Beyond::default();
        for kind in [PlaceKind::Group, PlaceKind::Project] {
            let (places, is_cut) = match self {
                Self::Factory { factory, url, .. } => factory.all_candidates(url, kind).await?,
                Self::GitLab { reader, .. } => {
                    let reached = match kind {
                        PlaceKind::Group => reader.reached_groups(MAX_CANDIDATES).await?,
                        PlaceKind::Project => reader.reached_projects(MAX_CANDIDATES).await?,
                    };
                    (reached.places, reached.is_cut)
                }
            };
            let is_outside = |place: &&Candidate| !selection.covers(kind, &place.full_path) && !is_personal(place);
            let count = places.iter().filter(is_outside).count();
            match kind {
                PlaceKind::Group => beyond.groups = count,
                PlaceKind::Project => beyond.projects = count,
            }
            beyond.at_least |= is_cut;
        }
        Ok(beyond)
    }

    /// Whether the answer says that Factory has no authorization.
    pub(super) fn says_unauthorized(&self, error: &http::Error) -> bool {
        matches!(self, Self::Factory { .. }) && error.status() == Some(409)
    }

    /// A failed question to this source.
    pub(super) fn explain(&self, error: &http::Error, instance: &InstanceUrl) -> Failure {
        const WHAT: &str = "what the account reaches could not be read";
        match self {
            Self::Factory { .. } if self.says_unauthorized(error) => explain::not_authorized(error),
            Self::Factory { .. } => diagnostics::factory(error, WHAT),
            Self::GitLab { .. } => diagnostics::gitlab(error, WHAT, instance),
        }
    }
}
