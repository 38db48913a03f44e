//! The real program against the sandbox, from outside. Each module is a part of the product.

mod audit;
mod bad_input;
mod bulk;
mod cloud;
mod compatibility;
mod connect;
mod connect_application;
mod connect_webhooks;
mod disconnect;
mod drifts;
mod exercise;
mod fault_matrix;
mod handover;
mod hostile;
mod interactive;
mod kit;
mod kit_bundle_status;
mod monitor;
mod network_check;
mod network_plan;
mod organizations;
mod pace;
mod readme;
mod reports;
mod resume;
mod rotate;
mod scale;
mod schemas;
mod secret_leaks;
mod test_env;
mod transcripts;
mod trust;
mod usage;
mod verify;
mod wait;

/// The same as the unit tests use; it finds the schemas as `crate::schema`.
#[path = "../../src/testing/contract.rs"]
mod contract;
use factory_gitlab::schema;
