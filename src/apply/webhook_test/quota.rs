//! GitLab's quota of test deliveries: five a minute for each project or group, by user. Pure: times are parameters.
//!
//! gitlab: lib/gitlab/application_rate_limiter.rb, `web_hook_test`

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::target::Target;

/// At most this many tests in a window.
const MAX_TESTS: usize = 5;
pub(super) const WINDOW: Duration = Duration::from_secs(60);

/// What this process has used of the quotas.
#[derive(Debug, Default)]
pub(super) struct TargetQuotas {
    used: BTreeMap<Target, Used>,
}

#[derive(Debug, Default)]
struct Used {
    /// When the last tests were answered, the oldest first. GitLab counted each before.
    at: Vec<Instant>,
    /// Until when GitLab refuses tests, because another process with this user tests as well.
    refused_until: Option<Instant>,
}

impl TargetQuotas {
    /// How long to wait before another test of this target.
    pub(super) fn wait(&self, target: &Target, now: Instant) -> Duration {
        let Some(used) = self.used.get(target) else { return Duration::ZERO };
        let sixth_back = used.at.len().checked_sub(MAX_TESTS).and_then(|index| used.at.get(index));
        let free = sixth_back.map(|at| *at + WINDOW).into_iter().chain(used.refused_until).max();
        free.map_or(Duration::ZERO, |free| free.saturating_duration_since(now))
    }

    /// Records a test that was answered.
    pub(super) fn record_test(&mut self, target: &Target, now: Instant) {
        let used = self.used.entry(target.clone()).or_default();
        used.at.retain(|at| now.saturating_duration_since(*at) < WINDOW);
        used.at.push(now);
    }

    /// Records that GitLab refused a test, and from when on it allows the next.
    pub(super) fn record_refusal(&mut self, target: &Target, until: Instant) {
        let used = self.used.entry(target.clone()).or_default();
        used.refused_until = used.refused_until.max(Some(until));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::env::Env;

    fn group(id: u64) -> Target {
        Target::Group { id, path: format!("group-{id}").into() }
    }

    #[test]
    fn the_sixth_test_of_a_minute_waits_until_the_first_is_a_minute_old() {
        let (mut quota, start) = (TargetQuotas::default(), Env::empty().clock.instant());
        let at = |seconds| start + Duration::from_secs(seconds);
        for (now, wait) in
            [(0, 0), (1, 0), (2, 0), (3, 0), (20, 0), (20, 40), (59, 1), (60, 0), (60, 1), (61, 0), (62, 0)]
        {
            assert_eq!(quota.wait(&group(1), at(now)), Duration::from_secs(wait), "at {now}");
            if wait == 0 {
                quota.record_test(&group(1), at(now));
            }
        }
        assert_eq!(quota.wait(&group(1), at(62)), Duration::from_secs(1));
        assert_eq!(quota.wait(&group(1), at(200)), Duration::ZERO);
    }

    #[test]
    fn each_target_has_its_own_quota() {
        let (mut quota, now) = (TargetQuotas::default(), Env::empty().clock.instant());
        (0..5).for_each(|_| quota.record_test(&group(1), now));
        assert_eq!(quota.wait(&group(1), now), WINDOW);
        assert_eq!(quota.wait(&group(2), now), Duration::ZERO);
        assert_eq!(quota.wait(&Target::System, now), Duration::ZERO);
    }

    #[test]
    fn a_refusal_is_waited_out() {
        let (mut quota, start) = (TargetQuotas::default(), Env::empty().clock.instant());
        quota.record_test(&group(1), start);
        quota.record_refusal(&group(1), start + Duration::from_secs(30));
        quota.record_refusal(&group(1), start + Duration::from_secs(10));
        assert_eq!(quota.wait(&group(1), start), Duration::from_secs(30));
        assert_eq!(quota.wait(&group(1), start + Duration::from_secs(31)), Duration::ZERO);
    }
}
