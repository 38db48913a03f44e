//! `--fix`: adds webhooks to new projects, and nothing else.

use serde_json::json;

use super::repeat::{Changes, watch};
use super::{NOTHING, connected, look, new_project, result, told, unlicensed};
use crate::test_env::{TestEnv, small};

const FIX: [&str; 2] = ["--fix", "--yes"];

fn hooks(env: &TestEnv) -> usize {
    env.all_hooks().len()
}

#[test]
fn a_new_project_gets_its_webhook_in_the_same_look() {
    let env = connected(unlicensed(2));
    look(&env, &FIX).json_lines(1);
    assert_eq!(env.writes(), Vec::<String>::new());
    new_project(&env, "fresh");
    let run = look(&env, &FIX);
    assert_eq!(told(&run), ["new project group-1/fresh", "webhook_added project group-1/fresh"], "{run}");
    assert_eq!((run.code, hooks(&env)), (0, 3), "{run}");
    assert_eq!(&result(&run)["counts"]["webhooks_added"], &json!(1));
    let again = look(&env, &FIX);
    assert_eq!((told(&again), again.code, env.writes()), (vec![], 0, vec![]), "{again}");
    env.has_nothing_to_do(&[]);
}

#[test]
fn it_changes_nothing_but_what_is_missing() {
    let env = connected(unlicensed(2));
    look(&env, &FIX).json_lines(1);
    let hook = env.all_hooks()[0].id;
    env.sandbox().gitlab().change_hook(hook, |hook| hook.enable_ssl_verification = false);
    look(&env, &FIX).json_lines(1);
    let run = look(&env, &FIX);
    assert_eq!((told(&run), run.code), (vec!["problem webhook.tls".to_owned()], 1), "{run}");
    assert_eq!(env.writes(), Vec::<String>::new());
}

#[test]
fn only_what_was_selected_gets_a_webhook() {
    let env = TestEnv::with(unlicensed(2));
    env.connects(&["--exclude", "group-1/private-*"]);
    look(&env, &FIX).json_lines(1);
    new_project(&env, "private-1");
    let run = look(&env, &FIX);
    assert_eq!((told(&run), env.writes()), (vec!["new project group-1/private-1".to_owned()], vec![]), "{run}");
    new_project(&env, "public-1");
    let run = look(&env, &FIX);
    assert_eq!(told(&run), ["new project group-1/public-1", "webhook_added project group-1/public-1"], "{run}");
}

#[test]
fn while_another_run_has_the_lock_that_is_told_once_and_done_later() {
    let env = connected(unlicensed(2));
    look(&env, &FIX).json_lines(1);
    new_project(&env, "fresh");
    let lock = env.files_below("state").into_iter().find(|(path, _)| path.ends_with("/lock")).expect("a lock").0;
    let held = std::fs::File::open(lock).expect("the lock");
    held.try_lock().expect("it is free");
    let run = look(&env, &FIX);
    assert_eq!(told(&run), ["new project group-1/fresh", "webhook_not_added 1 webhook"], "{run}");
    let run = look(&env, &FIX);
    assert_eq!((told(&run), hooks(&env)), (vec!["problem webhook.coverage".to_owned()], 2), "{run}");
    drop(held);
    let run = look(&env, &FIX);
    assert_eq!(told(&run), ["webhook_added project group-1/fresh"], "{run}");
    assert_eq!(told(&look(&env, &FIX)), ["recovered webhook.coverage"]);
}

#[test]
fn a_refusal_is_told_once_and_the_monitor_goes_on() {
    let env = connected(unlicensed(2));
    look(&env, &FIX).json_lines(1);
    new_project(&env, "fresh");
    env.sandbox().fault("POST /api/v4/projects/*/hooks=status:403").expect("a fault");
    let run = look(&env, &FIX);
    assert_eq!(told(&run), ["new project group-1/fresh", "webhook_not_added 1 webhook"], "{run}");
    assert_eq!(told(&look(&env, &FIX)), ["problem webhook.coverage"]);
    assert_eq!(told(&look(&env, &FIX)), NOTHING);
    env.sandbox().clear_faults();
    assert_eq!(told(&look(&env, &FIX)), ["webhook_added project group-1/fresh"]);
}

#[test]
fn two_machines_add_one_webhook() {
    let mut env = connected(unlicensed(2));
    look(&env, &FIX).json_lines(1);
    new_project(&env, "fresh");
    let own = env.variables()["FACTORY_GITLAB_STATE_DIR"].clone();
    env.on_another_machine();
    let run = look(&env, &FIX);
    assert_eq!(hooks(&env), 3, "{run}");
    env.set("FACTORY_GITLAB_STATE_DIR", &own);
    let run = look(&env, &FIX);
    assert_eq!((told(&run), hooks(&env)), (vec!["new project group-1/fresh".to_owned()], 3), "{run}");
    assert_eq!(env.writes(), Vec::<String>::new());
}

#[test]
fn a_changed_kit_is_not_accepted_by_yes() {
    let env = connected(unlicensed(2));
    look(&env, &FIX).json_lines(1);
    new_project(&env, "fresh");
    env.sandbox().factory().edit_kit(|kit| kit["webhook"]["events"] = json!(["push"]));
    let run = look(&env, &FIX);
    assert!(told(&run).contains(&"webhook_not_added 1 webhook".to_owned()), "{run}");
    assert_eq!((env.writes(), hooks(&env)), (vec![], 2));
}

#[test]
fn a_loop_adds_webhooks_as_projects_are_born() {
    let mut env = connected(unlicensed(1));
    let mut changes = Changes::new();
    for look in [3, 5, 6] {
        changes.insert(
            look,
            Box::new(move |gitlab| {
                super::add_project(gitlab, &format!("born-{look}"));
            }),
        );
    }
    let run = watch(&mut env, &["--for", "20m", "--interval", "1m", "--fix", "--yes", "-o", "json"], changes);
    assert_eq!((run.code, hooks(&env)), (0, 4), "{run}");
    assert_eq!(told(&run).iter().filter(|one| one.starts_with("webhook_added")).count(), 3, "{run}");
    assert!(!told(&run).iter().any(|one| one.starts_with("problem")), "{run}");
}

#[test]
fn with_a_group_webhook_a_new_project_is_covered_and_nothing_is_added() {
    let env = connected(small());
    look(&env, &FIX).json_lines(1);
    new_project(&env, "fresh");
    let run = look(&env, &FIX);
    assert_eq!((told(&run), env.writes()), (vec!["new project group-1/fresh".to_owned()], vec![]), "{run}");
    assert_eq!((&result(&run)["coverage"]["covered"], &result(&run)["coverage"]["uncovered"]), (&json!(2), &json!(0)));
}

#[test]
fn with_another_selection_than_the_recorded_one_nothing_is_added_and_nothing_recorded() {
    let env = connected(unlicensed(2));
    let group = ["--group", "group-1"];
    look(&env, &[&FIX[..], &group].concat()).json_lines(1);
    new_project(&env, "fresh");
    let run = look(&env, &[&FIX[..], &group].concat());
    assert!(told(&run).contains(&"webhook_not_added 1 webhook".to_owned()), "{run}");
    assert_eq!((env.writes(), hooks(&env)), (vec![], 2));
    env.connects(&[]);
    assert_eq!(hooks(&env), 3, "everything is selected as before");
}

#[test]
fn a_run_that_only_adds_webhooks_leaves_the_connection_as_finished_as_it_was() {
    let env = connected(unlicensed(2));
    let status = || env.run(&["status"]).stdout;
    let line = |text: &str| text.lines().find(|line| line.contains("finished")).map(str::to_owned);
    let before = line(&status());
    new_project(&env, "fresh");
    look(&env, &FIX).json_lines(1);
    assert_eq!((hooks(&env), line(&status())), (3, before));
}

#[cfg(unix)]
#[test]
fn killed_at_any_request_a_webhook_is_added_once() {
    use crate::resume::{Point, signal_at};
    let env = connected(unlicensed(1));
    look(&env, &FIX).json_lines(1);
    new_project(&env, "first");
    look(&env, &FIX).json_lines(1);
    let requests = env.sandbox().requests().len();
    assert!(requests > 30, "it looks, looks again with the lock, adds, tests and looks: {requests}");
    for number in (1..=requests).step_by(4) {
        let point = Point::of_request(number)[number / 4 % 2];
        let before = hooks(&env);
        new_project(&env, &format!("fresh-{number}"));
        drop(signal_at(&env, &[&["monitor", "--once"], &FIX[..]].concat(), point, "KILL"));
        let run = look(&env, &FIX);
        assert_eq!((run.code, hooks(&env)), (0, before + 1), "killed at {point:?}: {run}");
    }
    // What was not tested because of a death, connect tests; it registers nothing.
    assert!(env.planned(&[]).iter().all(|step| step == "test_delivery"), "{:?}", env.planned(&[]));
}

#[cfg(unix)]
#[test]
fn in_a_terminal_it_asks_once_before_the_first_look() {
    use crate::interactive::{at_a_terminal, ends_with};
    let env = connected(unlicensed(1));
    new_project(&env, "fresh");
    for (answer, code, wanted) in [("n", 1, 1), ("y", 0, 2)] {
        let mut session = at_a_terminal(&env, &["monitor", "--fix", "--once"]);
        session.exp_string("without asking again?").expect("the question");
        session.send_line(answer).expect("typed");
        ends_with(&mut session, code);
        assert_eq!(hooks(&env), wanted, "{answer}");
    }
}

#[test]
fn a_project_of_exercise_is_not_told_not_counted_and_gets_no_webhook() {
    let env = connected(unlicensed(2));
    look(&env, &FIX).json_lines(1);
    let id = new_project(&env, "factory-gitlab-exercise-0123456789ab");
    let run = look(&env, &FIX);
    assert_eq!((told(&run), run.code, env.writes()), (vec![], 0, vec![]), "{run}");
    let result = result(&run);
    assert_eq!((&result["counts"]["new"], &result["coverage"]["covered"]), (&json!(0), &json!(2)), "{result}");
    assert_eq!((&result["coverage"]["uncovered"], &result["coverage"]["missing"]), (&json!(0), &json!(0)), "{result}");
    assert_eq!(env.api("DELETE", &format!("/projects/{id}"), &json!(null)).0, 202);
    for _ in 0..3 {
        let run = look(&env, &FIX);
        assert_eq!((told(&run), run.code, env.writes()), (vec![], 0, vec![]), "{run}");
    }
}
