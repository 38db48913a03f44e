//! Factory's side.

use factory_gitlab::sandbox::factory::ConnectionStatus;

use super::Expect::Warned;
use super::{Drift, check_all, licensed};
use crate::test_env::TestEnv;

fn pending(env: &TestEnv) {
    env.sandbox().factory().set_quirks(|quirks| quirks.status = Some((ConnectionStatus::Pending, "queued".to_owned())));
}

#[test]
fn a_factory_that_has_not_finished_is_a_warning() {
    check_all(&[Drift::new("pending", licensed(19, 2), pending, Warned { code: "factory.status" })]);
}
