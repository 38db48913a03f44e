//! Walks a paged list by its `Link` headers, and never leaves the origin.

use std::collections::HashSet;
use std::hash::{BuildHasher as _, RandomState};

use tokio::sync::OwnedSemaphorePermit;
use url::Url;

use super::client::Client;
use super::error::{Cause, Error, LinkProblem};
use super::request::Request;
use super::response::Response;

/// A list, page by page. Of the pages that were read it keeps eight bytes each, whatever their size.
pub struct Pages {
    client: Client,
    first: Request,
    next: Option<Request>,
    digests: RandomState,
    seen: HashSet<u64>,
    last_body: Option<u64>,
    /// What the bodies so far come to.
    bytes: usize,
}

/// No list has more pages: ten million projects at a hundred a page.
const MOST_PAGES: usize = 100_000;

impl Pages {
    #[must_use]
    pub fn new(client: Client, first: Request) -> Self {
        let (digests, seen) = (RandomState::new(), HashSet::new());
        Self { client, next: Some(first.clone()), first, digests, seen, last_body: None, bytes: 0 }
    }

    /// Begins again with the first page.
    pub fn restart(&mut self) {
        self.next = Some(self.first.clone());
        self.seen.clear();
        (self.last_body, self.bytes) = (None, 0);
    }

    /// The place of the one list that may be kept although it is long; `None` while another has it.
    #[must_use]
    pub fn try_alone(&self) -> Option<Alone> {
        self.client.long_lists().try_acquire_owned().ok().map(Alone)
    }

    /// The same, waited for. What was read of the list should not be held meanwhile.
    pub async fn alone(&self) -> Option<Alone> {
        self.client.long_lists().acquire_owned().await.ok().map(Alone)
    }

    /// How large the pages so far were, in bytes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// The next page; `None` after the last one.
    ///
    /// # Errors
    /// Those of [`Client::send`], and [`Cause::Link`] when the way leads to another origin, in a circle, or on for ever.
    pub async fn next(&mut self) -> Result<Option<Response>, Error> {
        let Some(request) = self.next.take() else { return Ok(None) };
        if self.seen.len() >= MOST_PAGES {
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

    /// Ends the walk: the page before was the last one.
    pub fn finish(&mut self) {
        self.next = None;
    }

    /// The error of a list that is longer than any that is meant.
    #[must_use]
    pub fn endless(&self) -> Error {
        self.first.failed(Cause::Link(LinkProblem::Endless))
    }

    /// Whether a next page is known of.
    #[must_use]
    pub fn has_next(&self) -> bool {
        self.next.is_some()
    }

    /// Goes on with this request, where the page before named no next one.
    pub fn go_on_with(&mut self, request: Request) {
        self.next = Some(request);
    }
}

/// The place of the one list that is kept although it is long; given back when dropped.
pub struct Alone(#[expect(dead_code, reason = "it is only held")] OwnedSemaphorePermit);

/// `[]`, which may well come twice.
const EMPTY_LIST: usize = 2;

/// Whether scheme, host and port are the same.
pub(super) fn same_origin(one: &Url, other: &Url) -> bool {
    one.origin() == other.origin()
}

fn next_page(response: &Response) -> Result<Option<Url>, Error> {
    let Some(link) = response.headers.get_all("link").iter().find_map(|value| next_of(value.to_str().ok()?)) else {
        return Ok(next_by_number(response));
    };
    let broken = |problem| response.failed(Cause::Link(problem));
    let url = response.url.join(&link).map_err(|_| broken(LinkProblem::NotAnAddress))?;
    if same_origin(&response.url, &url) {
        Ok(Some(url))
    } else if url.host() == response.url.host() && url.scheme() != response.url.scheme() {
        Err(broken(LinkProblem::OtherScheme))
    } else {
        Err(broken(LinkProblem::OtherHost))
    }
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
