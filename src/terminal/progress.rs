//! Progress: a spinner for what takes longer than a moment, a bar where the end is known, lines without a terminal.

use std::cell::Cell;
use std::future::Future;
use std::pin::pin;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use super::{Terminal, Verbosity, sanitize};

/// Shorter work than this shows nothing.
const A_MOMENT: Duration = Duration::from_millis(300);
/// Without a terminal, a line this often.
const BETWEEN_LINES: Duration = Duration::from_secs(5);
const BETWEEN_TICKS: Duration = Duration::from_millis(100);

impl Terminal {
    /// Does work with a spinner beside it, once it has taken longer than a moment.
    pub async fn during<T>(&self, doing: &str, work: impl Future<Output = T>) -> T {
        if self.inner.verbosity == Verbosity::Quiet {
            return work.await;
        }
        let doing = sanitize::line(doing);
        let mut work = pin!(work);
        if self.inner.drawn {
            tokio::select! {
                done = &mut work => return done,
                () = self.inner.clock.sleep(A_MOMENT) => (),
            }
            let _spinner = Cleared(self.spinner(&doing));
            return work.await;
        }
        let began = self.inner.clock.instant();
        loop {
            tokio::select! {
                done = &mut work => return done,
                () = self.inner.clock.sleep(BETWEEN_LINES) => {
                    let seconds = self.inner.clock.instant().duration_since(began).as_secs();
                    self.say_line(format!("{doing}, for {seconds} s"));
                }
            }
        }
    }

    fn spinner(&self, doing: &str) -> ProgressBar {
        let bar = self.inner.bars.add(ProgressBar::new_spinner());
        bar.set_style(style("{spinner} {msg} {elapsed:.dim}"));
        bar.set_message(doing.to_owned());
        bar.enable_steady_tick(BETWEEN_TICKS);
        bar
    }

    /// A bar over `total` steps. It is gone when it is dropped.
    #[must_use]
    pub fn bar(&self, doing: &str, total: u64) -> Bar {
        let doing = sanitize::line(doing).into_owned();
        let drawn = (self.inner.drawn && self.inner.verbosity > Verbosity::Quiet).then(|| {
            let bar = self.inner.bars.add(ProgressBar::new(total));
            bar.set_style(style(BAR).progress_chars("=> "));
            bar.set_prefix(doing.clone());
            bar.enable_steady_tick(BETWEEN_TICKS);
            Cleared(bar)
        });
        let last_line = Cell::new(self.inner.clock.instant());
        Bar { terminal: self.clone(), doing, total: Cell::new(total), done: Cell::new(0), last_line, drawn }
    }
}

/// Steps that are counted.
pub struct Bar {
    terminal: Terminal,
    doing: String,
    total: Cell<u64>,
    done: Cell<u64>,
    last_line: Cell<Instant>,
    drawn: Option<Cleared>,
}

impl Bar {
    /// There is more to do than was known.
    pub fn lengthen(&self, total: u64) {
        self.total.set(total);
        if let Some(Cleared(bar)) = &self.drawn {
            bar.set_length(total);
        }
    }

    /// Says what is being worked on, cut to the width of the terminal.
    pub fn at(&self, step: &str) {
        if let Some(Cleared(bar)) = &self.drawn {
            bar.set_message(sanitize::line(step).into_owned());
        }
    }

    /// One step further.
    pub fn advance(&self) {
        self.done.set(self.done.get() + 1);
        if let Some(Cleared(bar)) = &self.drawn {
            bar.inc(1);
        } else {
            self.line_now_and_then();
        }
    }

    fn line_now_and_then(&self) {
        let now = self.terminal.inner.clock.instant();
        if now.duration_since(self.last_line.get()) >= BETWEEN_LINES {
            self.last_line.set(now);
            self.terminal.say_line(format!("{}: {} of {}", self.doing, self.done.get(), self.total.get()));
        }
    }
}

/// What stands in the bar's line; the last part fills it and is cut off at its end.
const BAR: &str = "{prefix} [{bar:24}] {pos}/{len} {eta:.dim} {wide_msg:.dim}";

/// A drawn bar, taken off the screen when dropped.
struct Cleared(ProgressBar);

impl Drop for Cleared {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

/// A style from a template of this file; a slip in one would show as the plain default.
fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn short_work_leaves_no_trace() {
        let terminal = Terminal::captured(b"");
        assert_eq!(terminal.during("reading", async { 7 }).await, 7);
        let bar = terminal.bar("registering", 2);
        bar.at("one");
        bar.advance();
        bar.lengthen(3);
        assert_eq!(terminal.heard().1, "");
    }

    #[test]
    fn the_templates_are_understood() {
        for template in ["{spinner} {msg} {elapsed:.dim}", BAR] {
            assert!(ProgressStyle::with_template(template).is_ok(), "{template}");
        }
    }
}
