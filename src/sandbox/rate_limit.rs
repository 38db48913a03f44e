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
    headers: LimitHeaders,
    counts: Mutex<(u128, HashMap<String, u32>)>,
}

/// Which answers say how much of the limit is left.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum LimitHeaders {
    /// Self-managed: only the refusal.
    WithRefusal,
    /// GitLab.com: every answer.
    Always,
}

/// What the limit says of one request.
pub(crate) enum LimitVerdict {
    /// It passes, and its answer gets these headers.
    Passes(Vec<(&'static str, String)>),
    Refused(Response<Body>),
}

impl RateLimit {
    #[must_use]
    pub(crate) fn new(allowed: u32, window: Duration) -> Self {
        Self {
            allowed,
            window: window.max(Duration::from_millis(1)),
            began: clock::instant(),
            speed: 1,
            headers: LimitHeaders::WithRefusal,
            counts: Mutex::default(),
        }
    }

    /// The same limit with a clock that runs `speed` times as fast.
    #[must_use]
    pub(crate) fn at_speed(self, speed: u32) -> Self {
        Self { speed: speed.max(1), ..self }
    }

    /// The same limit with these headers.
    #[must_use]
    pub(crate) fn showing(self, headers: LimitHeaders) -> Self {
        Self { headers, ..self }
    }

    /// Counts a request, and refuses it with a 429 if it is over the limit.
    /// gitlab: lib/gitlab/rack_attack.rb, lib/gitlab/throttle.rb
    pub(crate) fn check(&self, headers: &HeaderMap) -> LimitVerdict {
        let elapsed = self.began.elapsed().saturating_mul(self.speed);
        let round = elapsed.as_nanos() / self.window.as_nanos();
        let observed = self.count(round, caller(headers));
        let past = Duration::from_nanos(u64::try_from(elapsed.as_nanos() % self.window.as_nanos()).unwrap_or_default());
        let left = self.window.saturating_sub(past);
        if observed > self.allowed {
            return LimitVerdict::Refused(self.refusal(observed, left));
        }
        LimitVerdict::Passes(match self.headers {
            LimitHeaders::Always => self.fields(observed, left),
            LimitHeaders::WithRefusal => Vec::new(),
        })
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
        let mut response = Response::new(Body::from("Retry later\n"));
        *response.status_mut() = axum::http::StatusCode::TOO_MANY_REQUESTS;
        let mut fields = self.fields(observed, left);
        fields.extend([("content-type", "text/plain".to_owned()), ("retry-after", whole_seconds(left).to_string())]);
        add_fields(&mut response, fields);
        response
    }

    fn fields(&self, observed: u32, left: Duration) -> Vec<(&'static str, String)> {
        let reset = clock::now().as_second() + i64::try_from(whole_seconds(left)).unwrap_or_default();
        vec![
            ("ratelimit-limit", self.allowed.to_string()),
            ("ratelimit-name", "throttle_authenticated_api".to_owned()),
            ("ratelimit-observed", observed.to_string()),
            ("ratelimit-remaining", self.allowed.saturating_sub(observed).to_string()),
            ("ratelimit-reset", reset.to_string()),
        ]
    }
}

fn whole_seconds(time: Duration) -> u64 {
    time.as_secs() + u64::from(time.subsec_nanos() > 0)
}

/// Adds headers to a response.
pub(crate) fn add_fields(response: &mut Response<Body>, fields: Vec<(&'static str, String)>) {
    for (name, value) in fields {
        if let Ok(value) = value.parse() {
            response.headers_mut().insert(name, value);
        }
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

    /// The headers of an answer that passes.
    fn passes(verdict: LimitVerdict) -> Option<Vec<(&'static str, String)>> {
        match verdict {
            LimitVerdict::Passes(fields) => Some(fields),
            LimitVerdict::Refused(_) => None,
        }
    }

    #[test]
    fn a_token_over_its_limit_gets_a_429_with_the_time_to_wait() {
        let limit = RateLimit::new(2, Duration::from_secs(3600));
        assert_eq!(passes(limit.check(&headers("a"))), Some(Vec::new()));
        assert!(passes(limit.check(&headers("a"))).is_some());
        let LimitVerdict::Refused(refused) = limit.check(&headers("a")) else { panic!("the third is over the limit") };
        assert_eq!(refused.status(), 429);
        assert_eq!(refused.headers()["ratelimit-observed"], "3");
        assert_eq!(refused.headers()["retry-after"], "3600");
        assert!(passes(limit.check(&headers("b"))).is_some(), "another token has a count of its own");
    }

    #[test]
    fn on_gitlab_com_every_answer_says_how_much_is_left() {
        let limit = RateLimit::new(2, Duration::from_secs(3600)).showing(LimitHeaders::Always);
        for left in ["1", "0"] {
            let fields = passes(limit.check(&headers("a"))).expect("within the limit");
            assert!(fields.contains(&("ratelimit-remaining", left.to_owned())), "{fields:?}");
            assert!(fields.contains(&("ratelimit-limit", "2".to_owned())));
        }
        assert!(passes(limit.check(&headers("a"))).is_none());
    }

    #[test]
    fn the_count_restarts_with_each_window() {
        let limit = RateLimit::new(1, Duration::from_millis(1));
        limit.count(0, "a".to_owned());
        assert_eq!(limit.count(0, "a".to_owned()), 2);
        assert_eq!(limit.count(1, "a".to_owned()), 1);
    }
}
