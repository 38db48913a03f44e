//! The smallest token for each command: classic scopes, and the fine-grained permissions that say the same from 19.2 on.
//!
//! gitlab: doc/auth/tokens/fine_grained_access_tokens_rest.md. The sandbox has its own list of what an endpoint needs, on purpose;
//! a test runs every command with exactly these, and with one fewer.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What a fine-grained permission is granted for.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Boundary {
    /// The whole instance; an administrator's tokens only.
    Instance,
    /// What belongs to the token's owner, and lists of what the owner can see.
    User,
    /// Groups and projects that the token's owner is a member of.
    GroupsAndProjects,
}

impl Boundary {
    pub const ALL: [Self; 3] = [Self::Instance, Self::User, Self::GroupsAndProjects];

    /// As GitLab's page for a new token has it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Instance => "instance",
            Self::User => "user",
            Self::GroupsAndProjects => "groups and projects",
        }
    }

    /// For documents.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Instance => "instance",
            Self::User => "user",
            Self::GroupsAndProjects => "groups_and_projects",
        }
    }
}

/// A fine-grained permission, as the page for a new token names it: `Webhook: Read`.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Permission {
    pub boundary: Boundary,
    pub label: &'static str,
}

impl Permission {
    /// As the API has it: `read_webhook`.
    #[must_use]
    pub fn name(&self) -> String {
        let word = |text: &str| text.to_lowercase().replace(' ', "_");
        match self.label.split_once(": ") {
            Some((resource, action)) => format!("{}_{}", word(action), word(resource)),
            None => word(self.label),
        }
    }
}

impl fmt::Display for Permission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.label, self.boundary.name())
    }
}

const fn instance(label: &'static str) -> Permission {
    Permission { boundary: Boundary::Instance, label }
}

const fn user(label: &'static str) -> Permission {
    Permission { boundary: Boundary::User, label }
}

const fn members(label: &'static str) -> Permission {
    Permission { boundary: Boundary::GroupsAndProjects, label }
}

/// A part of what a fine-grained token may do. gitlab: lib/api/entities/personal_access_token_granular_scope.rb
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct GranularScope {
    #[serde(default)]
    pub access: String,
    #[serde(default)]
    pub permissions: Vec<String>,
}

impl GranularScope {
    /// Whether it grants a permission, for some groups and projects at least.
    #[must_use]
    pub fn grants(&self, permission: &Permission) -> bool {
        let is_of_boundary = match permission.boundary {
            Boundary::Instance => self.access == "instance",
            Boundary::User => self.access == "user",
            Boundary::GroupsAndProjects => {
                matches!(self.access.as_str(), "all_memberships" | "selected_memberships" | "personal_projects")
            }
        };
        is_of_boundary && self.permissions.contains(&permission.name())
    }
}

/// What a token is used for.
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub enum Task {
    /// To write, and to be handed over where the kit asks for that.
    #[default]
    Connect,
    /// The same, where Factory gets a token of its own.
    ConnectMinted,
    /// Only to read.
    Verify,
    /// Also to send GitLab's webhook tests.
    VerifyLive,
    /// Only to read, as a user of GitLab.com.
    VerifyCloud,
    Exercise,
    Monitor,
    MonitorFix,
    RotateApplicationSecret,
    RotateToken,
    RotateWebhookSecret,
    Disconnect,
    Audit,
}

impl Task {
    /// In the order in which the help lists the commands.
    pub const ALL: [Self; 13] = [
        Self::Connect,
        Self::ConnectMinted,
        Self::Verify,
        Self::VerifyLive,
        Self::VerifyCloud,
        Self::Exercise,
        Self::Monitor,
        Self::MonitorFix,
        Self::RotateApplicationSecret,
        Self::RotateToken,
        Self::RotateWebhookSecret,
        Self::Disconnect,
        Self::Audit,
    ];

    /// As it is typed.
    #[must_use]
    pub const fn command(self) -> &'static str {
        match self {
            Self::Connect => "factory-gitlab connect",
            Self::ConnectMinted => "factory-gitlab connect --handover-token minted",
            Self::Verify => "factory-gitlab verify",
            Self::VerifyLive => "factory-gitlab verify --live",
            Self::VerifyCloud => "factory-gitlab verify --cloud",
            Self::Exercise => "factory-gitlab exercise",
            Self::Monitor => "factory-gitlab monitor",
            Self::MonitorFix => "factory-gitlab monitor --fix",
            Self::RotateApplicationSecret => "factory-gitlab rotate application-secret",
            Self::RotateToken => "factory-gitlab rotate token",
            Self::RotateWebhookSecret => "factory-gitlab rotate webhook-secret",
            Self::Disconnect => "factory-gitlab disconnect",
            Self::Audit => "factory-gitlab audit",
        }
    }

    /// Whether it only reads.
    #[must_use]
    pub const fn reads_only(self) -> bool {
        matches!(self, Self::Verify | Self::VerifyCloud | Self::Monitor | Self::Audit)
    }

    /// The smallest classic scope. Where Admin Mode is on, `admin_mode` comes on top of it.
    #[must_use]
    pub const fn scope(self) -> &'static str {
        if self.reads_only() { "read_api" } else { "api" }
    }

    /// The smallest set of fine-grained permissions, on an instance with group webhooks and the default choices.
    #[must_use]
    pub fn permissions(self) -> Vec<Permission> {
        let parts: &[&[Permission]] = match self {
            Self::Connect => &[TOKEN, LICENSE, TARGETS, MAKE_APPLICATION, ADD_WEBHOOKS, TEST_WEBHOOKS],
            Self::ConnectMinted => {
                &[TOKEN, LICENSE, OWNER, TARGETS, MAKE_APPLICATION, ADD_WEBHOOKS, TEST_WEBHOOKS, MINT]
            }
            Self::Verify | Self::Monitor => &[TOKEN, LICENSE, OWNER, TARGETS, SYSTEM_HOOKS],
            Self::VerifyLive => &[TOKEN, LICENSE, OWNER, TARGETS, SYSTEM_HOOKS, TEST_WEBHOOKS],
            Self::VerifyCloud => &[OWN_TOKEN, OWNER, PLACES],
            Self::Exercise => &[TOKEN, LICENSE, EXERCISE],
            Self::MonitorFix => &[TOKEN, LICENSE, OWNER, TARGETS, SYSTEM_HOOKS, ADD_WEBHOOKS],
            Self::RotateApplicationSecret => &[TOKEN, RENEW_SECRET],
            Self::RotateToken => &[TOKEN, OWNER, MINT, REVOKE],
            Self::RotateWebhookSecret => &[TOKEN, LICENSE, TARGETS, SYSTEM_HOOKS, CHANGE_WEBHOOKS, TEST_WEBHOOKS],
            Self::Disconnect => &[TOKEN, TARGETS, SYSTEM_HOOKS, REMOVE],
            Self::Audit => &[TOKEN, LICENSE, OWNER, TARGETS, SYSTEM_HOOKS, AUDIT],
        };
        let mut all: Vec<Permission> = parts.concat();
        all.sort_unstable();
        all.dedup();
        all
    }
}

/// What a token says of itself.
const OWN_TOKEN: &[Permission] = &[user("Personal Access Token: Read")];

/// What every command needs to know of a self-hosted instance and the token.
const TOKEN: &[Permission] =
    &[instance("Metadata: Read"), instance("OAuth Application: Read"), user("Personal Access Token: Read")];

/// Decides between webhooks of groups and of projects.
const LICENSE: &[Permission] = &[instance("License: Read")];

/// The token's owner.
const OWNER: &[Permission] = &[user("User: Read")];

/// Groups, projects and their webhooks.
const TARGETS: &[Permission] = &[user("Group: Read"), user("Project: Read"), members("Webhook: Read")];

/// A system hook may send the same events once more.
const SYSTEM_HOOKS: &[Permission] = &[instance("Webhook: Read")];

/// The groups and projects that are selected on GitLab.com, where Factory does not list them itself.
const PLACES: &[Permission] = &[members("Group: Read"), members("Project: Read")];

const MAKE_APPLICATION: &[Permission] = &[instance("OAuth Application: Create")];
const ADD_WEBHOOKS: &[Permission] = &[members("Webhook: Create")];
const TEST_WEBHOOKS: &[Permission] = &[members("Webhook: Trigger")];
const CHANGE_WEBHOOKS: &[Permission] = &[members("Webhook: Update")];
const RENEW_SECRET: &[Permission] = &[instance("OAuth Application: Renew Secret")];
const MINT: &[Permission] = &[instance("Personal Access Token: Create")];
const REVOKE: &[Permission] = &[user("Personal Access Token: Revoke")];
const REMOVE: &[Permission] = &[instance("OAuth Application: Delete"), members("Webhook: Delete")];
const AUDIT: &[Permission] =
    &[instance("Application Setting: Read"), instance("Audit Event: Read"), instance("User: Read")];

/// A private project with one of everything, in a group whose webhook covers it. Where an answer is waited for, or a project is named,
/// it also reads what it made.
const EXERCISE: &[Permission] = &[
    user("Group: Read"),
    user("Project: Read"),
    user("Project: Create"),
    members("Group: Read"),
    members("Project: Read"),
    members("Project: Delete"),
    members("Webhook: Read"),
    members("Webhook: Trigger"),
    members("Commit: Create"),
    members("Branch: Create"),
    members("Work Item: Create"),
    members("Merge Request: Create"),
    members("Pipeline: Create"),
];

/// What an endpoint needs: method, path below `/api/v4` with `*` for what varies, and the permission.
const ENDPOINTS: &[(&str, &str, Permission)] = &[
    ("GET", "/metadata", instance("Metadata: Read")),
    ("GET", "/version", instance("Metadata: Read")),
    ("GET", "/license", instance("License: Read")),
    ("GET", "/user", user("User: Read")),
    ("GET", "/users", instance("User: Read")),
    ("GET", "/users/*", user("User: Read")),
    ("POST", "/users/*/personal_access_tokens", instance("Personal Access Token: Create")),
    ("GET", "/personal_access_tokens", user("Personal Access Token: Read")),
    ("GET", "/personal_access_tokens/*", user("Personal Access Token: Read")),
    ("DELETE", "/personal_access_tokens/*", user("Personal Access Token: Revoke")),
    ("GET", "/applications", instance("OAuth Application: Read")),
    ("POST", "/applications", instance("OAuth Application: Create")),
    ("DELETE", "/applications/*", instance("OAuth Application: Delete")),
    ("POST", "/applications/*/renew-secret", instance("OAuth Application: Renew Secret")),
    ("GET", "/application/settings", instance("Application Setting: Read")),
    ("GET", "/audit_events", instance("Audit Event: Read")),
    ("GET", "/groups", user("Group: Read")),
    ("GET", "/groups/*", members("Group: Read")),
    ("GET", "/groups/*/projects", members("Project: Read")),
    ("GET", "/projects", user("Project: Read")),
    ("POST", "/projects", user("Project: Create")),
    ("GET", "/projects/*", members("Project: Read")),
    ("DELETE", "/projects/*", members("Project: Delete")),
    ("GET", "/hooks", instance("Webhook: Read")),
    ("GET", "/hooks/*", instance("Webhook: Read")),
    ("POST", "/hooks", instance("Webhook: Create")),
    ("PUT", "/hooks/*", instance("Webhook: Update")),
    ("POST", "/hooks/*", instance("Webhook: Trigger")),
    ("DELETE", "/hooks/*", instance("Webhook: Delete")),
    ("GET", "/*/*/hooks", members("Webhook: Read")),
    ("GET", "/*/*/hooks/*", members("Webhook: Read")),
    ("GET", "/*/*/hooks/*/events", members("Webhook: Read")),
    ("POST", "/*/*/hooks", members("Webhook: Create")),
    ("POST", "/*/*/hooks/*/test/*", members("Webhook: Trigger")),
    ("PUT", "/*/*/hooks/*", members("Webhook: Update")),
    ("DELETE", "/*/*/hooks/*/custom_headers/*", members("Webhook: Update")),
    ("DELETE", "/*/*/hooks/*", members("Webhook: Delete")),
    ("POST", "/projects/*/repository/commits", members("Commit: Create")),
    ("GET", "/projects/*/repository/branches/*", members("Branch: Read")),
    ("POST", "/projects/*/repository/branches", members("Branch: Create")),
    ("DELETE", "/projects/*/repository/branches/*", members("Branch: Delete")),
    ("GET", "/projects/*/repository/tags/*", members("Repository Tag: Read")),
    ("POST", "/projects/*/repository/tags", members("Repository Tag: Create")),
    ("DELETE", "/projects/*/repository/tags/*", members("Repository Tag: Delete")),
    ("GET", "/projects/*/issues", members("Work Item: Read")),
    ("POST", "/projects/*/issues", members("Work Item: Create")),
    ("PUT", "/projects/*/issues/*", members("Work Item: Update")),
    ("DELETE", "/projects/*/issues/*", members("Work Item: Delete")),
    ("GET", "/projects/*/*/*/notes", members("Work Item: Read")),
    ("POST", "/projects/*/*/*/notes", members("Work Item: Create")),
    ("GET", "/projects/*/merge_requests", members("Merge Request: Read")),
    ("POST", "/projects/*/merge_requests", members("Merge Request: Create")),
    ("PUT", "/projects/*/merge_requests/*", members("Merge Request: Update")),
    ("DELETE", "/projects/*/merge_requests/*", members("Merge Request: Delete")),
    ("POST", "/projects/*/pipeline", members("Pipeline: Create")),
    ("GET", "/projects/*/pipelines", members("Pipeline: Read")),
    ("GET", "/projects/*/pipelines/*", members("Pipeline: Read")),
    ("POST", "/projects/*/pipelines/*/cancel", members("Pipeline: Update")),
    ("DELETE", "/projects/*/pipelines/*", members("Pipeline: Delete")),
];

/// The permission that a fine-grained token needs for a request; `path` is the whole path, under which GitLab may be installed.
#[must_use]
pub fn permission_for(method: &str, path: &str) -> Option<Permission> {
    let (_, path) = path.split_once("/api/v4")?;
    let path = path.split('?').next().unwrap_or(path);
    let matches = |pattern: &str| {
        let (mut wanted, mut given) = (pattern.split('/'), path.split('/'));
        loop {
            match (wanted.next(), given.next()) {
                (None, None) => return true,
                (Some("*"), Some(_)) => {}
                (Some(part), Some(other)) if part == other => {}
                _ => return false,
            }
        }
    };
    ENDPOINTS.iter().find(|(verb, pattern, _)| *verb == method && matches(pattern)).map(|(.., permission)| *permission)
}

/// The same as a fragment of a sentence.
#[must_use]
pub fn needed_permission(method: &str, path: &str) -> String {
    match permission_for(method, path) {
        Some(permission) => permission.to_string(),
        None => "what GitLab has no fine-grained permission for, so that a classic token is needed".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_permission_has_the_name_that_the_api_gives_it() {
        for (permission, name) in [
            (members("Webhook: Read"), "read_webhook"),
            (instance("OAuth Application: Renew Secret"), "renew_secret_oauth_application"),
            (user("Personal Access Token: Read"), "read_personal_access_token"),
            (instance("Application Setting: Read"), "read_application_setting"),
        ] {
            assert_eq!(permission.name(), name);
        }
    }

    #[test]
    fn a_request_has_the_permission_of_its_endpoint() {
        let of = |method, path| permission_for(method, path).map(|permission| permission.to_string());
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(of("GET", "/api/v4/groups/7/hooks"), some("Webhook: Read (groups and projects)"));
        assert_eq!(of("GET", "/gitlab/api/v4/hooks"), some("Webhook: Read (instance)"));
        assert_eq!(of("GET", "/api/v4/projects"), some("Project: Read (user)"));
        assert_eq!(of("GET", "/api/v4/projects/7"), some("Project: Read (groups and projects)"));
        assert_eq!(of("DELETE", "/api/v4/projects/7/hooks/3"), some("Webhook: Delete (groups and projects)"));
        assert_eq!(of("POST", "/api/graphql"), None);
        assert_eq!(of("PATCH", "/api/v4/projects"), None);
    }

    #[test]
    fn every_permission_of_a_command_is_that_of_an_endpoint() {
        for task in Task::ALL {
            for permission in task.permissions() {
                let has = ENDPOINTS.iter().any(|(.., other)| *other == permission);
                assert!(has, "{}: {permission}", task.command());
            }
        }
    }

    #[test]
    fn a_grant_is_for_its_boundary_alone() {
        let grant = |access: &str| GranularScope {
            access: access.to_owned(),
            permissions: vec!["read_webhook".to_owned(), "read_user".to_owned()],
        };
        assert!(grant("instance").grants(&instance("Webhook: Read")));
        assert!(!grant("user").grants(&instance("Webhook: Read")));
        assert!(grant("selected_memberships").grants(&members("Webhook: Read")));
        assert!(!grant("instance").grants(&members("Webhook: Read")));
        assert!(!grant("all_memberships").grants(&members("Webhook: Create")));
    }
}
