//! How the two networks are joined.

use std::fmt;

use clap::ValueEnum;
use serde::Serialize;

/// How the two networks are joined (`--method`).
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Serialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum NetworkMethod {
    /// A VPC peering: GitLab runs in a VPC of AWS.
    VpcPeering,
    /// A site-to-site VPN: GitLab runs anywhere.
    Vpn,
    /// Over the internet, through firewalls.
    Public,
}

/// Which end of a VPN is AWS's service (`--aws-end`).
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq, Serialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum AwsEnd {
    #[default]
    Factory,
    Customer,
}

impl fmt::Display for NetworkMethod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // No value is hidden from clap, so each has a name.
        self.to_possible_value().map_or(Ok(()), |value| f.write_str(value.get_name()))
    }
}

impl fmt::Display for AwsEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.to_possible_value().map_or(Ok(()), |value| f.write_str(value.get_name()))
    }
}
