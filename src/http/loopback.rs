//! The loopback redirect of OAuth (RFC 8252): waits on `127.0.0.1` for the one request with this run's `state`.
//!
//! Whatever else asks, another page, a scanner, a browser's second connection, gets an answer and changes nothing.

use std::collections::VecDeque;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::future::{AbortHandle, abortable};
use futures_util::stream::FuturesUnordered;
use sha2::{Digest as _, Sha256};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use url::Url;

use super::error_response::server_text;
use super::limits::{MAX_LOOPBACK_CONNECTIONS, MAX_LOOPBACK_HEAD};
use crate::secret::AuthorizationCode;

/// A connection that says nothing, as browsers open them ahead of time, is not kept longer. A browser opens another one.
const SILENT_TIME: Duration = Duration::from_secs(2);
/// For one request and its answer, which come from this machine.
const CONNECTION_TIME: Duration = Duration::from_secs(10);

/// What tells the redirect of this run from anybody else's. It is part of the address that is printed, so it is not redacted.
#[derive(Clone, Debug)]
pub struct OAuthState(String);

impl OAuthState {
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// Compares digests, so that the time it takes says nothing.
    fn is(&self, text: &str) -> bool {
        Sha256::digest(&self.0) == Sha256::digest(text)
    }
}

/// What the browser brought from GitLab.
#[derive(Debug)]
pub enum Callback {
    Code(AuthorizationCode),
    /// OAuth's error code, as `access_denied`, with GitLab's own words.
    Refused {
        error: String,
        description: Option<String>,
    },
}

/// Listens for the redirect.
#[derive(Debug)]
pub struct Loopback {
    listener: TcpListener,
    address: SocketAddr,
    path: String,
}

impl Loopback {
    /// Takes a free port for a redirect URI that is registered without one.
    ///
    /// # Errors
    /// When the system gives no port.
    pub async fn listen(registered: &Url) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        Ok(Self { listener, address, path: registered.path().to_owned() })
    }

    /// The redirect URI with the port that is listened on.
    #[must_use]
    pub fn redirect_uri(&self) -> String {
        format!("http://{}{}", self.address, self.path)
    }

    /// Waits for the first request with the right state. It never fails: the caller has a time limit.
    pub async fn wait(&self, state: &OAuthState) -> Callback {
        let mut open = FuturesUnordered::new();
        let mut oldest_first: VecDeque<(SocketAddr, AbortHandle)> = VecDeque::new();
        loop {
            tokio::select! {
                // What has arrived is read before another connection can take its place.
                biased;
                Some(served) = open.next(), if !open.is_empty() => {
                    // One that was dropped for a newer one is not in the list any more.
                    let Ok((from, answered)) = served else { continue };
                    oldest_first.retain(|(other, _)| *other != from);
                    if let Some(callback) = answered {
                        return callback;
                    }
                }
                accepted = self.listener.accept() => {
                    // A connection that broke before it was accepted is not the redirect.
                    let Ok((stream, from)) = accepted else { continue };
                    // Otherwise any program on this machine could keep the redirect out with connections that say nothing.
                    if oldest_first.len() >= MAX_LOOPBACK_CONNECTIONS
                        && let Some((_, oldest)) = oldest_first.pop_front()
                    {
                        oldest.abort();
                    }
                    let (serving, handle) = abortable(async move { (from, self.serve(stream, state).await) });
                    open.push(serving);
                    oldest_first.push_back((from, handle));
                }
            }
        }
    }

    /// One request on one connection; `None` where it is not the redirect.
    async fn serve(&self, mut stream: TcpStream, state: &OAuthState) -> Option<Callback> {
        let exchange = async {
            let head = read_head(&mut stream).await.ok()?;
            let (answer, callback) = self.answer(&head, state);
            // The browser may be gone by now; what it brought counts all the same.
            let _unseen = stream.write_all(answer.render().as_bytes()).await;
            let _closed = stream.shutdown().await;
            callback
        };
        tokio::time::timeout(CONNECTION_TIME, exchange).await.ok().flatten()
    }

    fn answer(&self, head: &str, state: &OAuthState) -> (Answer, Option<Callback>) {
        match self.read(head, state) {
            Ok(callback) => (Answer::to(&callback), Some(callback)),
            Err(refused) => (refused, None),
        }
    }

    /// The redirect, or why a request is not it.
    fn read(&self, head: &str, state: &OAuthState) -> Result<Callback, Answer> {
        let mut lines = head.split("\r\n");
        let mut request = lines.next().unwrap_or_default().split(' ');
        let (method, target) = (request.next().unwrap_or_default(), request.next().unwrap_or_default());
        let host = lines.filter_map(|line| line.split_once(':')).find(|(name, _)| name.eq_ignore_ascii_case("host"));
        // A page elsewhere whose name leads here names itself.
        if host.map(|(_, value)| value.trim()) != Some(self.address.to_string().as_str()) {
            return Err(Answer::BadRequest("The address is not this program's."));
        }
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        if path != self.path {
            return Err(Answer::NotFound);
        }
        if method != "GET" {
            return Err(Answer::MethodNotAllowed);
        }
        let given = |name: &str| {
            let mut values = url::form_urlencoded::parse(query.as_bytes()).filter(|(key, _)| key == name);
            let first = values.next().map(|(_, value)| value.into_owned());
            // A parameter that comes twice counts as none.
            if values.next().is_some() { None } else { first }
        };
        if !given("state").is_some_and(|text| state.is(&text)) {
            return Err(Answer::BadRequest("The state is missing or is not this run's."));
        }
        match (given("code").and_then(|code| AuthorizationCode::new(&code).ok()), given("error")) {
            (Some(code), None) => Ok(Callback::Code(code)),
            (None, Some(error)) => {
                let description = given("error_description").as_deref().map(server_text);
                Ok(Callback::Refused { error: server_text(&error), description })
            }
            _ => Err(Answer::BadRequest("There is neither a code nor an error.")),
        }
    }
}

/// Reads to the end of the head. A redirect has no body.
async fn read_head(stream: &mut TcpStream) -> io::Result<String> {
    let mut head = Vec::new();
    let mut buffer = [0; 2048];
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        let reading = tokio::time::timeout(SILENT_TIME, stream.read(&mut buffer));
        let count = reading.await.map_err(|_| io::ErrorKind::TimedOut)??;
        if count == 0 || head.len() + count > MAX_LOOPBACK_HEAD {
            return Err(io::ErrorKind::InvalidData.into());
        }
        head.extend_from_slice(&buffer[..count]);
    }
    String::from_utf8(head).map_err(|_| io::ErrorKind::InvalidData.into())
}

/// What the browser shows.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Answer {
    Authorized,
    Refused,
    BadRequest(&'static str),
    NotFound,
    MethodNotAllowed,
}

impl Answer {
    const fn to(callback: &Callback) -> Self {
        match callback {
            Callback::Code(_) => Self::Authorized,
            Callback::Refused { .. } => Self::Refused,
        }
    }

    const fn words(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Authorized => {
                ("200 OK", "GitLab has answered", "factory-gitlab goes on in the terminal. This page can be closed.")
            }
            Self::Refused => {
                ("200 OK", "Nothing was authorized", "The terminal says what to do. This page can be closed.")
            }
            Self::BadRequest(why) => ("400 Bad Request", "This is not the answer that is waited for", why),
            Self::NotFound => ("404 Not Found", "There is nothing here", "Only GitLab's answer is taken here."),
            Self::MethodNotAllowed => ("405 Method Not Allowed", "There is nothing here", "Only GET is answered."),
        }
    }

    /// No script, no cache, no referrer that would carry the code on.
    fn render(self) -> String {
        let (status, title, text) = self.words();
        let page = format!(
            "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title}</title>\
             <style>body{{font:16px/1.5 system-ui,sans-serif;margin:15vh auto;max-width:34em;padding:0 1em;\
             color-scheme:light dark}}</style></head>\n<body><h1>{title}</h1><p>{text}</p></body></html>\n"
        );
        format!(
            "HTTP/1.1 {status}\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {}\r\nCache-Control: no-store\r\n\
             Referrer-Policy: no-referrer\r\nX-Content-Type-Options: nosniff\r\n\
             Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'\r\nConnection: close\r\n\r\n{page}",
            page.len()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn ask(address: SocketAddr, request: &str) -> String {
        let mut stream = TcpStream::connect(address).await.expect("the listener");
        stream.write_all(request.replace("HOST", &address.to_string()).as_bytes()).await.expect("sent");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.expect("an answer");
        answer
    }

    fn get(target: &str) -> String {
        format!("GET {target} HTTP/1.1\r\nHost: HOST\r\n\r\n")
    }

    #[tokio::test]
    async fn only_the_request_with_the_right_state_ends_the_wait() {
        let loopback = Loopback::listen(&"http://127.0.0.1/callback".parse().expect("a URL")).await.expect("a port");
        let state = OAuthState::new("the-state-of-this-run");
        let address = loopback.address;
        assert_eq!(loopback.redirect_uri(), format!("http://127.0.0.1:{}/callback", address.port()));
        let asking = async {
            let silent = TcpStream::connect(address).await.expect("the listener");
            for (request, status) in [
                (get("/favicon.ico"), 404),
                (get("/callback/"), 404),
                (get("/callback?code=abcdef123&state=another-state"), 400),
                (get("/callback?code=abcdef123"), 400),
                (get("/callback?code=abcdef123&state=the-state-of-this-run&state=x"), 400),
                (get("/callback?state=the-state-of-this-run"), 400),
                (get("/callback?code=a&error=b&state=the-state-of-this-run"), 400),
                ("POST /callback?code=abc&state=the-state-of-this-run HTTP/1.1\r\nHost: HOST\r\n\r\n".to_owned(), 405),
                (
                    "GET /callback?code=abc&state=the-state-of-this-run HTTP/1.1\r\nHost: evil.example\r\n\r\n"
                        .to_owned(),
                    400,
                ),
            ] {
                let answer = ask(address, &request).await;
                assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{request}: {answer}");
            }
            let answer = ask(address, &get("/callback?code=abcdef123456&state=the-state-of-this-run")).await;
            drop(silent);
            answer
        };
        let (callback, page) = tokio::join!(loopback.wait(&state), asking);
        assert!(matches!(&callback, Callback::Code(code) if code.expose() == "abcdef123456"), "{callback:?}");
        assert!(page.contains("This page can be closed.") && page.contains("no-store"), "{page}");
        assert!(!page.contains("abcdef123456"), "{page}");
    }

    #[tokio::test]
    async fn connections_that_say_nothing_do_not_keep_the_redirect_out() {
        let loopback = Loopback::listen(&"http://127.0.0.1/".parse().expect("a URL")).await.expect("a port");
        let state = OAuthState::new("the-state-of-this-run");
        let asking = async {
            let mut silent = Vec::new();
            for _ in 0..3 * MAX_LOOPBACK_CONNECTIONS {
                silent.push(TcpStream::connect(loopback.address).await.expect("the listener"));
            }
            let answer = ask(loopback.address, &get("/?code=abcdef123456&state=the-state-of-this-run")).await;
            // The oldest was closed for a newer one.
            let mut rest = Vec::new();
            assert_eq!(silent[0].read_to_end(&mut rest).await.expect("closed"), 0);
            answer
        };
        let both = async { tokio::join!(loopback.wait(&state), asking) };
        let (callback, page) = tokio::time::timeout(SILENT_TIME * 30, both).await.expect("no wait for all of them");
        assert!(matches!(callback, Callback::Code(_)), "{callback:?}");
        assert!(page.contains("This page can be closed."), "{page}");
    }

    #[tokio::test]
    async fn a_refusal_cannot_forge_lines_of_the_report() {
        let loopback = Loopback::listen(&"http://127.0.0.1/".parse().expect("a URL")).await.expect("a port");
        let state = OAuthState::new("the-state-of-this-run");
        let request = get("/?error=a%0Ahint:+b&error_description=c%0D%0Ahint:+d&state=the-state-of-this-run");
        let (callback, _) = tokio::join!(loopback.wait(&state), ask(loopback.address, &request));
        let Callback::Refused { error, description } = callback else { unreachable!("{callback:?}") };
        assert_eq!((error.as_str(), description.as_deref()), ("a hint: b", Some("c hint: d")));
    }

    #[tokio::test]
    async fn a_denial_is_told_with_gitlabs_words() {
        let loopback = Loopback::listen(&"http://127.0.0.1/".parse().expect("a URL")).await.expect("a port");
        let state = OAuthState::new("the-state-of-this-run");
        let request = get("/?error=access_denied&error_description=The+owner+denied&state=the-state-of-this-run");
        let (callback, page) = tokio::join!(loopback.wait(&state), ask(loopback.address, &request));
        assert!(page.contains("Nothing was authorized"), "{page}");
        let Callback::Refused { error, description } = callback else { unreachable!("{callback:?}") };
        assert_eq!((error.as_str(), description.as_deref()), ("access_denied", Some("The owner denied")));
    }
}
