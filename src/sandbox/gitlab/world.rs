//! How things come to be in the embedded GitLab: the world it starts with, and what tests add to it.

use jiff::Timestamp;
use jiff::civil::Date;
use std::collections::BTreeMap;
use url::Url;

use super::GitLab;
use super::secrets::{self, Digest};
use super::settings::Settings;
use super::state::{
    Application, Group, Namespace, OauthToken, Project, State, Token, User, UserState, Visibility, level, next,
};
use crate::sandbox::clock::Clock;
use crate::sandbox::options::{Options, Version};

/// What [`new`] made.
pub(super) struct World {
    pub state: State,
    pub admin_token: String,
    pub user_token: String,
}

/// A user to add.
#[derive(Clone, Debug, Default)]
pub struct UserSpec {
    pub username: String,
    pub admin: bool,
    pub bot: bool,
}

/// A token to add; the default is a live one of `root` with scope `api`.
#[derive(Clone, Debug)]
pub struct TokenSpec {
    /// The user's id.
    pub user: u64,
    pub scopes: Vec<String>,
    pub expires_at: Option<Date>,
    /// When it was made; now, if not given.
    pub issued_at: Option<Timestamp>,
    pub revoked: bool,
    pub impersonation: bool,
    pub granular: bool,
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
        }
    }
}

/// A project to add.
#[derive(Clone, Debug)]
pub struct ProjectSpec {
    pub name: String,
    pub namespace: Namespace,
    pub visibility: Visibility,
    pub archived: bool,
    pub empty_repo: bool,
}

impl ProjectSpec {
    /// A private project with a repository.
    #[must_use]
    pub fn new(name: &str, namespace: Namespace) -> Self {
        Self { name: name.into(), namespace, visibility: Visibility::Private, archived: false, empty_repo: false }
    }
}

/// An instance with an admin, an ordinary user, and as many groups and projects as were asked for.
pub(super) fn new(options: &Options, base_url: &Url, clock: &Clock) -> World {
    let settings = Settings {
        admin_mode: options.admin_mode,
        // Until 19.0 the password grant existed, and self-managed instances let it skip the client.
        ropc_without_client_credentials: options.version < Version::new(19, 0, 0),
        ..Settings::default()
    };
    let mut state = State::new(base_url.clone(), settings);
    let now = clock.now();
    let root = state.add_user(UserSpec { username: "root".into(), admin: true, bot: false }, now);
    let user = state.add_user(UserSpec { username: "alice".into(), admin: false, bot: false }, now);
    state.grow(options, (root, user), now);
    let mut scopes = vec!["api".to_owned()];
    if options.admin_mode {
        scopes.push("admin_mode".into());
    }
    let year = jiff::Span::new().days(364);
    let expires_at = clock.today().checked_add(year).ok();
    let admin = TokenSpec { user: root, scopes, expires_at, ..TokenSpec::default() };
    let ordinary = TokenSpec { user, expires_at, ..TokenSpec::default() };
    let admin_token = state.add_token(admin, (options.version, now));
    let user_token = state.add_token(ordinary, (options.version, now));
    World { state, admin_token, user_token }
}

impl State {
    /// The groups and projects of the options: projects are dealt out over the groups in turn, with one subgroup
    /// among them when there are three projects or more.
    fn grow(&mut self, options: &Options, (root, user): (u64, u64), now: Timestamp) {
        let mut homes = Vec::new();
        for number in 1..=options.groups {
            let group = self.add_group(&format!("group-{number}"), None, now);
            if let Some(group) = self.groups.get_mut(&group) {
                group.members.insert(root, level::OWNER);
                if number == 1 {
                    group.members.insert(user, level::DEVELOPER);
                }
            }
            homes.push(Namespace::Group(group));
        }
        if let (Some(Namespace::Group(first)), true) = (homes.first().copied(), options.projects >= 3) {
            homes.push(Namespace::Group(self.add_group("subgroup-1", Some(first), now)));
        }
        if homes.is_empty() {
            homes.push(Namespace::User(root));
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
        let user = User { id, username, name, email, admin, bot, state, namespace, created_at: now, password: None };
        self.users.insert(id, user);
        id
    }

    pub(super) fn add_group(&mut self, name: &str, parent: Option<u64>, now: Timestamp) -> u64 {
        let id = next(&mut self.ids.namespace);
        let above = parent.and_then(|parent| self.groups.get(&parent));
        let full_path = above.map_or_else(|| name.to_owned(), |above| format!("{}/{name}", above.full_path));
        let full_name = above.map_or_else(|| name.to_owned(), |above| format!("{} / {name}", above.full_name));
        let group = Group {
            id,
            name: name.into(),
            path: name.into(),
            full_name,
            full_path,
            parent,
            visibility: Visibility::Private,
            members: BTreeMap::new(),
            marked_for_deletion: None,
            created_at: now,
        };
        self.groups.insert(id, group);
        id
    }

    pub(super) fn add_project(&mut self, spec: ProjectSpec, now: Timestamp) -> u64 {
        let id = next(&mut self.ids.project);
        let (home, creator) = match spec.namespace {
            Namespace::Group(group) => (self.groups.get(&group).map(|group| group.full_path.as_str()), 1),
            Namespace::User(user) => (self.users.get(&user).map(|user| user.username.as_str()), user),
        };
        let full_path = format!("{}/{}", home.unwrap_or_default(), spec.name);
        self.project_paths.insert(full_path.to_lowercase(), id);
        let project = Project {
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
        };
        self.projects.insert(id, project);
        id
    }

    /// Adds a token and gives its value, which is not kept.
    pub(super) fn add_token(&mut self, spec: TokenSpec, (version, now): (Version, Timestamp)) -> String {
        let value = self.new_token_value(version);
        let id = next(&mut self.ids.token);
        let token = Token {
            id,
            user: spec.user,
            name: format!("token-{id}"),
            description: None,
            scopes: spec.scopes,
            revoked: spec.revoked,
            impersonation: spec.impersonation,
            granular: spec.granular,
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
    pub(super) fn new_token_value(&self, version: Version) -> String {
        let body = if version >= Version::new(17, 7, 0) { secrets::routable() } else { secrets::classic() };
        match self.settings.instance_token_prefix.as_str() {
            "" => format!("{}{body}", self.settings.personal_access_token_prefix),
            prefix => format!("{prefix}-glpat-{body}"),
        }
    }

    /// Revokes every active descendant of a token: somebody rotated with one that was already revoked.
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

impl GitLab {
    /// Adds a user and gives the id.
    pub fn add_user(&self, spec: UserSpec) -> u64 {
        self.lock().add_user(spec, self.clock().now())
    }

    /// Adds a personal access token and gives its value.
    pub fn add_token(&self, spec: TokenSpec) -> String {
        self.lock().add_token(spec, (self.options().version, self.clock().now()))
    }

    /// Adds a bot user who is a member of one project, with a token: a project access token. Gives its value.
    pub fn add_project_token(&self, project: u64, access_level: u8) -> String {
        let tail = &secrets::hex64()[..32];
        let username = format!("project_{project}_bot_{tail}");
        let user = self.add_user(UserSpec { username, admin: false, bot: true });
        if let Some(project) = self.lock().projects.get_mut(&project) {
            project.members.insert(user, access_level);
        }
        self.add_token(TokenSpec { user, ..TokenSpec::default() })
    }

    /// Adds a bot user who is a member of one group, with a token: a group access token. Gives its value.
    pub fn add_group_token(&self, group: u64, access_level: u8) -> String {
        let tail = &secrets::hex64()[..32];
        let username = format!("group_{group}_bot_{tail}");
        let user = self.add_user(UserSpec { username, admin: false, bot: true });
        if let Some(group) = self.lock().groups.get_mut(&group) {
            group.members.insert(user, access_level);
        }
        self.add_token(TokenSpec { user, ..TokenSpec::default() })
    }

    /// Adds an OAuth access token of a user and gives its value.
    pub fn add_oauth_token(&self, user: u64, application: Option<u64>, scopes: &[&str]) -> String {
        let value = secrets::hex64();
        let now = self.clock().now();
        let mut state = self.lock();
        let id = next(&mut state.ids.oauth_token);
        let token = OauthToken {
            id,
            application,
            user: Some(user),
            scopes: scopes.iter().map(|scope| (*scope).to_owned()).collect(),
            created_at: now,
            expires_in: 7200,
            revoked: false,
            value: Digest::of(&value),
            refresh: None,
        };
        state.oauth_values.insert(token.value, id);
        state.oauth_tokens.insert(id, token);
        value
    }

    /// Adds a group, below another one or at the top, and gives the id; `root` owns it.
    pub fn add_group(&self, name: &str, parent: Option<u64>) -> u64 {
        let mut state = self.lock();
        let id = state.add_group(name, parent, self.clock().now());
        if let Some(group) = state.groups.get_mut(&id) {
            group.members.insert(1, level::OWNER);
        }
        id
    }

    /// Adds a project and gives the id.
    pub fn add_project(&self, spec: ProjectSpec) -> u64 {
        self.lock().add_project(spec, self.clock().now())
    }

    /// Changes a project where it stands; nothing happens if there is none.
    pub fn change_project(&self, id: u64, change: impl FnOnce(&mut Project)) {
        if let Some(project) = self.lock().projects.get_mut(&id) {
            change(project);
        }
    }

    /// Changes a group where it stands, as its members; nothing happens if there is none.
    pub fn change_group(&self, id: u64, change: impl FnOnce(&mut Group)) {
        if let Some(group) = self.lock().groups.get_mut(&id) {
            change(group);
        }
    }

    /// Archives a project or brings it back.
    pub fn set_archived(&self, id: u64, archived: bool) {
        self.change_project(id, |project| project.archived = archived);
    }

    /// Asks for a project's deletion, as a user does: it stays listed, and since 18.0 under another name and path.
    pub fn mark_for_deletion(&self, id: u64) {
        let (today, renames) = (self.clock().today(), self.at_least(18, 0));
        let mut state = self.lock();
        let State { projects, project_paths, .. } = &mut *state;
        let Some(project) = projects.get_mut(&id) else { return };
        project.marked_for_deletion = Some(today);
        if renames {
            let tail = format!("-deletion_scheduled-{id}");
            project_paths.remove(&project.full_path.to_lowercase());
            for name in [&mut project.name, &mut project.path, &mut project.full_path] {
                name.push_str(&tail);
            }
            project_paths.insert(project.full_path.to_lowercase(), id);
        }
    }

    /// Removes a project at once.
    pub fn remove_project(&self, id: u64) {
        let mut state = self.lock();
        if let Some(project) = state.projects.remove(&id) {
            state.project_paths.remove(&project.full_path.to_lowercase());
        }
    }

    /// Gives a user a password, for the password grant.
    pub fn set_password(&self, user: u64, password: &str) {
        if let Some(user) = self.lock().users.get_mut(&user) {
            user.password = Some(Digest::of(password));
        }
    }

    /// Revokes a token or brings it back to life, by its value.
    pub fn set_revoked(&self, value: &str, revoked: bool) {
        let mut state = self.lock();
        let id = state.token_values.get(&Digest::of(value)).copied();
        if let Some(token) = id.and_then(|id| state.tokens.get_mut(&id)) {
            token.revoked = revoked;
        }
    }

    /// The applications there are, for assertions.
    #[must_use]
    pub fn applications(&self) -> Vec<Application> {
        self.lock().applications.values().cloned().collect()
    }

    /// The tokens there are, for assertions; their values are not kept.
    #[must_use]
    pub fn tokens(&self) -> Vec<Token> {
        self.lock().tokens.values().cloned().collect()
    }

    /// The projects there are, for assertions.
    #[must_use]
    pub fn projects(&self) -> Vec<Project> {
        self.lock().projects.values().cloned().collect()
    }
}
