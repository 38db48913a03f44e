//! Words of the network: what class an address is of, and what GitLab lets its webhooks reach.

pub mod address;
pub mod outbound;

pub use self::address::AddressClass;
