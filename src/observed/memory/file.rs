//! The form in which a memory is kept between two runs: IDs, paths and flags, and each set of attributes once.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Memory, RememberedHooks, RememberedLog};
use crate::gitlab::{DeliveryOutcome, Group, Hook, HookAttributes, LoggedDelivery, Namespace, Project};
use crate::mark::Mark;
use crate::observed::{HookOwner, HookSeen, Observation};
use crate::target::TargetNumber;

/// A memory, to be written and read.
#[derive(Debug, Deserialize, Serialize)]
pub struct MemoryFile {
    is_whole: bool,
    looked_at: Option<Timestamp>,
    looks: u64,
    project_cursor: u64,
    group_cursor: u64,
    group_page: usize,
    /// ID, path, parent, flags.
    groups: Vec<(u64, String, Option<u64>, u8)>,
    /// ID, path, flags.
    projects: Vec<(u64, String, u8)>,
    attributes: Vec<HookAttributes>,
    hooks: Vec<(TargetNumber, Timestamp, Vec<HookFile>)>,
    logs: Vec<LogFile>,
    faulty: Vec<TargetNumber>,
}

/// ID, owner, mark, and the place of its attributes.
type HookFile = (u64, u8, Option<String>, usize);

/// Target, hook, when it was read, the last ID, and the newest entries.
type LogFile = (TargetNumber, u64, Timestamp, u64, Vec<(u64, DeliveryOutcome, Option<Timestamp>)>);

const ARCHIVED: u8 = 1;
const MARKED: u8 = 2;
const PERSONAL: u8 = 4;
const EMPTY: u8 = 8;

fn flags(all: &[(bool, u8)]) -> u8 {
    all.iter().filter(|(is_set, _)| *is_set).map(|(_, flag)| flag).sum()
}

impl From<&Memory> for MemoryFile {
    fn from(memory: &Memory) -> Self {
        let mut places: HashMap<&Arc<HookAttributes>, usize> = HashMap::new();
        let mut attributes = Vec::new();
        let mut hooks = Vec::new();
        for (number, known) in &memory.hooks {
            let mut of_target = Vec::new();
            for seen in &known.hooks {
                let place = *places.entry(&seen.hook.attributes).or_insert_with(|| {
                    attributes.push(HookAttributes::clone(&seen.hook.attributes));
                    attributes.len() - 1
                });
                of_target.push((
                    seen.hook.id,
                    owner_code(seen.owner),
                    seen.hook.mark.map(|mark| mark.to_string()),
                    place,
                ));
            }
            hooks.push((*number, known.read_at, of_target));
        }
        let log = |((number, hook), log): (&super::LogNumber, &RememberedLog)| {
            let entries = log.entries.iter().map(|entry| (entry.id, entry.outcome, entry.created_at)).collect();
            (*number, *hook, log.read_at, log.last, entries)
        };
        Self {
            is_whole: memory.is_whole,
            looked_at: memory.looked_at,
            looks: memory.looks,
            project_cursor: memory.project_cursor,
            group_cursor: memory.group_cursor,
            group_page: memory.group_page,
            groups: memory.groups.values().map(group_file).collect(),
            projects: memory.projects.values().map(project_file).collect(),
            attributes,
            hooks,
            logs: memory.logs.iter().map(log).collect(),
            faulty: memory.faulty.iter().copied().collect(),
        }
    }
}

fn group_file(group: &Group) -> (u64, String, Option<u64>, u8) {
    let flags = flags(&[(group.archived, ARCHIVED), (group.marked_for_deletion, MARKED)]);
    (group.id, group.full_path.clone(), group.parent_id, flags)
}

fn project_file(project: &Project) -> (u64, String, u8) {
    let flags = flags(&[
        (project.archived, ARCHIVED),
        (project.marked_for_deletion, MARKED),
        (project.namespace == Namespace::Personal, PERSONAL),
        (project.empty_repo, EMPTY),
    ]);
    (project.id, project.path_with_namespace.clone(), flags)
}

impl From<MemoryFile> for Memory {
    fn from(file: MemoryFile) -> Self {
        let attributes: Vec<Arc<HookAttributes>> = file.attributes.into_iter().map(Arc::new).collect();
        let hook = |(id, owner, mark, place): HookFile| {
            let hook =
                Hook { id, mark: mark.as_deref().and_then(Mark::find), attributes: attributes.get(place)?.clone() };
            Some(HookSeen { hook, owner: owner_of(owner), deliveries: Observation::Skipped(NOT_READ) })
        };
        let mut memory = Self {
            is_whole: file.is_whole,
            looked_at: file.looked_at,
            looks: file.looks,
            project_cursor: file.project_cursor,
            group_cursor: file.group_cursor,
            group_page: file.group_page,
            groups: file.groups.into_iter().map(group_of).map(|group| (group.id, group)).collect(),
            projects: file.projects.into_iter().map(project_of).map(|project| (project.id, project)).collect(),
            faulty: file.faulty.into_iter().collect(),
            ..Self::default()
        };
        for (number, read_at, hooks) in file.hooks {
            // A place that does not exist: the webhooks are read again.
            if let Some(hooks) = hooks.into_iter().map(hook).collect() {
                memory.hooks.insert(number, RememberedHooks { read_at, hooks });
            }
        }
        for (number, hook, read_at, last, entries) in file.logs {
            let entry = |(id, outcome, created_at)| LoggedDelivery {
                id,
                outcome,
                created_at,
                trigger: String::new(),
                key: None,
            };
            let entries = entries.into_iter().map(entry).collect();
            memory.logs.insert((number, hook), RememberedLog { read_at, last, entries });
        }
        attributes.into_iter().for_each(|one| memory.interner.add(one));
        memory
    }
}

const NOT_READ: &str = "not read by this look";

fn group_of(file: (u64, String, Option<u64>, u8)) -> Group {
    let (id, full_path, parent_id, flags) = file;
    let (archived, marked_for_deletion) = (flags & ARCHIVED != 0, flags & MARKED != 0);
    Group { id, full_path, parent_id, archived, marked_for_deletion }
}

fn project_of(file: (u64, String, u8)) -> Project {
    let (id, path_with_namespace, flags) = file;
    Project {
        id,
        path_with_namespace,
        namespace: if flags & PERSONAL != 0 { Namespace::Personal } else { Namespace::Group },
        archived: flags & ARCHIVED != 0,
        marked_for_deletion: flags & MARKED != 0,
        empty_repo: flags & EMPTY != 0,
    }
}

const fn owner_code(owner: HookOwner) -> u8 {
    match owner {
        HookOwner::Ours => 0,
        HookOwner::Unmarked => 1,
        HookOwner::Foreign => 2,
    }
}

const fn owner_of(code: u8) -> HookOwner {
    match code {
        0 => HookOwner::Ours,
        1 => HookOwner::Unmarked,
        _ => HookOwner::Foreign,
    }
}
