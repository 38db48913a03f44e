//! Two organizations on one instance: ending one connection changes nothing of the other.

use super::state::{is_as_before, state_of};
use crate::test_env::{TestEnv, of_version};

#[test]
fn ending_one_organizations_connection_leaves_the_others_as_it_is() {
    for version in [(19, 2), (16, 11)] {
        let env = TestEnv::with(of_version(version.0, version.1));
        let kit = env.sandbox().factory().add_organization("org_other");
        let other = env.file("other.json", kit.to_string());
        let other = ["--kit", &other, "--handover-token", "minted"];
        let before = state_of(&env);
        env.connects(&[]);
        let first = state_of(&env);
        env.connects(&other);
        let both = state_of(&env);
        env.disconnects(&other[..2]);
        is_as_before(&env, &first, "the second ends");
        env.has_nothing_to_do(&[]);
        env.connects(&other);
        assert_eq!(state_of(&env).len(), both.len(), "{version:?}");
        env.disconnects(&[]);
        env.has_nothing_to_do(&other);
        env.disconnects(&other[..2]);
        is_as_before(&env, &before, "both have ended");
    }
}
