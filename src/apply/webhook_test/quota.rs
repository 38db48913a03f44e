//! GitLab's ration of test deliveries: five a minute for each project or group, by user. Pure: times are handed in.
//!
//! gitlab: lib/gitlab/application_rate_limiter.rb, `web_hook_test`

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::target::Target;

/// So many tests are allowed in a window.
const MOST: usize = 5;
pub(super) const WINDOW: Duration = Duration::from_secs(60);

/// What this process has had of the ration.
#[derive(Debug, Default)]
pub(super) struct Ration {
    used: BTreeMap<Target, Used>,
}

#[derive(Debug, Default)]
struct Used {
    /// When the last tests were answered, the oldest first. GitLab counted each before.
    at: Vec<Instant>,
    /// Until when GitLab wants none: somebody else with this user tests as well.
    refused_until: Option<Instant>,
}

impl Ration {
    /// How long to wait before another test of this target.
    pub(super) fn wait(&self, target: &Target, now: Instant) -> Duration {
        let Some(used) = self.used.get(target) else { return Duration::ZERO };
        let sixth_back = used.at.len().checked_sub(MOST).and_then(|index| used.at.get(index));
        let free = sixth_back.map(|at| *at + WINDOW).into_iter().chain(used.refused_until).max();
        free.map_or(Duration::ZERO, |free| free.saturating_duration_since(now))
    }

    /// A test was test_quota, and its answer is here.
    pub(super) fn test_quota(&mut self, target: &Target, now: Instant) {
        let used = self.used.entry(target.clone()).or_default();
        used.at.retain(|at| now.saturating_duration_since(*at) < WINDOW);
        used.at.push(now);
    }

    /// GitLab test_quota none, and wants to be asked again after this time at the earliest.
    pub(super) fn refused(&mut self, target: &Target, until: Instant) {
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
        let (mut ration, start) = (Ration::default(), Env::empty().clock.instant());
        let at = |seconds| start + Duration::from_secs(seconds);
        for (now, wait) in
            [(0, 0), (1, 0), (2, 0), (3, 0), (20, 0), (20, 40), (59, 1), (60, 0), (60, 1), (61, 0), (62, 0)]
        {
            assert_eq!(ration.wait(&group(1), at(now)), Duration::from_secs(wait), "at {now}");
            if wait == 0 {
                ration.test_quota(&group(1), at(now));
            }
        }
        assert_eq!(ration.wait(&group(1), at(62)), Duration::from_secs(1));
        assert_eq!(ration.wait(&group(1), at(200)), Duration::ZERO);
    }

    #[test]
    fn each_target_has_a_ration_of_its_own() {
        let (mut ration, now) = (Ration::default(), Env::empty().clock.instant());
        (0..5).for_each(|_| ration.test_quota(&group(1), now));
        assert_eq!(ration.wait(&group(1), now), WINDOW);
        assert_eq!(ration.wait(&group(2), now), Duration::ZERO);
        assert_eq!(ration.wait(&Target::System, now), Duration::ZERO);
    }

    #[test]
    fn a_refusal_all_the_same_is_waited_for() {
        let (mut ration, start) = (Ration::default(), Env::empty().clock.instant());
        ration.test_quota(&group(1), start);
        ration.refused(&group(1), start + Duration::from_secs(30));
        ration.refused(&group(1), start + Duration::from_secs(10));
        assert_eq!(ration.wait(&group(1), start), Duration::from_secs(30));
        assert_eq!(ration.wait(&group(1), start + Duration::from_secs(31)), Duration::ZERO);
    }
}
