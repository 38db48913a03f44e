//! `network check` against the sandbox: what a person reads, what is contacted, how it ends.

mod filter;
mod gitlab;
mod in_the_way;
mod silence;
mod transcripts;
