//! Fine-grained tokens, which have permissions and no scopes.

use super::{is_handed_over, new_token};
use crate::advice;
use crate::checks::outcome::{CheckContext, CheckOutcome};
use crate::error::Fix;
use crate::gitlab::permissions::permission_for;
use crate::gitlab::{Permission, Task, TokenDetails};
use crate::http;
use crate::kit::Handover;

/// A fine-grained token that may not describe itself.
pub(super) fn lacks_own_permission(context: &CheckContext<'_>, status: u16) -> CheckOutcome {
    let cause = "GitLab does not let the token describe itself, which every classic token may: it is a fine-grained token without \
                 Personal Access Token: Read, or its owner is refused";
    let fix = permission_for("GET", "/api/v4/personal_access_tokens/self").map(|permission| {
        advice::new_fine_grained_token(&context.desired.instance, &[permission], context.policy.task)
    });
    let outcome = CheckOutcome::fail(cause).evidence("status", status);
    match fix {
        Some(fix) => outcome.fix(fix),
        None => outcome,
    }
}

/// What the token is to be enough for: `connect` needs more where it creates a token for Factory.
fn task(context: &CheckContext<'_>) -> Task {
    match (context.policy.task, context.desired.handover.handover) {
        (Task::Connect, Handover::Minted) => Task::ConnectMinted,
        (task, _) => task,
    }
}

/// A fine-grained token has no scopes. Where GitLab does not show what it may do, each refusal tells.
pub(super) fn permissions(context: &CheckContext<'_>, token: &TokenDetails) -> CheckOutcome {
    if is_handed_over(context) {
        let scopes = context.desired.handover.scopes.join(", ");
        return CheckOutcome::fail(format!(
            "this is a fine-grained token, and Factory needs a classic one with the scopes {scopes}"
        ))
        .fix(Fix::connect("let connect create one for Factory", "factory-gitlab connect --handover-token minted"));
    }
    let task = task(context);
    let Some(missing) = token.missing_permissions(task) else {
        return CheckOutcome::pass().note("fine-grained; this GitLab does not show its permissions");
    };
    if missing.is_empty() {
        return CheckOutcome::pass().note("fine-grained, with every permission that is needed");
    }
    let names = missing.iter().map(Permission::to_string).collect::<Vec<_>>().join(", ");
    CheckOutcome::fail(format!("the fine-grained token lacks {names}"))
        .evidence("missing", missing.iter().map(Permission::name).collect::<Vec<_>>())
        .fix(advice::new_fine_grained_token(&context.desired.instance, &missing, task))
}

/// More permissions than the command needs are no more than the owner chose for other commands; those of another kind are.
pub(super) fn excess(context: &CheckContext<'_>, token: &TokenDetails) -> CheckOutcome {
    let Some(granted) = &token.granular_scopes else {
        return CheckOutcome::not_observable("this GitLab does not show the permissions of a fine-grained token");
    };
    let known: Vec<Permission> = Task::ALL.into_iter().flat_map(Task::permissions).collect();
    let is_known = |scope: &&String| known.iter().any(|permission| permission.name() == **scope);
    let all = granted.iter().flat_map(|scope| &scope.permissions);
    let mut excess: Vec<&str> = all.filter(|name| !is_known(name)).map(String::as_str).collect();
    excess.sort_unstable();
    excess.dedup();
    if excess.is_empty() {
        return CheckOutcome::pass();
    }
    CheckOutcome::warn(format!("the token also has {}, which no command needs", excess.join(", ")))
        .evidence("excess", &excess)
        .fix(new_token(context))
}

/// GitLab may refuse a fine-grained token for a permission that is missing, or because its owner does not act as an
/// administrator, in the same words. What it says, and whether the owner is seen as an administrator, tells which.
pub(super) fn not_permitted(context: &CheckContext<'_>, error: &http::Error) -> CheckOutcome {
    let needed = permission_for("GET", "/api/v4/applications");
    let name = needed.map_or_else(|| "a permission".to_owned(), |permission| permission.to_string());
    let is_named =
        error.response().is_some_and(|answer| answer.error.as_deref() == Some("insufficient_granular_scope"));
    let user = context.observed.user.known();
    let is_admin = user.is_some_and(|user| user.is_admin == Some(true));
    let (kind, cause) = match user {
        _ if is_named || is_admin => ("missing_permission", format!("the fine-grained token lacks {name}")),
        Some(user) => (
            "not_admin_or_missing_permission",
            format!(
                "{} does not act as an administrator with this fine-grained token: either the role is missing, or Admin Mode is on, \
                 which needs a classic token with the scope admin_mode; whether the token lacks {name} cannot be told",
                user.username
            ),
        ),
        None => (
            "not_admin_or_missing_permission",
            format!(
                "either the fine-grained token lacks {name}, or its owner is not an administrator: User: Read would tell"
            ),
        ),
    };
    let missing: Vec<Permission> = needed.into_iter().collect();
    CheckOutcome::fail(cause).evidence("kind", kind).fix(advice::new_fine_grained_token(
        &context.desired.instance,
        &missing,
        context.policy.task,
    ))
}
