//! The metrics file: Prometheus' classic text format, for the textfile collector of node_exporter.
//!
//! Gauges only, without times of their own, each with one HELP and one TYPE, and a line break at the end: the collector
//! rejects the whole file otherwise. Of projects and webhooks there are counts, so the number of series does not grow.

use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Date;

use super::Coverage;
use crate::series::{CheckState, Series};

/// What the metrics are of.
#[derive(Debug)]
pub struct Metrics<'m> {
    /// The host of GitLab, and the organization: one machine may watch several connections.
    pub gitlab: &'m str,
    pub organization: &'m str,
    pub series: &'m Series,
    /// `None` where no look could read it.
    pub coverage: Option<Coverage>,
    /// How long the last look took.
    pub duration: Duration,
    /// When the token in use ends, and the one that Factory has.
    pub token_ends: Option<Date>,
    pub factory_token_ends: Option<Date>,
}

/// One value of a gauge, with its own labels.
struct Sample {
    labels: Vec<(&'static str, String)>,
    value: f64,
}

impl Sample {
    fn plain(value: f64) -> Vec<Self> {
        vec![Self { labels: Vec::new(), value }]
    }

    fn each<const N: usize>(label: &'static str, values: [(&str, usize); N]) -> Vec<Self> {
        let sample =
            |(name, value): (&str, usize)| Self { labels: vec![(label, name.to_owned())], value: float(value) };
        values.into_iter().map(sample).collect()
    }
}

impl Metrics<'_> {
    /// The whole file.
    #[must_use]
    pub fn render(&self) -> String {
        let mut text = String::new();
        for (name, help, samples) in self.gauges() {
            if samples.is_empty() {
                continue;
            }
            text.push_str(&format!("# HELP factory_gitlab_{name} {help}\n# TYPE factory_gitlab_{name} gauge\n"));
            for Sample { labels, value } in samples {
                let own = [("gitlab", self.gitlab.to_owned()), ("organization", self.organization.to_owned())];
                let labels: Vec<String> = own
                    .into_iter()
                    .chain(labels)
                    .map(|(label, value)| format!("{label}=\"{}\"", escaped(&value)))
                    .collect();
                text.push_str(&format!("factory_gitlab_{name}{{{}}} {value}\n", labels.join(",")));
            }
        }
        text
    }

    fn gauges(&self) -> Vec<(&'static str, &'static str, Vec<Sample>)> {
        let Self { series, coverage, .. } = self;
        let version = vec![Sample { labels: vec![("version", env!("CARGO_PKG_VERSION").to_owned())], value: 1.0 }];
        let check = |(code, state): (&str, CheckState)| Sample {
            labels: vec![("check", code.to_owned())],
            value: number(state),
        };
        let known = series.checks().filter(|(_, one)| one.is_known());
        let checks = known.map(|(code, one)| check((code, one.state))).collect();
        let hooks = coverage.map(|coverage| {
            [
                ("enabled", coverage.enabled),
                ("disabled", coverage.disabled),
                ("missing", coverage.missing),
                ("unread", coverage.unread),
            ]
        });
        let projects = coverage.map(|coverage| [("yes", coverage.covered), ("no", coverage.uncovered)]);
        let ends = [("given", self.token_ends), ("factory", self.factory_token_ends)];
        let ends = ends.into_iter().filter_map(|(token, day)| {
            Some(Sample { labels: vec![("token", token.to_owned())], value: midnight(day?)? })
        });
        let counts = &series.counts;
        vec![
            ("build_info", "The version of factory-gitlab, as a label.", version),
            ("check_state", "State of a check: 0 passed or skipped, 1 warned, 2 unknown, 3 failed.", checks),
            (
                "gitlab_away",
                "1 if GitLab did not answer the last look.",
                Sample::plain(f64::from(u8::from(series.is_away()))),
            ),
            ("last_run_timestamp_seconds", "When the last look was made.", time(series.last_at)),
            (
                "last_success_timestamp_seconds",
                "When the last look was made that judged every check, good or bad.",
                time(series.last_success_at),
            ),
            ("run_duration_seconds", "How long the last look took.", Sample::plain(self.duration.as_secs_f64())),
            ("token_expiry_timestamp_seconds", "When a token ends.", ends.collect()),
            (
                "hooks",
                "Webhooks to Factory, by their state.",
                hooks.map_or_else(Vec::new, |hooks| Sample::each("state", hooks)),
            ),
            (
                "projects",
                "Selected projects, by whether their events reach Factory.",
                projects.map_or_else(Vec::new, |projects| Sample::each("covered", projects)),
            ),
            ("deliveries_logged", "Deliveries that GitLab has logged since the first look.", whole(counts.deliveries)),
            ("deliveries_failed", "Those of them that failed.", whole(counts.deliveries_failed)),
        ]
    }
}

const fn number(state: CheckState) -> f64 {
    match state {
        CheckState::Pass | CheckState::Skip => 0.0,
        CheckState::Warn => 1.0,
        CheckState::Unknown => 2.0,
        CheckState::Fail => 3.0,
    }
}

fn time(at: Option<Timestamp>) -> Vec<Sample> {
    #[expect(clippy::cast_precision_loss, reason = "seconds since 1970")]
    at.map_or_else(Vec::new, |at| Sample::plain(at.as_second() as f64))
}

/// A token ends at 00:00 UTC of its day.
fn midnight(day: Date) -> Option<f64> {
    let at = day.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp();
    #[expect(clippy::cast_precision_loss, reason = "seconds since 1970")]
    Some(at.as_second() as f64)
}

#[expect(clippy::cast_precision_loss, reason = "counts of webhooks and projects")]
fn float(count: usize) -> f64 {
    count as f64
}

#[expect(clippy::cast_precision_loss, reason = "a count of deliveries")]
fn whole(count: u64) -> Vec<Sample> {
    Sample::plain(count as f64)
}

/// A label's value as the format wants it.
fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rendered(series: &Series) -> String {
        let metrics = Metrics {
            gitlab: "gitlab.acme.com",
            organization: "a \"quoted\" \\ one\nwith a break",
            series,
            coverage: Some(Coverage { covered: 9_000, uncovered: 1, enabled: 3, ..Coverage::default() }),
            duration: Duration::from_millis(1500),
            token_ends: Some(jiff::civil::date(2027, 1, 31)),
            factory_token_ends: None,
        };
        metrics.render()
    }

    #[test]
    fn labels_are_escaped_and_what_is_not_known_is_left_out() {
        let text = rendered(&Series::default());
        assert!(text.contains(r#"organization="a \"quoted\" \\ one\nwith a break""#), "{text}");
        assert!(text.contains(r#"token="given"} 1801353600"#), "{text}");
        assert!(!text.contains("last_run") && !text.contains(r#"token="factory""#), "{text}");
        assert!(text.contains("run_duration_seconds{") && text.contains("} 1.5\n"), "{text}");
        assert!(text.ends_with('\n'));
    }
}
