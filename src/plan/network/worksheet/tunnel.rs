//! The steps of a VPN.

pub(super) use super::super::vpn::SYMPTOMS;
use super::super::vpn::{MSS, tunnel_names};
use super::super::{AwsEnd, NetworkDesign, VpnDesign};
use super::proof::check;
use super::{Step, Who, blocks, proof};

pub(super) const LEFT: &[&str] = &[
    "It builds its end, and its routes back lead to every CIDR behind yours.",
    "It gives you the pre-shared keys, or takes them from you, by a way of its own: never in this folder, the bundle or a message.",
    "It says which of its names are to lead to private addresses.",
];

pub(super) fn steps(design: &NetworkDesign) -> Vec<Step> {
    let Some(vpn) = &design.vpn else { return Vec::new() };
    let mut steps = match vpn.aws_end {
        AwsEnd::Factory => vec![give(), factory_builds(), exchange(design), firewall(), device(vpn)],
        AwsEnd::Customer => vec![we_build(design), exchange_ours(), factory_device()],
    };
    steps.push(routing(vpn));
    steps.push(rekey(vpn.aws_end));
    steps.push(
        Step::new(Who::Both, "let names lead through the tunnel")
            .say("Factory says which of its names are to lead to private addresses, and which resolver gives them.")
            .check(format!("They lead into {}:", blocks(&vpn.factory.cidrs)))
            .check_run([check(design, &["--resolver ADDRESS", "--only 'network.dns*'"])]),
    );
    steps.extend(proof::steps(design));
    steps
}

fn give() -> Step {
    Step::new(Who::You, "give Factory its files")
        .say(
            "Send Factory `vpn/factory-side.tf`, `vpn/parameters.md` and this worksheet: they name your device's address, its \
             proposals and the CIDRs behind it. None of them holds a secret.",
        )
        .check("Factory has confirmed your device's address and your CIDRs.")
}

fn factory_builds() -> Step {
    Step::new(Who::Factory, "build AWS's end")
        .say(
            "Factory applies `vpn/factory-side.tf`, which sets every option of both tunnels to what your device offers. It gives \
             the file its own route tables (`route_table_ids`).",
        )
        .check("Factory has the two public addresses of the tunnels (`terraform output`).")
}

fn exchange(design: &NetworkDesign) -> Step {
    Step::new(Who::Both, "exchange addresses and keys")
        .say(
            "Factory gives you the two addresses of its tunnels, and the two pre-shared keys by a way that both sides trust. Enter \
             the keys on the device alone. If the addresses differ from those in these files, take Factory's new kit and run \
             again:",
        )
        .run([design.commands.plan.clone()])
        .check("Both sides have read the two addresses to each other.")
}

fn firewall() -> Step {
    Step::new(Who::You, "open the firewall in front of your VPN device")
        .say("UDP 500, UDP 4500 and IP protocol 50 (ESP), both directions, to both tunnel addresses: `firewall.md`.")
        .check("Your firewall counts packets of UDP 500 to both addresses once the device tries.")
}

fn device(vpn: &VpnDesign) -> Step {
    let identity = vpn.customer.identity.as_ref().map_or_else(
        || "It sends its public address as its identity; behind NAT set the identity by hand.".to_owned(),
        |identity| format!("It sends the identity `{}`.", identity.replace('`', "'")),
    );
    Step::new(Who::You, "set up your VPN device")
        .say(format!(
            "Both tunnels: AWS takes either down for maintenance. `vpn/parameters.md` has every parameter for any device, \
             `vpn/swanctl.conf` is ready for strongSwan but for the keys. {identity} Your end starts the tunnels: AWS's end \
             waits."
        ))
        .check("Both tunnels are established and have their CHILD_SA; with strongSwan:")
        .check_run(["swanctl --load-all", "swanctl --list-sas"])
}

fn we_build(design: &NetworkDesign) -> Step {
    let account = design.aws.as_ref().map(|aws| aws.account_id.clone()).unwrap_or_default();
    Step::new(Who::You, "build AWS's end")
        .say(format!("In the folder `vpn`, with rights in the account {account}. AWS makes the pre-shared keys."))
        .run(["terraform init", "terraform apply"])
        .check("The output has the two public addresses of the tunnels:")
        .check_run(["terraform output"])
}

fn exchange_ours() -> Step {
    Step::new(Who::Both, "exchange addresses and keys")
        .say(
            "Give Factory `vpn/parameters.md`, the two addresses, and the two pre-shared keys by a way that both sides trust. AWS's Secrets Manager \
             keeps them, under the name that `terraform output preshared_key_arn` gives: read them in its console, and keep \
             them out of files and messages.",
        )
        .check("Both sides have read the two addresses to each other.")
}

fn factory_device() -> Step {
    Step::new(Who::Factory, "set up its VPN device")
        .say("Its parameters are in `vpn/parameters.md`; it starts the tunnels, since AWS's end waits.")
        .check("AWS shows both tunnels as UP, in the console or with `aws ec2 describe-vpn-connections`.")
}

fn routing(vpn: &VpnDesign) -> Step {
    Step::new(Who::Both, "route, and make packets small enough")
        .say(format!(
            "Your network sends {} into the tunnel, Factory's sends {} back. Set the MSS of TCP to {MSS} on the tunnel: what is \
             larger is lost on ways that filter ICMP, and TLS hangs.",
            blocks(&vpn.factory.cidrs),
            blocks(&vpn.customer.cidrs),
        ))
        .check("A connection from GitLab's network to an address of Factory's opens, and stays open for more than a minute.")
}

fn rekey(aws_end: AwsEnd) -> Step {
    // With strongSwan at Factory these are Factory's commands.
    let who = if aws_end == AwsEnd::Factory { Who::You } else { Who::Factory };
    Step::new(who, "wait for the first rekey")
        .say(
            "Two ends whose PFS groups differ work until the first rekey of the CHILD_SA, within the hour. This plan has compared \
             them; the devices have the last word.",
        )
        .check("Force one, or look after an hour; the tunnel still carries packets. With strongSwan:")
        .check_run(
            tunnel_names().map(|name| format!("swanctl --rekey --child {name}")).into_iter().chain(["swanctl --list-sas".to_owned()]),
        )
}
