//! Whatever a server sends in its headers, a list never leaves its origin.

use proptest::prelude::*;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue, LINK};
use zeroize::Zeroizing;

use super::*;
use crate::http::response::BodyEnding;

const HERE: &str = "https://gitlab.acme.com:8443/gitlab/api/v4/things?page=1&per_page=100";

fn answer(headers: &[(&str, &[u8])]) -> Response {
    let url: Url = HERE.parse().expect("an address");
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(*name), HeaderValue::from_bytes(value)) {
            map.append(name, value);
        }
    }
    let (body, ending) = (Zeroizing::default(), BodyEnding::Said);
    Response { status: 200, url: url.clone(), headers: map, body, ending, request: Request::get(url) }
}

fn stays(headers: &[(&str, &[u8])]) -> Result<(), TestCaseError> {
    let here: Url = HERE.parse().expect("an address");
    if let Ok(Some(next)) = next_page(&answer(headers)) {
        prop_assert_eq!(next.origin(), here.origin(), "{}", next);
        prop_assert_eq!(next.scheme(), "https");
    }
    Ok(())
}

/// Addresses that try to leave the origin.
fn address() -> impl Strategy<Value = String> {
    let host = "(evil\\.example|gitlab\\.acme\\.com|127\\.0\\.0\\.1|\\[::1\\]|)";
    let begin = "(https?:|ftp:|javascript:|file:|)(//|/|\\\\|/\\\\|///|)(gitlab\\.acme\\.com:8443@|user:pw@|)";
    (begin, host, "(:8443|:443|:80|:|)", "[ -~]{0,20}")
        .prop_map(|(begin, host, port, rest)| begin + &host + &port + &rest)
}

proptest! {
    #[test]
    fn any_link_header_stays_at_its_origin(value in prop::collection::vec(any::<u8>(), 0..200)) {
        stays(&[(LINK.as_str(), &value)])?;
    }

    #[test]
    fn any_next_address_stays_at_its_origin(to in address(), other in address()) {
        stays(&[(LINK.as_str(), format!("<{other}>; rel=\"prev\", <{to}>; rel=\"next\"").as_bytes())])?;
    }

    #[test]
    fn any_next_page_stays_at_its_origin(page in "[ -~]{0,30}") {
        stays(&[("x-next-page", page.as_bytes())])?;
    }

    #[test]
    fn any_redirect_is_followed_only_within_its_origin(to in address()) {
        let moved = Response { status: 302, ..answer(&[("location", to.as_bytes())]) };
        if let Some(to) = moved.redirect() {
            let same = is_same_origin(&moved.url, &to);
            prop_assert_eq!(same, to.scheme() == "https" && to.host_str() == Some("gitlab.acme.com") && to.port() == Some(8443));
        }
    }
}
