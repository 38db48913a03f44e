//! The only user of reqwest: send, decode, classify.

mod failure;

pub use failure::{Answer, Cause, Error, Expected, Imposter, TlsProblem};
