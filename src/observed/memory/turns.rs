//! Whose turn it is.

use std::collections::BTreeSet;

use super::{LogNumber, Memory, Turn};
use crate::desired::Candidate;
use crate::target::TargetNumber;

/// Up to this many are read by each look.
const FEW: usize = 5;
/// At least this many targets are read by each look.
const LEAST_TARGETS: usize = 2;
/// At least this many delivery logs.
const LEAST_LOGS: usize = 1;
/// At most this many faulty ones are read beside those whose turn it is.
const MOST_FAULTY: usize = 20;

impl Memory {
    /// The targets whose webhooks are read now.
    pub(in crate::observed) fn due_targets(&self, candidates: &[Candidate], turn: Turn) -> BTreeSet<TargetNumber> {
        let (mut due, mut known) = (BTreeSet::new(), Vec::new());
        for number in candidates.iter().map(|one| one.target.number()) {
            match self.hooks.get(&number) {
                None => drop(due.insert(number)),
                Some(hooks) => known.push((hooks.read_at, number)),
            }
        }
        known.sort_unstable();
        let share = if known.len() <= FEW { known.len() } else { turn.share(known.len(), LEAST_TARGETS) };
        due.extend(known.iter().take(share).map(|(_, number)| *number));
        let faulty = known.iter().filter(|(_, number)| self.faulty.contains(number));
        due.extend(faulty.take(MOST_FAULTY).map(|(_, number)| *number));
        due
    }

    /// Which of these delivery logs are read now.
    pub(super) fn due_logs(&self, watched: &[LogNumber], turn: Turn) -> BTreeSet<LogNumber> {
        let (mut due, mut known) = (BTreeSet::new(), Vec::new());
        for number in watched {
            match self.logs.get(number) {
                None => drop(due.insert(*number)),
                Some(log) => known.push((log.read_at, *number)),
            }
        }
        known.sort_unstable();
        let share = if known.len() <= FEW { known.len() } else { turn.share(known.len(), LEAST_LOGS) };
        due.extend(known.iter().take(share).map(|(_, number)| *number));
        let faulty = known.iter().filter(|(_, (target, _))| self.faulty.contains(target));
        due.extend(faulty.take(MOST_FAULTY).map(|(_, number)| *number));
        due
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use jiff::{SignedDuration, Timestamp};

    use super::super::RememberedHooks;
    use super::*;
    use crate::target::{Target, TargetKind};

    fn candidates(count: u64) -> Vec<Candidate> {
        let target = |id| Target::Project { id, path: format!("acme/{id}").into() };
        (1..=count).map(|id| Candidate { target: target(id), empty: false }).collect()
    }

    /// Looks at so many targets for a day, and returns how often each was read, and how many at most in one look.
    fn day(count: u64, interval: Duration) -> (Vec<usize>, usize) {
        let (mut memory, candidates) = (Memory::default(), candidates(count));
        let mut times = vec![0; usize::try_from(count).expect("small")];
        let (mut at, mut most) = (Timestamp::UNIX_EPOCH, 0);
        for look in 0..=(24 * 60 * 60 / interval.as_secs()) {
            let turn = memory.begin(at);
            let due = memory.due_targets(&candidates, turn);
            if look > 0 {
                most = most.max(due.len());
            }
            for number in due {
                if look > 0 {
                    times[usize::try_from(number.1).expect("small") - 1] += 1;
                }
                memory.hooks.insert(number, RememberedHooks { read_at: at, hooks: Vec::new() });
            }
            memory.end(turn);
            at += SignedDuration::try_from(interval).expect("short");
        }
        (times, most)
    }

    #[test]
    fn each_of_ten_thousand_is_read_once_a_day_and_never_many_at_once() {
        let (times, most) = day(10_000, Duration::from_secs(300));
        assert!(times.iter().all(|times| (1..=2).contains(times)), "{times:?}");
        assert_eq!(most, 35);
    }

    #[test]
    fn of_a_hundred_two_are_read_by_each_look_and_of_five_all() {
        assert_eq!(day(100, Duration::from_secs(300)).1, 2);
        assert_eq!(day(5, Duration::from_secs(300)).1, 5);
    }

    #[test]
    fn after_hours_without_gitlab_as_much_is_due_as_was_missed() {
        let (mut memory, candidates) = (Memory::default(), candidates(1000));
        let turn = memory.begin(Timestamp::UNIX_EPOCH);
        for number in memory.due_targets(&candidates, turn) {
            memory.hooks.insert(number, RememberedHooks { read_at: turn.at, hooks: Vec::new() });
        }
        memory.end(turn);
        let turn = memory.begin(Timestamp::UNIX_EPOCH + SignedDuration::from_hours(6));
        assert_eq!(memory.due_targets(&candidates, turn).len(), 250);
    }

    #[test]
    fn what_is_new_or_faulty_is_read_at_once() {
        let (mut memory, candidates) = (Memory::default(), candidates(1000));
        let turn = memory.begin(Timestamp::UNIX_EPOCH);
        for number in memory.due_targets(&candidates[..999], turn) {
            memory.hooks.insert(number, RememberedHooks { read_at: turn.at, hooks: Vec::new() });
        }
        memory.end(turn);
        memory.set_faulty([(TargetKind::Project, 500)].into());
        let turn = memory.begin(Timestamp::UNIX_EPOCH + SignedDuration::from_mins(1));
        let due = memory.due_targets(&candidates, turn);
        assert!(due.contains(&(TargetKind::Project, 500)) && due.contains(&(TargetKind::Project, 1000)), "{due:?}");
        assert_eq!(due.len(), 4);
    }
}
