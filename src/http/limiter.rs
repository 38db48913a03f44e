//! Every request needs a permit to be sent: in order, no more at once than allowed, and none while its server is rate
//! limiting.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Notify;

use super::aimd::{Admission, AimdLimit, Sample, Signal, WaitBudget};
use super::error::{Cause, ErrorResponse};
use super::limits::REPORTED_WAIT;
use crate::env::Clock;

/// A wait of all requests to one host, for its rate limit.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Wait {
    pub host: String,
    pub time: Duration,
}

/// Called at the start of a wait.
pub type OnWait = dyn Fn(&Wait) + Send + Sync;

/// The order of waiting requests: one that was rate limited before goes first, so that each is limited a few times at most,
/// however many wait.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum Priority {
    Limited,
    Normal,
}

/// Not sent: the server wants more time than the wait budget has.
#[derive(Clone, Copy, Debug)]
pub(super) struct Closed {
    /// How much of that time is left.
    pub left: Duration,
}

impl Closed {
    /// The cause for a request that was not sent because its server wants more time, in whole seconds as the server would say
    /// it.
    pub(super) fn cause(self) -> Cause {
        let left = Duration::from_secs(self.left.as_millis().div_ceil(1000).try_into().unwrap_or(u64::MAX));
        Cause::Status(ErrorResponse { status: 429, retry_after: Some(left), ..ErrorResponse::default() })
    }
}

pub(super) struct Limiter {
    max: usize,
    budget: WaitBudget,
    clock: Clock,
    created: Instant,
    on_wait: OnceLock<Arc<OnWait>>,
    queues: Mutex<Queues>,
}

/// A rate limit is one server's: Factory's does not delay requests to GitLab. Requests in flight are counted over all
/// servers.
#[derive(Default)]
struct Queues {
    in_flight: usize,
    enqueued: u64,
    origins: BTreeMap<String, OriginQueue>,
}

struct OriginQueue {
    limit: AimdLimit,
    waiting: BTreeMap<QueueKey, Arc<Notify>>,
}

type QueueKey = (Priority, u64);

impl Limiter {
    pub(super) fn new(max: usize, budget: WaitBudget, clock: Clock) -> Self {
        let (created, on_wait) = (clock.instant(), OnceLock::new());
        Self { max, budget, clock, created, on_wait, queues: Mutex::default() }
    }

    /// Registers what is called at the start of a wait of two seconds or more, once for each rate limit. Only the first
    /// registration counts.
    pub(super) fn on_wait(&self, callback: Arc<OnWait>) {
        let _first_stays = self.on_wait.set(callback);
    }

    /// Waits until a request to this origin may be sent. A waiting request does not count as in flight; a dropped future
    /// leaves the queue.
    pub(super) async fn acquire(&self, origin: &str, priority: Priority) -> Result<Permit<'_>, Closed> {
        let waiter = self.enqueue(origin, priority);
        loop {
            let (now, admission) = (self.now(), self.try_admit(&waiter));
            match admission {
                Admission::Admitted => {
                    return Ok(Permit { limiter: self, origin: origin.to_owned(), started: now, signal: None });
                }
                Admission::Closed(left) => return Err(Closed { left }),
                Admission::Full => waiter.notify.notified().await,
                Admission::NotBefore(then) => {
                    // Either way the loop tries again.
                    tokio::select! {
                        () = self.clock.sleep(then.saturating_sub(now)) => {}
                        () = waiter.notify.notified() => {}
                    }
                }
            }
        }
    }

    /// Whether no request to this origin is sent for now.
    pub(super) fn is_closed(&self, origin: &str) -> bool {
        let now = self.now();
        let queues = self.queues();
        matches!(queues.origins.get(origin).and_then(|queue| queue.limit.held(now)), Some(Admission::Closed(_)))
    }

    fn now(&self) -> Duration {
        self.clock.instant().duration_since(self.created)
    }

    fn queues(&self) -> MutexGuard<'_, Queues> {
        self.queues.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn enqueue<'a>(&'a self, origin: &'a str, priority: Priority) -> Waiter<'a> {
        let notify = Arc::new(Notify::new());
        let mut queues = self.queues();
        queues.enqueued += 1;
        let key = (priority, queues.enqueued);
        if !queues.origins.contains_key(origin) {
            let queue = OriginQueue { limit: AimdLimit::new(self.max, self.budget), waiting: BTreeMap::new() };
            queues.origins.insert(origin.to_owned(), queue);
        }
        if let Some(queue) = queues.origins.get_mut(origin) {
            queue.waiting.insert(key, Arc::clone(&notify));
        }
        Waiter { limiter: self, origin, key, notify }
    }

    fn try_admit(&self, waiter: &Waiter<'_>) -> Admission {
        let now = self.now();
        let mut queues = self.queues();
        let is_full = queues.in_flight >= self.max;
        let Some(queue) = queues.origins.get_mut(waiter.origin) else { return Admission::Full };
        if let Some(closed @ Admission::Closed(_)) = queue.limit.held(now) {
            return closed;
        }
        if is_full || queue.waiting.first_key_value().is_none_or(|(first, _)| *first != waiter.key) {
            return Admission::Full;
        }
        let admission = queue.limit.admit(now);
        if admission == Admission::Admitted {
            queue.waiting.remove(&waiter.key);
            queues.in_flight += 1;
        }
        admission
    }

    fn report_wait(&self, origin: &str, time: Duration) {
        if let Some(on_wait) = self.on_wait.get().filter(|_| time >= REPORTED_WAIT) {
            let host = origin.split_once("://").map_or(origin, |(_, host)| host).to_owned();
            on_wait(&Wait { host, time });
        }
    }
}

impl Queues {
    /// Wakes the first of each queue, and all of a queue whose server is closed: they give up.
    fn wake(&self, now: Duration) {
        for queue in self.origins.values() {
            let is_closed = matches!(queue.limit.held(now), Some(Admission::Closed(_)));
            let count = if is_closed { usize::MAX } else { 1 };
            queue.waiting.values().take(count).for_each(|notify| notify.notify_one());
        }
    }
}

/// A place in a queue; given up when dropped.
struct Waiter<'a> {
    limiter: &'a Limiter,
    origin: &'a str,
    key: QueueKey,
    notify: Arc<Notify>,
}

impl Drop for Waiter<'_> {
    fn drop(&mut self) {
        let now = self.limiter.now();
        let mut queues = self.limiter.queues();
        if let Some(queue) = queues.origins.get_mut(self.origin) {
            queue.waiting.remove(&self.key);
        }
        queues.wake(now);
    }
}

/// The right to be in flight; given back when dropped.
pub(super) struct Permit<'a> {
    limiter: &'a Limiter,
    origin: String,
    started: Duration,
    signal: Option<Signal>,
}

impl Permit<'_> {
    /// Gives the permit back, with what the request's outcome says about the server.
    pub(super) fn release(mut self, signal: Signal) {
        self.signal = Some(signal);
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        let now = self.limiter.now();
        let mut queues = self.limiter.queues();
        queues.in_flight = queues.in_flight.saturating_sub(1);
        let mut wait = None;
        if let Some(queue) = queues.origins.get_mut(&self.origin) {
            queue.limit.release();
            wait = self.signal.and_then(|signal| queue.limit.record(Sample { started: self.started, now, signal }));
            // Nobody may want to send anything more.
            let is_foreseen = matches!(self.signal, Some(Signal::LastOne(_)));
            wait = wait.filter(|_| !is_foreseen || !queue.waiting.is_empty());
        }
        // Under the same lock as the release, so that no other request is sent between the two.
        queues.wake(now);
        drop(queues);
        if let Some(time) = wait {
            self.limiter.report_wait(&self.origin, time);
        }
    }
}

#[cfg(test)]
mod tests;
