//! Work in a project: commits, branches, tags, issues, comments, merge requests, pipelines.

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::json;

use super::{Error, Reader, Writer, listing};
use crate::http::Method;

/// A time that cannot be read counts as missing: it only tells how long something took.
fn lenient_time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
    Ok(Option::<String>::deserialize(deserializer)?.and_then(|text| text.parse().ok()))
}

/// A file that a commit creates or changes.
#[derive(Clone, Debug, Serialize)]
pub struct CommitAction {
    pub action: FileChange,
    pub file_path: &'static str,
    pub content: String,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum FileChange {
    Create,
    Update,
}

/// A commit to make. gitlab: lib/api/commits.rb
#[derive(Clone, Debug, Serialize)]
pub struct NewCommit {
    pub branch: String,
    /// What a new branch begins at; `None` for a branch that exists, and in an empty repository.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_branch: Option<String>,
    pub commit_message: String,
    pub actions: Vec<CommitAction>,
}

#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
pub struct Commit {
    pub id: String,
    #[serde(default, deserialize_with = "lenient_time")]
    pub created_at: Option<Timestamp>,
}

/// A branch or a tag, with the commit that it names.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
pub struct NamedCommit {
    pub name: String,
    pub commit: Commit,
}

/// An issue or a merge request; within its project the `iid` names it. The number in its address may be of a work item.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
pub struct Discussed {
    pub id: u64,
    pub iid: u64,
    #[serde(default)]
    pub title: String,
    #[serde(default)]
    pub author: Option<NoteAuthor>,
    /// Of a merge request.
    #[serde(default)]
    pub source_branch: Option<String>,
    #[serde(default, deserialize_with = "lenient_time")]
    pub created_at: Option<Timestamp>,
}

/// What a comment is on.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Noteable {
    Issue(u64),
    MergeRequest(u64),
}

impl Noteable {
    fn path(self) -> String {
        match self {
            Self::Issue(iid) => format!("issues/{iid}"),
            Self::MergeRequest(iid) => format!("merge_requests/{iid}"),
        }
    }
}

/// Who may read a comment.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum NoteKind {
    Comment,
    /// Only members from the role of reporter on.
    Internal,
}

/// A comment. gitlab: lib/api/entities/note.rb
#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
pub struct Note {
    pub id: u64,
    #[serde(default)]
    pub body: String,
    #[serde(default)]
    pub system: bool,
    pub author: NoteAuthor,
    #[serde(default, deserialize_with = "lenient_time")]
    pub created_at: Option<Timestamp>,
}

#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
pub struct NoteAuthor {
    pub id: u64,
    #[serde(default)]
    pub username: String,
}

#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
pub struct Pipeline {
    pub id: u64,
    #[serde(default)]
    pub sha: String,
    /// `created`, `pending`, `running`, …
    #[serde(default)]
    pub status: String,
    #[serde(default, deserialize_with = "lenient_time")]
    pub created_at: Option<Timestamp>,
}

impl Reader {
    /// A branch; `None` where the repository does not have it, or is not ready yet.
    ///
    /// # Errors
    /// Those of any request, except 404.
    pub async fn branch(&self, project: u64, name: &str) -> Result<Option<NamedCommit>, Error> {
        self.named_commit(project, "branches", name).await
    }

    /// A tag; `None` where the repository does not have it.
    ///
    /// # Errors
    /// Those of any request, except 404.
    pub async fn tag(&self, project: u64, name: &str) -> Result<Option<NamedCommit>, Error> {
        self.named_commit(project, "tags", name).await
    }

    async fn named_commit(&self, project: u64, kind: &str, name: &str) -> Result<Option<NamedCommit>, Error> {
        let path = format!("/projects/{project}/repository/{kind}/{}", listing::encoded(name));
        self.find(&path, "a branch or tag").await
    }

    /// The issues of a project with exactly this title, among the newest 100.
    ///
    /// # Errors
    /// Those of any request.
    pub async fn issues_titled(&self, project: u64, title: &str) -> Result<Vec<Discussed>, Error> {
        let search = listing::encoded(title);
        let path = format!("/projects/{project}/issues?search={search}&in=title&state=all&scope=all&per_page=100");
        let found: Vec<Discussed> = self.get(&path, "a list of issues").await?;
        // A GitLab that does not know a parameter ignores it.
        Ok(found.into_iter().filter(|one| one.title == title).collect())
    }

    /// The merge requests from a branch, in any state.
    ///
    /// # Errors
    /// Those of any request.
    pub async fn merge_requests_from(&self, project: u64, branch: &str) -> Result<Vec<Discussed>, Error> {
        let encoded = listing::encoded(branch);
        let path =
            format!("/projects/{project}/merge_requests?source_branch={encoded}&state=all&scope=all&per_page=100");
        let found: Vec<Discussed> = self.get(&path, "a list of merge requests").await?;
        Ok(found.into_iter().filter(|one| one.source_branch.as_deref() == Some(branch)).collect())
    }

    /// The comments on an issue or merge request, newest first, at most 100.
    ///
    /// # Errors
    /// Those of any request.
    pub async fn newest_notes(&self, project: u64, on: Noteable) -> Result<Vec<Note>, Error> {
        let query = "activity_filter=only_comments&sort=desc&order_by=created_at&per_page=100";
        self.get(&format!("/projects/{project}/{}/notes?{query}", on.path()), "a list of comments").await
    }

    /// A pipeline, by its number.
    ///
    /// # Errors
    /// Those of any request.
    pub async fn pipeline(&self, project: u64, id: u64) -> Result<Pipeline, Error> {
        self.get(&format!("/projects/{project}/pipelines/{id}"), "a pipeline").await
    }

    /// The pipelines of a branch, the newest 100.
    ///
    /// # Errors
    /// Those of any request.
    pub async fn pipelines_of(&self, project: u64, branch: &str) -> Result<Vec<Pipeline>, Error> {
        let path = format!("/projects/{project}/pipelines?ref={}&per_page=100", listing::encoded(branch));
        match self.get(&path, "a list of pipelines").await {
            // CI/CD is switched off.
            Err(error) if error.status() == Some(403) => Ok(Vec::new()),
            found => found,
        }
    }

    /// The newest pipeline of a branch; `None` where it has none.
    ///
    /// # Errors
    /// Those of any request.
    pub async fn newest_pipeline(&self, project: u64, branch: &str) -> Result<Option<Pipeline>, Error> {
        let path = format!("/projects/{project}/pipelines?ref={}&source=api&per_page=1", listing::encoded(branch));
        let found: Vec<Pipeline> = self.get(&path, "a list of pipelines").await?;
        Ok(found.into_iter().next())
    }
}

impl Writer {
    /// # Errors
    /// 400 where the repository is not ready yet, or a file exists already; 403 where the branch is protected.
    pub async fn commit(&self, project: u64, new: &NewCommit) -> Result<Commit, Error> {
        let path = format!("/projects/{project}/repository/commits");
        self.send(Method::POST, &path, new).await?.require(&[201], "a new commit")?.json("a new commit")
    }

    /// # Errors
    /// 400 where it exists.
    pub async fn create_branch(&self, project: u64, name: &str, from: &str) -> Result<NamedCommit, Error> {
        let path = format!("/projects/{project}/repository/branches");
        let body = json!({ "branch": name, "ref": from });
        self.send(Method::POST, &path, &body).await?.require(&[201], "a new branch")?.json("a new branch")
    }

    /// # Errors
    /// 400 where it exists.
    pub async fn create_tag(&self, project: u64, name: &str, from: &str) -> Result<NamedCommit, Error> {
        let path = format!("/projects/{project}/repository/tags");
        let body = json!({ "tag_name": name, "ref": from });
        self.send(Method::POST, &path, &body).await?.require(&[201], "a new tag")?.json("a new tag")
    }

    /// Opens an issue. Its webhooks take over `event_uuid` (`X-Gitlab-Event-UUID`).
    ///
    /// # Errors
    /// 403 where issues are switched off.
    pub async fn create_issue(&self, project: u64, new: &NewIssue<'_>) -> Result<Discussed, Error> {
        let request = self.request(Method::POST, &format!("/projects/{project}/issues"));
        let request = request.header(EVENT_UUID, new.event_uuid);
        let body = json!({ "title": new.title, "description": new.description, "confidential": new.confidential });
        self.send_request(request.json(&body)?).await?.require(&[201], "a new issue")?.json("a new issue")
    }

    /// Opens a merge request. Its webhooks take over `event_uuid` (`X-Gitlab-Event-UUID`).
    ///
    /// # Errors
    /// 409 where there is one from this branch already.
    pub async fn create_merge_request(&self, project: u64, new: &NewMergeRequest<'_>) -> Result<Discussed, Error> {
        let request = self.request(Method::POST, &format!("/projects/{project}/merge_requests"));
        let request = request.header(EVENT_UUID, new.event_uuid);
        let body = json!({ "title": new.title, "description": new.description, "source_branch": new.source_branch,
                           "target_branch": new.target_branch, "remove_source_branch": true });
        let response = self.send_request(request.json(&body)?).await?;
        response.require(&[201], "a new merge request")?.json("a new merge request")
    }

    /// # Errors
    /// Those of any request.
    pub async fn comment(&self, project: u64, new: &NewNote<'_>) -> Result<Note, Error> {
        let path = format!("/projects/{project}/{}/notes", new.on.path());
        let body = json!({ "body": new.body, "internal": new.kind == NoteKind::Internal });
        self.send(Method::POST, &path, &body).await?.require(&[201], "a new comment")?.json("a new comment")
    }

    /// Starts a pipeline of a branch.
    ///
    /// # Errors
    /// 403 where CI/CD is switched off; 400 with `base` where nothing would run. gitlab: lib/api/ci/pipelines.rb
    pub async fn create_pipeline(&self, project: u64, branch: &str) -> Result<Pipeline, Error> {
        let path = format!("/projects/{project}/pipeline");
        let response = self.send(Method::POST, &path, &json!({ "ref": branch })).await?;
        response.require(&[201], "a new pipeline")?.json("a new pipeline")
    }

    /// Deletes a pipeline, which only owners may.
    ///
    /// # Errors
    /// 403 without the right, and those of any request, except 404.
    pub async fn delete_pipeline(&self, project: u64, id: u64) -> Result<(), Error> {
        self.delete(&format!("/projects/{project}/pipelines/{id}")).await
    }

    /// # Errors
    /// Those of any request. GitLab answers 200 also for one that has ended.
    pub async fn cancel_pipeline(&self, project: u64, id: u64) -> Result<(), Error> {
        let path = format!("/projects/{project}/pipelines/{id}/cancel");
        self.send(Method::POST, &path, &json!({})).await?.require(&[200, 201], "a pipeline").map(drop)
    }

    /// # Errors
    /// Those of any request, except 404.
    pub async fn delete_branch(&self, project: u64, name: &str) -> Result<(), Error> {
        self.delete(&format!("/projects/{project}/repository/branches/{}", listing::encoded(name))).await
    }

    /// # Errors
    /// Those of any request, except 404.
    pub async fn delete_tag(&self, project: u64, name: &str) -> Result<(), Error> {
        self.delete(&format!("/projects/{project}/repository/tags/{}", listing::encoded(name))).await
    }

    /// Deletes an issue or merge request, which only owners may.
    ///
    /// # Errors
    /// 403 without the right, and those of any request, except 404.
    pub async fn delete_discussed(&self, project: u64, which: Noteable) -> Result<(), Error> {
        self.delete(&format!("/projects/{project}/{}", which.path())).await
    }

    /// Closes an issue or merge request.
    ///
    /// # Errors
    /// Those of any request.
    pub async fn close(&self, project: u64, which: Noteable) -> Result<(), Error> {
        let path = format!("/projects/{project}/{}", which.path());
        self.send(Method::PUT, &path, &json!({ "state_event": "close" })).await?.require(&[200], "a change").map(drop)
    }
}

/// gitlab: lib/gitlab/middleware/webhook_recursion_detection.rb
const EVENT_UUID: &str = "x-gitlab-event-uuid";

/// A comment to write.
#[derive(Clone, Copy, Debug)]
pub struct NewNote<'a> {
    pub on: Noteable,
    pub body: &'a str,
    pub kind: NoteKind,
}

/// An issue to open.
#[derive(Clone, Copy, Debug)]
pub struct NewIssue<'a> {
    pub title: &'a str,
    pub description: &'a str,
    pub confidential: bool,
    pub event_uuid: &'a str,
}

/// A merge request to open.
#[derive(Clone, Copy, Debug)]
pub struct NewMergeRequest<'a> {
    pub title: &'a str,
    pub description: &'a str,
    pub source_branch: &'a str,
    pub target_branch: &'a str,
    pub event_uuid: &'a str,
}
