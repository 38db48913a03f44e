//! The client of another look.

use std::sync::{Arc, OnceLock};

use tokio::sync::{OnceCell, Semaphore};

use super::{Client, Counters, LargeBodies, Limiter, Shared};

impl Client {
    /// A client over the same connections that knows nothing of earlier requests: counts, rate limits and refused passwords
    /// begin again. For a process that goes on for days.
    #[must_use]
    pub fn renewed(&self) -> Self {
        let shared = &self.shared;
        let renewed = Shared {
            transports: shared.transports.clone(),
            extra_headers: shared.extra_headers.clone(),
            limiter: Limiter::new(shared.concurrency, shared.budget, shared.clock),
            budget: shared.budget,
            concurrency: shared.concurrency,
            large_bodies: LargeBodies::default(),
            large_lists: Arc::new(Semaphore::new(1)),
            counters: Counters::default(),
            timeout: shared.timeout,
            clock: shared.clock,
            proxies: Arc::clone(&shared.proxies),
            reach: shared.reach.clone(),
            proxy_refuses: OnceCell::new(),
            wall_refuses: OnceCell::new(),
            deadline: OnceLock::new(),
            needed_permission: OnceLock::new(),
        };
        Self { shared: Arc::new(renewed), gitlab: self.gitlab.clone() }
    }
}
