//! Finds the targets: reads as much of the groups and projects as the selection needs. Which of them get a webhook is
//! decided by [`cover`] and [`Scope`].

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;

use futures_util::future::{join_all, try_join_all};
use tokio::sync::mpsc;

use super::Observation;
use super::observer::ObserveProgress;
use super::others::Others;
use crate::desired::{
    Candidate, Cover, DesiredWebhooks, LeftOut, Named, Personal, Scope, Selection, Tree, anything_below, cover,
};
use crate::gitlab::{Group, Project, ProjectPages, Reader};
use crate::http;
use crate::target::{Strategy, Target};

/// What is read before the license is known.
pub(super) struct InitialReads {
    /// All groups.
    pub(super) groups: Observation<Vec<Group>>,
    /// The first page of all projects, and the list that goes on after it.
    pub(super) projects: Observation<(Vec<Project>, RefCell<Option<ProjectPages>>)>,
    /// The groups and projects that were named.
    pub(super) named_groups: Result<Vec<Group>, http::Error>,
    pub(super) named_projects: Result<Vec<Project>, http::Error>,
}

const NOT_NEEDED: &str = "not needed for this strategy";

/// Reads, at the same time, whatever may be needed under any license.
pub(super) async fn initial_reads(gitlab: &Reader, webhooks: &DesiredWebhooks) -> InitialReads {
    let DesiredWebhooks { selection, strategy, .. } = webhooks;
    let named = matches!(strategy, Strategy::Auto | Strategy::Group | Strategy::Project);
    let may_have_group_hooks = matches!(strategy, Strategy::Auto | Strategy::Group);
    let groups = async {
        match may_have_group_hooks {
            true => Observation::from(gitlab.groups().await),
            false => Observation::Skipped(NOT_NEEDED),
        }
    };
    let projects = async {
        match (named, may_have_group_hooks && !selection.exclude.is_empty()) {
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

/// The list of all projects, page by page; the first may have been read.
struct ProjectCursor<'a> {
    first: Option<&'a [Project]>,
    rest: Option<ProjectPages>,
}

impl ProjectCursor<'_> {
    async fn next(&mut self) -> Result<Option<Vec<Project>>, http::Error> {
        if let Some(first) = self.first.take() {
            return Ok(Some(first.to_vec()));
        }
        match &mut self.rest {
            Some(pages) => pages.next_page().await,
            None => Ok(None),
        }
    }
}

/// How the targets were found.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) struct FoundTargets {
    pub(super) left_out: LeftOut,
    pub(super) split_groups: Vec<String>,
    pub(super) unmatched_exclusions: Vec<String>,
}

/// Finds the patterns of `--exclude` that match nothing: one that is misspelled would be missed otherwise.
struct ExclusionsSeen<'a> {
    selection: &'a Selection,
    unmatched: RefCell<BTreeSet<usize>>,
}

impl<'a> ExclusionsSeen<'a> {
    fn new(selection: &'a Selection) -> Self {
        Self { selection, unmatched: RefCell::new((0..selection.exclude_patterns.len()).collect()) }
    }

    fn see_groups<'g>(&self, groups: impl Iterator<Item = &'g Group>) {
        let mut unmatched = self.unmatched.borrow_mut();
        groups.for_each(|group| self.selection.retain_unmatched(&anything_below(&group.full_path), &mut unmatched));
    }

    fn see_projects(&self, projects: &[Project]) {
        let mut unmatched = self.unmatched.borrow_mut();
        let paths = projects.iter().map(|project| project.path_with_namespace.as_str());
        paths.for_each(|path| self.selection.retain_unmatched(path, &mut unmatched));
    }

    fn unmatched(&self) -> Vec<String> {
        let patterns = &self.selection.exclude_patterns;
        self.unmatched.borrow().iter().filter_map(|at| patterns.get(*at).cloned()).collect()
    }
}

/// Finds the targets of a strategy, and the others that may have a webhook of ours.
pub(super) struct TargetFinder<'a> {
    pub(super) gitlab: &'a Reader,
    pub(super) selection: &'a Selection,
    pub(super) strategy: Strategy,
    pub(super) initial: &'a InitialReads,
    pub(super) others: &'a Others<'a>,
    pub(super) source: ListSource,
}

/// Where the projects of a group come from.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum ListSource {
    GitLab,
    /// The initial reads hold all projects.
    Memory,
}

impl TargetFinder<'_> {
    /// Sends the targets as they are found.
    ///
    /// # Errors
    /// Those of any request: a list that cannot be read to its end is a failure of the whole.
    pub(super) async fn find(&self, sink: &TargetSink<'_>) -> Result<FoundTargets, http::Error> {
        let mut groups = listed(&self.initial.groups)?.cloned().unwrap_or_default();
        let scope = Scope::new(self.selection, self.named()?, &groups);
        let mut projects = self.projects()?;
        let found = match self.strategy {
            Strategy::System => {
                self.send(vec![Candidate { target: Target::System, empty: false }], sink).await?;
                FoundTargets::default()
            }
            Strategy::Group => self.find_cover(&scope, &mut projects, sink).await?,
            Strategy::Project | Strategy::Auto | Strategy::None => {
                self.find_projects(&scope, &mut projects, sink).await?
            }
        };
        if listed(&self.initial.groups)?.is_none() && self.others.wants_groups() {
            groups = self.gitlab.groups().await?;
        }
        let split = &found.split_groups;
        let mut others: Vec<Candidate> = self.others.system().into_iter().collect();
        others.extend(groups.iter().filter_map(|group| self.others.group(&scope, split, group)));
        sink.send(others).await?;
        self.find_other_projects(&scope, &mut projects, sink).await?;
        Ok(found)
    }

    /// The projects of a group and its subgroups, archived ones too.
    async fn all_below(&self, group: &Group) -> Result<Vec<Project>, http::Error> {
        if self.source == ListSource::GitLab {
            return self.gitlab.all_group_projects(group.id).await;
        }
        let below = |project: &&Project| {
            project.path_with_namespace.strip_prefix(&group.full_path).is_some_and(|rest| rest.starts_with('/'))
        };
        let all = listed(&self.initial.projects)?.map_or(&[][..], |(all, _)| all);
        Ok(all.iter().filter(below).cloned().collect())
    }

    /// The same without archived ones.
    async fn below(&self, group: &Group) -> Result<Vec<Project>, http::Error> {
        if self.source == ListSource::GitLab {
            return self.gitlab.group_projects(group.id).await;
        }
        let mut all = self.all_below(group).await?;
        all.retain(|project| !project.archived);
        Ok(all)
    }

    fn named(&self) -> Result<Named<'_>, http::Error> {
        let groups = self.initial.named_groups.as_ref().map_err(Clone::clone)?;
        let projects = self.initial.named_projects.as_ref().map_err(Clone::clone)?;
        Ok(Named { groups, projects })
    }

    fn projects(&self) -> Result<ProjectCursor<'_>, http::Error> {
        Ok(match listed(&self.initial.projects)? {
            Some((first, rest)) => ProjectCursor { first: Some(first), rest: rest.take() },
            None => ProjectCursor { first: None, rest: Some(self.gitlab.projects()) },
        })
    }

    async fn send(&self, targets: Vec<Candidate>, sink: &TargetSink<'_>) -> Result<(), http::Error> {
        self.others.exclude(&targets);
        for page in targets.chunks(crate::http::limits::PAGE_SIZE) {
            sink.send(page.to_vec()).await?;
        }
        Ok(())
    }

    async fn send_others(
        &self,
        scope: &Scope<'_>,
        projects: &[Project],
        sink: &TargetSink<'_>,
    ) -> Result<(), http::Error> {
        sink.send(projects.iter().filter_map(|project| self.others.project(scope, project)).collect()).await
    }

    async fn find_other_projects(
        &self,
        scope: &Scope<'_>,
        projects: &mut ProjectCursor<'_>,
        sink: &TargetSink<'_>,
    ) -> Result<(), http::Error> {
        while self.others.wants_projects() {
            let Some(page) = projects.next().await? else { return Ok(()) };
            self.send_others(scope, &page, sink).await?;
        }
        self.others.stop();
        Ok(())
    }

    /// The smallest exact set where there are group hooks. All projects are only needed where something is excluded or
    /// personal ones are included.
    async fn find_cover(
        &self,
        scope: &Scope<'_>,
        all: &mut ProjectCursor<'_>,
        sink: &TargetSink<'_>,
    ) -> Result<FoundTargets, http::Error> {
        let (named, has_exclusions) = (self.named()?, !self.selection.exclude.is_empty());
        let mut groups = listed(&self.initial.groups)?.cloned().unwrap_or_default();
        let known: BTreeSet<u64> = groups.iter().map(|group| group.id).collect();
        groups.extend(named.groups.iter().filter(|group| !known.contains(&group.id)).cloned());
        let mut projects = named.projects.to_vec();
        if !self.selection.is_everything() && has_exclusions {
            let below = try_join_all(named.groups.iter().map(|group| self.all_below(group)));
            projects.extend(below.await?.into_iter().flatten());
        } else if has_exclusions || self.selection.personal == Personal::Included {
            while let Some(page) = all.next().await? {
                projects.extend(page);
                if projects.len() > MOST_TARGETS {
                    return Err(self.gitlab.too_many(MOST_TARGETS));
                }
            }
        }
        let exclusions = ExclusionsSeen::new(self.selection);
        exclusions.see_groups(groups.iter().filter(|group| scope.is_named(&group.full_path)));
        exclusions.see_projects(&projects);
        let Cover { targets, split_groups, left_out } = cover(scope, Tree { groups: &groups, projects: &projects });
        self.send(targets, sink).await?;
        self.send_others(scope, &projects, sink).await?;
        Ok(FoundTargets { left_out, split_groups, unmatched_exclusions: exclusions.unmatched() })
    }

    /// Each selected project, page by page.
    async fn find_projects(
        &self,
        scope: &Scope<'_>,
        all: &mut ProjectCursor<'_>,
        sink: &TargetSink<'_>,
    ) -> Result<FoundTargets, http::Error> {
        let (named, filter) = (self.named()?, ProjectFilter::new(scope));
        let exclusions = ExclusionsSeen::new(self.selection);
        exclusions.see_projects(named.projects);
        self.send(filter.page(named.projects.to_vec()), sink).await?;
        for group in named.groups {
            let projects = self.below(group).await?;
            if projects.is_empty() {
                filter.left_out.borrow_mut().empty_groups += 1;
            }
            exclusions.see_projects(&projects);
            self.send(filter.page(projects), sink).await?;
        }
        if self.selection.is_everything() {
            while let Some(page) = all.next().await? {
                exclusions.see_projects(&page);
                self.send(filter.page(page.clone()), sink).await?;
                self.send_others(scope, &page, sink).await?;
            }
        }
        let left_out = filter.left_out.into_inner();
        Ok(FoundTargets { left_out, unmatched_exclusions: exclusions.unmatched(), ..FoundTargets::default() })
    }
}

/// Selects projects one by one, counts what is left out, and takes none twice.
struct ProjectFilter<'a> {
    scope: &'a Scope<'a>,
    left_out: RefCell<LeftOut>,
    taken: RefCell<BTreeSet<u64>>,
}

impl<'a> ProjectFilter<'a> {
    fn new(scope: &'a Scope<'a>) -> Self {
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
    pub(super) async fn send(&self, found: Vec<Candidate>) -> Result<(), http::Error> {
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
    use super::*;
    use crate::env::Env;
    use crate::gitlab::Namespace;
    use crate::http::{Client, ClientOptions};
    use crate::secret::PersonalAccessToken;
    use crate::text::Glob;

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
        let exclude = exclude.iter().map(|glob| glob.parse::<Glob>().expect("a valid glob")).collect();
        Selection { exclude, ..Selection::default() }
    }

    fn taken(filter: &ProjectFilter<'_>, projects: Vec<Project>) -> Vec<u64> {
        filter.page(projects).into_iter().map(|found| found.target.number().1).collect()
    }

    #[test]
    fn projects_that_are_left_out_are_counted() {
        let selection = selection(&["acme/old", "*-mirror"]);
        let scope = Scope::new(&selection, Named::default(), &[]);
        let filter = ProjectFilter::new(&scope);
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
        let scope = Scope::new(&selection, Named { groups: &[], projects: &mine }, &[]);
        let filter = ProjectFilter::new(&scope);
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
