//! How much is asked at the same time: a system lets a program have only so many sockets, and one that asks a resolver for a
//! thousand names at once asks too much of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::{Semaphore, SemaphorePermit};

use super::{Unasked, WayTime};

/// The names that one resolver is asked for at the same time.
const NAMES_AT_ONCE: usize = 16;

/// The questions to one resolver.
pub(super) struct ResolverGate {
    turns: Semaphore,
    silent: AtomicUsize,
    answered: AtomicUsize,
}

impl Default for ResolverGate {
    fn default() -> Self {
        Self { turns: Semaphore::new(NAMES_AT_ONCE), silent: AtomicUsize::new(0), answered: AtomicUsize::new(0) }
    }
}

/// What a resolver did with a question.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Asked {
    Answered,
    Silent,
}

impl ResolverGate {
    /// Waits for its turn.
    ///
    /// # Errors
    /// The time is over, or the resolver has been silent for every name that it was asked for.
    pub(super) async fn enter(&self, time: &WayTime) -> Result<SemaphorePermit<'_>, Unasked> {
        let permit = time.turn(self.turns.acquire()).await?.map_err(|_closed| time.over())?;
        let names = self.silent.load(Ordering::Relaxed);
        let is_silent = names >= NAMES_AT_ONCE && self.answered.load(Ordering::Relaxed) == 0;
        if is_silent { Err(Unasked::Silent { names }) } else { Ok(permit) }
    }

    pub(super) fn record(&self, asked: Asked) {
        let count = if asked == Asked::Silent { &self.silent } else { &self.answered };
        count.fetch_add(1, Ordering::Relaxed);
    }
}

/// The sockets that may be open at the same time, and the requests in flight.
#[derive(Clone)]
pub(super) struct Sockets {
    all: Arc<Semaphore>,
    requests: Arc<Semaphore>,
}

/// What the resolvers, files and threads need beside them.
const RESERVED: usize = 448;
const FEWEST: usize = 64;
const MOST: usize = 2048;

impl Sockets {
    /// `files` is how many the system lets this program have open.
    pub(super) fn new(files: usize, requests: usize) -> Self {
        let all = files.saturating_sub(RESERVED).clamp(FEWEST, MOST);
        Self { all: Arc::new(Semaphore::new(all)), requests: Arc::new(Semaphore::new(requests)) }
    }

    /// # Errors
    /// The time is over.
    pub(super) async fn open(&self, count: u32, time: &WayTime) -> Result<SemaphorePermit<'_>, Unasked> {
        time.turn(self.all.acquire_many(count)).await?.map_err(|_closed| time.over())
    }

    /// # Errors
    /// The time is over.
    pub(super) async fn request(&self, time: &WayTime) -> Result<SemaphorePermit<'_>, Unasked> {
        time.turn(self.requests.acquire()).await?.map_err(|_closed| time.over())
    }
}
