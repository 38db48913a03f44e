//! GitLab's lists: read page by page, by offset or by keyset, into our types.

use std::marker::PhantomData;

use serde::de::DeserializeOwned;

use super::wire::ProjectWire;
use super::{Error, Project};
use crate::http::limits::{MAX_LIST_ENTRIES, MAX_SMALL_LIST_BYTES, MAX_SMALL_LIST_ENTRIES, PAGE_SIZE};
use crate::http::{Cause, Expected, LinkProblem, Pages, Request};

/// In which order a list comes by ID.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum IdOrder {
    OldestFirst,
    NewestFirst,
}

impl IdOrder {
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::OldestFirst => "asc",
            Self::NewestFirst => "desc",
        }
    }
}

/// A list of `W` on the wire, read as `T`.
pub(super) struct Listing<W, T> {
    pages: Pages,
    expected: Expected,
    end: ListEnd,
    has_started: bool,
    types: PhantomData<fn(W) -> T>,
}

/// How a list ends.
#[derive(Clone, Copy, Eq, PartialEq)]
enum ListEnd {
    /// A page that was announced has entries. An empty one means that entries were lost.
    NotEmpty,
    /// By keyset a page is announced after every full one, and the last may be empty.
    MayBeEmpty,
}

impl<W, T> Listing<W, T> {
    pub(super) fn new(pages: Pages, expected: Expected) -> Self {
        Self { pages, expected, end: ListEnd::NotEmpty, has_started: false, types: PhantomData }
    }

    pub(super) fn allow_empty_last_page(self) -> Self {
        Self { end: ListEnd::MayBeEmpty, ..self }
    }
}

impl<W: DeserializeOwned, T: From<W>> Listing<W, T> {
    /// The next page; `None` after the last.
    pub(super) async fn next(&mut self) -> Result<Option<Vec<T>>, Error> {
        let Some(response) = self.pages.next().await? else { return Ok(None) };
        let wire: Vec<W> = response.json(self.expected)?;
        let has_started = std::mem::replace(&mut self.has_started, true);
        if wire.is_empty() && has_started && self.end == ListEnd::NotEmpty {
            return Err(response.failed(Cause::Link(LinkProblem::EndsEarly)));
        }
        Ok(Some(wire.into_iter().map(T::from).collect()))
    }

    /// The whole list.
    pub(super) async fn collect(mut self) -> Result<Vec<T>, Error> {
        let mut all = Vec::new();
        while let Some(page) = self.next().await? {
            all.extend(page);
            if all.len() > MAX_LIST_ENTRIES {
                return Err(self.pages.endless_error());
            }
        }
        Ok(all)
    }

    /// The whole of a list that is small by its nature. Of lists with a second page only one at a time is held in memory,
    /// because many targets are read at the same time.
    pub(super) async fn collect_small(mut self) -> Result<Vec<T>, Error> {
        let mut all = self.next().await?.unwrap_or_default();
        if !self.pages.has_next() {
            return Ok(all);
        }
        let mut permit = self.pages.try_large_list_permit();
        if permit.is_none() {
            // No entries are held in memory while it waits for the permit.
            all = Vec::new();
            permit = self.pages.large_list_permit().await;
            self.pages.restart();
        }
        while let Some(page) = self.next().await? {
            all.extend(page);
            if all.len() > MAX_SMALL_LIST_ENTRIES || self.pages.bytes() > MAX_SMALL_LIST_BYTES {
                return Err(self.pages.endless_error());
            }
        }
        drop(permit);
        Ok(all)
    }

    /// Ends the list: the page before was the last one.
    pub(super) fn finish(&mut self) {
        self.pages.finish();
    }

    /// The first entry that matches.
    pub(super) async fn find(&mut self, matches: impl Fn(&T) -> bool) -> Result<Option<T>, Error> {
        while let Some(page) = self.next().await? {
            if let Some(found) = page.into_iter().find(|item| matches(item)) {
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
        Self { list: Listing::new(pages, "a list of projects").allow_empty_last_page(), first }
    }

    /// The next page; `None` after the last. A page that is not full is the last one, whatever its `Link` says; after a full
    /// page without a `Link` the list continues with the project after its last one.
    ///
    /// # Errors
    /// Those of any request, and [`Cause::Link`].
    pub async fn next_page(&mut self) -> Result<Option<Vec<Project>>, Error> {
        let Some(page) = self.list.next().await? else { return Ok(None) };
        match page.last() {
            Some(last) if page.len() >= PAGE_SIZE && !self.list.pages.has_next() => {
                let mut url = self.first.url().clone();
                url.query_pairs_mut().append_pair("id_after", &last.id.to_string());
                self.list.pages.continue_with(self.first.clone().with_url(url));
            }
            _ if page.len() < PAGE_SIZE => self.list.pages.finish(),
            _ => {}
        }
        Ok(Some(page).filter(|page| !page.is_empty()))
    }
}

/// Whether the object does not exist, or a proxy did not accept the encoded slash of its path.
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
