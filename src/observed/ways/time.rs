//! The time of a run, and of each step of it.

use std::time::{Duration, Instant};

use tokio::time::timeout;

use super::Unasked;
use crate::env::Clock;

/// How much time there is.
#[derive(Clone, Copy, Debug)]
pub struct WayTime {
    pub clock: Clock,
    /// Nothing is waited for any longer.
    pub deadline: Instant,
    /// For one step.
    pub step: Duration,
    /// The time of the whole run, as it is named.
    pub longest: Duration,
}

/// With less time a step says nothing: it is not begun.
const SHORTEST_STEP: Duration = Duration::from_secs(1);

impl WayTime {
    pub(super) const fn over(&self) -> Unasked {
        Unasked::TimeOver { longest: self.longest.as_secs() }
    }

    pub(super) fn left(&self) -> Duration {
        self.deadline.saturating_duration_since(self.clock.instant())
    }

    /// How long the next step may take.
    ///
    /// # Errors
    /// There is no time for it.
    pub(super) fn limit(&self) -> Result<Duration, Unasked> {
        let left = self.left();
        if left < self.step.min(SHORTEST_STEP) { Err(self.over()) } else { Ok(left.min(self.step)) }
    }

    /// Waits for the turn of a step.
    ///
    /// # Errors
    /// It does not come in time.
    pub(super) async fn turn<T>(&self, turn: impl Future<Output = T>) -> Result<T, Unasked> {
        timeout(self.left(), turn).await.map_err(|_| self.over())
    }

    /// Makes one step.
    ///
    /// # Errors
    /// It had less time than a step has, and used it up: what it then says is of no worth.
    pub(super) async fn step<T>(&self, work: impl AsyncFnOnce(Duration) -> T) -> Result<Timed<T>, Unasked> {
        let limit = self.limit()?;
        let began = self.clock.instant();
        let done = timeout(self.left(), Box::pin(work(limit))).await.map_err(|_| self.over())?;
        let took = self.clock.instant().duration_since(began);
        if limit < self.step && took >= limit { Err(self.over()) } else { Ok(Timed { done, took }) }
    }
}

/// The result of a step, and how long it took.
pub(super) struct Timed<T> {
    pub done: T,
    pub took: Duration,
}
