//! The wizard of `connect`, from the first question to the approved plan.

use super::*;

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
