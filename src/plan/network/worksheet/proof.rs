//! The steps that every method ends in: names, GitLab's outbound filter, group IP restrictions, and the proof.

use super::super::plain::cell as md;
use super::super::{NetworkDesign, NetworkMethod, filter_warning};
use super::{Step, Who, blocks};

/// The last steps, in their order.
pub(super) fn steps(design: &NetworkDesign) -> Vec<Step> {
    [Some(filter(design)), restriction(design), Some(proof(design)), Some(connect(design))]
        .into_iter()
        .flatten()
        .collect()
}

/// GitLab refuses webhooks to private addresses unless its administrator allows them.
fn filter(design: &NetworkDesign) -> Step {
    let step = Step::new(Who::You, "let GitLab send webhooks there");
    let step = match filter_warning(design) {
        Some(warning) => step
            .say(format!(
                "GitLab sends no webhook to a private address: as soon as {} leads into {}, every webhook fails with \
                 *{}*. An administrator of GitLab allows it:",
                md(design.factory.webhook.host_str().unwrap_or_default()),
                blocks(&warning.blocks),
                warning.refusal,
            ))
            .say(format!(
                "1. Open <{}> (Admin Area, Settings, Network, Outbound requests).\n2. Under *Local IP addresses and domain \
                 names that hooks and integrations can access* add this line: `{}`\n3. Save, and wait a minute: GitLab keeps \
                 the old settings that long.",
                warning.page, warning.entry,
            ))
            .say(
                "The name and not an address: of several addresses GitLab looks up only the first in this list. Nothing else \
                 has to be allowed.",
            ),
        None => step.say(
            "The webhook's address is public, which GitLab allows. This step has work only where your own DNS leads the name \
             to a private address; the check says so, with the entry.",
        ),
    };
    step.check("With an administrator's token in `GITLAB_TOKEN`; without one the check says that it cannot know:")
        .check_run([check(design, &["--only network.outbound"])])
}

/// Only where GitLab has it: it is Premium, and usually off.
fn restriction(design: &NetworkDesign) -> Option<Step> {
    let from = match design.method {
        NetworkMethod::Public => design.factory.egress_cidrs.clone(),
        NetworkMethod::VpcPeering => design.factory.vpc.as_ref().map(|vpc| vpc.cidrs.clone()).unwrap_or_default(),
        NetworkMethod::Vpn => design.vpn.as_ref().map(|vpn| vpn.factory.cidrs.clone()).unwrap_or_default(),
    };
    if from.is_empty() {
        return None;
    }
    let step = Step::new(Who::You, "let Factory into groups that restrict addresses")
        .say(format!(
            "Where a top-level group restricts access by IP address (Settings, General, Permissions), Factory's addresses have \
             to be in its list: {}. Groups without such a list need nothing.",
            blocks(&from),
        ))
        .check_run([check(design, &["--only network.inbound"])]);
    Some(step)
}

fn proof(design: &NetworkDesign) -> Step {
    Step::new(Who::You, "prove the way")
        .say(
            "On a machine in the same network as GitLab, best on GitLab's own, with the files that the command names beside it:",
        )
        .run([check(design, &[])])
        .check("It ends with exit code 0. What it cannot see from there, such as Factory's way to GitLab, it says.")
}

fn connect(design: &NetworkDesign) -> Step {
    Step::new(Who::Both, "connect GitLab and test the webhooks")
        .run([design.commands.line("connect", &[])])
        .check("Each webhook is sent a test, and Factory has received it:")
        .check_run([design.commands.line("verify", &["--live"])])
}

/// `network check` of this instance.
pub(super) fn check(design: &NetworkDesign, more: &[&str]) -> String {
    design.commands.line("network check", more)
}
