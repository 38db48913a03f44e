//! How a way is named in the report.

use std::collections::HashMap;

use crate::checks::FindingTarget;
use crate::desired::{WayOwner, WayTarget};
use crate::observed::ways::WaySeen;

/// The name of each way: `HOST:PORT`. Of several ways to one place the first has it, unless it was given on the command line;
/// the others have their protocol in front.
pub(super) fn places(ways: &[WaySeen]) -> Vec<FindingTarget> {
    let mut count: HashMap<String, usize> = HashMap::new();
    ways.iter().for_each(|way| *count.entry(way.target.to_string()).or_default() += 1);
    let mut named: HashMap<String, usize> = HashMap::new();
    let of = |way: &WaySeen| {
        let place = way.target.to_string();
        let before = named.entry(place.clone()).or_default();
        *before += 1;
        let is_plain = count[&place] == 1 || (*before == 1 && way.target.owner != WayOwner::Given);
        let place = if is_plain { place } else { format!("{}://{place}", way.target.scheme()) };
        FindingTarget { place, about: about(&way.target), resolver: None }
    };
    ways.iter().map(of).collect()
}

/// What is spoken there, and whose it is.
fn about(target: &WayTarget) -> String {
    let (scheme, purpose) = (target.scheme(), target.purpose.as_str());
    match (target.owner, purpose) {
        (WayOwner::Given, _) => format!("{scheme}, given with --target"),
        (WayOwner::GitLab, "" | "GitLab") => format!("{scheme}, GitLab"),
        (WayOwner::GitLab, purpose) => format!("{scheme}, GitLab: {purpose}"),
        (WayOwner::Factory, "") => format!("{scheme}, Factory"),
        (WayOwner::Factory, purpose) => format!("{scheme}, Factory: {purpose}"),
    }
}
