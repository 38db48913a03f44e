//! A server of one test: a function answers each request, and what was asked is kept.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// What a request is: `POST /oauth/token` with its query, and the body.
pub(crate) struct Asked {
    pub line: String,
    /// The server's own name and port, as the request has it.
    pub host: String,
    pub body: String,
}

/// A status, and a body of JSON.
pub(crate) type Told = (u16, serde_json::Value);

pub(crate) struct Stub {
    pub url: String,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Stub {
    /// Listens on loopback until the test's runtime ends.
    pub(crate) async fn start(answer: impl Fn(&Asked, usize) -> Told + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let asked = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&asked);
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let Some(request) = read(&mut stream).await else { continue };
                let number = kept.lock().unwrap_or_else(PoisonError::into_inner).len();
                let (status, body) = answer(&request, number);
                kept.lock().unwrap_or_else(PoisonError::into_inner).push(request);
                let body = body.to_string();
                let head = "Content-Type: application/json\r\nConnection: close";
                let answer = format!("HTTP/1.1 {status} X\r\n{head}\r\nContent-Length: {}\r\n\r\n{body}", body.len());
                let _gone = stream.write_all(answer.as_bytes()).await;
            }
        });
        Self { url, asked }
    }

    /// The requests so far whose line begins so.
    pub(crate) fn bodies_of(&self, line: &str) -> Vec<String> {
        let asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        asked.iter().filter(|asked| asked.line.starts_with(line)).map(|asked| asked.body.clone()).collect()
    }
}

async fn read(stream: &mut TcpStream) -> Option<Asked> {
    let mut bytes = Vec::new();
    loop {
        let mut buffer = [0; 4096];
        let count = stream.read(&mut buffer).await.ok().filter(|count| *count > 0)?;
        bytes.extend_from_slice(&buffer[..count]);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let header = |wanted: &str| {
            let mut headers = head.lines().filter_map(|line| line.split_once(':'));
            headers.find(|(name, _)| name.eq_ignore_ascii_case(wanted)).map_or("", |(_, value)| value.trim())
        };
        let length: usize = header("content-length").parse().unwrap_or(0);
        if body.len() >= length {
            let line = head.split(" HTTP/").next().unwrap_or_default().to_owned();
            return Some(Asked { line, host: header("host").to_owned(), body: body.to_owned() });
        }
    }
}
