//! The real program in its three output formats: a diagonal through the matrix, and a kit fetched by its URL.

use std::collections::VecDeque;
use std::sync::Mutex;

use factory_gitlab::sandbox::request_log::Side;

use super::faults::{FAULTS, is_timed};
use crate::test_env::{TestEnv, Transcript, small};
use crate::verify::connected;

const WORKERS: usize = 6;
const FORMS: [&str; 3] = ["text", "json", "junit"];

/// Requests whose failure may leave the verdict unchanged ([`super::exceptions`]).
const OF_NO_WEIGHT: [&str; 1] = ["/api/v4/projects"];

/// Seconds for a request. The short time-out is for faults after which every format says "unknown", so that it does no harm
/// when it ends other requests as well.
fn timeout(fault: &str) -> &'static str {
    if is_timed(fault) { "2" } else { "120" }
}

/// Each request of a healthy run with two faults, the next two in the list.
fn diagonal() -> VecDeque<String> {
    let env = connected(small());
    let run = env.run(&["verify"]);
    assert_eq!(run.code, 0, "{run}");
    let requests = env.sandbox().requests();
    let weighty = requests.iter().filter(|one| !OF_NO_WEIGHT.contains(&one.path()));
    // Without the faults that have an exception for one of the requests.
    let hard =
        || FAULTS.into_iter().filter(|way| !["status:404", "empty", "type", "html:200", "text:200"].contains(way));
    let ways: Vec<&str> = hard().filter(|way| !way.starts_with("json:")).collect();
    let mut faults = VecDeque::new();
    for (place, one) in weighty.enumerate() {
        let side = if one.side == Side::GitLab { "gitlab" } else { "factory" };
        for way in [ways[place * 2 % ways.len()], ways[(place * 2 + 1) % ways.len()]] {
            faults.push_back(format!("{side}:{} {}={way}", one.method, one.path()));
        }
    }
    faults
}

#[test]
fn the_exit_code_of_a_fault_is_the_same_in_every_format_and_never_0() {
    let queue = Mutex::new(diagonal());
    std::thread::scope(|scope| {
        for _worker in 0..WORKERS {
            scope.spawn(|| {
                let env = connected(small());
                loop {
                    let Some(fault) = queue.lock().expect("the queue").pop_front() else { return };
                    env.sandbox().clear_faults();
                    env.sandbox().fault(&fault).expect(&fault);
                    let timeout = timeout(fault.rsplit_once('=').map_or("", |(_, action)| action));
                    let runs = FORMS.map(|form| env.run(&["verify", "--timeout", timeout, "-o", form]));
                    let code = runs[0].code;
                    assert!(matches!(code, 1 | 3), "{fault}: {}", runs[0]);
                    assert!(runs.iter().all(|run| run.code == code), "{fault}: {}\n{}\n{}", runs[0], runs[1], runs[2]);
                    says_so(&fault, code, &runs);
                }
            });
        }
    });
}

fn says_so(fault: &str, code: i32, [text, json, junit]: &[Transcript; 3]) {
    let verdict = if code == 1 { "fail" } else { "unknown" };
    assert_eq!(text.stdout.matches(&format!("verdict: {verdict}, ")).count(), 1, "{fault}: {text}");
    let report = json.json();
    assert_eq!((&report["verdict"], &report["exit_code"]), (&verdict.into(), &code.into()), "{fault}: {json}");
    let element = if code == 1 { "<failure " } else { "<error " };
    assert!(junit.stdout.contains(element), "{fault}: {junit}");
}

#[test]
fn a_kit_that_cannot_be_fetched_never_exits_with_0_in_any_format() {
    let queue = Mutex::new(VecDeque::from(FAULTS));
    std::thread::scope(|scope| {
        for _worker in 0..WORKERS {
            scope.spawn(|| {
                let env = TestEnv::with(small());
                loop {
                    let Some(way) = queue.lock().expect("the queue").pop_front() else { return };
                    env.sandbox().clear_faults();
                    env.sandbox().fault(&format!("factory:GET /gitlab/v1/kit={way}")).expect(way);
                    let runs = FORMS.map(|form| env.run(&["verify", "--timeout", timeout(way), "-o", form]));
                    let codes = [runs[0].code, runs[1].code, runs[2].code];
                    assert!(codes[0] > 0 && codes.iter().all(|code| *code == codes[0]), "{way}: {codes:?} {}", runs[0]);
                    assert!(env.sandbox().requests().iter().all(|one| one.side == Side::Factory), "{way}");
                }
            });
        }
    });
}
