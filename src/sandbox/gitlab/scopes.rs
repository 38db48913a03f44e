//! The scopes that an instance knows, by version.

use super::GitLab;

/// Each scope and its first version, in the order of the discovery document.
/// gitlab: lib/gitlab/auth.rb; several first versions are from release notes and may be off by a minor version.
const SCOPES: &[(&str, u16, u16)] = &[
    ("api", 0, 0),
    ("read_api", 0, 0),
    ("read_user", 0, 0),
    ("create_runner", 16, 0),
    ("manage_runner", 17, 1),
    ("k8s_proxy", 16, 4),
    ("self_rotate", 17, 9),
    ("mcp", 18, 3),
    ("mcp_orbit", 19, 0),
    ("read_repository", 0, 0),
    ("write_repository", 0, 0),
    ("read_registry", 0, 0),
    ("write_registry", 0, 0),
    ("read_virtual_registry", 17, 9),
    ("write_virtual_registry", 18, 0),
    ("read_observability", 16, 3),
    ("write_observability", 16, 3),
    ("ai_features", 16, 1),
    ("sudo", 0, 0),
    ("admin_mode", 15, 8),
    ("read_service_ping", 16, 8),
    ("openid", 0, 0),
    ("profile", 0, 0),
    ("email", 0, 0),
    ("ai_workflows", 17, 5),
    ("user:*", 17, 10),
];

/// What the consent page says of a scope. gitlab: config/locales/doorkeeper.en.yml
pub(super) fn meaning(scope: &str) -> &'static str {
    match scope {
        "api" => "Access the API on your behalf",
        "read_api" => "Read API",
        "read_user" => "Read your personal information",
        "read_repository" => "Read Repositories",
        "write_repository" => "Allows read-write access to the repository",
        "read_registry" => "Read Registry",
        "write_registry" => "Allows write access to container registry images",
        "sudo" => "Perform API actions as any user in the system",
        "openid" => "Authenticate using OpenID Connect",
        _ => "Further access",
    }
}

const OAUTH_ONLY: &[&str] = &["openid", "profile", "email", "ai_workflows", "user:*"];

/// Every scope of this instance, for applications and discovery.
pub(super) fn known(gitlab: &GitLab) -> impl Iterator<Item = &'static str> {
    SCOPES.iter().filter(|(_, major, minor)| gitlab.is_at_least(*major, *minor)).map(|(scope, ..)| *scope)
}

/// The scopes that a personal access token may have.
pub(super) fn personal(gitlab: &GitLab) -> impl Iterator<Item = &'static str> {
    known(gitlab).filter(|scope| !OAUTH_ONLY.contains(scope))
}
