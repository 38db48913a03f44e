//! The wizard at a pseudo-terminal.
#![cfg(unix)]

mod choices;
mod screen;

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

#[test]
fn the_wizard_connects_and_lets_each_answer_be_corrected() {
    let (env, url, token) = unanswered();
    let mut session = at_a_terminal(&env, &["connect"]);
    answer(&mut session, "Kit from Factory", "kit.json");
    answer(&mut session, "GitLab URL", "http://127.0.0.1:1");
    session.exp_string("could not be reached").expect("why not");
    answer(&mut session, "GitLab URL", &url);
    answer(&mut session, "Personal access token of an admin (hidden): ", "glpat-wrong-canary-token");
    let between = answer(&mut session, "Personal access token of an admin (hidden): ", &token);
    assert!(between.contains("GitLab does not know the token") && !between.contains("canary"), "{between}");
    assert!(!between.contains("Needs the scope"), "explained twice: {between}");
    go_on(&mut session);
    session.exp_string("Plan for").expect("the plan");
    let plan = session.exp_string("Apply this plan?").expect("the approval");
    assert!(plan.contains("register a webhook on group group-1"), "{plan}");
    assert_eq!(env.writes(), Vec::<String>::new(), "nothing is written before the approval");
    session.send("y").expect("typed");
    session.send_line("").expect("typed");
    let end = session.exp_string("Check it at any time").expect("the report");
    assert!(end.contains("connected") && !end.contains(&token), "{end}");
    ends_with(&mut session, 0);
    assert_eq!(env.sandbox().factory().bundles().len(), 1);
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
fn without_a_kit_its_values_are_asked_for_one_by_one() {
    let (env, url, token) = unanswered();
    let kit = env.sandbox().factory().kit_json();
    let mut session = at_a_terminal(&env, &["connect"]);
    answer(&mut session, "Kit from Factory", "?");
    session.exp_string("the variable FACTORY_KIT").expect("where else it can be given");
    answer(&mut session, "Kit from Factory", "");
    answer_one_by_one(&mut session, &kit);
    answer(&mut session, "Upload URL", "");
    answer(&mut session, "File for the sealed bundle", "no-such-folder/bundle.age");
    session.exp_string("no-such-folder").expect("why not");
    answer(&mut session, "File for the sealed bundle", "~/bundle.age");
    answer(&mut session, "GitLab URL", &url);
    answer(&mut session, "(hidden): ", &token);
    go_on(&mut session);
    let plan = session.exp_string("Apply this plan?").expect("the approval");
    assert!(plan.contains("write the sealed bundle to") && !plan.contains("upload"), "{plan}");
    session.send_line("y").expect("typed");
    let end = session.exp_string("Check it at any time").expect("the report");
    assert!(end.contains("connected"), "{end}");
    ends_with(&mut session, 0);
    assert!(env.path("bundle.age").is_file(), "in the home");
}

#[test]
fn with_some_of_the_kits_values_given_only_the_rest_is_asked_for() {
    let (env, url, token) = unanswered();
    let kit = env.sandbox().factory().kit_json();
    let value = |pointer: &str| kit.pointer(pointer).and_then(serde_json::Value::as_str).expect(pointer).to_owned();
    let (uri, hook) = (value("/application/redirect_uri"), value("/webhook/url"));
    let args =
        ["connect", "--redirect-uri", &uri, "--webhook-url", &hook, "--upload-url", &value("/bundle/upload_url")];
    let mut session = at_a_terminal(&env, &args);
    let first = answer(&mut session, "Webhook secret token (hidden): ", &value("/webhook/secret_token"));
    assert!(!first.contains("Kit from Factory"), "{first}");
    answer(&mut session, "Recipient of the bundle", &value("/bundle/recipients/0"));
    let between = answer(&mut session, "GitLab URL", &url);
    assert!(!between.contains("Upload URL"), "{between}");
    answer(&mut session, "(hidden): ", &token);
    go_on(&mut session);
    session.exp_string("Apply this plan?").expect("the approval");
    session.send_line("y").expect("typed");
    session.exp_string("Check it at any time").expect("the report");
    ends_with(&mut session, 0);
    assert_eq!(env.sandbox().factory().bundles().len(), 1);
}

#[test]
fn an_approval_that_was_typed_before_the_plan_was_shown_does_not_count() {
    let env = TestEnv::with(small());
    let mut session = at_a_terminal(&env, &["connect"]);
    session.send_line("y").expect("typed ahead");
    session.exp_string("Apply this plan?").expect("the approval");
    session.send_line("n").expect("typed");
    session.exp_eof().expect("the end");
    assert_eq!(env.writes(), Vec::<String>::new());
}

#[test]
fn the_choices_are_summed_up_before_the_plan_and_each_can_be_changed() {
    let (env, url, token) = unanswered();
    let mut session = at_a_terminal(&env, &["connect", "--kit", "kit.json"]);
    answer(&mut session, "GitLab URL", &url);
    answer(&mut session, "(hidden): ", &token);
    let summary = answer(&mut session, "the number of a choice to change: ", "6");
    for words in [
        "Your choices",
        &url,
        "19.2.0-ee, Enterprise Edition, license premium",
        "of root, an administrator; scopes api",
        "kit.json, of ",
        "on groups, as the license allows",
        "every group and project",
        "root's own",
        "uploaded to http",
    ] {
        assert!(summary.contains(words), "{words}: {summary}");
    }
    assert!(!summary.contains("Keep the token"), "there is no keyring: {summary}");
    answer(&mut session, "Groups, separated by spaces, or all:", "group-1");
    answer(&mut session, "Projects, separated by spaces, or all:", "");
    answer(&mut session, "Patterns of paths to exclude", "group-1/[");
    session.exp_string("a pattern is matched against the full path").expect("why not");
    answer(&mut session, "Patterns of paths to exclude", "group-1/none-of-these");
    answer(&mut session, "Include the projects of personal namespaces? [y/N] ", "n");
    let summary = answer(&mut session, "the number of a choice to change: ", "7");
    assert!(summary.contains("groups group-1; without group-1/none-of-these"), "{summary}");
    answer(&mut session, "Number [2]: ", "1");
    let summary = answer(&mut session, "the number of a choice to change: ", "");
    assert!(summary.contains("a new token that is created for Factory"), "{summary}");
    // After the plan was shown, too.
    let plan = answer(&mut session, "[y/N, c to change a choice] ", "c");
    assert!(plan.contains("with the token created for Factory"), "{plan}");
    answer(&mut session, "The number of the choice to change", "7");
    answer(&mut session, "Number [1]: ", "3");
    go_on(&mut session);
    let plan = answer(&mut session, "[y/N, c to change a choice] ", "y");
    assert!(plan.contains("seal the bundle without a token"), "{plan}");
    assert_eq!(env.sandbox().factory().bundles().len(), 0);
    ends_with(&mut session, 0);
    assert_eq!(env.sandbox().factory().bundles().len(), 1);
}

#[test]
fn a_changed_gitlab_url_asks_for_the_token_again() {
    let (env, url, token) = unanswered();
    let mut session = at_a_terminal(&env, &["connect", "--kit", "kit.json", "--gitlab-url", &url]);
    answer(&mut session, "(hidden): ", &token);
    answer(&mut session, "the number of a choice to change: ", "1");
    answer(&mut session, "GitLab URL [", &url.replace("127.0.0.1", "localhost"));
    answer(&mut session, "(hidden): ", &token);
    let summary = session.exp_string("the number of a choice to change: ").expect("the summary");
    assert!(summary.contains("http://localhost:"), "{summary}");
    session.send_control('c').expect("typed");
    ends_with(&mut session, 130);
}

#[test]
fn a_plan_that_is_declined_writes_nothing() {
    let env = TestEnv::with(small());
    let mut session = at_a_terminal(&env, &["connect"]);
    session.exp_string("Apply this plan?").expect("the approval");
    session.send("n").expect("typed");
    session.send_line("").expect("typed");
    session.exp_string("the plan was not approved; nothing was changed").expect("a word");
    ends_with(&mut session, 1);
    assert_eq!(env.writes(), Vec::<String>::new());
}

#[test]
fn ctrl_c_at_any_prompt_of_the_wizard_leaves_the_terminal_sane() {
    let questions = ["Kit from Factory", "GitLab URL", "(hidden): ", "the number of a choice", "Apply this plan?"];
    for (steps, last) in questions.into_iter().enumerate() {
        let (env, url, token) = unanswered();
        // A shell keeps the terminal open, so that its state can be read afterwards.
        let mut command = Command::new("sh");
        let program = TestEnv::program().display();
        let script = format!(
            "stty echo; '{program}' connect; echo \"ended $?\"; stty -a | tr '; ' '\\n\\n' | grep -x -e echo -e -echo"
        );
        command.args(["-c", &script]).env_clear().envs(env.variables()).env("TERM", "xterm");
        command.env("PATH", "/usr/bin:/bin").current_dir(env.path(""));
        let mut session = spawn_command(command, Some(120_000)).expect("a terminal");
        for (words, line) in questions.into_iter().zip(["kit.json", &url, &token, ""]).take(steps) {
            answer(&mut session, words, line);
        }
        session.exp_string(last).expect(last);
        session.send_control('c').expect("typed");
        let shown = session.exp_string("ended 130").expect("130");
        assert!(shown.contains("\u{1b}[?25h") || last == "(hidden): ", "{last}: the cursor is hidden: {shown:?}");
        assert!(shown.contains("interrupted"), "{last}: {shown}");
        let rest = session.exp_eof().expect("the end");
        assert_eq!(rest.trim(), "echo", "{last}: typed text stays unseen");
        assert_eq!(env.writes(), Vec::<String>::new());
    }
}

#[test]
fn after_ctrl_c_the_next_run_goes_on_from_the_answers_that_were_kept() {
    let (env, url, token) = unanswered();
    let mut session = at_a_terminal(&env, &["connect"]);
    answer(&mut session, "Kit from Factory", "kit.json");
    answer(&mut session, "GitLab URL", &url);
    answer(&mut session, "(hidden): ", &token);
    answer(&mut session, "the number of a choice to change: ", "7");
    answer(&mut session, "Number [2]: ", "3");
    session.exp_string("the number of a choice to change: ").expect("the summary");
    session.send_control('c').expect("typed");
    let said = session.exp_string("Secrets are asked for again").expect("what was kept");
    assert!(said.contains("interrupted") && said.contains("GitLab's URL, the kit from Factory"), "{said}");
    ends_with(&mut session, 130);
    let kept = std::fs::read_to_string(env.path("state").join("unfinished.toml")).expect("the answers");
    assert!(!kept.contains(&token), "{kept}");

    let mut session = at_a_terminal(&env, &["connect"]);
    let said = answer(&mut session, "Personal access token of an admin (hidden): ", &token);
    assert!(said.contains("going on with the answers of the run before") && !said.contains("GitLab URL:"), "{said}");
    let summary = go_on(&mut session);
    assert!(summary.contains(&url) && summary.contains("no token"), "{summary}");
    session.exp_string("Apply this plan?").expect("the approval");
    session.send_line("y").expect("typed");
    ends_with(&mut session, 0);
    assert!(!env.path("state").join("unfinished.toml").exists(), "the run reached its end");
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

#[test]
fn a_wrong_application_id_from_a_flag_can_be_given_again() {
    let env = TestEnv::with(small());
    let made = env.make_application(&serde_json::json!({}));
    let args = ["connect", "--application", "existing", "--application-id", "0123456789abcdef"];
    let mut session = at_a_terminal(&env, &args);
    answer(&mut session, "Application secret (hidden): ", made["secret"].as_str().expect("a secret"));
    session.exp_string("does not accept this application ID and secret together").expect("why not");
    answer(&mut session, "Application ID [0123456789abcdef]", made["application_id"].as_str().expect("an ID"));
    answer(&mut session, "Application secret (hidden): ", made["secret"].as_str().expect("a secret"));
    go_on(&mut session);
    session.exp_string("Apply this plan?").expect("the approval");
    session.send_line("y").expect("typed");
    ends_with(&mut session, 0);
}

#[test]
fn factorys_key_is_asked_for_before_the_plan_is_approved_where_a_step_needs_it() {
    let (mut env, url, token) = unanswered();
    let key = env.variables()["FACTORY_API_KEY"].clone();
    env.unset("FACTORY_API_KEY");
    let args = ["connect", "--kit", "kit.json"];
    let mut session = at_a_terminal(&env, &args);
    answer(&mut session, "GitLab URL", &url);
    answer(&mut session, "Personal access token of an admin (hidden): ", &token);
    go_on(&mut session);
    answer(&mut session, "Factory API key (hidden): ", &key);
    let plan = session.exp_string("Apply this plan?").expect("the approval");
    assert!(plan.contains("upload the sealed bundle") && !plan.contains(&key), "{plan}");
    session.send_line("y").expect("typed");
    ends_with(&mut session, 0);
    assert_eq!(env.sandbox().factory().bundles().len(), 1);

    env.set("GITLAB_TOKEN", &token);
    env.has_nothing_to_do(&["--kit", "kit.json", "--gitlab-url", &url]);
}

#[test]
fn an_application_with_an_unknown_secret_is_decided_in_the_wizard() {
    for (choice, code) in [(0, 1), (1, 0), (2, 0)] {
        let env = TestEnv::with(small());
        let made = env.make_application(&serde_json::json!({}));
        let mut session = at_a_terminal(&env, &["connect"]);
        session.exp_string("already exists, and its secret is not known on this machine").expect("the question");
        session.exp_string("Number [1]:").expect("which");
        session.send_line(&(choice + 1).to_string()).expect("typed");
        if choice == 1 {
            answer(&mut session, "Application secret (hidden): ", made["secret"].as_str().expect("a secret"));
        }
        if code == 0 {
            session.exp_string("Apply this plan?").expect("the approval");
            session.send("y").expect("typed");
            session.send_line("").expect("typed");
        }
        ends_with(&mut session, code);
        let kept = env.sandbox().gitlab().applications()[0].has_secret(made["secret"].as_str().expect("a secret"));
        assert_eq!(kept, choice != 2, "choice {choice}");
        assert_eq!(env.sandbox().factory().bundles().len(), usize::from(code == 0), "choice {choice}");
    }
}
