//! The deadline of everything that a client does.

use std::time::{Duration, Instant};

use super::Client;

impl Client {
    /// Sets a deadline for everything: from it on nothing is waited for, sent again or read for longer than one request may
    /// take. It does not cut a request short that was sent before. Only the first deadline counts.
    pub fn end_at(&self, deadline: Instant) {
        let deadline = deadline.checked_add(self.shared.timeout).unwrap_or(deadline);
        let _first_stays = self.shared.deadline.set(deadline);
    }

    /// `None` without a deadline.
    pub(super) fn time_left(&self) -> Option<Duration> {
        Some(self.shared.deadline.get()?.saturating_duration_since(self.shared.clock.instant()))
    }
}
