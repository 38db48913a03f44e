//! From the text of a setting to its type. The errors say what a value has to be and never repeat it: it may hold a secret.

use std::path::PathBuf;
use std::time::Duration;

use clap::ValueEnum;
use clap::builder::PossibleValue;
use url::Url;

use super::keys::EVERYTHING;
use super::{KitSigner, ProxyChoice};
use crate::instance::{InstanceUrl, UrlError};
use crate::kit::{FingerprintError, NamedFingerprint};
use crate::text::{Glob, GlobError};

pub(super) fn text(given: &str) -> Result<String, String> {
    Ok(given.to_owned())
}

pub(super) fn application_id(given: &str) -> Result<String, String> {
    match given.trim() {
        "" => Err("it is empty; give the long ID on the application's page".to_owned()),
        id => Ok(id.to_owned()),
    }
}

pub(super) fn path(given: &str) -> Result<PathBuf, String> {
    if given.is_empty() { Err("give a path; it is empty".to_owned()) } else { Ok(PathBuf::from(given)) }
}

/// A switch is off when it says so; in an answers file it is `true` or `false`.
pub(super) fn switch(given: &str) -> Result<bool, String> {
    Ok(!matches!(given, "false" | "0" | ""))
}

/// The full path of a group, or [`EVERYTHING`].
pub(super) fn group(given: &str) -> Result<String, String> {
    full_path(given).ok_or_else(|| format!("it is empty; give a group's full path, or '{EVERYTHING}' for all of them"))
}

pub(super) fn project(given: &str) -> Result<String, String> {
    full_path(given).ok_or_else(|| "it is empty; give a project's full path, as in platform/web".to_owned())
}

/// A path as GitLab writes it: without a slash at either end.
fn full_path(given: &str) -> Option<String> {
    let path = given.trim().trim_matches('/');
    (!path.is_empty()).then(|| path.to_owned())
}

/// A pattern over full paths.
pub(super) fn pattern(given: &str) -> Result<Glob, String> {
    // A group may be typed as in its address; with the slash the pattern would match nothing.
    let given = given.trim_matches('/');
    if given.is_empty() {
        return Err("it is empty; a pattern is matched against the full path, as in platform/legacy/**".to_owned());
    }
    given.parse().map_err(|why: GlobError| {
        format!("{why}; a pattern is matched against the full path, as in platform/legacy/**")
    })
}

pub(super) fn instance(given: &str) -> Result<InstanceUrl, String> {
    given.parse().map_err(|error: UrlError| error.to_string())
}

pub(super) fn fingerprint(given: &str) -> Result<NamedFingerprint, String> {
    given.parse().map_err(|error: FingerprintError| error.to_string())
}

pub(super) fn signer(given: &str) -> Result<KitSigner, String> {
    KitSigner::new(given)
}

pub(super) fn url(given: &str) -> Result<Url, String> {
    // The parser's own words are not repeated: they do not say what to write.
    given.parse().map_err(|_| "it is not a URL such as https://factory.example.com/path".to_owned())
}

pub(super) fn proxy(given: &str) -> Result<ProxyChoice, String> {
    if given == "none" {
        return Ok(ProxyChoice::Direct);
    }
    match with_encoded_password(given.trim()).parse::<Url>().ok() {
        Some(url) if matches!(url.scheme(), "http" | "https") && url.has_host() => Ok(ProxyChoice::Through(url)),
        _ => Err("it is not an address such as http://proxy:3128".to_owned()),
    }
}

/// The address of a proxy as people write it: without a scheme, or with characters in the password that a URL reserves. The
/// last `@` ends the password.
fn with_encoded_password(given: &str) -> String {
    let (scheme, rest) = given.split_once("://").unwrap_or(("http", given));
    match rest.rsplit_once('@') {
        None => format!("{scheme}://{rest}"),
        Some((user_info, host)) => {
            let (user, password) = user_info.split_once(':').unwrap_or((user_info, ""));
            format!("{scheme}://{}:{}@{host}", encoded(user), encoded(password))
        }
    }
}

/// Encodes what a URL reserves; what is encoded already stays.
fn encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for (at, letter) in text.char_indices() {
        let is_code = || text.as_bytes().get(at + 1..at + 3).is_some_and(|code| code.iter().all(u8::is_ascii_hexdigit));
        match letter {
            '%' if is_code() => encoded.push('%'),
            '#' | '@' | '/' | '?' | '[' | ']' | ':' | '%' | ' ' | '"' | '<' | '>' | '\\' | '^' | '`' | '{' | '|'
            | '}' => {
                encoded.push_str(&format!("%{:02X}", u32::from(letter)));
            }
            other => encoded.push(other),
        }
    }
    encoded
}

/// The longest time that anything is waited for. More is a typing error, and a clock cannot count every number.
const LONGEST_DURATION: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// `90s`, `5m` or `1h 30m`.
pub fn duration(given: &str) -> Result<Duration, String> {
    let wanted = || "write it as 90s, 5m or 1h".to_owned();
    let signed: jiff::SignedDuration = given.parse().map_err(|_| wanted())?;
    at_most_a_year(Duration::try_from(signed).map_err(|_| wanted())?)
}

/// # Errors
/// For what is longer than a year.
pub fn at_most_a_year(time: Duration) -> Result<Duration, String> {
    if time > LONGEST_DURATION { Err("it has to be at most a year".to_owned()) } else { Ok(time) }
}

/// A user name, with or without the `@` that people write before it.
pub(super) fn account(given: &str) -> Result<String, String> {
    let name = given.trim().trim_start_matches('@');
    let is_name = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte));
    if is_name {
        Ok(name.to_owned())
    } else {
        Err("give the user name as in @jane, not the full name or e-mail".to_owned())
    }
}

/// No request takes longer than a day.
const MOST_SECONDS: u64 = 24 * 60 * 60;

pub(super) fn seconds(given: &str) -> Result<Duration, String> {
    match given.parse() {
        Ok(seconds @ 1..=MOST_SECONDS) => Ok(Duration::from_secs(seconds)),
        Ok(1_u64..) => Err(format!("it has to be at most {MOST_SECONDS} seconds, which is a day")),
        _ => Err("it has to be a whole number of seconds, at least 1".to_owned()),
    }
}

pub(super) fn count(given: &str) -> Result<usize, String> {
    match given.parse() {
        Ok(count @ 1..) => Ok(count),
        _ => Err("it has to be a whole number, at least 1".to_owned()),
    }
}

/// One of the names of an enum.
pub(super) fn choice<T: ValueEnum>(given: &str) -> Result<T, String> {
    T::from_str(given, false).map_err(|_| format!("choose {}", alternatives(&choices::<T>())))
}

/// `auto, manual or existing`.
fn alternatives(values: &[PossibleValue]) -> String {
    let names: Vec<&str> = values.iter().map(PossibleValue::get_name).collect();
    match names.as_slice() {
        [others @ .., last] if !others.is_empty() => format!("{} or {last}", others.join(", ")),
        names => names.concat(),
    }
}

/// The names of an enum, without the comments on its variants.
pub(super) fn choices<T: ValueEnum>() -> Vec<PossibleValue> {
    let values = T::value_variants().iter().filter_map(ValueEnum::to_possible_value);
    values.map(|value| value.help(None::<&'static str>)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_that_no_clock_counts_is_refused() {
        assert_eq!(duration("8760h"), Ok(LONGEST_DURATION));
        for given in ["8760h 1s", "9223372036854775807s"] {
            assert_eq!(duration(given), Err("it has to be at most a year".to_owned()), "{given}");
        }
        assert_eq!(duration("18446744073709551615s"), Err("write it as 90s, 5m or 1h".to_owned()));
        assert_eq!(seconds("86400"), Ok(Duration::from_secs(86_400)));
        for given in ["86401", "18446744073709551615"] {
            let refused = seconds(given).expect_err(given);
            assert_eq!(refused, "it has to be at most 86400 seconds, which is a day", "{given}");
        }
    }

    #[test]
    fn a_proxys_address_is_read_as_people_write_it() {
        for (given, wanted) in [
            ("http://proxy:3128", "http://proxy:3128/"),
            ("proxy.acme.com:3128", "http://proxy.acme.com:3128/"),
            ("https://proxy", "https://proxy/"),
            ("http://user:p#s@s@proxy:3128", "http://user:p%23s%40s@proxy:3128/"),
            ("http://user:p%23s@proxy:3128", "http://user:p%23s@proxy:3128/"),
            ("http://acme\\user:100%/:?@proxy:3128", "http://acme%5Cuser:100%25%2F%3A%3F@proxy:3128/"),
            ("user:secret@proxy:3128", "http://user:secret@proxy:3128/"),
        ] {
            assert_eq!(proxy(given), Ok(ProxyChoice::Through(wanted.parse().expect("an address"))), "{given}");
        }
        assert_eq!(proxy("none"), Ok(ProxyChoice::Direct));
        for given in ["", "ftp://proxy", "http://", "socks5://proxy:1080"] {
            let why = proxy(given).expect_err(given);
            assert!(why.contains("http://proxy:3128"), "{why}");
        }
    }
}
