//! Why a request got no response: the cause at the bottom of an error's chain.

use std::error::Error as StdError;
use std::io;
use std::time::Duration;

use tokio_rustls::rustls;

use super::error::Cause;
use super::options;
use super::probe::Unresolved;
use super::tls::problem::{Peer, problem};

/// The cause of a failed exchange with `peer`.
pub(super) fn cause(error: &reqwest::Error, peer: Peer<'_>, timeout: Duration) -> Cause {
    if error.is_timeout() {
        return Cause::Timeout { after: timeout };
    }
    let mut found = None;
    visit_chain(error, &mut |link| {
        if let Some(unresolved) = link.downcast_ref::<Unresolved>() {
            found = Some(Cause::Dns { host: unresolved.host.clone(), detail: unresolved.detail.clone() });
        } else if let Some(tls) = link.downcast_ref::<rustls::Error>() {
            found = Some(Cause::Tls(problem(tls, peer)));
        }
    });
    let detail = options::bottom(error);
    match found {
        Some(cause) => cause,
        None if error.is_connect() => Cause::Connect { detail, proxy: None },
        None => Cause::Broken { detail },
    }
}

/// Visits every error of a chain. `io::Error::source` skips the error that it wraps, so that one is visited as well.
fn visit_chain(error: &(dyn StdError + 'static), visit: &mut dyn FnMut(&(dyn StdError + 'static))) {
    visit(error);
    if let Some(inner) = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
        visit_chain(inner, visit);
    } else if let Some(next) = error.source() {
        visit_chain(next, visit);
    }
}
