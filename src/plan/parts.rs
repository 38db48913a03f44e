//! What plans are made of: each part compares one subject and gives its steps.

pub(super) mod application;
pub(super) mod bundle;
pub(super) mod due;
pub(super) mod ended_application;
pub(super) mod ended_hooks;
pub(super) mod ended_tokens;
mod hook_comparison;
pub(super) mod kit;
pub(super) mod outside;
pub(super) mod renewed_secret;
pub(super) mod rotated_hooks;
pub(super) mod token;
pub(super) mod webhooks;
