//! A VPN between GitLab's network and Factory's: what is wrong with it before it is built, and the files of both ends.

use super::{NetworkDesign, NetworkProblem, PlannedFile};

/// What keeps the VPN from working, all of it; nothing where the design has no VPN.
#[must_use]
pub fn problems(_design: &NetworkDesign) -> Vec<NetworkProblem> {
    Vec::new()
}

/// What works and should be better: weak algorithms.
#[must_use]
pub fn warnings(_design: &NetworkDesign) -> Vec<NetworkProblem> {
    Vec::new()
}

/// The files of both ends; none where the design has no VPN. Without a pre-shared key in any.
#[must_use]
pub fn files(_design: &NetworkDesign) -> Vec<PlannedFile> {
    Vec::new()
}
