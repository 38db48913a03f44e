//! How fast one server may be asked: how many requests at once, and not before when. Pure: times are handed in.

use std::time::Duration;

/// For so long a limit is waited for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Patience {
    /// When the server says until when.
    pub named: Duration,
    /// When it does not.
    pub nameless: Duration,
}

/// A server's seconds are rounded, and its clock may be a little behind.
const LEEWAY: Duration = Duration::from_secs(5);
const FIRST_PAUSE: Duration = Duration::from_millis(250);
pub(super) const LONGEST_PAUSE: Duration = Duration::from_secs(15);
/// At least so many good answers in a row before one more request may be in flight. Fewer would bring a server that
/// limits without a word back over its limit at once.
const SHORTEST_RUN: usize = 8;

/// What an answer, or none, says of its server.
#[derive(Clone, Copy, Debug)]
pub(super) enum Outcome {
    Good,
    /// An answer that took long, 502 to 504, a time-out or a broken connection.
    Struggling,
    /// It has had enough for now.
    Limited(Limit),
    /// Nothing that the others need to know.
    Private,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Limit {
    /// How long it wants to be left alone.
    pub asked: Option<Duration>,
    /// How often the same request was limited, this time included.
    pub number: u32,
    /// Any byte, so that many clients do not come back at the same moment.
    pub jitter: u8,
}

/// How a request went. Times are measured from any one moment.
#[derive(Clone, Copy, Debug)]
pub(super) struct Noted {
    pub began: Duration,
    pub now: Duration,
    pub outcome: Outcome,
}

/// Whether a request may leave.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Leave {
    Now,
    /// When one of those in flight has landed.
    Later,
    /// Not before this time.
    NotBefore(Duration),
    /// The server asks for more time than there is patience for: it is not asked again for so long.
    Closed(Duration),
}

/// The pace of one server.
#[derive(Debug)]
pub(super) struct Pace {
    patience: Patience,
    /// The most that may ever be in flight.
    most: usize,
    /// The most that may be in flight now.
    width: usize,
    flying: usize,
    /// Good answers since the last other one or the last change of the width.
    run: usize,
    /// When the width was cut last. What left before tells nothing that was not known then.
    cut: Option<Duration>,
    /// When the last wave of limits was seen first. What left before belongs to it.
    wave: Option<Duration>,
    /// Waves since the last good answer, and how long they were waited for.
    waves: u32,
    waited: Duration,
    hold: Option<Hold>,
}

#[derive(Clone, Copy, Debug)]
struct Hold {
    until: Duration,
    is_closed: bool,
}

impl Pace {
    pub(super) fn new(most: usize, patience: Patience) -> Self {
        Self {
            patience,
            most,
            width: most,
            flying: 0,
            run: 0,
            cut: None,
            wave: None,
            waves: 0,
            waited: Duration::ZERO,
            hold: None,
        }
    }

    /// What holds everything back at this time.
    pub(super) fn held(&self, now: Duration) -> Option<Leave> {
        let hold = self.hold.filter(|hold| now < hold.until)?;
        Some(if hold.is_closed { Leave::Closed(hold.until - now) } else { Leave::NotBefore(hold.until) })
    }

    /// Asks to leave; counts as in flight when it may.
    pub(super) fn leave(&mut self, now: Duration) -> Leave {
        if let Some(held) = self.held(now) {
            return held;
        }
        if self.flying >= self.width {
            return Leave::Later;
        }
        self.flying += 1;
        Leave::Now
    }

    /// One that had left is back, or was given up.
    pub(super) fn land(&mut self) {
        self.flying = self.flying.saturating_sub(1);
    }

    /// Learns from a request. Gives how long all have to wait, where a wave of limits has just begun.
    pub(super) fn note(&mut self, noted: Noted) -> Option<Duration> {
        match noted.outcome {
            Outcome::Private => None,
            Outcome::Good => {
                self.good(noted.began);
                None
            }
            Outcome::Struggling => {
                self.slow_down(noted);
                None
            }
            Outcome::Limited(limit) => {
                self.slow_down(noted);
                self.limited(noted, limit)
            }
        }
    }

    fn good(&mut self, began: Duration) {
        if self.wave.is_none_or(|wave| began >= wave) {
            (self.waves, self.waited) = (0, Duration::ZERO);
        }
        self.run += 1;
        if self.run >= self.width.max(SHORTEST_RUN) && self.width < self.most {
            (self.width, self.run) = (self.width + 1, 0);
        }
    }

    /// Half as many at once; once for all that were in flight together.
    fn slow_down(&mut self, noted: Noted) {
        self.run = 0;
        if self.cut.is_none_or(|cut| noted.began > cut) {
            self.cut = Some(noted.now);
            self.width = (self.width / 2).max(1);
        }
    }

    fn limited(&mut self, noted: Noted, limit: Limit) -> Option<Duration> {
        let is_new = self.wave.is_none_or(|wave| noted.began >= wave);
        if is_new {
            self.wave = Some(noted.now);
            self.waves += 1;
        } else if limit.asked.is_none() {
            return None;
        }
        let pause = limit.asked.unwrap_or_else(|| backoff(self.waves.max(limit.number), LONGEST_PAUSE, limit.jitter));
        let patience = if limit.asked.is_some() { self.patience.named } else { self.patience.nameless };
        let before = if is_new { self.waited } else { Duration::ZERO };
        let is_closed = before.saturating_add(pause) > patience + LEEWAY;
        let until = noted.now.saturating_add(pause);
        if self.hold.is_none_or(|hold| until > hold.until) {
            self.hold = Some(Hold { until, is_closed });
        }
        if !is_new || is_closed {
            return None;
        }
        self.waited += pause;
        Some(pause)
    }
}

/// How long to wait after the failure of this number: 250 ms, doubled each time up to `longest`, and up to half as much
/// again by chance, for which any byte serves.
#[must_use]
pub fn backoff(number: u32, longest: Duration, jitter: u8) -> Duration {
    let base = (FIRST_PAUSE * 2_u32.pow(number.saturating_sub(1).min(6))).min(longest);
    base + base * u32::from(jitter) / 512
}

#[cfg(test)]
mod tests;
