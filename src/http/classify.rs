//! Why no answer came: walks an error's chain down to what really happened.

use std::error::Error as StdError;
use std::io;
use std::time::Duration;

use tokio_rustls::rustls;

use super::dns::Unresolved;
use super::error::Cause;
use super::{options, tls};

/// What a failed exchange comes to. `host` is the one that was asked for.
pub(super) fn cause(error: &reqwest::Error, host: &str, timeout: Duration) -> Cause {
    if error.is_timeout() {
        return Cause::Timeout { after: timeout };
    }
    let mut found = None;
    walk(error, &mut |link| {
        if let Some(unresolved) = link.downcast_ref::<Unresolved>() {
            found = Some(Cause::Dns { host: unresolved.host.clone(), detail: unresolved.detail.clone() });
        } else if let Some(problem) = link.downcast_ref::<rustls::Error>() {
            found = Some(Cause::Tls(tls::problem(problem, host)));
        }
    });
    let detail = options::bottom(error);
    match found {
        Some(cause) => cause,
        None if error.is_connect() => Cause::Connect { detail },
        None => Cause::Broken { detail },
    }
}

/// Visits every error of a chain. An `io::Error` hides what it wraps from `source`, so that is looked into as well.
fn walk(error: &(dyn StdError + 'static), visit: &mut dyn FnMut(&(dyn StdError + 'static))) {
    visit(error);
    if let Some(inner) = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
        walk(inner, visit);
    } else if let Some(next) = error.source() {
        walk(next, visit);
    }
}
