//! A document that is given as a path, as `-` (standard input), or as a URL: the kit.

use std::path::PathBuf;

use url::Url;

use crate::error::{Failure, Fix};
use crate::files;
use crate::instance::{bare, is_loopback};
use crate::secret::{register_password, shown_place};
use crate::terminal::{StdinError, Terminal};

/// At most this many bytes are read; a kit is far smaller.
const LARGEST: u64 = 1 << 20;

/// Where a document is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum DocumentAt {
    Stdin,
    File(PathBuf),
    /// https, or http on loopback.
    Url(Url),
}

/// A document that was read here, or is still to be fetched.
#[derive(Debug)]
pub enum Document {
    Read(String),
    ToFetch(Url),
}

/// Why a document cannot be read.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum DocumentError {
    #[error("{} cannot be read: {why}", shown_place(.path))]
    Unreadable { path: PathBuf, why: String },
    #[error("{0} is larger than {LARGEST} bytes")]
    TooLarge(String),
    #[error("{0} is not text")]
    Binary(String),
    #[error("{0} is neither a path nor an https URL")]
    Address(String),
    #[error("the address cannot be read; it has to be an https URL")]
    NotAnAddress,
    #[error("{0} would be fetched unencrypted; it has to be https")]
    PlainHttp(String),
    #[error(transparent)]
    Stdin(#[from] StdinError),
}

impl From<DocumentError> for Failure {
    fn from(error: DocumentError) -> Self {
        Self::usage(error.to_string())
            .fix(Fix::say("give the file's path, - for standard input, or an https URL from Factory"))
    }
}

impl DocumentAt {
    /// Reads what was given as a path, `-` or a URL.
    ///
    /// # Errors
    /// For a URL that is not https.
    pub fn new(text: &str) -> Result<Self, DocumentError> {
        if text == "-" {
            return Ok(Self::Stdin);
        }
        if !text.contains("://") {
            return Ok(Self::File(PathBuf::from(text)));
        }
        let Ok(url) = Url::parse(text) else { return Err(DocumentError::NotAnAddress) };
        url.password().into_iter().for_each(register_password);
        // User info and query may hold keys, so the address is shown without them.
        match url.scheme() {
            "https" => Ok(Self::Url(url)),
            "http" if is_loopback(&url) => Ok(Self::Url(url)),
            "http" => Err(DocumentError::PlainHttp(bare(&url).into())),
            _ => Err(DocumentError::Address(bare(&url).into())),
        }
    }

    /// Reads it, unless it has to be fetched; `flag` is the one that named it.
    ///
    /// # Errors
    /// [`DocumentError`].
    pub fn read(self, flag: &str, terminal: &Terminal) -> Result<Document, DocumentError> {
        match self {
            Self::Url(url) => Ok(Document::ToFetch(url)),
            Self::Stdin => text(terminal.read_stdin(flag)?, "standard input").map(Document::Read),
            Self::File(path) => {
                let bytes = files::read_up_to(&path, LARGEST)
                    .map_err(|error| DocumentError::Unreadable { path: path.clone(), why: error.to_string() })?;
                text(bytes, &shown_place(&path)).map(Document::Read)
            }
        }
    }
}

fn text(bytes: Vec<u8>, name: &str) -> Result<String, DocumentError> {
    if bytes.len() as u64 > LARGEST {
        return Err(DocumentError::TooLarge(name.to_owned()));
    }
    String::from_utf8(bytes).map_err(|_| DocumentError::Binary(name.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_a_url_and_a_dash_are_distinguished() {
        for (given, wanted) in [
            ("-", Ok(DocumentAt::Stdin)),
            ("kit.json", Ok(DocumentAt::File("kit.json".into()))),
            ("https://a/kit", Ok(DocumentAt::Url("https://a/kit".parse().expect("a URL")))),
            ("http://127.0.0.1:1/kit", Ok(DocumentAt::Url("http://127.0.0.1:1/kit".parse().expect("a URL")))),
            ("http://a/kit?key=k", Err(DocumentError::PlainHttp("http://a/kit".to_owned()))),
            ("ftp://a/kit", Err(DocumentError::Address("ftp://a/kit".to_owned()))),
        ] {
            assert_eq!(DocumentAt::new(given), wanted, "{given}");
        }
    }
}
