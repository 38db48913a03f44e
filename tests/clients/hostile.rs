//! Malicious servers: each case ends with its own cause, in time.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use factory_gitlab::env::Env;
use factory_gitlab::http::{Cause, Client, ClientOptions, Error, Pages, Request};
use futures_util::future::join_all;
use serde::Deserialize;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use url::Url;

use crate::setup::{SHORT, cause, client_with, direct, short};

const JSON: &str = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n";

/// A server that answers each request by its head, on a connection of its own.
async fn server<A, F>(answer: A) -> Url
where
    A: Fn(TcpStream, String) -> F + Send + Sync + 'static,
    F: Future<Output = std::io::Result<()>> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}/things", listener.local_addr().expect("an address")).parse().expect("an address");
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut asked = vec![0; 4096];
            let length = stream.read(&mut asked).await.unwrap_or(0);
            tokio::spawn(answer(stream, String::from_utf8_lossy(&asked[..length]).into_owned()));
        }
    });
    url
}

/// A server that answers every request with these bytes.
async fn constant(bytes: Vec<u8>) -> Url {
    let bytes = Arc::new(bytes);
    server(move |mut stream, _| {
        let bytes = Arc::clone(&bytes);
        async move { stream.write_all(&bytes).await }
    })
    .await
}

fn json(more: &str, body: &str) -> Vec<u8> {
    format!("{JSON}{more}connection: close\r\ncontent-length: {}\r\n\r\n{body}", body.len()).into_bytes()
}

fn path_of(head: &str) -> &str {
    head.split(' ').nth(1).unwrap_or_default()
}

async fn fetch(client: &Client, url: &Url) -> Result<Vec<Thing>, Error> {
    client.send(&Request::get(url.clone())).await?.json("a list of things")
}

async fn failure(url: &Url) -> Cause {
    cause(&fetch(&client_with(&direct()), url).await.expect_err("an error"))
}

#[derive(Debug, Deserialize)]
struct Thing {
    #[expect(dead_code, reason = "only its type counts")]
    id: u64,
}

#[tokio::test]
async fn one_byte_a_second_ends_with_the_time_out_wherever_it_comes() {
    for start in [
        "",
        JSON,
        &format!("{JSON}content-length: 1000\r\n\r\n["),
        &format!("{JSON}transfer-encoding: chunked\r\n\r\n"),
    ] {
        let begun = start.to_owned();
        let url = server(move |mut stream, _| {
            let begun = begun.clone();
            async move {
                stream.write_all(begun.as_bytes()).await?;
                for byte in JSON.bytes().skip(begun.len().min(JSON.len())).chain(std::iter::repeat(b'1')) {
                    stream.write_all(&[byte]).await?;
                    Env::empty().clock.sleep(Duration::from_secs(1)).await;
                }
                Ok(())
            }
        })
        .await;
        let began = Env::empty().clock.instant();
        let cause = cause(&fetch(&client_with(&short()), &url).await.expect_err("an error"));
        assert!(matches!(cause, Cause::Timeout { after } if after == SHORT), "{start:?}: {cause}");
        assert!(began.elapsed() < SHORT * 30, "{start:?}: {:?}", began.elapsed());
    }
}

#[tokio::test]
async fn a_body_without_an_end_is_too_large_long_before_the_time_out() {
    let url = server(|mut stream, _| async move {
        stream.write_all(format!("{JSON}transfer-encoding: chunked\r\n\r\n").as_bytes()).await?;
        let chunk = format!("8000\r\n{}\r\n", " ".repeat(0x8000));
        loop {
            stream.write_all(chunk.as_bytes()).await?;
        }
    })
    .await;
    let client = client_with(&direct());
    let began = Env::empty().clock.instant();
    let cause = cause(&fetch(&client, &url).await.expect_err("an error"));
    assert!(matches!(cause, Cause::TooLarge { .. }), "{cause}");
    assert!(began.elapsed() < Duration::from_secs(100), "{:?}", began.elapsed());
}

#[tokio::test]
async fn deeply_nested_json_is_refused() {
    for (open, close) in [("[", "]"), ("{\"id\":", "}"), ("[{\"id\":", "}]")] {
        let body = format!("{}1{}", open.repeat(400_000), close.repeat(400_000));
        let cause = failure(&constant(json("", &body)).await).await;
        assert!(matches!(cause, Cause::Decode { .. }), "{cause}");
        let cause = failure(&constant(json("", &open.repeat(400_000))).await).await;
        assert!(matches!(cause, Cause::Broken { .. }), "{cause}");
    }
    // Fields that are not read may be nested to any depth.
    let ignored = format!("[{{\"id\":1,\"x\":{}{}}}]", "[".repeat(100_000), "]".repeat(100_000));
    let url = constant(json("", &ignored)).await;
    assert_eq!(fetch(&client_with(&direct()), &url).await.expect("a list").len(), 1);
}

#[tokio::test]
async fn a_list_with_too_many_items_is_not_decoded() {
    let url = constant(json("", &format!("[{}]", vec!["{\"id\":1}"; 200_000].join(",")))).await;
    let cause = failure(&url).await;
    assert!(matches!(&cause, Cause::Decode { detail, .. } if detail.contains("values")), "{cause}");
}

#[tokio::test]
async fn compression_is_neither_requested_nor_accepted() {
    let url = server(|mut stream, head| async move {
        let asked = head.to_ascii_lowercase().contains("accept-encoding");
        let body = if asked { "[{\"id\":1}]" } else { "\u{1f}packed" };
        stream.write_all(&json("content-encoding: gzip\r\n", body)).await
    })
    .await;
    let cause = failure(&url).await;
    assert!(matches!(cause, Cause::Decode { .. }), "{cause}");
}

#[tokio::test]
async fn large_bodies_wait_for_each_other_within_their_time_out_and_small_ones_do_not_wait() {
    let started = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&started);
    let url = server(move |mut stream, head| {
        let counted = Arc::clone(&counted);
        async move {
            if path_of(&head) == "/small" {
                return stream.write_all(&json("", "[{\"id\":1}]")).await;
            }
            counted.fetch_add(1, Ordering::Relaxed);
            stream.write_all(format!("{JSON}content-length: 1000000\r\n\r\n").as_bytes()).await?;
            stream.write_all(&b" ".repeat(300_000)).await?;
            Env::empty().clock.sleep(Duration::from_secs(60)).await;
            Ok(())
        }
    })
    .await;
    // Enough for a small list on a busy machine: it has to overtake the large ones, which end with this time-out.
    let timeout = Duration::from_secs(8);
    let client = client_with(&ClientOptions { concurrency: 16, timeout, ..direct() });
    let began = Env::empty().clock.instant();
    let ended = AtomicUsize::new(0);
    let large = join_all((0..6).map(|_| async {
        let outcome = fetch(&client, &url).await;
        ended.fetch_add(1, Ordering::Relaxed);
        outcome
    }));
    let small = async {
        while started.load(Ordering::Relaxed) < 6 {
            Env::empty().clock.sleep(Duration::from_millis(10)).await;
        }
        let small = url.join("/small").expect("an address");
        fetch(&client, &small).await.expect("a small list");
        ended.load(Ordering::Relaxed)
    };
    let (large, ended_before) = tokio::join!(large, small);
    assert_eq!(ended_before, 0, "the small list waited for a large one");
    for outcome in large {
        let cause = cause(&outcome.expect_err("an error"));
        assert!(matches!(cause, Cause::Timeout { .. }), "{cause}");
    }
    assert!(began.elapsed() < timeout * 4, "{:?}", began.elapsed());
    assert_eq!(started.load(Ordering::Relaxed), 6);
}

/// Reads a list to its end or to an error; returns the number of pages.
async fn walk(url: &Url) -> (usize, Option<Cause>) {
    let mut pages = Pages::new(client_with(&direct()), Request::get(url.clone()));
    let mut count = 0;
    loop {
        match pages.next().await {
            Ok(Some(_)) => count += 1,
            Ok(None) => return (count, None),
            Err(error) => return (count, Some(cause(&error))),
        }
    }
}

#[tokio::test]
async fn a_link_to_the_next_page_may_be_relative() {
    for link in ["</things?page=2>", "<?page=2>", "<things?page=2>"] {
        let url = server(move |mut stream, head| async move {
            let more = if head.contains("page=2") { String::new() } else { format!("link: {link}; rel=next\r\n") };
            stream.write_all(&json(&more, &format!("[{}]", head.len()))).await
        })
        .await;
        let (count, cause) = walk(&url).await;
        assert!(count == 2 && cause.is_none(), "{link}: {count} {cause:?}");
    }
}

#[tokio::test]
async fn a_list_that_goes_in_a_circle_or_nowhere_ends() {
    for (link, pages) in [
        ("<?>", 1),
        ("<?page=2>", 2),
        ("<http://127.0.0.2/things?page=2>", 2),
        ("<//127.0.0.2/things?page=2>", 2),
        ("<https://[>", 0),
        ("<ftp://127.0.0.1/things?page=2>", 2),
    ] {
        let url = server(move |mut stream, head| async move {
            let body = format!("[\"{}\"]", path_of(&head));
            stream.write_all(&json(&format!("link: {link}; rel=\"next\"\r\n"), &body)).await
        })
        .await;
        let start = url.join("?").expect("an address");
        let (count, cause) = walk(&start).await;
        assert!(count == pages && matches!(cause, Some(Cause::Link(_))), "{link}: {count} {cause:?}");
    }
}
