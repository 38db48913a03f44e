//! Finds the targets: reads as much of the groups and projects as the selection needs. Which of them get a webhook is
//! decided by [`cover`] and [`Scope`].

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;

use futures_util::future::{join_all, try_join_all};
use tokio::sync::mpsc;

use super::Observation;
use super::observer::ObserveProgress;
use crate::desired::{Candidate, Cover, DesiredWebhooks, LeftOut, Named, Personal, Scope, Selection, Tree, cover};
use crate::gitlab::{Group, Namespace, Project, ProjectPages, Reader};
use crate::http;
use crate::target::{Strategy, Target};

/// What is read before the license is known.
pub(super) struct InitialReads {
    /// The top-level groups, or all groups where something is excluded.
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
    let all = selection.is_everything();
    let named = matches!(strategy, Strategy::Auto | Strategy::Group | Strategy::Project);
    let may_have_group_hooks = matches!(strategy, Strategy::Auto | Strategy::Group);
    let has_exclusions = !selection.exclude.is_empty();
    let wants_projects =
        all && named && (*strategy != Strategy::Group || has_exclusions || includes_personal(selection));
    let groups = async {
        match (all && may_have_group_hooks, has_exclusions) {
            (false, _) => Observation::Skipped(NOT_NEEDED),
            (true, true) => Observation::from(gitlab.groups().await),
            (true, false) => Observation::from(gitlab.top_level_groups().await),
        }
    };
    let projects = async {
        match (wants_projects, may_have_group_hooks && has_exclusions) {
            (false, _) => Observation::Skipped(NOT_NEEDED),
            (true, true) => Observation::from(first_page(gitlab.all_projects()).await),
            (true, false) => Observation::from(first_page(gitlab.projects()).await),
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

async fn first_page(mut pages: ProjectPages) -> Result<(Vec<Project>, RefCell<Option<ProjectPages>>), http::Error> {
    let first = pages.next_page().await?.unwrap_or_default();
    Ok((first, RefCell::new(Some(pages))))
}

fn includes_personal(selection: &Selection) -> bool {
    selection.personal == Personal::Included
}

/// How the targets were found.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) struct FoundTargets {
    pub(super) left_out: LeftOut,
    pub(super) split_groups: Vec<String>,
}

/// Finds the targets of a strategy.
pub(super) struct TargetFinder<'a> {
    pub(super) gitlab: &'a Reader,
    pub(super) selection: &'a Selection,
    pub(super) strategy: Strategy,
    pub(super) initial: &'a InitialReads,
}

impl TargetFinder<'_> {
    /// Sends the targets as they are found.
    ///
    /// # Errors
    /// Those of any request: a list that cannot be read to its end is a failure of the whole.
    pub(super) async fn find(&self, sink: &TargetSink<'_>) -> Result<FoundTargets, http::Error> {
        match self.strategy {
            Strategy::System => {
                sink.send(vec![Candidate { target: Target::System, empty: false }]).await?;
                Ok(FoundTargets::default())
            }
            Strategy::Group => {
                let Cover { targets, split_groups, left_out } = self.cover().await?;
                for page in targets.chunks(crate::http::limits::PAGE_SIZE) {
                    sink.send(page.to_vec()).await?;
                }
                Ok(FoundTargets { left_out, split_groups })
            }
            Strategy::Project | Strategy::Auto | Strategy::None => {
                let left_out = self.find_projects(sink).await?;
                Ok(FoundTargets { left_out, split_groups: Vec::new() })
            }
        }
    }

    /// The smallest exact set where there are group hooks. Only where something is excluded is more read than the groups
    /// themselves.
    async fn cover(&self) -> Result<Cover, http::Error> {
        let named_groups = self.initial.named_groups.clone()?;
        let named_projects = self.initial.named_projects.clone()?;
        let mut groups = listed(&self.initial.groups)?.cloned().unwrap_or_default();
        groups.extend(named_groups.iter().cloned());
        let mut projects = named_projects.clone();
        if self.selection.exclude.is_empty() {
            projects.extend(self.all_projects(|project| project.namespace == Namespace::Personal).await?);
        } else {
            let (below, inside) = self.below(&named_groups).await?;
            groups.extend(below);
            projects.extend(inside);
            projects.extend(self.all_projects(|_| true).await?);
        }
        let mut seen = BTreeSet::new();
        groups.retain(|group| seen.insert(group.id));
        let named = Named { groups: &named_groups, projects: &named_projects };
        let scope = Scope::new(self.selection, named, &groups);
        Ok(cover(&scope, Tree { groups: &groups, projects: &projects }))
    }

    /// What is below the named groups.
    async fn below(&self, groups: &[Group]) -> Result<(Vec<Group>, Vec<Project>), http::Error> {
        let below = try_join_all(groups.iter().map(|group| self.gitlab.descendant_groups(group.id)));
        let inside = try_join_all(groups.iter().map(|group| self.gitlab.all_group_projects(group.id)));
        let (below, inside) = tokio::try_join!(below, inside)?;
        Ok((below.into_iter().flatten().collect(), inside.into_iter().flatten().collect()))
    }

    /// The listed projects that are wanted; the first page has been read.
    async fn all_projects(&self, is_wanted: fn(&Project) -> bool) -> Result<Vec<Project>, http::Error> {
        let Some((first, rest)) = listed(&self.initial.projects)? else { return Ok(Vec::new()) };
        if self.strategy == Strategy::Group && self.selection.exclude.is_empty() && !includes_personal(self.selection) {
            return Ok(Vec::new());
        }
        let mut all: Vec<Project> = first.iter().filter(|project| is_wanted(project)).cloned().collect();
        let Some(mut pages) = rest.take() else { return Ok(all) };
        while let Some(page) = pages.next_page().await? {
            all.extend(page.into_iter().filter(is_wanted));
            if all.len() > MOST_TARGETS {
                return Err(self.gitlab.too_many(MOST_TARGETS));
            }
        }
        Ok(all)
    }

    /// Each selected project, page by page.
    async fn find_projects(&self, sink: &TargetSink<'_>) -> Result<LeftOut, http::Error> {
        let named_groups = self.initial.named_groups.clone()?;
        let named_projects = self.initial.named_projects.clone()?;
        let known = listed(&self.initial.groups)?.map_or(&[][..], Vec::as_slice);
        let named = Named { groups: &named_groups, projects: &named_projects };
        let filter = ProjectFilter::new(Scope::new(self.selection, named, known));
        sink.send(filter.page(named_projects.clone())).await?;
        for group in &named_groups {
            let projects = self.gitlab.group_projects(group.id).await?;
            if projects.is_empty() {
                filter.left_out.borrow_mut().empty_groups += 1;
            }
            sink.send(filter.page(projects)).await?;
        }
        if let Some((first, rest)) = listed(&self.initial.projects)? {
            sink.send(filter.page(first.clone())).await?;
            if let Some(mut pages) = rest.take() {
                while let Some(page) = pages.next_page().await? {
                    sink.send(filter.page(page)).await?;
                }
            }
        }
        Ok(filter.left_out.into_inner())
    }
}

/// Selects projects one by one, counts what is left out, and takes none twice.
struct ProjectFilter<'a> {
    scope: Scope<'a>,
    left_out: RefCell<LeftOut>,
    taken: RefCell<BTreeSet<u64>>,
}

impl<'a> ProjectFilter<'a> {
    fn new(scope: Scope<'a>) -> Self {
        Self { scope, left_out: RefCell::default(), taken: RefCell::default() }
    }

    fn page(&self, page: Vec<Project>) -> Vec<Candidate> {
        page.into_iter().filter_map(|project| self.project(project)).collect()
    }

    fn project(&self, project: Project) -> Option<Candidate> {
        if let Some(reason) = self.scope.project(&project) {
            self.left_out.borrow_mut().count(reason);
            return None;
        }
        let is_new = self.taken.borrow_mut().insert(project.id);
        is_new.then(|| Candidate::project(project))
    }
}

/// Takes the targets that are found.
pub(super) struct TargetSink<'a> {
    pub(super) pages: &'a mpsc::Sender<Vec<Candidate>>,
    pub(super) progress: &'a dyn ObserveProgress,
    pub(super) taken: Cell<usize>,
    pub(super) gitlab: &'a Reader,
}

/// At most this many targets are held, so that a server that lists ever more of them cannot fill the memory.
const MOST_TARGETS: usize = 100_000;

impl TargetSink<'_> {
    /// # Errors
    /// When there are more targets than can be held.
    async fn send(&self, found: Vec<Candidate>) -> Result<(), http::Error> {
        if found.is_empty() {
            return Ok(());
        }
        self.taken.set(self.taken.get() + found.len());
        if self.taken.get() > MOST_TARGETS {
            return Err(self.gitlab.too_many(MOST_TARGETS));
        }
        self.progress.found(found.len());
        // The receiver lives as long as the sender.
        let _sent = self.pages.send(found).await;
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
    use globset::{Glob, GlobSetBuilder};

    use super::*;
    use crate::env::Env;
    use crate::http::{Client, ClientOptions};
    use crate::secret::PersonalAccessToken;

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

    fn taken(filter: &ProjectFilter<'_>, projects: Vec<Project>) -> Vec<u64> {
        filter.page(projects).into_iter().map(|found| found.target.number().1).collect()
    }

    #[test]
    fn projects_that_are_left_out_are_counted() {
        let selection = selection(&["acme/old", "*-mirror"]);
        let filter = ProjectFilter::new(Scope::new(&selection, Named::default(), &[]));
        let projects = vec![
            project(1, "acme/web"),
            project(2, "acme/old/site"),
            project(3, "acme/web-mirror"),
            Project { archived: true, ..project(4, "acme/a") },
            Project { marked_for_deletion: true, ..project(5, "acme/b") },
            Project { namespace: Namespace::Personal, ..project(6, "root/c") },
            project(1, "acme/web"),
        ];
        assert_eq!(taken(&filter, projects), [1]);
        let left_out = LeftOut { archived: 1, marked_for_deletion: 1, personal: 1, excluded: 2, empty_groups: 0 };
        assert_eq!(filter.left_out.into_inner(), left_out);
    }

    #[test]
    fn a_named_project_is_taken_from_a_personal_namespace_too() {
        let selection = Selection { projects: vec!["root/c".to_owned()], ..selection(&[]) };
        let mine = [Project { namespace: Namespace::Personal, ..project(2, "root/c") }];
        let filter = ProjectFilter::new(Scope::new(&selection, Named { groups: &[], projects: &mine }, &[]));
        assert_eq!(taken(&filter, mine.to_vec()), [2]);
    }

    #[tokio::test]
    async fn more_targets_than_can_be_held_are_an_error_that_says_what_to_do() {
        let client = Client::new(&ClientOptions::default(), Env::empty().clock).expect("a client");
        let token = PersonalAccessToken::new("glpat-of-a-test").expect("a token");
        let gitlab = Reader::new(client, "https://gitlab.acme.com".parse().expect("an address"), token);
        let (send, mut receive) = mpsc::channel(3);
        let sink = TargetSink { pages: &send, progress: &(), taken: Cell::new(0), gitlab: &gitlab };
        let page = |count| vec![Candidate { target: Target::System, empty: false }; count];
        sink.send(page(MOST_TARGETS)).await.expect("as many as can be held");
        let error = sink.send(page(1)).await.expect_err("one more");
        assert!(error.to_string().contains("more than 100000") && error.to_string().contains("--group"), "{error}");
        assert_eq!(receive.recv().await.map(|found| found.len()), Some(MOST_TARGETS));
    }
}
