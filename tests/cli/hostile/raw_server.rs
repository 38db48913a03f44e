//! A server in front of the sandbox: it forwards requests, and answers some of them with raw bytes as no GitLab would.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use crate::test_env::TestEnv;

/// A request that a script answers.
pub struct Asked {
    /// The server's own address, as `http://127.0.0.1:1234`.
    pub origin: String,
    /// Path and query.
    pub target: String,
}

impl Asked {
    pub fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }

    /// The number behind `page=`; the first page has none.
    pub fn page(&self) -> u64 {
        let page = self.target.split(['?', '&']).find_map(|part| part.strip_prefix("page="));
        page.and_then(|page| page.parse().ok()).unwrap_or(1)
    }
}

/// Writes an answer with its head. An error means that the client closed the connection.
pub trait Script: Fn(&mut TcpStream, &Asked) -> std::io::Result<()> + Send + Sync + 'static {}
impl<F: Fn(&mut TcpStream, &Asked) -> std::io::Result<()> + Send + Sync + 'static> Script for F {}

/// Answers requests to a path that `at` matches (`*` for one segment) with `script`, and forwards all others to the sandbox
/// of `env`, whose program is pointed here.
pub fn start_raw_server(env: &mut TestEnv, at: &'static str, script: impl Script) -> Heads {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let server = Arc::new(Server {
        gitlab: env.sandbox().gitlab_url(),
        origin: format!("http://{}", listener.local_addr().expect("an address")),
        at,
        script: Box::new(script),
        heads: Heads::default(),
    });
    assert_eq!(server.gitlab.len(), server.origin.len(), "an address is put in another's place");
    env.set("GITLAB_URL", &server.origin);
    let heads = server.heads.clone();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let server = Arc::clone(&server);
            thread::spawn(move || drop(server.serve(stream)));
        }
    });
    heads
}

struct Server {
    gitlab: String,
    origin: String,
    at: &'static str,
    script: Box<dyn Script>,
    heads: Heads,
}

impl Server {
    fn serve(&self, mut stream: TcpStream) -> std::io::Result<()> {
        // A client that does not read is given up.
        stream.set_write_timeout(Some(Duration::from_secs(20)))?;
        let head = head(&mut stream)?;
        self.heads.0.lock().expect("the heads").push(head.text.clone());
        let target = head.text.split(' ').nth(1).unwrap_or_default().to_owned();
        let asked = Asked { origin: self.origin.clone(), target };
        if matches(self.at, asked.path()) {
            return (self.script)(&mut stream, &asked);
        }
        let mut to = TcpStream::connect(own_host(&self.gitlab))?;
        // The sandbox answers only under its own name.
        let text = head.text.replace(own_host(&self.origin), own_host(&self.gitlab));
        let (first, rest) = text.split_once("\r\n").unwrap_or((&text, ""));
        write!(to, "{first}\r\nConnection: close\r\n{rest}")?;
        to.write_all(&head.body)?;
        let mut answer = Vec::new();
        to.read_to_end(&mut answer)?;
        stream.write_all(&self.under_its_own_name(answer))
    }

    /// GitLab's responses contain its own address: replaced by this server's, which has the same length.
    fn under_its_own_name(&self, mut answer: Vec<u8>) -> Vec<u8> {
        let (from, to) = (self.gitlab.as_bytes(), self.origin.as_bytes());
        let mut at = 0;
        while let Some(found) = answer[at..].windows(from.len()).position(|part| part == from) {
            at += found;
            answer[at..at + to.len()].copy_from_slice(to);
        }
        answer
    }
}

/// The host and port of an origin.
fn own_host(origin: &str) -> &str {
    origin.trim_start_matches("http://")
}

/// What was asked, head by head.
#[derive(Clone, Default)]
pub struct Heads(Arc<Mutex<Vec<String>>>);

impl Heads {
    pub fn all(&self) -> Vec<String> {
        self.0.lock().expect("the heads").clone()
    }
}

/// A listener that takes everything and answers nothing, and what it was sent.
pub fn elsewhere() -> (String, Heads) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let origin = format!("http://{}", listener.local_addr().expect("an address"));
    let heads = Heads::default();
    let kept = heads.clone();
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let head = head(&mut stream).map(|head| head.text).unwrap_or_default();
            kept.0.lock().expect("the heads").push(head);
        }
    });
    (origin, heads)
}

struct Head {
    text: String,
    body: Vec<u8>,
}

/// Reads one request with its body.
fn head(stream: &mut TcpStream) -> std::io::Result<Head> {
    let (mut bytes, mut buffer) = (Vec::new(), [0; 4096]);
    loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            let text = String::from_utf8_lossy(&bytes[..end + 4]).into_owned();
            let length =
                text.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
            let length: usize = length.unwrap_or(0);
            if bytes.len() >= end + 4 + length {
                return Ok(Head { text, body: bytes[end + 4..].to_vec() });
            }
        }
        match stream.read(&mut buffer)? {
            0 => return Err(std::io::ErrorKind::UnexpectedEof.into()),
            length => bytes.extend_from_slice(&buffer[..length]),
        }
    }
}

fn matches(pattern: &str, path: &str) -> bool {
    let (wanted, given): (Vec<&str>, Vec<&str>) = (pattern.split('/').collect(), path.split('/').collect());
    wanted.len() == given.len() && wanted.iter().zip(&given).all(|(wanted, given)| *wanted == "*" || wanted == given)
}
