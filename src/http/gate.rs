//! The gate that every request leaves through: in order, no more at once than allowed, and none while its server wants to
//! be left alone.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Notify;

use super::pace::{Leave, Noted, Outcome, Pace, Patience};
use crate::env::Clock;

/// A wait of all requests to one host, for its rate limit.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Wait {
    pub host: String,
    pub time: Duration,
}

/// Is told of waits.
pub type OnWait = dyn Fn(&Wait) + Send + Sync;

/// Shorter waits are not told.
const WORTH_TELLING: Duration = Duration::from_secs(2);

/// Who goes first: a request that was limited before, so that each is limited a few times at most, however many wait.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum Standing {
    Again,
    First,
}

/// Not sent: its server asked for more time than there is patience for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Closed {
    /// How much of that time is left.
    pub left: Duration,
}

pub(super) struct Gate {
    most: usize,
    patience: Patience,
    clock: Clock,
    began: Instant,
    told: OnceLock<Arc<OnWait>>,
    state: Mutex<State>,
}

/// A limit is one server's: that of Factory holds back nothing from GitLab. How many are in flight is counted over all.
#[derive(Default)]
struct State {
    flying: usize,
    tickets: u64,
    lanes: BTreeMap<String, Lane>,
}

struct Lane {
    pace: Pace,
    queue: BTreeMap<Key, Arc<Notify>>,
}

type Key = (Standing, u64);

impl Gate {
    pub(super) fn new(most: usize, patience: Patience, clock: Clock) -> Self {
        let (began, told) = (clock.instant(), OnceLock::new());
        Self { most, patience, clock, began, told, state: Mutex::default() }
    }

    /// Who is to be told of waits of two seconds and more, once for each wave of limits. Only the first who asks is.
    pub(super) fn on_wait(&self, told: Arc<OnWait>) {
        let _the_first_stays = self.told.set(told);
    }

    /// Waits until a request to this origin may leave. Waiting does not count as being in flight; a future that is dropped
    /// gives its place up.
    pub(super) async fn pass(&self, origin: &str, standing: Standing) -> Result<Pass<'_>, Closed> {
        let place = self.line_up(origin, standing);
        loop {
            let (now, turn) = (self.now(), self.turn(&place));
            match turn {
                Leave::Now => return Ok(Pass { gate: self, origin: origin.to_owned(), began: now, noted: None }),
                Leave::Closed(left) => return Err(Closed { left }),
                Leave::Later => place.bell.notified().await,
                Leave::NotBefore(then) => {
                    // Rung or not: it is asked again.
                    tokio::select! {
                        () = self.clock.sleep(then.saturating_sub(now)) => {}
                        () = place.bell.notified() => {}
                    }
                }
            }
        }
    }

    /// Whether requests to this origin are not sent at all for now.
    pub(super) fn is_closed(&self, origin: &str) -> bool {
        let now = self.now();
        let state = self.state();
        matches!(state.lanes.get(origin).and_then(|lane| lane.pace.held(now)), Some(Leave::Closed(_)))
    }

    fn now(&self) -> Duration {
        self.clock.instant().duration_since(self.began)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn line_up<'a>(&'a self, origin: &'a str, standing: Standing) -> Place<'a> {
        let bell = Arc::new(Notify::new());
        let mut state = self.state();
        state.tickets += 1;
        let key = (standing, state.tickets);
        if !state.lanes.contains_key(origin) {
            let lane = Lane { pace: Pace::new(self.most, self.patience), queue: BTreeMap::new() };
            state.lanes.insert(origin.to_owned(), lane);
        }
        if let Some(lane) = state.lanes.get_mut(origin) {
            lane.queue.insert(key, Arc::clone(&bell));
        }
        Place { gate: self, origin, key, bell }
    }

    fn turn(&self, place: &Place<'_>) -> Leave {
        let now = self.now();
        let mut state = self.state();
        let is_full = state.flying >= self.most;
        let Some(lane) = state.lanes.get_mut(place.origin) else { return Leave::Later };
        if let Some(closed @ Leave::Closed(_)) = lane.pace.held(now) {
            return closed;
        }
        if is_full || lane.queue.first_key_value().is_none_or(|(first, _)| *first != place.key) {
            return Leave::Later;
        }
        let leave = lane.pace.leave(now);
        if leave == Leave::Now {
            lane.queue.remove(&place.key);
            state.flying += 1;
        }
        leave
    }

    fn tell(&self, origin: &str, time: Duration) {
        if let Some(told) = self.told.get().filter(|_| time >= WORTH_TELLING) {
            let host = origin.split_once("://").map_or(origin, |(_, host)| host).to_owned();
            told(&Wait { host, time });
        }
    }
}

impl State {
    /// The first of each queue looks whether it may go; all of one that was closed hear that they may not.
    fn ring(&self, now: Duration) {
        for lane in self.lanes.values() {
            let is_closed = matches!(lane.pace.held(now), Some(Leave::Closed(_)));
            let most = if is_closed { usize::MAX } else { 1 };
            lane.queue.values().take(most).for_each(|bell| bell.notify_one());
        }
    }
}

/// A place in a queue; given up when dropped.
struct Place<'a> {
    gate: &'a Gate,
    origin: &'a str,
    key: Key,
    bell: Arc<Notify>,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let now = self.gate.now();
        let mut state = self.gate.state();
        if let Some(lane) = state.lanes.get_mut(self.origin) {
            lane.queue.remove(&self.key);
        }
        state.ring(now);
    }
}

/// The right to be in flight; given back when dropped.
pub(super) struct Pass<'a> {
    gate: &'a Gate,
    origin: String,
    began: Duration,
    noted: Option<Outcome>,
}

impl Pass<'_> {
    /// The request is back, and this is how it went.
    pub(super) fn end(mut self, outcome: Outcome) {
        self.noted = Some(outcome);
    }
}

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        let now = self.gate.now();
        let mut state = self.gate.state();
        state.flying = state.flying.saturating_sub(1);
        let mut pause = None;
        if let Some(lane) = state.lanes.get_mut(&self.origin) {
            lane.pace.land();
            pause = self.noted.and_then(|outcome| lane.pace.note(Noted { began: self.began, now, outcome }));
        }
        // In one go with the landing, so that nobody leaves between the two.
        state.ring(now);
        drop(state);
        if let Some(time) = pause {
            self.gate.tell(&self.origin, time);
        }
    }
}

#[cfg(test)]
mod tests;
