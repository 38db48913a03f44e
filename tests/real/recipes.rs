//! Each recipe, run by the program that it is for.

mod ansible;
mod gitlab;
mod kubernetes;
mod monitor;

use std::path::PathBuf;
use std::process::Command;

use crate::cli::test_env::TestEnv;
use crate::programs::{find, say, variable};

/// What the recipes have in place of a kit's fingerprint.
const FINGERPRINT: &str = "0123-4567-89ab-cdef-0123-4567";

/// A folder with the files of a recipe, as the program writes them.
struct Written {
    env: TestEnv,
}

impl Written {
    fn new(recipe: &str) -> Self {
        let env = TestEnv::bare();
        let run = env.run(&["recipe", recipe, "--dir", "."]);
        assert_eq!(run.code, 0, "{run}");
        Self { env }
    }

    fn text(&self, path: &str) -> String {
        std::fs::read_to_string(self.env.path(path)).expect("a file of the recipe")
    }

    fn make_folder(&self, name: &str) {
        make_folder(&self.env.path(name));
    }

    /// Replaces a part of a file by what a user would put there.
    fn edit(&self, path: &str, from: &str, to: &str) {
        let text = self.text(path);
        assert!(text.contains(from), "{from:?} is not in {path}:\n{text}");
        self.env.file(path, text.replace(from, to));
    }

    /// A command that is run in the folder, with this program before all others in the search path.
    fn command(&self, program: &std::path::Path) -> Command {
        let mut command = Command::new(program);
        let known = variable("PATH").unwrap_or_default();
        let own = [TestEnv::program(), program].into_iter().filter_map(|program| program.parent().map(PathBuf::from));
        let path = std::env::join_paths(own.chain(std::env::split_paths(&known))).expect("a search path");
        command.env_clear().envs(self.env.variables()).env("PATH", path).env("LC_ALL", "C.UTF-8");
        command.env_remove("FACTORY_GITLAB_STATE_DIR").current_dir(self.env.path(""));
        command
    }
}

#[expect(clippy::disallowed_methods, reason = "a test makes folders of its own")]
fn make_folder(path: &std::path::Path) {
    std::fs::create_dir(path).expect("a folder");
}

/// How a program of another kind ended, and what it said on both streams.
struct Ended {
    code: Option<i32>,
    said: String,
}

impl Ended {
    fn of(command: &mut Command) -> Self {
        let output = crate::programs::output(command);
        let said = [output.stdout, output.stderr].concat();
        Self { code: output.status.code(), said: String::from_utf8_lossy(&said).into_owned() }
    }

    #[track_caller]
    fn good(self) -> String {
        assert_eq!(self.code, Some(0), "{}", self.said);
        self.said
    }
}

/// A program of a Python package, beside the interpreter that `PYTHON` names, or in the search path. Without it the test is
/// skipped, and says so.
fn python_tool(name: &str, skipped: &str) -> Option<PathBuf> {
    let beside = variable("PYTHON").map(PathBuf::from).map(|python| python.with_file_name(name));
    let tool = beside.filter(|path| path.is_file()).or_else(|| find(name));
    if tool.is_none() {
        say(&format!("SKIPPED: {skipped}, which needs {name}"));
    }
    tool
}

/// A program of a package of npm, in the folder that `NODE_MODULES` names. Without it the test is skipped, and says so.
fn node_tool(name: &str, skipped: &str) -> Option<PathBuf> {
    let tool = variable("NODE_MODULES").map(|folder| PathBuf::from(folder).join(".bin").join(name));
    let tool = tool.filter(|path| path.is_file() && find("node").is_some());
    if tool.is_none() {
        say(&format!("SKIPPED: {skipped}, which needs node, and NODE_MODULES with {name}"));
    }
    tool
}
