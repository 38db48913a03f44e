//! Reads a body up to its limit, so that no server can fill the memory, however many answer at once.

use tokio::sync::Semaphore;
use zeroize::Zeroizing;

use super::response::LARGEST_REFUSAL;

/// A body up to this size is read as it comes; a larger one when no other of that kind is being read.
pub(super) const SMALL: usize = 128 * 1024;

/// The way for large bodies, one at a time.
pub(super) struct Lane(Semaphore);

impl Default for Lane {
    fn default() -> Self {
        Self(Semaphore::new(1))
    }
}

/// Why a body was not read.
pub(super) enum Unread {
    TooLarge,
    /// Not within the request's time.
    Late,
    Broken(reqwest::Error),
}

/// Reads a body up to its limit. Of a refusal only the beginning is read.
pub(super) async fn read(
    answered: &mut reqwest::Response,
    limit: usize,
    lane: &Lane,
) -> Result<Zeroizing<Vec<u8>>, Unread> {
    let refused = !answered.status().is_success();
    let limit = if refused { LARGEST_REFUSAL } else { limit };
    let announced = answered.content_length().map(|length| usize::try_from(length).unwrap_or(usize::MAX)).unwrap_or(0);
    if announced > limit && !refused {
        return Err(Unread::TooLarge);
    }
    let mut on_the_lane = None;
    let mut body = Zeroizing::new(Vec::with_capacity(announced.clamp(1024, SMALL.min(limit.max(1024)))));
    while let Some(chunk) = answered.chunk().await.map_err(Unread::Broken)? {
        let room = limit - body.len();
        if chunk.len() > room && !refused {
            return Err(Unread::TooLarge);
        }
        let taken = &chunk[..chunk.len().min(room)];
        if body.len() + taken.len() > SMALL && on_the_lane.is_none() {
            // Closed it never is. It is given back with the body's last byte, or with the request's time.
            on_the_lane = lane.0.acquire().await.ok();
        }
        grow(&mut body, taken.len(), (announced, limit));
        body.extend_from_slice(taken);
        if chunk.len() > room {
            break;
        }
    }
    Ok(body)
}

/// Makes room in steps: to the announced size at once where that is known, else by a quarter, so that there is never far
/// more room than body.
fn grow(body: &mut Zeroizing<Vec<u8>>, more: usize, (announced, limit): (usize, usize)) {
    let needed = body.len() + more;
    if needed <= body.capacity() {
        return;
    }
    let wanted = if announced >= needed { announced } else { (needed + needed / 4).min(limit) };
    if body.len() > SMALL {
        // A list: it holds no secret, and is too large to be in memory twice.
        let more = wanted - body.len();
        body.reserve_exact(more);
        return;
    }
    // What is small may be a secret that is shown once: the old place is wiped.
    let mut larger = Vec::with_capacity(wanted);
    larger.extend_from_slice(body);
    *body = Zeroizing::new(larger);
}
