//! What unit tests share: a healthy connection to change, mutations of good answers, and a server that answers anything.

pub(crate) mod contract;
pub(crate) mod fixture;
pub(crate) mod mutate;
pub(crate) mod stub;
