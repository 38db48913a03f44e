//! Reads a paged list by its `Link` headers, and never leaves the origin.

use std::collections::HashSet;
use std::hash::{BuildHasher as _, RandomState};

use tokio::sync::OwnedSemaphorePermit;
use url::Url;

use super::client::Client;
use super::error::{Cause, Error, LinkProblem};
use super::limits::MAX_PAGES;
use super::request::Request;
use super::response::Response;

/// A list, page by page. It keeps eight bytes of each page that was read, whatever the page's size.
pub struct Pages {
    client: Client,
    first: Request,
    next: Option<Request>,
    digests: RandomState,
    seen: HashSet<u64>,
    last_body: Option<u64>,
    /// The size of all bodies so far.
    bytes: usize,
}

impl Pages {
    #[must_use]
    pub fn new(client: Client, first: Request) -> Self {
        let (digests, seen) = (RandomState::new(), HashSet::new());
        Self { client, next: Some(first.clone()), first, digests, seen, last_body: None, bytes: 0 }
    }

    /// Starts over with the first page.
    pub fn restart(&mut self) {
        self.next = Some(self.first.clone());
        self.seen.clear();
        (self.last_body, self.bytes) = (None, 0);
    }

    /// The right to hold a list of several pages in memory, one at a time; `None` while another list has it.
    #[must_use]
    pub fn try_large_list_permit(&self) -> Option<LargeListPermit> {
        self.client.large_lists().try_acquire_owned().ok().map(LargeListPermit)
    }

    /// Waits for the same right. The caller should not hold any of the list meanwhile.
    pub async fn large_list_permit(&self) -> Option<LargeListPermit> {
        self.client.large_lists().acquire_owned().await.ok().map(LargeListPermit)
    }

    /// The size of all pages so far, in bytes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// The next page; `None` after the last one.
    ///
    /// # Errors
    /// Those of [`Client::send`], and [`Cause::Link`] for a list that leads in a circle or never ends.
    pub async fn next(&mut self) -> Result<Option<Response>, Error> {
        let Some(request) = self.next.take() else { return Ok(None) };
        if self.seen.len() >= MAX_PAGES {
            return Err(request.failed(Cause::Link(LinkProblem::Endless)));
        }
        if !self.seen.insert(self.digests.hash_one(request.url.as_str())) {
            return Err(request.failed(Cause::Link(LinkProblem::Circular)));
        }
        let response = self.client.send(&request).await?;
        self.bytes = self.bytes.saturating_add(response.body().len());
        let digest = (response.body().len() > EMPTY_LIST).then(|| self.digests.hash_one(response.body()));
        if digest.is_some() && digest == self.last_body {
            return Err(response.failed(Cause::Link(LinkProblem::Repeated)));
        }
        self.last_body = digest;
        if let Some(url) = next_page(&response)? {
            self.next = Some(Request { url, ..request });
        }
        Ok(Some(response))
    }

    /// Ends the list: the page before was the last one.
    pub fn finish(&mut self) {
        self.next = None;
    }

    /// The error for a list that is longer than any real one.
    #[must_use]
    pub fn endless_error(&self) -> Error {
        self.first.failed(Cause::Link(LinkProblem::Endless))
    }

    /// Whether the page before named a next one.
    #[must_use]
    pub fn has_next(&self) -> bool {
        self.next.is_some()
    }

    /// Continues with this request, where the page before named no next one.
    pub fn continue_with(&mut self, request: Request) {
        self.next = Some(request);
    }
}

/// The right to hold a list of several pages in memory; given back when dropped.
pub struct LargeListPermit(#[expect(dead_code, reason = "it is only held")] OwnedSemaphorePermit);

/// The size of `[]`, which two pages may have without being the same.
const EMPTY_LIST: usize = 2;

/// Whether scheme, host and port are the same.
pub(super) fn is_same_origin(one: &Url, other: &Url) -> bool {
    one.origin() == other.origin()
}

/// The next page at the same address: of a `Link` only the query counts. GitLab builds the rest from its `external_url`, which
/// may be an inner name or http behind a proxy, and the token is for the given origin only.
fn next_page(response: &Response) -> Result<Option<Url>, Error> {
    let Some(link) = response.headers.get_all("link").iter().find_map(|value| next_of(value.to_str().ok()?)) else {
        return Ok(next_by_number(response));
    };
    let not_an_address = |_| response.failed(Cause::Link(LinkProblem::NotAnAddress));
    let next = response.url.join(&link).map_err(not_an_address)?;
    let mut url = response.url.clone();
    url.set_query(next.query());
    Ok(Some(url))
}

/// `X-Next-Page`, for a proxy that drops `Link`.
fn next_by_number(response: &Response) -> Option<Url> {
    let page: u64 = response.header("x-next-page")?.trim().parse().ok()?;
    let mut url = response.url.clone();
    let others: Vec<(String, String)> = url.query_pairs().into_owned().filter(|(key, _)| key != "page").collect();
    url.query_pairs_mut().clear().extend_pairs(others).append_pair("page", &page.to_string());
    Some(url)
}

/// The address of `rel="next"` in a `Link` header (RFC 8288).
fn next_of(header: &str) -> Option<String> {
    let mut rest = header;
    while let Some((_, tail)) = rest.split_once('<') {
        let (address, tail) = tail.split_once('>')?;
        let end = tail.find('<').unwrap_or(tail.len());
        let is_next = tail[..end].split([';', ',']).any(|parameter| {
            parameter.split_once('=').is_some_and(|(name, value)| {
                let mut relations = value.trim().trim_matches('"').split(' ');
                name.trim().eq_ignore_ascii_case("rel") && relations.any(|rel| rel.eq_ignore_ascii_case("next"))
            })
        });
        if is_next {
            return Some(address.to_owned());
        }
        rest = &tail[end..];
    }
    None
}

#[cfg(test)]
mod property;
#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_link_is_found_among_others() {
        for (header, wanted) in [
            (r#"<https://h/a?page=2>; rel="next""#, Some("https://h/a?page=2")),
            (
                r#"<https://h/a?page=1>; rel="first", <https://h/a?page=3>; rel="next", <x>; rel="last""#,
                Some("https://h/a?page=3"),
            ),
            (r#"</api/v4/things?page=2>; REL = "last next""#, Some("/api/v4/things?page=2")),
            (r"<https://h/a,b;c>; title=x; rel=next", Some("https://h/a,b;c")),
            (r#"<https://h/a>; rel="prev""#, None),
            (r#"<https://h/a"#, None),
            ("", None),
        ] {
            assert_eq!(next_of(header).as_deref(), wanted, "{header}");
        }
    }
}
