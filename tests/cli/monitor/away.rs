//! GitLab not answering is "away" and not "broken"; being refused or read wrongly is not "away".

use super::{connected, look, result, told};
use crate::test_env::small;

#[test]
fn a_gitlab_that_does_not_answer_is_away_in_whatever_way() {
    for fault in
        ["gitlab:**=status:502", "gitlab:**=status:503", "gitlab:**=deploying", "gitlab:**=reset", "gitlab:**=hang"]
    {
        let env = connected(small());
        look(&env, &[]).json_lines(1);
        env.sandbox().fault(fault).expect(fault);
        let first = look(&env, &["--timeout", "1"]);
        assert_eq!((told(&first), first.code), (vec![], 3), "{fault}: {first}");
        let second = look(&env, &["--timeout", "1"]);
        assert_eq!((told(&second), second.code), (vec!["away GitLab".to_owned()], 3), "{fault}: {second}");
        assert_eq!(result(&second)["verdict"], "away");
        env.sandbox().clear_faults();
        let third = look(&env, &[]);
        assert_eq!((told(&third), third.code), (vec![], 0), "{fault}: {third}");
        assert_eq!(told(&look(&env, &[])), ["back GitLab"], "{fault}");
    }
}

#[test]
fn a_gitlab_that_refuses_or_is_not_one_is_a_problem() {
    for (fault, code) in [("gitlab:**=status:401", 1), ("gitlab:**=html:200", 1), ("gitlab:**=status:500", 3)] {
        let env = connected(small());
        look(&env, &[]).json_lines(1);
        env.sandbox().fault(fault).expect(fault);
        look(&env, &[]).json_lines(1);
        let run = look(&env, &[]);
        assert_eq!(run.code, code, "{fault}: {run}");
        assert!(told(&run).iter().any(|one| one.starts_with("problem ")), "{fault}: {run}");
        assert!(!told(&run).contains(&"away GitLab".to_owned()), "{fault}: {run}");
    }
}

#[test]
fn what_depends_on_a_failed_check_is_not_told_beside_it() {
    let env = connected(small());
    look(&env, &[]).json_lines(1);
    env.sandbox().fault("GET /api/v4/personal_access_tokens/self=status:401").expect("a fault");
    look(&env, &[]).json_lines(1);
    let run = look(&env, &[]);
    let all = told(&run);
    assert!(all.contains(&"problem token.valid".to_owned()) && all.len() <= 2, "{run}");
}
