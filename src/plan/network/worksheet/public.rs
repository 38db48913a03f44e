//! The steps where both sides meet over the internet.

use super::super::NetworkDesign;
use super::proof::check;
use super::{Step, Who, blocks, or_unknown, proof};

pub(super) const LEFT: &[&str] = &[
    "It says from which addresses it comes, and tells you before they change.",
    "It says which of its names have fixed addresses; those of the others change, so a firewall has to know the names.",
];

pub(super) fn steps(design: &NetworkDesign) -> Vec<Step> {
    let mut steps = vec![
        Step::new(Who::You, "open your firewall, both directions")
            .say(
                "`firewall.md` has the rules as a table for a firewall's administrator, `firewall.nft` as a ruleset for \
                 nftables. A proxy or firewall that inspects TLS has to leave Factory's names alone, or GitLab has to know its \
                 certificate.",
            )
            .say(format!("Factory comes from: {}.", or_unknown(blocks(&design.factory.egress_cidrs))))
            .check("What goes out is seen from GitLab's network:")
            .check_run([check(design, &["--only network.tcp --only network.tls --only 'network.ssh*'"])]),
        Step::new(Who::Factory, "look at GitLab from its side")
            .say(format!(
                "It opens {} and TCP {} of {}.",
                design.gitlab.url,
                design.gitlab.ssh_port,
                blocks(&design.gitlab.addresses)
            ))
            .check("Factory confirms both; no machine of yours can see it."),
    ];
    steps.extend(proof::steps(design));
    steps
}
