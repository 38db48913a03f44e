//! Killed or interrupted at every request, before and after the server acts: nothing is left after the next run.

use std::process::Output;
use std::sync::mpsc;

use factory_gitlab::sandbox::request_log::{LoggedRequest, RequestAction};

use crate::disconnect::state::{is_as_before, state_of};
use crate::resume::{Point, said, signal, signal_at};
use crate::test_env::{TestEnv, small};

const SCRATCH: &[&str] = &["exercise", "--yes", "--only", "issue_comment", "--only", "pipeline"];
const NAMED: &[&str] =
    &["exercise", "--yes", "--project", "group-1/project-1", "--only", "merge_request_comment", "--only", "job"];

fn connected() -> TestEnv {
    let env = TestEnv::with(small());
    env.connects(&[]);
    env.sandbox().clear_requests();
    env
}

/// Both points of each write, and one of each read.
fn points(args: &[&str]) -> Vec<Point> {
    let env = connected();
    let run = env.run(args);
    assert_eq!(run.code, 0, "{run}");
    let of_request = |one: &LoggedRequest| {
        let [before, after] = Point::of_request(one.number);
        if one.is_write() { vec![before, after] } else { vec![before] }
    };
    env.sandbox().requests().iter().flat_map(of_request).collect()
}

/// Sends the signal, and the server goes on: what was made is removed by the run itself.
fn interrupted_at(env: &TestEnv, args: &[&str], at: Point) -> Output {
    let (tell, told) = mpsc::channel();
    env.sandbox().clear_requests();
    env.sandbox().at_request(at.number, at.when, move |_| {
        signal(told.recv().expect("the process"), "INT");
        RequestAction::Continue
    });
    let child = env.start(args);
    let _unheard = tell.send(child.id());
    child.wait_with_output().expect("an end")
}

fn leaves_nothing(args: &'static [&'static str], signal: &'static str, next: &[&str]) {
    for point in points(args) {
        let name = format!("{args:?}, {signal} at request {} {:?}", point.number, point.when);
        let env = connected();
        let before = state_of(&env);
        let ended =
            if signal == "INT" { interrupted_at(&env, args, point) } else { signal_at(&env, args, point, signal) };
        if signal == "INT" {
            // It may have ended by itself before the signal came.
            assert!(matches!(ended.status.code(), Some(130 | 0)), "{name}: {}", said(&ended));
            is_as_before(&env, &before, &format!("{name}: {}", said(&ended)));
        }
        let again = env.run(next);
        assert_eq!(again.code, 0, "{name}: {again}");
        is_as_before(&env, &before, &name);
    }
}

#[test]
fn killed_at_any_request_the_next_exercise_removes_what_is_left() {
    leaves_nothing(SCRATCH, "KILL", &["exercise", "--yes", "--only", "issue"]);
}

#[test]
fn killed_at_any_request_sweeping_removes_what_is_left_in_a_named_project() {
    leaves_nothing(NAMED, "KILL", &["exercise", "--sweep", "--yes"]);
}

#[test]
fn ctrl_c_at_any_request_removes_everything_before_it_ends() {
    leaves_nothing(SCRATCH, "INT", &["exercise", "--sweep", "--yes"]);
}

#[test]
fn ctrl_c_at_any_request_removes_everything_from_a_named_project_before_it_ends() {
    leaves_nothing(NAMED, "INT", &["exercise", "--sweep", "--yes"]);
}
