//! The real python-gitlab client against the sandbox. `PYTHON` names a python that can import `gitlab`; else it is the
//! `python3` of the search path.

use std::process::Command;

use factory_gitlab::sandbox::Sandbox;
use factory_gitlab::sandbox::options::{SandboxOptions, SandboxVersion};

use crate::programs::{output, program, variable};

fn python() -> Command {
    let make = || variable("PYTHON").map_or_else(|| program("python3"), Command::new);
    let found = output(make().args(["-c", "import gitlab"]));
    let wrong = String::from_utf8_lossy(&found.stderr);
    assert!(found.status.success(), "python-gitlab is not installed: pip install python-gitlab==8.6.0\n{wrong}");
    make()
}

#[test]
fn python_gitlab_works_unmodified_against_the_sandbox() {
    let newest = SandboxOptions { projects: 7, ..SandboxOptions::default() };
    let older = SandboxOptions { version: SandboxVersion::new(17, 9, 0), ..newest.clone() };
    let strict = SandboxOptions { relative_root: "/gitlab".into(), admin_mode: true, ..newest.clone() };
    for options in [newest, older, strict] {
        let sandbox = Sandbox::start(options).expect("the sandbox starts");
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/real/python_gitlab.py");
        let run = output(python().arg(script).envs(sandbox.variables()));
        let (said, wrong) = (String::from_utf8_lossy(&run.stdout), String::from_utf8_lossy(&run.stderr));
        assert!(run.status.success(), "{:?}\n{said}{wrong}", sandbox.options().version);
    }
}
