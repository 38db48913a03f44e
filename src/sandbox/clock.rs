//! The sandbox's only door to the clock, to waiting and to chance.

use std::time::{Duration, Instant};

use jiff::Timestamp;
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// The time of day, to the millisecond, as GitLab writes it.
#[expect(clippy::disallowed_methods, reason = "the sandbox's own door to the clock")]
#[must_use]
pub fn now() -> Timestamp {
    let now = Timestamp::now();
    Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now)
}

/// A point on the clock that never goes back, for durations.
#[expect(clippy::disallowed_methods, reason = "the sandbox's own door to the clock")]
#[must_use]
pub fn instant() -> Instant {
    Instant::now()
}

/// Waits without holding up the other requests.
#[expect(clippy::disallowed_methods, reason = "the sandbox's own door to waiting")]
pub async fn wait(time: Duration) {
    tokio::time::sleep(time).await;
}

/// 32 bytes that nobody can guess.
#[must_use]
pub fn random_bytes() -> [u8; 32] {
    let mut digest = Sha256::new();
    for _ in 0..3 {
        digest.update(Uuid::new_v4().as_bytes());
    }
    digest.finalize().into()
}

/// `length` letters and digits that nobody can guess, at most 64.
#[must_use]
pub fn random_text(length: usize) -> String {
    const ALPHABET: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    let bytes = [random_bytes(), random_bytes()].concat();
    bytes.iter().take(length).map(|byte| char::from(ALPHABET[usize::from(*byte) % ALPHABET.len()])).collect()
}
