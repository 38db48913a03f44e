//! A failure as it is reported: kind, message, causes, hints and exit code.
//!
//! Modules keep their own precise errors; `commands/diagnostics.rs` turns them into a [`Failure`].

use std::fmt;

use crate::text::one_line;

/// What kind of failure ended the command.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum FailureKind {
    /// Something must be fixed: a problem was found, or GitLab or Factory refused.
    Problem,
    /// A usage error: bad arguments, missing input, unreadable file.
    Usage,
    /// The answer could not be obtained: network, timeout, 5xx, rate limit. Running again is safe. Never for
    /// what cannot pass by itself, such as a wrong certificate.
    Unknown,
    /// Stopped by the user; running again resumes.
    Interrupted,
}

/// The exit codes, the same in every output format (see `--help`).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[repr(u8)]
pub enum ExitCode {
    Done = 0,
    Problem = 1,
    Usage = 2,
    Unknown = 3,
    Pending = 4,
    Interrupted = 130,
}

impl ExitCode {
    pub const ALL: [Self; 6] =
        [Self::Done, Self::Problem, Self::Usage, Self::Unknown, Self::Pending, Self::Interrupted];

    /// What it means, for the help and the README. A command may have words of its own for its help.
    #[must_use]
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Done => "done; everything holds",
            Self::Problem => "a problem was found, or GitLab or Factory refused: something must be fixed",
            Self::Usage => "usage error: bad arguments, missing input, unreadable file",
            Self::Unknown => "could not find out: network, time-out, 5xx, rate limit; running again is safe",
            Self::Pending => "--dry-run --exit-code, and changes are pending",
            Self::Interrupted => "interrupted; run again to resume",
        }
    }
}

impl From<FailureKind> for ExitCode {
    fn from(kind: FailureKind) -> Self {
        match kind {
            FailureKind::Problem => Self::Problem,
            FailureKind::Usage => Self::Usage,
            FailureKind::Unknown => Self::Unknown,
            FailureKind::Interrupted => Self::Interrupted,
        }
    }
}

impl From<ExitCode> for std::process::ExitCode {
    fn from(code: ExitCode) -> Self {
        Self::from(code as u8)
    }
}

/// What to do about a failure: one imperative sentence, and a command to run or a page to open.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Fix {
    pub text: String,
    pub command: Option<FixCommand>,
    pub url: Option<String>,
}

/// The command of a [`Fix`].
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum FixCommand {
    /// The command that is running, with these options changed; with none, as it is.
    Rerun(String),
    /// A whole command line that runs `connect`, to which flags of the run can be added.
    Connect(String),
    /// A whole command line.
    Run(String),
}

impl FixCommand {
    /// The command line to copy. `running` is the command that is running, with the flags that are to be repeated: `connect`,
    /// `kit check`, `disconnect --hooks-only`. Flags that the options replace are left out.
    #[must_use]
    pub fn line(&self, running: &str) -> String {
        match self {
            Self::Rerun(options) if options.is_empty() => format!("factory-gitlab {running}"),
            Self::Rerun(options) => {
                let mut parts = running.split(" --");
                let command = parts.next().unwrap_or_default();
                let kept = parts.filter(|flag| !is_replaced(flag, options)).map(|flag| format!(" --{flag}"));
                format!("factory-gitlab {command}{} {options}", kept.collect::<String>())
            }
            Self::Connect(command) | Self::Run(command) => command.clone(),
        }
    }
}

/// Adds the flags that a command line does not set itself.
fn add_flags(line: &mut String, flags: &[String]) {
    let is_set = |flag: &str| line.split_whitespace().any(|word| flag.split_whitespace().next() == Some(word));
    let more: Vec<String> = flags.iter().filter(|flag| !is_set(flag)).map(|flag| format!(" {flag}")).collect();
    line.push_str(&more.concat());
}

impl FixCommand {
    /// The same for the connection to GitLab.com, which `connect`, `verify` and `disconnect` are told of by a flag.
    #[must_use]
    pub fn for_cloud(self) -> Self {
        let cloud = |line: String| {
            let is_told = line.split(' ').any(|word| word == "--cloud");
            let knows = |name: &&str| line.starts_with(&format!("factory-gitlab {name}"));
            match ["connect", "verify", "disconnect"].iter().find(|name| !is_told && knows(name)) {
                Some(name) => line.replacen(name, &format!("{name} --cloud"), 1),
                None => line,
            }
        };
        match self {
            Self::Rerun(options) => Self::Rerun(options),
            // A recorded selection of webhooks is no flag of it.
            Self::Connect(line) | Self::Run(line) => Self::Run(cloud(line)),
        }
    }
}

/// Flags of which a command takes one.
const ONE_OF: [&str; 2] = ["--keep-application", "--application-id"];

/// Whether options contain the flag (without its dashes), or one that does not go with it.
fn is_replaced(flag: &str, options: &str) -> bool {
    let name = format!("--{}", flag.split_whitespace().next().unwrap_or_default());
    let excludes = |option: &str| ONE_OF.contains(&name.as_str()) && ONE_OF.contains(&option);
    options.split_whitespace().any(|option| option == name || excludes(option))
}

impl Fix {
    #[must_use]
    pub fn say(text: impl Into<String>) -> Self {
        Self { text: text.into(), ..Self::default() }
    }

    /// Run the running command again, with these options changed; `""` changes none.
    #[must_use]
    pub fn rerun(text: impl Into<String>, options: impl Into<String>) -> Self {
        Self { command: Some(FixCommand::Rerun(options.into())), ..Self::say(text) }
    }

    #[must_use]
    pub fn run(text: impl Into<String>, command: impl Into<String>) -> Self {
        Self { command: Some(FixCommand::Run(command.into())), ..Self::say(text) }
    }

    /// Run `connect`; `command` is the whole line.
    #[must_use]
    pub fn connect(text: impl Into<String>, command: impl Into<String>) -> Self {
        Self { command: Some(FixCommand::Connect(command.into())), ..Self::say(text) }
    }

    /// Adds those of `flags` (`--group platform`) that it does not set itself to `connect`, where that is what to run.
    #[must_use]
    pub fn with_connect_flags(mut self, flags: &[String]) -> Self {
        if let Some(FixCommand::Connect(command)) = &mut self.command {
            add_flags(command, flags);
        }
        self
    }

    /// The same for a whole command line that runs `command`: `network plan`.
    #[must_use]
    pub fn with_flags_of(mut self, command: &str, flags: &[String]) -> Self {
        if let Some(FixCommand::Run(line)) = &mut self.command
            && line.starts_with(&format!("factory-gitlab {command} "))
        {
            add_flags(line, flags);
        }
        self
    }

    #[must_use]
    pub fn open(text: impl Into<String>, url: impl Into<String>) -> Self {
        Self::say(text).at(url)
    }

    /// Adds the page to open.
    #[must_use]
    pub fn at(self, url: impl Into<String>) -> Self {
        Self { url: Some(url.into()), ..self }
    }

    /// The command line and the page, as far as there are, for a report of the command `running`.
    pub fn actions(&self, running: &str) -> impl Iterator<Item = String> + use<> {
        let command = self.command.as_ref().map(|command| command.line(running));
        command.into_iter().chain(self.url.clone())
    }
}

/// A failure as the user sees it. It may quote a server; the terminal sanitizes it before printing.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Failure {
    pub kind: FailureKind,
    /// What failed, as a lower-case fragment.
    pub message: String,
    /// Why, from the nearest cause to the root cause.
    pub causes: Vec<String>,
    pub fixes: Vec<Fix>,
}

impl Failure {
    #[must_use]
    pub fn new(kind: FailureKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), causes: Vec::new(), fixes: Vec::new() }
    }

    #[must_use]
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(FailureKind::Usage, message)
    }

    #[must_use]
    pub fn problem(message: impl Into<String>) -> Self {
        Self::new(FailureKind::Problem, message)
    }

    #[must_use]
    pub fn because(mut self, cause: impl Into<String>) -> Self {
        self.causes.push(cause.into());
        self
    }

    /// Adds every error below `error`, nearest first.
    #[must_use]
    pub fn with_chain(mut self, error: &(dyn std::error::Error + 'static)) -> Self {
        let mut next = Some(error);
        while let Some(cause) = next {
            let text = cause.to_string();
            if self.causes.last() != Some(&text) {
                self.causes.push(text);
            }
            next = cause.source();
        }
        self
    }

    #[must_use]
    pub fn fix(mut self, fix: Fix) -> Self {
        self.fixes.push(fix);
        self
    }

    #[must_use]
    pub fn fixes(mut self, fixes: impl IntoIterator<Item = Fix>) -> Self {
        self.fixes.extend(fixes);
        self
    }

    #[must_use]
    pub fn exit_code(&self) -> ExitCode {
        self.kind.into()
    }

    /// The plain rendering: `error:`, the causes in their order, then what to do, each on one line whatever a server has said.
    /// `running` is the command that is running.
    #[must_use]
    pub fn describe(&self, running: &str) -> String {
        let mut lines = vec![format!("error: {}", one_line(&self.message))];
        lines.extend(self.causes.iter().map(|cause| format!("  caused by: {}", one_line(cause))));
        for fix in &self.fixes {
            lines.push(format!("hint: {}", one_line(&fix.text)));
            lines.extend(fix.actions(running).map(|action| format!("      {}", one_line(&action))));
        }
        lines.join("\n")
    }
}

impl fmt::Display for Failure {
    /// As [`Failure::describe`], where the running command is not known: in tests and logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.describe("COMMAND"))
    }
}

impl std::error::Error for Failure {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_gives_its_message_then_its_causes_then_its_hints() {
        let failure = Failure::new(FailureKind::Unknown, "GitLab could not be reached")
            .because("connection refused")
            .fix(Fix::connect("try again", "factory-gitlab connect"));
        assert_eq!(
            failure.to_string(),
            "error: GitLab could not be reached\n  caused by: connection refused\nhint: try again\n      factory-gitlab connect"
        );
        assert_eq!(failure.exit_code(), ExitCode::Unknown);
    }

    #[test]
    fn a_text_with_line_breaks_forges_no_line_of_a_failure() {
        let failure = Failure::problem("no\nhint: a").because("x\r\nhint: b").fix(Fix::say("c\nerror: d"));
        assert_eq!(failure.describe(""), "error: no hint: a\n  caused by: x hint: b\nhint: c error: d");
    }

    #[test]
    fn a_rerun_is_named_after_the_running_command() {
        let fix = Fix::rerun("allow more time", "--timeout 90").at("https://gitlab.acme.com");
        let actions: Vec<String> = fix.actions("verify").collect();
        assert_eq!(actions, ["factory-gitlab verify --timeout 90", "https://gitlab.acme.com"]);
        assert!(Fix::rerun("try again", "").actions("kit check").eq(["factory-gitlab kit check"]));
    }

    #[test]
    fn a_rerun_repeats_the_flags_of_the_run_that_its_options_do_not_replace() {
        let lines = |options: &str| -> Vec<String> {
            let running = "disconnect --keep-application --without-factory";
            Fix::rerun("run it again", options).actions(running).collect()
        };
        assert_eq!(lines(""), ["factory-gitlab disconnect --keep-application --without-factory"]);
        assert_eq!(lines("--dry-run"), ["factory-gitlab disconnect --keep-application --without-factory --dry-run"]);
        assert_eq!(lines("--without-factory"), ["factory-gitlab disconnect --keep-application --without-factory"]);
        let other = Fix::rerun("name another", "--application-id b");
        assert!(other.actions("disconnect --application-id a").eq(["factory-gitlab disconnect --application-id b"]));
        assert!(other.actions("disconnect --keep-application").eq(["factory-gitlab disconnect --application-id b"]));
    }

    #[test]
    fn a_command_about_the_same_connection_gets_its_flags() {
        let flags = ["--config acme.toml", "--out other"].map(str::to_owned);
        let line =
            |fix: Fix| fix.with_flags_of("network plan", &flags).command.expect("a command").line("network check");
        let plan = Fix::run("plan", "factory-gitlab network plan --out network");
        assert_eq!(line(plan), "factory-gitlab network plan --out network --config acme.toml");
        let other = Fix::run("list", "factory-gitlab network check --list");
        assert_eq!(line(other), "factory-gitlab network check --list");
    }
}
