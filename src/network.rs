//! Words of the network: what class an address is of, how two networks are joined.

pub mod address;
mod method;

pub use self::address::AddressClass;
pub use self::method::{AwsEnd, NetworkMethod};
