//! Whether two webhook URLs are the same address. GitLab keeps the spelling that it was given, and a receiver usually takes
//! several.

use url::Url;

/// How a webhook's URL relates to the wanted one.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Address {
    /// The same URL; host in capitals, a default port and percent-encoding are spelling (RFC 3986, section 6.2).
    Same,
    /// The same receiver in another spelling: another scheme, user information, a slash, capitals in the path, a query.
    Similar,
    Other,
}

impl Address {
    #[must_use]
    pub fn compare(wanted: &Url, found: &str) -> Self {
        let Ok(found) = Url::parse(found.trim()) else { return Self::Other };
        if normalized(wanted) == normalized(&found) {
            return Self::Same;
        }
        if is_same_receiver(wanted, &found) { Self::Similar } else { Self::Other }
    }
}

/// The URL with percent-encoding only where it is needed. The parser has normalized the rest.
fn normalized(url: &Url) -> String {
    decoded(url.as_str())
}

fn is_same_receiver(wanted: &Url, found: &Url) -> bool {
    let host = |url: &Url| url.host_str().map(|host| host.trim_end_matches('.').to_owned());
    let path = |url: &Url| {
        let parts = url.path().split('/').filter(|part| !part.is_empty());
        parts.map(|part| decoded(part).to_lowercase()).collect::<Vec<_>>()
    };
    let is_default = |url: &Url| url.port().is_none();
    let same_port = wanted.port() == found.port() || (is_default(wanted) && is_default(found));
    host(wanted) == host(found) && same_port && path(wanted) == path(found) && has_query_of(wanted, found)
}

/// A query in the wanted URL may name the organization, so it has to be there. One that only the other has is ignored.
fn has_query_of(wanted: &Url, found: &Url) -> bool {
    let pairs: Vec<_> = found.query_pairs().collect();
    wanted.query_pairs().all(|pair| pairs.contains(&pair))
}

/// Decodes what need not be encoded: letters, digits and `-._~`.
fn decoded(text: &str) -> String {
    let mut decoded = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('%') {
        decoded.push_str(before);
        let byte = after.get(..2).and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match byte {
            Some(byte) => {
                if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
                    decoded.push(char::from(byte));
                } else {
                    decoded.push_str(&format!("%{byte:02X}"));
                }
                rest = &after[2..];
            }
            None => {
                decoded.push('%');
                rest = after;
            }
        }
    }
    decoded.push_str(rest);
    decoded
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compare(wanted: &str, found: &str) -> Address {
        Address::compare(&Url::parse(wanted).expect("a URL"), found)
    }

    #[test]
    fn an_address_is_recognized_in_every_spelling() {
        const WANTED: &str = "https://hooks.factory.example/gitlab/org_acme";
        for (found, address) in [
            (WANTED, Address::Same),
            ("HTTPS://HOOKS.Factory.Example/gitlab/org_acme", Address::Same),
            ("https://hooks.factory.example:443/gitlab/org_acme", Address::Same),
            ("https://hooks.factory.example/%67itlab/org%5Facme", Address::Same),
            ("https://hooks.factory.example/x/../gitlab/org_acme", Address::Same),
            (" https://hooks.factory.example/gitlab/org_acme ", Address::Same),
            ("https://hooks.factory.example/gitlab/org_acme/", Address::Similar),
            ("https://hooks.factory.example//gitlab/org_acme", Address::Similar),
            ("https://hooks.factory.example/GitLab/org_acme", Address::Similar),
            ("https://hooks.factory.example/gitlab/org_acme?from=ci", Address::Similar),
            ("https://hooks.factory.example/gitlab/org_acme#x", Address::Similar),
            ("https://user:pw@hooks.factory.example/gitlab/org_acme", Address::Similar),
            ("http://hooks.factory.example/gitlab/org_acme", Address::Similar),
            ("https://hooks.factory.example./gitlab/org_acme", Address::Similar),
            ("https://hooks.factory.example:8443/gitlab/org_acme", Address::Other),
            ("https://hooks.factory.example/gitlab/org_other", Address::Other),
            ("https://hooks.factory.example/gitlab", Address::Other),
            ("https://ci.example/gitlab/org_acme", Address::Other),
            ("not a URL", Address::Other),
            ("https://hooks.factory.example/gitlab/org_acme%", Address::Other),
            ("https://hooks.factory.example/gitlab/org_acme%\u{e4}", Address::Other),
        ] {
            assert_eq!(compare(WANTED, found), address, "{found}");
        }
    }

    #[test]
    fn a_query_that_names_the_organization_is_not_spelling() {
        const WANTED: &str = "https://hooks.factory.example/gitlab?org=acme";
        assert_eq!(compare(WANTED, "https://hooks.factory.example/gitlab?org=other"), Address::Other);
        assert_eq!(compare(WANTED, "https://hooks.factory.example/gitlab"), Address::Other);
        assert_eq!(compare(WANTED, "https://hooks.factory.example/gitlab/?x=1&org=acme"), Address::Similar);
    }
}
