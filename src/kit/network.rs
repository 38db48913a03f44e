//! What a kit says of Factory's network: which addresses are reached, from where Factory comes, and its ends of a VPC peering
//! or a VPN.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Factory's network. Blocks and IDs are text here; `network plan` checks them, and `Kit::check` names what it would refuse.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct NetworkTerms {
    /// What GitLab and the company's users have to reach.
    #[serde(default)]
    pub endpoints: Vec<Endpoint>,
    /// The fingerprints of Factory's SSH host keys, as `ssh-keygen -lf` prints them: `SHA256:…`.
    #[serde(default)]
    pub ssh_host_keys: Vec<String>,
    /// The blocks from which Factory reaches GitLab.
    #[serde(default)]
    pub egress_cidrs: Vec<String>,
    #[serde(default)]
    pub vpc: Option<Vpc>,
    #[serde(default)]
    pub vpn: Option<Vpn>,
}

/// One address of Factory's.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Endpoint {
    pub host: String,
    pub port: u16,
    /// Absent in older kits: then the port tells it.
    #[serde(default)]
    pub protocol: Option<EndpointProtocol>,
    #[serde(default)]
    pub purpose: String,
    /// The blocks that hold the host's addresses, where Factory promises them.
    #[serde(default)]
    pub cidrs: Vec<String>,
}

/// Whether it is a fingerprint as `ssh-keygen -lf` prints it: SHA-256 in base64, without the padding.
#[must_use]
pub fn is_fingerprint(text: &str) -> bool {
    let is_base64 = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/');
    text.strip_prefix("SHA256:").is_some_and(|digest| digest.len() == 43 && digest.chars().all(is_base64))
}

impl Endpoint {
    /// What is spoken there: as given, else SSH at port 22 and HTTPS elsewhere.
    #[must_use]
    pub fn protocol(&self) -> EndpointProtocol {
        let usual = if self.port == 22 { EndpointProtocol::Ssh } else { EndpointProtocol::Https };
        self.protocol.unwrap_or(usual)
    }
}

#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum EndpointProtocol {
    Https,
    Ssh,
    Tcp,
}

impl fmt::Display for EndpointProtocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Https => "https",
            Self::Ssh => "ssh",
            Self::Tcp => "tcp",
        })
    }
}

/// Factory's VPC, the other end of a peering.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(from = "VpcWire")]
pub struct Vpc {
    pub id: String,
    /// Twelve digits; leading zeros matter.
    pub account: String,
    pub region: String,
    pub cidrs: Vec<String>,
}

/// As kits have it: `cidr`, one value, in older ones.
#[derive(Deserialize)]
struct VpcWire {
    id: String,
    #[serde(default)]
    account: String,
    #[serde(default)]
    region: String,
    #[serde(default)]
    cidr: Option<String>,
    #[serde(default)]
    cidrs: Vec<String>,
}

impl From<VpcWire> for Vpc {
    fn from(wire: VpcWire) -> Self {
        let VpcWire { id, account, region, cidr, mut cidrs } = wire;
        if let Some(cidr) = cidr.filter(|cidr| !cidr.is_empty() && !cidrs.contains(cidr)) {
            cidrs.insert(0, cidr);
        }
        Self { id, account, region, cidrs }
    }
}

/// Factory's end of a VPN.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct Vpn {
    /// The public addresses of Factory's ends: one tunnel to each.
    #[serde(default)]
    pub endpoints: Vec<String>,
    /// The IKE identity that Factory's end sends; its address where there is none.
    #[serde(default)]
    pub identity: Option<String>,
    /// Proposals in strongSwan's notation: `aes256-sha256-ecp384`.
    #[serde(default)]
    pub ike: Vec<String>,
    #[serde(default)]
    pub esp: Vec<String>,
    /// The blocks behind Factory's end.
    #[serde(default)]
    pub cidrs: Vec<String>,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_kit_with_one_block_of_the_vpc_is_read_as_one_with_several() {
        let vpc = |value| serde_json::from_value::<Vpc>(value).expect("a VPC").cidrs;
        assert_eq!(vpc(json!({ "id": "vpc-0", "cidr": "10.64.0.0/16" })), ["10.64.0.0/16"]);
        assert_eq!(vpc(json!({ "id": "vpc-0", "cidrs": ["10.64.0.0/16", "10.65.0.0/16"] })).len(), 2);
        assert_eq!(vpc(json!({ "id": "vpc-0", "cidr": "10.64.0.0/16", "cidrs": ["10.64.0.0/16"] })).len(), 1);
        assert!(vpc(json!({ "id": "vpc-0", "cidr": "" })).is_empty());
    }

    #[test]
    fn an_address_without_a_protocol_has_that_of_its_port() {
        let of = |value| serde_json::from_value::<Endpoint>(value).expect("an address").protocol();
        assert_eq!(of(json!({ "host": "git.factory.example", "port": 22 })), EndpointProtocol::Ssh);
        assert_eq!(of(json!({ "host": "api.factory.example", "port": 443 })), EndpointProtocol::Https);
        assert_eq!(of(json!({ "host": "x", "port": 22, "protocol": "tcp" })), EndpointProtocol::Tcp);
    }
}
