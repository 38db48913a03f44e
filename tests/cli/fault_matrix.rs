//! Never a false green: whatever `verify` depends on and however it fails, the verdict is "fail" or "unknown".
//!
//! * [`matrix`]: every request of a healthy look, by what was really asked, times every way to fail; in this process, through
//!   the same `Observer`, `judge` and `WebhookTester` as the command uses, many side by side.
//! * [`exceptions`]: the few places where a failure may leave the verdict as it is, with the reason, and what has to hold there
//!   instead.
//! * [`lists`]: lists that end too early.
//! * [`network`]: names, ports, TLS and servers that die on the way, for both clients.
//! * [`formats`]: a diagonal through all this with the real program, in its three forms.

mod exceptions;
mod faults;
mod formats;
mod harness;
mod lists;
mod matrix;
mod network;
