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
    use super::errors;

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
