//! Doorkeeper's redirect URI validator: what it refuses, with its error texts, and the typing errors it accepts.
//!
//! doorkeeper: app/validators/doorkeeper/redirect_uri_validator.rb, over Ruby's URI parser

/// The errors of a `redirect_uri`, in Doorkeeper's order; empty if every URI of the list is valid.
pub(super) fn errors(value: &str) -> Vec<&'static str> {
    if value.trim().is_empty() {
        return vec!["can't be blank"];
    }
    let mut errors = Vec::new();
    for uri in value.split_whitespace() {
        if uri == "urn:ietf:wg:oauth:2.0:oob" || uri == "urn:ietf:wg:oauth:2.0:oob:auto" {
            continue;
        }
        match Parts::of(uri) {
            Some(parts) => errors.extend(parts.errors()),
            // Ruby's parser fails; the validator then ignores all further URIs.
            None => {
                errors.push("must be a valid URI.");
                break;
            }
        }
    }
    errors
}

/// Whether an authorization request may ask for this address: one of those that the application has, separated by white space.
/// The port of a loopback address is free; a name such as `localhost` is compared with its port.
/// doorkeeper: lib/doorkeeper/oauth/helpers/uri_checker.rb
pub(super) fn is_registered(registered: &str, asked: &str) -> bool {
    Address::of(asked).is_some_and(|asked| {
        registered.split_whitespace().filter_map(Address::of).any(|registered| asked.matches(&registered))
    })
}

/// An address as it is compared.
struct Address {
    scheme: String,
    user: Option<String>,
    host: String,
    port: Option<u16>,
    path: String,
    query: Option<String>,
}

impl Address {
    /// `None` for what can never be redirected to: without a scheme or a host, or with a fragment.
    fn of(uri: &str) -> Option<Self> {
        let parts = Parts::of(uri)?;
        if parts.fragment || parts.opaque || parts.host.is_none_or(str::is_empty) {
            return None;
        }
        let scheme = parts.scheme?;
        let rest = uri.get(scheme.len() + 3..)?;
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, tail) = rest.split_at(end);
        let (user, place) = match authority.rsplit_once('@') {
            Some((user, place)) => (Some(user.to_owned()), place),
            None => (None, authority),
        };
        let bracket = place.rfind(']').map_or(0, |at| at + 1);
        let (host, port) = match place[bracket..].rfind(':') {
            Some(colon) => (&place[..bracket + colon], &place[bracket + colon + 1..]),
            None => (place, ""),
        };
        let implied = match scheme.as_str() {
            "https" => Some(443),
            "http" => Some(80),
            _ => None,
        };
        let port = if port.is_empty() { implied } else { Some(port.parse().ok()?) };
        let (path, query) = tail.split_once('?').map_or((tail, None), |(path, query)| (path, Some(query)));
        let path = if path.is_empty() { "/" } else { path };
        Some(Self {
            scheme,
            user,
            host: host.to_ascii_lowercase(),
            port,
            path: path.to_owned(),
            query: query.map(str::to_owned),
        })
    }

    fn matches(&self, registered: &Self) -> bool {
        let has_query = registered.query.as_deref().is_none_or(|wanted| {
            self.query.as_deref().is_some_and(|query| sorted_pairs(query) == sorted_pairs(wanted))
        });
        let has_port = self.port == registered.port || (self.is_loopback() && registered.is_loopback());
        let same = [(&self.scheme, &registered.scheme), (&self.host, &registered.host), (&self.path, &registered.path)];
        has_query && has_port && self.user == registered.user && same.iter().all(|(one, other)| one == other)
    }

    fn is_loopback(&self) -> bool {
        let host = self.host.trim_start_matches('[').trim_end_matches(']');
        host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
    }
}

fn sorted_pairs(query: &str) -> Vec<(String, String)> {
    let mut pairs: Vec<_> = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    pairs.sort();
    pairs
}

struct Parts<'a> {
    scheme: Option<String>,
    host: Option<&'a str>,
    opaque: bool,
    fragment: bool,
}

impl<'a> Parts<'a> {
    fn of(uri: &'a str) -> Option<Self> {
        let allowed = |c: char| c.is_ascii_alphanumeric() || "-._~:/?#[]@!$&'()*+,;=%".contains(c);
        if !uri.chars().all(allowed) {
            return None;
        }
        let (rest, fragment) = uri.split_once('#').map_or((uri, false), |(rest, _)| (rest, true));
        let (scheme, rest) = match rest.split_once(':') {
            Some((scheme, tail)) if is_scheme(scheme) => (Some(scheme.to_ascii_lowercase()), tail),
            // A colon before the first slash has to end a scheme, or the text is not a URI.
            Some((head, _)) if !head.contains(['/', '?']) => return None,
            _ => (None, rest),
        };
        let host = match rest.strip_prefix("//") {
            Some(authority) => Some(host_of(authority)?),
            None => None,
        };
        let opaque = scheme.is_some() && !rest.is_empty() && !rest.starts_with('/');
        Some(Self { scheme, host, opaque, fragment })
    }

    fn errors(&self) -> Vec<&'static str> {
        let scheme = self.scheme.as_deref();
        let no_host = self.host.is_none_or(str::is_empty);
        let mut errors = Vec::new();
        if matches!(scheme, Some("javascript" | "data" | "vbscript")) {
            errors.push("is forbidden by the server.");
        }
        if self.fragment {
            errors.push("cannot contain a fragment.");
        }
        if self.opaque || scheme == Some("localhost") {
            errors.push("must specify a scheme.");
        }
        if scheme.is_none() && no_host {
            errors.push("must be an absolute URI.");
        }
        if matches!(scheme, Some("http" | "https")) && no_host {
            errors.push("must be a valid URI.");
        }
        errors
    }
}

fn is_scheme(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
}

/// The host of an authority; `None` if its port is not a number.
fn host_of(authority: &str) -> Option<&str> {
    let authority = authority.split(['/', '?']).next().unwrap_or_default();
    let place = authority.rsplit_once('@').map_or(authority, |(_, place)| place);
    if place.starts_with('[') {
        return Some(place);
    }
    match place.split_once(':') {
        Some((_, port)) if !port.chars().all(|c| c.is_ascii_digit()) => None,
        Some((host, _)) => Some(host),
        None => Some(place),
    }
}

#[cfg(test)]
mod tests {
    use super::{errors, is_registered};

    #[test]
    fn redirects_are_matched_as_doorkeeper_matches_them() {
        for (registered, asked, is_taken) in [
            ("http://127.0.0.1/cb", "http://127.0.0.1:5555/cb", true),
            ("http://127.0.0.1:8000/cb", "http://127.0.0.1:5555/cb", true),
            ("http://127.0.0.1:5555/cb", "http://127.0.0.1/cb", true),
            ("http://[::1]/cb", "http://[::1]:5555/cb", true),
            ("http://127.0.0.1/cb", "http://[::1]:5555/cb", false),
            ("http://127.0.0.1/cb", "http://127.0.0.2:5555/cb", false),
            ("http://127.0.0.1/cb", "http://localhost:5555/cb", false),
            ("http://localhost/cb", "http://localhost:5555/cb", false),
            ("http://localhost:5555/cb", "http://localhost:5555/cb", true),
            ("http://127.0.0.1/cb", "http://127.0.0.1:5555/other", false),
            ("http://127.0.0.1/cb", "http://127.0.0.1:5555/cb/", false),
            ("http://127.0.0.1/cb", "https://127.0.0.1:5555/cb", false),
            ("http://127.0.0.1/cb", "http://user@127.0.0.1:5555/cb", false),
            ("https://x.example/cb", "https://x.example/cb?x=1", true),
            ("https://x.example/cb?a=1&b=2", "https://x.example/cb?b=2&a=1", true),
            ("https://x.example/cb?a=1", "https://x.example/cb?a=2", false),
            ("https://x.example/cb?a=1", "https://x.example/cb", false),
            ("https://x.example/cb?a=1", "https://x.example/cb?a=1&b=2", false),
            ("https://x.example/cb", "https://x.example:8443/cb", false),
            ("https://x.example/cb", "https://x.example:443/cb", true),
            ("https://x.example", "https://x.example/", true),
            ("https://x.example/cb", "https://X.example/cb", true),
            ("https://x.example/cb", "https://x.example/cb#f", false),
            ("https://x.example/cb", "https://x.example.evil.example/cb", false),
            ("https://x.example/cb", "/cb", false),
            ("https://x.example/cb", "", false),
            ("https://a.example/cb\nhttp://127.0.0.1/cb", "http://127.0.0.1:1/cb", true),
            ("urn:ietf:wg:oauth:2.0:oob", "https://x.example/cb", false),
        ] {
            assert_eq!(is_registered(registered, asked), is_taken, "{registered} {asked}");
        }
    }

    #[test]
    fn errors_are_doorkeepers() {
        let cases: &[(&str, &[&str])] = &[
            ("https://a.example/cb", &[]),
            ("http://a.example/cb", &[]),
            ("https://a.example/cb\nhttps://b.example/cb", &[]),
            ("https://a.example/cb,https://b.example/cb", &[]),
            ("https://*.example/", &[]),
            ("https://user:pw@a.example/cb?x=1", &[]),
            ("https://[::1]:8080/cb", &[]),
            ("myapp://cb", &[]),
            ("myapp:/cb", &[]),
            ("//host/cb", &[]),
            ("urn:ietf:wg:oauth:2.0:oob", &[]),
            ("", &["can't be blank"]),
            (" \n", &["can't be blank"]),
            ("http://", &["must be a valid URI."]),
            ("https:///cb", &["must be a valid URI."]),
            ("https://a.example:x/cb", &["must be a valid URI."]),
            ("https://a.example/<b>", &["must be a valid URI."]),
            ("javascript://x", &["is forbidden by the server."]),
            ("javascript:x", &["is forbidden by the server.", "must specify a scheme."]),
            ("data:text/html", &["is forbidden by the server.", "must specify a scheme."]),
            ("https://a.example/cb#x", &["cannot contain a fragment."]),
            ("https://a.example/cb#", &["cannot contain a fragment."]),
            ("/cb", &["must be an absolute URI."]),
            ("host.example/cb", &["must be an absolute URI."]),
            ("word", &["must be an absolute URI."]),
            ("host:8080/cb", &["must specify a scheme."]),
            ("localhost:8080/cb", &["must specify a scheme."]),
            ("https://a.example/cb /cb", &["must be an absolute URI."]),
        ];
        for (uri, expected) in cases {
            assert_eq!(errors(uri), *expected, "{uri:?}");
        }
    }
}
