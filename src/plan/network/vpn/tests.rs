use super::super::fixture::{self, texts};
use super::super::{AwsEnd, NetworkProblem, VpnDesign};
use super::*;

mod aws;
mod ends;
mod parameters;
mod problems;
mod strongswan;

fn with(change: impl FnOnce(&mut VpnDesign)) -> NetworkDesign {
    let mut design = fixture::vpn();
    change(design.vpn.as_mut().expect("a VPN"));
    design
}

fn file(design: &NetworkDesign, path: &str) -> String {
    files(design).into_iter().find(|file| file.path == path).expect(path).text
}

fn at_customer() -> NetworkDesign {
    let mut design = with(|vpn| {
        vpn.aws_end = AwsEnd::Customer;
        vpn.customer.addresses.clear();
        vpn.customer.cidrs = vec!["10.20.0.0/16".parse().expect("a block")];
        vpn.inside_cidrs = Some(["169.254.10.0/30", "169.254.10.4/30"].map(|block| block.parse().expect("a block")));
    });
    design.aws = fixture::peering().aws;
    design
}
