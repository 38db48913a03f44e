//! Changes and reads of the state that bypass the API, while the sandbox runs.

use super::{ProjectSpec, TokenSpec, UserSpec};
use crate::sandbox::gitlab::GitLab;
use crate::sandbox::gitlab::quirks::WorkQuirks;
use crate::sandbox::gitlab::secrets::{self, Digest};
use crate::sandbox::gitlab::state::{
    OauthToken, ProjectNamespace, StoredApplication, StoredGroup, StoredProject, StoredToken, level, next,
};

impl GitLab {
    /// Adds a user and returns the id.
    pub fn add_user(&self, spec: UserSpec) -> u64 {
        self.lock().add_user(spec, self.clock().now())
    }

    /// Adds a personal access token and returns its value.
    pub fn add_token(&self, spec: TokenSpec) -> String {
        self.lock().add_token(spec, self.options().version, self.clock().now())
    }

    /// Adds a bot user who is a member of one project, with a token: a project access token. Returns its value.
    pub fn add_project_token(&self, project: u64, access_level: u8) -> String {
        let tail = &secrets::hex64()[..32];
        let username = format!("project_{project}_bot_{tail}");
        let user = self.add_user(UserSpec { username, admin: false, bot: true });
        if let Some(project) = self.lock().projects.get_mut(&project) {
            project.members.insert(user, access_level);
        }
        self.add_token(TokenSpec { user, ..TokenSpec::default() })
    }

    /// Adds a bot user who is a member of one group, with a token: a group access token. Returns its value.
    pub fn add_group_token(&self, group: u64, access_level: u8) -> String {
        let tail = &secrets::hex64()[..32];
        let username = format!("group_{group}_bot_{tail}");
        let user = self.add_user(UserSpec { username, admin: false, bot: true });
        if let Some(group) = self.lock().groups.get_mut(&group) {
            group.members.insert(user, access_level);
        }
        self.add_token(TokenSpec { user, ..TokenSpec::default() })
    }

    /// Adds an OAuth access token of a user and returns its value.
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

    /// Adds a group, below another one or at the top, and returns the id; `root` owns it.
    pub fn add_group(&self, name: &str, parent: Option<u64>) -> u64 {
        let mut state = self.lock();
        let id = state.add_group(name, parent, self.clock().now());
        if let Some(group) = state.groups.get_mut(&id) {
            group.members.insert(1, level::OWNER);
        }
        id
    }

    /// Adds a project and returns the id.
    pub fn add_project(&self, spec: ProjectSpec) -> u64 {
        self.lock().add_project(spec, self.clock().now())
    }

    /// Changes a project in place; an unknown id changes nothing.
    pub fn change_project(&self, id: u64, change: impl FnOnce(&mut StoredProject)) {
        if let Some(project) = self.lock().projects.get_mut(&id) {
            change(project);
        }
    }

    /// Changes a group in place, for example its members; an unknown id changes nothing.
    pub fn change_group(&self, id: u64, change: impl FnOnce(&mut StoredGroup)) {
        if let Some(group) = self.lock().groups.get_mut(&id) {
            change(group);
        }
    }

    /// Moves a project into another group. It keeps its own hooks.
    pub fn move_project(&self, id: u64, group: u64) {
        let mut state = self.lock();
        let Some(home) = state.groups.get(&group).map(|group| group.full_path.clone()) else { return };
        let Some(project) = state.projects.get_mut(&id) else { return };
        let (from, to) = (project.full_path.to_lowercase(), format!("{home}/{}", project.path));
        project.namespace = ProjectNamespace::Group(group);
        project.full_path.clone_from(&to);
        state.project_paths.remove(&from);
        state.project_paths.insert(to.to_lowercase(), id);
    }

    /// Renames a top-level group, and so moves everything below it.
    pub fn rename_group(&self, id: u64, name: &str) {
        let mut state = self.lock();
        let Some(from) = state.groups.get(&id).map(|group| group.full_path.clone()) else { return };
        let moved = |path: &str| match path.strip_prefix(&from) {
            Some(rest) if rest.is_empty() || rest.starts_with('/') => Some(format!("{name}{rest}")),
            _ => None,
        };
        for group in state.groups.values_mut() {
            group.full_path = moved(&group.full_path).unwrap_or_else(|| group.full_path.clone());
        }
        let mut paths = Vec::new();
        for project in state.projects.values_mut() {
            let Some(to) = moved(&project.full_path) else { continue };
            paths.push((project.full_path.to_lowercase(), to.to_lowercase(), project.id));
            project.full_path = to;
        }
        for (from, to, id) in paths {
            state.project_paths.remove(&from);
            state.project_paths.insert(to, id);
        }
    }

    /// Archives a project.
    pub fn archive(&self, id: u64) {
        self.change_project(id, |project| project.archived = true);
    }

    /// Asks for a project's deletion, as a user does: it stays listed, since 18.0 under another name and path.
    pub fn mark_for_deletion(&self, id: u64) {
        self.lock().mark_for_deletion(self, id);
    }

    /// Removes a project at once.
    pub fn remove_project(&self, id: u64) {
        self.lock().remove_project(id);
    }

    /// Begins the transfer of a project into another namespace.
    pub fn begin_transfer(&self, id: u64) {
        self.change_project(id, |project| project.details.is_transferring = true);
    }

    /// Ends a transfer. It takes away the mark that the project is to be deleted, and the suffix of its name.
    pub fn land_transfer(&self, id: u64) {
        self.lock().unmark_for_deletion(id);
        self.change_project(id, |project| project.details.is_transferring = false);
    }

    /// Changes how work in projects behaves from now on.
    pub fn set_work_quirks(&self, change: impl FnOnce(&mut WorkQuirks)) {
        change(&mut self.lock().work.quirks);
    }

    /// Gives a user a password, for the password grant.
    pub fn set_password(&self, user: u64, password: &str) {
        if let Some(user) = self.lock().users.get_mut(&user) {
            user.password = Some(Digest::of(password));
        }
    }

    /// All applications, for assertions.
    #[must_use]
    pub fn applications(&self) -> Vec<StoredApplication> {
        self.lock().applications.values().cloned().collect()
    }

    /// All tokens, for assertions; their values are not stored.
    #[must_use]
    pub fn tokens(&self) -> Vec<StoredToken> {
        self.lock().tokens.values().cloned().collect()
    }

    /// All projects, for assertions.
    #[must_use]
    pub fn projects(&self) -> Vec<StoredProject> {
        self.lock().projects.values().cloned().collect()
    }
}
