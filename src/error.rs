//! What went wrong, as one shape for the whole program: kind, message, causes, what to do, and the exit code.
//!
//! Modules keep their own precise errors; `commands/explain.rs` turns them into a [`Failure`].

use std::fmt;

/// Why the program ends without having done its job.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Kind {
    /// Something must be fixed: a problem was found, or GitLab or Factory refused.
    Problem,
    /// Wrong use: bad arguments, missing input, unreadable file.
    Usage,
    /// Could not find out: network, TLS, time-out, 5xx, rate limit. Running again is safe.
    Unknown,
    /// Stopped by the person; running again resumes.
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

impl From<Kind> for ExitCode {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Problem => Self::Problem,
            Kind::Usage => Self::Usage,
            Kind::Unknown => Self::Unknown,
            Kind::Interrupted => Self::Interrupted,
        }
    }
}

impl From<ExitCode> for std::process::ExitCode {
    fn from(code: ExitCode) -> Self {
        Self::from(code as u8)
    }
}

/// What to do about it: a sentence, and where there is one the command to run and the page to open.
#[derive(Clone, Debug, Default, Eq, PartialEq, serde::Serialize)]
pub struct Fix {
    pub text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}

impl Fix {
    #[must_use]
    pub fn say(text: impl Into<String>) -> Self {
        Self { text: text.into(), ..Self::default() }
    }

    #[must_use]
    pub fn run(text: impl Into<String>, command: impl Into<String>) -> Self {
        Self { text: text.into(), command: Some(command.into()), url: None }
    }

    #[must_use]
    pub fn open(text: impl Into<String>, url: impl Into<String>) -> Self {
        Self { text: text.into(), command: None, url: Some(url.into()) }
    }
}

/// A failure as the person sees it. The texts may hold a server's words: the terminal makes them harmless.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Failure {
    pub kind: Kind,
    /// What failed, as a lower-case fragment.
    pub message: String,
    /// Why, from the nearest cause to the real one at the bottom of the chain.
    pub causes: Vec<String>,
    pub fixes: Vec<Fix>,
}

impl Failure {
    #[must_use]
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), causes: Vec::new(), fixes: Vec::new() }
    }

    #[must_use]
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(Kind::Usage, message)
    }

    #[must_use]
    pub fn problem(message: impl Into<String>) -> Self {
        Self::new(Kind::Problem, message)
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
    pub fn exit_code(&self) -> ExitCode {
        self.kind.into()
    }
}

impl fmt::Display for Failure {
    /// The plain rendering: `error:`, numbered only by order, then what to do. Colour is the terminal's business.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error: {}", self.message)?;
        for cause in &self.causes {
            write!(f, "\n  caused by: {cause}")?;
        }
        for fix in &self.fixes {
            write!(f, "\nhint: {}", fix.text)?;
            if let Some(command) = &fix.command {
                write!(f, "\n      {command}")?;
            }
            if let Some(url) = &fix.url {
                write!(f, "\n      {url}")?;
            }
        }
        Ok(())
    }
}

impl std::error::Error for Failure {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_reads_from_what_to_why_to_what_to_do() {
        let failure = Failure::new(Kind::Unknown, "GitLab could not be reached")
            .because("connection refused")
            .fix(Fix::run("try again", "factory-gitlab connect"));
        assert_eq!(
            failure.to_string(),
            "error: GitLab could not be reached\n  caused by: connection refused\nhint: try again\n      factory-gitlab connect"
        );
        assert_eq!(failure.exit_code(), ExitCode::Unknown);
    }
}
