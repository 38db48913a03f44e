//! An embedded GitLab and an embedded Factory on loopback: the rehearsal for admins and the test bed for us.
//!
//! Written from how GitLab behaves, not from what the client needs, and it shares no wire types with the
//! client: a misspelt field breaks a test instead of being misspelt on both sides.

pub mod clock;
pub mod exchange;
pub mod factory;
pub mod fault;
pub mod gitlab;
pub mod limit;
pub mod options;
pub mod serve;
pub mod tls;
pub mod traffic;
