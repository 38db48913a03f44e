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
}

fn wrong(what: impl Into<String>, remedy: impl Into<String>) -> Wrong {
    Wrong { what: what.into(), remedy: remedy.into() }
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
        wrong(what, format!("write {lower}"))
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
    Err(if !digits.is_empty() && digits.len() <= 12 && digits.bytes().all(|byte| byte.is_ascii_digit()) {
        wrong(
            what,
            format!("write all 12 digits without hyphens, in quotes: \"{digits:0>12}\", if only zeros are missing"),
        )
    } else {
        wrong(what, "copy the account ID from AWS's console; it is shown there with hyphens")
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
        let remedy = match lower.trim_end_matches(|c: char| c.is_ascii_lowercase()) {
            // An availability zone, or capital letters.
            meant if meant != text && region(meant).is_ok() => format!("write {meant}"),
            _ => "write the region's code, as in eu-west-1".to_owned(),
        };
        wrong(format!("{text:?} is not the code of an AWS region"), remedy)
    })
}

/// A block, or an address as a block of one.
///
/// # Errors
/// For text that is not one, and for a block whose address is not its first.
pub fn block(text: &str) -> Result<IpNet, Wrong> {
    if let Ok(address) = text.parse::<IpAddr>() {
        return Ok(IpNet::from(address));
    }
    let Ok(block) = text.parse::<IpNet>() else {
        return Err(wrong(format!("{text:?} is not a CIDR"), "write it as in 10.0.0.0/16"));
    };
    let canonical = block.trunc();
    if canonical != block {
        let what = format!("{block} is not the beginning of its block");
        return Err(wrong(what, format!("write {canonical}")));
    }
    Ok(block)
}

/// A block of a VPC: AWS takes only some sizes.
///
/// # Errors
/// As [`block`], and for another size.
pub fn vpc_block(text: &str) -> Result<IpNet, Wrong> {
    let block = block(text)?;
    let length = block.prefix_len();
    match block {
        IpNet::V4(_) if (16..=28).contains(&length) => Ok(block),
        IpNet::V4(_) => Err(wrong(
            format!("{block} is not a size that a VPC can have, /16 to /28"),
            "give the VPC's own CIDRs, as AWS's console shows them",
        )),
        IpNet::V6(_) if (44..=60).contains(&length) && length % 4 == 0 => Ok(block),
        IpNet::V6(_) => Err(wrong(
            format!("{block} is not a size that a VPC can have, /44 to /60 in steps of 4"),
            "give the VPC's own CIDRs, as AWS's console shows them",
        )),
    }
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
        assert!(account("1234567890").expect_err("two zeros lost").remedy.contains("\"001234567890\""));
        assert!(account("0012-3456-7890").expect_err("as shown").remedy.contains("\"001234567890\""));
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
    fn a_block_begins_where_it_says() {
        assert_eq!(block("10.0.1.10").map(|block| block.to_string()), Ok("10.0.1.10/32".to_owned()));
        assert_eq!(block("10.0.1.10/16").expect_err("host bits").remedy, "write 10.0.0.0/16");
        assert!(block("not a cidr").is_err());
        for (text, is_good) in
            [("10.0.0.0/16", true), ("10.0.0.0/8", false), ("10.0.0.0/29", false), ("2600:1f00::/56", true)]
        {
            assert_eq!(vpc_block(text).is_ok(), is_good, "{text}");
        }
    }
}
