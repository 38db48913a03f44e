//! Tests that need real programs beside the toolchain. Not part of `cargo test`; run with `cargo test --test real`.

mod python_gitlab;
