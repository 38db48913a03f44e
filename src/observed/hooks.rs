//! Reads the hooks of every target, many at the same time, and keeps those that concern this connection.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use futures_util::{StreamExt as _, stream};
use tokio::sync::mpsc;

use super::bulk::{Bulk, CandidateHooks};
use super::everywhere::EveryTarget;
use super::memory::{LogReader, Memory, Turn};
use super::observer::ObserveProgress;
use super::others::{GroupHooks, Others};
use super::targets::{FoundTargets, InitialReads, ListSource, TargetFinder, TargetSink};
use super::{HookAtFactory, HookOwner, HookSeen, HooksSeen, LeftOut, Observation, OthersRead, OwnerRules, TargetSeen};
use crate::desired::{Candidate, Desired};
use crate::gitlab::{Hook, HookAttributes, LoggedDelivery, Reader};
use crate::http;
use crate::http::limits::PAGE_SIZE;
use crate::instance::Version;
use crate::target::{Strategy, Target, TargetKind, TargetNumber};

/// At most this many pages of targets are held while their hooks are read.
const PAGES_AHEAD: usize = 2;

/// At most this many pages are read in bulk at the same time: each such request is expensive for GitLab.
const PAGES_AT_ONCE: usize = 2;

/// Delivery logs of at most this many hooks are read: each is a request, and a log can be large.
const MOST_LOGS: usize = 100;

/// How many delivery logs may still be read, or why none is.
pub(super) struct DeliveryLogBudget {
    left: Cell<usize>,
    none: Option<&'static str>,
}

impl DeliveryLogBudget {
    /// The budget under a version of GitLab.
    pub(super) fn new(version: Option<Version>) -> Self {
        let none = match version {
            None => Some("GitLab's version is not known, so it is not known whether it has delivery logs"),
            Some(version) if version < Version::DELIVERY_LOG => Some("this GitLab has no delivery log (17.3)"),
            Some(_) => None,
        };
        Self { left: Cell::new(MOST_LOGS), none }
    }

    /// Reads none.
    pub(super) fn none(reason: &'static str) -> Self {
        Self { left: Cell::new(0), none: Some(reason) }
    }

    /// Takes one read from the budget, or says why there is none.
    fn take(&self, target: &Target) -> Result<(), &'static str> {
        if let Some(reason) = self.none {
            return Err(reason);
        }
        if *target == Target::System {
            return Err("GitLab keeps no delivery log of system hooks");
        }
        let left = self.left.get().checked_sub(1).ok_or("the logs of the first 100 hooks are read")?;
        self.left.set(left);
        Ok(())
    }
}

/// Lets hooks with equal attributes share them.
#[derive(Debug, Default)]
pub(super) struct Interner(RefCell<HashSet<Arc<HookAttributes>>>);

impl Interner {
    /// Adds attributes that are shared already.
    pub(super) fn add(&self, attributes: Arc<HookAttributes>) {
        self.0.borrow_mut().insert(attributes);
    }

    /// Forgets what no hook has any more.
    pub(super) fn prune(&self) {
        self.0.borrow_mut().retain(|attributes| Arc::strong_count(attributes) > 1);
    }

    fn share(&self, attributes: Arc<HookAttributes>) -> Arc<HookAttributes> {
        let mut known = self.0.borrow_mut();
        match known.get(&attributes) {
            Some(shared) => Arc::clone(shared),
            None => {
                known.insert(Arc::clone(&attributes));
                attributes
            }
        }
    }
}

/// Reads the hooks of all targets.
pub(super) struct HookReader<'a> {
    pub(super) gitlab: &'a Reader,
    pub(super) desired: &'a Desired,
    pub(super) strategy: Strategy,
    /// Whether the license lets them send anything.
    pub(super) group_hooks: GroupHooks,
    /// Where this machine recorded a webhook of this connection.
    pub(super) recorded: BTreeSet<TargetNumber>,
    /// The webhooks that have to be asked for where a list does not have them.
    pub(super) confirmed: BTreeMap<TargetNumber, u64>,
    pub(super) owners: OwnerRules<'a>,
    pub(super) logs: DeliveryLogBudget,
    /// Whether logs are read after the webhooks, in turns.
    pub(super) logs_later: bool,
    pub(super) bulk: Bulk<'a>,
    pub(super) interner: Interner,
    /// Others' hooks to Factory's host.
    pub(super) at_factory: RefCell<Vec<HookAtFactory>>,
    pub(super) progress: &'a dyn ObserveProgress,
    /// How many targets are read at the same time: more than the client sends at once, so that it is never idle.
    pub(super) width: usize,
}

impl HookReader<'_> {
    /// Finds the targets and reads their hooks as they are found. A target that cannot be read is a failure of that target
    /// alone; a list of targets that cannot be read to its end is a failure of the whole.
    pub(super) async fn read_all(&self, initial: &InitialReads) -> Result<HooksSeen, http::Error> {
        let (gitlab, strategy) = (self.gitlab, self.strategy);
        let others = Others::new(strategy, self.group_hooks, &self.recorded);
        let selection = &self.desired.webhooks.selection;
        let finder = TargetFinder { gitlab, selection, strategy, initial, others: &others, source: ListSource::GitLab };
        let find = async |sink: &TargetSink<'_>| finder.find(sink).await;
        let (found, all) = self.read_found(find, |_| true).await?;
        Ok(self.seen(found, &others, all))
    }

    /// The same of everything that can have a webhook, whatever is selected. Only targets are kept that have one of this
    /// connection's, or could not be read.
    pub(super) async fn read_everywhere(&self, finder: &EveryTarget<'_>) -> Result<HooksSeen, http::Error> {
        let is_kept = |seen: &TargetSeen| !seen.hooks.known().is_some_and(Vec::is_empty) && !self.is_unlicensed(seen);
        let find = async |sink: &TargetSink<'_>| finder.find(sink).await;
        let ((), targets) = self.read_found(find, is_kept).await?;
        Ok(HooksSeen {
            strategy: self.strategy,
            targets,
            left_out: LeftOut::default(),
            split_groups: Vec::new(),
            unmatched_exclusions: Vec::new(),
            others: Vec::new(),
            others_read: OthersRead::All,
            at_factory: self.at_factory(),
        })
    }

    /// What was found of others' hooks to Factory's host, in the order of the targets.
    fn at_factory(&self) -> Vec<HookAtFactory> {
        let mut found = self.at_factory.take();
        found.sort_by(|one, other| (&one.target, one.hook.id).cmp(&(&other.target, other.hook.id)));
        found
    }

    /// Whether a group's webhooks are refused because the license has none, and no run on this machine made one there.
    fn is_unlicensed(&self, seen: &TargetSeen) -> bool {
        let is_refused = seen.hooks.error().is_some_and(|error| matches!(error.status(), Some(403 | 404)));
        let number = seen.target.number();
        let is_group = self.group_hooks == GroupHooks::Sleep && number.0 == TargetKind::Group;
        is_refused && is_group && !self.recorded.contains(&number)
    }

    /// What was found and read, with the targets that need no webhook apart.
    fn seen(&self, found: FoundTargets, others: &Others<'_>, all: Vec<TargetSeen>) -> HooksSeen {
        let FoundTargets { left_out, split_groups, unmatched_exclusions } = found;
        let (targets, outside) = others.divide(all);
        HooksSeen {
            strategy: self.strategy,
            targets,
            left_out,
            split_groups,
            unmatched_exclusions,
            others: outside,
            others_read: others.read(),
            at_factory: self.at_factory(),
        }
    }

    /// The same with what earlier looks saw: only what is new, faulty or due is read.
    pub(super) async fn read_due(&self, look: DueLook<'_>, memory: &mut Memory) -> Result<HooksSeen, http::Error> {
        let DueLook { initial, turn, sees_all } = look;
        let (gitlab, strategy, selection) = (self.gitlab, self.strategy, &self.desired.webhooks.selection);
        let others = Others::new(strategy, self.group_hooks, &self.recorded);
        let finder = TargetFinder { gitlab, selection, strategy, initial, others: &others, source: ListSource::Memory };
        let (found, mut candidates) = collect(&finder, self.progress).await?;
        let due = memory.due_targets(&candidates, turn);
        let to_read: Vec<Candidate> =
            candidates.iter().filter(|one| due.contains(&one.target.number())).cloned().collect();
        let pages: Vec<Vec<Candidate>> = to_read.chunks(PAGE_SIZE).map(<[Candidate]>::to_vec).collect();
        let read: Vec<TargetSeen> = stream::iter(pages)
            .map(|page| self.bulk.page(page))
            .buffer_unordered(PAGES_AT_ONCE)
            .flat_map(stream::iter)
            .map(|candidate| self.read_target(candidate))
            .buffer_unordered(self.width)
            .collect()
            .await;
        let mut failed = BTreeMap::new();
        for seen in &read {
            let Observation::Failed(error) = &seen.hooks else { continue };
            let (kind, id) = seen.target.number();
            if sees_all && error.status() == Some(404) && !gitlab.is_visible(kind, id).await? {
                memory.remove((kind, id));
                candidates.retain(|one| one.target.number() != (kind, id));
            } else {
                failed.insert((kind, id), error.clone());
            }
        }
        memory.keep(read, turn);
        memory.retain(&candidates);
        let mut all = memory.recall(candidates, &failed);
        let logs = LogReader { gitlab, none: self.logs.none, width: self.width };
        logs.read(&mut all, memory, turn).await;
        memory.end(turn);
        Ok(self.seen(found, &others, all))
    }

    /// Reads targets as they are found, and keeps some of them.
    async fn read_found<T>(
        &self,
        find: impl AsyncFnOnce(&TargetSink<'_>) -> Result<T, http::Error>,
        is_kept: impl Fn(&TargetSeen) -> bool,
    ) -> Result<(T, Vec<TargetSeen>), http::Error> {
        let (send, mut receive) = mpsc::channel::<Vec<Candidate>>(PAGES_AHEAD);
        let find = async {
            let sink = TargetSink { pages: &send, progress: self.progress, taken: Cell::new(0), gitlab: self.gitlab };
            let found = find(&sink).await;
            drop(send);
            found
        };
        let pages = stream::poll_fn(move |context| receive.poll_recv(context));
        let read = pages
            .map(|page| self.bulk.page(page))
            .buffer_unordered(PAGES_AT_ONCE)
            .flat_map(stream::iter)
            .map(|candidate| self.read_target(candidate))
            .buffer_unordered(self.width)
            .filter(|seen| std::future::ready(is_kept(seen)))
            .collect::<Vec<TargetSeen>>();
        let (found, mut all) = tokio::join!(Box::pin(find), read);
        let found = found?;
        all.sort_by(|one, other| one.target.cmp(&other.target));
        Ok((found, all))
    }

    async fn read_target(&self, candidate: CandidateHooks) -> TargetSeen {
        let CandidateHooks { candidate: Candidate { target, empty }, hooks } = candidate;
        let hooks = match hooks {
            Some(hooks) => Ok(hooks),
            None => self.gitlab.hooks(&target).await,
        };
        let hooks = match hooks {
            Ok(hooks) => self.confirm(&target, &hooks).await.map(|()| hooks),
            error => error,
        };
        let hooks = match hooks {
            Err(error) => Observation::Failed(error),
            Ok(hooks) => Observation::Known(self.own_hooks(&target, hooks).await),
        };
        self.progress.read(&target);
        TargetSeen { target, empty, hooks }
    }

    async fn confirm(&self, target: &Target, hooks: &[Hook]) -> Result<(), http::Error> {
        match self.confirmed.get(&target.number()) {
            Some(id) if !hooks.iter().any(|hook| hook.id == *id) => self.gitlab.require_no_hook(target, *id).await,
            Some(_) | None => Ok(()),
        }
    }

    /// Those of a target's hooks that concern this connection. Equal attributes are shared: with 50 000 projects they are
    /// most of the memory in use.
    async fn own_hooks(&self, target: &Target, hooks: Vec<Hook>) -> Vec<HookSeen> {
        let mut ours = Vec::new();
        for hook in hooks {
            let Some(owner) = self.owners.owner(target, &hook) else {
                if self.desired.webhooks.is_at_factory(&hook.url) {
                    let hook = Hook { attributes: self.interner.share(hook.attributes), ..hook };
                    self.at_factory.borrow_mut().push(HookAtFactory { target: target.clone(), hook });
                }
                continue;
            };
            let Hook { id, mark, attributes } = hook;
            let deliveries = self.deliveries(target, id, owner).await;
            let hook = Hook { id, mark, attributes: self.interner.share(attributes) };
            ours.push(HookSeen { hook, owner, deliveries });
        }
        ours.shrink_to_fit();
        ours
    }

    async fn deliveries(&self, target: &Target, hook: u64, owner: HookOwner) -> Observation<Vec<LoggedDelivery>> {
        if self.logs_later {
            return Observation::Skipped("read after the list");
        }
        if owner == HookOwner::Foreign {
            return Observation::Skipped("the hook is not this connection's");
        }
        match self.logs.take(target) {
            Ok(()) => Observation::from(self.gitlab.deliveries(target, hook).await),
            Err(reason) => Observation::Skipped(reason),
        }
    }
}

/// A look with a memory.
pub(super) struct DueLook<'a> {
    pub(super) initial: &'a InitialReads,
    pub(super) turn: Turn,
    /// Whether the token is an administrator's: what it cannot see does not exist.
    pub(super) sees_all: bool,
}

/// Finds all targets without reading any.
async fn collect(
    finder: &TargetFinder<'_>,
    progress: &dyn ObserveProgress,
) -> Result<(FoundTargets, Vec<Candidate>), http::Error> {
    let (send, mut receive) = mpsc::channel::<Vec<Candidate>>(PAGES_AHEAD);
    let find = async {
        let sink = TargetSink { pages: &send, progress, taken: Cell::new(0), gitlab: finder.gitlab };
        let found = finder.find(&sink).await;
        drop(send);
        found
    };
    let take = async {
        let mut all = Vec::new();
        while let Some(page) = receive.recv().await {
            all.extend(page);
        }
        all
    };
    let (found, mut all) = tokio::join!(Box::pin(find), take);
    all.sort_by(|one, other| one.target.cmp(&other.target));
    Ok((found?, all))
}
