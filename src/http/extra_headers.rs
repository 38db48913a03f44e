//! Headers that requests to GitLab carry beside their own, from a file: for a proxy in front of it that asks for a password or
//! a service token. The values are secrets.

use std::path::Path;

use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};

use super::error::Error;
use super::limits::MAX_HEADER_FILE_BYTES;
use super::options::{file_up_to, setup};
use crate::secret::{is_quoted, is_unexpanded_variable, register_header_value, shown_place};

/// Headers that the program sets itself, in lower case.
const OWN: [&str; 13] = [
    "accept",
    "accept-encoding",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "expect",
    "host",
    "private-token",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// The headers of a file, each value marked as sensitive.
#[derive(Clone, Default)]
pub(super) struct ExtraHeaders(HeaderMap);

/// Why a line is not a header. Never holds the line.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
enum LineError {
    #[error("is not of the form Name: value")]
    Form,
    #[error("is in quotes; leave them out")]
    Quoted,
    #[error("has no value")]
    Empty,
    #[error("holds a variable that was not expanded; give its value")]
    Unexpanded,
    #[error("holds a character that a header cannot have")]
    Characters,
    #[error("sets {0}, which the program sets itself")]
    Own(&'static str),
}

impl ExtraHeaders {
    /// Reads a file: `Name: value` a line. Empty lines and lines that begin with `#` are left out.
    pub(super) fn read(path: &Path) -> Result<Self, Error> {
        let bytes = file_up_to(path, "the header file", MAX_HEADER_FILE_BYTES)?;
        let shown = shown_place(path);
        // Editors on Windows begin a file with a byte order mark.
        let text = std::str::from_utf8(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes));
        let Ok(text) = text else { return Err(setup(format!("the header file {shown} is not text"))) };
        let headers =
            Self::parse(text).map_err(|(line, why)| setup(format!("line {line} of the header file {shown} {why}")))?;
        if headers.0.is_empty() {
            return Err(setup(format!("the header file {shown} has no header; write one as Name: value a line")));
        }
        Ok(headers)
    }

    fn parse(text: &str) -> Result<Self, (usize, LineError)> {
        let mut headers = HeaderMap::new();
        for (number, line) in (1..).zip(text.lines()) {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let (name, value) = header(line).map_err(|why| (number, why))?;
            headers.append(name, value);
        }
        Ok(Self(headers))
    }

    /// Adds the headers that a request does not set itself.
    pub(super) fn add_to(&self, headers: &mut HeaderMap) {
        let own: Vec<HeaderName> = headers.keys().cloned().collect();
        for (name, value) in self.0.iter().filter(|(name, _)| !own.contains(name)) {
            headers.append(name.clone(), value.clone());
        }
    }

    /// Whether they take the header in which a request would name an OAuth application.
    pub(super) fn has_authorization(&self) -> bool {
        self.0.contains_key(AUTHORIZATION)
    }
}

fn header(line: &str) -> Result<(HeaderName, HeaderValue), LineError> {
    if is_quoted(line) {
        return Err(LineError::Quoted);
    }
    let (name, value) = line.split_once(':').ok_or(LineError::Form)?;
    let (name, value) = (name.trim(), value.trim());
    let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| LineError::Form)?;
    if let Some(own) = OWN.into_iter().find(|own| name == *own) {
        return Err(LineError::Own(own));
    }
    if value.is_empty() {
        return Err(LineError::Empty);
    }
    if is_quoted(value) {
        return Err(LineError::Quoted);
    }
    if value.split_whitespace().any(is_unexpanded_variable) {
        return Err(LineError::Unexpanded);
    }
    let mut parsed = HeaderValue::from_str(value).map_err(|_| LineError::Characters)?;
    parsed.set_sensitive(true);
    register_header_value(value);
    Ok((name, parsed))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_read_line_by_line() {
        let text = "# Cloudflare Access\r\nCF-Access-Client-Id: 3f.access\r\n\r\n  X-Team :  a: b \nX-Team: c\n";
        let ExtraHeaders(headers) = ExtraHeaders::parse(text).expect("headers");
        let pairs: Vec<(&str, &str)> =
            headers.iter().map(|(name, value)| (name.as_str(), value.to_str().expect("text"))).collect();
        assert_eq!(pairs, [("cf-access-client-id", "3f.access"), ("x-team", "a: b"), ("x-team", "c")]);
        assert!(headers.values().all(HeaderValue::is_sensitive));
    }

    #[test]
    fn a_bad_line_is_named_by_its_number_and_not_repeated() {
        for (line, wanted) in [
            ("hunter2", LineError::Form),
            ("hunter2 again: x", LineError::Form),
            (": hunter2", LineError::Form),
            ("\"X-Token: hunter2\"", LineError::Quoted),
            ("X-Token: 'hunter2'", LineError::Quoted),
            ("X-Token:", LineError::Empty),
            ("X-Token: $HUNTER2", LineError::Unexpanded),
            ("Authorization: Basic ${HUNTER2}", LineError::Unexpanded),
            ("X-Token: hunter2\u{7}", LineError::Characters),
            ("Private-Token: hunter2", LineError::Own("private-token")),
            ("HOST: hunter2", LineError::Own("host")),
        ] {
            let (number, why) = ExtraHeaders::parse(&format!("X-Good: 1\n\n{line}\n")).err().expect(line);
            assert_eq!((number, why), (3, wanted), "{line}");
            assert!(!why.to_string().to_lowercase().contains("hunter2"), "{why}");
        }
    }

    #[test]
    fn a_requests_own_header_stays() {
        let extra = ExtraHeaders::parse("Authorization: Basic cHJveHk6cHc=\nX-A: 1\nX-A: 2\nX-B: 3").expect("headers");
        let mut headers = HeaderMap::from_iter([(HeaderName::from_static("x-b"), HeaderValue::from_static("own"))]);
        extra.add_to(&mut headers);
        let of = |name: &str| headers.get_all(name).iter().map(|value| value.as_bytes()).collect::<Vec<_>>();
        assert_eq!((of("x-a"), of("x-b")), (vec![&b"1"[..], b"2"], vec![&b"own"[..]]));
        assert!(extra.has_authorization());
    }
}
