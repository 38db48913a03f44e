//! Connects a company's GitLab to Factory, and proves that the connection holds.
//!
//! The walk: resolve, observe, plan, apply, report. Lower layers know nothing of higher ones; `tests/layers.rs` holds
//! the `use crate::…` lines to that.

pub mod apply;
pub mod bundle;
pub mod checks;
pub mod cli;
pub mod desired;
pub mod env;
pub mod error;
pub mod factory;
pub mod gitlab;
pub mod http;
pub mod inputs;
pub mod instance;
pub mod journal;
pub mod kit;
pub mod observed;
pub mod page;
pub mod plan;
pub mod report;
pub mod sandbox;
pub mod secret;
pub mod settings;
pub mod target;
pub mod terminal;
pub mod vault;
