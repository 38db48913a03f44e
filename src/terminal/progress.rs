//! Progress: a spinner for work of unknown length, a bar for counted steps, and lines where there is no terminal.

use std::cell::Cell;
use std::fmt;
use std::future::Future;
use std::pin::pin;
use std::sync::PoisonError;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressState, ProgressStyle};

use super::{Terminal, Verbosity, sanitize};

/// Shorter work shows no spinner.
const SPINNER_DELAY: Duration = Duration::from_millis(300);
/// How often a line is printed where there is no terminal.
const BETWEEN_LINES: Duration = Duration::from_secs(5);
const BETWEEN_TICKS: Duration = Duration::from_millis(100);

impl Terminal {
    /// Does work and shows a spinner while it takes long.
    pub async fn with_spinner<T>(&self, doing: &str, work: impl Future<Output = T>) -> T {
        if self.inner.verbosity == Verbosity::Quiet {
            return work.await;
        }
        let doing = sanitize::line(doing);
        let mut work = pin!(work);
        if self.inner.draws_progress {
            tokio::select! {
                done = &mut work => return done,
                () = self.inner.clock.sleep(SPINNER_DELAY) => (),
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
                    if self.is_line_due(now, began) {
                        self.say_line(format!("{doing}, for {}", in_words(now.duration_since(began))));
                    }
                }
            }
        }
    }

    /// Whether a line is due, counted from the last one or from `since`. Concurrent work shares the interval, so that a bar,
    /// which says more than a spinner, is not repeated by one.
    fn is_line_due(&self, now: Instant, since: Instant) -> bool {
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

    /// A bar over `total` steps, shown until it is dropped.
    #[must_use]
    pub fn bar(&self, doing: &str, total: u64) -> Bar {
        let doing = sanitize::line(doing).into_owned();
        let drawn = (self.inner.draws_progress && self.inner.verbosity > Verbosity::Quiet).then(|| {
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

/// The progress of counted steps.
pub struct Bar {
    terminal: Terminal,
    doing: String,
    total: Cell<u64>,
    done: Cell<u64>,
    began: Instant,
    drawn: Option<Cleared>,
}

impl Bar {
    /// Sets a new total: more work was found.
    pub fn lengthen(&self, total: u64) {
        self.total.set(total);
        if let Some(Cleared(bar)) = &self.drawn {
            bar.set_length(total);
        }
    }

    /// Names the current step; cut at the width of the terminal.
    pub fn at(&self, step: &str) {
        if let Some(Cleared(bar)) = &self.drawn {
            bar.set_message(sanitize::line(step).into_owned());
        }
    }

    /// Counts one step as done.
    pub fn advance(&self) {
        self.done.set(self.done.get() + 1);
        if let Some(Cleared(bar)) = &self.drawn {
            bar.inc(1);
        } else {
            self.print_line_if_due(self.terminal.inner.clock.instant());
        }
    }

    fn print_line_if_due(&self, now: Instant) {
        if self.terminal.is_line_due(now, self.began) {
            let pace = pace(self.done.get(), self.total.get(), now.duration_since(self.began));
            self.terminal.say_line(format!("{}: {} of {}{pace}", self.doing, self.done.get(), self.total.get()));
        }
    }
}

/// The rate so far, and how long the rest takes at this rate.
fn pace(done: u64, total: u64, taken: Duration) -> String {
    let Some(each) = u32::try_from(done).ok().filter(|done| *done > 0).map(|done| taken / done) else {
        return String::new();
    };
    let left = each.saturating_mul(u32::try_from(total.saturating_sub(done)).unwrap_or(u32::MAX));
    let a_second = u128::from(done) * 1000 / taken.as_millis().max(1);
    format!(", {a_second} a second, {} left", in_words(left))
}

/// A duration to read: `40 s`, `12 min`, `1 h 5 min`.
fn in_words(time: Duration) -> String {
    let (seconds, minutes) = (time.as_secs(), time.as_secs().div_ceil(60));
    match (seconds, minutes) {
        (0..100, _) => format!("{seconds} s"),
        (_, 0..100) => format!("{minutes} min"),
        _ => format!("{} h {} min", minutes / 60, minutes % 60),
    }
}

/// The template of a bar's line; the message is cut at the width of the terminal.
const BAR: &str = "{prefix} [{bar:24}] {pos}/{len} {rate:.dim}, {eta:.dim} left {wide_msg:.dim}";

/// A visible bar, removed from the screen when dropped.
struct Cleared(ProgressBar);

impl Drop for Cleared {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

/// A style from a template of this file. A mistake in one falls back to the default, which a test below excludes.
fn style(template: &str) -> ProgressStyle {
    let rate = |state: &ProgressState, into: &mut dyn fmt::Write| {
        // Writing to indicatif's buffer cannot fail.
        let _never_fails = write!(into, "{:.0} a second", state.per_sec());
    };
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()).with_key("rate", rate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn short_work_prints_nothing() {
        let terminal = Terminal::captured(b"");
        assert_eq!(terminal.with_spinner("reading", async { 7 }).await, 7);
        let bar = terminal.bar("registering", 2);
        bar.at("one");
        bar.advance();
        bar.lengthen(3);
        assert_eq!(terminal.captured_text().1, "");
    }

    #[test]
    fn without_a_terminal_a_line_every_few_seconds_gives_the_rate_and_the_time_left() {
        let terminal = Terminal::captured(b"");
        let bar = terminal.bar("connecting", 5000);
        bar.done.set(999);
        bar.advance();
        for seconds in [1, 4, 5, 6, 9, 10] {
            bar.print_line_if_due(bar.began + Duration::from_secs(seconds));
        }
        assert_eq!(
            terminal.captured_text().1,
            "connecting: 1000 of 5000, 200 a second, 20 s left\nconnecting: 1000 of 5000, 100 a second, 40 s left\n"
        );
        assert!(
            !terminal.is_line_due(bar.began + Duration::from_secs(12), bar.began),
            "another line was printed moments ago"
        );
    }

    #[test]
    fn durations_are_rounded_for_reading() {
        for (seconds, wanted) in [(0, "0 s"), (99, "99 s"), (100, "2 min"), (5940, "99 min"), (7260, "2 h 1 min")] {
            assert_eq!(in_words(Duration::from_secs(seconds)), wanted);
        }
        assert_eq!(pace(0, 10, Duration::from_secs(1)), "");
    }

    #[test]
    fn the_templates_are_valid() {
        for template in ["{spinner} {msg} {elapsed:.dim}", BAR] {
            assert!(ProgressStyle::with_template(template).is_ok(), "{template}");
        }
    }
}
