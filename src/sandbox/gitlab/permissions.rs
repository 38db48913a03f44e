//! Permissions: membership is inherited from groups, and admins see everything.

use std::cell::{OnceCell, RefCell};
use std::collections::{HashMap, HashSet};

use super::auth::Caller;
use super::error::ApiError;
use super::state::{GitLabState, ProjectNamespace, StoredGroup, StoredProject, Visibility, level};

/// The permissions of one caller. The level in each group is computed once, so that 50 000 projects are checked quickly.
#[derive(Debug)]
pub(crate) struct Permissions<'a> {
    state: &'a GitLabState,
    user: Option<u64>,
    admin: bool,
    groups: RefCell<HashMap<u64, u8>>,
    /// Groups that are visible because the caller is a member of something below them.
    ancestors: OnceCell<HashSet<u64>>,
}

impl<'a> Permissions<'a> {
    /// The permissions of a caller, or of a request without a token.
    #[must_use]
    pub(crate) fn of(state: &'a GitLabState, caller: Option<&Caller>) -> Self {
        let (user, admin) = (caller.map(|caller| caller.user), caller.is_some_and(|caller| caller.admin));
        Self { state, user, admin, groups: RefCell::default(), ancestors: OnceCell::new() }
    }

    /// The state that they are read from.
    #[must_use]
    pub(crate) const fn state(&self) -> &'a GitLabState {
        self.state
    }

    /// Whether the caller counts as an admin now.
    #[must_use]
    pub(crate) const fn is_admin(&self) -> bool {
        self.admin
    }

    /// The caller's level as a member of a group, inherited or direct; 0 for none.
    #[must_use]
    pub(crate) fn in_group(&self, group: u64) -> u8 {
        let Some(user) = self.user else { return 0 };
        let known = self.groups.borrow().get(&group).copied();
        known.unwrap_or_else(|| {
            let levels = self.state.lineage(group).filter_map(|group| group.members.get(&user).copied());
            let level = levels.max().unwrap_or(0);
            self.groups.borrow_mut().insert(group, level);
            level
        })
    }

    /// The caller's level as a direct member of a project; 0 for none.
    #[must_use]
    pub(crate) fn direct(&self, project: &StoredProject) -> u8 {
        self.user.and_then(|user| project.members.get(&user).copied()).unwrap_or(0)
    }

    /// The caller's level as a member of a project, inherited or direct; 0 for none.
    #[must_use]
    pub(crate) fn in_project(&self, project: &StoredProject) -> u8 {
        let above = match project.namespace {
            ProjectNamespace::Group(group) => self.in_group(group),
            ProjectNamespace::User(owner) if Some(owner) == self.user => level::OWNER,
            ProjectNamespace::User(_) => 0,
        };
        above.max(self.direct(project))
    }

    /// Whether the caller may see the project.
    #[must_use]
    pub(crate) fn can_see_project(&self, project: &StoredProject) -> bool {
        self.admin || self.is_open_to_caller(project.visibility) || self.in_project(project) > 0
    }

    /// Whether the caller may see the group; a member of something below it may.
    #[must_use]
    pub(crate) fn can_see_group(&self, group: &StoredGroup) -> bool {
        self.admin
            || self.is_open_to_caller(group.visibility)
            || self.in_group(group.id) > 0
            || self.ancestors().contains(&group.id)
    }

    fn ancestors(&self) -> &HashSet<u64> {
        self.ancestors.get_or_init(|| {
            let groups = self.state.groups.keys().copied().filter(|id| self.in_group(*id) > 0);
            let direct = self.state.projects.values().filter(|project| self.direct(project) > 0);
            let homes = direct.filter_map(|project| project.namespace.group());
            groups.chain(homes).flat_map(|id| self.state.lineage(id)).map(|group| group.id).collect()
        })
    }

    fn is_open_to_caller(&self, visibility: Visibility) -> bool {
        match visibility {
            Visibility::Public => true,
            Visibility::Internal => self.user.is_some(),
            Visibility::Private => false,
        }
    }
}

impl GitLabState {
    /// The project that a path parameter names, if the caller may see it.
    ///
    /// # Errors
    /// 404, both if it does not exist and if the caller may not see it.
    pub(crate) fn visible_project(
        &self,
        id_or_path: &str,
        caller: Option<&Caller>,
    ) -> Result<&StoredProject, ApiError> {
        let project = self.project(id_or_path).filter(|project| !project.pending_delete);
        let seen = project.filter(|project| Permissions::of(self, caller).can_see_project(project));
        seen.ok_or_else(|| ApiError::not_found("Project"))
    }

    /// The group that a path parameter names, if the caller may see it.
    ///
    /// # Errors
    /// 404, both if it does not exist and if the caller may not see it.
    pub(crate) fn visible_group(&self, id_or_path: &str, caller: Option<&Caller>) -> Result<&StoredGroup, ApiError> {
        let seen = self.group(id_or_path).filter(|group| Permissions::of(self, caller).can_see_group(group));
        seen.ok_or_else(|| ApiError::not_found("Group"))
    }

    /// A project whose hooks and settings the caller may change: Maintainer or above, or an admin.
    ///
    /// # Errors
    /// 404 if it is not visible, 403 if it is.
    pub(crate) fn administered_project(&self, id_or_path: &str, caller: &Caller) -> Result<&StoredProject, ApiError> {
        self.project_for(id_or_path, caller, level::MAINTAINER)
    }

    /// A project in which the caller has at least this level, or an admin.
    ///
    /// # Errors
    /// 404 if it is not visible, 403 if it is.
    pub(crate) fn project_for(&self, id_or_path: &str, caller: &Caller, least: u8) -> Result<&StoredProject, ApiError> {
        let project = self.visible_project(id_or_path, Some(caller))?;
        let permissions = Permissions::of(self, Some(caller));
        let allowed = permissions.is_admin() || permissions.in_project(project) >= least;
        if allowed { Ok(project) } else { Err(ApiError::forbidden()) }
    }

    /// The same, if things can be made in the project: 403 in one that is archived.
    ///
    /// # Errors
    /// 404 if it is not visible, 403 if it is.
    pub(crate) fn workplace(&self, id_or_path: &str, caller: &Caller, least: u8) -> Result<&StoredProject, ApiError> {
        let project = self.project_for(id_or_path, caller, least)?;
        if self.is_project_archived(project) { Err(ApiError::forbidden()) } else { Ok(project) }
    }

    /// A group whose hooks and settings the caller may change: Owner, or an admin.
    ///
    /// # Errors
    /// 404 if it is not visible, 403 if it is.
    pub(crate) fn administered_group(&self, id_or_path: &str, caller: &Caller) -> Result<&StoredGroup, ApiError> {
        let group = self.visible_group(id_or_path, Some(caller))?;
        let permissions = Permissions::of(self, Some(caller));
        let allowed = permissions.is_admin() || permissions.in_group(group.id) >= level::OWNER;
        if allowed { Ok(group) } else { Err(ApiError::forbidden()) }
    }
}
