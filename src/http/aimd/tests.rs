use super::*;

const BUDGET: WaitBudget = WaitBudget { named: Duration::from_secs(60), unnamed: Duration::from_secs(60) };

fn at(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn limited(retry_after: Option<u64>) -> Signal {
    Signal::RateLimited(RateLimited { retry_after: retry_after.map(at), attempt: 1, jitter: 0 })
}

/// A request that started and ended at these seconds.
struct Times {
    started: u64,
    ended: u64,
}

const fn times(started: u64, ended: u64) -> Times {
    Times { started, ended }
}

fn record(limit: &mut AimdLimit, times: &Times, signal: Signal) -> Option<u64> {
    let sample = Sample { started: at(times.started), now: at(times.ended), signal };
    limit.record(sample).map(|wait| wait.as_secs())
}

fn admitted(limit: &mut AimdLimit, now: u64) -> usize {
    let mut count = 0;
    while limit.admit(at(now)) == Admission::Admitted {
        count += 1;
    }
    for _ in 0..count {
        limit.release();
    }
    count
}

#[test]
fn a_rate_limit_holds_all_requests_until_the_time_it_names() {
    let mut limit = AimdLimit::new(4, BUDGET);
    assert_eq!(record(&mut limit, &times(1, 2), limited(Some(40))), Some(40));
    let not_yet = Admission::NotBefore(at(42));
    for (now, wanted) in [(2, not_yet), (41, not_yet), (42, Admission::Admitted)] {
        assert_eq!(limit.admit(at(now)), wanted, "at {now}");
    }
}

#[test]
fn rate_limits_of_requests_in_flight_together_count_once() {
    let mut limit = AimdLimit::new(32, BUDGET);
    let waits: Vec<_> = (0..8).map(|_| record(&mut limit, &times(1, 2), limited(None))).collect();
    assert_eq!(waits.iter().flatten().count(), 1, "{waits:?}");
    assert_eq!(limit.held(at(2)), Some(Admission::NotBefore(at(2) + FIRST_BACKOFF)));
    assert_eq!(admitted(&mut limit, 3), 16, "halved once");
    // One of them names a later time: that holds, and is not reported again.
    assert_eq!(record(&mut limit, &times(1, 3), limited(Some(9))), None);
    assert_eq!(limit.admit(at(11)), Admission::NotBefore(at(12)));
}

#[test]
fn a_rate_limit_that_names_no_time_is_waited_for_longer_each_time() {
    let mut limit = AimdLimit::new(8, BUDGET);
    let mut now = Duration::from_secs(1);
    let mut waits = Vec::new();
    for _ in 0..6 {
        let signal = limited(None);
        let wait = limit.record(Sample { started: now, now, signal }).expect("a new rate limit");
        waits.push(wait.as_millis());
        now += wait;
    }
    assert_eq!(waits, [250, 500, 1000, 2000, 4000, 8000]);
    // A success starts over, one that started before the rate limit does not.
    assert_eq!(limit.record(Sample { started: at(0), now, signal: Signal::Success }), None);
    assert_eq!(record(&mut limit, &times(20, 20), limited(None)), Some(15));
    record(&mut limit, &times(40, 41), Signal::Success);
    let signal = Signal::RateLimited(RateLimited { retry_after: None, attempt: 1, jitter: 255 });
    let wait = limit.record(Sample { started: at(50), now: at(50), signal }).expect("a new rate limit");
    assert!(wait > FIRST_BACKOFF && wait < FIRST_BACKOFF * 3 / 2, "{wait:?}");
}

#[test]
fn a_wait_beyond_the_budget_closes_the_server_until_then() {
    let mut limit = AimdLimit::new(8, BUDGET);
    assert_eq!(record(&mut limit, &times(1, 2), limited(Some(3600))), None, "no request waits, so no wait is reported");
    assert_eq!(limit.admit(at(2)), Admission::Closed(at(3600)));
    assert_eq!(limit.admit(at(3601)), Admission::Closed(at(1)));
    assert_eq!(limit.admit(at(3602)), Admission::Admitted);
}

#[test]
fn the_wait_budget_is_for_consecutive_rate_limits_and_starts_over_after_a_success() {
    let mut limit = AimdLimit::new(8, BUDGET);
    // The server rounds: a second more after a minute is no reason to give up.
    assert_eq!(record(&mut limit, &times(0, 0), limited(Some(60))), Some(60));
    assert_eq!(record(&mut limit, &times(60, 60), limited(Some(1))), Some(1));
    assert_eq!(record(&mut limit, &times(61, 61), limited(Some(60))), None);
    assert_eq!(limit.admit(at(61)), Admission::Closed(at(60)));
    record(&mut limit, &times(121, 122), Signal::Success);
    for round in 0..100 {
        let now = 200 + round * 100;
        let wait = record(&mut limit, &times(now, now), limited(Some(60)));
        assert_eq!(wait, Some(60), "a large run meets many rate limits");
        record(&mut limit, &times(now + 60, now + 61), Signal::Success);
    }
}

#[test]
fn an_overloaded_server_is_sent_fewer_requests_at_once_and_then_more_again() {
    let mut limit = AimdLimit::new(32, BUDGET);
    for (started, ended, wanted) in [(1, 2, 16), (1, 3, 16), (2, 3, 16), (3, 4, 8), (5, 6, 4), (7, 8, 2), (9, 10, 1)] {
        record(&mut limit, &times(started, ended), Signal::Overload);
        assert_eq!(admitted(&mut limit, 10), wanted, "{started} to {ended}");
    }
    record(&mut limit, &times(11, 12), Signal::Overload);
    assert_eq!(admitted(&mut limit, 12), 1, "one at least");
    for (count, wanted) in [(7, 1), (1, 2), (8, 3), (40, 8), (8, 9), (8, 9), (1, 10), (10_000, 32)] {
        for _ in 0..count {
            assert_eq!(record(&mut limit, &times(13, 14), Signal::Success), None);
        }
        assert_eq!(admitted(&mut limit, 14), wanted, "after {count} more");
    }
}

#[test]
fn an_ignored_outcome_changes_nothing() {
    let mut limit = AimdLimit::new(2, BUDGET);
    assert_eq!(record(&mut limit, &times(1, 2), Signal::Ignored), None);
    assert_eq!(admitted(&mut limit, 2), 2);
}

#[test]
fn after_the_last_request_that_a_server_takes_nothing_is_sent_until_it_takes_more() {
    let mut limit = AimdLimit::new(4, BUDGET);
    assert_eq!(record(&mut limit, &times(1, 2), Signal::of_success(Some(at(30)))), Some(30));
    assert_eq!(limit.admit(at(31)), Admission::NotBefore(at(32)));
    assert_eq!(admitted(&mut limit, 32), 4, "it was no refusal, so as many as before are sent then");
    assert_eq!(
        record(&mut limit, &times(32, 33), Signal::of_success(Some(at(300)))),
        None,
        "too long to wait for unasked"
    );
    assert_eq!(admitted(&mut limit, 34), 4);
}
