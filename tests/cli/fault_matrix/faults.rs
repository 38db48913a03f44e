//! The ways a request fails.

use std::time::Duration;

/// How an answer goes wrong, in the words of the sandbox's faults.
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
    "endless", // The list that was asked for; beyond it:
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

/// The ways that end with the time of a request.
const TIMED: [&str; 3] = ["hang", "slow", "endless"];

/// Time for one request. Nobody else waits for the short one.
pub fn timeout(way: &str) -> Duration {
    Duration::from_millis(if TIMED.contains(&way) { 1500 } else { 10_000 })
}
