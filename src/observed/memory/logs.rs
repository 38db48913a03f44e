//! Reads delivery logs back to the last entry that was seen.

use std::collections::BTreeMap;

use futures_util::{StreamExt as _, stream};

use super::{LogNumber, Memory, RememberedLog, Turn};
use crate::gitlab::{LoggedDelivery, Reader};
use crate::http;
use crate::http::limits::MAX_LOG_ENTRIES;
use crate::observed::{HookOwner, Observation, TargetSeen};
use crate::target::Target;

/// The logs of at most this many webhooks are watched, as by `verify`.
const MOST_WATCHED: usize = 100;
/// At most this many pages of a log are read at a time.
const MOST_PAGES: u8 = 10;

/// Reads delivery logs.
pub(in crate::observed) struct LogReader<'a> {
    pub gitlab: &'a Reader,
    /// Why none is read.
    pub none: Option<&'static str>,
    /// How many are read at the same time.
    pub width: usize,
}

/// What was read of a log.
struct LogPages {
    number: LogNumber,
    read: Result<Vec<LoggedDelivery>, http::Error>,
}

impl LogReader<'_> {
    /// Adds to webhooks what their logs say: of those that are due as it is now, of the others as it was remembered.
    pub(in crate::observed) async fn read(&self, targets: &mut [TargetSeen], memory: &mut Memory, turn: Turn) {
        let watched = if self.none.is_some() { Vec::new() } else { watched(targets) };
        let numbers: Vec<LogNumber> = watched.iter().map(|one| one.1).collect();
        let due = memory.due_logs(&numbers, turn);
        let to_read: Vec<(Target, LogNumber, Option<u64>)> = watched
            .into_iter()
            .filter(|(_, number)| due.contains(number))
            .map(|(target, number)| (target, number, memory.logs.get(&number).map(|log| log.last)))
            .collect();
        let reading = to_read.into_iter().map(async |(target, number, last)| LogPages {
            number,
            read: self.read_back(&target, number.1, last).await,
        });
        let read: Vec<LogPages> = stream::iter(reading).buffer_unordered(self.width).collect().await;
        let mut failed = BTreeMap::new();
        for LogPages { number, read } in read {
            match read {
                Ok(entries) => memory.keep_log(number, entries, turn),
                Err(error) => drop(failed.insert(number, error)),
            }
        }
        for seen in targets {
            let place = seen.target.number();
            let Observation::Known(hooks) = &mut seen.hooks else { continue };
            for hook in hooks.iter_mut() {
                let number = (place, hook.hook.id);
                hook.deliveries = if hook.owner == HookOwner::Foreign {
                    Observation::Skipped("the hook is not this connection's")
                } else if let Some(error) = failed.remove(&number) {
                    Observation::Failed(error)
                } else if let Some(log) = memory.logs.get(&number).filter(|_| numbers.contains(&number)) {
                    Observation::Known(log.entries.clone())
                } else if seen.target == Target::System {
                    Observation::Skipped("GitLab keeps no delivery log of system hooks")
                } else {
                    Observation::Skipped(self.none.unwrap_or("the logs of the first 100 hooks are read"))
                };
            }
        }
    }

    /// The newest page, and the pages before it back to the entry that was seen last.
    async fn read_back(
        &self,
        target: &Target,
        hook: u64,
        last: Option<u64>,
    ) -> Result<Vec<LoggedDelivery>, http::Error> {
        let mut all = self.gitlab.deliveries(target, hook).await?;
        let Some(last) = last else { return Ok(all) };
        let mut page = 1;
        let mut is_full = all.len() >= usize::from(MAX_LOG_ENTRIES);
        while is_full && page < MOST_PAGES && all.last().is_some_and(|entry| entry.id > last) {
            page += 1;
            let more = self.gitlab.deliveries_page(target, hook, page).await?;
            is_full = more.len() >= usize::from(MAX_LOG_ENTRIES);
            all.extend(more);
        }
        Ok(all)
    }
}

/// The first webhooks of this connection that GitLab keeps a log of.
fn watched(targets: &[TargetSeen]) -> Vec<(Target, LogNumber)> {
    let with_log = targets.iter().filter(|seen| seen.target != Target::System);
    let hooks = with_log.flat_map(|seen| seen.own_hooks().map(|one| (seen.target.clone(), one.hook.id)));
    hooks.take(MOST_WATCHED).map(|(target, id)| (target.clone(), (target.number(), id))).collect()
}

impl Memory {
    /// Counts what is new in a log, and keeps its newest entries without what they sent.
    fn keep_log(&mut self, number: LogNumber, entries: Vec<LoggedDelivery>, turn: Turn) {
        let newest = entries.iter().map(|entry| entry.id).max().unwrap_or_default();
        let before = self.logs.get(&number).map(|log| log.last);
        if let Some(before) = before {
            // A page may repeat entries of the one before it, where new ones came in between.
            let mut seen = std::collections::BTreeSet::new();
            for entry in entries.iter().filter(|entry| entry.id > before && seen.insert(entry.id)) {
                self.delivered.seen += 1;
                self.delivered.failed += u64::from(!entry.outcome.is_delivered());
            }
        }
        let entries = entries.into_iter().take(usize::from(MAX_LOG_ENTRIES));
        let entries = entries.map(|entry| LoggedDelivery { trigger: String::new(), key: None, ..entry }).collect();
        let last = newest.max(before.unwrap_or_default());
        self.logs.insert(number, RememberedLog { read_at: turn.at, last, entries });
    }
}
