//! Words of the network: what class an address is of, and what a proposal of IPsec offers.

pub mod address;
pub mod proposal;

pub use self::address::AddressClass;
