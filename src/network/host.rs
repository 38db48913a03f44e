//! What can be a host: a name that DNS can hold, or an IP address.

use std::net::{Ipv4Addr, Ipv6Addr};

use url::Host;

const LONGEST_NAME: usize = 253;
const LONGEST_LABEL: usize = 63;

/// Why something is no host, as a fragment.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum NotAHost {
    #[error("it is empty")]
    Empty,
    #[error("it is longer than 253 characters, and no name is")]
    TooLong,
    #[error("a part of a name has 1 to 63 characters")]
    Label,
    #[error("a part of a name does not begin or end with a hyphen")]
    Hyphen,
    #[error("a name has letters, digits, hyphens and underscores, and a dot between its parts")]
    Character,
    #[error("it is neither a name nor an IP address")]
    Address,
}

/// The host that a text names: an IP address (IPv6 with or without brackets), or a name, of an international one the form that is
/// asked for. A dot at the end of a name stays.
///
/// # Errors
/// What DNS cannot hold, and what only looks like an address.
pub fn host(text: &str) -> Result<Host<String>, NotAHost> {
    if text.is_empty() {
        return Err(NotAHost::Empty);
    }
    let bracketed = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    if bracketed.is_some() || text.contains(':') {
        let address = bracketed.unwrap_or(text).parse::<Ipv6Addr>();
        return address.map(Host::Ipv6).map_err(|_| NotAHost::Address);
    }
    if let Ok(address) = text.parse::<Ipv4Addr>() {
        return Ok(Host::Ipv4(address));
    }
    // Before the rules of international names, which take their time for a long text.
    if text.chars().count() > LONGEST_NAME + 1 {
        return Err(NotAHost::TooLong);
    }
    if text.is_ascii() {
        name(text)?;
    }
    match Host::parse(text) {
        Ok(Host::Domain(domain)) => name(&domain).map(|()| Host::Domain(domain)),
        // A number alone, or in hexadecimal: a browser takes it for an address.
        Ok(Host::Ipv4(_) | Host::Ipv6(_)) => Err(NotAHost::Address),
        Err(_) if text.is_ascii() => Err(NotAHost::Address),
        Err(_) => Err(NotAHost::Character),
    }
}

/// # Errors
/// What DNS cannot hold.
fn name(text: &str) -> Result<(), NotAHost> {
    let bare = text.strip_suffix('.').unwrap_or(text);
    if bare.len() > LONGEST_NAME {
        return Err(NotAHost::TooLong);
    }
    let is_odd = |c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
    for label in bare.split('.') {
        if label.contains(is_odd) {
            return Err(NotAHost::Character);
        }
        if label.is_empty() || label.len() > LONGEST_LABEL {
            return Err(NotAHost::Label);
        }
        if label.starts_with('-') || label.ends_with('-') {
            return Err(NotAHost::Hyphen);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_dns_can_hold_and_an_address_are_hosts() {
        let longest = format!("{0}.{0}.{0}.{1}", "a".repeat(63), "b".repeat(61));
        for (text, wanted) in [
            ("api.factory.ai", "api.factory.ai"),
            ("API.factory.ai", "api.factory.ai"),
            ("api.factory.ai.", "api.factory.ai."),
            ("gitlab", "gitlab"),
            ("a_b.test", "a_b.test"),
            ("3com.test", "3com.test"),
            ("bücher.test", "xn--bcher-kva.test"),
            ("10.0.0.5", "10.0.0.5"),
            ("fd00::5", "[fd00::5]"),
            ("[fd00::5]", "[fd00::5]"),
            (&longest, &longest),
        ] {
            assert_eq!(host(text).map(|host| host.to_string()).as_deref(), Ok(wanted), "{text}");
        }
    }

    #[test]
    fn what_dns_cannot_hold_is_no_host_and_the_reason_is_told() {
        for (text, why) in [
            ("", NotAHost::Empty),
            ("a..b", NotAHost::Label),
            (".a", NotAHost::Label),
            (".", NotAHost::Label),
            (&"a".repeat(64), NotAHost::Label),
            ("-a.test", NotAHost::Hyphen),
            ("a-.test", NotAHost::Hyphen),
            ("a b.test", NotAHost::Character),
            ("a%62.test", NotAHost::Character),
            ("a/b", NotAHost::Character),
            ("user@a.test", NotAHost::Character),
            ("10.0.0.256", NotAHost::Address),
            ("127.1", NotAHost::Address),
            ("0x7f000001", NotAHost::Address),
            ("fd00::5::1", NotAHost::Address),
            ("[fd00::5", NotAHost::Address),
            ("a:b", NotAHost::Address),
            (&"a".repeat(100_000), NotAHost::TooLong),
            (&"ü".repeat(100_000), NotAHost::TooLong),
        ] {
            assert_eq!(host(text), Err(why), "{:?}", text.get(..20).unwrap_or(text));
        }
    }
}
