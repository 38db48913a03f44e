//! A VPN between GitLab's network and Factory's: what is wrong with it before it is built, and the files of both ends.

mod agreement;
mod aws;
mod ends;
mod parameters;
mod problems;
mod swanctl;

use super::{NetworkDesign, PlannedFile};

pub use self::agreement::{Clash, IkeVersion, VpnTerms, clashes};
pub(super) use self::aws::path as aws_path;
pub(super) use self::ends::MSS;
pub(super) use self::parameters::{PATH as PARAMETERS_PATH, SYMPTOMS};
pub use self::problems::{problems, warnings};
pub(super) use self::swanctl::PATH as SWANCTL_PATH;

/// The files of both ends; none where the design has no VPN. Without a pre-shared key in any.
#[must_use]
pub fn files(design: &NetworkDesign) -> Vec<PlannedFile> {
    let Some(ends) = ends::Ends::of(design) else { return Vec::new() };
    vec![swanctl::file(&ends), parameters::file(&ends), aws::file(design, &ends)]
}

/// The names of the two tunnels in `swanctl.conf`.
pub(super) fn tunnel_names() -> [String; 2] {
    ends::Tunnel::BOTH.map(ends::Tunnel::name)
}

#[cfg(test)]
mod tests;
