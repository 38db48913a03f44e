//! Fine-grained tokens: which permission an endpoint needs, and for what it has to be granted.
//!
//! gitlab: doc/auth/tokens/fine_grained_access_tokens_rest.md, app/services/authz/tokens/authorize_granular_scopes_service.rb

use axum::http::StatusCode;

use super::GitLab;
use super::auth::{Call, Caller, Credential};
use super::error::ApiError;
use super::permissions::Permissions;
use super::state::{GitLabState, GranularGrant, StoredToken};

/// What a permission has to be granted for, besides the permission itself.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Boundary {
    Instance,
    User,
    Group,
    Project,
}

impl Boundary {
    /// The `access` of a grant for it.
    const fn access(self) -> &'static str {
        match self {
            Self::Instance => "instance",
            Self::User => "user",
            Self::Group | Self::Project => "all_memberships",
        }
    }

    const fn label(self) -> &'static str {
        match self {
            Self::Instance => "instance",
            Self::User => "user",
            Self::Group => "group",
            Self::Project => "project",
        }
    }
}

use Boundary::{Group, Instance, Project, User};

/// Method, path below `/api/v4` with `:` for what varies, where it has to be granted, resource and action.
type Endpoint = (&'static str, &'static str, Boundary, &'static str, &'static str);

/// In the order of the documentation. What is not listed here cannot be reached by a fine-grained token.
const ENDPOINTS: &[Endpoint] = &[
    ("POST", "/projects/:/ci/lint", Project, "CI Config", "Validate"),
    ("POST", "/projects/:/pipeline", Project, "Pipeline", "Create"),
    ("DELETE", "/projects/:/pipelines/:", Project, "Pipeline", "Delete"),
    ("GET", "/projects/:/pipelines", Project, "Pipeline", "Read"),
    ("GET", "/projects/:/pipelines/:", Project, "Pipeline", "Read"),
    ("GET", "/projects/:/pipelines/:/jobs", Project, "Pipeline", "Read"),
    ("POST", "/projects/:/pipelines/:/cancel", Project, "Pipeline", "Update"),
    ("GET", "/audit_events", Instance, "Audit Event", "Read"),
    ("GET", "/groups", User, "Group", "Read"),
    ("GET", "/groups/:", Group, "Group", "Read"),
    ("GET", "/namespaces", User, "Namespace", "Read"),
    ("POST", "/projects/:/hooks", Project, "Webhook", "Create"),
    ("POST", "/groups/:/hooks", Group, "Webhook", "Create"),
    ("POST", "/hooks", Instance, "Webhook", "Create"),
    ("DELETE", "/projects/:/hooks/:", Project, "Webhook", "Delete"),
    ("DELETE", "/groups/:/hooks/:", Group, "Webhook", "Delete"),
    ("DELETE", "/hooks/:", Instance, "Webhook", "Delete"),
    ("GET", "/projects/:/hooks", Project, "Webhook", "Read"),
    ("GET", "/projects/:/hooks/:", Project, "Webhook", "Read"),
    ("GET", "/projects/:/hooks/:/events", Project, "Webhook", "Read"),
    ("GET", "/groups/:/hooks", Group, "Webhook", "Read"),
    ("GET", "/groups/:/hooks/:", Group, "Webhook", "Read"),
    ("GET", "/groups/:/hooks/:/events", Group, "Webhook", "Read"),
    ("GET", "/hooks", Instance, "Webhook", "Read"),
    ("GET", "/hooks/:", Instance, "Webhook", "Read"),
    ("POST", "/projects/:/hooks/:/events/:/resend", Project, "Webhook", "Trigger"),
    ("POST", "/projects/:/hooks/:/test/:", Project, "Webhook", "Trigger"),
    ("POST", "/groups/:/hooks/:/events/:/resend", Group, "Webhook", "Trigger"),
    ("POST", "/groups/:/hooks/:/test/:", Group, "Webhook", "Trigger"),
    ("POST", "/hooks/:", Instance, "Webhook", "Trigger"),
    ("PUT", "/projects/:/hooks/:", Project, "Webhook", "Update"),
    ("PUT", "/groups/:/hooks/:", Group, "Webhook", "Update"),
    ("DELETE", "/projects/:/hooks/:/custom_headers/:", Project, "Webhook", "Update"),
    ("DELETE", "/groups/:/hooks/:/custom_headers/:", Group, "Webhook", "Update"),
    ("PUT", "/hooks/:", Instance, "Webhook", "Update"),
    ("POST", "/projects/:/issues", Project, "Work Item", "Create"),
    ("POST", "/projects/:/issues/:/notes", Project, "Work Item", "Create"),
    ("POST", "/projects/:/merge_requests/:/notes", Project, "Work Item", "Create"),
    ("DELETE", "/projects/:/issues/:", Project, "Work Item", "Delete"),
    ("GET", "/projects/:/issues", Project, "Work Item", "Read"),
    ("GET", "/projects/:/issues/:", Project, "Work Item", "Read"),
    ("GET", "/projects/:/issues/:/notes", Project, "Work Item", "Read"),
    ("GET", "/projects/:/merge_requests/:/notes", Project, "Work Item", "Read"),
    ("PUT", "/projects/:/issues/:", Project, "Work Item", "Update"),
    ("POST", "/projects", User, "Project", "Create"),
    ("DELETE", "/projects/:", Project, "Project", "Delete"),
    ("GET", "/projects/:", Project, "Project", "Read"),
    ("GET", "/groups/:/projects", Group, "Project", "Read"),
    ("GET", "/projects", User, "Project", "Read"),
    ("POST", "/projects/:/repository/branches", Project, "Branch", "Create"),
    ("DELETE", "/projects/:/repository/branches/:", Project, "Branch", "Delete"),
    ("GET", "/projects/:/repository/branches", Project, "Branch", "Read"),
    ("GET", "/projects/:/repository/branches/:", Project, "Branch", "Read"),
    ("POST", "/projects/:/repository/commits", Project, "Commit", "Create"),
    ("GET", "/projects/:/repository/commits", Project, "Commit", "Read"),
    ("GET", "/projects/:/repository/commits/:", Project, "Commit", "Read"),
    ("POST", "/projects/:/merge_requests", Project, "Merge Request", "Create"),
    ("DELETE", "/projects/:/merge_requests/:", Project, "Merge Request", "Delete"),
    ("GET", "/projects/:/merge_requests", Project, "Merge Request", "Read"),
    ("GET", "/projects/:/merge_requests/:", Project, "Merge Request", "Read"),
    ("PUT", "/projects/:/merge_requests/:", Project, "Merge Request", "Update"),
    ("PUT", "/projects/:/merge_requests/:/merge", Project, "Merge Request", "Merge"),
    ("POST", "/projects/:/repository/tags", Project, "Repository Tag", "Create"),
    ("DELETE", "/projects/:/repository/tags/:", Project, "Repository Tag", "Delete"),
    ("GET", "/projects/:/repository/tags", Project, "Repository Tag", "Read"),
    ("GET", "/projects/:/repository/tags/:", Project, "Repository Tag", "Read"),
    ("GET", "/license", Instance, "License", "Read"),
    ("POST", "/admin/token", Instance, "Any Token", "Read"),
    ("DELETE", "/admin/token", Instance, "Any Token", "Revoke"),
    ("GET", "/application/settings", Instance, "Application Setting", "Read"),
    ("PUT", "/application/settings", Instance, "Application Setting", "Update"),
    ("GET", "/metadata", Instance, "Metadata", "Read"),
    ("GET", "/version", Instance, "Metadata", "Read"),
    ("POST", "/applications", Instance, "OAuth Application", "Create"),
    ("DELETE", "/applications/:", Instance, "OAuth Application", "Delete"),
    ("GET", "/applications", Instance, "OAuth Application", "Read"),
    ("POST", "/applications/:/renew-secret", Instance, "OAuth Application", "Renew Secret"),
    ("POST", "/users/:/personal_access_tokens", Instance, "Personal Access Token", "Create"),
    ("GET", "/personal_access_tokens", User, "Personal Access Token", "Read"),
    ("GET", "/personal_access_tokens/:", User, "Personal Access Token", "Read"),
    ("DELETE", "/personal_access_tokens/:", User, "Personal Access Token", "Revoke"),
    ("POST", "/personal_access_tokens/:/rotate", User, "Personal Access Token", "Rotate"),
    ("GET", "/user", User, "User", "Read"),
    ("GET", "/users/:", User, "User", "Read"),
    ("GET", "/users", Instance, "User", "Read"),
];

/// The permission that a request uses, as `read_webhook` and the `access` it is granted with; refuses a token without it.
pub(super) fn authorize(
    gitlab: &GitLab,
    state: &GitLabState,
    token: &StoredToken,
    call: &Call,
) -> Result<(&'static str, String), ApiError> {
    let Some((.., boundary, resource, action)) = endpoint(call).copied() else {
        let text = "Access denied: This operation doesn't support fine-grained personal access tokens.";
        return Err(refusal(gitlab, text));
    };
    let name = format!("{action} {resource}").to_lowercase().replace(' ', "_");
    let grants = |grant: &GranularGrant| grant.access == boundary.access() && grant.permissions.contains(&name);
    if token.grants.iter().any(grants) && is_member(state, token, boundary, call) {
        return Ok((boundary.access(), name));
    }
    let label = boundary.label();
    let text = format!(
        "Access denied: This operation requires a fine-grained personal access token with the following {label} \
         permissions: [{resource}: {action}]."
    );
    Err(refusal(gitlab, &text))
}

/// Before about 19.4 nothing tells that it is the token: the response is the same as for a user who may not.
fn refusal(gitlab: &GitLab, text: &str) -> ApiError {
    match gitlab.is_at_least(19, 4) {
        true => ApiError::guard(StatusCode::FORBIDDEN, "insufficient_granular_scope", text),
        false => ApiError::forbidden(),
    }
}

fn endpoint(call: &Call) -> Option<&'static Endpoint> {
    let path = call.path.strip_prefix("/api/v4")?;
    let parts: Vec<&str> = path.split('/').collect();
    ENDPOINTS.iter().find(|(method, pattern, ..)| {
        let wanted: Vec<&str> = pattern.split('/').collect();
        let matches = |(wanted, part): (&&str, &&str)| *wanted == ":" || wanted == part;
        *method == call.method.as_str() && wanted.len() == parts.len() && wanted.iter().zip(&parts).all(matches)
    })
}

/// Of groups and projects the grant is for those that the token's owner is a member of, an administrator too.
fn is_member(state: &GitLabState, token: &StoredToken, boundary: Boundary, call: &Call) -> bool {
    let id = call.path.split('/').nth(4).unwrap_or_default().replace("%2F", "/").replace("%2f", "/");
    // As a member, and not as an administrator.
    let owner = Caller { user: token.user, admin: false, credential: Credential::Personal(token.id) };
    let permissions = Permissions::of(state, Some(&owner));
    match boundary {
        Instance | User => true,
        Group => state.group(&id).is_none_or(|group| permissions.in_group(group.id) > 0),
        Project => state.project(&id).is_none_or(|project| permissions.in_project(project) > 0),
    }
}
