//! Killed or interrupted at any request: the next run ends in the same state, and leaves nothing.

use std::sync::mpsc;

use factory_gitlab::sandbox::options::CloudOffers;
use factory_gitlab::sandbox::request_log::{Moment, RequestAction};
use serde_json::json;

use super::{CODE, SESSION, cloud, selection, watched, with_person};
use crate::resume::{Point, signal};
use crate::test_env::{ApiCall, TestEnv, each_at_once};

const CONNECT: [&str; 5] = ["connect", "--cloud", "--yes", "--group", "group-1"];

/// Runs with the person in the browser, and kills it at this point.
fn killed_at(env: &TestEnv, command: &[&str], at: Point) {
    let (tell, told) = mpsc::channel();
    env.sandbox().clear_requests();
    env.sandbox().at_request(at.number, at.when, move |_| {
        signal(told.recv().expect("the process"), "KILL");
        RequestAction::Reset
    });
    let child = env.start(command);
    // The receiver is gone if the run ends before that request.
    let _unheard = tell.send(child.id());
    drop(watched(env, child));
}

/// The points of an undisturbed run: both of each write, and one of each read. A poll looks like the one before it.
fn points(offers: CloudOffers, command: &[&str]) -> Vec<Point> {
    let env = cloud(offers);
    let run = with_person(&env, command);
    assert_eq!(run.code, 0, "{run}");
    let requests = env.sandbox().requests();
    let mut last = String::new();
    let mut points = Vec::new();
    for one in &requests {
        let this = format!("{} {}", one.method, one.path());
        let [before, after] = Point::of_request(one.number);
        if this != last {
            points.push(before);
        }
        if one.is_write() {
            points.push(after);
        }
        last = this;
    }
    points
}

fn ends_after_kill(offers: CloudOffers, at: Point) {
    let name = format!("killed at request {} {:?}", at.number, at.when);
    let env = cloud(offers);
    killed_at(&env, &CONNECT, at);
    let again = with_person(&env, &CONNECT);
    assert_eq!(again.code, 0, "{name}: {again}");
    assert_eq!(selection(&env)["groups"][0]["full_path"], "group-1", "{name}");
    let left: Vec<String> = env.files_below("state").into_iter().map(|(path, _)| path).collect();
    assert!(left.iter().all(|path| !path.ends_with(".age")), "{name}: {left:?}");
    env.sandbox().clear_requests();
    let nothing = env.run(&CONNECT);
    assert!(nothing.stdout.starts_with("nothing to do: "), "{name}: {nothing}");
    assert_eq!(env.writes(), [""; 0], "{name}");
}

#[test]
fn killed_at_every_request_of_a_session_the_next_run_connects() {
    each_at_once(&points(SESSION, &CONNECT), |at| ends_after_kill(SESSION, *at));
}

#[test]
fn killed_at_every_request_with_a_code_the_next_run_connects() {
    each_at_once(&points(CODE, &CONNECT), |at| ends_after_kill(CODE, *at));
}

#[test]
fn a_session_that_was_opened_by_a_killed_run_is_gone_on_with() {
    let env = cloud(SESSION);
    let posted = |env: &TestEnv| env.writes().iter().filter(|one| one.ends_with("/cloud/sessions")).count();
    let run = env.run(&[&CONNECT[..], &["--authorization-timeout", "2s"]].concat());
    assert_eq!((run.code, posted(&env)), (3, 1), "{run}");
    let first = run.stderr.lines().find(|line| line.contains("/authorize/")).expect("an address").to_owned();
    let again = with_person(&env, &CONNECT);
    assert_eq!(again.code, 0, "{again}");
    assert!(again.stderr.contains(first.trim()), "{again}");
}

#[test]
fn ctrl_c_while_the_authorization_is_waited_for_gives_the_session_up() {
    let mut env = cloud(SESSION);
    env.set_clock_speed(1);
    let (tell, told) = mpsc::channel();
    // The fourth question for the session or later: no user authorizes.
    env.sandbox().at_request(9, Moment::AfterActing, move |_| {
        signal(told.recv().expect("the process"), "INT");
        RequestAction::Continue
    });
    let child = env.start(&CONNECT);
    let _unheard = tell.send(child.id());
    let ended = child.wait_with_output().expect("an end");
    assert_eq!(ended.status.code(), Some(130), "{}", String::from_utf8_lossy(&ended.stderr));
    let writes = env.writes();
    assert!(writes.last().is_some_and(|last| last.starts_with("DELETE /gitlab/v1/cloud/sessions/")), "{writes:?}");
}

#[test]
fn ctrl_c_while_the_grant_is_on_its_way_leaves_no_grant() {
    let rehearsed = cloud(CODE);
    assert_eq!(with_person(&rehearsed, &CONNECT).code, 0);
    let requests = rehearsed.sandbox().requests();
    let exchange = requests.iter().find(|one| one.path() == "/oauth/token").expect("an exchange").number;
    let env = cloud(CODE);
    let (tell, told) = mpsc::channel();
    env.sandbox().clear_requests();
    // The program has time to hear of the signal before the grant arrives.
    env.sandbox().fault("POST /oauth/token=delay:500").expect("a fault");
    env.sandbox().at_request(exchange, Moment::BeforeActing, move |_| {
        signal(told.recv().expect("the process"), "INT");
        RequestAction::Continue
    });
    let child = env.start(&CONNECT);
    let _unheard = tell.send(child.id());
    let ended = watched(&env, child);
    assert_eq!(ended.status.code(), Some(130), "{}", String::from_utf8_lossy(&ended.stderr));
    let writes = env.writes();
    assert_eq!(writes.last().map(String::as_str), Some("POST /oauth/revoke"), "{writes:?}");
}

#[test]
fn what_a_killed_proof_left_is_named_until_it_is_removed() {
    let prove = [&CONNECT[..], &["--prove", "group-1/project-1"]].concat();
    let rehearsed = cloud(SESSION);
    assert_eq!(with_person(&rehearsed, &prove).code, 0);
    let requests = rehearsed.sandbox().requests();
    let opened = requests.iter().find(|one| one.method == "POST" && one.path().ends_with("/merge_requests"));
    let env = cloud(SESSION);
    killed_at(&env, &prove, Point { number: opened.expect("a merge request").number, when: Moment::AfterActing });
    let said = "note: an earlier proof of this machine left a branch or a merge request in GitLab";
    let run = env.run(&CONNECT);
    assert!(run.code == 0 && run.to_string().contains(said), "{run}");
    let ending = env.run(&["disconnect", "--cloud", "--dry-run"]);
    assert!(ending.to_string().contains("factory-gitlab connect --cloud --prove PROJECT before"), "{ending}");
    assert_eq!(env.run(&prove).code, 0);
    assert!(!env.run(&CONNECT).to_string().contains(said));
}

#[test]
fn a_proof_that_is_killed_leaves_nothing_after_the_next_one() {
    let prove = [&CONNECT[..], &["--prove", "group-1/project-1"]].concat();
    let points = points(SESSION, &prove);
    let env = cloud(SESSION);
    assert_eq!(with_person(&env, &CONNECT).code, 0);
    // From the project's first write on.
    for at in points.iter().rev().take(14).step_by(3) {
        killed_at(&env, &prove, Point { number: at.number.saturating_sub(8), when: at.when });
        let again = env.run(&prove);
        assert_eq!(again.code, 0, "{again}");
        let path = "/projects/group-1%2Fproject-1/repository/branches";
        let call = ApiCall { method: "GET", path, body: &json!({}) };
        let branches = env.api_as(&env.sandbox().gitlab().user_token(), &call).1;
        let names: Vec<&str> =
            branches.as_array().into_iter().flatten().filter_map(|one| one["name"].as_str()).collect();
        assert!(names.iter().all(|name| !name.starts_with("factory-gitlab-exercise")), "{names:?}");
    }
}
