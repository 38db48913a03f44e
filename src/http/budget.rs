//! What a run has cost: requests, writes, how many at once, how many one after another.

use std::sync::atomic::{AtomicU32, Ordering};

/// What was spent so far.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, serde::Serialize)]
pub struct Spent {
    /// Everything that was sent, repeats and redirect hops too.
    pub requests: u32,
    /// Those of them that can change something.
    pub writes: u32,
    /// The longest row of requests of which each began after the one before had ended.
    pub round_trips: u32,
    /// The most that were in flight at once.
    pub peak: u32,
}

#[derive(Debug, Default)]
pub(super) struct Budget {
    requests: AtomicU32,
    writes: AtomicU32,
    round_trips: AtomicU32,
    in_flight: AtomicU32,
    peak: AtomicU32,
}

/// A request in flight; it lands when dropped, also when its future is.
pub(super) struct Flight<'a> {
    budget: &'a Budget,
    row: u32,
}

impl Budget {
    /// The place that a request asked for now has in a row.
    pub(super) fn row(&self) -> u32 {
        self.round_trips.load(Ordering::Relaxed) + 1
    }

    /// Counts a request that now leaves.
    pub(super) fn begin(&self, row: u32, is_write: bool) -> Flight<'_> {
        self.requests.fetch_add(1, Ordering::Relaxed);
        if is_write {
            self.writes.fetch_add(1, Ordering::Relaxed);
        }
        let now = self.in_flight.fetch_add(1, Ordering::Relaxed) + 1;
        self.peak.fetch_max(now, Ordering::Relaxed);
        Flight { budget: self, row }
    }

    pub(super) fn spent(&self) -> Spent {
        Spent {
            requests: self.requests.load(Ordering::Relaxed),
            writes: self.writes.load(Ordering::Relaxed),
            round_trips: self.round_trips.load(Ordering::Relaxed),
            peak: self.peak.load(Ordering::Relaxed),
        }
    }
}

impl Drop for Flight<'_> {
    fn drop(&mut self) {
        self.budget.in_flight.fetch_sub(1, Ordering::Relaxed);
        self.budget.round_trips.fetch_max(self.row, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_side_by_side_are_one_round_trip() {
        let budget = Budget::default();
        let row = budget.row();
        drop((budget.begin(row, false), budget.begin(row, false)));
        drop(budget.begin(budget.row(), true));
        assert_eq!(budget.spent(), Spent { requests: 3, writes: 1, round_trips: 2, peak: 2 });
    }
}
