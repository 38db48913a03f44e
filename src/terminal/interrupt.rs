//! Ctrl-C, SIGTERM, SIGQUIT and SIGHUP: the first one stops the work, the second one ends the program at once. SIGHUP only
//! stops it: when a terminal closes, both the shell and the kernel send one.
//!
//! [`Interrupt::listen`] must run before the first prompt: without a handler the process would die inside the prompt and leave
//! the cursor hidden. Signals are awaited on a thread of their own, because a question blocks the program's runtime.

use std::future::Future;
use std::io;
use std::thread;
use std::time::Duration;

use tokio::sync::watch;

use super::Terminal;
#[cfg(unix)]
use crate::env;
use crate::error::{ExitCode, Failure, FailureKind, Fix};

/// The user or the system asked the program to stop.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("interrupted")]
pub struct Interrupted;

impl From<Interrupted> for Failure {
    fn from(_: Interrupted) -> Self {
        // Before anything was changed: what stops in the middle of a plan has a report of its own.
        Self::new(FailureKind::Interrupted, "interrupted").fix(Fix::say("run the same command again"))
    }
}

/// Whether the program was asked to stop. Clones share the state.
#[derive(Clone, Debug)]
pub struct Interrupt {
    stopped: watch::Receiver<bool>,
}

impl Interrupt {
    /// Installs the signal handlers.
    ///
    /// # Errors
    /// When the system refuses a handler or a thread.
    pub fn listen(terminal: &Terminal) -> io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let mut signals = {
            let _inside = runtime.enter();
            Signals::new()?
        };
        let terminal = terminal.clone();
        let (stop, stopped) = watch::channel(false);
        let both = async move {
            signals.next().await;
            // Every receiver may be gone by now; the second signal still counts.
            let _no_receiver = stop.send(true);
            signals.next_from_a_person().await;
            leave_at_once(&terminal);
        };
        thread::Builder::new().name("signals".to_owned()).spawn(move || runtime.block_on(both))?;
        Ok(Self { stopped })
    }

    /// Whether the signal has come.
    #[must_use]
    pub fn is_raised(&self) -> bool {
        *self.stopped.borrow()
    }

    #[cfg(test)]
    fn never() -> Self {
        Self { stopped: watch::channel(false).1 }
    }

    #[cfg(test)]
    fn raised() -> Self {
        Self { stopped: watch::channel(true).1 }
    }

    /// Waits for the signal.
    pub async fn wait(&self) {
        let mut stopped = self.stopped.clone();
        if stopped.wait_for(|stopped| *stopped).await.is_err() {
            // The sender is gone, so no signal will come.
            std::future::pending::<()>().await;
        }
    }

    /// Does the work; drops it when the interrupt comes first.
    ///
    /// # Errors
    /// [`Interrupted`].
    pub async fn or<T>(&self, work: impl Future<Output = T>) -> Result<T, Interrupted> {
        tokio::select! {
            biased;
            () = self.wait() => Err(Interrupted),
            done = work => Ok(done),
        }
    }
}

/// How long the second Ctrl-C waits for the terminal to be restored.
const RESTORE_TIME: Duration = Duration::from_millis(200);

#[expect(clippy::exit, clippy::disallowed_methods, reason = "a second Ctrl-C does not wait for anything")]
fn leave_at_once(terminal: &Terminal) {
    // Another thread may hold the terminal, blocked in a write: restoring it must not keep the program alive.
    let (done, is_done) = std::sync::mpsc::channel();
    let terminal = terminal.clone();
    let restoring = thread::Builder::new().name("restore".to_owned()).spawn(move || {
        terminal.restore();
        drop(done);
    });
    if restoring.is_ok() {
        let _restored_or_late = is_done.recv_timeout(RESTORE_TIME) as Result<(), _>;
    }
    std::process::exit(ExitCode::Interrupted as i32);
}

#[cfg(unix)]
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
    quit: tokio::signal::unix::Signal,
    /// `None` where it is ignored, as `nohup` has it: the work goes on when the terminal closes.
    hangup: Option<tokio::signal::unix::Signal>,
}

#[cfg(unix)]
impl Signals {
    fn new() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        let hangup = if env::ignores_hangup() { None } else { Some(signal(SignalKind::hangup())?) };
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            quit: signal(SignalKind::quit())?,
            hangup,
        })
    }

    async fn next(&mut self) {
        let Some(mut hangup) = self.hangup.take() else { return self.next_from_a_person().await };
        tokio::select! {
            () = self.next_from_a_person() => (),
            _ = hangup.recv() => (),
        }
        // Kept, so that the next one is not taken for a reason to end at once.
        self.hangup = Some(hangup);
    }

    async fn next_from_a_person(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => (),
            _ = self.terminate.recv() => (),
            _ = self.quit.recv() => (),
        }
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    #[expect(clippy::unnecessary_wraps, reason = "the same shape as on Unix")]
    fn new() -> io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    async fn next_from_a_person(&mut self) {
        self.next().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn interrupted_work_is_dropped() {
        assert_eq!(Interrupt::never().or(async { 1 }).await, Ok(1));
        assert_eq!(Interrupt::raised().or(std::future::pending::<()>()).await, Err(Interrupted));
        assert_eq!(Failure::from(Interrupted).exit_code(), ExitCode::Interrupted);
    }

    /// The signals come to the whole process, which has handlers for them from then on.
    #[cfg(unix)]
    #[tokio::test]
    async fn a_closed_terminal_stops_the_work_and_does_not_end_it_at_once() {
        use rustix::process::{Signal, getpid, kill_process};
        let raise = |signal| kill_process(getpid(), signal).expect("a signal");
        let mut signals = Signals::new().expect("handlers");
        if signals.hangup.is_some() {
            raise(Signal::HUP);
            signals.next().await;
            raise(Signal::HUP);
            let second = tokio::time::timeout(Duration::from_millis(50), signals.next_from_a_person()).await;
            assert!(second.is_err(), "the shell and the kernel both send one");
        }
        for signal in [Signal::QUIT, Signal::TERM] {
            raise(signal);
            signals.next_from_a_person().await;
        }
    }

    #[test]
    fn where_nothing_was_begun_nothing_is_said_to_resume() {
        let fix = Failure::from(Interrupted).fixes.first().map(|fix| fix.text.clone());
        assert_eq!(fix.as_deref(), Some("run the same command again"));
    }
}
