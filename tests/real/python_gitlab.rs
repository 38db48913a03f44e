//! The real python-gitlab client against the sandbox. Needs a `python3` in the path that can import `gitlab`.

use std::process::Command;

use factory_gitlab::sandbox::Sandbox;
use factory_gitlab::sandbox::options::{Options, Version};

#[test]
fn python_gitlab_works_unmodified_against_the_sandbox() {
    let newest = Options { projects: 7, ..Options::default() };
    let older = Options { version: Version::new(17, 9, 0), ..newest.clone() };
    let strict = Options { relative_root: "/gitlab".into(), admin_mode: true, ..newest.clone() };
    for options in [newest, older, strict] {
        let sandbox = Sandbox::start(options).expect("the sandbox starts");
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/real/python_gitlab.py");
        let run = Command::new("python3").arg(script).envs(sandbox.variables()).output().expect("python3 is there");
        let (said, wrong) = (String::from_utf8_lossy(&run.stdout), String::from_utf8_lossy(&run.stderr));
        assert!(run.status.success(), "{:?}\n{said}{wrong}", sandbox.options().version);
    }
}
