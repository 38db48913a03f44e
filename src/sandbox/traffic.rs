//! Every request in the order it came: counted, recorded, shown, and stepped in on where a test asked for it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use super::clock;
use super::exchange::{Exchange, Origin, Side};

/// The two moments at which a test can step in on a request.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum When {
    /// The request was received, nothing was done.
    BeforeActing,
    /// The server has acted, nothing was answered.
    AfterActing,
}

/// What becomes of the request a test stepped in on.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Then {
    GoOn,
    /// The connection is reset. After [`When::BeforeActing`] the server does not act.
    Reset,
}

/// What was asked, fit to be shown.
pub struct Asked {
    pub method: String,
    /// Path and query, filtered.
    pub target: String,
}

type Watcher = Arc<dyn Fn(&Exchange) + Send + Sync>;
type Callback = Box<dyn FnOnce(&Exchange) -> Then + Send>;

struct Intervention {
    number: usize,
    when: When,
    callback: Callback,
}

/// The record of all requests to both sides.
pub struct Traffic {
    began: Instant,
    exchanges: Mutex<Kept>,
    interventions: Mutex<Vec<Intervention>>,
    watcher: Mutex<Option<Watcher>>,
}

impl Default for Traffic {
    fn default() -> Self {
        Self {
            began: clock::instant(),
            exchanges: Mutex::default(),
            interventions: Mutex::default(),
            watcher: Mutex::default(),
        }
    }
}

/// What was recorded, and how many of it were the client's.
#[derive(Default)]
struct Kept {
    all: Vec<Exchange>,
    client: usize,
    /// Counts the clearings, so that a request from before one is not written down after it.
    era: usize,
}

/// A request on its way: writes down its end when it is dropped, however that comes about.
pub struct Underway {
    traffic: Arc<Traffic>,
    exchange: Exchange,
    era: usize,
    place: usize,
}

impl Traffic {
    /// Takes up a request and, if it is the client's, gives it its number.
    pub fn begin(self: &Arc<Self>, side: Side, origin: Origin, asked: Asked) -> Underway {
        let mut kept = lock(&self.exchanges);
        let number = if origin == Origin::Client {
            kept.client += 1;
            kept.client
        } else {
            0
        };
        let exchange = Exchange {
            number,
            origin,
            side,
            method: asked.method,
            target: asked.target,
            status: None,
            fault: None,
            started: self.began.elapsed(),
            ended: None,
        };
        kept.all.push(exchange.clone());
        Underway { traffic: Arc::clone(self), exchange, era: kept.era, place: kept.all.len() - 1 }
    }

    /// All requests so far, the client's and GitLab's own, in the order they came.
    #[must_use]
    pub fn exchanges(&self) -> Vec<Exchange> {
        lock(&self.exchanges).all.clone()
    }

    /// Forgets them; the next request of the client is number 1.
    pub fn clear(&self) {
        let mut kept = lock(&self.exchanges);
        *kept = Kept { era: kept.era + 1, ..Kept::default() };
    }

    /// Calls back with every request when it has ended.
    pub fn watch(&self, watcher: impl Fn(&Exchange) + Send + Sync + 'static) {
        *lock(&self.watcher) = Some(Arc::new(watcher));
    }

    /// Calls back once, when the client's request `number` comes to that moment. Numbers count from the last clearing.
    pub fn at_request(&self, number: usize, when: When, callback: impl FnOnce(&Exchange) -> Then + Send + 'static) {
        lock(&self.interventions).push(Intervention { number, when, callback: Box::new(callback) });
    }

    fn end(&self, underway: &Underway) {
        {
            let mut kept = lock(&self.exchanges);
            let same_era = kept.era == underway.era;
            if let Some(place) = kept.all.get_mut(underway.place).filter(|_| same_era) {
                place.clone_from(&underway.exchange);
            }
        }
        let watcher = lock(&self.watcher).clone();
        if let Some(watcher) = watcher {
            watcher(&underway.exchange);
        }
    }
}

impl Underway {
    pub fn faulted(&mut self, written: String) {
        self.exchange.fault = Some(written);
    }

    pub fn answered(&mut self, status: u16) {
        self.exchange.status = Some(status);
    }

    /// Lets a test step in, if one asked for this request and moment.
    pub fn reach(&self, when: When) -> Then {
        let asked = {
            let mut interventions = lock(&self.traffic.interventions);
            let number = self.exchange.number;
            let at = interventions.iter().position(|one| one.number == number && number > 0 && one.when == when);
            at.map(|at| interventions.swap_remove(at))
        };
        asked.map_or(Then::GoOn, |one| (one.callback)(&self.exchange))
    }
}

impl Drop for Underway {
    fn drop(&mut self) {
        self.exchange.ended = Some(self.traffic.began.elapsed());
        self.traffic.end(self);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
