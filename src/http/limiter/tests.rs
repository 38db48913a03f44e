use futures_util::FutureExt as _;
use futures_util::future::join_all;

use super::*;
use crate::http::aimd::RateLimited;

const ONE: &str = "https://one.example";
const OTHER: &str = "https://other.example";

fn limiter(max: usize) -> Limiter {
    let budget = WaitBudget { named: Duration::from_secs(60), unnamed: Duration::from_secs(60) };
    Limiter::new(max, budget, Clock::skipping(20))
}

fn limited(milliseconds: u64) -> Signal {
    let retry_after = Some(Duration::from_millis(milliseconds));
    Signal::RateLimited(RateLimited { retry_after, attempt: 1, jitter: 0 })
}

async fn permit(limiter: &Limiter) -> Permit<'_> {
    limiter.acquire(ONE, Priority::Normal).await.expect("a permit")
}

/// Whether a request could be sent at once.
fn is_open(limiter: &Limiter, origin: &str) -> bool {
    matches!(limiter.acquire(origin, Priority::Normal).now_or_never(), Some(Ok(_)))
}

#[tokio::test]
async fn no_more_requests_than_allowed_are_in_flight_over_all_servers_together() {
    let limiter = limiter(2);
    let (first, second) = (permit(&limiter).await, permit(&limiter).await);
    assert!(!is_open(&limiter, ONE) && !is_open(&limiter, OTHER));
    drop(first);
    assert!(is_open(&limiter, ONE) && is_open(&limiter, OTHER));
    second.release(Signal::Success);
    assert!(is_open(&limiter, ONE));
}

#[tokio::test]
async fn a_rate_limit_of_one_server_delays_its_requests_and_no_others() {
    let limiter = limiter(4);
    let (wait, started) = (Duration::from_millis(80), limiter.now());
    permit(&limiter).await.release(limited(80));
    assert!(!is_open(&limiter, ONE) && is_open(&limiter, OTHER));
    join_all((0..20).map(|_| async {
        permit(&limiter).await.release(Signal::Success);
        assert!(limiter.now() - started >= wait);
    }))
    .await;
}

#[tokio::test]
async fn a_request_that_was_rate_limited_goes_first() {
    let limiter = limiter(1);
    let held = permit(&limiter).await;
    let order = Mutex::new(Vec::new());
    let run = async |priority, name| {
        let permit = limiter.acquire(ONE, priority).await;
        order.lock().expect("an order").push(name);
        drop(permit);
    };
    let rest = async { drop(held) };
    tokio::join!(run(Priority::Normal, 1), run(Priority::Normal, 2), run(Priority::Limited, 3), rest);
    assert_eq!(*order.lock().expect("an order"), [3, 1, 2]);
}

#[tokio::test]
async fn a_closed_server_fails_the_requests_that_wait_and_those_that_follow() {
    let limiter = limiter(1);
    let held = permit(&limiter).await;
    let waiting = join_all((0..3).map(|_| limiter.acquire(ONE, Priority::Normal)));
    let closing = async { held.release(limited(3_600_000)) };
    let (outcomes, ()) = tokio::join!(waiting, closing);
    for outcome in outcomes {
        let left = outcome.err().expect("closed").left;
        assert!(left > Duration::from_secs(3500) && left <= Duration::from_secs(3600), "{left:?}");
    }
    assert!(limiter.is_closed(ONE) && !limiter.is_closed(OTHER));
    assert!(limiter.acquire(ONE, Priority::Limited).await.is_err());
    assert!(is_open(&limiter, OTHER));
}

#[tokio::test]
async fn a_request_that_is_given_up_leaves_the_queue() {
    let limiter = limiter(1);
    let held = permit(&limiter).await;
    let mut waiting = Box::pin(limiter.acquire(ONE, Priority::Normal));
    assert!(waiting.as_mut().now_or_never().is_none());
    let mut behind = Box::pin(limiter.acquire(ONE, Priority::Normal));
    assert!(behind.as_mut().now_or_never().is_none());
    drop(waiting);
    drop(held);
    drop(behind.await.expect("a permit"));
    let queues = limiter.queues();
    assert!(queues.in_flight == 0 && queues.origins.values().all(|queue| queue.waiting.is_empty()));
}

#[tokio::test]
async fn a_long_wait_is_reported_once_for_each_rate_limit() {
    let limiter = limiter(8);
    let reported = Arc::new(Mutex::new(Vec::new()));
    let waits = Arc::clone(&reported);
    limiter.on_wait(Arc::new(move |wait: &Wait| waits.lock().expect("the waits").push(wait.clone())));
    let permits = join_all((0..6).map(|_| permit(&limiter))).await;
    permits.into_iter().for_each(|permit| permit.release(limited(2_500)));
    let short = limiter.acquire(OTHER, Priority::Normal).await.expect("a permit");
    short.release(limited(1_000));
    let wanted = Wait { host: "one.example".to_owned(), time: Duration::from_millis(2_500) };
    assert_eq!(*reported.lock().expect("the waits"), [wanted]);
}
