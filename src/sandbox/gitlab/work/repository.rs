//! Repositories: commits with the files they hold, branches and tags.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use jiff::Timestamp;

use crate::sandbox::gitlab::secrets;
use crate::sandbox::gitlab::state::StoredUser;

/// What stands for no commit in a push: the branch or tag is new, or it was deleted.
pub const NO_COMMIT: &str = "0000000000000000000000000000000000000000";

/// The files of a commit: path to content.
type Tree = Arc<BTreeMap<String, String>>;

#[derive(Clone, Debug)]
pub struct StoredCommit {
    pub id: String,
    pub parents: Vec<String>,
    pub message: String,
    pub author_name: String,
    pub author_email: String,
    pub created_at: Timestamp,
    pub changes: CommitChanges,
    files: Tree,
}

impl StoredCommit {
    /// The first line of the message.
    pub(in crate::sandbox::gitlab) fn title(&self) -> &str {
        self.message.lines().next().unwrap_or_default()
    }

    /// The commit of a webhook's test.
    pub(in crate::sandbox::gitlab) fn sample(id: &str) -> Self {
        Self {
            id: id.to_owned(),
            parents: Vec::new(),
            message: "Add a line\n".to_owned(),
            author_name: "Administrator".to_owned(),
            author_email: "root@sandbox.example".to_owned(),
            created_at: Timestamp::from_second(1_767_225_600).unwrap_or_default(),
            changes: CommitChanges { modified: vec!["README.md".to_owned()], ..CommitChanges::default() },
            files: Tree::default(),
        }
    }

    /// The content of a file.
    pub(in crate::sandbox::gitlab) fn file(&self, path: &str) -> Option<&str> {
        self.files.get(path).map(String::as_str)
    }
}

/// The paths that a commit changes.
#[derive(Clone, Debug, Default)]
pub struct CommitChanges {
    pub added: Vec<String>,
    pub modified: Vec<String>,
    pub removed: Vec<String>,
}

/// What a commit changes, and all files after it.
struct CommitContent {
    changes: CommitChanges,
    files: BTreeMap<String, String>,
}

/// A branch or tag that a push moved.
#[derive(Clone, Debug)]
pub struct Pushed {
    pub user: u64,
    /// As `refs/heads/main`.
    pub reference: String,
    /// [`NO_COMMIT`] for a new one.
    pub before: String,
    /// [`NO_COMMIT`] for one that was deleted.
    pub after: String,
    /// What the push brings, oldest first.
    pub commits: Vec<StoredCommit>,
    /// The message of an annotated tag.
    pub message: Option<String>,
}

impl Pushed {
    /// The branch, if it is one.
    pub(in crate::sandbox::gitlab) fn branch(&self) -> Option<&str> {
        self.reference.strip_prefix("refs/heads/")
    }
}

/// A commit to make.
pub(in crate::sandbox::gitlab) struct NewCommit<'a> {
    pub message: String,
    pub author: &'a StoredUser,
    pub at: Timestamp,
    /// What it is made on; `None` in an empty repository.
    pub parent: Option<String>,
    pub actions: Vec<FileAction>,
}

/// What a commit does with one file.
pub(in crate::sandbox::gitlab) struct FileAction {
    pub kind: FileActionKind,
    pub path: String,
    pub content: String,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::sandbox::gitlab) enum FileActionKind {
    Create,
    Update,
    Delete,
}

/// A project's repository.
#[derive(Clone, Debug, Default)]
pub struct Repository {
    /// Before this moment branches cannot be read and files cannot be committed.
    pub ready_at: Timestamp,
    /// Name to commit.
    pub branches: BTreeMap<String, String>,
    /// Name to commit.
    pub tags: BTreeMap<String, String>,
    commits: HashMap<String, StoredCommit>,
}

impl Repository {
    /// A repository with a README in one commit.
    pub(in crate::sandbox::gitlab) fn seeded(branch: &str, author: Option<&StoredUser>, at: Timestamp) -> Self {
        let mut repository = Self { ready_at: at, ..Self::default() };
        let readme = FileAction {
            kind: FileActionKind::Create,
            path: "README.md".to_owned(),
            content: "# Read me\n".to_owned(),
        };
        let Some(author) = author else { return repository };
        let message = "Initial commit".to_owned();
        let new = NewCommit { message, author, at, parent: None, actions: vec![readme] };
        if let Ok(commit) = repository.commit(new) {
            repository.branches.insert(branch.to_owned(), commit.id);
        }
        repository
    }

    /// The commit that a branch, a tag or a commit's id names.
    pub(in crate::sandbox::gitlab) fn resolve(&self, reference: &str) -> Option<&StoredCommit> {
        let named = self.branches.get(reference).or_else(|| self.tags.get(reference)).map(String::as_str);
        self.commits.get(named.unwrap_or(reference))
    }

    /// Adds the commit that merges a branch's head into what the new commit follows.
    pub(in crate::sandbox::gitlab) fn merge(&mut self, new: NewCommit<'_>, head: &str) -> StoredCommit {
        let tree = |id: &str| self.commits.get(id).map(|commit| Arc::clone(&commit.files)).unwrap_or_default();
        let (head_files, parent) = (tree(head), new.parent.clone().unwrap_or_default());
        let mut files = (*tree(&parent)).clone();
        let mut changes = CommitChanges::default();
        for (path, content) in
            head_files.iter().filter(|(path, content)| files.get(*path) != Some(content)).collect::<Vec<_>>()
        {
            let changed = if files.insert(path.clone(), content.clone()).is_some() {
                &mut changes.modified
            } else {
                &mut changes.added
            };
            changed.push(path.clone());
        }
        self.store(new, Some(head), CommitContent { changes, files })
    }

    fn store(&mut self, new: NewCommit<'_>, merged: Option<&str>, content: CommitContent) -> StoredCommit {
        let commit = StoredCommit {
            id: new_id(),
            parents: new.parent.into_iter().chain(merged.map(str::to_owned)).collect(),
            message: new.message,
            author_name: new.author.name.clone(),
            author_email: new.author.email.clone(),
            created_at: new.at,
            changes: content.changes,
            files: Arc::new(content.files),
        };
        self.commits.insert(commit.id.clone(), commit.clone());
        commit
    }

    /// Adds a commit that no branch has yet.
    ///
    /// # Errors
    /// GitLab's text for a file that is there or is not (gitlab: lib/gitlab/git/index.rb, gitaly's UserCommitFiles).
    pub(in crate::sandbox::gitlab) fn commit(&mut self, mut new: NewCommit<'_>) -> Result<StoredCommit, &'static str> {
        let parent = new.parent.as_ref().and_then(|parent| self.commits.get(parent));
        let mut files = parent.map(|parent| (*parent.files).clone()).unwrap_or_default();
        let mut changes = CommitChanges::default();
        for FileAction { kind, path, content } in std::mem::take(&mut new.actions) {
            match (kind, files.contains_key(&path)) {
                (FileActionKind::Create, true) => return Err("A file with this name already exists"),
                (FileActionKind::Update | FileActionKind::Delete, false) => {
                    return Err("A file with this name doesn't exist");
                }
                (FileActionKind::Delete, true) => {
                    files.remove(&path);
                    changes.removed.push(path);
                }
                (FileActionKind::Create, false) => {
                    files.insert(path.clone(), content);
                    changes.added.push(path);
                }
                (FileActionKind::Update, true) => {
                    files.insert(path.clone(), content);
                    changes.modified.push(path);
                }
            }
        }
        Ok(self.store(new, None, CommitContent { changes, files }))
    }
}

/// 40 hex digits. Here they are random and not a digest of the content.
fn new_id() -> String {
    secrets::hex64()[..40].to_owned()
}
