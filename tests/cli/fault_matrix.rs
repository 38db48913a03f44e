//! No false pass: whichever request of `verify` fails, and however it fails, the verdict is "fail" or "unknown".
//!
//! * [`matrix`]: every request that a healthy run sent × every fault, in the process of the test, through the same functions
//!   as the command.
//! * [`exceptions`]: the few failures that may leave the verdict unchanged, with the reason and what must hold instead.
//! * [`lists`]: lists that end too early.
//! * [`network`]: names, ports, TLS and servers that fail during the run, for both clients.
//! * [`network_check`]: the same for `network check`, with the real program.
//! * [`audit`]: the same for a review, which says what it could not read.
//! * [`formats`]: a diagonal through the matrix with the real program, in its three output formats.

mod audit;
mod exceptions;
mod faults;
mod formats;
mod harness;
mod lists;
mod matrix;
mod network;
mod network_check;
