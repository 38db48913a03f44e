//! The steps of a VPC peering.

use std::net::IpAddr;

use ipnet::IpNet;

use super::super::peering::{ACCEPTED, PATH};
use super::super::{CustomerAws, FactoryVpc, NetworkDesign};
use super::proof::check;
use super::{Step, Who, blocks, proof};

pub(super) const LEFT: &[&str] = &[
    "It accepts the request within 7 days; then it expires, and step 1 is made again.",
    "Its routes back lead to every CIDR of your VPC, from every route table of the subnets that talk to GitLab.",
    "Its security groups and network ACLs let the connections of the table pass.",
    "It says which of its names are to lead to private addresses, and how: by the peering's DNS option, which works for the \
     public names of its EC2 instances and load balancers only, or by a private hosted zone.",
];

pub(super) const SYMPTOMS: [(&str, &str); 4] = [
    (
        "the peering's state is *failed*",
        "two CIDRs overlap, used or not; or the account or the VPC of the kit is wrong",
    ),
    ("the peering's state is *expired*", "Factory has not accepted within 7 days: apply again for a new request"),
    (
        "the peering is active and nothing gets through",
        "a route table is missing, on either side: that of every subnet with GitLab's nodes, load balancers and runners counts",
    ),
    (
        "one direction works",
        "a security group of the other side, or a network ACL without the ports 1024 to 65535 for answers",
    ),
];

pub(super) fn steps(design: &NetworkDesign) -> Vec<Step> {
    let (Some(aws), Some(vpc)) = (&design.aws, &design.factory.vpc) else { return Vec::new() };
    let mut steps = vec![
        request(aws),
        tell(design, aws),
        accept(aws, vpc),
        routes_back(aws, vpc),
        second_run(aws),
        acls(aws),
        dns(design, aws, vpc),
    ];
    steps.extend(proof::steps(design));
    steps
}

const ID: &str = "\"$(terraform output -raw peering_connection_id)\"";

fn state(region: &str, id: &str) -> String {
    format!(
        "aws ec2 describe-vpc-peering-connections --region {region} --vpc-peering-connection-ids {id} --query \
         'VpcPeeringConnections[0].Status.Code' --output text"
    )
}

fn request(aws: &CustomerAws) -> Step {
    Step::new(Who::You, "request the peering, with its routes and rules")
        .say(format!(
            "In this folder, with rights in the account {}. Terraform refuses any other account. Read what it shows before you \
             say yes: it adds, and changes or removes nothing.",
            aws.account_id
        ))
        .run(["terraform init", "terraform apply"])
        .say(format!("Keep Terraform's state with `{PATH}`: the second run needs it. It holds no secret."))
        .check("The state is `pending-acceptance`:")
        .check_run([state(&aws.region, ID)])
}

fn tell(design: &NetworkDesign, aws: &CustomerAws) -> Step {
    Step::new(Who::You, "tell Factory")
        .say("Send Factory the outputs; none of them is a secret:")
        .run(["terraform output"])
        .say(format!(
            "They are the request's ID, the account {}, the region {}, the VPC {} and its CIDRs {}. With these values in the \
             answers file's `[network]`, `{}` puts them into the sealed bundle as well.",
            aws.account_id,
            aws.region,
            aws.vpc_id,
            blocks(&aws.vpc_cidrs),
            connect_with_answers(design),
        ))
        .check("Factory has confirmed the request's ID. It expires 7 days after step 1.")
}

/// `connect` with the answers file of the plan; one that is yet to be written has no name.
fn connect_with_answers(design: &NetworkDesign) -> String {
    let has_answers = design.commands.connection.iter().any(|option| option.starts_with("--config "));
    if has_answers { design.commands.line("connect", &[]) } else { "factory-gitlab connect --config FILE".to_owned() }
}

fn accept(aws: &CustomerAws, vpc: &FactoryVpc) -> Step {
    let id = "pcx-ID";
    Step::new(Who::Factory, "accept the request")
        .say(format!("In the account {}, in the region of its own VPC:", vpc.account))
        .run([format!(
            "aws ec2 accept-vpc-peering-connection --region {} --vpc-peering-connection-id {id}",
            vpc.region
        )])
        .check("You see it, too; the state is `active`:")
        .check_run([state(&aws.region, ID)])
}

fn routes_back(aws: &CustomerAws, vpc: &FactoryVpc) -> Step {
    let route = |block: &IpNet| {
        let destination = match block {
            IpNet::V4(_) => "--destination-cidr-block",
            IpNet::V6(_) => "--destination-ipv6-cidr-block",
        };
        format!(
            "aws ec2 create-route --region {} --route-table-id rtb-ID {destination} {block} --vpc-peering-connection-id pcx-ID",
            vpc.region
        )
    };
    let options = format!(
        "aws ec2 modify-vpc-peering-connection-options --region {} --vpc-peering-connection-id pcx-ID \
         --accepter-peering-connection-options AllowDnsResolutionFromRemoteVpc=true",
        vpc.region
    );
    Step::new(Who::Factory, "lead the answers back, and let names be resolved")
        .say("For every route table of the subnets that talk to GitLab, and once the option of its own side:")
        .run(aws.vpc_cidrs.iter().map(route).chain([options]))
        .say("Its security groups let in what the table above has from GitLab to Factory, from your CIDRs.")
        .check(format!("Each of its route tables has your CIDRs: {}.", blocks(&aws.vpc_cidrs)))
}

fn second_run(aws: &CustomerAws) -> Step {
    let table = aws.route_tables.first().map_or("rtb-ID", String::as_str);
    let attribute = |name: &str| {
        format!(
            "aws ec2 describe-vpc-attribute --region {} --vpc-id {} --attribute {name} --query '*.Value' --output text",
            aws.region, aws.vpc_id
        )
    };
    Step::new(Who::You, "apply the second time")
        .say("Both VPCs need DNS resolution and DNS host names on, or AWS refuses the DNS option; both answers are `True`:")
        .run([attribute("enableDnsSupport"), attribute("enableDnsHostnames")])
        .say("Now that the peering is active, AWS takes its options. Write the variable into a file, so that later runs keep it:")
        .run([
            format!("echo '{ACCEPTED} = true' > terraform.tfvars"),
            "terraform apply".to_owned(),
        ])
        .check("Nothing is left to do (exit code 0), and the routes are active:")
        .check_run([
            "terraform plan -detailed-exitcode".to_owned(),
            format!(
                "aws ec2 describe-route-tables --region {} --route-table-ids {table} --query \
                 'RouteTables[].Routes[].[DestinationCidrBlock,VpcPeeringConnectionId,State]' --output text",
                aws.region
            ),
        ])
}

fn acls(aws: &CustomerAws) -> Step {
    Step::new(Who::Both, "look at network ACLs")
        .say(
            "Where a subnet has another network ACL than the default one, it has to let the ports of the table in and out, and \
             TCP 1024 to 65535 for the answers: an ACL does not know that a packet is an answer.",
        )
        .check_run([format!(
            "aws ec2 describe-network-acls --region {} --filters Name=vpc-id,Values={} --query \
             'NetworkAcls[].[NetworkAclId,IsDefault]' --output text",
            aws.region, aws.vpc_id
        )])
}

fn dns(design: &NetworkDesign, aws: &CustomerAws, vpc: &FactoryVpc) -> Step {
    let step = Step::new(Who::Both, "let names lead over the peering")
        .say(
            "Where Factory uses a private hosted zone, Factory authorizes your VPC for it and you associate the VPC with the zone:",
        )
        .run([
            format!(
                "aws route53 create-vpc-association-authorization --hosted-zone-id ZONE --vpc VPCRegion={},VPCId={}  # Factory",
                aws.region, aws.vpc_id
            ),
            format!(
                "aws route53 associate-vpc-with-hosted-zone --hosted-zone-id ZONE --vpc VPCRegion={},VPCId={}  # you",
                aws.region, aws.vpc_id
            ),
        ]);
    match resolver(aws) {
        Some(resolver) => step
            .check(format!(
                "From inside the VPC, its resolver gives addresses in {} for the names that Factory says are private:",
                blocks(&vpc.cidrs)
            ))
            .check_run([check(design, &[&format!("--resolver {resolver}"), "--only 'network.dns*'"])]),
        None => step.check_run([check(design, &["--only 'network.dns*'"])]),
    }
}

/// The resolver of a VPC is the third address of its first IPv4 block.
fn resolver(aws: &CustomerAws) -> Option<IpAddr> {
    let first = aws.vpc_cidrs.iter().find(|block| matches!(block, IpNet::V4(_)))?;
    match first.network() {
        IpAddr::V4(network) => Some(IpAddr::from((u32::from(network) + 2).to_be_bytes())),
        IpAddr::V6(_) => None,
    }
}
