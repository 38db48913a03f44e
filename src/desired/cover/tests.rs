use super::*;

pub(super) fn group(id: u64, path: &str) -> Group {
    Group { id, full_path: path.to_owned(), parent_id: None, archived: false, marked_for_deletion: false }
}

pub(super) fn project(id: u64, path: &str) -> Project {
    Project {
        id,
        path_with_namespace: path.to_owned(),
        namespace: Namespace::Group,
        archived: false,
        marked_for_deletion: false,
        empty_repo: false,
    }
}

pub(super) fn excluding(patterns: &[String]) -> Selection {
    let exclude = patterns.iter().map(|pattern| pattern.parse::<Glob>().expect("a valid glob")).collect();
    Selection { exclude, exclude_patterns: patterns.to_vec(), ..Selection::default() }
}

fn selection(exclude: &[&str]) -> Selection {
    excluding(&exclude.iter().map(|pattern| (*pattern).to_owned()).collect::<Vec<_>>())
}

/// The paths of the targets of `acme` with two subgroups.
fn targets(selection: &Selection, change: impl Fn(&mut Vec<Group>, &mut Vec<Project>)) -> Vec<String> {
    let mut groups = vec![group(1, "acme"), group(2, "acme/api"), group(3, "acme/old"), group(4, "other")];
    let mut projects =
        vec![project(1, "acme/web"), project(2, "acme/api/core"), project(3, "acme/old/site"), project(4, "other/x")];
    change(&mut groups, &mut projects);
    let named_groups: Vec<Group> =
        groups.iter().filter(|group| selection.groups.contains(&group.full_path)).cloned().collect();
    let named_projects: Vec<Project> =
        projects.iter().filter(|one| selection.projects.contains(&one.path_with_namespace)).cloned().collect();
    let named = Named { groups: &named_groups, projects: &named_projects };
    let scope = Scope::new(selection, named, &groups);
    let found = cover(&scope, Tree { groups: &groups, projects: &projects });
    found.targets.iter().map(|one| one.target.path().to_owned()).collect()
}

#[test]
fn a_group_that_contains_something_excluded_is_covered_piece_by_piece() {
    for (exclude, wanted) in [
        (&[][..], &["acme", "other"][..]),
        (&["acme/web"], &["acme/api", "acme/old", "other"]),
        (&["acme/old"], &["acme/api", "other", "acme/web"]),
        (&["acme/old/**"], &["acme/api", "other", "acme/web"]),
        (&["acme/**"], &["other"]),
        (&["acme"], &["other"]),
        (&["acme/old/site"], &["acme/api", "other", "acme/web"]),
        (&["*/core", "other"], &["acme/old", "acme/web"]),
    ] {
        assert_eq!(targets(&selection(exclude), |_, _| {}), wanted, "{exclude:?}");
    }
}

#[test]
fn what_is_named_has_one_hook_however_often_it_is_named() {
    let named = |groups: &[&str], projects: &[&str], exclude: &[&str]| Selection {
        groups: groups.iter().map(|one| (*one).to_owned()).collect(),
        projects: projects.iter().map(|one| (*one).to_owned()).collect(),
        ..selection(exclude)
    };
    for (groups, projects, exclude, wanted) in [
        (&["acme", "acme/api"][..], &[][..], &[][..], &["acme"][..]),
        (&["acme"], &["acme/web", "acme/api/core"], &[], &["acme"]),
        (&["acme/api"], &["acme/web"], &[], &["acme/api", "acme/web"]),
        (&["acme/api"], &["acme/web"], &["acme/api/core"], &["acme/web"]),
        (&[], &["acme/web"], &["acme"], &[]),
        (&["acme"], &[], &["other"], &["acme"]),
    ] {
        let found = targets(&named(groups, projects, exclude), |_, _| {});
        assert_eq!(found, wanted, "{groups:?} {projects:?} {exclude:?}");
    }
}

#[test]
fn an_archived_group_is_left_out_with_what_is_below_it() {
    let archive = |path: &'static str| {
        move |groups: &mut Vec<Group>, _: &mut Vec<Project>| {
            groups.iter_mut().filter(|group| group.full_path == path).for_each(|group| group.archived = true);
        }
    };
    assert_eq!(targets(&selection(&[]), archive("acme")), ["other"]);
    assert_eq!(targets(&selection(&["acme/web"]), archive("acme/old")), ["acme/api", "other"]);
    // An archived group sends nothing, so it is no reason to do without the hook above it.
    assert_eq!(targets(&selection(&[]), archive("acme/old")), ["acme", "other"]);
    let named = Selection { projects: vec!["acme/old/site".to_owned()], ..Selection::default() };
    assert_eq!(targets(&named, archive("acme/old")), Vec::<String>::new());
}
