//! The environment of a run: a home of its own, no variables but the ones set here, and a sandbox in the process of the test.
//!
//! ```ignore
//! let env = TestEnv::new();                                // a small, licensed, current GitLab and a Factory
//! let run = env.run(&["verify", "-o", "json"]);            // the real program, to its end
//! assert_eq!(run.code, 0, "{run}");
//! assert_eq!(env.sandbox().requests().len(), 12);          // what it asked
//! insta::assert_snapshot!(run, @"…");                        // ports, times, digests and the home are filtered
//! ```
//! [`TestEnv::with`] takes other sandbox options, [`TestEnv::bare`] has no sandbox at all. Variables are set and unset with
//! [`TestEnv::set`] and [`TestEnv::unset`]; [`TestEnv::file`] puts a file into the home; standard input is [`TestEnv::run_with`]'s.

mod assertions;
mod transcript;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;
use std::time::Duration;

use assert_cmd::cargo::cargo_bin;
use factory_gitlab::sandbox::Sandbox;
use factory_gitlab::sandbox::options::SandboxOptions;
use tempfile::TempDir;

pub use self::assertions::{ApiCall, each_at_once, of_version, small};
pub use self::transcript::Transcript;
use self::transcript::documents;
use crate::contract;

/// No test waits longer for a run; only a program that hangs takes so long, on the busiest machine too.
const LONGEST: Duration = Duration::from_secs(300);

/// How many seconds of sleep pass for the program in one second: nothing waits in real time for a limit or a retry.
const SPEED: u32 = 50;

/// A certificate to trust in place of the system's, which take a debug build longer to read than the rest of a run.
static ROOTS: LazyLock<String> = LazyLock::new(|| {
    let root = rcgen::generate_simple_self_signed(vec!["root.example".to_owned()]).expect("a certificate");
    root.cert.pem()
});

pub struct TestEnv {
    home: TempDir,
    sandbox: Option<Sandbox>,
    variables: BTreeMap<String, String>,
}

impl TestEnv {
    /// An environment with the usual sandbox, whose variables are set.
    pub fn new() -> Self {
        Self::with(SandboxOptions::default())
    }

    /// An environment with a sandbox of these options.
    pub fn with(options: SandboxOptions) -> Self {
        let speed = options.clock_speed;
        let sandbox = Sandbox::start(options).expect("a sandbox");
        let mut env = Self::bare();
        for (name, value) in sandbox.variables() {
            env.set(name, &value);
        }
        if speed > 1 {
            env.set_clock_speed(speed);
        }
        contract::hold(&sandbox.factory().kit_json());
        env.sandbox = Some(sandbox);
        env
    }

    /// An environment without a sandbox.
    pub fn bare() -> Self {
        let home = tempfile::tempdir().expect("a home");
        let mut env = Self { home, sandbox: None, variables: BTreeMap::new() };
        let (home, state) = (env.path(""), env.path("state"));
        env.set("HOME", &home.to_string_lossy());
        env.set("FACTORY_GITLAB_STATE_DIR", &state.to_string_lossy());
        env.set("FACTORY_DISABLE_KEYRING", "1");
        env.set_clock_speed(SPEED);
        let roots = env.file("roots.pem", ROOTS.as_str());
        env.set("SSL_CERT_FILE", &roots);
        env
    }

    pub fn sandbox(&self) -> &Sandbox {
        self.sandbox.as_ref().expect("this environment has a sandbox")
    }

    /// A path in the home.
    pub fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    /// Writes a file into the home and returns its path.
    #[expect(clippy::disallowed_methods, reason = "the test writes files of its own")]
    pub fn file(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        let path = self.path(name);
        std::fs::write(&path, content).expect("a file in the home");
        path.to_string_lossy().into_owned()
    }

    pub fn set(&mut self, name: &str, value: &str) {
        self.variables.insert(name.to_owned(), value.to_owned());
    }

    pub fn unset(&mut self, name: &str) {
        self.variables.remove(name);
    }

    /// Lets this many seconds of sleep pass for the program in one second; 1 is real time, for tests that act while the
    /// program waits.
    pub fn set_clock_speed(&mut self, speed: u32) {
        self.set("FACTORY_GITLAB_TEST_CLOCK_SPEED", &speed.to_string());
    }

    /// The variables of a run, for tests that start the program without [`TestEnv::command`].
    pub fn variables(&self) -> &BTreeMap<String, String> {
        &self.variables
    }

    /// The path of the program, for the same tests.
    pub fn program() -> &'static Path {
        cargo_bin!("factory-gitlab")
    }

    /// The program with these arguments in this environment, not yet started.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(Self::program());
        command.args(args).env_clear().envs(&self.variables).current_dir(self.home.path());
        command
    }

    /// Starts the program, with its output piped and an empty standard input, and does not wait for it.
    pub fn start(&self, args: &[&str]) -> Child {
        let mut command = self.command(args);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().expect("the program starts")
    }

    /// Holds the documents that a run wrote to files, or that Factory has received, to their schemas.
    fn hold_documents(&self, args: &[&str]) {
        let named = args.windows(2).filter(|pair| ["--output-file", "--evidence"].contains(&pair[0]));
        // Some tests name a pipe or a device, whose reading has no end.
        let files = named.map(|pair| self.path(pair[1])).filter(|path| path.is_file());
        let texts = files.filter_map(|path| std::fs::read_to_string(path).ok());
        texts.flat_map(|text| documents(&text)).for_each(|document| contract::hold(&document));
        let received = self.sandbox.iter().flat_map(|sandbox| sandbox.factory().bundles());
        received.for_each(|bundle| contract::hold(&bundle.document));
    }

    /// Runs the program to its end, with nothing on standard input.
    pub fn run(&self, args: &[&str]) -> Transcript {
        self.run_with(args, b"")
    }

    /// Runs the program to its end with this on standard input.
    pub fn run_with(&self, args: &[&str], stdin: &[u8]) -> Transcript {
        let output = assert_cmd::Command::from_std(self.command(args))
            .write_stdin(stdin)
            .timeout(LONGEST)
            .output()
            .expect("the program runs");
        self.hold_documents(args);
        Transcript::new(&output, self.home.path())
    }
}
