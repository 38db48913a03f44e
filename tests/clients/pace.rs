//! A rate limit delays all requests, and all of them complete.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use factory_gitlab::http::{Cause, Client, ClientOptions, Error, Request, Response, Wait};
use factory_gitlab::sandbox::Sandbox;
use factory_gitlab::sandbox::request_log::{LoggedRequest, peak_in_flight};
use futures_util::StreamExt as _;
use futures_util::stream;

use crate::setup::{SPEED, cause, client_with, instance, options, sandbox, token};

/// Sends this many requests, as many at a time as the client allows.
async fn ask(sandbox: &Sandbox, http: &Client, times: usize) -> Vec<Result<Response, Error>> {
    let url = instance(sandbox).api("/version");
    let request = Request::get(url).token(&token(&sandbox.gitlab().admin_token()));
    stream::iter(0..times).map(|_| http.send(&request)).buffer_unordered(64).collect().await
}

fn with(sandbox: &Sandbox, concurrency: usize) -> Client {
    client_with(&ClientOptions { concurrency, ..options(sandbox) })
}

fn limited(requests: &[LoggedRequest]) -> usize {
    requests.iter().filter(|one| one.status == Some(429)).count()
}

#[tokio::test]
async fn many_requests_over_a_limit_all_succeed_and_few_are_refused() {
    for concurrency in [8, 32] {
        let sandbox = sandbox(|options| {
            options.rate_limit = Some(100);
            options.clock_speed = SPEED;
            options.latency = Duration::from_millis(5);
        });
        let outcomes = ask(&sandbox, &with(&sandbox, concurrency), 250).await;
        assert!(outcomes.iter().all(Result::is_ok), "{concurrency}");
        let requests = sandbox.requests();
        // Two windows are filled, and at each of their ends as many are refused as were in flight.
        assert!(limited(&requests) <= 2 * concurrency, "{concurrency}: {}", limited(&requests));
        assert!(limited(&requests) >= 2, "{concurrency}: {}", limited(&requests));
        assert!(peak_in_flight(&requests) <= concurrency, "{concurrency}: {}", peak_in_flight(&requests));
    }
}

#[tokio::test]
async fn no_request_leaves_before_the_time_that_a_limit_names() {
    let sandbox = sandbox(|options| options.faults = vec!["GET /api/v4/version=retry-after:2x1".to_owned()]);
    let http = with(&sandbox, 4);
    let told = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&told);
    http.on_wait(Arc::new(move |wait: &Wait| heard.lock().expect("what was told").push(wait.time)));
    let outcomes = ask(&sandbox, &http, 40).await;
    assert!(outcomes.iter().all(Result::is_ok));
    let requests = sandbox.requests();
    let refused = requests.iter().find(|one| one.status == Some(429)).and_then(|one| one.ended).expect("a refusal");
    let before = requests.iter().filter(|one| one.started < refused + Duration::from_secs(2) / SPEED).count();
    assert!(before <= 4, "{before} were in flight when it came, at most");
    assert_eq!(*told.lock().expect("what was told"), [Duration::from_secs(2)]);
}

#[tokio::test]
async fn a_limit_longer_than_the_wait_budget_fails_the_other_requests_unsent() {
    let sandbox = sandbox(|options| options.faults = vec!["GET /api/v4/version=retry-after:3600".to_owned()]);
    let outcomes = ask(&sandbox, &with(&sandbox, 4), 500).await;
    for outcome in outcomes {
        let error = outcome.err().expect("an error");
        let Cause::Status(answer) = cause(&error) else { panic!("{error}") };
        assert_eq!(answer.status, 429);
        let asked = answer.retry_after.expect("a time").as_secs();
        assert!((3590..=3600).contains(&asked), "{asked}");
    }
    assert!(sandbox.requests().len() <= 4, "{}", sandbox.requests().len());
}

#[tokio::test]
async fn a_struggling_server_gets_fewer_requests_at_a_time_until_it_recovers() {
    let sandbox = sandbox(|options| {
        options.latency = Duration::from_millis(100);
        options.faults = vec!["GET /api/v4/version=status:503x16".to_owned()];
    });
    let http = with(&sandbox, 16);
    assert!(ask(&sandbox, &http, 16).await.iter().all(Result::is_ok));
    let troubled = sandbox.requests();
    let first_end = troubled.iter().filter_map(|one| one.ended).min().expect("an end");
    let after: Vec<LoggedRequest> = troubled.iter().filter(|one| one.started > first_end).cloned().collect();
    assert!(peak_in_flight(&after) <= 8, "{}", peak_in_flight(&after));
    sandbox.clear_requests();
    assert!(ask(&sandbox, &http, 400).await.iter().all(Result::is_ok));
    assert_eq!(peak_in_flight(&sandbox.requests()), 16);
    assert_eq!(http.stats().peak, 16);
}

#[tokio::test]
async fn dropped_requests_release_their_permits() {
    let sandbox = sandbox(|options| options.latency = Duration::from_millis(300));
    let http = with(&sandbox, 2);
    for _ in 0..5 {
        let dropped = tokio::time::timeout(Duration::from_millis(20), ask(&sandbox, &http, 8)).await;
        assert!(dropped.is_err());
    }
    assert!(ask(&sandbox, &http, 2).await.iter().all(Result::is_ok));
    assert_eq!(http.stats().peak, 2);
}
