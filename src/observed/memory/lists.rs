//! Keeps the lists of groups and projects as GitLab has them: what is new each look, and the rest in turns.

use std::cell::RefCell;
use std::collections::BTreeMap;

use super::{Memory, NewsKind, Place, Turn};
use crate::desired::Selection;
use crate::gitlab::{Group, IdOrder, Project, Reader};
use crate::http;
use crate::http::limits::PAGE_SIZE;
use crate::observed::Observation;
use crate::observed::targets::InitialReads;
use crate::target::{TargetKind, TargetNumber};

/// Where there are more than a page of groups, a page of them is compared by every so manieth look, and one of projects by the
/// others.
const GROUPS_EVERY: u64 = 4;

/// Reads the lists.
pub(in crate::observed) struct ListReader<'a> {
    pub gitlab: &'a Reader,
    /// What an administrator cannot see does not exist. Of another user's token it may only have become invisible.
    pub sees_all: bool,
}

impl ListReader<'_> {
    /// Brings the lists up to date.
    ///
    /// # Errors
    /// Those of any request: what was read before stays, and the next look reads the rest.
    pub(in crate::observed) async fn refresh(&self, memory: &mut Memory) -> Result<Turn, http::Error> {
        let at = self.gitlab.now();
        let turn = memory.begin(at);
        if !memory.is_whole {
            self.read_all(memory).await?;
            return Ok(turn);
        }
        let has_more_groups = memory.groups.len() >= PAGE_SIZE;
        if has_more_groups {
            self.new_groups(memory).await?;
        }
        let takes_groups = has_more_groups && memory.looks.is_multiple_of(GROUPS_EVERY);
        if takes_groups || !has_more_groups {
            self.compare_groups(memory).await?;
        }
        let pages = memory.projects.len().div_ceil(PAGE_SIZE);
        let least = usize::from(!takes_groups);
        for _ in 0..turn.share(pages, least) {
            if self.compare_projects(memory).await? == Reached::End {
                // It ends with the new ones.
                return Ok(turn);
            }
        }
        self.new_projects(memory).await?;
        Ok(turn)
    }

    async fn read_all(&self, memory: &mut Memory) -> Result<(), http::Error> {
        memory.groups = self.gitlab.groups().await?.into_iter().map(|group| (group.id, group)).collect();
        let mut pages = self.gitlab.all_projects();
        let mut projects = BTreeMap::new();
        while let Some(page) = pages.next_page().await? {
            projects.extend(page.into_iter().map(|project| (project.id, project)));
        }
        memory.projects = projects;
        memory.is_whole = true;
        Ok(())
    }

    async fn new_projects(&self, memory: &mut Memory) -> Result<(), http::Error> {
        let last = memory.projects.last_key_value().map_or(0, |(id, _)| *id);
        let mut pages = self.gitlab.projects_after(last);
        while let Some(page) = pages.next_page().await? {
            page.iter().for_each(|project| memory.see_project(project));
        }
        Ok(())
    }

    /// Compares the next page of all projects.
    async fn compare_projects(&self, memory: &mut Memory) -> Result<Reached, http::Error> {
        // No project has the greatest number, and nothing would come after it.
        let after = memory.project_cursor.min(u64::MAX - 1);
        let page = self.gitlab.projects_after(after).next_page().await?.unwrap_or_default();
        let reached = if page.len() < PAGE_SIZE { Reached::End } else { Reached::Middle };
        let last = match reached {
            Reached::End => u64::MAX,
            Reached::Middle => page.last().map_or(u64::MAX, |project| project.id),
        };
        let seen: Vec<u64> = page.iter().map(|project| project.id).collect();
        page.iter().for_each(|project| memory.see_project(project));
        let missing = memory.projects.range(after + 1..=last.max(after + 1)).map(|(id, _)| *id);
        let missing: Vec<u64> = missing.filter(|id| seen.binary_search(id).is_err()).collect();
        for id in missing {
            self.remove_unseen(memory, Unseen { number: (TargetKind::Project, id), paging: Paging::ById }).await?;
        }
        memory.project_cursor = if reached == Reached::End { 0 } else { last };
        Ok(reached)
    }

    /// Reads the newest groups back to one that is known.
    async fn new_groups(&self, memory: &mut Memory) -> Result<(), http::Error> {
        let last = memory.groups.last_key_value().map_or(0, |(id, _)| *id);
        for number in 1.. {
            let page = self.gitlab.groups_page(number, IdOrder::NewestFirst).await?;
            let is_last = page.len() < PAGE_SIZE || page.last().is_none_or(|group| group.id <= last);
            page.iter().filter(|group| group.id > last).for_each(|group| memory.see_group(group));
            if is_last {
                break;
            }
        }
        Ok(())
    }

    /// Compares the next page of all groups. GitLab pages them by number, so one may slip to another page; what is missing is
    /// asked for by its ID.
    async fn compare_groups(&self, memory: &mut Memory) -> Result<(), http::Error> {
        let (after, number) = (memory.group_cursor, memory.group_page.saturating_add(1));
        let page = self.gitlab.groups_page(number, IdOrder::OldestFirst).await?;
        let is_end = page.len() < PAGE_SIZE;
        let last = if is_end { u64::MAX } else { page.last().map_or(u64::MAX, |group| group.id) };
        let seen: Vec<u64> = page.iter().map(|group| group.id).collect();
        page.iter().for_each(|group| memory.see_group(group));
        let missing = memory.groups.range(after.saturating_add(1)..=last.max(after.saturating_add(1)));
        let missing: Vec<u64> = missing.map(|(id, _)| *id).filter(|id| seen.binary_search(id).is_err()).collect();
        let paging = if is_end && number == 1 { Paging::ById } else { Paging::ByNumber };
        for id in missing {
            self.remove_unseen(memory, Unseen { number: (TargetKind::Group, id), paging }).await?;
        }
        (memory.group_cursor, memory.group_page) = if is_end { (0, 0) } else { (last, number) };
        Ok(())
    }

    /// Forgets what a list lacks and GitLab says is not there. A whole list that lacks what is there may lack more.
    async fn remove_unseen(&self, memory: &mut Memory, unseen: Unseen) -> Result<(), http::Error> {
        let Unseen { number: (kind, id), paging } = unseen;
        if !self.sees_all {
            return Ok(());
        }
        match (self.gitlab.is_visible(kind, id).await?, paging) {
            (false, _) => memory.remove((kind, id)),
            (true, Paging::ById) => return Err(self.gitlab.incomplete_list(kind)),
            (true, Paging::ByNumber) => {}
        }
        Ok(())
    }
}

/// What a list lacks.
#[derive(Clone, Copy)]
struct Unseen {
    number: TargetNumber,
    paging: Paging,
}

/// How a list is paged.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Paging {
    /// Or it is one page: nothing that exists is missing.
    ById,
    /// What is added or removed meanwhile moves others to another page.
    ByNumber,
}

/// How far a page of projects reaches.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Reached {
    Middle,
    End,
}

impl Memory {
    fn see_project(&mut self, project: &Project) {
        let number = (TargetKind::Project, project.id);
        let before = self.projects.insert(project.id, project.clone());
        let path = project.path_with_namespace.as_str();
        let Some(before) = before else {
            self.tell(NewsKind::New, number, Place { path, from: None });
            return;
        };
        let from = before.path_with_namespace.as_str();
        // What is marked for deletion gets another name (18.0).
        let is_marked = (before.marked_for_deletion, project.marked_for_deletion);
        if from != path && is_marked == (false, false) {
            self.tell(NewsKind::Moved, number, Place { path, from: Some(from) });
        }
        self.tell_flags([(before.archived, project.archived), is_marked], number, path);
    }

    fn see_group(&mut self, group: &Group) {
        let number = (TargetKind::Group, group.id);
        let before = self.groups.insert(group.id, group.clone());
        let path = group.full_path.as_str();
        let Some(before) = before else {
            self.tell(NewsKind::New, number, Place { path, from: None });
            return;
        };
        let from = before.full_path.as_str();
        let is_marked = (before.marked_for_deletion, group.marked_for_deletion);
        if from != path {
            self.move_below(from, path);
            if is_marked == (false, false) {
                self.tell(NewsKind::Moved, number, Place { path, from: Some(from) });
            }
        }
        self.tell_flags([(before.archived, group.archived), is_marked], number, path);
    }

    /// What is below a group has moved with it; that is not told of each.
    fn move_below(&mut self, from: &str, to: &str) {
        let moved = |path: &mut String| {
            if let Some(rest) = path.strip_prefix(from).filter(|rest| rest.starts_with('/')) {
                *path = format!("{to}{rest}");
            }
        };
        self.projects.values_mut().for_each(|project| moved(&mut project.path_with_namespace));
        self.groups.values_mut().for_each(|group| moved(&mut group.full_path));
    }

    /// Tells whether it was archived or marked for deletion, by whether it was and is.
    fn tell_flags(&mut self, flags: [(bool, bool); 2], number: TargetNumber, path: &str) {
        let kinds =
            [(NewsKind::Archived, NewsKind::Unarchived), (NewsKind::DeletionScheduled, NewsKind::DeletionCanceled)];
        for (flag, (set, unset)) in flags.into_iter().zip(kinds) {
            match flag {
                (false, true) => self.tell(set, number, Place { path, from: None }),
                (true, false) => self.tell(unset, number, Place { path, from: None }),
                (true, true) | (false, false) => {}
            }
        }
    }

    /// The lists in the place of those that GitLab is asked for. What a selection names and the lists lack is asked for.
    pub(in crate::observed) async fn initial_reads(&self, gitlab: &Reader, selection: &Selection) -> InitialReads {
        let (mut groups, mut projects) = (Ok(Vec::new()), Ok(Vec::new()));
        for path in &selection.groups {
            let known = self.groups.values().find(|group| group.full_path.eq_ignore_ascii_case(path)).cloned();
            let found = match known {
                Some(group) => Ok(group),
                None => gitlab.group(path).await,
            };
            groups = add(groups, found);
        }
        for path in &selection.projects {
            let is_named = |project: &&Project| project.path_with_namespace.eq_ignore_ascii_case(path);
            let found = match self.projects.values().find(is_named).cloned() {
                Some(project) => Ok(project),
                None => gitlab.project(path).await,
            };
            projects = add(projects, found);
        }
        let all = self.watched_projects().cloned().collect();
        InitialReads {
            groups: Observation::Known(self.groups.values().cloned().collect()),
            projects: Observation::Known((all, RefCell::new(None))),
            named_groups: groups,
            named_projects: projects,
        }
    }
}

fn add<T>(all: Result<Vec<T>, http::Error>, one: Result<T, http::Error>) -> Result<Vec<T>, http::Error> {
    let mut all = all?;
    all.push(one?);
    Ok(all)
}
