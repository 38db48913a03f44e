//! Words of the network: what class an address is of, how two networks are joined, what GitLab lets its webhooks reach.

pub mod address;
mod method;
pub mod outbound;

pub use self::address::AddressClass;
pub use self::method::{AwsEnd, NetworkMethod};
