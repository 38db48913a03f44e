//! Words of the network: what can be a host, what class an address is of, how two networks are joined, what GitLab lets its webhooks reach, and
//! what a proposal of IPsec offers.

pub mod address;
pub mod host;
mod method;
pub mod outbound;
pub mod proposal;

pub use self::address::AddressClass;
pub use self::host::NotAHost;
pub use self::method::{AwsEnd, NetworkMethod};
