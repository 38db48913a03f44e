//! Whom a check is about that does not pass: that it is about one more is news, although its state is the same.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{CheckSeen, Tracked};
use crate::checks::{Affected, AffectedNumber};
use crate::text::counted;

/// Of more than that only their number is kept.
const MOST_KEPT: usize = 1000;
/// At most this many are named.
const NAMED: usize = 3;

/// The targets and webhooks that a check is about.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub(super) struct AffectedSet {
    count: usize,
    /// None of them where there are too many.
    numbers: BTreeSet<AffectedNumber>,
}

impl AffectedSet {
    fn of(affected: &[Affected]) -> Self {
        let numbers = affected.iter().map(|one| one.number).take(MOST_KEPT + 1).collect::<BTreeSet<_>>();
        let numbers = if affected.len() > MOST_KEPT { BTreeSet::new() } else { numbers };
        Self { count: affected.len(), numbers }
    }

    const fn is_counted_only(&self) -> bool {
        self.count > MOST_KEPT
    }
}

impl Tracked {
    /// Follows whom the check is about. Where its state is the one that was told, returns who has joined by this look and the
    /// one before.
    pub(super) fn follow_affected(&mut self, seen: &CheckSeen) -> Option<String> {
        let now = AffectedSet::of(&seen.affected);
        let before = std::mem::replace(&mut self.affected, now.clone());
        if seen.state != self.state {
            return None;
        }
        let told = self.told.get_or_insert_with(|| now.clone());
        if [&now, &before, told].into_iter().any(AffectedSet::is_counted_only) {
            return follow_count(told, &now, &before);
        }
        let is_left = |number: &AffectedNumber| now.numbers.contains(number) || before.numbers.contains(number);
        told.numbers.retain(is_left);
        let joined: BTreeSet<AffectedNumber> = now
            .numbers
            .intersection(&before.numbers)
            .filter(|number| !told.numbers.contains(number))
            .copied()
            .collect();
        told.numbers.extend(&joined);
        told.count = told.numbers.len();
        (!joined.is_empty()).then(|| named(&seen.affected, &joined))
    }

    /// This state is told, and with it all that it is about.
    pub(super) fn tell_affected(&mut self, seen: &CheckSeen) {
        self.affected = AffectedSet::of(&seen.affected);
        self.told = Some(self.affected.clone());
    }
}

/// Follows their number alone.
fn follow_count(told: &mut AffectedSet, now: &AffectedSet, before: &AffectedSet) -> Option<String> {
    let joined = now.count.min(before.count).saturating_sub(told.count);
    if joined > 0 || now.count.max(before.count) < told.count {
        *told = now.clone();
    }
    (joined > 0).then(|| counted(joined, "target"))
}

fn named(affected: &[Affected], joined: &BTreeSet<AffectedNumber>) -> String {
    let names: Vec<&str> =
        affected.iter().filter(|one| joined.contains(&one.number)).map(|one| one.name.as_str()).collect();
    let more = names.len().saturating_sub(NAMED);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{more}", names[..names.len().min(NAMED)].join(", "))
}
