//! URL variables and custom headers, each set and removed by its key; their values are never shown.
//!
//! gitlab: lib/api/hooks/url_variables.rb, lib/api/hooks/custom_headers.rb

use axum::extract::State as Shared;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use secrecy::SecretString;

use super::{HookRequest, since};
use crate::sandbox::gitlab::GitLab;
use crate::sandbox::gitlab::error::ApiError;
use crate::sandbox::gitlab::hooks::{HookRef, StoredHook};

/// One of a hook's two lists of secret values.
#[derive(Clone, Copy)]
enum SecretList {
    Variables,
    Headers,
}

impl SecretList {
    fn of(self, hook: &mut StoredHook) -> &mut Vec<(String, SecretString)> {
        match self {
            Self::Variables => &mut hook.url_variables,
            Self::Headers => &mut hook.custom_headers,
        }
    }

    fn check_version(self, gitlab: &GitLab) -> Result<(), ApiError> {
        match self {
            Self::Variables => since(gitlab, 15, 2),
            Self::Headers => since(gitlab, 17, 1),
        }
    }

    const fn thing(self) -> &'static str {
        match self {
            Self::Variables => "URL variable",
            Self::Headers => "Custom header",
        }
    }
}

pub(super) async fn put_variable(Shared(gitlab): Shared<GitLab>, request: HookRequest) -> Result<Response, ApiError> {
    set(&gitlab, &request, SecretList::Variables)
}

pub(super) async fn put_header(Shared(gitlab): Shared<GitLab>, request: HookRequest) -> Result<Response, ApiError> {
    set(&gitlab, &request, SecretList::Headers)
}

pub(super) async fn delete_variable(
    Shared(gitlab): Shared<GitLab>,
    request: HookRequest,
) -> Result<Response, ApiError> {
    unset(&gitlab, &request, SecretList::Variables)
}

pub(super) async fn delete_header(Shared(gitlab): Shared<GitLab>, request: HookRequest) -> Result<Response, ApiError> {
    unset(&gitlab, &request, SecretList::Headers)
}

fn set(gitlab: &GitLab, request: &HookRequest, list: SecretList) -> Result<Response, ApiError> {
    list.check_version(gitlab)?;
    let (hook, _) = request.hook(gitlab)?;
    request.call.params.require(&["value"])?;
    let value = SecretString::from(request.call.params.text("value")?.unwrap_or_default());
    let key = request.part("key").to_owned();
    change(gitlab, hook, |hook| {
        let pairs = list.of(hook);
        pairs.retain(|(known, _)| *known != key);
        pairs.push((key, value));
        Ok(())
    })
}

fn unset(gitlab: &GitLab, request: &HookRequest, list: SecretList) -> Result<Response, ApiError> {
    list.check_version(gitlab)?;
    let (hook, _) = request.hook(gitlab)?;
    change(gitlab, hook, |hook| {
        let pairs = list.of(hook);
        let before = pairs.len();
        pairs.retain(|(known, _)| known != request.part("key"));
        if pairs.len() == before { Err(ApiError::not_found(list.thing())) } else { Ok(()) }
    })
}

/// Changes a hook if the result is valid; a new URL clears the custom headers.
fn change(
    gitlab: &GitLab,
    target: HookRef,
    change: impl FnOnce(&mut StoredHook) -> Result<(), ApiError>,
) -> Result<Response, ApiError> {
    let mut state = gitlab.lock();
    let mut hook = state.hooks.get(target).cloned().ok_or_else(ApiError::record_not_found)?;
    let address = hook.interpolated_url();
    change(&mut hook)?;
    if hook.interpolated_url() != address {
        hook.custom_headers.clear();
    }
    hook.updated_at = gitlab.clock().now();
    let illegal = |_| ApiError::error(StatusCode::UNPROCESSABLE_ENTITY, "Illegal key or value");
    state.check_hook(&hook).map_err(illegal)?;
    if let Some(kept) = state.hooks.get_mut(target) {
        *kept = hook;
    }
    Ok(StatusCode::NO_CONTENT.into_response())
}
