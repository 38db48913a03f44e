//! Rack::Attack in front of GitLab: a number of requests per minute and token, then 429 in plain text.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::http::{HeaderMap, Response};

use super::clock;

/// Counts requests by token in fixed windows, as Rack::Attack does.
pub(crate) struct RateLimit {
    allowed: u32,
    window: Duration,
    began: Instant,
    speed: u32,
    counts: Mutex<(u128, HashMap<String, u32>)>,
}

impl RateLimit {
    #[must_use]
    pub(crate) fn new(allowed: u32, window: Duration) -> Self {
        Self {
            allowed,
            window: window.max(Duration::from_millis(1)),
            began: clock::instant(),
            speed: 1,
            counts: Mutex::default(),
        }
    }

    /// The same limit with a clock that runs `speed` times as fast.
    #[must_use]
    pub(crate) fn at_speed(self, speed: u32) -> Self {
        Self { speed: speed.max(1), ..self }
    }

    /// The 429 that this request gets, if it is over the limit.
    /// gitlab: lib/gitlab/rack_attack.rb, lib/gitlab/throttle.rb (headers only with the 429)
    pub(crate) fn check(&self, headers: &HeaderMap) -> Option<Response<Body>> {
        let elapsed = self.began.elapsed().saturating_mul(self.speed);
        let round = elapsed.as_nanos() / self.window.as_nanos();
        let observed = self.count(round, caller(headers));
        if observed <= self.allowed {
            return None;
        }
        let past = Duration::from_nanos(u64::try_from(elapsed.as_nanos() % self.window.as_nanos()).unwrap_or_default());
        Some(self.refusal(observed, self.window.saturating_sub(past)))
    }

    fn count(&self, round: u128, caller: String) -> u32 {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        if counts.0 != round {
            *counts = (round, HashMap::new());
        }
        let count = counts.1.entry(caller).or_default();
        *count += 1;
        *count
    }

    fn refusal(&self, observed: u32, left: Duration) -> Response<Body> {
        let seconds = left.as_secs() + u64::from(left.subsec_nanos() > 0);
        let mut response = Response::new(Body::from("Retry later\n"));
        *response.status_mut() = axum::http::StatusCode::TOO_MANY_REQUESTS;
        let reset = clock::now().as_second() + i64::try_from(seconds).unwrap_or_default();
        let fields = [
            ("content-type", "text/plain".to_owned()),
            ("ratelimit-limit", self.allowed.to_string()),
            ("ratelimit-name", "throttle_authenticated_api".to_owned()),
            ("ratelimit-observed", observed.to_string()),
            ("ratelimit-remaining", "0".to_owned()),
            ("ratelimit-reset", reset.to_string()),
            ("retry-after", seconds.to_string()),
        ];
        for (name, value) in fields {
            if let Ok(value) = value.parse() {
                response.headers_mut().insert(name, value);
            }
        }
        response
    }
}

/// The token of a request, however it is passed. Requests without one share a count, because all come from loopback.
fn caller(headers: &HeaderMap) -> String {
    let field = |name| headers.get(name).and_then(|value: &axum::http::HeaderValue| value.to_str().ok());
    let bearer = || field("authorization").map(|value| value.trim_start_matches("Bearer "));
    field("private-token").or_else(bearer).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(token: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert("private-token", token.parse().expect("a header"));
        headers
    }

    #[test]
    fn a_token_over_its_limit_gets_a_429_with_the_time_to_wait() {
        let limit = RateLimit::new(2, Duration::from_secs(3600));
        assert!(limit.check(&headers("a")).is_none());
        assert!(limit.check(&headers("a")).is_none());
        let refused = limit.check(&headers("a")).expect("the third is over the limit");
        assert_eq!(refused.status(), 429);
        assert_eq!(refused.headers()["ratelimit-observed"], "3");
        assert_eq!(refused.headers()["retry-after"], "3600");
        assert!(limit.check(&headers("b")).is_none(), "another token has a count of its own");
    }

    #[test]
    fn the_count_restarts_with_each_window() {
        let limit = RateLimit::new(1, Duration::from_millis(1));
        limit.count(0, "a".to_owned());
        assert_eq!(limit.count(0, "a".to_owned()), 2);
        assert_eq!(limit.count(1, "a".to_owned()), 1);
    }
}
