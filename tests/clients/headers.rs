//! The headers of `--header-file`: only GitLab's origin gets them.

use std::sync::{Arc, Mutex};

use factory_gitlab::http::{Cause, ClientOptions, Request, UnexpectedPage};
use futures_util::future::join_all;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use url::Url;

use crate::setup::{cause, client_with, direct, token};

type Heads = Arc<Mutex<Vec<String>>>;

/// A server that redirects what is asked at `/moved`, answers everything else, and keeps what it was sent.
async fn server(to: Option<Url>) -> (Url, Heads) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url: Url =
        format!("http://{}/api/v4/", listener.local_addr().expect("an address")).parse().expect("an address");
    let (own, heads) = (url.clone(), Heads::default());
    let kept = Arc::clone(&heads);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut asked = vec![0; 4096];
            let length = stream.read(&mut asked).await.unwrap_or(0);
            let head = String::from_utf8_lossy(&asked[..length]).to_lowercase();
            let answer = match head.contains("/moved ") {
                true => {
                    let to = to.clone().unwrap_or_else(|| own.join("user").expect("an address"));
                    format!("HTTP/1.1 302 Found\r\nlocation: {to}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n")
                }
                false => "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\n{}".to_owned(),
            };
            kept.lock().expect("the heads").push(head);
            drop(stream.write_all(answer.as_bytes()).await);
        }
    });
    (url, heads)
}

#[tokio::test]
async fn headers_go_to_gitlabs_origin_only() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("headers");
    tokio::fs::write(&file, "X-Wall: canary-of-a-header\nAccept-Language: de\n").await.expect("a file");
    let (elsewhere, other_heads) = server(None).await;
    let (gitlab, heads) = server(None).await;
    let (leaving, leaving_heads) = server(Some(elsewhere.join("user").expect("an address"))).await;
    let client = client_with(&ClientOptions { header_file: Some(file), ..direct() });
    let get = |base: &Url, path| Request::get(base.join(path).expect("an address"));
    let of_gitlab = client.clone().for_gitlab(&gitlab);
    for path in ["user", "moved"] {
        of_gitlab.send(&get(&gitlab, path)).await.expect("an answer");
    }
    // Another origin: by name, by a redirect, and as Factory is asked.
    of_gitlab.send(&get(&elsewhere, "user")).await.expect("an answer");
    let moved = client.clone().for_gitlab(&leaving).send(&get(&leaving, "moved")).await;
    assert!(moved.is_err_and(|error| error.is_refusal()));
    client.send(&get(&gitlab, "factory")).await.expect("an answer");
    let has = |head: &String| head.contains("x-wall: canary-of-a-header\r\n");
    let sent = heads.lock().expect("the heads").clone();
    assert_eq!(sent.iter().map(has).collect::<Vec<_>>(), [true, true, true, false], "{sent:?}");
    assert!(leaving_heads.lock().expect("the heads").iter().all(has));
    let other = other_heads.lock().expect("the heads").clone();
    assert!(other.len() == 1 && !other.iter().any(has), "{other:?}");
}

/// A password that is wrong and comes with each of many requests locks an account.
#[tokio::test]
async fn a_password_for_a_proxy_in_front_of_gitlab_is_shown_once_before_it_comes_with_many_requests() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("headers");
    tokio::fs::write(&file, "Authorization: Basic d3Jvbmc6d3Jvbmc=\n").await.expect("a file");
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url: Url =
        format!("http://{}/api/v4/user", listener.local_addr().expect("an address")).parse().expect("an address");
    let heads = Heads::default();
    let kept = Arc::clone(&heads);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut asked = vec![0; 4096];
            let length = stream.read(&mut asked).await.unwrap_or(0);
            kept.lock().expect("the heads").push(String::from_utf8_lossy(&asked[..length]).to_lowercase());
            let answer = "HTTP/1.1 401 Unauthorized\r\nwww-authenticate: Basic\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
            drop(stream.write_all(answer.as_bytes()).await);
        }
    });
    let client = client_with(&ClientOptions { header_file: Some(file), ..direct() }).for_gitlab(&url);
    let requests = (0..8).map(|_| Request::get(url.clone()).token(&token("glpat-of-a-test")));
    let asked = join_all(requests.map(|request| {
        let client = client.clone();
        async move { client.send(&request).await }
    }));
    for outcome in asked.await {
        let error = outcome.err().expect("an error");
        assert!(matches!(cause(&error), Cause::UnexpectedPage { what: UnexpectedPage::BasicAuth, .. }), "{error}");
    }
    let sent = heads.lock().expect("the heads").clone();
    assert!(sent.len() == 1 && !sent[0].contains("private-token"), "{sent:?}");
}
