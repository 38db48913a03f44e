//! Reads the hooks of every target, many at once, and keeps only those that are ours.

use std::cell::{Cell, RefCell};
use std::collections::HashSet;
use std::sync::Arc;

use futures_util::{StreamExt as _, stream};
use tokio::sync::mpsc;

use super::bulk::{Asked, Bulk};
use super::observer::Watch;
use super::targets::{Chooser, Found, Starts, takes_personal};
use super::{HookSeen, HooksSeen, Observation, TargetSeen};
use crate::desired::{Desired, Mark};
use crate::gitlab::{Delivery, Hook, HookTerms, Reader};
use crate::http;
use crate::instance::Version;
use crate::target::{Strategy, Target};

/// Pages of targets that are held while their hooks are read.
const PAGES_AHEAD: usize = 2;

/// Pages whose hooks are asked for in bulk at the same time: each such request is a heavy one.
const PAGES_AT_ONCE: usize = 2;

/// Delivery logs are read of so many hooks at most; a log can be large, and each is a request.
const MOST_LOGS: usize = 100;

/// Whether and how many delivery logs are read.
pub(super) struct Logs {
    left: Cell<usize>,
    none: Option<&'static str>,
}

impl Logs {
    pub(super) fn new(wanted: bool, version: Option<Version>) -> Self {
        let none = match version {
            _ if !wanted => Some("no check of deliveries was asked for"),
            None => Some("GitLab's version is not known, so it is not known whether it has delivery logs"),
            Some(version) if version < Version::DELIVERY_LOG => Some("this GitLab has no delivery log (17.3)"),
            Some(_) => None,
        };
        Self { left: Cell::new(MOST_LOGS), none }
    }

    /// Takes one of the reads that are left, or says why there is none.
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

/// The terms of the hooks seen so far, each once.
#[derive(Default)]
pub(super) struct Alike(RefCell<HashSet<Arc<HookTerms>>>);

impl Alike {
    fn share(&self, terms: Arc<HookTerms>) -> Arc<HookTerms> {
        let mut known = self.0.borrow_mut();
        match known.get(&terms) {
            Some(shared) => Arc::clone(shared),
            None => {
                known.insert(Arc::clone(&terms));
                terms
            }
        }
    }
}

/// One walk over all targets.
pub(super) struct Walk<'a> {
    pub(super) gitlab: &'a Reader,
    pub(super) desired: &'a Desired,
    pub(super) strategy: Strategy,
    pub(super) logs: Logs,
    pub(super) bulk: Bulk<'a>,
    pub(super) alike: Alike,
    pub(super) watch: &'a dyn Watch,
    /// Targets that are looked at at the same time: more than the client lets out, so that it never waits for one.
    pub(super) width: usize,
}

impl Walk<'_> {
    /// Finds the targets and reads their hooks while it goes. A target that cannot be read is a failure of that target
    /// alone; a list of targets that breaks off is one of the whole.
    pub(super) async fn all(&self, starts: &Starts) -> Result<HooksSeen, http::Error> {
        let chooser = Chooser::new(&self.desired.webhooks.selection, self.strategy);
        let (send, mut receive) = mpsc::channel::<Vec<Found>>(PAGES_AHEAD);
        let find = async {
            let found = self.find(starts, &chooser, &send).await;
            drop(send);
            found
        };
        let pages = stream::poll_fn(move |context| receive.poll_recv(context));
        let read = pages
            .map(|page| self.bulk.page(page))
            .buffer_unordered(PAGES_AT_ONCE)
            .flat_map(stream::iter)
            .map(|asked| self.read(asked))
            .buffer_unordered(self.width)
            .collect::<Vec<TargetSeen>>();
        let (found, mut targets) = tokio::join!(Box::pin(find), read);
        found?;
        targets.sort_by(|one, other| one.target.cmp(&other.target));
        Ok(HooksSeen { strategy: self.strategy, targets, left_out: chooser.left_out() })
    }

    async fn find(
        &self,
        starts: &Starts,
        chooser: &Chooser<'_>,
        send: &mpsc::Sender<Vec<Found>>,
    ) -> Result<(), http::Error> {
        let to = Outlet { send, watch: self.watch, taken: Cell::new(0), gitlab: self.gitlab };
        if self.strategy == Strategy::System {
            to.put(vec![Found { target: Target::System, empty: false }]).await?;
            return Ok(());
        }
        let named_projects = starts.named_projects.clone()?;
        to.put(named_projects.into_iter().filter_map(|project| chooser.project(project)).collect()).await?;
        let named_groups = starts.named_groups.clone()?;
        if self.strategy == Strategy::Group {
            to.put(named_groups.into_iter().filter_map(|group| chooser.group(group)).collect()).await?;
            let groups = listed(&starts.groups)?.map_or(&[][..], Vec::as_slice);
            to.put(groups.iter().cloned().filter_map(|group| chooser.group(group)).collect()).await?;
        } else {
            for group in named_groups {
                let projects = self.gitlab.group_projects(group.id).await?;
                if projects.is_empty() {
                    chooser.leave_empty_group();
                }
                to.put(projects.into_iter().filter_map(|project| chooser.project(project)).collect()).await?;
            }
        }
        if self.strategy == Strategy::Project || takes_personal(&self.desired.webhooks.selection) {
            self.walk(starts, chooser, &to).await?;
        }
        Ok(())
    }

    /// Walks over all projects, from the page that was read first.
    async fn walk(&self, starts: &Starts, chooser: &Chooser<'_>, to: &Outlet<'_>) -> Result<(), http::Error> {
        let Some((first, rest)) = listed(&starts.projects)? else { return Ok(()) };
        to.put(first.iter().cloned().filter_map(|project| chooser.walked(project)).collect()).await?;
        let Some(mut pages) = rest.take() else { return Ok(()) };
        while let Some(page) = pages.next_page().await? {
            to.put(page.into_iter().filter_map(|project| chooser.walked(project)).collect()).await?;
        }
        Ok(())
    }

    async fn read(&self, asked: Asked) -> TargetSeen {
        let Asked { found: Found { target, empty }, hooks } = asked;
        let hooks = match hooks {
            Some(hooks) => Ok(hooks),
            None => self.gitlab.hooks(&target).await,
        };
        let hooks = match hooks {
            Err(error) => Observation::Failed(error),
            Ok(hooks) => Observation::Known(self.ours(&target, hooks).await),
        };
        self.watch.read(&target);
        TargetSeen { target, empty, hooks }
    }

    /// Of a target's hooks those that are ours, alike ones sharing their terms: with 50 000 projects they are most of what
    /// is held.
    async fn ours(&self, target: &Target, hooks: Vec<Hook>) -> Vec<HookSeen> {
        let mut ours = Vec::new();
        for Hook { id, terms } in hooks.into_iter().filter(|hook| self.is_ours(hook)) {
            let deliveries = self.deliveries(target, id).await;
            ours.push(HookSeen { hook: Hook { id, terms: self.alike.share(terms) }, deliveries });
        }
        ours.shrink_to_fit();
        ours
    }

    async fn deliveries(&self, target: &Target, hook: u64) -> Observation<Vec<Delivery>> {
        match self.logs.take(target) {
            Ok(()) => Observation::from(self.gitlab.deliveries(target, hook).await),
            Err(reason) => Observation::Skipped(reason),
        }
    }

    /// Whether it points at the kit's URL or carries our mark. Other products' hooks are not kept.
    fn is_ours(&self, hook: &Hook) -> bool {
        self.desired.webhooks.is_url(&hook.url)
            || hook.description.as_deref().is_some_and(|text| Mark::find(text).is_some())
    }
}

/// Where found targets go to.
struct Outlet<'a> {
    send: &'a mpsc::Sender<Vec<Found>>,
    watch: &'a dyn Watch,
    taken: Cell<usize>,
    gitlab: &'a Reader,
}

/// So many targets are held at once; a server that tells of ever more of them is not listened to until memory is full.
const MOST_TARGETS: usize = 100_000;

impl Outlet<'_> {
    /// # Errors
    /// When there are more targets than are held.
    async fn put(&self, found: Vec<Found>) -> Result<(), http::Error> {
        if found.is_empty() {
            return Ok(());
        }
        self.taken.set(self.taken.get() + found.len());
        if self.taken.get() > MOST_TARGETS {
            return Err(self.gitlab.too_many(MOST_TARGETS));
        }
        self.watch.found(found.len());
        // The receiver lives as long as the sender.
        let _sent = self.send.send(found).await;
        Ok(())
    }
}

/// What was listed; `None` where it was not needed.
fn listed<T>(seen: &Observation<T>) -> Result<Option<&T>, http::Error> {
    match seen {
        Observation::Known(value) => Ok(Some(value)),
        Observation::Failed(error) => Err(error.clone()),
        Observation::Skipped(_) => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::env::Env;
    use crate::http::{Client, Options};
    use crate::secret::PersonalAccessToken;

    #[tokio::test]
    async fn more_targets_than_can_be_held_are_an_error_that_says_what_to_do() {
        let client = Client::new(&Options::default(), Env::empty().clock).expect("a client");
        let token = PersonalAccessToken::new("glpat-of-a-test").expect("a token");
        let gitlab = Reader::new(client, "https://gitlab.acme.com".parse().expect("an address"), token);
        let (send, mut receive) = mpsc::channel(3);
        let to = Outlet { send: &send, watch: &(), taken: Cell::new(0), gitlab: &gitlab };
        let page = |count| vec![Found { target: Target::System, empty: false }; count];
        to.put(page(MOST_TARGETS)).await.expect("so many are held");
        let error = to.put(page(1)).await.expect_err("one more");
        assert!(error.to_string().contains("more than 100000") && error.to_string().contains("--group"), "{error}");
        assert_eq!(receive.recv().await.map(|found| found.len()), Some(MOST_TARGETS));
    }
}
