//! What plans are made of: each part compares one subject and gives its steps.

pub(super) mod application;
pub(super) mod bundle;
mod hook_comparison;
pub(super) mod kit;
pub(super) mod outside;
pub(super) mod token;
pub(super) mod webhooks;
