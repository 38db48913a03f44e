//! What a server or a proxy can do to a request.

use std::time::Duration;

use factory_gitlab::env::Env;
use factory_gitlab::gitlab::{NewApplication, Reader, TestOutcome};
use factory_gitlab::http::{Cause, Client, ClientOptions, Error, Proxy, Request, UnexpectedPage};
use factory_gitlab::observed::{Observation, inspect_network};
use factory_gitlab::sandbox::request_log::peak_in_flight;
use factory_gitlab::target::{Event, Target};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use url::Url;

use crate::setup::{
    SHORT, cause, client, client_with, direct, faulty, instance, metadata_under, options, reader, sandbox, token,
    writer, writer_with,
};

/// A server that answers every connection with these bytes.
async fn raw(answer: impl Into<Vec<u8>>) -> Url {
    let answer = answer.into();
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}/thing", listener.local_addr().expect("an address")).parse().expect("an address");
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut asked = [0; 4096];
            drop(stream.read(&mut asked).await);
            drop(stream.write_all(&answer).await);
        }
    });
    url
}

fn application() -> NewApplication {
    NewApplication {
        name: "Factory Integration".to_owned(),
        redirect_uri: "https://factory.example/cb".to_owned(),
        scopes: vec!["api".to_owned()],
        confidential: true,
    }
}

#[tokio::test]
async fn each_kind_of_invalid_body_is_told_apart() {
    let (outcome, _) = metadata_under("endless").await;
    assert!(matches!(outcome, Err(Cause::TooLarge { .. })), "{outcome:?}");
    let (outcome, _) = metadata_under("cut").await;
    assert!(matches!(&outcome, Err(Cause::Broken { detail }) if detail.contains("stops in the middle")), "{outcome:?}");
    let (outcome, _) = metadata_under("type").await;
    assert!(matches!(outcome, Err(Cause::Decode { .. })), "{outcome:?}");
    let (outcome, _) = metadata_under("empty").await;
    assert!(matches!(outcome, Err(Cause::Decode { .. })), "{outcome:?}");
    let (outcome, _) = metadata_under("slow").await;
    assert!(matches!(outcome, Err(Cause::Timeout { after }) if after == SHORT), "{outcome:?}");
}

#[tokio::test]
async fn errors_contain_no_escape_codes_of_the_server() {
    let (outcome, _) = metadata_under("endless:escapes").await;
    let error = outcome.expect_err("an error").to_string();
    assert!(!error.contains('\u{1b}'), "{error:?}");
}

#[tokio::test]
async fn a_page_of_another_server_is_not_an_answer() {
    let (outcome, count) = metadata_under("html:200").await;
    assert!(
        matches!(outcome, Err(Cause::UnexpectedPage { status: 200, what: UnexpectedPage::LoginWall })),
        "{outcome:?}"
    );
    assert_eq!(count, 1);
    let (outcome, _) = metadata_under("html:403").await;
    assert!(matches!(outcome, Err(Cause::UnexpectedPage { status: 403, .. })), "{outcome:?}");
    let (outcome, _) = metadata_under("text:200").await;
    assert!(
        matches!(&outcome, Err(Cause::UnexpectedPage { what: UnexpectedPage::OtherType(kind), .. }) if kind == "text/plain"),
        "{outcome:?}"
    );
}

#[tokio::test]
async fn a_read_is_retried_after_a_temporary_failure() {
    for fault in ["resetx2", "status:502x1", "html:503x1", "halfx1", "deployingx1", "json429x1", "retry-after:1x1"] {
        let (outcome, count) = metadata_under(fault).await;
        assert!(outcome.is_ok(), "{fault}: {outcome:?}");
        assert!(count > 1, "{fault}");
    }
}

#[tokio::test]
async fn a_read_is_not_retried_forever() {
    let (outcome, count) = metadata_under("reset").await;
    assert!(matches!(outcome, Err(Cause::Broken { .. })), "{outcome:?}");
    assert_eq!(count, 4);
    let (outcome, count) = metadata_under("status:500").await;
    assert!(matches!(&outcome, Err(Cause::Status(answer)) if answer.status == 500), "{outcome:?}");
    assert_eq!(count, 1);
    let (outcome, count) = metadata_under("retry-after:3600").await;
    assert!(
        matches!(&outcome, Err(Cause::Status(answer)) if answer.retry_after == Some(Duration::from_secs(3600))),
        "{outcome:?}"
    );
    assert_eq!(count, 1);
}

#[tokio::test]
async fn a_rate_limit_is_waited_for_as_long_as_it_names() {
    let sandbox = faulty("GET /api/v4/metadata=retry-after:40x1");
    let http = client(&sandbox);
    let reader = Reader::new(http.clone(), instance(&sandbox), token(&sandbox.gitlab().admin_token()));
    let started = http.clock().instant();
    reader.metadata().await.expect("an answer after the limit");
    assert_eq!(sandbox.requests().len(), 2);
    assert!(http.clock().instant() - started >= Duration::from_secs(40));
}

#[tokio::test]
async fn a_silent_server_ends_with_the_time_out() {
    let (outcome, count) = metadata_under("hang").await;
    assert!(matches!(outcome, Err(Cause::Timeout { .. })), "{outcome:?}");
    assert_eq!(count, 1);
}

#[tokio::test]
async fn a_write_that_may_have_been_acted_upon_is_never_sent_again() {
    for fault in ["reset", "lost", "half", "status:502", "html:503", "status:500", "hang"] {
        let sandbox = faulty(&format!("POST /api/v4/applications={fault}"));
        let timeout = if fault == "hang" { SHORT } else { direct().timeout };
        let writer = writer_with(&ClientOptions { timeout, ..options(&sandbox) }, &sandbox);
        let error = writer.create_application(&application()).await.expect_err(fault);
        assert_eq!(sandbox.requests().len(), 1, "{fault}: {error}");
    }
}

#[tokio::test]
async fn a_write_that_was_rate_limited_is_sent_again() {
    for fault in ["retry-after:1x1", "json429x1"] {
        let sandbox = faulty(&format!("POST /api/v4/applications={fault}"));
        writer(&sandbox).create_application(&application()).await.expect("an application");
        assert_eq!(sandbox.requests().len(), 2, "{fault}");
        assert_eq!(sandbox.gitlab().applications().len(), 1, "{fault}");
    }
}

#[tokio::test]
async fn a_write_must_be_answered_with_its_status_and_type() {
    for fault in ["empty", "html:200", "type", "cut"] {
        let sandbox = faulty(&format!("POST /api/v4/applications={fault}"));
        let error = writer(&sandbox).create_application(&application()).await.expect_err(fault);
        let cause = cause(&error);
        assert!(matches!(cause, Cause::Decode { .. } | Cause::UnexpectedPage { .. } | Cause::Broken { .. }), "{fault}");
    }
}

#[tokio::test]
async fn a_token_never_leaves_its_origin() {
    let other = sandbox(|_| ());
    let there = format!("{}/api/v4/metadata", other.gitlab_url());
    let (outcome, _) = metadata_under(&format!("redirect:{there}?private_token=x")).await;
    assert!(matches!(&outcome, Err(Cause::Redirected { to }) if to.as_str() == there), "{outcome:?}");
    let linked = faulty(&format!("GET /api/v4/applications=link:{}/api/v4/applications?page=2", other.gitlab_url()));
    let error = reader(&linked).applications().await.expect_err("the same list again");
    assert!(matches!(cause(&error), Cause::Link(_)));
    assert!(linked.requests().len() > 1, "of a link only the query is used");
    assert!(other.requests().is_empty(), "{:?}", other.requests());
}

#[tokio::test]
async fn a_redirect_within_the_origin_is_followed_by_reads_only() {
    let sandbox = sandbox(|_| ());
    let root = sandbox.gitlab_url();
    sandbox.fault(&format!("GET /api/v4/metadata=redirect:{root}/api/v4/version@1x1")).expect("a fault");
    reader(&sandbox).metadata().await.expect("the other page");
    sandbox.fault(&format!("POST /api/v4/applications=redirect:{root}/api/v4/applications")).expect("a fault");
    let error = writer(&sandbox).create_application(&application()).await.expect_err("a redirected write");
    assert!(error.is_refusal());
    assert!(matches!(cause(&error), Cause::Redirected { .. }));
}

#[tokio::test]
async fn redirects_and_links_in_a_circle_end() {
    let sandbox = sandbox(|_| ());
    let root = sandbox.gitlab_url();
    sandbox.fault(&format!("GET /api/v4/metadata=redirect:{root}/api/v4/metadata")).expect("a fault");
    let error = reader(&sandbox).metadata().await.expect_err("a circle");
    assert!(matches!(cause(&error), Cause::Redirected { .. }));
    sandbox.fault(&format!("GET /api/v4/applications=link:{root}/api/v4/applications")).expect("a fault");
    let error = reader(&sandbox).applications().await.expect_err("a circle");
    assert!(matches!(cause(&error), Cause::Link(_)));
}

#[tokio::test]
async fn http_that_redirects_to_https_names_the_right_address() {
    let sandbox = sandbox(|options| options.tls = true);
    let plain = sandbox.plain_url().expect("a plain address");
    let http = client(&sandbox);
    let url: Url = format!("{plain}/api/v4/metadata").parse().expect("an address");
    for request in [Request::get(url.clone()), Request::write(factory_gitlab::http::Method::POST, url)] {
        let error = http.send(&request).await.err().expect("a redirect");
        let Cause::Redirected { to } = cause(&error) else { panic!("no redirect") };
        assert!(to.as_str().starts_with(&sandbox.gitlab_url()), "{to}");
    }
}

#[tokio::test]
async fn a_test_delivery_is_never_triggered_twice() {
    for fault in ["retry-after:1", "json429"] {
        let sandbox = faulty(&format!("POST /api/v4/hooks/*={fault}"));
        let outcome =
            writer(&sandbox).hook_tester().test_hook(&Target::System, 1, Event::Push).await.expect("an outcome");
        assert!(matches!(outcome, TestOutcome::Limited { .. }), "{outcome:?}");
        assert_eq!(sandbox.requests().len(), 1);
    }
}

async fn fetch(client: &Client, url: &Url) -> Error {
    client.send(&Request::get(url.clone())).await.err().expect("an error")
}

#[tokio::test]
async fn huge_headers_are_not_read() {
    let mut answer = b"HTTP/1.1 200 OK\r\n".to_vec();
    for number in 0..400 {
        answer.extend_from_slice(format!("x-{number}: {}\r\n", "y".repeat(2000)).as_bytes());
    }
    answer.extend_from_slice(b"content-length: 2\r\n\r\n{}");
    let url = raw(answer).await;
    let error = fetch(&client_with(&direct()), &url).await;
    assert!(matches!(cause(&error), Cause::Broken { .. }));
}

#[tokio::test]
async fn a_refusal_is_read_up_to_its_first_words() {
    let mut answer = b"HTTP/1.1 418 X\r\ncontent-length: 99999999999\r\n\r\n".to_vec();
    answer.extend(std::iter::repeat_n(b'z', 300_000));
    let url = raw(answer).await;
    let error = fetch(&client_with(&direct()), &url).await;
    let message = error.response().and_then(|answer| answer.message.clone()).expect("a message");
    assert!(message.chars().count() < 400);
}

#[tokio::test]
async fn an_announced_size_that_is_too_large_is_refused() {
    let url = raw("HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\n{").await;
    let error = fetch(&client_with(&direct()), &url).await;
    assert!(matches!(cause(&error), Cause::TooLarge { .. }));
}

#[tokio::test]
async fn a_server_that_does_not_speak_http_is_a_broken_connection() {
    let url = raw("SSH-2.0-OpenSSH_9.6\r\n").await;
    let error = fetch(&client_with(&direct()), &url).await;
    assert!(matches!(cause(&error), Cause::Broken { .. }));
}

#[tokio::test]
async fn a_name_without_address_and_a_closed_port_are_told_apart() {
    let http = client_with(&direct());
    let nowhere: Url = "https://factory-gitlab.invalid/x".parse().expect("an address");
    let error = fetch(&http, &nowhere).await;
    assert!(matches!(&*error.cause, Cause::Dns { host, .. } if host == "factory-gitlab.invalid"), "{error}");
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let closed: Url = format!("http://{}/", listener.local_addr().expect("an address")).parse().expect("an address");
    drop(listener);
    let error = fetch(&http, &closed).await;
    assert!(matches!(&*error.cause, Cause::Connect { .. }), "{error}");
}

#[tokio::test]
async fn no_more_requests_are_in_flight_than_allowed() {
    let sandbox = sandbox(|options| options.latency = Duration::from_millis(40));
    let http = client_with(&ClientOptions { concurrency: 2, ..options(&sandbox) });
    let url = instance(&sandbox).api("/version");
    let admin = token(&sandbox.gitlab().admin_token());
    let requests: Vec<Request> = (0..6).map(|_| Request::get(url.clone()).token(&admin)).collect();
    let outcomes = futures_util::future::join_all(requests.iter().map(|request| http.send(request))).await;
    assert!(outcomes.iter().all(Result::is_ok));
    assert!(peak_in_flight(&sandbox.requests()) <= 2);
    let spent = http.stats();
    assert_eq!((spent.requests, spent.writes, spent.peak, spent.round_trips), (6, 0, 2, 1));
}

#[tokio::test]
async fn an_invalid_proxy_is_reported_before_the_first_request() {
    let missing = ClientOptions { ca_certs: vec!["/no/such/ca.pem".into()], ..direct() };
    let error = Client::new(&missing, Env::empty().clock).err().expect("an error");
    assert!(error.cause.to_string().starts_with("the CA file /no/such/ca.pem cannot be read"), "{error}");
}

#[tokio::test]
async fn a_rehearsal_connects_to_its_own_addresses_only_by_request_and_by_probe() {
    let (own, other) = (sandbox(|_| {}), sandbox(|_| {}));
    let reach = Env::empty().confined_to(own.addresses()).reach;
    // A proxy could connect anywhere, so it is not used either.
    let proxy = Proxy::Through { url: "http://127.0.0.1:9".parse().expect("an address"), except: None };
    let client = client_with(&ClientOptions { reach, proxy, ..direct() });
    let reader = |sandbox| Reader::new(client.clone(), instance(sandbox), token(&own.gitlab().admin_token()));
    assert!(reader(&own).metadata().await.is_ok());
    let refused = reader(&other).metadata().await.expect_err("another address");
    assert!(matches!(cause(&refused), Cause::Setup(why) if why.contains("a rehearsal")));
    let named = own.gitlab_url().replace("127.0.0.1", "localhost").parse().expect("an address");
    for url in [&named, instance(&other).url()] {
        let seen = inspect_network(&client, url).await;
        assert!(matches!(&seen.addresses, Observation::Failed(_)), "{:?}", seen.addresses);
    }
    assert!(other.requests().is_empty());
}
