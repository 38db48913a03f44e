//! HTTP/2 where the server offers it: one connection for all.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use factory_gitlab::http::{Client, ClientOptions, Request};
use factory_gitlab::sandbox::Sandbox;
use factory_gitlab::sandbox::request_log::peak_in_flight;
use futures_util::future::join_all;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::OwnedReadHalf;
use tokio::net::{TcpListener, TcpStream};
use url::Url;

use crate::setup::{client_with, options, sandbox, token};

/// How many bytes came over each connection that was opened, from the client.
type Lines = Arc<Mutex<Vec<usize>>>;

/// A port that leads to the sandbox's, and counts.
async fn counted(listener: TcpListener, sandbox: &Sandbox) -> (Url, Lines) {
    let to = sandbox.gitlab_url().parse::<Url>().expect("an address").socket_addrs(|| None).expect("a port")[0];
    let url = format!("https://{}/api/v4/version", listener.local_addr().expect("an address"));
    let lines = Lines::default();
    let counts = Arc::clone(&lines);
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let server = TcpStream::connect(to).await.expect("the sandbox");
            let ((from, mut back), (mut answers, forth)) = (client.into_split(), server.into_split());
            let number = {
                let mut lines = counts.lock().expect("counts");
                lines.push(0);
                lines.len() - 1
            };
            tokio::spawn(carry(from, forth, Arc::clone(&counts), number));
            tokio::spawn(async move { tokio::io::copy(&mut answers, &mut back).await });
        }
    });
    (url.parse().expect("an address"), lines)
}

async fn carry(mut from: OwnedReadHalf, mut to: tokio::net::tcp::OwnedWriteHalf, lines: Lines, number: usize) {
    let mut bytes = [0; 4096];
    while let Ok(length @ 1..) = from.read(&mut bytes).await {
        lines.lock().expect("counts")[number] += length;
        if to.write_all(&bytes[..length]).await.is_err() {
            break;
        }
    }
}

async fn ask(http: &Client, request: &Request, times: usize) {
    let outcomes = join_all((0..times).map(|_| http.send(request))).await;
    assert!(outcomes.iter().all(Result::is_ok), "{:?}", outcomes.iter().find_map(|outcome| outcome.as_ref().err()));
}

#[tokio::test]
async fn concurrent_requests_share_one_connection() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let sandbox = sandbox(|options| {
        options.forwarded_from = listener.local_addr().ok();
        options.tls = true;
        options.latency = Duration::from_millis(500);
    });
    let (url, lines) = counted(listener, &sandbox).await;
    let http = client_with(&ClientOptions { concurrency: 32, ..options(&sandbox) });
    let request = Request::get(url).token(&token(&sandbox.gitlab().admin_token()));
    ask(&http, &request, 32).await;
    // The client learns from the first handshake that the server speaks HTTP/2. It has started several connections by then
    // and leaves those that it does not need.
    let before = lines.lock().expect("counts").clone();
    assert_eq!(before.iter().filter(|bytes| **bytes > A_HANDSHAKE).count(), 1, "{before:?}");
    assert_eq!(peak_in_flight(&sandbox.requests()), 32);
    ask(&http, &request, 32).await;
    let after = lines.lock().expect("counts").clone();
    assert_eq!(before.len(), after.len(), "no connection was opened");
    assert_eq!(before.iter().zip(&after).filter(|(before, after)| before < after).count(), 1, "{before:?} {after:?}");
}

/// No request fits in so few bytes behind a handshake.
const A_HANDSHAKE: usize = 1000;
