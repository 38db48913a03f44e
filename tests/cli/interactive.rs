//! The wizard at a pseudo-terminal.
#![cfg(unix)]

mod choices;
mod screen;
mod wizard;

use std::process::Command;

use rexpect::process::Signal;
use rexpect::process::WaitStatus;
use rexpect::session::{PtySession, spawn_command};

use crate::test_env::{TestEnv, small};

/// Starts the program at a terminal of its own.
pub fn at_a_terminal(env: &TestEnv, args: &[&str]) -> PtySession {
    let mut command = env.command(args);
    command.env("TERM", "xterm");
    spawn_command(command, Some(120_000)).expect("a terminal")
}

pub fn ends_with(session: &mut PtySession, wanted: i32) {
    session.exp_eof().expect("the end");
    let status = session.process().wait().expect("a status");
    assert!(matches!(status, WaitStatus::Exited(_, code) if code == wanted), "{status:?}");
}

/// An environment with the kit in a file, and the address and token that were not passed to the program.
fn unanswered() -> (TestEnv, String, String) {
    let mut env = TestEnv::with(small());
    let (url, token) = (env.sandbox().gitlab_url(), env.sandbox().gitlab().admin_token());
    env.file("kit.json", env.sandbox().factory().kit_json().to_string());
    for name in ["GITLAB_URL", "GITLAB_TOKEN", "FACTORY_KIT"] {
        env.unset(name);
    }
    (env, url, token)
}

/// Goes on with the choices as they are.
fn go_on(session: &mut PtySession) -> String {
    answer(session, "the number of a choice to change: ", "")
}

/// Waits for a question and answers with a line.
fn answer(session: &mut PtySession, words: &str, line: &str) -> String {
    let before = session.exp_string(words).expect(words);
    session.send_line(line).expect("typed");
    before
}

/// What the sandbox's kit says, as an e-mail would.
fn answer_one_by_one(session: &mut PtySession, kit: &serde_json::Value) {
    let value = |pointer: &str| kit.pointer(pointer).and_then(serde_json::Value::as_str).expect(pointer).to_owned();
    answer(session, "Redirect URI", "http://factory.example/callback");
    session.exp_string("it is http, which sends the code unencrypted").expect("why not");
    answer(session, "Redirect URI", &value("/application/redirect_uri"));
    answer(session, "Webhook URL", &value("/webhook/url"));
    answer(session, "Webhook secret token (hidden): ", "short-canary");
    session.exp_string("it has fewer than 16 characters").expect("why not");
    answer(session, "Webhook secret token (hidden): ", &value("/webhook/secret_token"));
    answer(session, "Recipient of the bundle", "age1wrong");
    session.exp_string("is not an age public key").expect("why not");
    answer(session, "Recipient of the bundle", &value("/bundle/recipients/0"));
}

#[test]
fn an_invalid_answer_is_explained_and_asked_for_again() {
    let env = TestEnv::bare();
    env.file(
        "kit.json",
        factory_gitlab::kit::Kit::template()
            .replace("\"secret_token\": \"…\"", "\"secret_token\": \"typed-9vQ4mZx7Lp2wRk8T\"")
            .replace("https://…", "https://factory.example")
            .replace('…', "x"),
    );
    let mut session = at_a_terminal(&env, &["kit", "show"]);
    session.exp_string("Kit from Factory").expect("the question");
    session.send_line("none.json").expect("typed");
    session.exp_string("none.json cannot be read").expect("why not");
    session.exp_string("Kit from Factory").expect("the question again");
    session.send_line("kit.json").expect("typed");
    session.exp_string("typed answer").expect("the kit");
    ends_with(&mut session, 0);
}

#[test]
fn ctrl_c_at_a_question_ends_with_130_and_shows_the_cursor() {
    let env = TestEnv::bare();
    let mut session = at_a_terminal(&env, &["kit", "show"]);
    session.exp_string("Kit from Factory").expect("the question");
    session.send_control('c').expect("typed");
    session.exp_string("\u{1b}[?25h").expect("the cursor is shown");
    session.exp_string("interrupted").expect("a word");
    ends_with(&mut session, 130);
}

/// The signal is one of a process manager, or a Ctrl-C from before the question was ready for keys.
#[test]
fn a_signal_at_a_question_ends_it() {
    let env = TestEnv::bare();
    for signal in [Signal::SIGINT, Signal::SIGTERM] {
        let mut session = at_a_terminal(&env, &["kit", "show"]);
        session.exp_string("Kit from Factory").expect("the question");
        session.process_mut().signal(signal).expect("sent");
        session.exp_string("interrupted").expect("a word");
        ends_with(&mut session, 130);
    }
}

#[test]
fn a_secret_is_typed_hidden_and_a_wrong_one_is_asked_for_again() {
    let mut env = TestEnv::new();
    env.unset("FACTORY_API_KEY");
    let right = env.sandbox().factory().api_key().to_owned();
    let mut session = at_a_terminal(&env, &["kit", "check"]);
    session.exp_string("Factory API key (hidden): ").expect("the question");
    session.send_line("fk-wrong-canary-key").expect("typed");
    let between = session.exp_string("Factory API key (hidden): ").expect("the question again");
    assert!(between.contains("the kit could not be fetched"), "{between}");
    assert!(!between.contains("canary"), "{between}");
    // A mistake and its correction; Ctrl-U deletes the whole line.
    session.send("slip\u{15}").expect("typed");
    session.send_line(&format!("{right}x\u{7f}")).expect("typed");
    let after = session.exp_string("the kit is good").expect("the kit");
    assert!(!after.contains(&right), "{after}");
    ends_with(&mut session, 0);
}

#[test]
fn ctrl_c_at_a_hidden_question_ends_with_130() {
    let mut env = TestEnv::new();
    env.unset("FACTORY_API_KEY");
    let mut session = at_a_terminal(&env, &["kit", "check"]);
    session.exp_string("Factory API key (hidden): ").expect("the question");
    session.send("half-a-canary").expect("typed");
    session.send_control('c').expect("typed");
    let after = session.exp_string("interrupted").expect("a word");
    assert!(!after.contains("canary"), "{after}");
    ends_with(&mut session, 130);
}

#[test]
fn no_question_is_asked_in_ci_or_with_no_input() {
    let mut env = TestEnv::bare();
    let mut session = at_a_terminal(&env, &["kit", "show", "--no-input"]);
    session.exp_string("missing input: 1 value").expect("the list");
    ends_with(&mut session, 2);
    env.set("CI", "true");
    let mut session = at_a_terminal(&env, &["kit", "show"]);
    session.exp_string("missing input: 1 value").expect("the list");
    ends_with(&mut session, 2);
}

#[test]
fn a_disconnection_is_approved_by_typing_the_name_of_the_host() {
    let env = TestEnv::with(small());
    env.connects(&[]);
    let mut session = at_a_terminal(&env, &["disconnect"]);
    session.exp_string("Type 127.0.0.1 to apply this plan, or press Enter to stop:").expect("the question");
    session.send_line("yes").expect("typed");
    session.exp_string("that is not 127.0.0.1").expect("why not");
    session.exp_string("Type 127.0.0.1 to apply").expect("the question again");
    session.send_line("").expect("typed");
    session.exp_string("the plan was not approved; nothing was changed").expect("stopped");
    ends_with(&mut session, 1);
    assert_eq!(env.all_hooks().len(), 1);
    let mut session = at_a_terminal(&env, &["disconnect"]);
    session.exp_string("Type 127.0.0.1 to apply").expect("the question");
    session.send_line("127.0.0.1").expect("typed");
    session.exp_string("disconnected").expect("the end");
    ends_with(&mut session, 0);
    assert_eq!(env.all_hooks().len(), 0);
}

#[test]
fn the_plan_that_is_approved_shows_what_stays() {
    let mut env = TestEnv::with(small());
    env.connects(&["--handover-token", "minted"]);
    env.on_another_machine();
    let mut session = at_a_terminal(&env, &["disconnect"]);
    let shown = session.exp_string("Type 127.0.0.1 to apply").expect("the question");
    assert!(shown.contains("What is left of the connection"), "{shown}");
    assert!(shown.contains("the token Factory (org_sandbox)") && shown.contains("application Factory"), "{shown}");
    session.send_line("").expect("typed");
    session.exp_string("nothing was changed").expect("stopped");
    ends_with(&mut session, 1);
}

#[test]
fn ctrl_c_during_work_says_what_was_done() {
    let env = TestEnv::with(small());
    env.sandbox().fault("POST /api/v4/groups/*/hooks=hang").expect("a fault");
    let mut session = at_a_terminal(&env, &["connect", "--yes"]);
    // The progress bar shows the current step.
    session.exp_string("connecting").expect("the bar");
    session.exp_string("3/6").expect("three steps are done");
    session.send_control('c').expect("typed");
    let shown = session.exp_string("Run the same command again to continue").expect("how to go on");
    assert!(shown.contains("interrupted") && shown.contains("seal the bundle"), "{shown}");
    ends_with(&mut session, 130);
    env.sandbox().clear_faults();
    env.connects(&[]);
    assert_eq!((env.all_hooks().len(), env.sandbox().gitlab().applications().len()), (1, 1));
}

#[test]
fn creating_the_application_by_hand_shows_the_values_and_asks_for_id_and_secret() {
    let mut env = TestEnv::with(small());
    env.sandbox().factory().edit_kit(|kit| kit["application"]["trusted"] = true.into());
    let made = env.make_application(&serde_json::json!({}));
    env.set("BROWSER", "true");
    let mut session = at_a_terminal(&env, &["connect", "--application", "manual"]);
    let form = session.exp_string("Open that page in your browser?").expect("the browser");
    for value in ["Redirect URI", "/gitlab-sh/callback", "read_registry sudo", "/admin/applications/new"] {
        assert!(form.contains(value), "{value}: {form}");
    }
    session.send("n").expect("typed");
    session.send_line("").expect("typed");
    answer(&mut session, "Application ID", made["id"].to_string().as_str());
    session.exp_string("is the number of Factory Integration").expect("which is meant");
    answer(&mut session, "Application ID", made["application_id"].as_str().expect("an ID"));
    answer(&mut session, "Application secret (hidden): ", "gloas-wrong");
    session.exp_string("does not accept this application ID and secret together").expect("why not");
    answer(&mut session, "Application ID [", "0123456789abcdef");
    answer(&mut session, "Application secret (hidden): ", made["secret"].as_str().expect("a secret"));
    session.exp_string("does not accept this application ID and secret together").expect("why not");
    answer(&mut session, "Application ID [0123456789abcdef]", made["application_id"].as_str().expect("an ID"));
    answer(&mut session, "Application secret (hidden): ", made["secret"].as_str().expect("a secret"));
    go_on(&mut session);
    session.exp_string("Apply this plan?").expect("the approval");
    session.send("y").expect("typed");
    session.send_line("").expect("typed");
    session.exp_string("mark the application as trusted").expect("what is left");
    ends_with(&mut session, 0);
    assert_eq!(env.bundle()["application"]["secret"], made["secret"]);
}
