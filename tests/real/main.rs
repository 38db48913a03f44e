//! Tests that need real programs beside the toolchain. Not part of `cargo test`; run with `cargo test --test real`.
//!
//! A program that is missing fails its test with the package to install. Everything is started on loopback, on free ports
//! and in folders of its own, and ended with the test.

mod age;
mod browser;
mod certificates;
mod completions;
mod gitbeaker;
mod keyring;
mod lab_servers;
mod monitor;
mod namespaces;
mod network_lab;
mod network_site;
mod network_walk;
mod nftables;
mod nginx;
mod programs;
mod proxy;
mod put;
mod python_gitlab;
mod recipes;
mod report_page;
mod sarif;
mod strongswan;
mod terraform;
mod tls;
mod tls_causes;
mod vpn;
mod wizard;

/// It finds the schemas as `crate::schema`.
#[path = "../../src/testing/contract.rs"]
mod contract;
use factory_gitlab::schema;

#[path = "../cli"]
#[allow(dead_code, unused_imports, reason = "the other tests use more of it")]
mod cli {
    pub mod test_env;
}
