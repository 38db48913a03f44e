//! A response that arrived whole and within its limit, and how it is read as a type.

use reqwest::header::{HeaderMap, LOCATION};
use serde::de::DeserializeOwned;
use url::Url;
use zeroize::Zeroizing;

use super::error::{Cause, Error, Expected, UnexpectedPage};
use super::error_response;
use super::limits::{MAX_JSON_VALUES, MAX_SCALAR_BYTES, SMALL_BODY_BYTES};
use super::request::Request;

/// A 2xx response. Its body may hold a secret that GitLab shows once, so it is wiped when dropped and has no `Debug`.
pub struct Response {
    pub(super) status: u16,
    /// The address that responded, which a redirect within the origin may have changed.
    pub(super) url: Url,
    pub(super) headers: HeaderMap,
    pub(super) body: Zeroizing<Vec<u8>>,
    pub(super) ending: BodyEnding,
    /// Its request without the body, for errors.
    pub(super) request: Request,
}

/// What says that a body is over.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum BodyEnding {
    /// Its length, its last part, or TLS.
    Said,
    /// The server closed the connection without TLS's closing message (`close_notify`): it may be cut off.
    BareClose,
}

impl Response {
    #[must_use]
    pub fn status(&self) -> u16 {
        self.status
    }

    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    #[must_use]
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// Reads the body as a `T`; `expected` names it for the user.
    ///
    /// # Errors
    /// [`Cause::UnexpectedPage`] when the body is a web page or of another type, [`Cause::Decode`] when it is not a `T`. The
    /// error names type and path, and never quotes the body.
    pub fn json<T: DeserializeOwned>(&self, expected: Expected) -> Result<T, Error> {
        if self.body.len() > SMALL_BODY_BYTES && count_values(&self.body) > MAX_JSON_VALUES {
            return Err(self.decode_error(expected, format!("it has more than {MAX_JSON_VALUES} values")));
        }
        let mut reader = serde_json::Deserializer::from_slice(&self.body);
        serde_path_to_error::deserialize(&mut reader)
            .map_err(|error| (error.path().to_string(), error.into_inner()))
            .and_then(|value| reader.end().map(|()| value).map_err(|error| (".".to_owned(), error)))
            .map_err(|(path, error)| match error_response::unexpected_page(self) {
                Some(what) => self.failed(Cause::UnexpectedPage { status: self.status, what }),
                None => self.failed(Cause::Decode { expected, detail: detail(&path, &error) }),
            })
    }

    /// Requires one of these statuses: a redirected write that became a list returns 200 instead of 201.
    ///
    /// # Errors
    /// [`Cause::Decode`] with the status that came.
    pub fn require(self, statuses: &[u16], expected: Expected) -> Result<Self, Error> {
        if statuses.contains(&self.status) {
            return Ok(self);
        }
        // A proxy's page explains the unexpected status better.
        if let Some(what) = error_response::unexpected_page(&self) {
            return Err(self.failed(Cause::UnexpectedPage { status: self.status, what }));
        }
        let detail = format!("status {} instead of {}", self.status, statuses.first().copied().unwrap_or_default());
        Err(self.failed(Cause::Decode { expected, detail }))
    }

    /// Refuses a web page, of a portal or a sign-in wall, where the response need not be JSON.
    ///
    /// # Errors
    /// [`Cause::UnexpectedPage`].
    pub fn refuse_web_page(&self) -> Result<(), Error> {
        match error_response::unexpected_page(self) {
            Some(UnexpectedPage::OtherType(_)) | None => Ok(()),
            Some(what) => Err(self.failed(Cause::UnexpectedPage { status: self.status, what })),
        }
    }

    /// The error that this response amounts to.
    #[must_use]
    pub fn failed(&self, cause: Cause) -> Error {
        self.request.failed(cause)
    }

    /// The error for a response that cannot be read as `expected`.
    #[must_use]
    pub fn decode_error(&self, expected: Expected, detail: impl Into<String>) -> Error {
        self.failed(Cause::Decode { expected, detail: detail.into() })
    }

    /// Whether a JSON body stops in the middle: a proxy that loses its connection to GitLab may pass on what it had as if it
    /// were whole. Only the last byte is checked, so that no body is parsed twice.
    pub(super) fn is_cut(&self) -> bool {
        let is_json = self.header("content-type").is_some_and(|kind| kind.contains("json"));
        is_json && is_cut_off(self.body.trim_ascii())
    }

    /// The target of a redirect.
    pub(super) fn redirect(&self) -> Option<Url> {
        let leads = matches!(self.status, 301 | 302 | 303 | 307 | 308);
        leads.then(|| self.header(LOCATION.as_str()).and_then(|to| self.url.join(to).ok())).flatten()
    }
}

/// About how many values a JSON text has: its commas outside of strings.
fn count_values(text: &[u8]) -> usize {
    let (mut commas, mut in_string, mut escaped) = (0, false, false);
    for byte in text {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b',' if !in_string => commas += 1,
            _ => {}
        }
    }
    commas
}

fn is_cut_off(body: &[u8]) -> bool {
    match body {
        [] => false,
        [b'{', .., b'}'] | [b'[', .., b']'] => false,
        [b'{' | b'[', ..] => true,
        word => {
            let read = serde_json::from_slice::<serde::de::IgnoredAny>(word);
            word.len() <= MAX_SCALAR_BYTES && read.is_err_and(|error| error.is_eof())
        }
    }
}

/// Where and of what kind, without the content: `projects[3].id: wrong type at line 1 column 17`.
fn detail(path: &str, error: &serde_json::Error) -> String {
    use serde_json::error::Category;
    let what = match error.classify() {
        Category::Eof => "it ends too early".to_owned(),
        Category::Syntax => "it is not JSON".to_owned(),
        Category::Io => "it cannot be read".to_owned(),
        Category::Data => mismatch(&error.to_string()),
    };
    let path = if path == "." { String::new() } else { format!("{path}: ") };
    format!("{path}{what} (line {}, column {})", error.line(), error.column())
}

/// serde's text for a mismatch, without the value that it quotes: ``missing field `id` ``, `invalid type, expected u64`.
fn mismatch(text: &str) -> String {
    let text = text.split(" at line ").next().unwrap_or_default();
    if text.starts_with("missing field") {
        return text.to_owned();
    }
    let expected = text.rsplit_once(", expected ").map(|(_, expected)| expected);
    match (text.strip_prefix("invalid "), expected) {
        (Some(rest), Some(expected)) => {
            let kind: String =
                rest.chars().take_while(|letter| letter.is_ascii_alphabetic() || *letter == ' ').collect();
            format!("invalid {}, expected {expected}", kind.trim())
        }
        _ => "it has another form".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_counted_outside_of_strings() {
        for (text, wanted) in [("[]", 0), ("[1,2,3]", 2), (r#"{"a":",,\",","b":[{},{}]}"#, 2), (r#"["\\",1]"#, 1)] {
            assert_eq!(count_values(text.as_bytes()), wanted, "{text}");
        }
    }

    #[test]
    fn a_body_that_stops_in_the_middle_is_recognized_by_its_end() {
        for whole in ["[]", "{}", r#"[{"id":1}]"#, "null", "true", "7", "", "Retry later"] {
            assert!(!is_cut_off(whole.as_bytes()), "{whole}");
        }
        for cut in ["[", "{", r#"[{"id":1}"#, r#"{"a":[1]"#, r#"{"a"#, "nu", "\"wo"] {
            assert!(is_cut_off(cut.as_bytes()), "{cut}");
        }
    }

    #[test]
    fn a_mismatch_is_named_by_path_and_type_and_the_value_is_never_quoted() {
        #[derive(Debug, serde::Deserialize)]
        struct Thing {
            #[expect(dead_code, reason = "only its type counts")]
            id: u64,
        }
        for (text, wanted) in [
            (r#"[{"id":"hunter2-secret"}]"#, "[0].id: invalid type, expected u64 (line 1, column 23)"),
            (r#"[{"id":1},{}]"#, "[1]: missing field `id` (line 1, column 12)"),
            (r#"[{"id":1}"#, "it ends too early (line 1, column 9)"),
            ("Retry later", "it is not JSON (line 1, column 1)"),
        ] {
            let mut reader = serde_json::Deserializer::from_str(text);
            let error = serde_path_to_error::deserialize::<_, Vec<Thing>>(&mut reader).expect_err(text);
            let path = error.path().to_string();
            assert_eq!(detail(&path, &error.into_inner()), wanted, "{text}");
        }
    }
}
