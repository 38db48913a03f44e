//! Connects a company's GitLab to Factory, and proves that the connection holds.

pub mod sandbox;
