//! The real gitbeaker client against the sandbox. `NODE_MODULES` names the folder that holds `@gitbeaker/rest`;
//! without it, or without node, the test is skipped, and says so.

use std::path::Path;

use factory_gitlab::sandbox::Sandbox;
use factory_gitlab::sandbox::options::{SandboxOptions, SandboxVersion};

use crate::programs::{find, output, program, say, variable};

#[test]
fn gitbeaker_works_unmodified_against_the_sandbox() {
    let modules = variable("NODE_MODULES").filter(|folder| Path::new(folder).join("@gitbeaker/rest").exists());
    let (Some(modules), Some(_)) = (modules, find("node")) else {
        say("SKIPPED: gitbeaker, which needs node, and NODE_MODULES with @gitbeaker/rest");
        return;
    };
    let newest = SandboxOptions { projects: 7, ..SandboxOptions::default() };
    let older = SandboxOptions { version: SandboxVersion::new(17, 9, 0), ..newest.clone() };
    let rooted = SandboxOptions { relative_root: "/gitlab".into(), admin_mode: true, ..newest.clone() };
    for options in [newest, older, rooted] {
        let sandbox = Sandbox::start(options).expect("the sandbox starts");
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/real/gitbeaker.mjs");
        let run = output(program("node").arg(script).env("NODE_MODULES", &modules).envs(sandbox.variables()));
        let (said, wrong) = (String::from_utf8_lossy(&run.stdout), String::from_utf8_lossy(&run.stderr));
        assert!(run.status.success(), "{:?}\n{said}{wrong}", sandbox.options().version);
    }
}
