//! A person at a pseudo-terminal.
#![cfg(unix)]

use std::process::Command;

use rexpect::process::WaitStatus;
use rexpect::session::{PtySession, spawn_command};

use crate::world::World;

/// Starts the program at a terminal of its own.
fn at_a_terminal(world: &World, args: &[&str]) -> PtySession {
    let mut command = Command::new(World::program());
    command.args(args).env_clear().envs(world.variables()).env("TERM", "xterm").current_dir(world.path(""));
    spawn_command(command, Some(20_000)).expect("a terminal")
}

fn ends_with(session: &mut PtySession, wanted: i32) {
    session.exp_eof().expect("the end");
    let status = session.process().wait().expect("a status");
    assert!(matches!(status, WaitStatus::Exited(_, code) if code == wanted), "{status:?}");
}

#[test]
fn a_wrong_answer_is_explained_and_asked_again() {
    let world = World::bare();
    world.file(
        "kit.json",
        factory_gitlab::kit::Kit::template()
            .replace("\"secret_token\": \"…\"", "\"secret_token\": \"typed-secret-token\"")
            .replace("https://…", "https://factory.example")
            .replace('…', "x"),
    );
    let mut session = at_a_terminal(&world, &["kit", "show"]);
    session.exp_string("Kit from Factory").expect("the question");
    session.send_line("none.json").expect("typed");
    session.exp_string("none.json cannot be read").expect("why not");
    session.exp_string("Kit from Factory").expect("the question again");
    session.send_line("kit.json").expect("typed");
    session.exp_string("what was typed").expect("the kit");
    ends_with(&mut session, 0);
}

#[test]
fn ctrl_c_at_a_question_ends_with_130_and_shows_the_cursor() {
    let world = World::bare();
    let mut session = at_a_terminal(&world, &["kit", "show"]);
    session.exp_string("Kit from Factory").expect("the question");
    session.send_control('c').expect("typed");
    session.exp_string("\u{1b}[?25h").expect("the cursor is shown");
    session.exp_string("interrupted").expect("a word");
    ends_with(&mut session, 130);
}

#[test]
fn a_secret_is_typed_unseen_and_a_wrong_one_is_asked_again() {
    let mut world = World::new();
    world.unset("FACTORY_API_KEY");
    let right = world.sandbox().factory().api_key().to_owned();
    let mut session = at_a_terminal(&world, &["kit", "check"]);
    session.exp_string("Factory API key (hidden): ").expect("the question");
    session.send_line("fk-wrong-canary-key").expect("typed");
    let between = session.exp_string("Factory API key (hidden): ").expect("the question again");
    assert!(between.contains("the kit could not be fetched"), "{between}");
    assert!(!between.contains("canary"), "{between}");
    // A slip and its correction; Ctrl-U takes the whole line back.
    session.send("slip\u{15}").expect("typed");
    session.send_line(&format!("{right}x\u{7f}")).expect("typed");
    let after = session.exp_string("the kit is good").expect("the kit");
    assert!(!after.contains(&right), "{after}");
    ends_with(&mut session, 0);
}

#[test]
fn ctrl_c_at_a_hidden_question_ends_with_130() {
    let mut world = World::new();
    world.unset("FACTORY_API_KEY");
    let mut session = at_a_terminal(&world, &["kit", "check"]);
    session.exp_string("Factory API key (hidden): ").expect("the question");
    session.send("half-a-canary").expect("typed");
    session.send_control('c').expect("typed");
    let after = session.exp_string("interrupted").expect("a word");
    assert!(!after.contains("canary"), "{after}");
    ends_with(&mut session, 130);
}

#[test]
fn nobody_is_asked_in_ci_or_with_no_input() {
    let mut world = World::bare();
    let mut session = at_a_terminal(&world, &["kit", "show", "--no-input"]);
    session.exp_string("one thing is missing").expect("the list");
    ends_with(&mut session, 2);
    world.set("CI", "true");
    let mut session = at_a_terminal(&world, &["kit", "show"]);
    session.exp_string("one thing is missing").expect("the list");
    ends_with(&mut session, 2);
}
