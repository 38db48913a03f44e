//! Projects, and where they belong.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[cfg_attr(not(feature = "sandbox-testing"), allow(dead_code, reason = "all projects of the seed are private"))]
pub enum Visibility {
    Private,
    Internal,
    Public,
}

impl Visibility {
    /// The value in the API.
    #[must_use]
    pub(in crate::sandbox) const fn word(self) -> &'static str {
        match self {
            Self::Private => "private",
            Self::Internal => "internal",
            Self::Public => "public",
        }
    }

    /// The number of webhook payloads (`visibility_level`).
    #[must_use]
    pub const fn level(self) -> u8 {
        match self {
            Self::Private => 0,
            Self::Internal => 10,
            Self::Public => 20,
        }
    }
}

/// The namespace that a project belongs to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ProjectNamespace {
    Group(u64),
    /// A user's own namespace, by the user's id.
    User(u64),
}

impl ProjectNamespace {
    /// The group's id, if it is a group.
    #[must_use]
    pub const fn group(self) -> Option<u64> {
        match self {
            Self::Group(id) => Some(id),
            Self::User(_) => None,
        }
    }
}

#[derive(Clone, Debug)]
pub struct StoredProject {
    pub id: u64,
    pub name: String,
    pub path: String,
    pub full_path: String,
    pub namespace: ProjectNamespace,
    pub visibility: Visibility,
    pub archived: bool,
    pub empty_repo: bool,
    /// The day on which a user asked for its deletion; it stays listed until it is removed.
    pub marked_for_deletion: Option<Date>,
    /// It is being deleted right now, and no longer listed.
    pub pending_delete: bool,
    pub creator: u64,
    pub created_at: Timestamp,
    /// Direct members: user id to access level.
    pub members: BTreeMap<u64, u8>,
    pub details: ProjectDetails,
}

impl StoredProject {
    /// The default branch; `main` unless the project was created with another one.
    pub(in crate::sandbox::gitlab) fn branch(&self) -> &str {
        self.details.default_branch.as_deref().unwrap_or("main")
    }
}

/// What a project is created with beside its name.
#[derive(Clone, Debug)]
pub struct ProjectDetails {
    pub description: Option<String>,
    pub topics: Vec<String>,
    pub default_branch: Option<String>,
    /// Whether CI is on in the project.
    pub has_ci: bool,
    pub auto_devops: Option<bool>,
    pub shared_runners: bool,
    /// Whether members get e-mails.
    pub emails: bool,
    pub merge_method: String,
    pub merges_only_after_success: bool,
    /// The project is on its way into another namespace.
    pub is_transferring: bool,
}

impl Default for ProjectDetails {
    fn default() -> Self {
        Self {
            description: None,
            topics: Vec::new(),
            default_branch: None,
            has_ci: true,
            auto_devops: None,
            shared_runners: true,
            emails: true,
            merge_method: "merge".to_owned(),
            merges_only_after_success: false,
            is_transferring: false,
        }
    }
}
