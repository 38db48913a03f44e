//! The choices that a plan is made from, changed at the terminal.

use factory_gitlab::sandbox::options::{SandboxOptions, SandboxPlan};
use rexpect::session::PtySession;
use serde_json::json;

use super::{answer, at_a_terminal, ends_with, go_on, unanswered};
use crate::test_env::{TestEnv, small};

const SUMMARY: &str = "Enter to go on, or the number of a choice to change: ";

/// A run that has shown its summary and waits for an answer.
fn at_the_summary(env: &TestEnv, url: &str, token: &str) -> PtySession {
    let mut session = at_a_terminal(env, &["connect", "--kit", "kit.json"]);
    answer(&mut session, "GitLab URL", url);
    answer(&mut session, "(hidden): ", token);
    session
}

/// Leaves the run without a change.
fn interrupt(session: &mut PtySession) {
    session.send_control('c').expect("typed");
    ends_with(session, 130);
}

#[test]
fn the_choice_in_force_is_said_and_enter_keeps_it() {
    let (env, url, token) = unanswered();
    let mut session = at_the_summary(&env, &url, &token);
    let before = answer(&mut session, SUMMARY, "4");
    let menu = answer(&mut session, "Number [1]: ", "");
    assert!(menu.contains("find it, or create it by API (as it is now)"), "{menu}");
    answer(&mut session, SUMMARY, "5");
    answer(&mut session, "Number [1]: ", "3");
    answer(&mut session, SUMMARY, "5");
    let menu = answer(&mut session, "Number [3]: ", "1");
    assert!(menu.contains("on each project (as it is now)"), "{menu}");
    answer(&mut session, SUMMARY, "7");
    let menu = answer(&mut session, "Number [2]: ", "");
    assert!(menu.contains("an administrator's own (as it is now)"), "{menu}");
    answer(&mut session, SUMMARY, "8");
    let menu = answer(&mut session, "Number [1]: ", "");
    assert!(menu.contains("upload it to Factory (as it is now)"), "{menu}");
    answer(&mut session, "Upload URL [http", "");
    answer(&mut session, SUMMARY, "3");
    answer(&mut session, "Kit from Factory (path or URL, or none) [kit.json]: ", "");
    answer(&mut session, SUMMARY, "2");
    answer(&mut session, "or Enter to keep the present one (hidden): ", "");
    let after = session.exp_string(SUMMARY).expect("the summary");
    let choices = |text: &str| text[text.find("Your choices").expect("the summary")..].to_owned();
    assert_eq!(choices(&after), choices(&before), "every choice was kept");
    interrupt(&mut session);
}

#[test]
fn where_another_value_is_refused_enter_takes_the_one_in_force() {
    let (env, url, token) = unanswered();
    let mut session = at_the_summary(&env, &url, &token);
    answer(&mut session, SUMMARY, "1");
    answer(&mut session, &format!("GitLab URL [{url}]: "), "http://127.0.0.1:1");
    session.exp_string("could not be reached").expect("why not");
    answer(&mut session, &format!("GitLab URL [{url}]: "), "");
    answer(&mut session, "(hidden): ", &token);
    let summary = session.exp_string(SUMMARY).expect("the summary");
    assert!(summary.contains(&url), "{summary}");
    interrupt(&mut session);
}

#[test]
fn an_empty_application_id_is_refused() {
    let env = TestEnv::with(small());
    let mut session = at_a_terminal(&env, &["connect", "--application", "existing"]);
    answer(&mut session, "Application ID: ", "");
    session.exp_string("it is empty; give the long ID").expect("why not");
    session.exp_string("Application ID: ").expect("the question again");
    interrupt(&mut session);
}

#[test]
fn a_kit_can_be_given_up_for_values_that_are_asked_for_one_by_one() {
    let (env, url, token) = unanswered();
    let kit = env.sandbox().factory().kit_json();
    let mut session = at_the_summary(&env, &url, &token);
    answer(&mut session, SUMMARY, "3");
    answer(&mut session, "Kit from Factory (path or URL, or none) [kit.json]: ", "none");
    super::answer_one_by_one(&mut session, &kit);
    answer(&mut session, "Upload URL (Enter to write", kit["bundle"]["upload_url"].as_str().expect("a URL"));
    // Each value can be kept, or changed.
    let summary = answer(&mut session, SUMMARY, "3");
    assert!(summary.contains("without a kit, its values one by one"), "{summary}");
    answer(&mut session, "Kit from Factory (path or URL, Enter for none): ", "");
    answer(&mut session, "Webhook secret token, or Enter to keep the present one (hidden): ", "");
    answer(&mut session, "Redirect URI [http", "https://factory.example/other");
    answer(&mut session, "Webhook URL [http", "");
    answer(&mut session, ") [age1", "");
    answer(&mut session, "Upload URL [http", "");
    go_on(&mut session);
    let plan = session.exp_string("Apply this plan?").expect("the plan");
    assert!(plan.contains("upload the sealed bundle"), "{plan}");
    interrupt(&mut session);
}

#[test]
fn the_upload_address_is_changed_in_the_summary_and_named_in_the_plan() {
    let (env, url, token) = unanswered();
    let mut session = at_the_summary(&env, &url, &token);
    answer(&mut session, SUMMARY, "8");
    answer(&mut session, "Number [1]: ", "2");
    answer(&mut session, "File for the sealed bundle: ", "bundle.age");
    let summary = answer(&mut session, SUMMARY, "8");
    assert!(summary.contains("written to bundle.age"), "{summary}");
    answer(&mut session, "Number [2]: ", "1");
    answer(&mut session, "Upload URL [http", "http://factory.example/bundles");
    session.exp_string("it must be an https URL").expect("why not");
    answer(&mut session, "Upload URL [http", "https://factory.example/bundles");
    let summary = go_on(&mut session);
    assert!(summary.contains("uploaded to https://factory.example/bundles"), "{summary}");
    let plan = session.exp_string("Apply this plan?").expect("the plan");
    assert!(plan.contains("https://factory.example"), "{plan}");
    interrupt(&mut session);
}

#[test]
fn a_group_or_project_that_does_not_exist_is_asked_for_again_in_place() {
    let (env, url, token) = unanswered();
    let mut session = at_the_summary(&env, &url, &token);
    answer(&mut session, SUMMARY, "6");
    answer(&mut session, "Groups, separated by spaces, or all: ", "group-1 no-such");
    session.exp_string("GitLab has no group no-such, or does not show it to this token").expect("why not");
    session.exp_string("/admin/groups").expect("where to look");
    answer(&mut session, "Groups, separated by spaces, or all: ", "group-1");
    answer(&mut session, "Projects, separated by spaces, or all: ", "group-1/none");
    session.exp_string("GitLab has no project group-1/none").expect("why not");
    answer(&mut session, "Projects, separated by spaces, or all: ", "");
    answer(&mut session, "exclude, separated by spaces, or none: ", "");
    answer(&mut session, "[y/N] ", "y");
    answer(&mut session, SUMMARY, "6");
    answer(&mut session, "Groups, separated by spaces, or all [group-1]: ", "all");
    answer(&mut session, "Projects", "");
    answer(&mut session, "exclude", "");
    answer(&mut session, "[Y/n] ", "");
    let summary = session.exp_string(SUMMARY).expect("the summary");
    assert!(summary.contains("every group and project; personal namespaces too"), "{summary}");
    interrupt(&mut session);
}

#[test]
fn a_plan_that_cannot_be_made_leads_back_to_the_choices() {
    let env = TestEnv::with(SandboxOptions { plan: SandboxPlan::None, ..small() });
    let mut session = at_a_terminal(&env, &["connect", "--webhooks", "group"]);
    session.exp_string("group webhooks need a Premium or Ultimate license").expect("why not");
    answer(&mut session, "The number of a choice to change, or Enter to stop: ", "5");
    answer(&mut session, "Number [2]: ", "3");
    session.exp_string("Apply this plan?").expect("the plan");
    session.send_line("y").expect("typed");
    ends_with(&mut session, 0);

    let mut session = at_a_terminal(&env, &["connect", "--group", "no-such"]);
    session.exp_string("nothing was planned").expect("why not");
    answer(&mut session, "The number of a choice to change, or Enter to stop: ", "");
    session.exp_string("correct --group or --project").expect("the failure");
    ends_with(&mut session, 1);
}

#[test]
fn an_application_that_is_created_by_hand_after_the_form_was_shown_is_found() {
    let env = TestEnv::with(small());
    let mut session = at_a_terminal(&env, &["connect", "--application", "manual"]);
    answer(&mut session, "Open that page in your browser? [y/N] ", "n");
    session.exp_string("Application ID: ").expect("the question");
    let made = env.make_application(&json!({}));
    session.send_line(made["id"].to_string().as_str()).expect("typed");
    session.exp_string("is the number of Factory Integration").expect("which is meant");
    answer(&mut session, "Application ID: ", made["application_id"].as_str().expect("an ID"));
    answer(&mut session, "Application secret (hidden): ", made["secret"].as_str().expect("a secret"));
    go_on(&mut session);
    session.exp_string("Apply this plan?").expect("the plan");
    session.send_line("y").expect("typed");
    ends_with(&mut session, 0);
    assert_eq!(env.bundle()["application"]["secret"], made["secret"]);
    // It is there now: another one is not asked for.
    let mut session = at_a_terminal(&env, &["connect", "--application", "manual"]);
    session.exp_string("nothing to do").expect("no question");
    ends_with(&mut session, 0);
}

#[test]
fn the_address_of_a_page_is_answered_with_what_to_type_and_no_command() {
    let (env, url, token) = unanswered();
    let mut session = at_a_terminal(&env, &["connect", "--kit", "kit.json"]);
    answer(&mut session, "GitLab URL", &format!("{url}/users/sign_in"));
    let why = answer(&mut session, "GitLab URL", &url);
    assert!(why.contains(&format!("give the address of GitLab itself: {url}")), "{why}");
    assert!(!why.contains("factory-gitlab connect"), "{why}");
    answer(&mut session, "(hidden): ", "");
    let why = answer(&mut session, "(hidden): ", &token);
    assert!(why.contains("is empty") && why.contains("exactly as you received it"), "{why}");
    let summary = session.exp_string(SUMMARY).expect("the summary");
    assert!(summary.contains("not used: FACTORY_DISABLE_KEYRING is set"), "{summary}");
    interrupt(&mut session);
}

#[test]
fn a_typed_key_that_factory_does_not_accept_is_asked_for_again_before_the_first_step() {
    let (mut env, url, token) = unanswered();
    let key = env.variables()["FACTORY_API_KEY"].clone();
    env.unset("FACTORY_API_KEY");
    let mut session = at_the_summary(&env, &url, &token);
    go_on(&mut session);
    answer(&mut session, "Factory API key (hidden): ", "fk-wrong-canary-key");
    session.exp_string("Apply this plan?").expect("the plan");
    session.send_line("y").expect("typed");
    session.exp_string("Factory API key (hidden): ").expect("the question again");
    assert_eq!(env.writes(), Vec::<String>::new(), "the key is tried before the first step");
    session.send_line(&key).expect("typed");
    ends_with(&mut session, 0);
    assert_eq!(env.sandbox().factory().bundles().len(), 1);
}

#[test]
fn a_dry_run_leaves_the_answers_of_an_unfinished_run_as_they_are() {
    let (mut env, url, token) = unanswered();
    let mut session = at_a_terminal(&env, &["connect"]);
    answer(&mut session, "Kit from Factory", "kit.json");
    answer(&mut session, "GitLab URL", &url);
    answer(&mut session, "(hidden): ", &token);
    answer(&mut session, SUMMARY, "8");
    answer(&mut session, "Number [1]: ", "1");
    answer(&mut session, "Upload URL [http", "");
    session.exp_string(SUMMARY).expect("the summary");
    session.send_control('c').expect("typed");
    let said = session.exp_string("Secrets are asked for again").expect("what was kept");
    assert!(!said.contains("the file for the sealed bundle"), "no file was named: {said}");
    ends_with(&mut session, 130);
    let kept = || std::fs::read_to_string(env.path("state").join("unfinished.toml")).expect("the answers");
    let before = kept();
    assert!(before.contains(&env.path("kit.json").display().to_string()), "{before}");
    env.set("GITLAB_TOKEN", &token);
    let mut session = at_a_terminal(&env, &["connect", "--dry-run"]);
    session.exp_string("going on with the answers of the run before").expect("they are used");
    ends_with(&mut session, 0);
    let after = std::fs::read_to_string(env.path("state").join("unfinished.toml")).expect("the answers");
    assert_eq!(after, before);
}
