//! `rotate`: new first, proven and handed over; only then the old one ends.

mod application_secret;
mod faults;
mod killed;
mod machines;
mod token;
mod webhook_secret;

use factory_gitlab::sandbox::gitlab::state::StoredToken;

use crate::test_env::{TestEnv, Transcript};

impl TestEnv {
    /// Runs `rotate WHAT --yes` with more arguments.
    pub fn rotate(&self, what: &str, args: &[&str]) -> Transcript {
        self.sandbox().clear_requests();
        self.run(&[&["rotate", what, "--yes"], args].concat())
    }

    /// Rotates successfully.
    pub fn rotates(&self, what: &str, args: &[&str]) {
        drop(self.rotated(what, args));
    }

    /// Rotates successfully, and returns the transcript.
    pub fn rotated(&self, what: &str, args: &[&str]) -> Transcript {
        let run = self.rotate(what, args);
        assert_eq!(run.code, 0, "{run}");
        run
    }
}

/// The tokens made for Factory that are alive.
fn alive(env: &TestEnv) -> Vec<StoredToken> {
    let gitlab = env.sandbox().gitlab();
    let today = gitlab.clock().today();
    let tokens = gitlab.tokens().into_iter();
    tokens.filter(|token| token.name.starts_with("Factory ") && token.is_active(today)).collect()
}
