//! Automatic disabling of hooks that fail.
//!
//! gitlab: app/models/concerns/web_hooks/auto_disabling.rb

use jiff::{SignedDuration, Timestamp};

/// Consecutive failures without a consequence.
const FREE: u32 = 3;
/// Consecutive failures after which a hook stays disabled.
const MOST: u32 = 40;
const FIRST_BACKOFF: SignedDuration = SignedDuration::from_mins(1);
const LONGEST_BACKOFF: SignedDuration = SignedDuration::from_hours(24);

/// A hook's consecutive failures and their consequence.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(in crate::sandbox::gitlab) struct Failures {
    count: u32,
    pub disabled_until: Option<Timestamp>,
    permanent: bool,
}

/// GitLab's rule changed with 17.11.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum DisablingRule {
    /// 4xx: disabled permanently after four in a row; any other failure backs off.
    Old,
    /// Every failure backs off; disabled permanently after forty in a row.
    New,
}

/// The result of a delivery, as far as this rule distinguishes it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum DeliveryResult {
    /// 2xx or 3xx.
    Fine,
    /// 4xx.
    Refused,
    /// 5xx, or no response.
    Failed,
}

impl DeliveryResult {
    pub(super) const fn of(status: Option<u16>) -> Self {
        match status {
            Some(200..=399) => Self::Fine,
            Some(400..=499) => Self::Refused,
            _ => Self::Failed,
        }
    }
}

impl Failures {
    /// The state of the hook after this delivery.
    pub(super) fn after(self, result: DeliveryResult, rule: DisablingRule, now: Timestamp) -> Self {
        if result == DeliveryResult::Fine {
            return Self::default();
        }
        let count = self.count.saturating_add(1);
        if count <= FREE {
            return Self { count, ..self };
        }
        let permanent = match rule {
            DisablingRule::Old => result == DeliveryResult::Refused,
            DisablingRule::New => count > MOST,
        };
        if permanent {
            return Self { count, disabled_until: None, permanent: true };
        }
        let doublings = (count - FREE - 1).min(16);
        let backoff = (FIRST_BACKOFF * (1 << doublings)).min(LONGEST_BACKOFF);
        Self { count, disabled_until: now.checked_add(backoff).ok(), permanent: false }
    }

    /// Disabled for good.
    #[cfg(feature = "sandbox-testing")]
    pub(super) const fn permanent() -> Self {
        Self { count: MOST + 1, disabled_until: None, permanent: true }
    }

    /// `alert_status`.
    pub(super) fn status(self, now: Timestamp) -> &'static str {
        if self.permanent {
            "disabled"
        } else if self.disabled_until.is_some_and(|until| until > now) {
            "temporarily_disabled"
        } else {
            "executable"
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The status and the minutes of backoff after these results.
    fn run(results: &[DeliveryResult], rule: DisablingRule) -> (&'static str, i64) {
        let now = Timestamp::UNIX_EPOCH;
        let end = results.iter().fold(Failures::default(), |failures, result| failures.after(*result, rule, now));
        (end.status(now), end.disabled_until.map_or(0, |until| until.as_second() / 60))
    }

    #[test]
    fn a_failing_hook_is_disabled_by_the_rule_of_its_version() {
        use DeliveryResult::{Failed, Fine, Refused};
        let cases: [(Vec<DeliveryResult>, DisablingRule, &str, i64); 10] = [
            (vec![Refused; 3], DisablingRule::New, "executable", 0),
            (vec![Refused; 4], DisablingRule::New, "temporarily_disabled", 1),
            (vec![Failed; 5], DisablingRule::New, "temporarily_disabled", 2),
            (vec![Failed; 6], DisablingRule::New, "temporarily_disabled", 4),
            (vec![Failed; 40], DisablingRule::New, "temporarily_disabled", 24 * 60),
            (vec![Failed; 41], DisablingRule::New, "disabled", 0),
            ([vec![Failed; 41], vec![Fine]].concat(), DisablingRule::New, "executable", 0),
            (vec![Refused; 4], DisablingRule::Old, "disabled", 0),
            (vec![Failed; 4], DisablingRule::Old, "temporarily_disabled", 1),
            (vec![Failed; 50], DisablingRule::Old, "temporarily_disabled", 24 * 60),
        ];
        for (results, rule, status, minutes) in cases {
            assert_eq!(run(&results, rule), (status, minutes), "{} under {rule:?}", results.len());
        }
    }

    #[test]
    fn a_backoff_expires() {
        let start = Timestamp::UNIX_EPOCH;
        let failures = (0..4)
            .fold(Failures::default(), |failures, _| failures.after(DeliveryResult::Failed, DisablingRule::New, start));
        let later = start.checked_add(SignedDuration::from_secs(61)).expect("a time");
        assert_eq!(failures.status(later), "executable");
    }

    #[test]
    fn responses_are_classified_by_status() {
        let cases = [
            (Some(204), DeliveryResult::Fine),
            (Some(301), DeliveryResult::Fine),
            (Some(404), DeliveryResult::Refused),
            (Some(500), DeliveryResult::Failed),
            (None, DeliveryResult::Failed),
        ];
        for (status, result) in cases {
            assert_eq!(DeliveryResult::of(status), result);
        }
    }
}
