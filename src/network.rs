//! Words of the network: what class an address is of.

pub mod address;

pub use self::address::AddressClass;
