//! The wizard in a real terminal, driven through tmux from the first question to the report.

use std::process::Command;

use tempfile::TempDir;

use crate::cli::test_env::TestEnv;
use crate::programs::{finish, holds_no_secret, output, poll, program, wait_for};

/// A terminal with a shell in it.
struct Terminal {
    folder: TempDir,
}

impl Terminal {
    /// A shell with the environment's variables, in its home.
    fn open(env: &TestEnv) -> Self {
        let terminal = Self { folder: tempfile::tempdir().expect("a folder") };
        let mut command = terminal.tmux();
        command.args(["-f", "/dev/null", "new-session", "-d", "-x", "160", "-y", "50"]);
        command.args(["env", "-i", "TERM=screen", "PATH=/usr/bin:/bin", "PS1=ready> "]);
        command.args(env.variables().iter().map(|(name, value)| format!("{name}={value}")));
        finish(command.arg("/bin/sh").current_dir(env.path("")));
        terminal.shows("ready> ");
        terminal
    }

    fn tmux(&self) -> Command {
        let mut command = program("tmux");
        command.arg("-S").arg(self.folder.path().join("socket")).env_remove("TMUX");
        command
    }

    /// Types a line and Enter.
    fn types(&self, text: &str) {
        finish(self.tmux().args(["send-keys", "-l", "--", text]));
        self.presses("Enter");
    }

    fn presses(&self, key: &str) {
        finish(self.tmux().args(["send-keys", key]));
    }

    /// The screen with everything that was scrolled away, lines joined where they were wrapped.
    fn everything(&self) -> String {
        finish(self.tmux().args(["capture-pane", "-p", "-J", "-S", "-"]))
    }

    /// Waits until it shows this.
    fn shows(&self, text: &str) {
        self.shows_times(text, 1);
    }

    fn shows_times(&self, text: &str, times: usize) {
        let found = poll(|| (self.everything().matches(text).count() >= times).then_some(()));
        assert!(found.is_some(), "never showed {text:?}:\n{}", self.everything());
    }

    /// Starts the program in the shell; its exit code is printed at the end.
    fn starts(&self, args: &str) {
        self.types(&format!("{} {args}; echo ended with $?.", TestEnv::program().display()));
    }

    /// Whether the terminal is as a shell needs it.
    fn is_sane(&self) {
        self.types("stty -a; echo told");
        self.shows("\ntold");
        let told = self.everything();
        let modes: Vec<&str> = told.split_whitespace().collect();
        for mode in ["echo", "icanon", "isig", "opost"] {
            assert!(modes.contains(&mode), "{mode} is off\n{told}");
        }
        assert_eq!(finish(self.tmux().args(["display-message", "-p", "#{cursor_flag}"])).trim(), "1", "no cursor");
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        drop(output(self.tmux().arg("kill-server")));
    }
}

/// An environment in which the user has to type everything; returns the values that the sandbox would have set.
fn silent() -> (TestEnv, Vec<(&'static str, String)>) {
    let mut env = TestEnv::new();
    let variables = env.sandbox().variables();
    for (name, _) in &variables {
        env.unset(name);
    }
    (env, variables)
}

fn value<'a>(variables: &'a [(&str, String)], name: &str) -> &'a str {
    variables.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str()).expect("a variable")
}

#[test]
fn the_wizard_leads_from_the_first_question_to_the_report() {
    let (env, variables) = silent();
    let terminal = Terminal::open(&env);
    terminal.starts("connect");
    terminal.shows("Kit from Factory");
    terminal.types(value(&variables, "FACTORY_KIT"));
    terminal.shows("Factory API key (hidden): ");
    terminal.types(value(&variables, "FACTORY_API_KEY"));
    terminal.shows("GitLab URL");
    // A wrong answer is explained where it is given.
    terminal.types("http://127.0.0.1:9");
    terminal.shows("could not be reached");
    terminal.types(value(&variables, "GITLAB_URL"));
    terminal.shows("Personal access token of an admin (hidden): ");
    terminal.types("glpat-a-mistyped-unknown-token-1");
    terminal.shows("GitLab does not know the token");
    terminal.shows_times("Personal access token of an admin (hidden): ", 2);
    terminal.types(value(&variables, "GITLAB_TOKEN"));
    terminal.shows("the number of a choice to change:");
    terminal.types("");
    terminal.shows("Apply this plan?");
    assert!(env.sandbox().requests().iter().all(|seen| !seen.is_write()), "nothing is written before it is approved");
    terminal.types("y");
    terminal.shows("ended with 0.");

    let everything = terminal.everything();
    for wanted in ["Plan for ", "register a webhook on group", "Factory accepted the bundle", "factory-gitlab verify"] {
        assert!(everything.contains(wanted), "{wanted}\n{everything}");
    }
    let factory = env.sandbox().factory();
    let mut secrets = vec!["glpat-a-mistyped-unknown-token-1".to_owned(), factory.webhook_secret().to_owned()];
    secrets.extend(["FACTORY_API_KEY", "GITLAB_TOKEN"].map(|name| value(&variables, name).to_owned()));
    holds_no_secret(&[&everything], &secrets);
    assert_eq!(factory.bundles().len(), 1);
    terminal.is_sane();
}

#[test]
fn a_plan_that_is_declined_changes_nothing() {
    let env = TestEnv::new();
    let terminal = Terminal::open(&env);
    terminal.starts("connect");
    terminal.shows("Apply this plan?");
    terminal.types("n");
    terminal.shows("nothing was changed");
    terminal.shows("ended with 1.");
    assert!(env.sandbox().factory().bundles().is_empty() && env.sandbox().gitlab().lock().applications.is_empty());
    terminal.is_sane();
}

#[test]
fn ctrl_c_at_any_question_leaves_a_sane_terminal_and_ends_with_130() {
    let answers = [
        ("Kit from Factory", "FACTORY_KIT"),
        ("Factory API key (hidden): ", "FACTORY_API_KEY"),
        ("GitLab URL", "GITLAB_URL"),
        ("Personal access token of an admin (hidden): ", "GITLAB_TOKEN"),
        ("the number of a choice to change:", ""),
        ("Apply this plan?", ""),
    ];
    for stop in 0..answers.len() {
        let (env, variables) = silent();
        let terminal = Terminal::open(&env);
        terminal.starts("connect");
        for (question, variable) in &answers[..stop] {
            terminal.shows(question);
            terminal.types(if variable.is_empty() { "" } else { value(&variables, variable) });
        }
        terminal.shows(answers[stop].0);
        terminal.presses("C-c");
        terminal.shows("interrupted");
        terminal.shows("ended with 130.");
        terminal.is_sane();
        assert!(env.sandbox().gitlab().lock().applications.is_empty());
    }
}

#[test]
fn ctrl_c_during_the_work_says_what_was_done_and_the_next_run_finishes_it() {
    let env = TestEnv::new();
    env.sandbox().fault("POST /api/v4/groups/*/hooks=delay:5000").expect("a fault");
    let terminal = Terminal::open(&env);
    terminal.starts("connect --yes");
    wait_for("the application", || (!env.sandbox().gitlab().lock().applications.is_empty()).then_some(()));
    terminal.presses("C-c");
    terminal.shows("ended with 130.");
    let everything = terminal.everything();
    assert!(everything.contains("interrupted"), "{everything}");
    terminal.is_sane();

    env.sandbox().clear_faults();
    let run = env.run(&["connect", "--yes"]);
    assert_eq!(run.code, 0, "{run}");
    assert_eq!(env.sandbox().gitlab().lock().applications.len(), 1);
    assert_eq!(env.sandbox().factory().bundles().len(), 1);
}
