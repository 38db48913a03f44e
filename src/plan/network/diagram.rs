//! One picture of both networks: addresses, ports, directions, and the way between them. It is read in light and in dark.

mod svg;

use self::svg::{Align, Label, Picture, Rectangle, Style};
use super::firewall::{self, Direction, FirewallRule, Place, RuleScope, Traffic};
use super::plain::one_line;
use super::{AwsEnd, NetworkDesign, NetworkMethod, VpnEnd};

const WIDTH: u32 = 1_160;
const BOX_WIDTH: u32 = 320;
const MARGIN: u32 = 20;
const TOP: u32 = 84;
const LINE: u32 = 20;
/// Between two arrows.
const STEP: u32 = 54;
/// What fits in a box, and above an arrow, in letters.
const IN_BOX: usize = 37;
const ON_ARROW: usize = 56;
/// More lines of one kind are counted.
const MOST_LINES: usize = 6;
const MOST_ARROWS: usize = 12;

/// The picture, as SVG.
#[must_use]
pub fn svg(design: &NetworkDesign) -> String {
    let rules = firewall::rules(design);
    let left = Side::gitlab(design);
    let right = Side::factory(design, &rules);
    let arrows = arrows(&rules);
    let way = way(design);
    let lines = left.height().max(right.height());
    let middle = u32::try_from(arrows.len()).unwrap_or_default() * STEP + way_height(&way);
    let height = lines.max(middle) + 24;
    let mut picture = Picture::new(WIDTH, TOP + height + MARGIN, &title(design));
    let label = |y, style, most| Label { x: MARGIN, y, align: Align::Start, style, most };
    picture.text(label(34, Style::Title, 84), &title(design));
    picture.text(label(58, Style::Dim, 160), subtitle(design.method));
    left.draw(&mut picture, MARGIN, height);
    right.draw(&mut picture, WIDTH - MARGIN - BOX_WIDTH, height);
    draw_way(&mut picture, &way, height);
    draw_arrows(&mut picture, &arrows, TOP + way_height(&way));
    picture.finish()
}

fn title(design: &NetworkDesign) -> String {
    format!("{}: GitLab and Factory", one_line(&design.organization))
}

const fn subtitle(method: NetworkMethod) -> &'static str {
    match method {
        NetworkMethod::VpcPeering => "VPC peering: both are in AWS, and addresses stay private",
        NetworkMethod::Vpn => {
            "Site-to-site VPN: two IPsec tunnels over the internet, and addresses stay private inside of them"
        }
        NetworkMethod::Public => "Over the internet, through firewalls: public addresses, TLS and SSH",
    }
}

/// A network: its name, and groups of lines.
struct Side {
    name: String,
    groups: Vec<Group>,
}

struct Group {
    label: &'static str,
    lines: Vec<String>,
}

impl Side {
    fn gitlab(design: &NetworkDesign) -> Self {
        let mut groups = vec![
            Group { label: "GitLab", lines: vec![design.gitlab.url.as_str().to_owned()] },
            Group { label: "addresses", lines: design.gitlab.addresses.iter().map(firewall::written).collect() },
        ];
        if let Some(aws) = &design.aws {
            groups.push(Group { label: "VPC", lines: vec![aws.vpc_id.clone(), place(&aws.region, &aws.account_id)] });
            groups.push(Group { label: "CIDRs", lines: aws.vpc_cidrs.iter().map(ToString::to_string).collect() });
            groups.push(Group { label: "route tables", lines: aws.route_tables.clone() });
            groups.push(Group { label: "security groups", lines: aws.security_groups.clone() });
        }
        if let Some(vpn) = &design.vpn {
            groups.extend(end(&vpn.customer, EndKind::of(AwsEnd::Customer, vpn.aws_end)));
        }
        Self { name: one_line(&design.organization), groups }
    }

    fn factory(design: &NetworkDesign, rules: &[FirewallRule]) -> Self {
        let mut hosts: Vec<String> = Vec::new();
        for rule in rules.iter().filter(|rule| is_application(rule, Direction::GitLabToFactory)) {
            let host = rule.to.name.clone().unwrap_or_default();
            if !hosts.contains(&host) {
                hosts.push(host);
            }
        }
        let mut groups = vec![Group { label: "hosts", lines: hosts }];
        if let Some(vpc) = design.factory.vpc.as_ref().filter(|_| design.method != NetworkMethod::Public) {
            groups.push(Group { label: "VPC", lines: vec![vpc.id.clone(), place(&vpc.region, &vpc.account)] });
            groups.push(Group { label: "CIDRs", lines: vpc.cidrs.iter().map(ToString::to_string).collect() });
        }
        if let Some(vpn) = &design.vpn {
            groups.extend(end(&vpn.factory, EndKind::of(AwsEnd::Factory, vpn.aws_end)));
        }
        if design.method == NetworkMethod::Public {
            let known: Vec<String> = design.factory.egress_cidrs.iter().map(firewall::written).collect();
            let lines = if known.is_empty() { vec!["not known yet: ask Factory".to_owned()] } else { known };
            groups.push(Group { label: "comes from", lines });
        }
        Self { name: "Factory".to_owned(), groups }
    }

    fn groups(&self) -> impl Iterator<Item = &Group> {
        self.groups.iter().filter(|group| group.lines.iter().any(|line| !line.is_empty()))
    }

    fn height(&self) -> u32 {
        let lines: usize = self.groups().map(|group| group.lines.len().min(MOST_LINES) + 1).sum();
        let gaps = self.groups().count();
        u32::try_from(lines).unwrap_or_default() * LINE + u32::try_from(gaps).unwrap_or_default() * 8 + 48
    }

    fn draw(&self, picture: &mut Picture, x: u32, height: u32) {
        picture.shape("box", Rectangle { x, y: TOP, width: BOX_WIDTH, height, radius: 8 });
        let label = |y, style, most| Label { x: x + 16, y, align: Align::Start, style, most };
        picture.text(label(TOP + 32, Style::Heading, 25), &self.name);
        let mut y = TOP + 60;
        for group in self.groups() {
            picture.text(label(y, Style::Dim, IN_BOX), group.label);
            y += LINE;
            let shown = first(&group.lines, MOST_LINES);
            for line in shown {
                picture.text(label(y, Style::Code, IN_BOX), line);
                y += LINE;
            }
            let rest = group.lines.len() - shown.len();
            if rest > 0 {
                picture.text(label(y, Style::Plain, IN_BOX), &format!("and {rest} more"));
                y += LINE;
            }
            y += 8;
        }
    }
}

/// The first ones; where there are more than so many, the last place is for the number of the rest.
fn first(lines: &[String], most: usize) -> &[String] {
    if lines.len() <= most { lines } else { &lines[..most - 1] }
}

fn place(region: &str, account: &str) -> String {
    [region, account].iter().filter(|part| !part.is_empty()).copied().collect::<Vec<_>>().join(", account ")
}

/// One end of the VPN. AWS gives its own end addresses when it is created.
fn end(end: &VpnEnd, kind: EndKind) -> [Group; 2] {
    let known: Vec<String> = end.addresses.iter().map(ToString::to_string).collect();
    let (label, unknown) = match kind {
        EndKind::Aws => ("VPN's end (AWS)", "not known yet: AWS gives them"),
        EndKind::Device => ("VPN's end (device or host)", "not known yet"),
    };
    let lines = if known.is_empty() { vec![unknown.to_owned()] } else { known };
    [
        Group { label, lines },
        Group { label: "through the VPN", lines: end.cidrs.iter().map(ToString::to_string).collect() },
    ]
}

#[derive(Clone, Copy)]
enum EndKind {
    Aws,
    Device,
}

impl EndKind {
    fn of(end: AwsEnd, design: AwsEnd) -> Self {
        if end == design { Self::Aws } else { Self::Device }
    }
}

fn is_application(rule: &FirewallRule, direction: Direction) -> bool {
    rule.scope == RuleScope::Application && rule.direction == direction
}

/// An arrow: above it what passes and what for, below it where to.
#[derive(Eq, PartialEq)]
struct Arrow {
    direction: Direction,
    above: String,
    below: String,
}

fn arrows(rules: &[FirewallRule]) -> Vec<Arrow> {
    let mut arrows: Vec<Arrow> = Vec::new();
    for rule in rules.iter().filter(|rule| rule.scope == RuleScope::Application) {
        let arrow = Arrow {
            direction: rule.direction,
            above: format!("{}: {}", rule.traffic, one_line(&rule.purpose)),
            below: destination(rule),
        };
        if !arrows.contains(&arrow) {
            arrows.push(arrow);
        }
    }
    if arrows.len() > MOST_ARROWS {
        shorten(&mut arrows);
    }
    arrows
}

/// Of too many arrows to Factory the last ones become one, so that those to GitLab stay.
fn shorten(arrows: &mut Vec<Arrow>) {
    let extra = arrows.len() - MOST_ARROWS + 1;
    let to_factory = arrows.iter().filter(|arrow| arrow.direction == Direction::GitLabToFactory).count();
    let from = to_factory.saturating_sub(extra);
    let rest: Vec<String> = arrows.drain(from..to_factory).map(|arrow| arrow.above).collect();
    let above = format!("and {} more, in firewall.md", rest.len());
    arrows.insert(from, Arrow { direction: Direction::GitLabToFactory, above, below: rest.join(", ") });
}

fn destination(rule: &FirewallRule) -> String {
    let Place { name, blocks, .. } = &rule.to;
    let blocks: Vec<String> = blocks.iter().map(firewall::written).collect();
    let host = name.clone().unwrap_or_default();
    match blocks.as_slice() {
        [] => host,
        [one] if *one == host => host,
        [one] => format!("{host} at {one}"),
        [one, rest @ ..] => format!("{host} at {one} and {} more", rest.len()),
    }
}

const LEFT_END: u32 = MARGIN + BOX_WIDTH;
const RIGHT_START: u32 = WIDTH - MARGIN - BOX_WIDTH;
const MIDDLE: u32 = WIDTH / 2;

fn draw_arrows(picture: &mut Picture, arrows: &[Arrow], top: u32) {
    let mut y = top + 44;
    for arrow in arrows {
        let (from, to) = match arrow.direction {
            Direction::GitLabToFactory => (LEFT_END + 8, RIGHT_START - 8),
            Direction::FactoryToGitLab => (RIGHT_START - 8, LEFT_END + 8),
        };
        picture.arrow(from, to, y);
        let label = |y, style| Label { x: MIDDLE, y, align: Align::Middle, style, most: ON_ARROW };
        picture.text(label(y - 8, Style::Plain), &arrow.above);
        picture.text(label(y + 17, Style::SmallCode), &arrow.below);
        y += STEP;
    }
}

/// What lies between the networks, from above to below.
fn way(design: &NetworkDesign) -> Vec<String> {
    match design.method {
        NetworkMethod::VpcPeering => vec!["VPC peering".to_owned()],
        NetworkMethod::Public => vec!["internet".to_owned()],
        NetworkMethod::Vpn => {
            let traffic = [Traffic::Udp(500), Traffic::Udp(4_500)].map(|traffic| traffic.to_string()).join(", ");
            vec!["VPN tunnel 1".to_owned(), "VPN tunnel 2".to_owned(), format!("{traffic}, ESP between the VPN's ends")]
        }
    }
}

fn way_height(way: &[String]) -> u32 {
    u32::try_from(way.len()).unwrap_or_default() * 34 + 8
}

fn draw_way(picture: &mut Picture, way: &[String], height: u32) {
    let band = Rectangle { x: LEFT_END + 70, y: TOP, width: RIGHT_START - LEFT_END - 140, height, radius: 0 };
    picture.shape("band", band);
    let mut y = TOP + 8;
    for line in way {
        if line.contains("tunnel") || way.len() == 1 {
            let width = RIGHT_START - LEFT_END - 16;
            picture.shape("pill", Rectangle { x: LEFT_END + 8, y, width, height: 26, radius: 13 });
        }
        picture.text(Label { x: MIDDLE, y: y + 18, align: Align::Middle, style: Style::Strong, most: 70 }, line);
        y += 34;
    }
}

#[cfg(test)]
mod tests;
