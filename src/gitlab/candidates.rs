//! What an account reaches, for choosing from: GitLab searches, so that thousands are no list here.

use serde::Deserialize;

use super::listing;
use super::wire::{GroupWire, ProjectWire};
use super::{Error, Group, Project, ProjectPages, Reader, if_found};
use crate::cloud::{Candidate, PLACES_SHOWN, PlaceKind};
use crate::http::{Expected, Pages};
use crate::network::outbound::OutboundSettings;

/// A group or project that was named.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PlaceDetails {
    pub place: Candidate,
    /// The addresses that a group lets in; empty where it lets in all, or the account may not see them.
    pub ip_ranges: Vec<String>,
    /// A group with SAML single sign-on, as far as the account may see it.
    pub has_saml: bool,
}

/// gitlab: lib/api/entities/group_detail.rb, ee/lib/ee/api/entities/group_detail.rb
#[derive(Deserialize)]
struct GroupDetailWire {
    #[serde(flatten)]
    group: GroupWire,
    #[serde(default)]
    ip_restriction_ranges: Option<String>,
    #[serde(default)]
    saml_group_links: Vec<serde::de::IgnoredAny>,
}

/// Of what an account reaches, as far as it was read.
#[derive(Clone, Debug, Default)]
pub struct Reached {
    pub places: Vec<Candidate>,
    /// There are more.
    pub is_cut: bool,
}

impl From<Group> for Candidate {
    fn from(group: Group) -> Self {
        let Group { id, full_path, archived, marked_for_deletion, parent_id: _ } = group;
        Self { kind: PlaceKind::Group, id, full_path, archived, marked_for_deletion }
    }
}

impl From<Project> for Candidate {
    fn from(project: Project) -> Self {
        let Project { id, path_with_namespace, archived, marked_for_deletion, namespace: _, empty_repo: _ } = project;
        Self { kind: PlaceKind::Project, id, full_path: path_with_namespace, archived, marked_for_deletion }
    }
}

impl Reader {
    /// The first groups or projects of the account whose name or path has this text.
    ///
    /// # Errors
    /// Those of any request.
    pub async fn search_places(&self, kind: PlaceKind, text: &str) -> Result<Vec<Candidate>, Error> {
        let search = listing::encoded(text);
        match kind {
            PlaceKind::Group => {
                let path = format!("/groups?all_available=false&search={search}&order_by=path&per_page={PLACES_SHOWN}");
                let found: Vec<GroupWire> = self.get(&path, GROUPS).await?;
                Ok(found.into_iter().map(|wire| Group::from(wire).into()).collect())
            }
            PlaceKind::Project => {
                let path = format!(
                    "/projects?membership=true&simple=true&search_namespaces=true&search={search}&per_page={PLACES_SHOWN}"
                );
                let found: Vec<ProjectWire> = self.get(&path, PROJECTS).await?;
                Ok(found.into_iter().map(|wire| Project::from(wire).into()).collect())
            }
        }
    }

    /// The groups that the account is a member of, as far as `most`.
    ///
    /// # Errors
    /// Those of any request.
    pub async fn reached_groups(&self, most: usize) -> Result<Reached, Error> {
        let mut list =
            self.list::<GroupWire, Group>("/groups?all_available=false&order_by=id&sort=asc&per_page=100", GROUPS);
        let mut reached = Reached::default();
        while let Some(page) = list.next().await? {
            reached.places.extend(page.into_iter().map(Candidate::from));
            if reached.places.len() >= most {
                reached.is_cut = true;
                break;
            }
        }
        Ok(reached)
    }

    /// The projects that the account is a member of, as far as `most`, by keyset.
    ///
    /// # Errors
    /// Those of any request.
    pub async fn reached_projects(&self, most: usize) -> Result<Reached, Error> {
        const PATH: &str = "/projects?membership=true&simple=true&pagination=keyset&order_by=id&sort=asc&per_page=100";
        let mut pages = ProjectPages::new(Pages::new(self.http.clone(), self.request(PATH)), self.request(PATH));
        let mut reached = Reached::default();
        while let Some(page) = pages.next_page().await? {
            reached.places.extend(page.into_iter().map(Candidate::from));
            if reached.places.len() >= most {
                reached.is_cut = true;
                break;
            }
        }
        Ok(reached)
    }

    /// Whether a user is a member of a group or project, itself or of a group above it. gitlab: lib/api/members.rb
    ///
    /// # Errors
    /// Those of any request, except 404.
    pub async fn is_member(&self, of: &Candidate, user: u64) -> Result<bool, Error> {
        let list = match of.kind {
            PlaceKind::Group => "groups",
            PlaceKind::Project => "projects",
        };
        let address = format!("/{list}/{}/members/all/{user}", of.id);
        Ok(if_found(self.get::<serde::de::IgnoredAny>(&address, "a member").await)?.is_some())
    }

    /// A group or project by its path; `None` where it does not exist or is not visible.
    ///
    /// # Errors
    /// Those of any request, except 404.
    pub async fn place(&self, kind: PlaceKind, path: &str) -> Result<Option<PlaceDetails>, Error> {
        let path = listing::encoded(path);
        match kind {
            PlaceKind::Group => {
                let address = format!("/groups/{path}?with_projects=false");
                let found = if_found(self.get::<GroupDetailWire>(&address, "a group").await)?;
                Ok(found.map(|wire| PlaceDetails {
                    place: Group::from(wire.group).into(),
                    ip_ranges: wire.ip_restriction_ranges.as_deref().map(OutboundSettings::entries).unwrap_or_default(),
                    has_saml: !wire.saml_group_links.is_empty(),
                }))
            }
            PlaceKind::Project => {
                let found = if_found(self.get::<ProjectWire>(&format!("/projects/{path}"), "a project").await)?;
                let details =
                    |wire| PlaceDetails { place: Project::from(wire).into(), ip_ranges: Vec::new(), has_saml: false };
                Ok(found.map(details))
            }
        }
    }
}

const GROUPS: Expected = "a list of groups";
const PROJECTS: Expected = "a list of projects";
