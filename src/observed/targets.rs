//! Which groups and projects are the targets: the selection, what is left out, and the first reads, which are made before
//! it is known which of them are needed.

use std::cell::RefCell;
use std::collections::BTreeSet;

use futures_util::future::join_all;

use super::{LeftOut, Observation};
use crate::desired::{DesiredWebhooks, Personal, Selection};
use crate::gitlab::{Group, Namespace, Project, ProjectPages, Reader};
use crate::http;
use crate::target::{Strategy, Target, TargetKind, TargetNumber};

/// A target, and whether it has no commits.
#[derive(Clone, Debug)]
pub(super) struct Candidate {
    pub(super) target: Target,
    pub(super) empty: bool,
}

/// What is read before the license is known.
pub(super) struct InitialReads {
    /// The top-level groups.
    pub(super) groups: Observation<Vec<Group>>,
    /// The first page of all projects, and the list that goes on after it.
    pub(super) projects: Observation<(Vec<Project>, RefCell<Option<ProjectPages>>)>,
    /// The groups and projects that were named.
    pub(super) named_groups: Result<Vec<Group>, http::Error>,
    pub(super) named_projects: Result<Vec<Project>, http::Error>,
}

const NOT_NEEDED: &str = "not needed for this selection";

/// Reads, at the same time, whatever may be needed under any license.
pub(super) async fn initial_reads(gitlab: &Reader, webhooks: &DesiredWebhooks) -> InitialReads {
    let DesiredWebhooks { selection, strategy, .. } = webhooks;
    let all = selection.groups.is_empty() && selection.projects.is_empty();
    let named = matches!(strategy, Strategy::Auto | Strategy::Group | Strategy::Project);
    let wants_groups = all && matches!(strategy, Strategy::Auto | Strategy::Group);
    let wants_projects =
        all && (matches!(strategy, Strategy::Auto | Strategy::Project) || (named && has_personal_projects(selection)));
    let groups = async {
        match wants_groups {
            true => Observation::from(gitlab.top_level_groups().await),
            false => Observation::Skipped(NOT_NEEDED),
        }
    };
    let projects = async {
        match wants_projects {
            true => Observation::from(first_page(gitlab).await),
            false => Observation::Skipped(NOT_NEEDED),
        }
    };
    let paths = |paths: &[String]| if named { paths.to_vec() } else { Vec::new() };
    let (group_paths, project_paths) = (paths(&selection.groups), paths(&selection.projects));
    let named_groups = async {
        let found = join_all(group_paths.iter().map(|path| gitlab.group(path))).await;
        found.into_iter().collect::<Result<Vec<Group>, _>>()
    };
    let named_projects = async {
        let found = join_all(project_paths.iter().map(|path| gitlab.project(path))).await;
        found.into_iter().collect::<Result<Vec<Project>, _>>()
    };
    let (groups, projects, named_groups, named_projects) = tokio::join!(groups, projects, named_groups, named_projects);
    InitialReads { groups, projects, named_groups, named_projects }
}

async fn first_page(gitlab: &Reader) -> Result<(Vec<Project>, RefCell<Option<ProjectPages>>), http::Error> {
    let mut pages = gitlab.projects();
    let first = pages.next_page().await?.unwrap_or_default();
    Ok((first, RefCell::new(Some(pages))))
}

pub(super) fn has_personal_projects(selection: &Selection) -> bool {
    selection.personal == Personal::Included
}

/// Selects targets one by one, counts what is left out, and takes none twice.
pub(super) struct TargetFilter<'a> {
    selection: &'a Selection,
    /// Only personal projects: those that no group hook covers.
    only_personal: bool,
    left_out: RefCell<LeftOut>,
    taken: RefCell<BTreeSet<TargetNumber>>,
}

impl<'a> TargetFilter<'a> {
    pub(super) fn new(selection: &'a Selection, strategy: Strategy) -> Self {
        let only_personal = strategy == Strategy::Group;
        Self { selection, only_personal, left_out: RefCell::default(), taken: RefCell::default() }
    }

    pub(super) fn left_out(&self) -> LeftOut {
        *self.left_out.borrow()
    }

    fn leave(&self, count: impl FnOnce(&mut LeftOut)) -> Option<Candidate> {
        count(&mut self.left_out.borrow_mut());
        None
    }

    /// A group that was named, with nothing in it.
    pub(super) fn leave_empty_group(&self) {
        self.left_out.borrow_mut().empty_groups += 1;
    }

    pub(super) fn group(&self, group: Group) -> Option<Candidate> {
        if group.marked_for_deletion {
            return self.leave(|left_out| left_out.marked_for_deletion += 1);
        }
        if self.is_excluded(&group.full_path) {
            return self.leave(|left_out| left_out.excluded += 1);
        }
        let is_new = self.taken.borrow_mut().insert((TargetKind::Group, group.id));
        is_new
            .then_some(Candidate { target: Target::Group { id: group.id, path: group.full_path.into() }, empty: false })
    }

    /// A project of the list of all projects.
    pub(super) fn listed_project(&self, project: Project) -> Option<Candidate> {
        let is_personal = project.namespace == Namespace::Personal;
        if is_personal && !has_personal_projects(self.selection) {
            return self.leave(|left_out| left_out.personal += 1);
        }
        if self.only_personal && !is_personal {
            return None;
        }
        self.project(project)
    }

    /// A project that was named, or is in a group that was.
    pub(super) fn project(&self, project: Project) -> Option<Candidate> {
        if project.archived {
            return self.leave(|left_out| left_out.archived += 1);
        }
        if project.marked_for_deletion {
            return self.leave(|left_out| left_out.marked_for_deletion += 1);
        }
        if self.is_excluded(&project.path_with_namespace) {
            return self.leave(|left_out| left_out.excluded += 1);
        }
        let is_new = self.taken.borrow_mut().insert((TargetKind::Project, project.id));
        let target = Target::Project { id: project.id, path: project.path_with_namespace.into() };
        is_new.then_some(Candidate { target, empty: project.empty_repo })
    }

    /// Whether the path, or one above it, fits an `--exclude`.
    fn is_excluded(&self, path: &str) -> bool {
        let above = path.match_indices('/').map(|(at, _)| &path[..at]);
        above.chain([path]).any(|path| self.selection.exclude.is_match(path))
    }
}

#[cfg(test)]
mod tests {
    use globset::{Glob, GlobSetBuilder};

    use super::*;

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

    fn selection(exclude: &[&str]) -> Selection {
        let mut globs = GlobSetBuilder::new();
        for glob in exclude {
            globs.add(Glob::new(glob).expect("a valid glob"));
        }
        Selection { exclude: globs.build().expect("valid globs"), ..Selection::default() }
    }

    #[test]
    fn projects_that_are_left_out_are_counted() {
        let selection = selection(&["acme/old", "*-mirror"]);
        let filter = TargetFilter::new(&selection, Strategy::Project);
        let projects = [
            project(1, "acme/web"),
            project(2, "acme/old/site"),
            project(3, "acme/web-mirror"),
            Project { archived: true, ..project(4, "acme/a") },
            Project { marked_for_deletion: true, ..project(5, "acme/b") },
            Project { namespace: Namespace::Personal, ..project(6, "root/c") },
            project(1, "acme/web"),
        ];
        let taken: Vec<u64> = projects
            .into_iter()
            .filter_map(|project| filter.listed_project(project))
            .map(|found| match found.target {
                Target::Project { id, .. } => id,
                _ => 0,
            })
            .collect();
        assert_eq!(taken, [1]);
        let left_out = LeftOut { archived: 1, marked_for_deletion: 1, personal: 1, excluded: 2, empty_groups: 0 };
        assert_eq!(filter.left_out(), left_out);
    }

    #[test]
    fn with_group_hooks_only_personal_projects_need_their_own() {
        let selection = Selection { personal: Personal::Included, ..selection(&[]) };
        let filter = TargetFilter::new(&selection, Strategy::Group);
        assert!(filter.listed_project(project(1, "acme/web")).is_none());
        assert!(filter.listed_project(Project { namespace: Namespace::Personal, ..project(2, "root/c") }).is_some());
        assert_eq!(filter.left_out(), LeftOut::default());
    }

    #[test]
    fn a_named_project_is_taken_from_a_personal_namespace_too() {
        let selection = selection(&[]);
        let filter = TargetFilter::new(&selection, Strategy::Project);
        assert!(filter.project(Project { namespace: Namespace::Personal, ..project(2, "root/c") }).is_some());
    }
}
