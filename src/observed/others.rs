//! Groups and projects that get no webhook now and may have one of an earlier choice: from before a license arrived, of
//! another strategy, of a wider selection. Their hooks are read as well, within a budget.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::{OthersRead, TargetSeen};
use crate::desired::{Candidate, Reason, Scope};
use crate::gitlab::{Group, Project};
use crate::target::{Strategy, Target, TargetKind, TargetNumber};

/// At most this many of them are read, besides those that this machine recorded: each is a request.
const MOST_OTHERS: usize = 100;

/// What a webhook on a target that needs none sends.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Only what is selected and is sent by the webhooks of the selection: each event twice.
    Redundant,
    /// Also what is not selected.
    OutOfScope,
}

/// A target outside the cover.
#[derive(Clone, Debug)]
pub struct OtherTarget {
    pub seen: TargetSeen,
    pub standing: Standing,
}

/// Whether group hooks send anything under this license.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum GroupHooks {
    Fire,
    Sleep,
}

/// Chooses which targets outside the cover are read.
pub(super) struct Others<'a> {
    strategy: Strategy,
    group_hooks: GroupHooks,
    recorded: &'a BTreeSet<TargetNumber>,
    /// The targets of the cover.
    taken: RefCell<BTreeSet<TargetNumber>>,
    found: RefCell<BTreeMap<TargetNumber, Standing>>,
    left: Cell<usize>,
    has_passed_over: Cell<bool>,
}

impl<'a> Others<'a> {
    pub(super) fn new(strategy: Strategy, group_hooks: GroupHooks, recorded: &'a BTreeSet<TargetNumber>) -> Self {
        Self {
            strategy,
            group_hooks,
            recorded,
            taken: RefCell::default(),
            found: RefCell::default(),
            left: Cell::new(MOST_OTHERS),
            has_passed_over: Cell::new(false),
        }
    }

    /// Targets of the cover are no others.
    pub(super) fn exclude(&self, targets: &[Candidate]) {
        self.taken.borrow_mut().extend(targets.iter().map(|one| one.target.number()));
    }

    /// The instance: a system hook sends each push beside the others.
    pub(super) fn system(&self) -> Option<Candidate> {
        let system = Candidate { target: Target::System, empty: false };
        if self.strategy == Strategy::System { None } else { self.consider(system, Standing::Redundant) }
    }

    /// Whether the list of groups is needed.
    pub(super) fn wants_groups(&self) -> bool {
        self.group_hooks == GroupHooks::Fire || self.recorded.iter().any(|(kind, _)| *kind == TargetKind::Group)
    }

    /// A group; `split` are those that contain something excluded.
    pub(super) fn group(&self, scope: &Scope<'_>, split: &[String], group: &Group) -> Option<Candidate> {
        if self.group_hooks == GroupHooks::Sleep && !self.recorded.contains(&(TargetKind::Group, group.id)) {
            return None;
        }
        let standing = match self.standing(scope.group(group))? {
            Standing::Redundant if split.contains(&group.full_path) => Standing::OutOfScope,
            standing => standing,
        };
        self.consider(Candidate::group(group), standing)
    }

    pub(super) fn project(&self, scope: &Scope<'_>, project: &Project) -> Option<Candidate> {
        let standing = self.standing(scope.project(project))?;
        self.consider(Candidate::project(project.clone()), standing)
    }

    /// What is archived or about to be deleted sends nothing.
    fn standing(&self, reason: Option<Reason>) -> Option<Standing> {
        match reason {
            None => Some(Standing::Redundant),
            Some(Reason::Personal) if self.strategy == Strategy::System => Some(Standing::Redundant),
            Some(Reason::NotNamed | Reason::Personal | Reason::Excluded) => Some(Standing::OutOfScope),
            Some(Reason::Archived | Reason::MarkedForDeletion) => None,
        }
    }

    fn consider(&self, candidate: Candidate, standing: Standing) -> Option<Candidate> {
        let number = candidate.target.number();
        if self.taken.borrow().contains(&number) || self.found.borrow().contains_key(&number) {
            return None;
        }
        if !self.recorded.contains(&number) {
            let Some(left) = self.left.get().checked_sub(1) else {
                self.has_passed_over.set(true);
                return None;
            };
            self.left.set(left);
        }
        self.found.borrow_mut().insert(number, standing);
        Some(candidate)
    }

    /// Whether another page of projects may hold one that is to be read.
    pub(super) fn wants_projects(&self) -> bool {
        let is_open = |number: &&TargetNumber| {
            number.0 == TargetKind::Project
                && !self.taken.borrow().contains(number)
                && !self.found.borrow().contains_key(number)
        };
        self.left.get() > 0 || self.recorded.iter().any(|number| is_open(&number))
    }

    /// The list of projects was not read to its end.
    pub(super) fn stop(&self) {
        self.has_passed_over.set(true);
    }

    /// Divides what was read into the targets of the cover and the others that have a webhook of ours, or could not be read.
    pub(super) fn divide(&self, all: Vec<TargetSeen>) -> (Vec<TargetSeen>, Vec<OtherTarget>) {
        let found = self.found.borrow();
        let (mut targets, mut others) = (Vec::new(), Vec::new());
        for seen in all {
            match found.get(&seen.target.number()) {
                None => targets.push(seen),
                Some(_) if seen.hooks.known().is_some_and(Vec::is_empty) => {}
                Some(standing) => others.push(OtherTarget { seen, standing: *standing }),
            }
        }
        (targets, others)
    }

    pub(super) fn read(&self) -> OthersRead {
        if self.has_passed_over.get() { OthersRead::First(MOST_OTHERS) } else { OthersRead::All }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::desired::{Named, Selection};
    use crate::gitlab::Namespace;

    fn project(id: u64, path: &str) -> Project {
        Project {
            id,
            path_with_namespace: path.to_owned(),
            namespace: Namespace::Group,
            archived: false,
            marked_for_deletion: false,
            empty_repo: false,
        }
    }

    fn group(id: u64, path: &str) -> Group {
        Group { id, full_path: path.to_owned(), parent_id: None, archived: false, marked_for_deletion: false }
    }

    #[test]
    fn what_needs_no_webhook_is_redundant_or_out_of_scope_and_what_is_archived_neither() {
        let selection = Selection { groups: vec!["acme".to_owned()], ..Selection::default() };
        let named = [group(1, "acme")];
        let scope = Scope::new(&selection, Named { groups: &named, projects: &[] }, &[]);
        let recorded = BTreeSet::new();
        let others = Others::new(Strategy::Group, GroupHooks::Fire, &recorded);
        others.exclude(&[Candidate::group(&named[0])]);
        assert_eq!(others.group(&scope, &[], &named[0]), None, "it is the target");
        assert!(others.project(&scope, &project(1, "acme/web")).is_some());
        assert!(others.project(&scope, &project(2, "other/web")).is_some());
        assert_eq!(others.project(&scope, &Project { archived: true, ..project(3, "acme/old") }), None);
        assert!(others.system().is_some());
        let found = others.found.borrow();
        assert_eq!(found.get(&(TargetKind::Project, 1)), Some(&Standing::Redundant));
        assert_eq!(found.get(&(TargetKind::Project, 2)), Some(&Standing::OutOfScope));
        assert_eq!(found.get(&(TargetKind::System, 0)), Some(&Standing::Redundant));
    }

    #[test]
    fn beyond_the_budget_only_recorded_targets_are_read() {
        let selection = Selection::default();
        let scope = Scope::new(&selection, Named::default(), &[]);
        let recorded = BTreeSet::from([(TargetKind::Project, 9999)]);
        let others = Others::new(Strategy::Group, GroupHooks::Sleep, &recorded);
        let count = (0..600).filter(|id| others.project(&scope, &project(*id, "a/b")).is_some()).count();
        assert_eq!((count, others.read()), (MOST_OTHERS, OthersRead::First(MOST_OTHERS)));
        assert!(others.wants_projects(), "a recorded one was not found yet");
        assert!(others.project(&scope, &project(9999, "a/c")).is_some());
        assert!(!others.wants_projects());
        assert_eq!(others.group(&scope, &[], &group(1, "a")), None, "its hooks would send nothing");
    }
}
