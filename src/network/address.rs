//! The class of an address: whether it is reached over the internet, and which of GitLab's outbound rules it would meet.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use serde::Serialize;

/// What an address is for. An IPv6 address that carries an IPv4 one (mapped, or NAT64) has the class of that.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AddressClass {
    Public,
    /// RFC 1918, and unique local or site-local IPv6 addresses.
    Private,
    /// This machine itself: `127.0.0.0/8`, `::1`, and the unspecified addresses.
    Loopback,
    LinkLocal,
    /// `100.64.0.0/10`: carrier-grade NAT, some VPNs and EKS.
    Shared,
    /// `255.255.255.255`.
    Broadcast,
    /// Multicast, documentation, benchmarking and what is kept for the future: no server has it.
    Reserved,
}

impl AddressClass {
    #[must_use]
    pub const fn of(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(v4) => Self::of_v4(v4),
            IpAddr::V6(v6) => Self::of_v6(v6),
        }
    }

    /// Whether the internet does not lead there.
    #[must_use]
    pub const fn is_private(self) -> bool {
        !matches!(self, Self::Public)
    }

    const fn of_v4(address: Ipv4Addr) -> Self {
        let [first, second, third, _] = address.octets();
        if address.is_loopback() || address.is_unspecified() {
            Self::Loopback
        } else if address.is_private() {
            Self::Private
        } else if address.is_link_local() {
            Self::LinkLocal
        } else if first == 100 && second >= 64 && second < 128 {
            Self::Shared
        } else if address.is_broadcast() {
            Self::Broadcast
        } else if first == 0
            || first >= 224
            || address.is_documentation()
            || (first == 198 && (second == 18 || second == 19))
            || (first == 192 && second == 0 && third == 0)
        {
            Self::Reserved
        } else {
            Self::Public
        }
    }

    const fn of_v6(address: Ipv6Addr) -> Self {
        if let Some(v4) = embedded(address) {
            return Self::of_v4(v4);
        }
        let [first, second, ..] = address.segments();
        if address.is_loopback() || address.is_unspecified() {
            Self::Loopback
        } else if address.is_unique_local() || first & 0xffc0 == 0xfec0 {
            Self::Private
        } else if address.is_unicast_link_local() {
            Self::LinkLocal
        } else if address.is_multicast() || (first == 0x2001 && second == 0xdb8) {
            Self::Reserved
        } else {
            Self::Public
        }
    }
}

/// The IPv4 address in a mapped (`::ffff:0:0/96`) or NAT64 (`64:ff9b::/96`) one.
const fn embedded(address: Ipv6Addr) -> Option<Ipv4Addr> {
    if let Some(v4) = address.to_ipv4_mapped() {
        return Some(v4);
    }
    match address.segments() {
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => {
            let [a, b] = high.to_be_bytes();
            let [c, d] = low.to_be_bytes();
            Some(Ipv4Addr::new(a, b, c, d))
        }
        _ => None,
    }
}

impl fmt::Display for AddressClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Public => "public",
            Self::Private => "private",
            Self::Loopback => "loopback",
            Self::LinkLocal => "link-local",
            Self::Shared => "shared address space",
            Self::Broadcast => "broadcast",
            Self::Reserved => "reserved",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_class_has_its_addresses() {
        for (text, class) in [
            ("8.8.8.8", AddressClass::Public),
            ("2600::1", AddressClass::Public),
            ("10.0.0.1", AddressClass::Private),
            ("172.31.255.255", AddressClass::Private),
            ("172.32.0.0", AddressClass::Public),
            ("192.168.1.1", AddressClass::Private),
            ("fd00::1", AddressClass::Private),
            ("fec0::1", AddressClass::Private),
            ("127.0.0.2", AddressClass::Loopback),
            ("0.0.0.0", AddressClass::Loopback),
            ("::1", AddressClass::Loopback),
            ("::", AddressClass::Loopback),
            ("169.254.169.254", AddressClass::LinkLocal),
            ("fe80::1", AddressClass::LinkLocal),
            ("100.64.0.1", AddressClass::Shared),
            ("100.127.255.255", AddressClass::Shared),
            ("100.128.0.0", AddressClass::Public),
            ("255.255.255.255", AddressClass::Broadcast),
            ("203.0.113.1", AddressClass::Reserved),
            ("198.18.0.1", AddressClass::Reserved),
            ("192.0.0.8", AddressClass::Reserved),
            ("240.0.0.1", AddressClass::Reserved),
            ("224.0.0.1", AddressClass::Reserved),
            ("2001:db8::1", AddressClass::Reserved),
            ("ff02::1", AddressClass::Reserved),
            ("::ffff:10.0.0.1", AddressClass::Private),
            ("64:ff9b::10.0.0.1", AddressClass::Private),
            ("64:ff9b::8.8.8.8", AddressClass::Public),
        ] {
            assert_eq!(AddressClass::of(text.parse().expect(text)), class, "{text}");
        }
    }
}
