//! The real program against the sandbox, from outside. Each module is a part of the product.

mod bad_input;
mod bulk;
mod compatibility;
mod connect;
mod connect_application;
mod connect_webhooks;
mod disconnect;
mod drifts;
mod fault_matrix;
mod handover;
mod hostile;
mod interactive;
mod kit;
mod kit_bundle_status;
mod organizations;
mod pace;
mod readme;
mod resume;
mod scale;
mod secret_leaks;
mod test_env;
mod transcripts;
mod trust;
mod usage;
mod verify;
mod wait;
