//! Projects: made, looked at by number, and removed.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{Error, Reader, Writer, listing};
use crate::http::Method;

/// A project to create. gitlab: lib/api/projects.rb, `POST /projects`
#[derive(Clone, Debug, Serialize)]
pub struct NewProject {
    /// The group's number.
    pub namespace_id: u64,
    pub name: String,
    pub path: String,
    pub description: String,
    pub topics: Vec<String>,
}

/// What is the same for every project that this tool creates: nobody but its members sees it, and it wakes no one.
#[derive(Serialize)]
struct NewProjectWire<'a> {
    #[serde(flatten)]
    new: &'a NewProject,
    visibility: &'static str,
    auto_devops_enabled: bool,
    only_allow_merge_if_pipeline_succeeds: bool,
    /// From 16.5; `emails_disabled` before.
    emails_enabled: bool,
    emails_disabled: bool,
}

/// A project, by its number. gitlab: lib/api/entities/project.rb
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct ProjectDetails {
    pub id: u64,
    pub path_with_namespace: String,
    pub web_url: String,
    #[serde(default)]
    pub description: Option<String>,
    #[serde(default)]
    pub creator_id: Option<u64>,
    /// `None` in an empty repository.
    #[serde(default)]
    pub default_branch: Option<String>,
    #[serde(default)]
    pub archived: bool,
    /// `disabled` where CI/CD is switched off.
    #[serde(default)]
    pub builds_access_level: Option<String>,
    /// The day on which it was marked for deletion.
    #[serde(default)]
    pub marked_for_deletion_on: Option<Date>,
}

/// A group, with who may create projects in it. gitlab: lib/api/entities/group.rb
#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
pub struct GroupDetails {
    pub id: u64,
    pub full_path: String,
    /// `noone`, `owner`, `maintainer`, `developer`, `administrator`.
    #[serde(default)]
    pub project_creation_level: Option<String>,
}

impl Reader {
    /// A project by its number; `None` where it does not exist or is not visible.
    ///
    /// # Errors
    /// Those of any request, except 404.
    pub async fn project_details(&self, id: u64) -> Result<Option<ProjectDetails>, Error> {
        self.find(&format!("/projects/{id}"), "a project").await
    }

    /// A project by its path.
    ///
    /// # Errors
    /// 404 where it does not exist or is not visible.
    pub async fn project_at(&self, path: &str) -> Result<ProjectDetails, Error> {
        let found = self.project(path).await?;
        let path = format!("/projects/{}", found.id);
        self.get(&path, "a project").await
    }

    /// The projects with a topic that the token can see.
    ///
    /// # Errors
    /// Those of any request.
    pub async fn projects_with_topic(&self, topic: &str) -> Result<Vec<ProjectDetails>, Error> {
        let topic = listing::encoded(topic);
        let path = format!("/projects?topic={topic}&order_by=id&sort=asc&per_page=100");
        self.list::<ProjectDetails, ProjectDetails>(&path, "a list of projects").collect_small().await
    }

    /// A group by its path, with who may create projects in it.
    ///
    /// # Errors
    /// 404 where it does not exist or is not visible.
    pub async fn group_details(&self, path: &str) -> Result<GroupDetails, Error> {
        let found = self.group(path).await?;
        self.get(&format!("/groups/{}?with_projects=false", found.id), "a group").await
    }
}

impl Writer {
    /// `POST /projects`. Names may be taken by an earlier attempt whose response was lost: the caller looks for it.
    ///
    /// # Errors
    /// 400 with `namespace` where the caller may not create projects in the group, with `visibility_level` where private
    /// projects are restricted, 403 at a limit. gitlab: app/services/projects/create_service.rb
    pub async fn create_project(&self, new: &NewProject) -> Result<ProjectDetails, Error> {
        let body = NewProjectWire {
            new,
            visibility: "private",
            auto_devops_enabled: false,
            only_allow_merge_if_pipeline_succeeds: false,
            emails_enabled: false,
            emails_disabled: true,
        };
        self.send(Method::POST, "/projects", &body).await?.require(&[201], "a new project")?.json("a new project")
    }

    /// `DELETE /projects/:id`: removes it, or marks it where GitLab delays deletion. By number: by path, the second request
    /// would find nothing.
    ///
    /// # Errors
    /// 400 where it is marked already. gitlab: app/services/projects/mark_for_deletion_service.rb
    pub async fn delete_project(&self, id: u64) -> Result<(), Error> {
        self.delete(&format!("/projects/{id}")).await
    }

    /// Removes one that is marked for deletion. `full_path` is its present path, with the suffix of the mark.
    ///
    /// # Errors
    /// 400 where the instance does not permit it, or the path is not the present one.
    pub async fn remove_project(&self, id: u64, full_path: &str) -> Result<(), Error> {
        let full_path = listing::encoded(full_path);
        self.delete(&format!("/projects/{id}?permanently_remove=true&full_path={full_path}")).await
    }
}
