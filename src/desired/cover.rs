//! Which groups and projects get a webhook: the smallest exact set. Pure.
//!
//! Where the license has group hooks: the highest groups that lie wholly inside the selection; below a group that contains
//! something excluded, its subgroups and projects one by one. Otherwise each selected project. No webhook lies over
//! anything excluded, and none below another one.

use std::collections::BTreeSet;

use serde::Serialize;

use super::{Personal, Selection};
use crate::gitlab::{Group, Namespace, Project};
use crate::target::Target;
use crate::text::Glob;

/// A target, and whether it has no commits.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Candidate {
    pub target: Target,
    pub empty: bool,
}

impl Candidate {
    #[must_use]
    pub fn project(project: Project) -> Self {
        let target = Target::Project { id: project.id, path: project.path_with_namespace.into() };
        Self { target, empty: project.empty_repo }
    }

    #[must_use]
    pub fn group(group: &Group) -> Self {
        Self { target: Target::Group { id: group.id, path: group.full_path.as_str().into() }, empty: false }
    }
}

/// How many groups and projects were left out, and why.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize)]
pub struct LeftOut {
    pub archived: usize,
    pub marked_for_deletion: usize,
    pub personal: usize,
    pub excluded: usize,
    /// Named groups in which GitLab shows no project.
    pub empty_groups: usize,
}

impl LeftOut {
    /// Counts one more.
    pub fn count(&mut self, reason: Reason) {
        match reason {
            Reason::Archived => self.archived += 1,
            Reason::MarkedForDeletion => self.marked_for_deletion += 1,
            Reason::Personal => self.personal += 1,
            Reason::Excluded => self.excluded += 1,
            Reason::NotNamed => {}
        }
    }
}

/// Why a group or project is not selected.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Reason {
    /// Groups or projects were named, and it is none of them and below none.
    NotNamed,
    Archived,
    MarkedForDeletion,
    Personal,
    Excluded,
}

/// A selection whose names were looked up: what it says about each group and project.
#[derive(Clone, Debug)]
pub struct Scope<'a> {
    selection: &'a Selection,
    /// The paths of the named groups.
    groups: Paths,
    /// The IDs of the named projects.
    projects: BTreeSet<u64>,
    /// The paths of groups that are archived or marked for deletion.
    inactive: Paths,
}

impl<'a> Scope<'a> {
    /// The scope of a selection with the groups and projects that it names. `known` are all groups that were read: what is
    /// below an archived one is archived.
    #[must_use]
    pub fn new(selection: &'a Selection, named: Named<'_>, known: &[Group]) -> Self {
        let inactive = named.groups.iter().chain(known).filter(|group| inactivity(group).is_some());
        Self {
            selection,
            groups: named.groups.iter().map(|group| group.full_path.as_str()).collect(),
            projects: named.projects.iter().map(|project| project.id).collect(),
            inactive: inactive.map(|group| group.full_path.as_str()).collect(),
        }
    }

    /// Whether the path is selected by the groups that are named, whatever is excluded.
    #[must_use]
    pub fn is_named(&self, path: &str) -> bool {
        self.selection.is_everything() || self.groups.covers(path)
    }

    /// Why a project is not selected; `None` if it is.
    #[must_use]
    pub fn project(&self, project: &Project) -> Option<Reason> {
        let (path, is_named) = (project.path_with_namespace.as_str(), self.projects.contains(&project.id));
        if !is_named && !self.is_named(path) {
            return Some(Reason::NotNamed);
        }
        let is_personal = project.namespace == Namespace::Personal;
        if is_personal && !is_named && self.selection.personal == Personal::LeftOut {
            return Some(Reason::Personal);
        }
        if project.archived {
            return Some(Reason::Archived);
        }
        if project.marked_for_deletion {
            return Some(Reason::MarkedForDeletion);
        }
        if self.selection.is_excluded(path) {
            return Some(Reason::Excluded);
        }
        self.inactive.covers(path).then_some(Reason::Archived)
    }

    /// Why a group does not lie inside the selection, whatever is below it; `None` if it does.
    #[must_use]
    pub fn group(&self, group: &Group) -> Option<Reason> {
        if !self.is_named(&group.full_path) {
            return Some(Reason::NotNamed);
        }
        if self.selection.is_excluded(&group.full_path) {
            return Some(Reason::Excluded);
        }
        inactivity(group).or_else(|| self.inactive.covers(&group.full_path).then_some(Reason::Archived))
    }
}

/// The groups and projects that a selection names, as GitLab shows them.
#[derive(Clone, Copy, Debug, Default)]
pub struct Named<'a> {
    pub groups: &'a [Group],
    pub projects: &'a [Project],
}

/// No push arrives in a group that is archived or about to be deleted.
fn inactivity(group: &Group) -> Option<Reason> {
    match group {
        Group { marked_for_deletion: true, .. } => Some(Reason::MarkedForDeletion),
        Group { archived: true, .. } => Some(Reason::Archived),
        Group { .. } => None,
    }
}

impl Selection {
    /// What it names, for people; empty for everything.
    #[must_use]
    pub fn parts(&self) -> Vec<String> {
        let Self { groups, projects, exclude_patterns, personal, exclude: _, recorded: _ } = self;
        let lists = [("groups", groups), ("projects", projects), ("without", exclude_patterns)];
        let named = lists.into_iter().filter(|(_, list)| !list.is_empty());
        let mut parts: Vec<String> = named.map(|(name, list)| format!("{name} {}", list.join(", "))).collect();
        if *personal == Personal::Included {
            parts.push("personal namespaces too".to_owned());
        }
        parts
    }

    /// Keeps the patterns of `--exclude`, by their number, that match neither the path nor one above it.
    pub fn retain_unmatched(&self, path: &str, unmatched: &mut BTreeSet<usize>) {
        if !unmatched.is_empty() {
            let matches = |glob: &Glob| with_ancestors(path).any(|path| glob.is_match(path));
            let matched: BTreeSet<usize> =
                self.exclude.iter().enumerate().filter(|(_, glob)| matches(glob)).map(|(at, _)| at).collect();
            unmatched.retain(|at| !matched.contains(at));
        }
    }

    /// Whether no group or project is named.
    #[must_use]
    pub fn is_everything(&self) -> bool {
        self.groups.is_empty() && self.projects.is_empty()
    }

    /// Whether it selects the whole instance, but for personal namespaces.
    #[must_use]
    pub fn selects_all(&self) -> bool {
        self.is_everything() && self.exclude.is_empty()
    }

    /// Whether the path, or one above it, matches an `--exclude`.
    #[must_use]
    pub fn is_excluded(&self, path: &str) -> bool {
        !self.exclude.is_empty() && with_ancestors(path).any(|path| self.exclude.is_match(path))
    }

    /// Whether whatever may be created below the group is excluded, as by `group/**`.
    fn excludes_all_below(&self, group: &str) -> bool {
        self.is_excluded(&anything_below(group))
    }
}

/// The path of whatever may be created below a group. No group or project has this name: GitLab does not allow the characters.
#[must_use]
pub fn anything_below(group: &str) -> String {
    format!("{group}/\u{1}any\u{1}")
}

/// Everything that was read of an instance, or of the part that was named.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tree<'a> {
    pub groups: &'a [Group],
    pub projects: &'a [Project],
}

/// Where webhooks are registered.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Cover {
    pub targets: Vec<Candidate>,
    /// The groups that contain something excluded: what is added to them later has no webhook until `connect` runs again.
    pub split_groups: Vec<String>,
    pub left_out: LeftOut,
}

/// The smallest exact set of targets under a license with group hooks. Without anything excluded, the groups that are
/// named, or the top-level groups, are all of the tree that it needs.
#[must_use]
pub fn cover(scope: &Scope<'_>, tree: Tree<'_>) -> Cover {
    let split = split_paths(scope.selection, tree);
    let mut cover = Cover::default();
    let (mut taken, mut left) = (Paths::default(), Paths::default());
    let mut groups: Vec<&Group> = tree.groups.iter().collect();
    // A group sorts before what is below it.
    groups.sort_by(|one, other| one.full_path.cmp(&other.full_path));
    for group in groups {
        let path = group.full_path.as_str();
        if taken.covers(path) || left.covers(path) {
            continue;
        }
        match scope.group(group) {
            Some(Reason::NotNamed) => {}
            Some(reason) => {
                cover.left_out.count(reason);
                left.insert(path);
            }
            None if split.contains(path) => cover.split_groups.push(path.to_owned()),
            None => {
                cover.targets.push(Candidate::group(group));
                taken.insert(path);
            }
        }
    }
    let mut seen = BTreeSet::new();
    for project in tree.projects.iter().filter(|project| seen.insert(project.id)) {
        let path = project.path_with_namespace.as_str();
        let is_in_group = project.namespace == Namespace::Group;
        if is_in_group && (taken.covers(path) || left.covers(path)) {
            continue;
        }
        match scope.project(project) {
            None => cover.targets.push(Candidate::project(project.clone())),
            Some(reason) => cover.left_out.count(reason),
        }
    }
    cover
}

/// The groups that contain something excluded, or are excluded themselves.
fn split_paths(selection: &Selection, tree: Tree<'_>) -> Paths {
    if selection.exclude.is_empty() {
        return Paths::default();
    }
    let groups = tree.groups.iter().map(|group| group.full_path.as_str());
    let is_excluded = |path: &&str| selection.is_excluded(path) || selection.excludes_all_below(path);
    let projects = tree.projects.iter().map(|project| project.path_with_namespace.as_str());
    let excluded = groups.filter(is_excluded).chain(projects.filter(|path| selection.is_excluded(path)));
    excluded.flat_map(with_ancestors).collect()
}

/// A path and those above it, from the top down.
fn with_ancestors(path: &str) -> impl Iterator<Item = &str> {
    path.match_indices('/').map(|(at, _)| &path[..at]).chain([path])
}

/// Paths of groups. GitLab's paths differ in more than case.
#[derive(Clone, Debug, Default)]
struct Paths(BTreeSet<String>);

impl Paths {
    fn insert(&mut self, path: &str) {
        self.0.insert(path.to_lowercase());
    }

    fn contains(&self, path: &str) -> bool {
        self.0.contains(&path.to_lowercase())
    }

    /// Whether the path is one of these, or below one.
    fn covers(&self, path: &str) -> bool {
        !self.0.is_empty() && with_ancestors(&path.to_lowercase()).any(|path| self.0.contains(path))
    }
}

impl<'p> FromIterator<&'p str> for Paths {
    fn from_iter<I: IntoIterator<Item = &'p str>>(paths: I) -> Self {
        Self(paths.into_iter().map(str::to_lowercase).collect())
    }
}

#[cfg(test)]
mod property;
#[cfg(test)]
mod tests;
