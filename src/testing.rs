//! What unit tests share: a healthy connection to change, and mutations of good answers.

pub(crate) mod contract;
pub(crate) mod fixture;
pub(crate) mod mutate;
