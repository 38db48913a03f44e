//! What the authorized account reaches, as Factory lists it.

use std::collections::HashSet;

use serde::Deserialize;
use url::Url;

use super::super::FactoryClient;
use crate::cloud::{Candidate, PlaceKind};
use crate::http::{Cause, Error, Expected, Request};

/// A page of what the account reaches.
#[derive(Clone, Debug, Deserialize)]
pub struct CandidatePage {
    pub items: Vec<Candidate>,
    #[serde(default)]
    pub next_cursor: Option<String>,
}

/// A page of a list that is read to its end.
const PAGE: usize = 100;
/// At most this many groups or projects are counted.
pub const MAX_CANDIDATES: usize = 10_000;
/// At most this many pages of a list, however little is on each.
const MAX_CANDIDATE_PAGES: usize = 500;

const CANDIDATES: Expected = "a list of groups and projects";

impl FactoryClient {
    /// A page of the groups or projects that the authorized account reaches.
    ///
    /// # Errors
    /// 409 before anything is authorized.
    pub async fn candidates(
        &self,
        candidates_url: &Url,
        kind: PlaceKind,
        asked: &CandidateQuery<'_>,
    ) -> Result<CandidatePage, Error> {
        let mut url = candidates_url.clone();
        {
            let mut query = url.query_pairs_mut();
            query.append_pair("search", asked.search).append_pair("kind", kind.word());
            query.append_pair("per_page", &asked.per_page.to_string());
            if let Some(cursor) = asked.cursor {
                query.append_pair("cursor", cursor);
            }
        }
        self.http.send(&self.with_key(Request::get(url))).await?.json(CANDIDATES)
    }

    /// A group or project of the account by its path; `None` where the account does not reach it. What a search looks at is
    /// Factory's own matter, so the whole path is searched for, and then its last part.
    ///
    /// # Errors
    /// As [`FactoryClient::candidates`].
    pub async fn candidate(&self, url: &Url, kind: PlaceKind, path: &str) -> Result<Option<Candidate>, Error> {
        let last = path.rsplit('/').next().unwrap_or(path);
        for search in [path, last].into_iter().take(if last == path { 1 } else { 2 }) {
            let mut list = CandidateList::new(self, url, kind, search);
            let mut seen = 0;
            while let Some(items) = list.next_page().await? {
                seen += items.len();
                let is_it = |one: &Candidate| one.kind == kind && one.full_path.eq_ignore_ascii_case(path);
                if let Some(found) = items.into_iter().find(is_it) {
                    return Ok(Some(found));
                }
                if seen >= MAX_CANDIDATES {
                    break;
                }
            }
        }
        Ok(None)
    }

    /// All groups or projects that the account reaches, as far as [`MAX_CANDIDATES`]; and whether there are more.
    ///
    /// # Errors
    /// As [`FactoryClient::candidates`].
    pub async fn all_candidates(&self, url: &Url, kind: PlaceKind) -> Result<(Vec<Candidate>, bool), Error> {
        let mut list = CandidateList::new(self, url, kind, "");
        let mut all = Vec::new();
        while let Some(items) = list.next_page().await? {
            all.extend(items);
            if all.len() >= MAX_CANDIDATES {
                break;
            }
        }
        Ok((all, list.has_more()))
    }
}

/// A list of candidates, a page at a time. Factory's cursors say nothing of their order, so one that comes again and a list
/// without an end have to be noticed here.
struct CandidateList<'a> {
    factory: &'a FactoryClient,
    url: &'a Url,
    kind: PlaceKind,
    search: &'a str,
    next: NextPage,
    cursors: HashSet<String>,
}

enum NextPage {
    First,
    At(String),
    None,
}

impl<'a> CandidateList<'a> {
    fn new(factory: &'a FactoryClient, url: &'a Url, kind: PlaceKind, search: &'a str) -> Self {
        Self { factory, url, kind, search, next: NextPage::First, cursors: HashSet::new() }
    }

    const fn has_more(&self) -> bool {
        matches!(self.next, NextPage::At(_))
    }

    /// `None` after the last.
    async fn next_page(&mut self) -> Result<Option<Vec<Candidate>>, Error> {
        let cursor = match &self.next {
            NextPage::First => None,
            NextPage::At(cursor) => Some(cursor.as_str()),
            NextPage::None => return Ok(None),
        };
        let asked = CandidateQuery { search: self.search, per_page: PAGE, cursor };
        let page = self.factory.candidates(self.url, self.kind, &asked).await?;
        self.next = match page.next_cursor.filter(|next| !next.is_empty()) {
            Some(next) => {
                self.note(&next)?;
                NextPage::At(next)
            }
            None => NextPage::None,
        };
        Ok(Some(page.items))
    }

    fn note(&mut self, cursor: &str) -> Result<(), Error> {
        let detail = if !self.cursors.insert(cursor.to_owned()) {
            "a next_cursor came a second time, so the list has no end".to_owned()
        } else if self.cursors.len() >= MAX_CANDIDATE_PAGES {
            format!("it has more than {MAX_CANDIDATE_PAGES} pages")
        } else {
            return Ok(());
        };
        Err(Request::get(self.url.clone()).failed(Cause::Decode { expected: CANDIDATES, detail }))
    }
}

/// What is looked for among the candidates.
#[derive(Clone, Copy, Debug)]
pub struct CandidateQuery<'a> {
    pub search: &'a str,
    pub per_page: usize,
    pub cursor: Option<&'a str>,
}
