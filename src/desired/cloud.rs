//! A connection to GitLab.com as it should be.

use super::DesiredTrust;
use crate::cloud::{CloudSelection, CloudWay};
use crate::instance::InstanceUrl;
use crate::kit::CloudKit;

#[derive(Clone, Debug)]
pub struct DesiredCloud {
    pub trust: DesiredTrust,
    pub kit: CloudKit,
    pub instance: InstanceUrl,
    pub way: CloudWay,
    /// `--account`
    pub account: Option<String>,
    /// What was selected for this run, by path; `None` leaves it as it is.
    pub selection: Option<CloudSelection>,
    /// The project of `--prove`.
    pub proof: Option<String>,
}
