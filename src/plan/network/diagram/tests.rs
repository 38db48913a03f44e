use super::super::fixture;
use super::*;
use crate::kit::Endpoint;

/// What is written in the picture, in its order.
fn texts(picture: &str) -> String {
    let lines = picture.lines().filter(|line| line.starts_with("<text"));
    let text = |line: &str| {
        line.rsplit_once("</text>").map(|(start, _)| start.rsplit('>').next().unwrap_or_default().to_owned())
    };
    lines.filter_map(text).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_vpn_is_drawn_with_both_ends_its_tunnels_and_what_passes_inside() {
    insta::assert_snapshot!(texts(&svg(&fixture::vpn())), @r"
    Acme: GitLab and Factory
    Site-to-site VPN: two IPsec tunnels over the internet, and addresses stay private inside of them
    Acme
    GitLab
    https://gitlab.acme.example
    addresses
    192.168.10.7
    VPN&#39;s end (device or host)
    198.51.100.7
    through the VPN
    192.168.10.0/24
    Factory
    hosts
    hooks.factory.example
    VPC
    vpc-0123456789abcdef0
    us-east-1, account 123456789012
    CIDRs
    10.64.0.0/16
    VPN&#39;s end (AWS)
    203.0.113.2
    203.0.113.3
    through the VPN
    10.64.0.0/16
    VPN tunnel 1
    VPN tunnel 2
    UDP 500, UDP 4500, ESP between the VPN&#39;s ends
    TCP 443: webhooks
    hooks.factory.example at 10.64.0.0/16
    TCP 443: GitLab&#39;s API, OAuth and Git over HTTPS
    gitlab.acme.example at 192.168.10.7
    TCP 22: Git over SSH
    gitlab.acme.example at 192.168.10.7
    ");
}

#[test]
fn a_peering_is_drawn_with_what_is_changed_in_aws() {
    insta::assert_snapshot!(texts(&svg(&fixture::peering())), @r"
    Acme: GitLab and Factory
    VPC peering: both are in AWS, and addresses stay private
    Acme
    GitLab
    https://gitlab.acme.example
    addresses
    10.20.1.7
    VPC
    vpc-0a1b2c3d
    eu-west-1, account 001234567890
    CIDRs
    10.20.0.0/16
    route tables
    rtb-0a1b2c3d
    rtb-1a1b2c3d
    security groups
    sg-0a1b2c3d
    Factory
    hosts
    hooks.factory.example
    VPC
    vpc-0123456789abcdef0
    us-east-1, account 123456789012
    CIDRs
    10.64.0.0/16
    VPC peering
    TCP 443: webhooks
    hooks.factory.example at 10.64.0.0/16
    TCP 443: GitLab&#39;s API, OAuth and Git over HTTPS
    gitlab.acme.example at 10.20.1.7
    TCP 22: Git over SSH
    gitlab.acme.example at 10.20.1.7
    ");
}

#[test]
fn over_the_internet_what_is_not_known_is_said() {
    insta::assert_snapshot!(texts(&svg(&fixture::public())), @r"
    Acme: GitLab and Factory
    Over the internet, through firewalls: public addresses, TLS and SSH
    Acme
    GitLab
    https://gitlab.acme.example
    addresses
    203.0.113.80
    2001:db8::80
    Factory
    hosts
    hooks.factory.example
    comes from
    not known yet: ask Factory
    internet
    TCP 443: webhooks
    hooks.factory.example
    TCP 443: GitLab&#39;s API, OAuth and Git over HTTPS
    gitlab.acme.example at 203.0.113.80 and 1 more
    TCP 22: Git over SSH
    gitlab.acme.example at 203.0.113.80 and 1 more
    ");
}

#[expect(clippy::too_many_lines, reason = "it shows a whole file")]
#[test]
fn long_and_many_values_are_cut_and_counted_and_text_of_others_is_no_markup() {
    let picture = svg(&many());
    insta::assert_snapshot!(texts(&picture), @r"
    The Very Long &amp; &lt;Incorporated&gt; &quot;Company&quot; of Many Words and Even More Words Limited:…
    VPC peering: both are in AWS, and addresses stay private
    The Very Long &amp; &lt;Incorpo…
    GitLab
    https://gitlab.acme.example
    addresses
    10.20.0.0/24
    10.20.1.0/24
    10.20.2.0/24
    10.20.3.0/24
    10.20.4.0/24
    and 15 more
    VPC
    vpc-0a1b2c3d
    eu-west-1, account 001234567890
    CIDRs
    10.20.0.0/16
    route tables
    rtb-0123456789abcdef0
    rtb-0123456789abcdef1
    rtb-0123456789abcdef2
    rtb-0123456789abcdef3
    rtb-0123456789abcdef4
    and 4 more
    security groups
    sg-0a1b2c3d
    Factory
    hosts
    hooks.factory.example
    a-very-long-name-of-a-host-0.in-a-lo…
    a-very-long-name-of-a-host-1.in-a-lo…
    a-very-long-name-of-a-host-2.in-a-lo…
    a-very-long-name-of-a-host-3.in-a-lo…
    and 11 more
    VPC
    vpc-0123456789abcdef0
    us-east-1, account 123456789012
    CIDRs
    10.64.0.0/16
    VPC peering
    TCP 443: webhooks
    hooks.factory.example at 10.64.0.0/16
    TCP 443: what this is for, &lt;b&gt;told&lt;/b&gt; at some length, …
    a-very-long-name-of-a-host-0.in-a-long-domain.factory.e…
    TCP 444: what this is for, &lt;b&gt;told&lt;/b&gt; at some length, …
    a-very-long-name-of-a-host-1.in-a-long-domain.factory.e…
    TCP 445: what this is for, &lt;b&gt;told&lt;/b&gt; at some length, …
    a-very-long-name-of-a-host-2.in-a-long-domain.factory.e…
    TCP 446: what this is for, &lt;b&gt;told&lt;/b&gt; at some length, …
    a-very-long-name-of-a-host-3.in-a-long-domain.factory.e…
    TCP 447: what this is for, &lt;b&gt;told&lt;/b&gt; at some length, …
    a-very-long-name-of-a-host-4.in-a-long-domain.factory.e…
    TCP 448: what this is for, &lt;b&gt;told&lt;/b&gt; at some length, …
    a-very-long-name-of-a-host-5.in-a-long-domain.factory.e…
    TCP 449: what this is for, &lt;b&gt;told&lt;/b&gt; at some length, …
    a-very-long-name-of-a-host-6.in-a-long-domain.factory.e…
    TCP 450: what this is for, &lt;b&gt;told&lt;/b&gt; at some length, …
    a-very-long-name-of-a-host-7.in-a-long-domain.factory.e…
    and 7 more, in firewall.md
    TCP 451: what this is for, &lt;b&gt;told&lt;/b&gt; at some length, …
    TCP 443: GitLab&#39;s API, OAuth and Git over HTTPS
    gitlab.acme.example at 10.20.0.0/24 and 19 more
    TCP 22: Git over SSH
    gitlab.acme.example at 10.20.0.0/24 and 19 more
    ");
    assert!(!picture.contains("<b>") && !picture.contains("<Incorporated>"), "{picture}");
    // What was cut can still be read.
    assert!(
        picture.contains("<title>a-very-long-name-of-a-host-3.in-a-long-domain.factory.example</title>"),
        "{picture}"
    );
    assert_eq!(picture, svg(&many()));
}

#[test]
fn the_picture_is_xml() {
    for design in [fixture::vpn(), fixture::peering(), fixture::public(), many()] {
        let picture = svg(&design);
        let mut open: Vec<&str> = Vec::new();
        for tag in picture.split('<').skip(1) {
            let (tag, _) = tag.split_once('>').expect("a tag ends");
            let name = tag.trim_start_matches('/').split([' ', '/']).next().unwrap_or_default();
            if tag.starts_with('/') {
                assert_eq!(open.pop(), Some(name), "{tag}");
            } else if !tag.ends_with('/') {
                open.push(name);
            }
        }
        assert_eq!(open, Vec::<&str>::new());
    }
}

fn many() -> NetworkDesign {
    let mut design = fixture::peering();
    design.organization = "The Very Long & <Incorporated> \"Company\" of Many Words and Even More Words Limited".into();
    design.gitlab.addresses = (0..20).map(|at| format!("10.20.{at}.0/24").parse().expect("a block")).collect();
    design.factory.endpoints = (0..15)
        .map(|at| Endpoint {
            host: format!("a-very-long-name-of-a-host-{at}.in-a-long-domain.factory.example"),
            port: 443 + at,
            protocol: None,
            purpose: "what this is for, <b>told</b> at some length, with more words than fit".into(),
            cidrs: Vec::new(),
        })
        .collect();
    let aws = design.aws.as_mut().expect("AWS");
    aws.route_tables = (0..9).map(|at| format!("rtb-0123456789abcdef{at}")).collect();
    design
}
