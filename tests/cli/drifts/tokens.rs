//! The token that Factory was given.

use factory_gitlab::sandbox::gitlab::state::StoredToken;
use jiff::ToSpan as _;

use super::Expect::Mended;
use super::{Drift, check_all, licensed, unlicensed};
use crate::test_env::TestEnv;

const MINTED: &[&str] = &["--handover-token", "minted"];

/// Changes the token that was created for Factory.
fn edit(env: &TestEnv, change: impl Fn(&mut StoredToken)) {
    let mut state = env.sandbox().gitlab().lock();
    state.tokens.values_mut().filter(|token| token.name.starts_with("Factory ")).for_each(change);
}

fn revoked(env: &TestEnv) {
    edit(env, |token| token.revoked = true);
}

fn expired(env: &TestEnv) {
    let yesterday = env.sandbox().gitlab().clock().today().saturating_sub(1.day());
    edit(env, |token| token.expires_at = Some(yesterday));
}

fn about_to_end(env: &TestEnv) {
    let soon = env.sandbox().gitlab().clock().today().saturating_add(3.days());
    edit(env, |token| token.expires_at = Some(soon));
}

#[test]
fn a_token_for_factory_that_ends_is_created_again_and_handed_over() {
    let mended = |writes| Mended { code: "token.handed_over", writes };
    let drifts = [
        Drift::new("revoked", licensed(19, 2), revoked, mended(2)),
        Drift::new("expired", unlicensed(18, 5), expired, mended(2)),
        Drift::new("about to end", unlicensed(16, 11), about_to_end, mended(3)),
    ];
    check_all(&drifts.map(|drift| drift.connected_with(MINTED)));
}
