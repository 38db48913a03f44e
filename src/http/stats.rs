//! What a run costs: requests, writes, how many at once, how many one after another.

use std::sync::atomic::{AtomicU32, Ordering};

use super::request::Repeat;
use super::trail::Trail;

/// The counts so far.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, serde::Serialize)]
pub struct Stats {
    /// Every request sent, retries and redirects included.
    pub requests: u32,
    /// Those of them that can change something.
    pub writes: u32,
    /// The longest chain of requests of which each started after the one before had ended.
    pub round_trips: u32,
    /// The most that were in flight at once.
    pub peak: u32,
}

#[derive(Debug, Default)]
pub(super) struct Counters {
    pub(super) trail: Trail,
    requests: AtomicU32,
    writes: AtomicU32,
    round_trips: AtomicU32,
    in_flight: AtomicU32,
    peak: AtomicU32,
}

/// A request that is counted as in flight until this is dropped, also when its future is dropped.
pub(super) struct CountedRequest<'a> {
    counters: &'a Counters,
    round_trip: u32,
}

impl Counters {
    /// The round trip of a request that asks for its permit now.
    pub(super) fn next_round_trip(&self) -> u32 {
        self.round_trips.load(Ordering::Relaxed) + 1
    }

    /// Counts a request that is about to be sent.
    pub(super) fn start(&self, round_trip: u32, repeat: Repeat) -> CountedRequest<'_> {
        self.requests.fetch_add(1, Ordering::Relaxed);
        if repeat != Repeat::Read {
            self.writes.fetch_add(1, Ordering::Relaxed);
        }
        let now = self.in_flight.fetch_add(1, Ordering::Relaxed) + 1;
        self.peak.fetch_max(now, Ordering::Relaxed);
        CountedRequest { counters: self, round_trip }
    }

    pub(super) fn stats(&self) -> Stats {
        Stats {
            requests: self.requests.load(Ordering::Relaxed),
            writes: self.writes.load(Ordering::Relaxed),
            round_trips: self.round_trips.load(Ordering::Relaxed),
            peak: self.peak.load(Ordering::Relaxed),
        }
    }
}

impl Drop for CountedRequest<'_> {
    fn drop(&mut self) {
        self.counters.in_flight.fetch_sub(1, Ordering::Relaxed);
        self.counters.round_trips.fetch_max(self.round_trip, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn concurrent_requests_are_one_round_trip() {
        let counters = Counters::default();
        let round_trip = counters.next_round_trip();
        drop((counters.start(round_trip, Repeat::Read), counters.start(round_trip, Repeat::Read)));
        drop(counters.start(counters.next_round_trip(), Repeat::Write));
        assert_eq!(counters.stats(), Stats { requests: 3, writes: 1, round_trips: 2, peak: 2 });
    }
}
