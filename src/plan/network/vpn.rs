//! A VPN between GitLab's network and Factory's: what is wrong with it before it is built, and the files of both ends.

pub mod agreement;
mod problems;

use super::{NetworkDesign, PlannedFile};

pub use self::agreement::{Clash, IkeVersion, VpnTerms, clashes};
pub use self::problems::{problems, warnings};

/// The files of both ends; none where the design has no VPN. Without a pre-shared key in any.
#[must_use]
pub fn files(_design: &NetworkDesign) -> Vec<PlannedFile> {
    Vec::new()
}
