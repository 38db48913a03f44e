//! What is selected, recorded, changed and pruned.

use super::*;

#[test]
fn a_webhook_outside_the_selection_is_named_and_stays_until_it_is_pruned() {
    let env = TestEnv::with(three());
    env.connects(&[]);
    let run = env.connected(&["--group", "group-1/subgroup-1"]);
    assert!(run.stdout.starts_with("nothing to do: "), "{run}");
    assert_eq!(owner_paths(&env), ["group group-1", "group group-2"], "what is sent from above is not sent again");
    // The choice is recorded although nothing was changed, so that the printed command works without it.
    let verified = env.run(&["verify", "--only", "webhook.*"]);
    assert_eq!(verified.code, 1, "{verified}");
    assert!(verified.stdout.contains("webhook.scope") && verified.stdout.contains("connect --prune"), "{verified}");
    env.connects(&["--prune"]);
    assert_eq!(owner_paths(&env), ["group group-1/subgroup-1"]);
    let verified = env.run(&["verify", "--only", "webhook.*"]);
    assert_eq!(verified.code, 0, "{verified}");
}

#[test]
fn the_fix_of_a_webhook_outside_a_selection_that_no_record_has_repeats_the_selection() {
    let mut env = TestEnv::with(three());
    env.connects(&[]);
    env.on_another_machine();
    let verified = env.run(&["verify", "--only", "webhook.scope", "--group", "group-1/subgroup-1", "-o", "json"]);
    assert_eq!(verified.code, 1, "{verified}");
    let command = verified.json()["checks"][0]["fix"]["command"].as_str().expect("a command").to_owned();
    assert_eq!(command, "factory-gitlab connect --prune --group group-1/subgroup-1");
    let printed: Vec<&str> = command.split_whitespace().skip(2).collect();
    env.connects(&printed);
    assert_eq!(owner_paths(&env), ["group group-1/subgroup-1"]);
}

/// The notes and warnings of a dry run that speak of the selection.
fn said_of_selection(env: &TestEnv, args: &[&str]) -> Vec<String> {
    let run = env.run(&[&["connect", "--dry-run", "-o", "json"], args].concat());
    let texts = |key: &str| run.json()[key].as_array().expect("a list").clone();
    let said = texts("notes").into_iter().chain(texts("warnings"));
    said.map(|text| text.as_str().expect("text").to_owned())
        .filter(|text| text.contains("earlier run") || text.starts_with("--exclude"))
        .collect()
}

#[test]
fn a_selection_that_is_given_anew_replaces_the_recorded_one_and_an_asterisk_selects_everything_again() {
    let env = TestEnv::with(SandboxOptions { plan: SandboxPlan::None, ..three() });
    env.connects(&["--group", "group-1", "--exclude", "group-1/subgroup-1"]);
    assert_eq!(owners(&env), ["group-1/project-1"]);
    let recorded = "selected as in an earlier run: groups group-1; without group-1/subgroup-1; --group '*' selects everything \
                    again";
    assert_eq!(said_of_selection(&env, &[]), [recorded]);
    let status = env.run(&["status"]);
    assert!(status.stdout.contains("selection    groups group-1; without group-1/subgroup-1"), "{status}");
    // Other exclusions keep the groups.
    assert_eq!(
        said_of_selection(&env, &["--exclude", "group-1/none"]),
        [
            "selected as in an earlier run: groups group-1; --group '*' selects everything again",
            "--exclude matches no group or project that is selected: group-1/none"
        ]
    );
    // What the new selection leaves out is named, stays, and goes with --prune.
    let run = env.connected(&["--project", "group-2/project-2"]);
    assert!(run.stderr.contains("outside the selection") && run.stderr.contains("group-1/project-1"), "{run}");
    assert!(!run.stderr.contains("earlier run"), "{run}");
    assert_eq!(owners(&env), ["group-1/project-1", "group-2/project-2"]);
    let run = env.run(&["verify", "--only", "webhook.scope"]);
    assert!(run.stdout.contains("group-1/project-1"), "verify takes the same selection: {run}");
    env.connects(&["--prune"]);
    assert_eq!(owners(&env), ["group-2/project-2"]);
    env.connects(&["--group", "*"]);
    assert_eq!(owners(&env), ["group-1/project-1", "group-1/subgroup-1/project-3", "group-2/project-2"]);
    assert_eq!(said_of_selection(&env, &[]), Vec::<String>::new());
    env.has_nothing_to_do(&[]);
}

#[test]
fn an_empty_or_contradictory_selection_is_a_usage_error_that_says_what_selects_everything() {
    let env = TestEnv::with(three());
    env.is_refused(&["--group", "", "--dry-run"], 2, &["--group cannot be used: it is empty", "'*' for all"]);
    env.is_refused(&["--project", "", "--dry-run"], 2, &["--project cannot be used: it is empty"]);
    env.is_refused(&["--exclude", "", "--dry-run"], 2, &["--exclude cannot be used: it is empty"]);
    let both = ["--group", "*", "--project", "group-1/project-1", "--dry-run"];
    env.is_refused(&both, 2, &["--group '*' selects everything"]);
}

#[test]
fn an_exclusion_that_matches_nothing_is_named() {
    for plan in [SandboxPlan::None, SandboxPlan::Premium] {
        let env = TestEnv::with(SandboxOptions { plan, ..three() });
        let args = ["--exclude", "group-1/subgroup-1/**", "--exclude", "grop-2", "--exclude", "group-2/project-2/**"];
        let wanted = "--exclude matches no group or project that is selected: grop-2, group-2/project-2/**";
        assert_eq!(said_of_selection(&env, &args), [wanted], "{plan:?}");
        let outside = ["--group", "group-1", "--exclude", "group-2"];
        let wanted = "--exclude matches no group or project that is selected: group-2";
        assert_eq!(said_of_selection(&env, &outside), [wanted], "{plan:?}");
    }
}
