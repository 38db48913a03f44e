//! Progress: a spinner for what takes longer than a moment, a bar where the end is known, lines without a terminal.

use std::cell::Cell;
use std::fmt;
use std::future::Future;
use std::pin::pin;
use std::sync::PoisonError;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressState, ProgressStyle};

use super::{Terminal, Verbosity, sanitize};

/// Shorter work than this shows nothing.
const A_MOMENT: Duration = Duration::from_millis(300);
/// Without a terminal, a line this often.
const BETWEEN_LINES: Duration = Duration::from_secs(5);
const BETWEEN_TICKS: Duration = Duration::from_millis(100);

impl Terminal {
    /// Does work with a spinner beside it, once it has taken longer than a moment.
    pub async fn with_spinner<T>(&self, doing: &str, work: impl Future<Output = T>) -> T {
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
                    let now = self.inner.clock.instant();
                    if self.line_is_due(now, began) {
                        self.say_line(format!("{doing}, for {}", in_words(now.duration_since(began))));
                    }
                }
            }
        }
    }

    /// Whether it is time for a line, counted from the last one or from `since`. Several kinds of work that go on at once
    /// share this, so that the one that can tell more is heard.
    fn line_is_due(&self, now: Instant, since: Instant) -> bool {
        let mut last = self.inner.last_line.lock().unwrap_or_else(PoisonError::into_inner);
        let from = last.map_or(since, |last| last.max(since));
        let is_due = now.duration_since(from) >= BETWEEN_LINES;
        if is_due {
            *last = Some(now);
        }
        is_due
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
        let began = self.inner.clock.instant();
        Bar { terminal: self.clone(), doing, total: Cell::new(total), done: Cell::new(0), began, drawn }
    }
}

/// Steps that are counted.
pub struct Bar {
    terminal: Terminal,
    doing: String,
    total: Cell<u64>,
    done: Cell<u64>,
    began: Instant,
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
            self.line_now_and_then(self.terminal.inner.clock.instant());
        }
    }

    fn line_now_and_then(&self, now: Instant) {
        if self.terminal.line_is_due(now, self.began) {
            let pace = pace(self.done.get(), self.total.get(), now.duration_since(self.began));
            self.terminal.say_line(format!("{}: {} of {}{pace}", self.doing, self.done.get(), self.total.get()));
        }
    }
}

/// How fast it goes and how long the rest takes if it goes on like this.
fn pace(done: u64, total: u64, taken: Duration) -> String {
    let Some(each) = u32::try_from(done).ok().filter(|done| *done > 0).map(|done| taken / done) else {
        return String::new();
    };
    let left = each.saturating_mul(u32::try_from(total.saturating_sub(done)).unwrap_or(u32::MAX));
    let a_second = u128::from(done) * 1000 / taken.as_millis().max(1);
    format!(", {a_second} a second, {} left", in_words(left))
}

/// A time as a person says it: `40 s`, `12 min`, `1 h 5 min`.
fn in_words(time: Duration) -> String {
    let (seconds, minutes) = (time.as_secs(), time.as_secs().div_ceil(60));
    match (seconds, minutes) {
        (0..100, _) => format!("{seconds} s"),
        (_, 0..100) => format!("{minutes} min"),
        _ => format!("{} h {} min", minutes / 60, minutes % 60),
    }
}

/// What stands in the bar's line; the last part fills it and is cut off at its end.
const BAR: &str = "{prefix} [{bar:24}] {pos}/{len} {rate:.dim}, {eta:.dim} left {wide_msg:.dim}";

/// A drawn bar, taken off the screen when dropped.
struct Cleared(ProgressBar);

impl Drop for Cleared {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

/// A style from a template of this file; a slip in one would show as the plain default.
fn style(template: &str) -> ProgressStyle {
    let rate = |state: &ProgressState, into: &mut dyn fmt::Write| {
        // Writing into indicatif's own text cannot fail.
        let _never_fails = write!(into, "{:.0} a second", state.per_sec());
    };
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()).with_key("rate", rate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn short_work_leaves_no_trace() {
        let terminal = Terminal::captured(b"");
        assert_eq!(terminal.with_spinner("reading", async { 7 }).await, 7);
        let bar = terminal.bar("registering", 2);
        bar.at("one");
        bar.advance();
        bar.lengthen(3);
        assert_eq!(terminal.captured_text().1, "");
    }

    #[test]
    fn without_a_terminal_a_line_every_few_seconds_says_how_far_it_is_and_how_long_it_takes() {
        let terminal = Terminal::captured(b"");
        let bar = terminal.bar("connecting", 5000);
        bar.done.set(999);
        bar.advance();
        for seconds in [1, 4, 5, 6, 9, 10] {
            bar.line_now_and_then(bar.began + Duration::from_secs(seconds));
        }
        assert_eq!(
            terminal.captured_text().1,
            "connecting: 1000 of 5000, 200 a second, 20 s left\nconnecting: 1000 of 5000, 100 a second, 40 s left\n"
        );
        assert!(!terminal.line_is_due(bar.began + Duration::from_secs(12), bar.began), "another's line has just come");
    }

    #[test]
    fn times_are_said_as_a_person_says_them() {
        for (seconds, wanted) in [(0, "0 s"), (99, "99 s"), (100, "2 min"), (5940, "99 min"), (7260, "2 h 1 min")] {
            assert_eq!(in_words(Duration::from_secs(seconds)), wanted);
        }
        assert_eq!(pace(0, 10, Duration::from_secs(1)), "");
    }

    #[test]
    fn the_templates_are_understood() {
        for template in ["{spinner} {msg} {elapsed:.dim}", BAR] {
            assert!(ProgressStyle::with_template(template).is_ok(), "{template}");
        }
    }
}
