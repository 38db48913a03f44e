//! The two ends of a VPN by what they are: AWS's service, and a device or host that is configured by hand.

use std::net::Ipv4Addr;

use ipnet::Ipv4Net;

use super::super::{AwsEnd, NetworkDesign, VpnDesign, VpnEnd};
use super::agreement::{self, Agreement, Selectors};

/// How long AWS's end keeps its keys, in seconds: as long as it can. The other end renews them a little earlier, so that it
/// is always the one that does.
pub(super) const AWS_IKE_LIFETIME: u64 = 28_800;
pub(super) const AWS_ESP_LIFETIME: u64 = 3_600;
pub(super) const OWN_IKE_REKEY: u64 = 25_200;
pub(super) const OWN_ESP_REKEY: u64 = 3_000;
pub(super) const OWN_ESP_LIFETIME: u64 = 3_300;

/// After so many seconds without an answer an end counts as dead.
pub(super) const DPD_TIMEOUT: u64 = 30;
pub(super) const DPD_INTERVAL: u64 = 10;

pub(super) const REPLAY_WINDOW: u64 = 1_024;

/// It fits in a tunnel with every cipher, behind NAT too; the MTU is with both headers.
pub(in crate::plan::network) const MSS: u16 = 1_360;
pub(super) const MTU: u16 = MSS + 40;

/// A VPN with what both ends agreed on.
pub(super) struct Ends<'a> {
    pub(super) vpn: &'a VpnDesign,
    pub(super) agreement: Agreement,
}

impl<'a> Ends<'a> {
    pub(super) fn of(design: &'a NetworkDesign) -> Option<Self> {
        let vpn = design.vpn.as_ref()?;
        Some(Self { vpn, agreement: Agreement::of(vpn) })
    }

    pub(super) const fn aws(&self) -> &'a VpnEnd {
        match self.vpn.aws_end {
            AwsEnd::Factory => &self.vpn.factory,
            AwsEnd::Customer => &self.vpn.customer,
        }
    }

    /// The end that is not AWS's.
    pub(super) const fn own(&self) -> &'a VpnEnd {
        match self.vpn.aws_end {
            AwsEnd::Factory => &self.vpn.customer,
            AwsEnd::Customer => &self.vpn.factory,
        }
    }

    /// Whose network is behind the end that is not AWS's.
    pub(super) const fn own_name(&self) -> &'static str {
        match self.vpn.aws_end {
            AwsEnd::Factory => "GitLab",
            AwsEnd::Customer => "Factory",
        }
    }

    pub(super) const fn aws_name(&self) -> &'static str {
        match self.vpn.aws_end {
            AwsEnd::Factory => "Factory",
            AwsEnd::Customer => "GitLab",
        }
    }

    pub(super) const fn own_selector(&self) -> Ipv4Net {
        let Selectors { customer, factory } = self.agreement.selectors;
        match self.vpn.aws_end {
            AwsEnd::Factory => customer,
            AwsEnd::Customer => factory,
        }
    }

    pub(super) const fn aws_selector(&self) -> Ipv4Net {
        let Selectors { customer, factory } = self.agreement.selectors;
        match self.vpn.aws_end {
            AwsEnd::Factory => factory,
            AwsEnd::Customer => customer,
        }
    }

    pub(super) fn own_blocks(&self) -> Vec<Ipv4Net> {
        agreement::ipv4(&self.own().cidrs)
    }

    pub(super) fn aws_blocks(&self) -> Vec<Ipv4Net> {
        agreement::ipv4(&self.aws().cidrs)
    }

    pub(super) fn own_address(&self) -> Option<Ipv4Addr> {
        self.own().addresses.first().copied()
    }

    /// The address, or a word to replace: AWS gives its end an address when it is created.
    pub(super) fn aws_address(&self, tunnel: Tunnel) -> String {
        let known = self.aws().addresses.get(tunnel.index());
        known.map_or_else(|| tunnel.to_replace(), ToString::to_string)
    }

    pub(super) fn own_identity(&self) -> String {
        let address =
            || self.own_address().map_or_else(|| "REPLACE_WITH_OWN_ADDRESS".to_owned(), |own| own.to_string());
        self.own().identity.clone().unwrap_or_else(address)
    }

    pub(super) fn aws_identity(&self, tunnel: Tunnel) -> String {
        self.aws().identity.clone().unwrap_or_else(|| self.aws_address(tunnel))
    }
}

/// AWS always has two; both are configured, and one of them may be down at any time.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Tunnel {
    First,
    Second,
}

impl Tunnel {
    pub(super) const BOTH: [Self; 2] = [Self::First, Self::Second];

    pub(super) const fn number(self) -> u8 {
        match self {
            Self::First => 1,
            Self::Second => 2,
        }
    }

    pub(super) const fn index(self) -> usize {
        match self {
            Self::First => 0,
            Self::Second => 1,
        }
    }

    pub(super) fn to_replace(self) -> String {
        format!("REPLACE_WITH_TUNNEL{}_ADDRESS", self.number())
    }

    /// The name of the connection and of its child.
    pub(super) fn name(self) -> String {
        format!("factory-gitlab-{}", self.number())
    }
}
