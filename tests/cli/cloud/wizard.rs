//! A person at a terminal: searches, chooses, and approves twice.

use crate::interactive::{at_a_terminal, ends_with};
use crate::test_env::TestEnv;

#[test]
fn a_person_searches_the_groups_of_the_account_and_approves_what_was_chosen() {
    let env = TestEnv::bare();
    let mut session = at_a_terminal(&env, &["sandbox", "--cloud", "--groups", "3", "connect", "--cloud"]);
    for (words, line) in [
        ("Begin with the authorization?", "y"),
        ("Number [1]: ", ""),
        ("(a part of the name, or a whole path): ", "nothing-like-it"),
        ("(a part of the name, or a whole path): ", "group"),
        ("Numbers, separated by spaces: ", "1 3"),
        ("Search for more (Enter alone: 2 places is all): ", ""),
        ("Also what is added to these groups later?", "y"),
    ] {
        session.exp_string(words).expect(words);
        session.send_line(line).expect("typed");
    }
    let plan = session.exp_string("Apply this plan?").expect("the plan");
    for said in
        ["group group-1, with everything below it, and what is added later", "group group-3", "@alice", "also reaches"]
    {
        assert!(plan.contains(said), "{said:?} is not said: {plan}");
    }
    session.send_line("y").expect("typed");
    session.exp_string("connected").expect("the end");
    ends_with(&mut session, 0);
}

#[test]
fn a_plan_that_is_not_approved_gives_the_authorization_up() {
    let env = TestEnv::bare();
    let mut session = at_a_terminal(&env, &["sandbox", "--cloud", "connect", "--cloud", "--all"]);
    for (words, line) in [("Begin with the authorization?", "y"), ("Apply this plan?", "n")] {
        session.exp_string(words).expect(words);
        session.send_line(line).expect("typed");
    }
    session.exp_string("the plan was not approved; Factory was told nothing").expect("the end");
    ends_with(&mut session, 1);
}
