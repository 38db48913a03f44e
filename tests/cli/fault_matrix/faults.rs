//! How a request fails.

use std::time::Duration;

/// The actions of the sandbox's faults.
pub const FAULTS: [&str; 25] = [
    "reset",
    "hang",
    "status:401",
    "status:403",
    "status:404",
    "status:429",
    "status:500",
    "html:502",
    "html:200",
    "empty",
    "json:{}",
    "json:null",
    "type",
    "cut",
    "endless",
    "lost",
    "half",
    "slow",
    "json:[{}]",
    "json:[null]",
    "json:\"ok\"",
    "text:200",
    "status:503",
    "status:400",
    "redirect:https://elsewhere.example/",
];

/// The faults that end with the time-out of the request.
const TIMED: [&str; 3] = ["hang", "slow", "endless"];

/// A time-out that a request reaches only under a fault, however busy the machine is.
pub const AMPLE: Duration = Duration::from_secs(120);

/// The time-outs to try a fault with. One that ends with the time-out is tried with a short one first; on a busy machine
/// that may end other requests as well, and then the case is tried again with more time.
pub fn timeouts(fault: &str) -> &'static [Duration] {
    const SHORT_FIRST: [Duration; 3] = [Duration::from_millis(1500), Duration::from_secs(10), AMPLE];
    if is_timed(fault) { &SHORT_FIRST } else { &[AMPLE] }
}

/// Whether a request under this fault ends with its time-out.
pub fn is_timed(fault: &str) -> bool {
    TIMED.contains(&fault)
}
