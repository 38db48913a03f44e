//! GitLab's lists: walked page by page, by offset or by keyset, into our types.

use std::marker::PhantomData;

use serde::de::DeserializeOwned;

use super::wire::ProjectWire;
use super::{Error, Project};
use crate::http::{Cause, Expected, LinkProblem, Pages, Request};

/// The largest page that GitLab gives, and the one that is always asked for.
const PAGE: usize = 100;

/// No list that is held as a whole has more things: groups, or the projects of one.
const MOST_LISTED: usize = 200_000;

/// No list that is short by its nature has more, in things and in bytes: the hooks of a target, applications, tokens.
const MOST_THINGS: usize = 10_000;
const MOST_BYTES: usize = 8 * 1024 * 1024;

/// A list of `W` on the wire that are `T` to us.
pub(super) struct Listing<W, T> {
    pages: Pages,
    expected: Expected,
    end: End,
    begun: bool,
    types: PhantomData<fn(W) -> T>,
}

/// How a list ends.
#[derive(Clone, Copy, Eq, PartialEq)]
enum End {
    /// With its last entry: a page that was announced has some. An empty one is no end but a loss.
    Full,
    /// By keyset a page is announced behind every full one, and the last may be empty.
    MayBeEmpty,
}

impl<W, T> Listing<W, T> {
    pub(super) fn new(pages: Pages, expected: Expected) -> Self {
        Self { pages, expected, end: End::Full, begun: false, types: PhantomData }
    }

    fn that_may_end_empty(self) -> Self {
        Self { end: End::MayBeEmpty, ..self }
    }
}

impl<W: DeserializeOwned, T: From<W>> Listing<W, T> {
    async fn next(&mut self) -> Result<Option<Vec<T>>, Error> {
        let Some(response) = self.pages.next().await? else { return Ok(None) };
        let wire: Vec<W> = response.json(self.expected)?;
        let begun = std::mem::replace(&mut self.begun, true);
        if wire.is_empty() && begun && self.end == End::Full {
            return Err(response.failed(Cause::Link(LinkProblem::EndsEarly)));
        }
        Ok(Some(wire.into_iter().map(T::from).collect()))
    }

    /// The whole list.
    pub(super) async fn all(mut self) -> Result<Vec<T>, Error> {
        let mut all = Vec::new();
        while let Some(page) = self.next().await? {
            all.extend(page);
            if all.len() > MOST_LISTED {
                return Err(self.pages.endless());
            }
        }
        Ok(all)
    }

    /// The whole of a list that is short where nobody means harm. Of those that have a second page, one at a time is held
    /// in memory: many targets are looked at together.
    pub(super) async fn short(mut self) -> Result<Vec<T>, Error> {
        let mut all = self.next().await?.unwrap_or_default();
        if !self.pages.has_next() {
            return Ok(all);
        }
        let mut alone = self.pages.try_alone();
        if alone.is_none() {
            // Nothing is held while it waits for the place.
            all = Vec::new();
            alone = self.pages.alone().await;
            self.pages.restart();
        }
        while let Some(page) = self.next().await? {
            all.extend(page);
            if all.len() > MOST_THINGS || self.pages.bytes() > MOST_BYTES {
                return Err(self.pages.endless());
            }
        }
        drop(alone);
        Ok(all)
    }

    /// The first that is the one.
    pub(super) async fn find(&mut self, is_it: impl Fn(&T) -> bool) -> Result<Option<T>, Error> {
        while let Some(page) = self.next().await? {
            if let Some(found) = page.into_iter().find(|item| is_it(item)) {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }
}

/// Every project, 100 at a time, by keyset.
pub struct ProjectPages {
    list: Listing<ProjectWire, Project>,
    first: Request,
}

impl ProjectPages {
    pub(super) fn new(pages: Pages, first: Request) -> Self {
        Self { list: Listing::new(pages, "a list of projects").that_may_end_empty(), first }
    }

    /// The next page; `None` after the last. A page that is not full is the last one, so it is not asked whether there
    /// is another; a full one without a `Link` is not believed, and the walk goes on behind its last project.
    ///
    /// # Errors
    /// Those of any request, and [`Cause::Link`].
    pub async fn next_page(&mut self) -> Result<Option<Vec<Project>>, Error> {
        let Some(page) = self.list.next().await? else { return Ok(None) };
        match page.last() {
            Some(last) if page.len() >= PAGE && !self.list.pages.has_next() => {
                let mut url = self.first.url().clone();
                url.query_pairs_mut().append_pair("id_after", &last.id.to_string());
                self.list.pages.go_on_with(self.first.clone().at(url));
            }
            _ if page.len() < PAGE => self.list.pages.finish(),
            _ => {}
        }
        Ok(Some(page).filter(|page| !page.is_empty()))
    }
}

/// Whether it is not there, or a proxy in between did not take the encoded slash of a path (reference, section 6).
pub(super) fn is_missing(error: &Error) -> bool {
    match error.cause.as_ref() {
        Cause::Status(answer) => matches!(answer.status, 400 | 404),
        Cause::UnexpectedPage { status, .. } => matches!(status, 400 | 404),
        _ => false,
    }
}

/// A text for a path segment or a query value.
pub(super) fn encoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20")
}
