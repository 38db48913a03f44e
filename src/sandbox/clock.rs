//! The only module of the sandbox that reads the clock, sleeps or makes random values.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// A clock that can be moved forward; clones share their time.
#[derive(Clone, Debug, Default)]
pub struct SandboxClock {
    /// Milliseconds between the machine's time and the sandbox's.
    offset: Arc<AtomicI64>,
}

impl SandboxClock {
    /// The sandbox's current time.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        let offset = SignedDuration::from_millis(self.offset.load(Ordering::Relaxed));
        now().saturating_add(offset).unwrap_or(Timestamp::MAX)
    }

    /// The sandbox's current day in UTC, by which GitLab decides whether a token has expired.
    #[must_use]
    pub fn today(&self) -> Date {
        self.now().to_zoned(TimeZone::UTC).date()
    }

    /// Moves the clock forward.
    #[cfg(feature = "sandbox-testing")]
    pub fn advance(&self, by: Duration) {
        let by = i64::try_from(by.as_millis()).unwrap_or(i64::MAX);
        self.offset.fetch_add(by, Ordering::Relaxed);
    }
}

/// The time of day, to the millisecond, as GitLab writes it.
#[expect(clippy::disallowed_methods, reason = "the one place where the sandbox reads the clock")]
#[must_use]
pub fn now() -> Timestamp {
    let now = Timestamp::now();
    Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now)
}

/// A point on the monotonic clock, for durations.
#[expect(clippy::disallowed_methods, reason = "the one place where the sandbox reads the clock")]
#[must_use]
pub(crate) fn instant() -> Instant {
    Instant::now()
}

/// Sleeps without blocking other requests.
#[expect(clippy::disallowed_methods, reason = "the one place where the sandbox sleeps")]
pub(crate) async fn wait(time: Duration) {
    tokio::time::sleep(time).await;
}

/// 32 unpredictable bytes.
#[must_use]
pub(crate) fn random_bytes() -> [u8; 32] {
    let mut digest = Sha256::new();
    for _ in 0..3 {
        digest.update(Uuid::new_v4().as_bytes());
    }
    digest.finalize().into()
}

/// `length` unpredictable letters and digits, at most 64.
#[must_use]
pub(crate) fn random_text(length: usize) -> String {
    const ALPHABET: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    let bytes = [random_bytes(), random_bytes()].concat();
    bytes.iter().take(length).map(|byte| char::from(ALPHABET[usize::from(*byte) % ALPHABET.len()])).collect()
}

#[cfg(test)]
mod tests {
    use super::SandboxClock;
    use std::time::Duration;

    #[test]
    fn clones_share_their_time() {
        let clock = SandboxClock::default();
        let other = clock.clone();
        let before = other.now();
        clock.advance(Duration::from_secs(86_400));
        assert!(other.now().duration_since(before).as_secs() >= 86_400);
        assert!(other.today() > before.to_zoned(jiff::tz::TimeZone::UTC).date());
    }
}
