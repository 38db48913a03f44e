//! The words of a connection to GitLab.com: who authorized Factory, how, and what Factory may work on.

use std::fmt;

use serde::{Deserialize, Serialize};

/// How Factory is authorized.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum CloudWay {
    /// By Factory itself; no token passes this machine.
    Session,
    /// OAuth's authorization code, with PKCE and a loopback redirect.
    Code,
    /// OAuth's device flow.
    Device,
}

/// The account that authorized Factory.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct CloudAccount {
    pub id: u64,
    pub username: String,
    #[serde(default)]
    pub name: String,
}

impl fmt::Display for CloudAccount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "@{}", self.username)?;
        let says_more = !self.name.is_empty() && self.name != self.username;
        if says_more { write!(f, " ({})", self.name) } else { Ok(()) }
    }
}

impl CloudAccount {
    /// Whether this is the user name that was asked for, with or without an `@`. GitLab's user names ignore case.
    #[must_use]
    pub fn is_named(&self, name: &str) -> bool {
        self.username.eq_ignore_ascii_case(name.trim().trim_start_matches('@'))
    }
}

#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum PlaceKind {
    Group,
    Project,
}

impl PlaceKind {
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Group => "group",
            Self::Project => "project",
        }
    }
}

/// As many groups or projects as a person reads through before searching for more.
pub const PLACES_SHOWN: usize = 20;

/// A group or project that the account reaches.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Candidate {
    pub kind: PlaceKind,
    pub id: u64,
    pub full_path: String,
    #[serde(default)]
    pub archived: bool,
    #[serde(default)]
    pub marked_for_deletion: bool,
}

/// A group or project that is selected.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct SelectedPlace {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<u64>,
    pub full_path: String,
}

impl From<&Candidate> for SelectedPlace {
    fn from(candidate: &Candidate) -> Self {
        Self { id: Some(candidate.id), full_path: candidate.full_path.clone() }
    }
}

/// What Factory may work on.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct CloudSelection {
    /// Everything that the account reaches now.
    #[serde(default)]
    pub all: bool,
    /// Also what is added later.
    #[serde(default)]
    pub future: bool,
    #[serde(default)]
    pub groups: Vec<SelectedPlace>,
    #[serde(default)]
    pub projects: Vec<SelectedPlace>,
    /// The projects of the account's own namespace.
    #[serde(default)]
    pub personal_namespace: bool,
}

impl CloudSelection {
    #[must_use]
    pub fn is_empty(&self) -> bool {
        !self.all && !self.personal_namespace && self.groups.is_empty() && self.projects.is_empty()
    }

    /// Whether both select the same; the order of places means nothing, and a place is the same by its number, where both
    /// have one, or else by its path.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        let switches = |one: &Self| (one.all, one.future, one.personal_namespace);
        switches(self) == switches(other)
            && is_same_places(&self.groups, &other.groups)
            && is_same_places(&self.projects, &other.projects)
    }

    /// Whether it contains a place: selected itself, or below a selected group.
    #[must_use]
    pub fn covers(&self, kind: PlaceKind, full_path: &str) -> bool {
        let is_same = |place: &SelectedPlace| place.full_path.eq_ignore_ascii_case(full_path);
        let is_below = |group: &SelectedPlace| {
            let (path, above) = (full_path.to_ascii_lowercase(), group.full_path.to_ascii_lowercase());
            path.strip_prefix(&above).is_some_and(|rest| rest.starts_with('/'))
        };
        let own = match kind {
            PlaceKind::Group => &self.groups,
            PlaceKind::Project => &self.projects,
        };
        self.all || own.iter().any(is_same) || self.groups.iter().any(is_below)
    }

    /// One line for each part.
    #[must_use]
    pub fn parts(&self) -> Vec<String> {
        let later = if self.future { ", and what is added later" } else { "" };
        let mut parts = Vec::new();
        if self.all {
            parts.push(format!("everything that the account reaches{later}"));
        }
        parts.extend(
            self.groups.iter().map(|group| format!("group {}, with everything below it{later}", group.full_path)),
        );
        parts.extend(self.projects.iter().map(|project| format!("project {}", project.full_path)));
        if self.personal_namespace {
            parts.push("the projects of the account's own namespace".to_owned());
        }
        parts
    }
}

fn is_same_places(one: &[SelectedPlace], other: &[SelectedPlace]) -> bool {
    let is_equal = |left: &SelectedPlace, right: &SelectedPlace| match (left.id, right.id) {
        (Some(left), Some(right)) => left == right,
        _ => left.full_path.eq_ignore_ascii_case(&right.full_path),
    };
    let is_within = |places: &[SelectedPlace], whole: &[SelectedPlace]| {
        places.iter().all(|place| whole.iter().any(|one| is_equal(place, one)))
    };
    is_within(one, other) && is_within(other, one)
}

/// How many groups and projects the account reaches that are not selected.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize)]
pub struct Beyond {
    pub groups: usize,
    pub projects: usize,
    /// There are more: not all were counted.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub at_least: bool,
}

impl Beyond {
    #[must_use]
    pub const fn is_nothing(&self) -> bool {
        self.groups == 0 && self.projects == 0 && !self.at_least
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(id: Option<u64>, path: &str) -> SelectedPlace {
        SelectedPlace { id, full_path: path.to_owned() }
    }

    #[test]
    fn a_selection_is_the_same_whatever_the_order_and_the_numbers_that_one_side_lacks() {
        let one = CloudSelection { groups: vec![place(Some(1), "a"), place(None, "B/c")], ..CloudSelection::default() };
        let other = CloudSelection { groups: vec![place(Some(7), "b/C"), place(Some(1), "renamed")], ..one.clone() };
        assert!(one.is_same(&other));
        assert!(!one.is_same(&CloudSelection { future: true, ..one.clone() }));
        assert!(!one.is_same(&CloudSelection { groups: vec![place(Some(1), "a")], ..one.clone() }));
        assert!(!one.is_same(&CloudSelection { projects: vec![place(Some(1), "a")], ..one.clone() }));
    }

    #[test]
    fn a_group_covers_what_is_below_it_and_nothing_that_only_begins_alike() {
        let of_group = CloudSelection { groups: vec![place(None, "Acme/web")], ..CloudSelection::default() };
        for (kind, path, wanted) in [
            (PlaceKind::Group, "acme/web", true),
            (PlaceKind::Group, "acme/web/api", true),
            (PlaceKind::Project, "acme/web/site", true),
            (PlaceKind::Project, "acme/web", false),
            (PlaceKind::Project, "acme/website", false),
            (PlaceKind::Group, "acme", false),
        ] {
            assert_eq!(of_group.covers(kind, path), wanted, "{kind:?} {path}");
        }
        assert!(CloudSelection { all: true, ..CloudSelection::default() }.covers(PlaceKind::Project, "x/y"));
    }

    #[test]
    fn an_account_is_named_with_or_without_an_at_sign_in_any_case() {
        let account = CloudAccount { id: 1, username: "Jane".to_owned(), name: "Jane Doe".to_owned() };
        assert!(account.is_named("@jane") && account.is_named("JANE ") && !account.is_named("janet"));
        assert_eq!(account.to_string(), "@Jane (Jane Doe)");
    }
}
