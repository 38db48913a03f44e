use futures_util::FutureExt as _;
use futures_util::future::join_all;

use super::*;
use crate::http::pace::Limit;

const ONE: &str = "https://one.example";
const OTHER: &str = "https://other.example";

fn gate(most: usize) -> Gate {
    let patience = Patience { named: Duration::from_secs(60), nameless: Duration::from_secs(60) };
    Gate::new(most, patience, Clock::skipping(20))
}

fn limited(milliseconds: u64) -> Outcome {
    Outcome::Limited(Limit { asked: Some(Duration::from_millis(milliseconds)), number: 1, jitter: 0 })
}

async fn passed(gate: &Gate) -> Pass<'_> {
    gate.pass(ONE, Standing::First).await.expect("an open gate")
}

/// Whether a request could leave at once.
fn is_open(gate: &Gate, origin: &str) -> bool {
    matches!(gate.pass(origin, Standing::First).now_or_never(), Some(Ok(_)))
}

#[tokio::test]
async fn no_more_pass_than_allowed_over_all_servers_together() {
    let gate = gate(2);
    let (first, second) = (passed(&gate).await, passed(&gate).await);
    assert!(!is_open(&gate, ONE) && !is_open(&gate, OTHER));
    drop(first);
    assert!(is_open(&gate, ONE) && is_open(&gate, OTHER));
    second.end(Outcome::Good);
    assert!(is_open(&gate, ONE));
}

#[tokio::test]
async fn a_limit_of_one_server_holds_its_requests_back_and_no_others() {
    let gate = gate(4);
    let (asked, started) = (Duration::from_millis(80), gate.now());
    passed(&gate).await.end(limited(80));
    assert!(!is_open(&gate, ONE) && is_open(&gate, OTHER));
    join_all((0..20).map(|_| async {
        passed(&gate).await.end(Outcome::Good);
        assert!(gate.now() - started >= asked);
    }))
    .await;
}

#[tokio::test]
async fn who_was_limited_goes_first() {
    let gate = gate(1);
    let held = passed(&gate).await;
    let order = Mutex::new(Vec::new());
    let go = async |standing, name| {
        let pass = gate.pass(ONE, standing).await;
        order.lock().expect("an order").push(name);
        drop(pass);
    };
    let rest = async { drop(held) };
    tokio::join!(go(Standing::First, 1), go(Standing::First, 2), go(Standing::Again, 3), rest);
    assert_eq!(*order.lock().expect("an order"), [3, 1, 2]);
}

#[tokio::test]
async fn a_closed_gate_fails_who_waits_and_who_comes() {
    let gate = gate(1);
    let held = passed(&gate).await;
    let waiting = join_all((0..3).map(|_| gate.pass(ONE, Standing::First)));
    let closing = async { held.end(limited(3_600_000)) };
    let (ends, ()) = tokio::join!(waiting, closing);
    for end in ends {
        let left = end.err().expect("closed").left;
        assert!(left > Duration::from_secs(3500) && left <= Duration::from_secs(3600), "{left:?}");
    }
    assert!(gate.is_closed(ONE) && !gate.is_closed(OTHER));
    assert!(gate.pass(ONE, Standing::Again).await.is_err());
    assert!(is_open(&gate, OTHER));
}

#[tokio::test]
async fn who_gives_up_leaves_nothing_behind() {
    let gate = gate(1);
    let held = passed(&gate).await;
    let mut waiting = Box::pin(gate.pass(ONE, Standing::First));
    assert!(waiting.as_mut().now_or_never().is_none());
    let mut behind = Box::pin(gate.pass(ONE, Standing::First));
    assert!(behind.as_mut().now_or_never().is_none());
    drop(waiting);
    drop(held);
    drop(behind.await.expect("an open gate"));
    let state = gate.state();
    assert!(state.flying == 0 && state.lanes.values().all(|lane| lane.queue.is_empty()));
}

#[tokio::test]
async fn a_long_wait_is_told_once_for_each_wave() {
    let gate = gate(8);
    let told = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&told);
    gate.on_wait(Arc::new(move |wait: &Wait| heard.lock().expect("what was told").push(wait.clone())));
    let passes = join_all((0..6).map(|_| passed(&gate))).await;
    passes.into_iter().for_each(|pass| pass.end(limited(2_500)));
    let short = gate.pass(OTHER, Standing::First).await.expect("an open gate");
    short.end(limited(1_000));
    let wanted = Wait { host: "one.example".to_owned(), time: Duration::from_millis(2_500) };
    assert_eq!(*told.lock().expect("what was told"), [wanted]);
}
