//! What the program prints, as transcripts; read these files to see its messages.

mod applications;
mod bundle;
mod kit;
mod status;
mod verify;
mod webhooks;

use factory_gitlab::sandbox::options::{SandboxEdition, SandboxOptions, SandboxPlan};
use serde_json::{Value, json};

use crate::test_env::{TestEnv, small};
use crate::verify::connected;

/// An instance without a license for group hooks, with three projects in two groups.
fn unlicensed() -> TestEnv {
    TestEnv::with(SandboxOptions { projects: 3, groups: 2, plan: SandboxPlan::None, ..SandboxOptions::default() })
}

/// Changes the group hook of a connected instance by hand.
fn change_hook(env: &TestEnv, change: &Value) {
    let (group, hook) = env.group_hook();
    let (status, answer) = env.api("PUT", &format!("/groups/{group}/hooks/{}", hook.id), change);
    assert_eq!(status, 200, "{answer}");
}
