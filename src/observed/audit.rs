//! What a review reads besides what the checks are judged by: settings, administrators, audit events.

use std::collections::BTreeSet;

use jiff::civil::Date;
use jiff::{Span, ToSpan as _};

use super::{Observation, Observed};
use crate::gitlab::{Administrator, AuditEvent, EventDays, EventScope, License, Reader, SecuritySettings};
use crate::http;
use crate::target::TargetKind;

/// GitLab takes at most so many days in one request for audit events.
const MOST_DAYS: i32 = 30;

/// At most so many groups and projects are asked for their audit events: each is a request for every thirty days.
const MOST_PLACES: usize = 2;

/// At most so many pages of events are read for each thirty days, over everything that is asked for: an instance has millions.
const PAGES_PER_WINDOW: usize = 5;

/// Everything that was read for a review alone, or why it was not.
#[derive(Clone, Debug)]
pub struct AuditSeen {
    pub settings: Observation<SecuritySettings>,
    pub administrators: Observation<Vec<Administrator>>,
    pub events: Observation<EventsSeen>,
}

/// The audit events of what was asked for.
#[derive(Clone, Debug, Default)]
pub struct EventsSeen {
    /// Newest first.
    pub events: Vec<AuditEvent>,
    /// The groups and projects whose events were read.
    pub places: Vec<String>,
    /// How many others have a webhook of this connection.
    pub places_left: usize,
    /// Before this day nothing was read, although it was asked for: there are too many events.
    pub cut_before: Option<Date>,
}

/// Reads what a review needs besides the checks' reads.
pub struct AuditReader<'a> {
    pub gitlab: &'a Reader,
    pub observed: &'a Observed,
    /// The first day whose audit events are read.
    pub since: Date,
    /// The day of the review.
    pub today: Date,
}

/// Why no audit events are read without a license that has them.
pub const NO_AUDIT_EVENTS: &str = "audit events need a Premium or Ultimate license";

impl AuditReader<'_> {
    /// Never fails as a whole: each failure is in its read's place.
    pub async fn read(&self) -> AuditSeen {
        let (settings, administrators, events) =
            tokio::join!(self.gitlab.security_settings(), self.administrators(), Box::pin(self.events()));
        AuditSeen { settings: Observation::from(settings), administrators, events }
    }

    /// For a caller who is not an administrator GitLab would list all users.
    async fn administrators(&self) -> Observation<Vec<Administrator>> {
        match self.observed.user.known().and_then(|user| user.is_admin) {
            Some(true) => Observation::from(self.gitlab.administrators().await),
            _ => Observation::Skipped("only an administrator can list the administrators"),
        }
    }

    async fn events(&self) -> Observation<EventsSeen> {
        match &self.observed.license {
            Observation::Failed(error) => return Observation::Failed(error.clone()),
            Observation::Skipped(reason) => return Observation::Skipped(reason),
            Observation::Known(License::NotAvailable | License::Unlicensed) => {
                return Observation::Skipped(NO_AUDIT_EVENTS);
            }
            Observation::Known(License::Licensed { .. }) if !self.observed.plan().has_group_hooks() => {
                return Observation::Skipped(NO_AUDIT_EVENTS);
            }
            Observation::Known(License::Licensed { .. }) => {}
        }
        Observation::from(self.read_events().await)
    }

    async fn read_events(&self) -> Result<EventsSeen, http::Error> {
        let mut seen = EventsSeen::default();
        let scopes = self.scopes(&mut seen);
        let windows = windows(self.since, self.today);
        let mut left = PAGES_PER_WINDOW * windows.len();
        // The newest days of everything first: what is cut off is the oldest.
        for days in windows {
            for scope in &scopes {
                let mut pages = self.gitlab.audit_events(scope, days);
                while let Some(rest) = left.checked_sub(1) {
                    left = rest;
                    let Some(page) = pages.next_page().await? else { break };
                    seen.events.extend(page);
                    if pages.is_finished() {
                        break;
                    }
                }
                if !pages.is_finished() {
                    seen.cut_before = Some(days.to);
                    break;
                }
            }
            if seen.cut_before.is_some() {
                break;
            }
        }
        seen.events.sort_by_key(|event| std::cmp::Reverse(event.id));
        seen.events.dedup_by_key(|event| event.id);
        Ok(seen)
    }

    /// The instance, the owners of the tokens, and the first places with a webhook of this connection.
    fn scopes(&self, seen: &mut EventsSeen) -> Vec<EventScope> {
        let observed = self.observed;
        let handed_over = observed.handed_over.known().and_then(Option::as_ref);
        let named = observed.named_tokens.known().into_iter().flatten();
        let tokens = observed.token.known().into_iter().chain(handed_over).chain(named);
        let owners: BTreeSet<u64> = tokens.map(|token| token.user_id).collect();
        let mut scopes = vec![EventScope::Instance];
        // With more owners than one, those who have Factory's tokens come first.
        scopes.extend(owners.into_iter().take(1).map(EventScope::User));
        let hooks = observed.hooks.known();
        let targets = || {
            let others = hooks.into_iter().flat_map(|seen| seen.others.iter().map(|other| &other.seen));
            hooks.into_iter().flat_map(|seen| &seen.targets).chain(others)
        };
        // Where somebody else's webhook sends to Factory comes first: who made it is the question.
        let with_foreign = targets().filter(|seen| seen.foreign_hooks().next().is_some()).map(|seen| &seen.target);
        let at_factory = hooks.into_iter().flat_map(|seen| seen.at_factory.iter().map(|other| &other.target));
        let with_own = targets().filter(|seen| seen.own_hooks().next().is_some()).map(|seen| &seen.target);
        let mut known = BTreeSet::new();
        let places = with_foreign.chain(at_factory).chain(with_own).filter(|target| known.insert(target.number()));
        for target in places {
            let (kind, id) = target.number();
            let scope = match kind {
                TargetKind::System => continue,
                TargetKind::Group => EventScope::Group(id),
                TargetKind::Project => EventScope::Project(id),
            };
            if seen.places.len() < MOST_PLACES {
                seen.places.push(target.to_string());
                scopes.push(scope);
            } else {
                seen.places_left += 1;
            }
        }
        scopes
    }
}

/// The days from the first to the end of the last in parts that GitLab takes, the newest first.
fn windows(since: Date, today: Date) -> Vec<EventDays> {
    let day = Span::new().days(1);
    let mut windows = Vec::new();
    let Ok(mut to) = today.checked_add(day) else { return windows };
    while to > since {
        let from = to.checked_sub(MOST_DAYS.days()).unwrap_or(since).max(since);
        windows.push(EventDays { from, to });
        to = from;
    }
    windows
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Date {
        text.parse().expect("a date")
    }

    #[test]
    fn audit_events_are_asked_for_thirty_days_at_a_time_the_newest_first() {
        let of = |since, today| windows(day(since), day(today));
        let days = |from, to| EventDays { from: day(from), to: day(to) };
        assert_eq!(of("2026-11-20", "2026-11-26"), [days("2026-11-20", "2026-11-27")]);
        assert_eq!(
            of("2026-08-29", "2026-11-26"),
            [days("2026-10-28", "2026-11-27"), days("2026-09-28", "2026-10-28"), days("2026-08-29", "2026-09-28"),]
        );
        assert_eq!(of("2026-11-26", "2026-11-26"), [days("2026-11-26", "2026-11-27")]);
        assert_eq!(of("2026-11-28", "2026-11-26"), []);
    }
}
