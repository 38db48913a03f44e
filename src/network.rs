//! Words of the network: what class an address is of, how two networks are joined, what GitLab lets its webhooks reach, and
//! what a proposal of IPsec offers.

pub mod address;
mod method;
pub mod outbound;
pub mod proposal;

pub use self::address::AddressClass;
pub use self::method::{AwsEnd, NetworkMethod};
