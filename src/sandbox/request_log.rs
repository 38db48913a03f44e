//! The log of all requests to both servers. Each request is numbered and recorded without its secrets, and a test can
//! intervene in it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::clock;

/// Which of the two embedded servers a request went to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Side {
    GitLab,
    Factory,
}

impl std::fmt::Display for Side {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::GitLab => "gitlab",
            Self::Factory => "factory",
        })
    }
}

/// The sender of a request.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Origin {
    /// Any client outside the sandbox.
    Client,
    /// The embedded GitLab, delivering a webhook.
    GitLab,
    /// A person's browser, on a page that no program asks for.
    Browser,
}

/// One request and how it was answered. It holds neither headers nor bodies, so it can be shown.
#[derive(Clone, Debug)]
pub struct LoggedRequest {
    /// Counts the client's requests over both sides, from 1, since the start or the last `clear_requests`; 0 for a
    /// webhook that GitLab delivers, and for a page in a browser.
    pub number: usize,
    pub origin: Origin,
    pub side: Side,
    pub method: String,
    /// Path and query, with the values of secret parameters filtered as in GitLab's own log.
    pub target: String,
    /// `None` while the request is in flight, and for good if the connection was cut before a response.
    pub status: Option<u16>,
    /// The fault that was injected, as it was written.
    pub fault: Option<String>,
    /// When the request arrived, since the sandbox started.
    #[cfg_attr(not(feature = "sandbox-testing"), allow(dead_code, reason = "only tests read it"))]
    pub started: Duration,
    /// When the response was ready, since the sandbox started; `None` while the request is in flight.
    pub ended: Option<Duration>,
}

#[cfg(feature = "sandbox-testing")]
impl LoggedRequest {
    /// Whether the request asks for a change.
    #[must_use]
    pub fn is_write(&self) -> bool {
        is_write(&self.method, self.path())
    }

    /// The path without the query.
    #[must_use]
    pub fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }
}

/// Whether a request asks for a change: any method except GET, HEAD and OPTIONS. GraphQL does not count, because this
/// schema has no mutations.
#[must_use]
pub fn is_write(method: &str, path: &str) -> bool {
    !matches!(method, "GET" | "HEAD" | "OPTIONS") && !path.ends_with("/api/graphql")
}

/// The largest number of requests that were in flight at the same time.
#[must_use]
#[cfg(feature = "sandbox-testing")]
pub fn peak_in_flight(requests: &[LoggedRequest]) -> usize {
    let mut edges: Vec<(Duration, i32)> = Vec::with_capacity(requests.len() * 2);
    for request in requests {
        edges.push((request.started, 1));
        edges.push((request.ended.unwrap_or(Duration::MAX), -1));
    }
    edges.sort_unstable();
    let (mut now, mut peak) = (0, 0);
    for (_, step) in edges {
        now += step;
        peak = peak.max(now);
    }
    usize::try_from(peak).unwrap_or_default()
}

/// The path and query, with the values of secret parameters replaced.
/// gitlab: config/application.rb (`filter_parameters`)
#[must_use]
pub(crate) fn filtered(path: &str, query: Option<&str>) -> String {
    let Some(query) = query else { return path.to_owned() };
    let shown: Vec<String> = query.split('&').map(filtered_pair).collect();
    format!("{path}?{}", shown.join("&"))
}

fn filtered_pair(pair: &str) -> String {
    let name = pair.split('=').next().unwrap_or_default();
    let plain = name.to_ascii_lowercase();
    let secret = plain.ends_with("token")
        || plain.contains("secret")
        || matches!(plain.as_str(), "value" | "code" | "password" | "signature");
    if secret && pair.contains('=') { format!("{name}=[FILTERED]") } else { pair.to_owned() }
}

/// The two moments at which a test can intervene in a request.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Moment {
    /// The request was received; the server has not acted yet.
    BeforeActing,
    /// The server has acted; the response has not been sent yet.
    AfterActing,
}

/// What a test does with the request it intervened in.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum RequestAction {
    Continue,
    /// Resets the connection. After [`Moment::BeforeActing`] the server does not act.
    Reset,
}

/// The first line of a request, without secrets.
pub(crate) struct RequestLine {
    pub method: String,
    /// Path and query, filtered.
    pub target: String,
}

type RequestObserver = Arc<dyn Fn(&LoggedRequest) + Send + Sync>;
type Callback = Box<dyn FnOnce(&LoggedRequest) -> RequestAction + Send>;

struct Intervention {
    number: usize,
    moment: Moment,
    callback: Callback,
}

/// The log of all requests to both sides.
pub(crate) struct RequestLog {
    started: Instant,
    entries: Mutex<Entries>,
    interventions: Mutex<Vec<Intervention>>,
    observer: Mutex<Option<RequestObserver>>,
}

impl Default for RequestLog {
    fn default() -> Self {
        Self {
            started: clock::instant(),
            entries: Mutex::default(),
            interventions: Mutex::default(),
            observer: Mutex::default(),
        }
    }
}

/// The logged requests, and how many of them came from the client.
#[derive(Default)]
struct Entries {
    all: Vec<LoggedRequest>,
    from_client: usize,
    /// Counts how often the log was cleared, so that a request that started before is not logged after it.
    generation: usize,
}

/// A request in flight. It writes its end to the log when it is dropped, for whatever reason.
pub(crate) struct InFlight {
    log: Arc<RequestLog>,
    request: LoggedRequest,
    generation: usize,
    index: usize,
}

impl RequestLog {
    /// Logs the start of a request and, if it is the client's, gives it its number.
    pub(crate) fn begin(self: &Arc<Self>, side: Side, origin: Origin, line: RequestLine) -> InFlight {
        let mut entries = lock(&self.entries);
        let number = match origin {
            Origin::Client => {
                entries.from_client += 1;
                entries.from_client
            }
            Origin::GitLab | Origin::Browser => 0,
        };
        let request = LoggedRequest {
            number,
            origin,
            side,
            method: line.method,
            target: line.target,
            status: None,
            fault: None,
            started: self.started.elapsed(),
            ended: None,
        };
        entries.all.push(request.clone());
        InFlight { log: Arc::clone(self), request, generation: entries.generation, index: entries.all.len() - 1 }
    }

    /// All requests so far, the client's and GitLab's own, in order of arrival.
    #[must_use]
    #[cfg(feature = "sandbox-testing")]
    pub(crate) fn requests(&self) -> Vec<LoggedRequest> {
        lock(&self.entries).all.clone()
    }

    /// Clears the log; the client's next request is number 1.
    #[cfg(feature = "sandbox-testing")]
    pub(crate) fn clear(&self) {
        let mut entries = lock(&self.entries);
        *entries = Entries { generation: entries.generation + 1, ..Entries::default() };
    }

    /// Calls back with every request when it has ended.
    pub(crate) fn observe(&self, observer: impl Fn(&LoggedRequest) + Send + Sync + 'static) {
        *lock(&self.observer) = Some(Arc::new(observer));
    }

    /// Calls back once, when the client's request `number` reaches that moment. Numbers count from the last clearing.
    #[cfg(feature = "sandbox-testing")]
    pub(crate) fn at_request(
        &self,
        number: usize,
        moment: Moment,
        callback: impl FnOnce(&LoggedRequest) -> RequestAction + Send + 'static,
    ) {
        lock(&self.interventions).push(Intervention { number, moment, callback: Box::new(callback) });
    }

    fn end(&self, ended: &InFlight) {
        {
            let mut entries = lock(&self.entries);
            let same_generation = entries.generation == ended.generation;
            if let Some(entry) = entries.all.get_mut(ended.index).filter(|_| same_generation) {
                entry.clone_from(&ended.request);
            }
        }
        let observer = lock(&self.observer).clone();
        if let Some(observer) = observer {
            observer(&ended.request);
        }
    }
}

impl InFlight {
    pub(crate) fn record_fault(&mut self, written: String) {
        self.request.fault = Some(written);
    }

    pub(crate) fn record_status(&mut self, status: u16) {
        self.request.status = Some(status);
    }

    /// Lets a test intervene, if it asked for this request and moment.
    pub(crate) fn reach(&self, moment: Moment) -> RequestAction {
        let intervention = {
            let mut interventions = lock(&self.log.interventions);
            let number = self.request.number;
            let index = interventions.iter().position(|one| one.number == number && number > 0 && one.moment == moment);
            index.map(|index| interventions.swap_remove(index))
        };
        intervention.map_or(RequestAction::Continue, |one| (one.callback)(&self.request))
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.request.ended = Some(self.log.started.elapsed());
        self.log.end(self);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(started: u64, ended: Option<u64>) -> LoggedRequest {
        LoggedRequest {
            number: 1,
            origin: Origin::Client,
            side: Side::GitLab,
            method: "GET".to_owned(),
            target: "/api/v4/hooks?page=1".to_owned(),
            status: None,
            fault: None,
            started: Duration::from_millis(started),
            ended: ended.map(Duration::from_millis),
        }
    }

    #[test]
    fn the_peak_counts_only_overlapping_requests() {
        let cases = [
            (vec![], 0),
            (vec![request(0, Some(5)), request(5, Some(9))], 1),
            (vec![request(0, Some(5)), request(4, Some(9)), request(6, Some(7))], 2),
            (vec![request(0, None), request(4, Some(9)), request(6, Some(7))], 3),
        ];
        for (requests, peak) in cases {
            assert_eq!(peak_in_flight(&requests), peak, "{requests:?}");
        }
    }

    #[test]
    fn secrets_in_a_query_are_filtered() {
        let cases = [
            (None, "/p"),
            (Some("page=2&private_token=abc"), "/p?page=2&private_token=[FILTERED]"),
            (Some("CLIENT_SECRET=abc&x"), "/p?CLIENT_SECRET=[FILTERED]&x"),
            (Some("delivery=1&value=abc"), "/p?delivery=1&value=[FILTERED]"),
        ];
        for (query, shown) in cases {
            assert_eq!(filtered("/p", query), shown);
        }
    }
}
