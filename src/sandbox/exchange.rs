//! What went over the wire: one record a request, without its secrets.

use std::time::Duration;

/// Which of the two embedded servers was asked.
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

/// Who asked.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Origin {
    /// Whoever talks to the sandbox from outside.
    Client,
    /// The embedded GitLab, delivering a webhook.
    GitLab,
}

/// One request and how it was answered. Holds no header and no body, so it can be shown.
#[derive(Clone, Debug)]
pub struct Exchange {
    /// Counts the client's requests over both sides, from 1, since the start or the last `clear_requests`; 0 for a
    /// webhook that GitLab delivers.
    pub number: usize,
    pub origin: Origin,
    pub side: Side,
    pub method: String,
    /// Path and query as asked, with the values of secret parameters filtered as GitLab's own log filters them.
    pub target: String,
    /// `None` while it is being answered, and for ever when the connection was cut before an answer.
    pub status: Option<u16>,
    /// The fault that was injected, as it was written.
    pub fault: Option<String>,
    /// When it arrived, since the sandbox started.
    pub started: Duration,
    /// When its answer was ready, since the sandbox started; `None` while it is being answered.
    pub ended: Option<Duration>,
}

impl Exchange {
    /// Whether the request asks for a change.
    #[must_use]
    pub fn is_write(&self) -> bool {
        is_write(&self.method, self.path())
    }

    /// The path without its query.
    #[must_use]
    pub fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }
}

/// Whether a request asks for a change: anything but GET, HEAD and OPTIONS, and but GraphQL, which here has no mutations.
#[must_use]
pub fn is_write(method: &str, path: &str) -> bool {
    !matches!(method, "GET" | "HEAD" | "OPTIONS") && !path.ends_with("/api/graphql")
}

/// The largest number of requests that were being answered at one time.
#[must_use]
pub fn peak_in_flight(exchanges: &[Exchange]) -> usize {
    let mut edges: Vec<(Duration, i32)> = Vec::with_capacity(exchanges.len() * 2);
    for exchange in exchanges {
        edges.push((exchange.started, 1));
        edges.push((exchange.ended.unwrap_or(Duration::MAX), -1));
    }
    edges.sort_unstable();
    let (mut now, mut peak) = (0, 0);
    for (_, step) in edges {
        now += step;
        peak = peak.max(now);
    }
    usize::try_from(peak).unwrap_or_default()
}

/// The path and query, with the values of parameters that carry secrets replaced.
/// gitlab: config/application.rb (`filter_parameters`)
#[must_use]
pub fn filtered(path: &str, query: Option<&str>) -> String {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn exchange(started: u64, ended: Option<u64>) -> Exchange {
        Exchange {
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
    fn the_peak_counts_only_what_overlaps() {
        let cases = [
            (vec![], 0),
            (vec![exchange(0, Some(5)), exchange(5, Some(9))], 1),
            (vec![exchange(0, Some(5)), exchange(4, Some(9)), exchange(6, Some(7))], 2),
            (vec![exchange(0, None), exchange(4, Some(9)), exchange(6, Some(7))], 3),
        ];
        for (exchanges, peak) in cases {
            assert_eq!(peak_in_flight(&exchanges), peak, "{exchanges:?}");
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
