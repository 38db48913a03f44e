//! Looks with nothing new are cheap, and still see everything within a day.

use factory_gitlab::sandbox::options::{SandboxOptions, SandboxPlan, SandboxVersion};

use super::{NOTHING, connected, look, told, unlicensed};
use crate::test_env::TestEnv;

/// The most requests of a look with nothing new.
const MOST: usize = 15;

fn requests(env: &TestEnv) -> usize {
    let run = look(env, &[]);
    assert_eq!((told(&run), run.code), (vec![], 0), "{run}");
    env.sandbox().requests().len()
}

#[test]
fn a_look_at_ten_thousand_projects_with_nothing_new_sends_at_most_fifteen_requests() {
    let options = SandboxOptions { projects: 10_000, groups: 40, ..SandboxOptions::default() };
    let mut env = connected(options);
    env.set("FACTORY_GITLAB_APPLICATION_ID", "");
    let first = look(&env, &[]);
    assert_eq!((told(&first), first.code), (vec!["baseline checks".to_owned()], 0), "{first}");
    assert!(env.sandbox().requests().len() > 100, "the first look reads everything");
    for _ in 0..6 {
        let sent = requests(&env);
        assert!(
            sent <= MOST,
            "{sent}: {:#?}",
            env.sandbox().requests().iter().map(|one| &one.target).collect::<Vec<_>>()
        );
    }
}

#[test]
fn where_project_hooks_are_listed_together_ten_thousand_of_them_cost_no_more() {
    let version = SandboxVersion::new(19, 6, 0);
    let env = connected(SandboxOptions { plan: SandboxPlan::None, version, ..unlicensed(1_000) });
    look(&env, &[]).json_lines(1);
    for _ in 0..3 {
        let sent = requests(&env);
        assert!(sent <= MOST, "{sent}");
    }
}

#[test]
fn looks_never_write() {
    let env = connected(unlicensed(3));
    for _ in 0..3 {
        look(&env, &[]).json_lines(1);
        assert_eq!(env.writes(), Vec::<String>::new());
    }
}

#[test]
fn of_many_webhooks_each_is_read_in_its_turn_and_a_faulty_one_by_each_look() {
    let env = connected(unlicensed(12));
    look(&env, &[]).json_lines(1);
    let read = |env: &TestEnv| -> Vec<String> {
        let requests = env.sandbox().requests();
        let paths = requests.iter().map(|one| one.path().to_owned());
        paths.filter(|path| path.ends_with("/hooks")).collect()
    };
    let mut all = std::collections::BTreeSet::new();
    for _ in 0..7 {
        assert_eq!(told(&look(&env, &[])), NOTHING);
        let now = read(&env);
        assert!(now.len() <= 3, "{now:?}");
        all.extend(now);
    }
    assert!(all.len() >= 12, "each was read: {all:?}");
    // Whichever look finds it, the next one reads it again and confirms it.
    env.sandbox().gitlab().disable_hook(env.all_hooks()[7].id);
    let mut looks = 0;
    loop {
        looks += 1;
        assert!(looks <= 9, "it was not found in its turn");
        let run = look(&env, &[]);
        if told(&run) == ["problem webhook.enabled"] {
            break;
        }
    }
    let hook = env.all_hooks()[7].id;
    env.sandbox().gitlab().enable_hook(hook);
    assert_eq!(told(&look(&env, &[])), NOTHING);
    assert_eq!(told(&look(&env, &[])), ["recovered webhook.enabled"], "it is read by each look");
}

#[test]
fn more_than_a_page_of_groups_and_projects_is_compared_in_turns() {
    let options = SandboxOptions { projects: 250, groups: 120, ..SandboxOptions::default() };
    let env = connected(options);
    let gitlab = env.sandbox().gitlab().clone();
    look(&env, &[]).json_lines(1);
    gitlab.archive(240);
    gitlab.remove_project(3);
    let renamed = gitlab.lock().groups.values().nth(110).expect("a group").id;
    gitlab.rename_group(renamed, "zz-renamed");
    let _id = gitlab.add_group("fresh", None);
    let mut all = Vec::new();
    for _ in 0..16 {
        all.extend(told(&look(&env, &[])));
    }
    for wanted in
        ["archived project ", "gone project ", "moved group zz-renamed", "new group fresh", "problem webhook.coverage"]
    {
        assert_eq!(all.iter().filter(|one| one.starts_with(wanted)).count(), 1, "{wanted}: {all:#?}");
    }
    // Which of a renamed group and its projects is seen first depends on the turns.
    all.retain(|one| !one.starts_with("moved project zz-renamed/"));
    assert_eq!(all.len(), 5, "{all:#?}");
}
