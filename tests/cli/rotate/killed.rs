//! Killed or interrupted at every request, before and after the server acts: Factory is never left with less than the plan
//! says, and the next run ends where an undisturbed one does.
#![cfg(unix)]

use super::alive;
use super::webhook_secret::tokens;
use factory_gitlab::sandbox::request_log::LoggedRequest;

use super::application_secret::factory_has_the_secret;
use super::token::{connected, factory_can_work};
use crate::resume::{Point, said, signal_at};
use crate::test_env::TestEnv;

/// Both points of each write, and one of each read.
fn points(what: &str) -> Vec<Point> {
    let env = connected();
    env.rotates(what, &[]);
    let requests = env.sandbox().requests();
    let of_request = |one: &LoggedRequest| {
        let [before, after] = Point::of_request(one.number);
        if one.is_write() { vec![before, after] } else { vec![before] }
    };
    requests.iter().flat_map(of_request).collect()
}

fn is_right(env: &TestEnv, name: &str) {
    factory_can_work(env, name);
    factory_has_the_secret(env, name);
    assert_eq!(alive(env).len(), 1, "{name}: a token is left");
    assert_eq!(env.run(&["verify"]).code, 0, "{name}");
    env.has_nothing_to_do(&[]);
}

fn ends_after(what: &str, point: Point, signal: &'static str, next: &[&str]) {
    let name = format!("{what}, {signal} at request {} {:?}, then {next:?}", point.number, point.when);
    let env = connected();
    let ended = signal_at(&env, &["rotate", what, "--yes"], point, signal);
    let code = if signal == "KILL" { None } else { Some(130) };
    assert_eq!(ended.status.code(), code, "{name}: {}", said(&ended));
    factory_can_work(&env, &name);
    let again = env.run(&[next, &["--yes"]].concat());
    assert_eq!(again.code, 0, "{name}: {again}");
    is_right(&env, &name);
}

#[test]
fn killed_while_the_token_is_rotated_factory_always_has_one_that_works() {
    for point in points("token") {
        ends_after("token", point, "KILL", &["rotate", "token"]);
    }
}

#[test]
fn ctrl_c_while_the_token_is_rotated_ends_with_130_and_the_next_run_finishes() {
    for point in points("token").into_iter().step_by(2) {
        ends_after("token", point, "INT", &["rotate", "token"]);
    }
}

#[test]
fn killed_while_the_applications_secret_is_rotated_the_next_run_hands_one_over() {
    for point in points("application-secret") {
        ends_after("application-secret", point, "KILL", &["rotate", "application-secret"]);
    }
}

#[test]
fn ctrl_c_while_the_applications_secret_is_rotated_ends_with_130_and_the_next_run_finishes() {
    for point in points("application-secret").into_iter().step_by(2) {
        ends_after("application-secret", point, "INT", &["rotate", "application-secret"]);
    }
}

/// Project hooks, and a new kit.
fn with_a_new_kit() -> (TestEnv, [String; 2]) {
    let env = super::webhook_secret::connected((19, 2));
    let secrets = env.sandbox().factory().rotate_webhook_secret();
    env.sandbox().clear_requests();
    (env, secrets)
}

fn webhooks_end_after(point: Point, signal: &'static str, next: &[&str]) {
    let name = format!("webhook-secret, {signal} at request {} {:?}, then {next:?}", point.number, point.when);
    let (env, [old, new]) = with_a_new_kit();
    let ended = signal_at(&env, &["rotate", "webhook-secret", "--yes"], point, signal);
    let code = if signal == "KILL" { None } else { Some(130) };
    assert_eq!(ended.status.code(), code, "{name}: {}", said(&ended));
    let again = env.run(&[next, &["--yes"]].concat());
    assert_eq!(again.code, 0, "{name}: {again}");
    assert_eq!(tokens(&env, [&old, &new]), [0, 3], "{name}: {again}");
    assert_eq!(env.sandbox().factory().refused_deliveries(), 0, "{name}");
    env.sandbox().factory().retire_previous_webhook_secret();
    assert_eq!(env.run(&["verify", "--live"]).code, 0, "{name}");
    env.has_nothing_to_do(&[]);
    let nothing = env.rotated("webhook-secret", &[]);
    assert!(nothing.stdout.starts_with("nothing to do: "), "{name}: {nothing}");
}

fn webhook_points() -> Vec<Point> {
    let (env, _) = with_a_new_kit();
    env.rotates("webhook-secret", &[]);
    let of_request = |one: &LoggedRequest| {
        let [before, after] = Point::of_request(one.number);
        if one.is_write() { vec![before, after] } else { vec![before] }
    };
    env.sandbox().requests().iter().flat_map(of_request).collect()
}

#[test]
fn killed_while_webhooks_get_a_new_secret_the_next_run_gives_the_rest_the_same_one() {
    for point in webhook_points() {
        webhooks_end_after(point, "KILL", &["rotate", "webhook-secret"]);
    }
}

#[test]
fn ctrl_c_while_webhooks_get_a_new_secret_ends_with_130_and_the_next_run_finishes() {
    for point in webhook_points().into_iter().step_by(2) {
        webhooks_end_after(point, "INT", &["rotate", "webhook-secret"]);
    }
}

#[test]
fn connect_finishes_what_a_killed_rotation_began() {
    for what in ["token", "application-secret"] {
        for point in points(what).into_iter().filter(|point| point.number > 8) {
            ends_after(what, point, "KILL", &["connect"]);
        }
    }
}
