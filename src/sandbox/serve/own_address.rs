//! Whether a request is meant for the sandbox: a page in a browser, or a name that was rebound to loopback, is refused.

use std::net::SocketAddr;

use axum::http::header::{HOST, ORIGIN};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, Request};

/// Whether the request's host is one of these addresses, and its origin too where it names one. `localhost` counts: no
/// resolver answers for it.
pub(super) fn is_for<B>(request: &Request<B>, own: &[SocketAddr]) -> bool {
    let in_line = request.uri().authority().map(Authority::as_str);
    let headers = request.headers();
    let mut hosts = in_line.into_iter().chain(texts(headers, &HOST)).peekable();
    hosts.peek().is_some()
        && hosts.all(|host| is_own(host, own))
        && texts(headers, &ORIGIN).all(|from| is_page(from, own))
}

/// The texts of a header; what is not text becomes one that matches nothing.
fn texts<'a>(headers: &'a HeaderMap, name: &axum::http::HeaderName) -> impl Iterator<Item = &'a str> {
    headers.get_all(name).into_iter().map(|value| value.to_str().unwrap_or_default())
}

fn is_own(authority: &str, own: &[SocketAddr]) -> bool {
    own.iter().any(|address| {
        let port = address.port();
        let names = [address.to_string(), format!("localhost:{port}")];
        // A client leaves out the port that its scheme implies.
        let is_implied = matches!(port, 80 | 443);
        names.iter().any(|name| {
            let bare = name.strip_suffix(&format!(":{port}")).filter(|_| is_implied);
            name.eq_ignore_ascii_case(authority) || bare.is_some_and(|bare| bare.eq_ignore_ascii_case(authority))
        })
    })
}

fn is_page(origin: &str, own: &[SocketAddr]) -> bool {
    let authority = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"));
    authority.is_some_and(|authority| is_own(authority, own))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_taken(host: &str, origin: Option<&str>) -> bool {
        let own = ["127.0.0.1:8929", "[::1]:443"].map(|text| text.parse().expect("an address"));
        let request = Request::builder().uri("/api/v4/user").header(HOST, host);
        let request = origin.into_iter().fold(request, |request, origin| request.header(ORIGIN, origin));
        is_for(&request.body(()).expect("a request"), &own)
    }

    #[test]
    fn a_request_for_another_host_or_from_another_page_is_refused() {
        for host in ["127.0.0.1:8929", "localhost:8929", "LOCALHOST:8929", "[::1]", "[::1]:443", "localhost"] {
            assert!(is_taken(host, None), "{host}");
        }
        for host in
            ["", "evil.example", "evil.example:8929", "127.0.0.1", "127.0.0.1:80", "localhost.evil.example:8929"]
        {
            assert!(!is_taken(host, None), "{host}");
        }
        assert!(is_taken("127.0.0.1:8929", Some("http://127.0.0.1:8929")));
        for origin in ["null", "https://evil.example", "http://127.0.0.1:3000", "http://127.0.0.1:8929.evil.example"] {
            assert!(!is_taken("127.0.0.1:8929", Some(origin)), "{origin}");
        }
        assert!(!is_for(&Request::builder().uri("/").body(()).expect("a request"), &[]), "without a host");
    }
}
