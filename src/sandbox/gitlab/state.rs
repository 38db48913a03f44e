//! The state of the embedded GitLab: plain records, and the few rules that keep them consistent.

mod project;
mod user_state;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::SocketAddr;

use jiff::Timestamp;
use jiff::civil::Date;
use url::Url;

pub use self::project::{ProjectDetails, ProjectNamespace, StoredProject, Visibility};
pub use self::user_state::UserState;
use super::audit_events::StoredAuditEvent;
use super::cloud::LimitWindow;
use super::hooks::Hooks;
use super::oauth::GrantSpec;
use super::quirks::InstanceQuirks;
use super::secrets::Digest;
use super::settings::ApplicationSettings;
use super::web::session::WebSession;
use super::work::Work;
use crate::sandbox::clock::SandboxClock;
use crate::sandbox::options::SandboxVersion;

/// GitLab's access levels (gitlab: lib/gitlab/access.rb).
pub mod level {
    pub const DEVELOPER: u8 = 30;
    pub const MAINTAINER: u8 = 40;
    pub const OWNER: u8 = 50;
}

/// Everything the instance holds.
#[derive(Debug)]
pub struct GitLabState {
    /// GitLab's `external_url`, with its relative root; links are built from it.
    pub external_url: Url,
    /// Where Git over SSH is.
    pub ssh_at: Option<SocketAddr>,
    pub clock: SandboxClock,
    pub version: SandboxVersion,
    pub users: BTreeMap<u64, StoredUser>,
    pub tokens: BTreeMap<u64, StoredToken>,
    pub applications: BTreeMap<u64, StoredApplication>,
    pub oauth_tokens: BTreeMap<u64, OauthToken>,
    pub device_codes: Vec<DeviceCode>,
    pub grants: Vec<AccessGrant>,
    pub(super) web_sessions: HashMap<Digest, WebSession>,
    pub(super) endpoint_counts: HashMap<LimitWindow, u32>,
    pub audit_events: Vec<StoredAuditEvent>,
    /// What fine-grained tokens have used: `access` and permission.
    #[cfg_attr(not(feature = "sandbox-testing"), allow(dead_code, reason = "only tests read it"))]
    pub used_permissions: BTreeSet<(&'static str, String)>,
    pub groups: BTreeMap<u64, StoredGroup>,
    pub projects: BTreeMap<u64, StoredProject>,
    pub settings: ApplicationSettings,
    pub quirks: InstanceQuirks,
    pub hooks: Hooks,
    pub work: Work,
    /// Maps a project's full path, in lower case, to its id, because 50 000 projects are looked up by path.
    pub(super) project_paths: HashMap<String, u64>,
    pub(super) token_values: HashMap<Digest, u64>,
    pub(super) oauth_values: HashMap<Digest, u64>,
    pub(super) refresh_values: HashMap<Digest, u64>,
    pub(super) ids: Ids,
}

/// The last id of each sequence; GitLab never reuses one.
#[derive(Debug, Default)]
pub(super) struct Ids {
    pub user: u64,
    pub token: u64,
    pub application: u64,
    pub oauth_token: u64,
    /// Groups and users' own namespaces share one sequence, as in GitLab.
    pub namespace: u64,
    pub project: u64,
}

/// Takes the next id of a sequence; the first is 1.
pub(super) fn next(sequence: &mut u64) -> u64 {
    *sequence += 1;
    *sequence
}

#[derive(Clone, Debug)]
pub struct StoredUser {
    pub id: u64,
    pub username: String,
    pub name: String,
    pub email: String,
    pub admin: bool,
    pub bot: bool,
    pub state: UserState,
    pub namespace: u64,
    pub created_at: Timestamp,
    /// How many projects may be in the user's own namespace.
    pub projects_limit: u32,
    /// For the password grant only; a user without one cannot use it.
    pub(super) password: Option<Digest>,
}

/// A personal access token, or a project or group access token, which is the personal token of a bot user.
#[derive(Clone, Debug)]
pub struct StoredToken {
    pub id: u64,
    pub user: u64,
    pub name: String,
    pub description: Option<String>,
    pub scopes: Vec<String>,
    pub revoked: bool,
    pub impersonation: bool,
    /// A fine-grained token, whose permissions are not in its scopes.
    pub granular: bool,
    pub grants: Vec<GranularGrant>,
    pub created_at: Timestamp,
    pub last_used_at: Option<Timestamp>,
    /// The day on which it expires, at 00:00 UTC.
    pub expires_at: Option<Date>,
    /// The token this one was rotated from.
    pub previous: Option<u64>,
    pub(super) value: Digest,
}

/// A part of what a fine-grained token may do (gitlab: app/models/authz/granular_scope.rb).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct GranularGrant {
    /// `instance`, `user` or `all_memberships`.
    pub access: String,
    pub permissions: Vec<String>,
}

impl StoredToken {
    /// Whether the token has expired on this day.
    #[must_use]
    pub fn is_expired(&self, today: Date) -> bool {
        self.expires_at.is_some_and(|day| day <= today)
    }

    /// Neither revoked nor expired.
    #[must_use]
    pub fn is_active(&self, today: Date) -> bool {
        !self.revoked && !self.is_expired(today)
    }
}

/// An OAuth application; instance-wide when it has no owner.
#[derive(Clone, Debug)]
pub struct StoredApplication {
    pub id: u64,
    pub uid: String,
    pub name: String,
    /// As it was sent: several URIs are separated by whitespace.
    pub redirect_uri: String,
    pub scopes: Vec<String>,
    pub confidential: bool,
    #[cfg_attr(not(feature = "sandbox-testing"), allow(dead_code, reason = "only tests read it"))]
    pub trusted: bool,
    pub owner: Option<u64>,
    pub device_code_enabled: bool,
    pub(super) secret: Digest,
}

impl StoredApplication {
    /// Whether this is the application's current secret.
    #[must_use]
    pub fn has_secret(&self, secret: &str) -> bool {
        self.secret == Digest::of(secret)
    }
}

#[derive(Clone, Debug)]
pub struct OauthToken {
    pub id: u64,
    pub application: Option<u64>,
    /// `None` for client credentials: such a token grants no access to the API.
    pub user: Option<u64>,
    pub scopes: Vec<String>,
    pub created_at: Timestamp,
    /// Seconds.
    pub expires_in: i64,
    pub revoked: bool,
    pub(super) value: Digest,
    pub(super) refresh: Option<Digest>,
}

impl OauthToken {
    /// The moment it expires.
    #[must_use]
    pub(crate) fn expires_at(&self) -> Timestamp {
        let life = jiff::SignedDuration::from_secs(self.expires_in);
        self.created_at.saturating_add(life).unwrap_or(Timestamp::MAX)
    }
}

/// An authorization code that was issued and not yet exchanged.
#[derive(Clone, Debug)]
pub struct AccessGrant {
    pub spec: GrantSpec,
    pub created_at: Timestamp,
    pub(super) code: Digest,
}

/// One requested device authorization (RFC 8628).
#[derive(Clone, Debug)]
pub struct DeviceCode {
    pub application: u64,
    pub scopes: Vec<String>,
    pub user_code: String,
    pub created_at: Timestamp,
    pub last_polled: Option<Timestamp>,
    pub answer: DeviceAnswer,
    pub(super) code: Digest,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[cfg_attr(not(test), allow(dead_code, reason = "only tests answer: the page for it is not embedded"))]
pub enum DeviceAnswer {
    Pending,
    /// By the user with this id.
    Approved(u64),
    Denied,
}

#[derive(Clone, Debug)]
pub struct StoredGroup {
    pub id: u64,
    pub name: String,
    pub path: String,
    pub full_name: String,
    pub full_path: String,
    pub parent: Option<u64>,
    pub visibility: Visibility,
    /// Direct members: user id to access level.
    pub members: BTreeMap<u64, u8>,
    pub project_creation: ProjectCreation,
    /// Archived itself; what is below an archived group counts as archived too.
    pub archived: bool,
    pub marked_for_deletion: Option<Date>,
    /// The addresses that it lets in, separated by commas; a group without a parent only.
    pub ip_restriction_ranges: Option<String>,
    /// Its members sign in through a SAML provider, to which groups are linked.
    pub has_saml: bool,
    pub created_at: Timestamp,
}

/// Who may create projects in a group (gitlab: lib/gitlab/access.rb, `project_creation_options`).
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[cfg_attr(not(feature = "sandbox-testing"), allow(dead_code, reason = "only tests set the others"))]
pub enum ProjectCreation {
    Nobody,
    Maintainers,
    #[default]
    Developers,
    Administrators,
    Owners,
}

impl ProjectCreation {
    /// The word in the API; the instance's default is the number of the same.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Nobody => "noone",
            Self::Maintainers => "maintainer",
            Self::Developers => "developer",
            Self::Administrators => "administrator",
            Self::Owners => "owner",
        }
    }
}

impl GitLabState {
    pub(super) fn new(
        external_url: Url,
        settings: ApplicationSettings,
        clock: SandboxClock,
        version: SandboxVersion,
    ) -> Self {
        Self {
            external_url,
            ssh_at: None,
            clock,
            version,
            users: BTreeMap::new(),
            tokens: BTreeMap::new(),
            applications: BTreeMap::new(),
            oauth_tokens: BTreeMap::new(),
            device_codes: Vec::new(),
            grants: Vec::new(),
            web_sessions: HashMap::new(),
            endpoint_counts: HashMap::new(),
            audit_events: Vec::new(),
            used_permissions: BTreeSet::new(),
            groups: BTreeMap::new(),
            projects: BTreeMap::new(),
            settings,
            quirks: InstanceQuirks::default(),
            hooks: Hooks::default(),
            work: Work::default(),
            project_paths: HashMap::new(),
            token_values: HashMap::new(),
            oauth_values: HashMap::new(),
            refresh_values: HashMap::new(),
            ids: Ids::default(),
        }
    }

    /// The URL of a path on this instance, as GitLab itself would write it.
    #[must_use]
    pub(crate) fn link(&self, path: &str) -> String {
        format!("{}{path}", self.external_url.as_str().trim_end_matches('/'))
    }

    /// The address of a repository over SSH. gitlab: config/settings.rb, `build_gitlab_shell_ssh_path_prefix`
    pub(super) fn ssh_url(&self, path: &str) -> String {
        match self.ssh_at {
            Some(at) if at.port() != 22 => format!("ssh://git@{at}/{path}.git"),
            _ => format!("git@{}:{path}.git", self.external_url.host_str().unwrap_or_default()),
        }
    }

    /// A project by its id or its full path, without a check of permissions.
    #[must_use]
    pub fn project(&self, id_or_path: &str) -> Option<&StoredProject> {
        match id_or_path.parse::<u64>() {
            Ok(id) => self.projects.get(&id),
            Err(_) => self.projects.get(self.project_paths.get(&id_or_path.to_lowercase())?),
        }
    }

    /// A group by its id or its full path, without a check of permissions.
    #[must_use]
    pub fn group(&self, id_or_path: &str) -> Option<&StoredGroup> {
        match id_or_path.parse::<u64>() {
            Ok(id) => self.groups.get(&id),
            Err(_) => self.groups.values().find(|group| group.full_path.eq_ignore_ascii_case(id_or_path)),
        }
    }

    /// Whether a group or one above it is archived. gitlab: `self_or_ancestors_archived?`
    pub(super) fn is_group_archived(&self, group: u64) -> bool {
        self.lineage(group).any(|group| group.archived)
    }

    /// Whether a project or a group above it is archived.
    pub(super) fn is_project_archived(&self, project: &StoredProject) -> bool {
        project.archived || project.namespace.group().is_some_and(|group| self.is_group_archived(group))
    }

    /// The group and its ancestors, nearest first.
    pub(crate) fn lineage(&self, group: u64) -> impl Iterator<Item = &StoredGroup> {
        std::iter::successors(self.groups.get(&group), |group| self.groups.get(&group.parent?))
    }
}
