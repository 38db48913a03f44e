//! Whatever the tree and the selection are: exactly the selected projects are covered, each once.

use proptest::prelude::{any, prop, prop_assert, prop_assert_eq, proptest};
use proptest::strategy::Strategy as Generator;

use super::tests::{excluding, group, project};
use super::*;

/// A tree of at most eight groups, its projects, and a selection from it. Numbers choose among what there is.
#[derive(Clone, Debug)]
struct World {
    groups: Vec<Group>,
    projects: Vec<Project>,
    selection: Selection,
}

/// What is active, and what is not.
fn state() -> impl Generator<Value = u8> {
    0_u8..10
}

fn world() -> impl Generator<Value = World> {
    let groups = prop::collection::vec((any::<usize>(), state()), 1..8);
    let projects = prop::collection::vec((any::<usize>(), state()), 0..12);
    let exclude = prop::collection::vec((any::<usize>(), 0_u8..4), 0..3);
    let named = prop::collection::vec(any::<usize>(), 0..3);
    (groups, projects, exclude, named, any::<bool>()).prop_map(|(groups, projects, exclude, named, personal)| {
        let groups = tree(&groups);
        let projects = homes(&groups, &projects);
        let mut selection = excluding(&patterns(&groups, &projects, &exclude));
        selection.personal = if personal { Personal::Included } else { Personal::LeftOut };
        for number in named {
            let (groups_count, all) = (groups.len(), groups.len() + projects.len());
            match number % all {
                place if place < groups_count => selection.groups.push(groups[place].full_path.clone()),
                place => selection.projects.push(projects[place - groups_count].path_with_namespace.clone()),
            }
        }
        World { groups, projects, selection }
    })
}

/// Each group is below an earlier one, or at the top.
fn tree(seeds: &[(usize, u8)]) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for (number, seed) in (1..).zip(seeds) {
        let above = seed.0 % (groups.len() + 1);
        let path = match above.checked_sub(1) {
            Some(above) => format!("{}/g{number}", groups[above].full_path),
            None => format!("g{number}"),
        };
        groups.push(Group { archived: seed.1 == 0, marked_for_deletion: seed.1 == 1, ..group(number, &path) });
    }
    groups
}

fn homes(groups: &[Group], seeds: &[(usize, u8)]) -> Vec<Project> {
    let home = |number: u64, seed: &(usize, u8)| {
        let state = Project { archived: seed.1 == 0, marked_for_deletion: seed.1 == 1, ..project(number, "") };
        match seed.0 % (groups.len() + 1) {
            0 => {
                let path_with_namespace = format!("root/p{number}");
                Project { namespace: Namespace::Personal, path_with_namespace, ..state }
            }
            at => Project { path_with_namespace: format!("{}/p{number}", groups[at - 1].full_path), ..state },
        }
    };
    (1..).zip(seeds).map(|(number, seed)| home(number, seed)).collect()
}

fn patterns(groups: &[Group], projects: &[Project], seeds: &[(usize, u8)]) -> Vec<String> {
    let paths: Vec<&str> = groups
        .iter()
        .map(|group| group.full_path.as_str())
        .chain(projects.iter().map(|project| project.path_with_namespace.as_str()))
        .collect();
    let pattern = |seed: &(usize, u8)| {
        let path = paths[seed.0 % paths.len()];
        match seed.1 {
            0 => format!("{path}/**"),
            1 => format!("*{}", &path[path.rfind('/').unwrap_or(0)..]),
            _ => path.to_owned(),
        }
    };
    seeds.iter().map(pattern).collect()
}

fn is_below(path: &str, above: &str) -> bool {
    path == above || path.strip_prefix(above).is_some_and(|rest| rest.starts_with('/'))
}

impl World {
    fn is_inactive(&self, path: &str) -> bool {
        let off = |group: &&Group| group.archived || group.marked_for_deletion;
        self.groups.iter().filter(off).any(|group| is_below(path, &group.full_path))
    }

    fn is_named(&self, path: &str) -> bool {
        let Selection { groups, projects, .. } = &self.selection;
        (groups.is_empty() && projects.is_empty())
            || groups.iter().any(|group| is_below(path, group))
            || projects.iter().any(|project| project == path)
    }

    /// The definition, project by project.
    fn is_selected(&self, project: &Project) -> bool {
        let path = &project.path_with_namespace;
        let is_named_itself = self.selection.projects.contains(path);
        let is_left_personal = project.namespace == Namespace::Personal
            && self.selection.personal == Personal::LeftOut
            && !is_named_itself;
        self.is_named(path) && !is_left_personal && !self.selection.is_excluded(path) && self.is_active(project)
    }

    fn is_active(&self, project: &Project) -> bool {
        !project.archived && !project.marked_for_deletion && !self.is_inactive(&project.path_with_namespace)
    }

    /// Whether the whole group may have one hook.
    fn is_whole(&self, group: &Group) -> bool {
        let excluded = |path: &str| is_below(path, &group.full_path) && self.selection.is_excluded(path);
        let is_named = self.selection.groups.iter().any(|named| is_below(&group.full_path, named));
        (is_named || self.selection.is_everything())
            && !self.is_inactive(&group.full_path)
            && !self.groups.iter().any(|one| excluded(&one.full_path))
            && !self.groups.iter().any(|one| excluded(&format!("{}/new", one.full_path)))
            && !self.projects.iter().any(|one| excluded(&one.path_with_namespace))
    }

    fn cover(&self) -> Cover {
        let named_groups: Vec<Group> =
            self.groups.iter().filter(|one| self.selection.groups.contains(&one.full_path)).cloned().collect();
        let is_named = |one: &&Project| self.selection.projects.contains(&one.path_with_namespace);
        let named_projects: Vec<Project> = self.projects.iter().filter(is_named).cloned().collect();
        let named = Named { groups: &named_groups, projects: &named_projects };
        let scope = Scope::new(&self.selection, named, &self.groups);
        cover(&scope, Tree { groups: &self.groups, projects: &self.projects })
    }
}

proptest! {
    #[test]
    fn exactly_the_selected_projects_are_covered_each_once(world in world()) {
        let cover = world.cover();
        for project in &world.projects {
            let path = &project.path_with_namespace;
            let hooks = cover.targets.iter().filter(|one| is_below(path, one.target.path())).count();
            if world.is_selected(project) {
                prop_assert_eq!(hooks, 1, "{} of {:?}", path, cover.targets);
            } else if world.is_active(project) || world.selection.is_excluded(path) {
                prop_assert_eq!(hooks, 0, "{} of {:?}", path, cover.targets);
            } else {
                // What is archived sends nothing, so a group hook may lie over it.
                prop_assert!(hooks <= 1, "{} of {:?}", path, cover.targets);
            }
        }
    }

    #[test]
    fn no_target_lies_below_a_group_that_could_have_one_hook(world in world()) {
        let cover = world.cover();
        for group in world.groups.iter().filter(|group| world.is_whole(group)) {
            let below = cover.targets.iter().find(|one| {
                let path = one.target.path();
                path != group.full_path && is_below(path, &group.full_path)
            });
            prop_assert!(below.is_none(), "{:?} below {}", below, group.full_path);
        }
    }
}
