use super::*;
use crate::checks::Affected;
use crate::target::TargetKind;

/// A moment, in minutes after the start.
fn minute(number: i64) -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_mins(number)
}

fn seen(code: &'static str, state: CheckState) -> CheckSeen {
    CheckSeen { code, state, cause: Some(format!("it is {}", state.name())), fix: None, affected: Vec::new() }
}

/// A look at one check of GitLab's side.
fn look(at: i64, state: CheckState) -> Look {
    let checks = vec![seen("webhook.enabled", state), seen("token.valid", CheckState::Pass)];
    Look {
        at: minute(at),
        away: None,
        checks,
        not_judged: Vec::new(),
        news: Vec::new(),
        delivered: Delivered::default(),
        requests: 10,
    }
}

fn away(at: i64) -> Look {
    Look { away: Some("answered 503".to_owned()), checks: Vec::new(), ..look(at, CheckState::Pass) }
}

/// What was told, as `problem webhook.enabled`.
fn told(events: &[Event]) -> Vec<String> {
    events.iter().map(|event| format!("{} {}", event.kind.name(), event.subject)).collect()
}

/// Adds looks at one check, and returns what was told of each.
fn follow(states: &[CheckState]) -> (Series, Vec<Vec<String>>) {
    let mut series = Series::default();
    let told = (0..).zip(states).map(|(at, state)| told(&series.add(&look(at, *state)))).collect();
    (series, told)
}

use CheckState::{Fail, Pass, Skip, Unknown, Warn};

const NOTHING: [&str; 0] = [];

#[test]
fn a_change_counts_after_two_looks_alike_and_is_told_once() {
    let (series, told) = follow(&[Pass, Fail, Fail, Fail, Pass, Pass, Pass]);
    assert_eq!(told[0], ["baseline checks"]);
    for quiet in [1, 3, 4, 6] {
        assert_eq!(told[quiet], NOTHING, "look {quiet}");
    }
    assert_eq!(told[2], ["problem webhook.enabled"]);
    assert_eq!(told[5], ["recovered webhook.enabled"]);
    assert_eq!((series.counts.problems, series.counts.recoveries), (1, 1));
}

#[test]
fn a_single_look_that_differs_is_not_told_and_not_fine_either() {
    let (series, told) = follow(&[Pass, Fail]);
    assert_eq!(told[1], NOTHING);
    assert_eq!(series.verdict(), SeriesVerdict::Fail);
    let (series, told) = follow(&[Pass, Fail, Pass, Fail, Pass]);
    assert!(told[1..].iter().all(Vec::is_empty), "{told:?}");
    assert_eq!(series.verdict(), SeriesVerdict::Pass);
}

#[test]
fn what_does_not_hold_at_first_is_told_with_the_baseline_and_its_recovery_later() {
    let (series, told) = follow(&[Fail, Pass]);
    assert_eq!(told[0], ["baseline checks", "problem webhook.enabled"]);
    assert_eq!(series.verdict(), SeriesVerdict::Fail, "one look is not a recovery");
    let (series, told) = follow(&[Fail, Pass, Pass]);
    assert_eq!(told[2], ["recovered webhook.enabled"]);
    assert_eq!(series.verdict(), SeriesVerdict::Pass);
}

#[test]
fn a_step_is_a_problem_a_recovery_or_a_change() {
    for (from, to, kind) in [
        (Pass, Warn, "problem"),
        (Warn, Unknown, "problem"),
        (Unknown, Fail, "problem"),
        (Fail, Unknown, "recovered"),
        (Fail, Warn, "recovered"),
        (Warn, Skip, "recovered"),
        (Skip, Pass, "changed"),
    ] {
        let (_, told) = follow(&[from, to, to]);
        assert_eq!(told[2], [format!("{kind} webhook.enabled")], "{from:?} {to:?}");
    }
}

#[test]
fn gitlab_being_away_is_told_once_and_so_is_its_return_and_nothing_is_broken_meanwhile() {
    let mut series = Series::default();
    let mut all: Vec<Vec<String>> = Vec::new();
    let mut add = |series: &mut Series, look: Look| all.push(told(&series.add(&look)));
    add(&mut series, look(0, Pass));
    for at in 1..60 {
        add(&mut series, away(at));
    }
    assert_eq!(series.verdict(), SeriesVerdict::Away);
    for at in 60..63 {
        add(&mut series, look(at, Pass));
    }
    let told: Vec<(usize, &String)> =
        all.iter().enumerate().flat_map(|(at, told)| told.iter().map(move |one| (at, one))).skip(1).collect();
    assert_eq!(told, [(2, &"away GitLab".to_owned()), (61, &"back GitLab".to_owned())]);
    assert_eq!(series.verdict(), SeriesVerdict::Pass);
    assert_eq!((series.away.times, series.away_seconds()), (1, 59 * 60));
}

#[test]
fn a_single_look_without_an_answer_is_not_told() {
    let mut series = Series::default();
    series.add(&look(0, Pass));
    assert_eq!(told(&series.add(&away(1))), NOTHING);
    assert_eq!(series.verdict(), SeriesVerdict::Away, "it is not fine either");
    assert_eq!(told(&series.add(&look(2, Pass))), NOTHING);
    assert_eq!((series.verdict(), series.away.times), (SeriesVerdict::Pass, 0));
}

#[test]
fn where_gitlab_is_away_from_the_start_that_is_told_at_once_and_the_baseline_comes_later() {
    let mut series = Series::default();
    assert_eq!(told(&series.add(&away(0))), ["away GitLab"]);
    assert_eq!(told(&series.add(&look(1, Pass))), ["baseline checks"]);
    assert_eq!(told(&series.add(&look(2, Pass))), ["back GitLab"]);
}

#[test]
fn a_state_from_before_gitlab_was_away_is_followed_on_after_it() {
    let mut series = Series::default();
    series.add(&look(0, Pass));
    series.add(&look(1, Fail));
    series.add(&look(2, Fail));
    series.add(&away(3));
    series.add(&away(4));
    assert_eq!(told(&series.add(&look(5, Pass))), NOTHING);
    assert_eq!(told(&series.add(&look(6, Pass))), ["back GitLab", "recovered webhook.enabled"]);
}

#[test]
fn a_check_that_is_not_judged_keeps_its_state() {
    let mut series = Series::default();
    series.add(&look(0, Pass));
    let without = |at| Look { checks: vec![seen("token.valid", Fail)], ..look(at, Pass) };
    series.add(&without(1));
    assert_eq!(told(&series.add(&without(2))), ["problem token.valid"]);
    series.add(&look(3, Pass));
    assert_eq!(told(&series.add(&look(4, Pass))), ["recovered token.valid"]);
}

#[test]
fn what_is_new_at_the_first_look_is_not_new_and_a_flood_is_cut() {
    let news = |count: u64| -> Vec<News> {
        let project = |id| News {
            kind: NewsKind::New,
            subject: format!("project acme/{id}"),
            number: (crate::target::TargetKind::Project, id),
            from: None,
        };
        (0..count).map(project).collect()
    };
    let mut series = Series::default();
    assert_eq!(told(&series.add(&Look { news: news(3), ..look(0, Pass) })), ["baseline checks"]);
    assert_eq!(
        told(&series.add(&Look { news: news(2), ..look(1, Pass) })),
        ["new project acme/0", "new project acme/1"]
    );
    let many = told(&series.add(&Look { news: news(500), ..look(2, Pass) }));
    assert_eq!((many.len(), many[10].as_str()), (11, "new 490 more"));
    assert_eq!(series.counts.new, 502);
}

#[test]
fn only_a_look_that_found_everything_out_is_a_success() {
    let mut series = Series::default();
    series.add(&look(0, Fail));
    assert_eq!(series.last_success_at, Some(minute(0)), "a problem was found out");
    series.add(&look(1, Unknown));
    series.add(&away(2));
    assert_eq!((series.last_success_at, series.last_at), (Some(minute(0)), Some(minute(2))));
}

#[test]
fn a_week_of_looks_tells_each_change_once_and_grows_by_nothing() {
    let mut series = Series::default();
    let size = |series: &Series| serde_json::to_string(series).expect("JSON").len();
    let mut all = Vec::new();
    let mut sizes = Vec::new();
    for number in 0..2016_i64 {
        // Two outages of hours, a webhook disabled for a day, a flapping check, a token that ends.
        let mut one = match number {
            300..=339 | 1200..=1259 => away(number * 5),
            600..=888 => look(number * 5, Fail),
            _ => look(number * 5, Pass),
        };
        if one.away.is_none() {
            one.checks.push(seen("webhook.recent", if number % 2 == 0 { Pass } else { Warn }));
            one.checks.push(seen("token.expiry", if number < 1500 { Pass } else { Warn }));
        }
        all.extend(told(&series.add(&one)));
        sizes.push(size(&series));
    }
    assert_eq!(
        all,
        [
            "baseline checks",
            "away GitLab",
            "back GitLab",
            "problem webhook.enabled",
            "recovered webhook.enabled",
            "away GitLab",
            "back GitLab",
            "problem token.expiry"
        ]
    );
    let (early, late) = (sizes[100], sizes[2015]);
    assert!(late.abs_diff(early) < 200, "{early} {late}");
    assert_eq!((series.looks, series.away.times), (2016, 2));
    assert_eq!(series.away_seconds(), (40 + 60) * 5 * 60);
}

#[test]
fn a_time_is_told_in_its_two_largest_units() {
    for (seconds, text) in [
        (0, "0 s"),
        (59, "59 s"),
        (60, "1 min"),
        (3600, "1 h"),
        (7500, "2 h 5 min"),
        (90_000, "1 d 1 h"),
        (172_800, "2 d"),
    ] {
        assert_eq!(span(seconds), text);
    }
}

/// A look at one check that is about these projects.
fn look_at(at: i64, state: CheckState, ids: impl IntoIterator<Item = u64>) -> Look {
    let target = |id| Affected { number: ((TargetKind::Project, id), 0), name: format!("project acme/{id}") };
    let affected = ids.into_iter().map(target).collect();
    Look { checks: vec![CheckSeen { affected, ..seen("webhook.coverage", state) }], ..look(at, state) }
}

/// Adds looks at one check that fails for these projects, and returns what was told of each.
fn follow_affected(looks: &[&[u64]]) -> Vec<Vec<String>> {
    let mut series = Series::default();
    let mut add = |(at, ids): (i64, &&[u64])| {
        let state = if ids.is_empty() { Pass } else { Fail };
        let events = series.add(&look_at(at, state, ids.iter().copied()));
        let is_check = |event: &&Event| event.subject == "webhook.coverage";
        let text = |event: &Event| format!("{} {}", event.kind.name(), event.cause.clone().unwrap_or_default());
        events.iter().filter(is_check).map(text).collect()
    };
    (0..).zip(looks).map(&mut add).collect()
}

#[test]
fn a_target_that_joins_those_of_a_failing_check_is_told_by_name_after_two_looks_and_once() {
    let told = follow_affected(&[&[], &[1], &[1], &[1, 2], &[1, 2], &[1, 2], &[1], &[1], &[1, 2], &[1, 2]]);
    assert_eq!(told[2], ["problem it is fail"]);
    for quiet in [3, 5, 6, 7, 8] {
        assert_eq!(told[quiet], NOTHING, "look {quiet}");
    }
    let joined = ["problem it is fail; new: project acme/2"];
    assert_eq!(told[4], joined);
    assert_eq!(told[9], joined, "it had recovered meanwhile");
}

#[test]
fn a_target_that_one_look_misses_has_not_joined() {
    let told = follow_affected(&[&[1, 2], &[1], &[1, 2], &[1, 2], &[1, 3], &[1, 2], &[], &[1, 2], &[1, 2]]);
    assert!(told[1..].iter().all(Vec::is_empty), "{told:?}");
}

#[test]
fn of_many_that_join_three_are_named_and_beyond_a_thousand_they_are_counted() {
    let few = follow_affected(&[&[1], &[1, 2, 3, 4, 5, 6], &[1, 2, 3, 4, 5, 6]]);
    assert_eq!(few[2], ["problem it is fail; new: project acme/2, project acme/3, project acme/4 and 2 more"]);
    let (many, more): (Vec<u64>, Vec<u64>) = ((1..=1500).collect(), (1..=1512).collect());
    let told = follow_affected(&[&many, &more, &more, &more, &many, &many, &more, &more]);
    let joined = ["problem it is fail; new: 12 targets"];
    assert_eq!(
        (&told[2][..], &told[3][..], &told[7][..]),
        (&joined.map(str::to_owned)[..], &[][..], &joined.map(str::to_owned)[..])
    );
}

#[test]
fn what_a_look_did_not_judge_is_not_shown_as_passed_and_the_look_is_no_success() {
    let mut series = Series::default();
    drop(series.add(&look(0, Pass)));
    let why = WhyNotJudged::DependsOn("token.valid".to_owned());
    let not_judged = vec![NotJudged { code: "webhook.enabled", why }];
    drop(series.add(&Look { checks: vec![seen("token.valid", Fail)], not_judged, ..look(1, Pass) }));
    assert_eq!(series.last_success_at, Some(minute(0)));
    let shown = |series: &Series| {
        let (_, one) = series.checks().find(|(code, _)| *code == "webhook.enabled").expect("followed");
        (one.shown(), one.is_known())
    };
    let reason = "not judged by the last look: depends on token.valid".to_owned();
    assert_eq!(shown(&series), ((Skip, Some(reason)), false));
    let not_judged = vec![NotJudged { code: "webhook.enabled", why: WhyNotJudged::Away }];
    drop(series.add(&Look { not_judged, ..away(2) }));
    assert_eq!(shown(&series).0.0, Unknown);
    drop(series.add(&look(3, Pass)));
    assert_eq!((shown(&series).0.0, series.last_success_at), (Pass, Some(minute(3))));
}
