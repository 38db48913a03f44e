use super::*;

const PATIENCE: Patience = Patience { named: Duration::from_secs(60), nameless: Duration::from_secs(60) };

fn at(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn limited(asked: Option<u64>) -> Outcome {
    Outcome::Limited(Limit { asked: asked.map(at), number: 1, jitter: 0 })
}

/// Notes a request that left and came back at these times.
fn note(pace: &mut Pace, (began, now): (u64, u64), outcome: Outcome) -> Option<u64> {
    pace.note(Noted { began: at(began), now: at(now), outcome }).map(|pause| pause.as_secs())
}

fn flying(pace: &mut Pace, now: u64) -> usize {
    let mut gone = 0;
    while pace.leave(at(now)) == Leave::Now {
        gone += 1;
    }
    for _ in 0..gone {
        pace.land();
    }
    gone
}

#[test]
fn a_limit_holds_everything_back_until_the_time_it_names() {
    let mut pace = Pace::new(4, PATIENCE);
    assert_eq!(note(&mut pace, (1, 2), limited(Some(40))), Some(40));
    for (now, wanted) in [(2, Leave::NotBefore(at(42))), (41, Leave::NotBefore(at(42))), (42, Leave::Now)] {
        assert_eq!(pace.leave(at(now)), wanted, "at {now}");
    }
}

#[test]
fn the_limits_of_one_wave_count_once() {
    let mut pace = Pace::new(32, PATIENCE);
    let told: Vec<_> = (0..8).map(|_| note(&mut pace, (1, 2), limited(None))).collect();
    assert_eq!(told.iter().flatten().count(), 1, "{told:?}");
    assert_eq!(pace.held(at(2)), Some(Leave::NotBefore(at(2) + FIRST_PAUSE)));
    assert_eq!(flying(&mut pace, 3), 16, "halved once");
    // One of them names a later time: that holds, and is not told again.
    assert_eq!(note(&mut pace, (1, 3), limited(Some(9))), None);
    assert_eq!(pace.leave(at(11)), Leave::NotBefore(at(12)));
}

#[test]
fn a_limit_without_a_time_is_waited_for_longer_each_time() {
    let mut pace = Pace::new(8, PATIENCE);
    let mut now = Duration::from_secs(1);
    let mut pauses = Vec::new();
    for _ in 0..6 {
        let limit = Limit { asked: None, number: 1, jitter: 0 };
        let pause = pace.note(Noted { began: now, now, outcome: Outcome::Limited(limit) }).expect("a new wave");
        pauses.push(pause.as_millis());
        now += pause;
    }
    assert_eq!(pauses, [250, 500, 1000, 2000, 4000, 8000]);
    // A good answer begins the row anew, one that left before the limit does not.
    assert_eq!(pace.note(Noted { began: at(0), now, outcome: Outcome::Good }), None);
    assert_eq!(note(&mut pace, (20, 20), limited(None)), Some(15));
    note(&mut pace, (40, 41), Outcome::Good);
    let limit = Limit { asked: None, number: 1, jitter: 255 };
    let pause = pace.note(Noted { began: at(50), now: at(50), outcome: Outcome::Limited(limit) }).expect("a new wave");
    assert!(pause > FIRST_PAUSE && pause < FIRST_PAUSE * 3 / 2, "{pause:?}");
}

#[test]
fn more_than_there_is_patience_for_closes_the_gate_until_then() {
    let mut pace = Pace::new(8, PATIENCE);
    assert_eq!(note(&mut pace, (1, 2), limited(Some(3600))), None, "nobody waits, so nobody is told");
    assert_eq!(pace.leave(at(2)), Leave::Closed(at(3600)));
    assert_eq!(pace.leave(at(3601)), Leave::Closed(at(1)));
    assert_eq!(pace.leave(at(3602)), Leave::Now);
}

#[test]
fn patience_is_for_the_whole_row_of_limits_and_anew_after_a_good_answer() {
    let mut pace = Pace::new(8, PATIENCE);
    // The server rounds: a second more after a minute is no reason to give up.
    assert_eq!(note(&mut pace, (0, 0), limited(Some(60))), Some(60));
    assert_eq!(note(&mut pace, (60, 60), limited(Some(1))), Some(1));
    assert_eq!(note(&mut pace, (61, 61), limited(Some(60))), None);
    assert_eq!(pace.leave(at(61)), Leave::Closed(at(60)));
    note(&mut pace, (121, 122), Outcome::Good);
    for wave in 0..100 {
        let now = 200 + wave * 100;
        assert_eq!(note(&mut pace, (now, now), limited(Some(60))), Some(60), "a large run meets many limits");
        note(&mut pace, (now + 60, now + 61), Outcome::Good);
    }
}

#[test]
fn a_server_that_struggles_is_asked_less_at_once_and_then_more_again() {
    let mut pace = Pace::new(32, PATIENCE);
    for (times, wanted) in
        [((1, 2), 16), ((1, 3), 16), ((2, 3), 16), ((3, 4), 8), ((5, 6), 4), ((7, 8), 2), ((9, 10), 1)]
    {
        note(&mut pace, times, Outcome::Struggling);
        assert_eq!(flying(&mut pace, 10), wanted, "{times:?}");
    }
    note(&mut pace, (11, 12), Outcome::Struggling);
    assert_eq!(flying(&mut pace, 12), 1, "one at least");
    let good =
        |pace: &mut Pace, count: usize| (0..count).for_each(|_| assert_eq!(note(pace, (13, 14), Outcome::Good), None));
    for (count, wanted) in [(7, 1), (1, 2), (8, 3), (40, 8), (8, 9), (8, 9), (1, 10), (10_000, 32)] {
        good(&mut pace, count);
        assert_eq!(flying(&mut pace, 14), wanted, "after {count} more");
    }
}

#[test]
fn what_is_private_changes_nothing() {
    let mut pace = Pace::new(2, PATIENCE);
    assert_eq!(note(&mut pace, (1, 2), Outcome::Private), None);
    assert_eq!(flying(&mut pace, 2), 2);
}
