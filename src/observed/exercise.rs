//! Where `exercise` can work, and what earlier exercises left.

use std::collections::BTreeSet;

use crate::activity::{EXERCISE_MARK, EXERCISE_TOPIC, is_exercise_mark};

use super::{HookOwner, Observed, OwnerRules};
use crate::desired::Desired;
use crate::gitlab::{AlertStatus, Error, GroupDetails, ProjectDetails, Reader};
use crate::journal::{ExerciseRecord, Record};
use crate::target::{Event, Target};

/// At most this many groups are looked at for one in which the token may create projects.
const MAX_GROUPS: usize = 3;

/// Where the exercise is to take place.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum PlaceWish {
    /// `--group`
    Group(String),
    /// `--project`
    Project(String),
    /// The first connected group in which the token may create projects.
    FirstGroup,
    /// Nowhere: only leftovers are looked for.
    Nowhere,
}

#[derive(Clone, Debug, Default)]
pub struct ExercisePlaces {
    /// The best first.
    pub seen: Vec<PlaceSeen>,
    pub leftovers: Vec<Leftover>,
    /// The marks of this machine's exercises whose projects are gone.
    pub gone: Vec<String>,
}

/// A group for a new project, or a project that is named.
#[derive(Clone, Debug)]
pub struct PlaceSeen {
    pub target: Target,
    pub existing: Option<ProjectDetails>,
    /// This connection's webhook that sends its events.
    pub hook: Option<PlaceHook>,
}

#[derive(Clone, Debug)]
pub struct PlaceHook {
    pub on: Target,
    pub id: u64,
    pub events: Vec<Event>,
    pub is_disabled: bool,
}

/// A project of an earlier exercise, or one in which it worked.
#[derive(Clone, Debug)]
pub struct Leftover {
    pub project: ProjectDetails,
    pub mark: String,
    /// What this machine recorded of it; `None` for another machine's.
    pub own: Option<ExerciseRecord>,
}

/// Looks for places and leftovers.
pub struct PlaceFinder<'a> {
    pub reader: &'a Reader,
    pub desired: &'a Desired,
    pub observed: &'a Observed,
    pub record: &'a Record,
}

impl PlaceFinder<'_> {
    /// # Errors
    /// Those of any request; 404 for a group or project that was named and is not visible.
    pub async fn find(&self, wish: &PlaceWish) -> Result<ExercisePlaces, Error> {
        let mut places = ExercisePlaces::default();
        self.leftovers(&mut places).await?;
        match wish {
            PlaceWish::Nowhere => {}
            PlaceWish::Project(path) => {
                let project = self.reader.project_at(path).await?;
                let target = Target::Project { id: project.id, path: project.path_with_namespace.as_str().into() };
                let hook = self.hook_of(&target).await?;
                places.seen.push(PlaceSeen { target, existing: Some(project), hook });
            }
            PlaceWish::Group(path) => places.seen.push(self.group(self.reader.group_details(path).await?).await?),
            PlaceWish::FirstGroup => {
                for path in self.connected_groups().await? {
                    match self.reader.group_details(&path).await {
                        Ok(group) if group.project_creation_level.as_deref() == Some("noone") => {}
                        Ok(group) => places.seen.push(self.group(group).await?),
                        // Gone, or the parent of a personal project.
                        Err(error) if error.status() == Some(404) => {}
                        Err(error) => return Err(error),
                    }
                    if places.seen.len() == MAX_GROUPS {
                        break;
                    }
                }
            }
        }
        Ok(places)
    }

    async fn group(&self, group: GroupDetails) -> Result<PlaceSeen, Error> {
        let target = Target::Group { id: group.id, path: group.full_path.into() };
        let hook = self.hook_of(&target).await?;
        Ok(PlaceSeen { target, existing: None, hook })
    }

    /// The groups of the selection; where projects are selected, the groups that they are in; where everything is, the groups
    /// at the top.
    async fn connected_groups(&self) -> Result<Vec<String>, Error> {
        let selection = &self.desired.webhooks.selection;
        let parents = selection.projects.iter().filter_map(|path| path.rsplit_once('/').map(|(parent, _)| parent));
        let selected = selection.groups.iter().map(String::as_str).chain(parents).filter(|path| *path != "*");
        let mut known = BTreeSet::new();
        let selected: Vec<String> = selected.filter(|path| known.insert(*path)).map(str::to_owned).collect();
        let is_excluded = |path: &String| selection.exclude.is_match(path);
        if !selected.is_empty() {
            return Ok(selected.into_iter().filter(|path| !is_excluded(path)).collect());
        }
        let groups = self.reader.top_level_groups().await?;
        let usable = groups.into_iter().filter(|group| !group.archived && !group.marked_for_deletion);
        Ok(usable.map(|group| group.full_path).filter(|path| !is_excluded(path)).collect())
    }

    /// This connection's webhook on the target itself or, where the license has group webhooks, on a group above it.
    async fn hook_of(&self, target: &Target) -> Result<Option<PlaceHook>, Error> {
        let mut candidates = Vec::new();
        if let Target::Project { .. } = target {
            candidates.push(target.clone());
        }
        if self.observed.plan().has_group_hooks() {
            let (mut path, is_group) = (target.path(), matches!(target, Target::Group { .. }));
            if is_group {
                candidates.push(target.clone());
            }
            while let Some((parent, _)) = path.rsplit_once('/') {
                path = parent;
                match self.reader.group(parent).await {
                    Ok(group) => candidates.push(Target::Group { id: group.id, path: group.full_path.into() }),
                    // The namespace of a user, or a group that the token does not see.
                    Err(error) if error.status() == Some(404) => {}
                    Err(error) => return Err(error),
                }
            }
        }
        let rules = OwnerRules::new(self.desired, self.observed.version(), Some(self.record));
        for on in candidates {
            let hooks = self.reader.hooks(&on).await?;
            let is_ours = |owner: Option<HookOwner>| matches!(owner, Some(HookOwner::Ours | HookOwner::Unmarked));
            let ours = hooks
                .into_iter()
                .find(|hook| is_ours(rules.owner(&on, hook)) && self.desired.webhooks.matches_url(&hook.url));
            if let Some(hook) = ours {
                let is_disabled = matches!(hook.alert_status, AlertStatus::Disabled | AlertStatus::TemporarilyDisabled);
                return Ok(Some(PlaceHook { on, id: hook.id, events: hook.events.clone(), is_disabled }));
            }
        }
        Ok(None)
    }

    /// What this machine's exercises left, by their numbers or marks, and what others left, by the topic.
    async fn leftovers(&self, places: &mut ExercisePlaces) -> Result<(), Error> {
        let listed = self.reader.projects_with_topic(EXERCISE_TOPIC).await?;
        let mut known = BTreeSet::new();
        for own in &self.record.exercises {
            let found = match own.project {
                // One 404 can be anybody's answer: the list has to agree.
                Some(id) => match self.reader.project_details(id).await? {
                    None => listed.iter().find(|project| project.id == id).cloned(),
                    found => found,
                },
                None => listed.iter().find(|project| mark_of(project).as_deref() == Some(&own.mark)).cloned(),
            };
            // The number may be another project's now: of a GitLab that was restored or installed again.
            let is_it = |project: &ProjectDetails| own.used || mark_of(project).as_deref() == Some(&own.mark);
            known.insert(own.mark.clone());
            match found.filter(is_it) {
                Some(project) => {
                    places.leftovers.push(Leftover { project, mark: own.mark.clone(), own: Some(own.clone()) });
                }
                None => places.gone.push(own.mark.clone()),
            }
        }
        for project in listed {
            match mark_of(&project) {
                Some(mark) if !known.contains(&mark) && project.marked_for_deletion_on.is_none() => {
                    places.leftovers.push(Leftover { project, mark, own: None });
                }
                Some(_) | None => {}
            }
        }
        Ok(())
    }
}

/// The mark of a project that an exercise made: in its description and its name.
#[must_use]
pub fn mark_of(project: &ProjectDetails) -> Option<String> {
    let description = project.description.as_deref()?;
    let at = description.find(EXERCISE_MARK)?;
    let mark = description[at..].split(|c: char| !(c.is_ascii_alphanumeric() || c == '-')).next()?;
    // Others may write of it: the project has to have its name, too. A mark for deletion adds a suffix.
    let name = project.path_with_namespace.rsplit('/').next()?;
    let is_named =
        name.strip_prefix(mark).is_some_and(|rest| rest.is_empty() || rest.starts_with("-deletion_scheduled-"));
    (is_exercise_mark(mark) && is_named).then(|| mark.to_owned())
}
