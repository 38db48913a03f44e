//! Runs a line of the user's shell, without the secrets of this process.

use std::io::{self, Write as _};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use tokio::sync::oneshot;

/// How a command ended that was given something to read.
#[derive(Debug, thiserror::Error)]
pub enum ShellError {
    #[error("it cannot be started: {0}")]
    Start(#[source] io::Error),
    #[error("it ended with {0}")]
    Failed(ExitStatus),
    /// What the shell says by exit status 127.
    #[error("the shell did not find it, or something it runs ({0})")]
    NotFound(ExitStatus),
    #[error("it did not end within {} s and was stopped", .0.as_secs())]
    TimedOut(Duration),
    #[error("how it ended is unknown: {0}")]
    Unknown(#[source] io::Error),
}

/// How a shell ends that does not find a command.
const NOT_FOUND: i32 = 127;

/// A line of the shell, and what it is given.
pub(super) struct ShellCommand<'a> {
    pub(super) line: &'a str,
    /// Its standard input.
    pub(super) input: Vec<u8>,
    /// The variables that it does not inherit.
    pub(super) withheld: &'a [String],
    /// It is stopped after this time, with what it has started.
    pub(super) limit: Duration,
}

/// Runs the line to its end. What it prints is dropped: it would get between the lines of this program.
pub(super) async fn run(shell: ShellCommand<'_>) -> Result<(), ShellError> {
    let ShellCommand { line, input, withheld, limit } = shell;
    let mut child = command(line, withheld).spawn().map_err(ShellError::Start)?;
    // Stopped with all that it has started, also where this program is interrupted meanwhile.
    let group = StoppedOnDrop(Some(Group::of(&child)));
    let (ended, has_ended) = oneshot::channel();
    let waiting = std::thread::Builder::new().name("notify".to_owned()).spawn(move || {
        if let Some(mut stdin) = child.stdin.take() {
            // A command that does not read is no failure by itself.
            let _unread = stdin.write_all(&input);
        }
        // The receiver is gone where the program ends meanwhile.
        let _nobody_waits = ended.send(child.wait());
    });
    waiting.map_err(ShellError::Start)?;
    let ended = match tokio::time::timeout(limit, has_ended).await {
        Ok(Ok(Ok(status))) if status.success() => Ok(()),
        Ok(Ok(Ok(status))) if status.code() == Some(NOT_FOUND) => Err(ShellError::NotFound(status)),
        Ok(Ok(Ok(status))) => Err(ShellError::Failed(status)),
        Ok(Ok(Err(error))) => Err(ShellError::Unknown(error)),
        Ok(Err(_)) => Err(ShellError::Unknown(io::ErrorKind::Other.into())),
        Err(_) => Err(ShellError::TimedOut(limit)),
    };
    if !matches!(ended, Err(ShellError::TimedOut(_))) {
        group.let_go();
    }
    ended
}

fn command(line: &str, withheld: &[String]) -> Command {
    #[cfg(unix)]
    let mut command = {
        let mut command = Command::new("/bin/sh");
        command.arg("-c").arg(line);
        // A group of its own: Ctrl-C here does not reach it, and it is stopped with all that it has started.
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        command
    };
    #[cfg(not(unix))]
    let mut command = {
        let mut command = Command::new("cmd");
        command.arg("/C").arg(line);
        command
    };
    withheld.iter().for_each(|name| {
        command.env_remove(name);
    });
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

/// Stops a command where it is dropped before the command has ended.
struct StoppedOnDrop(Option<Group>);

impl StoppedOnDrop {
    /// The command has ended by itself: what it left running is its own affair.
    fn let_go(mut self) {
        self.0 = None;
    }
}

impl Drop for StoppedOnDrop {
    fn drop(&mut self) {
        if let Some(group) = &self.0 {
            group.kill();
        }
    }
}

/// A started command, with all that it has started.
struct Group {
    #[cfg(unix)]
    id: rustix::process::Pid,
}

#[cfg(unix)]
impl Group {
    fn of(child: &Child) -> Self {
        Self { id: rustix::process::Pid::from_child(child) }
    }

    fn kill(&self) {
        // It may have ended just now.
        let _ended = rustix::process::kill_process_group(self.id, rustix::process::Signal::KILL);
    }
}

/// Windows has no groups; the command is left to itself.
#[cfg(not(unix))]
impl Group {
    fn of(_: &Child) -> Self {
        Self {}
    }

    fn kill(&self) {}
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    async fn run_line(line: &str, limit: Duration) -> Result<(), ShellError> {
        run(ShellCommand { line, input: b"{}\n".to_vec(), withheld: &["HOME".to_owned()], limit }).await
    }

    #[tokio::test]
    async fn a_line_reads_its_input_and_its_failure_is_known() {
        const AMPLE: Duration = Duration::from_secs(60);
        run_line("read line && test \"$line\" = '{}' && test -z \"$HOME\"", AMPLE).await.expect("it succeeds");
        run_line("true", AMPLE).await.expect("it need not read");
        let error = run_line("exit 7", AMPLE).await.expect_err("it fails");
        assert_eq!(error.to_string(), "it ended with exit status: 7");
    }

    #[tokio::test]
    async fn a_line_that_does_not_end_is_stopped_with_what_it_started() {
        let error = run_line("sleep 600 & sleep 600", Duration::from_millis(300)).await.expect_err("it is stopped");
        assert!(matches!(error, ShellError::TimedOut(_)), "{error}");
    }
}
