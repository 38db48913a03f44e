//! A real Secret Service: gnome-keyring on a session bus of its own.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;

use crate::cli::test_env::TestEnv;
use crate::programs::{Running, finish, holds_no_secret, now, output, program, wait_for};

const PASSWORD: &str = "throw-away";

/// Where a keyring's files are; they outlive the sessions.
struct Machine {
    folder: TempDir,
}

/// A session bus with a gnome-keyring on it.
struct Session {
    bus: String,
    home: PathBuf,
    runtime: PathBuf,
    _running: Running,
}

#[derive(Clone, Copy, PartialEq)]
enum Keyring {
    Unlocked,
    Locked,
}

impl Machine {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a folder") }
    }

    #[expect(clippy::disallowed_methods, reason = "the test makes folders of its own")]
    fn session(&self, keyring: Keyring) -> Session {
        let (home, runtime) = (self.folder.path().join("home"), self.folder.path().join("run"));
        for folder in [&home, &runtime] {
            std::fs::create_dir_all(folder).expect("a folder");
        }
        let address = self.folder.path().join("address");
        let _none_yet = std::fs::remove_file(&address);
        let unlock = if keyring == Keyring::Unlocked { "--unlock" } else { "" };
        let daemon = program("gnome-keyring-daemon");
        let script = format!(
            "printf %s \"$DBUS_SESSION_BUS_ADDRESS\" > \"$1.new\" && mv \"$1.new\" \"$1\"; \
             exec \"$2\" --foreground --components=secrets {unlock}"
        );
        let mut command = program("dbus-run-session");
        command.args(["--", "/bin/sh", "-c", &script, "sh"]).arg(&address).arg(daemon.get_program());
        surroundings(&mut command, &home, &runtime);
        let mut running = Running::start(command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()));
        running.child.stdin.take().expect("a pipe").write_all(PASSWORD.as_bytes()).expect("written");
        let bus = wait_for("the bus", || std::fs::read_to_string(&address).ok());
        let session = Session { bus, home, runtime, _running: running };
        wait_for("the keyring on the bus", || session.is_served().then_some(()));
        session
    }
}

/// Nothing of the machine's own session, so that nothing of it is touched.
fn surroundings(command: &mut Command, home: &Path, runtime: &Path) {
    command.env_clear().env("HOME", home).env("XDG_RUNTIME_DIR", runtime).env("PATH", "/usr/bin:/bin");
}

impl Session {
    fn command(&self, name: &str) -> Command {
        let mut command = program(name);
        surroundings(&mut command, &self.home, &self.runtime);
        command.env("DBUS_SESSION_BUS_ADDRESS", &self.bus);
        command
    }

    fn is_served(&self) -> bool {
        let asked = ["--session", "--print-reply", "--dest=org.freedesktop.DBus", "/org/freedesktop/DBus"];
        let what = ["org.freedesktop.DBus.NameHasOwner", "string:org.freedesktop.secrets"];
        let answer = output(self.command("dbus-send").args(asked).args(what));
        String::from_utf8_lossy(&answer.stdout).contains("boolean true")
    }

    /// Lets the program of this environment find the session.
    fn offer(&self, env: &mut TestEnv) {
        env.unset("FACTORY_DISABLE_KEYRING");
        env.set("DBUS_SESSION_BUS_ADDRESS", &self.bus);
        env.set("XDG_RUNTIME_DIR", &self.runtime.to_string_lossy());
    }
}

#[test]
fn a_token_is_stored_in_the_keyring_and_found_there_by_the_next_run() {
    let (mut env, machine) = (TestEnv::new(), Machine::new());
    let session = machine.session(Keyring::Unlocked);
    session.offer(&mut env);
    let token = env.sandbox().gitlab().admin_token();
    let run = env.run(&["connect", "--yes", "--keyring", "store"]);
    assert_eq!(run.code, 0, "{run}");
    assert!(run.stderr.contains("is in the keyring"), "{run}");
    holds_no_secret(&[&run.stdout, &run.stderr], std::slice::from_ref(&token));

    let user = format!("{} personal-access-token", env.sandbox().gitlab_url());
    let found = finish(session.command("secret-tool").args(["lookup", "service", "factory-gitlab", "username", &user]));
    assert_eq!(found, token);
    let all = output(session.command("secret-tool").args(["search", "--all", "service", "factory-gitlab"]));
    let all = format!("{}{}", String::from_utf8_lossy(&all.stdout), String::from_utf8_lossy(&all.stderr));
    assert_eq!(all.matches("attribute.username = ").count(), 1, "one entry for one instance and kind");

    env.unset("GITLAB_TOKEN");
    for command in [&["connect", "--yes"][..], &["verify"][..]] {
        let run = env.run(command);
        assert_eq!(run.code, 0, "{run}");
    }
    let off = env.run(&["verify", "--keyring", "off"]);
    assert_eq!(off.code, 2, "{off}");
    assert!(off.stderr.contains("GITLAB_TOKEN"), "{off}");
    let other = env.run(&["connect", "--yes", "--gitlab-url", "http://127.0.0.1:9"]);
    assert_eq!(other.code, 2, "the entry is for one instance only: {other}");
}

/// Types the token at a terminal; what was shown between the token and the summary, and the exit code of a plan that is
/// approved where there is one.
fn connect_by_hand(env: &TestEnv, keep: Option<&str>) -> String {
    let mut command = env.command(&["connect"]);
    command.env("TERM", "xterm");
    let mut session = rexpect::session::spawn_command(command, Some(120_000)).expect("a terminal");
    session.exp_string("an admin (hidden): ").expect("the question");
    session.send_line(&env.sandbox().gitlab().admin_token()).expect("typed");
    let asked = keep.map(|answer| {
        let asked = session.exp_string("for the next run? [y/N] ").expect("the question");
        session.send_line(answer).expect("typed");
        asked
    });
    let shown = session.exp_string("the number of a choice to change: ").expect("the summary");
    session.send_line("").expect("typed");
    if session.exp_regex("Apply this plan|nothing to do").expect("the plan").1 == "Apply this plan" {
        session.send_line("y").expect("typed");
    }
    session.exp_eof().expect("the end");
    format!("{}{shown}", asked.unwrap_or_default())
}

#[test]
fn a_person_is_asked_once_whether_the_token_is_kept_and_never_where_there_is_no_keyring() {
    let mut env = TestEnv::new();
    env.unset("GITLAB_TOKEN");
    let shown = connect_by_hand(&env, None);
    assert!(!shown.contains("Keep the token"), "there is no keyring: {shown}");

    for answer in ["n", "y"] {
        let (mut env, machine) = (TestEnv::new(), Machine::new());
        let session = machine.session(Keyring::Unlocked);
        session.offer(&mut env);
        env.unset("GITLAB_TOKEN");
        let shown = connect_by_hand(&env, Some(answer));
        assert!(shown.contains(if answer == "y" { "the token is kept in it" } else { "not used" }), "{shown}");
        if answer == "y" {
            let run = env.run(&["verify"]);
            assert_eq!(run.code, 0, "the token is found there: {run}");
        } else {
            let shown = connect_by_hand(&env, None);
            assert!(!shown.contains("Keep the token"), "asked again: {shown}");
        }
    }
}

#[test]
fn without_a_session_bus_the_token_is_stored_nowhere_and_a_warning_says_so() {
    let (mut env, runtime) = (TestEnv::new(), tempfile::tempdir().expect("a folder"));
    env.unset("FACTORY_DISABLE_KEYRING");
    env.set("XDG_RUNTIME_DIR", &runtime.path().to_string_lossy());
    env.set("DBUS_SESSION_BUS_ADDRESS", &format!("unix:path={}/bus", runtime.path().display()));
    let run = env.run(&["connect", "--yes", "--keyring", "store"]);
    assert_eq!(run.code, 0, "the work goes on: {run}");
    assert!(run.stderr.contains("the token was not saved to the keyring"), "{run}");
    assert!(run.stderr.contains("this system has no usable keyring"), "{run}");
    let token = env.sandbox().gitlab().admin_token();
    let kept = files(&env.path(""));
    assert!(kept.len() > 1, "the record is there");
    for file in kept {
        let content = std::fs::read(&file).expect("a file");
        assert!(!String::from_utf8_lossy(&content).contains(&token), "{}", file.display());
    }

    env.unset("GITLAB_TOKEN");
    let run = env.run(&["verify", "--keyring", "store"]);
    assert_eq!(run.code, 2, "{run}");
    assert!(run.stderr.contains("GITLAB_TOKEN") && run.stderr.contains("no usable keyring"), "{run}");
}

#[test]
fn a_locked_keyring_is_not_waited_for() {
    let (mut env, machine) = (TestEnv::new(), Machine::new());
    let open = machine.session(Keyring::Unlocked);
    open.offer(&mut env);
    let run = env.run(&["connect", "--yes", "--keyring", "store"]);
    assert!(run.code == 0 && run.stderr.contains("is in the keyring"), "{run}");
    drop(open);

    let locked = machine.session(Keyring::Locked);
    locked.offer(&mut env);
    env.unset("GITLAB_TOKEN");
    let started = now();
    let run = env.run(&["verify"]);
    assert!(now().duration_since(started) < Duration::from_secs(8), "it hung");
    assert_eq!(run.code, 2, "{run}");
    assert!(
        run.stderr.contains("the keyring was not read: the keyring is locked") && run.stderr.contains("GITLAB_TOKEN"),
        "{run}"
    );
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}
