//! What AWS's names and blocks of addresses look like. Terraform and its provider accept others without a word, and the error
//! comes when the plan is applied.

use std::net::IpAddr;

use ipnet::IpNet;

/// A kind of AWS's identifiers.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum IdKind {
    Vpc,
    RouteTable,
    SecurityGroup,
}

impl IdKind {
    const fn prefix(self) -> &'static str {
        match self {
            Self::Vpc => "vpc-",
            Self::RouteTable => "rtb-",
            Self::SecurityGroup => "sg-",
        }
    }

    const fn example(self) -> &'static str {
        match self {
            Self::Vpc => "vpc-0123456789abcdef0",
            Self::RouteTable => "rtb-0123456789abcdef0",
            Self::SecurityGroup => "sg-0123456789abcdef0",
        }
    }
}

/// What is wrong with a value, and what to do.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Wrong {
    pub what: String,
    pub remedy: String,
    /// The value that was probably meant, which the remedy names too.
    pub meant: Option<String>,
}

pub(super) fn wrong(what: impl Into<String>, remedy: impl Into<String>) -> Wrong {
    Wrong { what: what.into(), remedy: remedy.into(), meant: None }
}

fn wrong_for(what: impl Into<String>, meant: String) -> Wrong {
    Wrong { what: what.into(), remedy: format!("write {meant}"), meant: Some(meant) }
}

/// # Errors
/// For anything but the prefix and 8 or 17 hexadecimal digits in lower case.
pub fn id(kind: IdKind, text: &str) -> Result<String, Wrong> {
    let is_digit = |c: char| c.is_ascii_digit() || ('a'..='f').contains(&c);
    let is_id = |text: &str| {
        text.strip_prefix(kind.prefix()).is_some_and(|rest| matches!(rest.len(), 8 | 17) && rest.chars().all(is_digit))
    };
    if is_id(text) {
        return Ok(text.to_owned());
    }
    let what = format!("{text:?} is not {} and 8 or 17 hexadecimal digits in lower case", kind.prefix());
    let lower = text.trim().to_ascii_lowercase();
    Err(if is_id(&lower) {
        wrong_for(what, lower)
    } else {
        wrong(what, format!("copy the whole ID from AWS's console, as in {}", kind.example()))
    })
}

/// # Errors
/// For anything but 12 digits.
pub fn account(text: &str) -> Result<String, Wrong> {
    let digits = text.replace('-', "");
    if text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(text.to_owned());
    }
    let what = format!("{text:?} is not 12 digits");
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    Err(match digits.len() {
        12 if is_number => wrong_for(what, digits),
        // Not offered as what was meant: other digits may be missing than these.
        1..12 if is_number => {
            wrong(what, format!("write all 12 digits: {digits:0>12}, if only zeros at the beginning are missing"))
        }
        _ => wrong(what, "copy the account ID from AWS's console; it is shown there with hyphens"),
    })
}

/// A part of AWS that shares nothing with the others: no peering leads from one to another.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Partition {
    Commercial,
    China,
    GovCloud,
    Isolated,
    EuSovereign,
}

impl Partition {
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Commercial => "AWS's commercial regions",
            Self::China => "AWS in China",
            Self::GovCloud => "AWS GovCloud (US)",
            Self::Isolated => "an isolated part of AWS",
            Self::EuSovereign => "the AWS European Sovereign Cloud",
        }
    }
}

/// The partition of a region, by its name.
///
/// # Errors
/// For what is not the name of a region.
pub fn region(text: &str) -> Result<Partition, Wrong> {
    const PLACES: [&str; 9] =
        ["central", "north", "south", "east", "west", "northeast", "northwest", "southeast", "southwest"];
    const BEGINNINGS: [&str; 9] = ["us", "eu", "ap", "sa", "ca", "me", "af", "il", "mx"];
    let parts: Vec<&str> = text.split('-').collect();
    let is_number = |part: &str| part.len() == 1 && part.bytes().all(|byte| matches!(byte, b'1'..=b'9'));
    let found = match parts.as_slice() {
        [begin, middle @ .., place, number] if PLACES.contains(place) && is_number(number) => match (*begin, middle) {
            ("cn", []) => Some(Partition::China),
            ("eusc", ["de"]) => Some(Partition::EuSovereign),
            ("us", ["gov"]) => Some(Partition::GovCloud),
            ("us" | "eu", [iso]) if iso.starts_with("iso") => Some(Partition::Isolated),
            (begin, []) if BEGINNINGS.contains(&begin) => Some(Partition::Commercial),
            _ => None,
        },
        _ => None,
    };
    found.ok_or_else(|| {
        let lower = text.to_ascii_lowercase();
        let what = format!("{text:?} is not the code of an AWS region");
        match lower.trim_end_matches(|c: char| c.is_ascii_lowercase()) {
            // An availability zone, or capital letters.
            meant if meant != text && region(meant).is_ok() => wrong_for(what, meant.to_owned()),
            _ => wrong(what, "write the region's code, as in eu-west-1"),
        }
    })
}

/// A block of a network that others reach, or an address as a block of one.
///
/// # Errors
/// As [`any_block`], for a block with addresses that are no server's, and for one that is larger than a company's network.
pub fn block(text: &str) -> Result<IpNet, Wrong> {
    let block = any_block(text)?;
    if block.prefix_len() < widest(&block) {
        let what = format!("{block} is far more than one company's network: {}", addresses(&block));
        return Err(wrong(what, format!("give only the CIDRs that are meant, /{} or smaller", widest(&block))));
    }
    let is_taken = |taken: &str| taken.parse().is_ok_and(|taken: IpNet| overlap(&taken, &block));
    match NOBODYS.into_iter().find(|(taken, _)| is_taken(taken)) {
        None => Ok(block),
        Some((_, kind)) => {
            let what = format!("{block} has {kind} addresses, which no other network reaches");
            Err(wrong(what, "give only addresses that servers have"))
        }
    }
}

/// Blocks whose addresses are never those of a server that another network reaches.
const NOBODYS: [(&str, &str); 9] = [
    ("0.0.0.0/8", "unspecified"),
    ("127.0.0.0/8", "loopback"),
    ("169.254.0.0/16", "link-local"),
    ("224.0.0.0/4", "multicast"),
    ("255.255.255.255/32", "broadcast"),
    ("::/96", "unspecified and loopback"),
    ("::ffff:0:0/96", "mapped IPv4"),
    ("fe80::/10", "link-local"),
    ("ff00::/8", "multicast"),
];

/// The shortest prefix that a block may have.
const fn widest(block: &IpNet) -> u8 {
    match block {
        IpNet::V4(_) => 8,
        IpNet::V6(_) => 19,
    }
}

/// `4096 addresses`, or `2^96 addresses` where the number says nothing.
#[must_use]
pub fn addresses(block: &IpNet) -> String {
    match block.max_prefix_len() - block.prefix_len() {
        0 => "1 address".to_owned(),
        bits if bits <= 32 => format!("{} addresses", 1_u64 << bits),
        bits => format!("2^{bits} addresses"),
    }
}

/// A block whatever it is for, or an address as a block of one.
///
/// # Errors
/// For text that is not one, and for a block whose address is not its first.
pub fn any_block(text: &str) -> Result<IpNet, Wrong> {
    if let Ok(address) = text.parse::<IpAddr>() {
        return Ok(IpNet::from(address));
    }
    let Ok(block) = text.parse::<IpNet>() else {
        let is_name = text.contains('.') && text.chars().any(|c| c.is_ascii_alphabetic());
        let remedy = if is_name { "give an IP address and not a name" } else { "write it as in 10.0.0.0/16" };
        return Err(wrong(format!("{text:?} is not a CIDR"), remedy));
    };
    let canonical = block.trunc();
    if canonical != block {
        let what = format!("{block} does not begin at its first address");
        return Err(wrong_for(what, canonical.to_string()));
    }
    Ok(block)
}

/// A block of a VPC: AWS takes only some sizes.
///
/// # Errors
/// As [`block`], and for another size.
pub fn vpc_block(text: &str) -> Result<IpNet, Wrong> {
    let sized = any_block(text)?;
    let length = sized.prefix_len();
    match sized {
        IpNet::V4(_) if (16..=28).contains(&length) => block(text),
        IpNet::V4(_) => Err(wrong(
            format!("{sized} is not a size that a VPC can have, /16 to /28"),
            "give the VPC's own CIDRs, as AWS's console shows them",
        )),
        IpNet::V6(_) if (44..=60).contains(&length) && length % 4 == 0 => block(text),
        IpNet::V6(_) => Err(wrong(
            format!("{sized} is not a size that a VPC can have, /44 to /60 in steps of 4"),
            "give the VPC's own CIDRs, as AWS's console shows them",
        )),
    }
}

/// An IKE identity that can be written into every file as it is: an IPv4 address, a host name, or one with a user before it.
///
/// # Errors
/// For anything else, which may be a key that was given in the wrong place: it is not repeated.
pub fn identity(text: &str) -> Result<String, Wrong> {
    let (user, host) = text.split_once('@').map_or((None, text), |(user, host)| (Some(user), host));
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    let is_user = user.is_none_or(|user| !user.is_empty() && user.len() <= 64 && user.chars().all(is_plain));
    let is_address = user.is_none() && text.parse::<std::net::Ipv4Addr>().is_ok();
    if text.len() <= 253 && (is_address || (is_user && is_full_name(host))) {
        return Ok(text.to_owned());
    }
    let what = "it is not an IPv4 address, a host name with its domain, or user@host";
    Err(wrong(what, "give the public address of the VPN's end, or the name in its certificate: vpn.acme.example"))
}

/// A host name with a domain, whose last part is of letters alone.
fn is_full_name(text: &str) -> bool {
    let is_label = |label: &&str| {
        let is_inside = label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
        (1..=63).contains(&label.len()) && is_inside && !label.starts_with('-') && !label.ends_with('-')
    };
    let labels: Vec<&str> = text.split('.').collect();
    let is_top = |label: &&str| {
        label.starts_with("xn--") || (label.len() >= 2 && label.chars().all(|c| c.is_ascii_alphabetic()))
    };
    labels.len() >= 2 && labels.iter().all(is_label) && labels.last().is_some_and(is_top)
}

/// Whether two blocks have an address in common.
#[must_use]
pub fn overlap(one: &IpNet, other: &IpNet) -> bool {
    one.contains(other) || other.contains(one)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_have_8_or_17_digits_in_lower_case() {
        for good in ["vpc-0a1b2c3d", "vpc-0123456789abcdef0"] {
            assert_eq!(id(IdKind::Vpc, good).as_deref(), Ok(good));
        }
        for bad in ["vpc-0abc", "vpc-0123456789abcdeg0", "rtb-0a1b2c3d", "", "nonsense", "vpc-0123456789abcdef01"] {
            assert!(id(IdKind::Vpc, bad).is_err(), "{bad}");
        }
        let upper = id(IdKind::SecurityGroup, "SG-0A1B2C3D").expect_err("capital letters");
        assert_eq!(upper.remedy, "write sg-0a1b2c3d");
    }

    #[test]
    fn an_account_keeps_the_zeros_at_its_beginning() {
        assert_eq!(account("001234567890").as_deref(), Ok("001234567890"));
        let lost = account("1234567890").expect_err("two zeros lost");
        assert_eq!(lost.remedy, "write all 12 digits: 001234567890, if only zeros at the beginning are missing");
        assert_eq!(lost.meant, None, "another digit may be missing");
        let shown = account("0012-3456-7890").expect_err("as shown");
        assert_eq!((shown.remedy.as_str(), shown.meant.as_deref()), ("write 001234567890", Some("001234567890")));
        assert!(account("acme").expect_err("a name").remedy.contains("console"));
    }

    #[test]
    fn a_region_is_of_its_partition() {
        for (text, wanted) in [
            ("eu-west-1", Partition::Commercial),
            ("ap-southeast-2", Partition::Commercial),
            ("mx-central-1", Partition::Commercial),
            ("cn-north-1", Partition::China),
            ("us-gov-west-1", Partition::GovCloud),
            ("us-iso-east-1", Partition::Isolated),
            ("us-isob-east-1", Partition::Isolated),
            ("eu-isoe-west-1", Partition::Isolated),
            ("eusc-de-east-1", Partition::EuSovereign),
        ] {
            assert_eq!(region(text), Ok(wanted), "{text}");
        }
        for text in ["eu-nowhere-9", "eu-west", "europe", "", "eu-west-1a", "EU-WEST-1"] {
            assert!(region(text).is_err(), "{text}");
        }
        for text in ["eu-west-1a", "EU-WEST-1"] {
            assert_eq!(region(text).expect_err(text).remedy, "write eu-west-1");
        }
    }

    #[test]
    fn a_block_is_one_of_servers_and_not_larger_than_a_companys_network() {
        for (text, wanted) in [
            ("0.0.0.0/0", "0.0.0.0/0 is far more than one company's network: 4294967296 addresses"),
            ("::/0", "::/0 is far more than one company's network: 2^128 addresses"),
            ("0.0.0.0/1", "far more"),
            ("128.0.0.0/2", "far more"),
            ("240.0.0.0/4", "far more"),
            ("2000::/3", "far more"),
            ("127.0.0.0/8", "127.0.0.0/8 has loopback addresses, which no other network reaches"),
            ("127.3.0.0/24", "loopback"),
            ("0.0.0.0/32", "unspecified"),
            ("0.0.0.0/8", "unspecified"),
            ("169.254.169.254", "link-local"),
            ("169.254.0.0/16", "link-local"),
            ("224.0.0.0/4", "far more"),
            ("239.0.0.0/8", "multicast"),
            ("255.255.255.255/32", "broadcast"),
            ("255.255.255.0/24", "broadcast"),
            ("::1", "loopback"),
            ("::ffff:10.0.0.1", "mapped IPv4"),
            ("fe80::/64", "link-local"),
            ("ff02::1", "multicast"),
        ] {
            let refused = block(text).expect_err(text);
            assert!(refused.what.contains(wanted), "{text}: {}", refused.what);
        }
        for text in
            ["10.0.0.0/8", "203.0.113.0/24", "8.8.8.8", "100.64.0.0/10", "2600::/19", "fd00::/48", "2001:db8::1"]
        {
            assert!(block(text).is_ok(), "{text}");
        }
        assert!(vpc_block("127.0.0.0/16").expect_err("no VPC").what.contains("loopback"));
        assert_eq!(any_block("169.254.10.0/30").map(|block| addresses(&block)), Ok("4 addresses".to_owned()));
    }

    #[test]
    fn an_identity_looks_like_one_and_is_not_repeated_where_it_does_not() {
        for good in ["198.51.100.7", "vpn.acme.example", "gw@acme.example", "first.last@vpn.xn--bcher-kva"] {
            assert_eq!(identity(good).as_deref(), Ok(good));
        }
        let long = format!("{}.example", "a.".repeat(124));
        for bad in [
            "hunter2hunter2",
            "9vQ4mZx7Lp2wRk8T",
            "canary.psk.9vQ4mZx7Lp2wRk8T",
            "a b",
            "",
            "-----BEGIN KEY-----",
            "@acme.example",
            "a..b",
            "vpn_gw.acme.example",
            "1.2.3",
            "2001:db8::1",
            long.as_str(),
        ] {
            let refused = identity(bad).expect_err(bad);
            assert!(bad.is_empty() || !format!("{refused:?}").contains(bad), "{refused:?}");
        }
    }

    #[test]
    fn a_block_begins_where_it_says() {
        assert_eq!(block("10.0.1.10").map(|block| block.to_string()), Ok("10.0.1.10/32".to_owned()));
        assert_eq!(block("10.0.1.10/16").expect_err("host bits").remedy, "write 10.0.0.0/16");
        assert_eq!(block("not a cidr").expect_err("words").remedy, "write it as in 10.0.0.0/16");
        assert_eq!(block("gitlab.acme.com").expect_err("a name").remedy, "give an IP address and not a name");
        for (text, is_good) in
            [("10.0.0.0/16", true), ("10.0.0.0/8", false), ("10.0.0.0/29", false), ("2600:1f00::/56", true)]
        {
            assert_eq!(vpc_block(text).is_ok(), is_good, "{text}");
        }
    }
}
