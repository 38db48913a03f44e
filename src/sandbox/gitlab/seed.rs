//! The seed data of the embedded GitLab, and how each kind of record is added.

#[cfg(feature = "sandbox-testing")]
mod edit;

use jiff::Timestamp;
use jiff::civil::Date;
use std::collections::BTreeMap;
use url::Url;

use super::secrets::{self, Digest};
use super::settings::ApplicationSettings;
use super::state::{
    GitLabState, GranularGrant, ProjectCreation, ProjectDetails, ProjectNamespace, StoredGroup, StoredProject,
    StoredToken, StoredUser, UserState, Visibility, level, next,
};
use crate::sandbox::clock::SandboxClock;
use crate::sandbox::options::{SandboxOptions, SandboxVersion};

/// The state of a new instance, and its two tokens.
pub(super) struct Seed {
    pub state: GitLabState,
    pub admin_token: String,
    pub user_token: String,
}

/// The ids of the first users.
#[derive(Clone, Copy)]
struct SeedUsers {
    /// The Owner of all groups: an admin, except on GitLab.com.
    owner: u64,
    /// A Developer of the first group.
    developer: u64,
}

/// A user to add.
#[derive(Clone, Debug, Default)]
pub struct UserSpec {
    pub username: String,
    pub admin: bool,
    pub bot: bool,
}

/// A token to add; the default is an active one of `root` with scope `api`.
#[derive(Clone, Debug)]
pub struct TokenSpec {
    /// The user's id.
    pub user: u64,
    pub scopes: Vec<String>,
    pub expires_at: Option<Date>,
    /// When it was created; now, if not given.
    pub issued_at: Option<Timestamp>,
    pub revoked: bool,
    pub impersonation: bool,
    pub granular: bool,
    /// What a fine-grained token may do.
    pub grants: Vec<GranularGrant>,
}

impl Default for TokenSpec {
    fn default() -> Self {
        Self {
            user: 1,
            scopes: vec!["api".into()],
            expires_at: None,
            issued_at: None,
            revoked: false,
            impersonation: false,
            granular: false,
            grants: Vec::new(),
        }
    }
}

/// A project to add.
#[derive(Clone, Debug)]
pub struct ProjectSpec {
    pub name: String,
    pub namespace: ProjectNamespace,
    pub visibility: Visibility,
    pub archived: bool,
    pub empty_repo: bool,
}

impl ProjectSpec {
    /// A private project with a repository.
    #[must_use]
    pub fn new(name: &str, namespace: ProjectNamespace) -> Self {
        Self { name: name.into(), namespace, visibility: Visibility::Private, archived: false, empty_repo: false }
    }
}

/// An instance with an admin, an ordinary user, and the groups and projects of the options.
pub(super) fn new(options: &SandboxOptions, base_url: &Url, clock: &SandboxClock) -> Seed {
    let settings = ApplicationSettings {
        admin_mode: options.admin_mode,
        // Until 19.0 the password grant existed, and self-managed instances let it skip the client.
        ropc_without_client_credentials: options.version < SandboxVersion::new(19, 0, 0),
        ..ApplicationSettings::default()
    };
    let mut state = GitLabState::new(base_url.clone(), settings, clock.clone(), options.version);
    let now = clock.now();
    let root = state.add_user(UserSpec { username: "root".into(), admin: true, bot: false }, now);
    let user = state.add_user(UserSpec { username: "alice".into(), admin: false, bot: false }, now);
    if options.cloud.is_some() {
        let other = state.add_user(UserSpec { username: "bob".into(), admin: false, bot: false }, now);
        state.grow(options, SeedUsers { owner: user, developer: other }, now);
        state.grow_cloud(user, now);
        state.work.quirks.daily_projects = Some(super::cloud::PROJECTS_A_DAY);
    } else {
        state.grow(options, SeedUsers { owner: root, developer: user }, now);
    }
    let mut scopes = vec!["api".to_owned()];
    if options.admin_mode {
        scopes.push("admin_mode".into());
    }
    let year = jiff::Span::new().days(364);
    let expires_at = clock.today().checked_add(year).ok();
    let admin = TokenSpec { user: root, scopes, expires_at, ..TokenSpec::default() };
    let ordinary = TokenSpec { user, expires_at, ..TokenSpec::default() };
    let admin_token = state.add_token(admin, options.version, now);
    let user_token = state.add_token(ordinary, options.version, now);
    Seed { state, admin_token, user_token }
}

impl GitLabState {
    /// The groups and projects of the options: projects are distributed over the groups in turn, with one
    /// subgroup among them if there are three projects or more.
    fn grow(&mut self, options: &SandboxOptions, users: SeedUsers, now: Timestamp) {
        let mut homes = Vec::new();
        for number in 1..=options.groups {
            let group = self.add_group(&format!("group-{number}"), None, now);
            if let Some(group) = self.groups.get_mut(&group) {
                group.members.insert(users.owner, level::OWNER);
                if number == 1 {
                    group.members.insert(users.developer, level::DEVELOPER);
                }
            }
            homes.push(ProjectNamespace::Group(group));
        }
        if let (Some(ProjectNamespace::Group(first)), true) = (homes.first().copied(), options.projects >= 3) {
            homes.push(ProjectNamespace::Group(self.add_group("subgroup-1", Some(first), now)));
        }
        if homes.is_empty() {
            homes.push(ProjectNamespace::User(users.owner));
        }
        for (number, home) in (1..=options.projects).zip(homes.iter().cycle()) {
            self.add_project(ProjectSpec::new(&format!("project-{number}"), *home), now);
        }
    }

    pub(super) fn add_user(&mut self, spec: UserSpec, now: Timestamp) -> u64 {
        let id = next(&mut self.ids.user);
        let namespace = next(&mut self.ids.namespace);
        let UserSpec { username, admin, bot } = spec;
        let name = if username == "root" { "Administrator".into() } else { username.clone() };
        let email = format!("{username}@sandbox.example");
        let state = UserState::Active;
        let user = StoredUser {
            id,
            username,
            name,
            email,
            admin,
            bot,
            state,
            namespace,
            created_at: now,
            projects_limit: 100_000,
            password: None,
        };
        self.users.insert(id, user);
        id
    }

    pub(super) fn add_group(&mut self, name: &str, parent: Option<u64>, now: Timestamp) -> u64 {
        let id = next(&mut self.ids.namespace);
        let above = parent.and_then(|parent| self.groups.get(&parent));
        let full_path = above.map_or_else(|| name.to_owned(), |above| format!("{}/{name}", above.full_path));
        let full_name = above.map_or_else(|| name.to_owned(), |above| format!("{} / {name}", above.full_name));
        let group = StoredGroup {
            id,
            name: name.into(),
            path: name.into(),
            full_name,
            full_path,
            parent,
            visibility: Visibility::Private,
            members: BTreeMap::new(),
            project_creation: ProjectCreation::default(),
            archived: false,
            marked_for_deletion: None,
            ip_restriction_ranges: None,
            has_saml: false,
            created_at: now,
        };
        self.groups.insert(id, group);
        id
    }

    pub(super) fn add_project(&mut self, spec: ProjectSpec, now: Timestamp) -> u64 {
        let id = next(&mut self.ids.project);
        let (home, creator) = match spec.namespace {
            ProjectNamespace::Group(group) => (self.groups.get(&group).map(|group| group.full_path.as_str()), 1),
            ProjectNamespace::User(user) => (self.users.get(&user).map(|user| user.username.as_str()), user),
        };
        let full_path = format!("{}/{}", home.unwrap_or_default(), spec.name);
        self.project_paths.insert(full_path.to_lowercase(), id);
        let project = StoredProject {
            id,
            path: spec.name.clone(),
            name: spec.name,
            full_path,
            namespace: spec.namespace,
            visibility: spec.visibility,
            archived: spec.archived,
            empty_repo: spec.empty_repo,
            marked_for_deletion: None,
            pending_delete: false,
            creator,
            created_at: now,
            members: BTreeMap::new(),
            details: ProjectDetails::default(),
        };
        self.projects.insert(id, project);
        id
    }

    /// Adds a token and returns its value, which is not stored.
    pub(super) fn add_token(&mut self, spec: TokenSpec, version: SandboxVersion, now: Timestamp) -> String {
        let value = self.new_token_value(version);
        let id = next(&mut self.ids.token);
        let token = StoredToken {
            id,
            user: spec.user,
            name: format!("token-{id}"),
            description: None,
            scopes: spec.scopes,
            revoked: spec.revoked,
            impersonation: spec.impersonation,
            granular: spec.granular,
            grants: spec.grants,
            created_at: spec.issued_at.unwrap_or(now),
            last_used_at: None,
            expires_at: spec.expires_at,
            previous: None,
            value: Digest::of(&value),
        };
        self.token_values.insert(token.value, id);
        self.tokens.insert(id, token);
        value
    }

    /// A fresh token value: routable since 17.7, and with the instance's own prefixes.
    pub(super) fn new_token_value(&self, version: SandboxVersion) -> String {
        let body = if version >= SandboxVersion::new(17, 7, 0) { secrets::routable() } else { secrets::classic() };
        match self.settings.instance_token_prefix.as_str() {
            "" => format!("{}{body}", self.settings.personal_access_token_prefix),
            prefix => format!("{prefix}-glpat-{body}"),
        }
    }

    /// Revokes every active token that descends from this one by rotation, because a revoked token was used to rotate.
    pub(super) fn revoke_family(&mut self, id: u64) {
        let mut family = vec![id];
        for (id, token) in &mut self.tokens {
            if token.previous.is_some_and(|previous| family.contains(&previous)) {
                family.push(*id);
                token.revoked = true;
            }
        }
    }
}
