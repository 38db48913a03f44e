//! Reads a body up to its limit, so that no server can fill the memory, however many respond at once.

use tokio::sync::{Semaphore, SemaphorePermit};
use zeroize::Zeroizing;

use super::error::Cause;
use super::limits::{MAX_ERROR_BYTES, SMALL_BODY_BYTES};
use super::request::Request;
use super::response::BodyEnding;

/// Lets one large body be read at a time.
pub(super) struct LargeBodies(Semaphore);

/// The right to read a large body.
type LargeBodyPermit<'a> = SemaphorePermit<'a>;

impl Default for LargeBodies {
    fn default() -> Self {
        Self(Semaphore::new(1))
    }
}

/// Why a body was not read.
pub(super) enum ReadError {
    TooLarge,
    /// Not within the request's time.
    TimedOut,
    /// Its end is that of the connection, which the server closed without TLS's closing message.
    MayBeCut,
    Broken(reqwest::Error),
}

/// The cause for an answer that ended in a bare close.
pub(super) fn may_be_cut_off() -> Cause {
    let detail = "the server closed the connection without TLS's closing message (close_notify), so that its answer may be \
                  cut off";
    Cause::Broken { detail: detail.to_owned() }
}

/// Whether only the end of the connection says where the body ends. RFC 9112, 6.3.
fn ends_with_connection(response: &reqwest::Response) -> bool {
    response.version() <= reqwest::Version::HTTP_11
        && response.content_length().is_none()
        && !response.headers().contains_key(reqwest::header::TRANSFER_ENCODING)
}

/// Whether a server closed the connection without TLS's closing message (`close_notify`).
fn is_bare_close(error: &reqwest::Error) -> bool {
    let mut next: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(link) = next {
        let kind = link.downcast_ref::<std::io::Error>().map(std::io::Error::kind);
        if kind == Some(std::io::ErrorKind::UnexpectedEof) {
            return true;
        }
        next = link.source();
    }
    false
}

/// Reads a body up to its limit. Of an error's body only the beginning is read.
pub(super) async fn read(
    response: &mut reqwest::Response,
    request: &Request,
    large_bodies: &LargeBodies,
) -> Result<(Zeroizing<Vec<u8>>, BodyEnding), ReadError> {
    let is_error = !response.status().is_success();
    let limit = if is_error { MAX_ERROR_BYTES } else { request.limit };
    let announced = response.content_length().map(|length| usize::try_from(length).unwrap_or(usize::MAX)).unwrap_or(0);
    if announced > limit && !is_error {
        return Err(ReadError::TooLarge);
    }
    let mut permit: Option<LargeBodyPermit<'_>> = None;
    let mut body = Body::new(announced, limit);
    loop {
        let chunk = match response.chunk().await {
            Ok(Some(chunk)) => chunk,
            Ok(None) => break,
            Err(error) if ends_with_connection(response) && is_bare_close(&error) => {
                let is_accepted = request.accepts_bare_close;
                return if is_accepted { Ok((body.bytes, BodyEnding::BareClose)) } else { Err(ReadError::MayBeCut) };
            }
            Err(error) => return Err(ReadError::Broken(error)),
        };
        let room = limit - body.bytes.len();
        if chunk.len() > room && !is_error {
            return Err(ReadError::TooLarge);
        }
        let taken = &chunk[..chunk.len().min(room)];
        if body.bytes.len() + taken.len() > SMALL_BODY_BYTES && permit.is_none() {
            // The semaphore is never closed. The permit is given back with the body's last byte, or when the request's time
            // is over.
            permit = large_bodies.0.acquire().await.ok();
        }
        body.push(taken);
        if chunk.len() > room {
            break;
        }
    }
    Ok((body.bytes, BodyEnding::Said))
}

struct Body {
    bytes: Zeroizing<Vec<u8>>,
    announced: usize,
    limit: usize,
}

impl Body {
    fn new(announced: usize, limit: usize) -> Self {
        let capacity = announced.clamp(1024, SMALL_BODY_BYTES.min(limit.max(1024)));
        Self { bytes: Zeroizing::new(Vec::with_capacity(capacity)), announced, limit }
    }

    fn push(&mut self, chunk: &[u8]) {
        self.reserve(chunk.len());
        self.bytes.extend_from_slice(chunk);
    }

    /// Grows to the announced size at once where that is known, else by a quarter, so that the capacity is never far above
    /// the size.
    fn reserve(&mut self, more: usize) {
        let needed = self.bytes.len() + more;
        if needed <= self.bytes.capacity() {
            return;
        }
        let wanted = if self.announced >= needed { self.announced } else { (needed + needed / 4).min(self.limit) };
        if self.bytes.len() > SMALL_BODY_BYTES {
            // A list: it holds no secret, and is too large to be in memory twice.
            let more = wanted - self.bytes.len();
            self.bytes.reserve_exact(more);
            return;
        }
        // A small body may be a secret that is shown once: the old memory is wiped.
        let mut larger = Vec::with_capacity(wanted);
        larger.extend_from_slice(&self.bytes);
        self.bytes = Zeroizing::new(larger);
    }
}
