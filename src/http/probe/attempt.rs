//! One TCP connection to one address, and whether a route leads there. No data is sent.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::time::Duration;

#[cfg(unix)]
use socket2::SockRef;
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;

use crate::http::client::Client;

/// What came of opening a connection to one address. Each is what the system said, which may have several reasons.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Opening {
    Open,
    /// Nothing listens there, or a firewall refuses.
    Refused,
    Reset,
    NoAnswer,
    /// A router or firewall on the path said so.
    HostUnreachable,
    /// A router on the path said so.
    NetworkUnreachable,
    /// This machine has no route there: nothing was sent.
    NoRoute,
    /// This machine does not permit it.
    NotPermitted,
    Other(String),
}

/// One attempt.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Attempt {
    pub address: SocketAddr,
    pub opening: Opening,
    /// How long the other end, or a router, took to answer; `None` where none did.
    pub took: Option<Duration>,
}

/// Whether a route leads from this machine to an address.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Route {
    /// This machine's own address on that route.
    From(IpAddr),
    None,
    NotPermitted,
    Other(String),
}

/// How long the segments may be that the other end sends.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Segments {
    Usual,
    /// Short enough for every path in use.
    Small,
}

/// Which address is connected to, and how.
#[derive(Clone, Copy, Debug)]
pub(super) struct Target {
    pub address: SocketAddr,
    /// For all that is done there.
    pub limit: Duration,
    pub segments: Segments,
}

/// In bytes.
#[cfg(unix)]
const SMALL_SEGMENT: u32 = 1200;

/// Opens one connection to `address` and closes it.
pub async fn attempt(client: &Client, address: SocketAddr, limit: Duration) -> Attempt {
    let started = client.clock().system().instant();
    let opened = open(client, Target { address, limit, segments: Segments::Usual }).await;
    let took = client.clock().system().instant().duration_since(started);
    let opening = opened.map_or_else(|why| why, |_| Opening::Open);
    let is_answered = matches!(
        opening,
        Opening::Open | Opening::Refused | Opening::Reset | Opening::HostUnreachable | Opening::NetworkUnreachable
    );
    Attempt { address, took: is_answered.then_some(took), opening }
}

/// # Errors
/// Everything but [`Opening::Open`].
pub(super) async fn open(client: &Client, target: Target) -> Result<TcpStream, Opening> {
    if !client.reaches(target.address) {
        return Err(out_of_reach());
    }
    match timeout(target.limit, connect(target)).await {
        Ok(Ok(stream)) => Ok(stream),
        Ok(Err(error)) => Err(refusal(&error, target.address)),
        Err(_) => Err(Opening::NoAnswer),
    }
}

pub(super) fn out_of_reach() -> Opening {
    Opening::Other("a rehearsal connects to the sandbox only".to_owned())
}

async fn connect(target: Target) -> io::Result<TcpStream> {
    let socket = if target.address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    if target.segments == Segments::Small {
        #[cfg(unix)]
        SockRef::from(&socket).set_tcp_mss(SMALL_SEGMENT)?;
    }
    socket.connect(target.address).await
}

/// What an error of the system says about the way to `address`.
pub(super) fn refusal(error: &io::Error, address: SocketAddr) -> Opening {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => return Opening::Refused,
        io::ErrorKind::ConnectionReset => return Opening::Reset,
        io::ErrorKind::TimedOut => return Opening::NoAnswer,
        _ => {}
    }
    match route(address) {
        Route::None => return Opening::NoRoute,
        Route::NotPermitted => return Opening::NotPermitted,
        Route::From(_) | Route::Other(_) => {}
    }
    match error.kind() {
        io::ErrorKind::HostUnreachable => Opening::HostUnreachable,
        io::ErrorKind::NetworkUnreachable => Opening::NetworkUnreachable,
        io::ErrorKind::PermissionDenied => Opening::NotPermitted,
        _ => Opening::Other(error.to_string()),
    }
}

/// From which of this machine's addresses a connection to `address` would come. Nothing is sent: a UDP socket that is
/// connected only looks for its route.
#[must_use]
pub fn route(address: SocketAddr) -> Route {
    let own: IpAddr = if address.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
    let looked = UdpSocket::bind((own, 0)).and_then(|socket| {
        socket.connect(address)?;
        socket.local_addr()
    });
    match looked {
        Ok(own) => Route::From(own.ip()),
        Err(error) => match error.kind() {
            io::ErrorKind::NetworkUnreachable
            | io::ErrorKind::HostUnreachable
            | io::ErrorKind::AddrNotAvailable
            | io::ErrorKind::Unsupported => Route::None,
            io::ErrorKind::PermissionDenied => Route::NotPermitted,
            _ if address.is_ipv6() && has_no_ipv6() => Route::None,
            _ => Route::Other(error.to_string()),
        },
    }
}

/// Whether this system was built or started without IPv6.
fn has_no_ipv6() -> bool {
    UdpSocket::bind((Ipv6Addr::UNSPECIFIED, 0)).is_err()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::env::{Env, Reach};
    use crate::http::ClientOptions;

    const LIMIT: Duration = Duration::from_secs(60);

    fn client(reach: Reach) -> Client {
        let options = ClientOptions { reach, ..ClientOptions::default() };
        Client::new(&options, Env::empty().clock).expect("a client")
    }

    #[tokio::test]
    async fn an_open_port_and_a_closed_one_are_told_apart() {
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        let address = listener.local_addr().expect("an address");
        let client = client(Reach::Anywhere);
        let open = attempt(&client, address, LIMIT).await;
        assert_eq!((open.opening, open.took.is_some()), (Opening::Open, true));
        drop(listener);
        let closed = attempt(&client, address, LIMIT).await;
        assert_eq!((closed.opening, closed.took.is_some()), (Opening::Refused, true));
    }

    #[tokio::test]
    async fn small_segments_open_a_connection_too() {
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        let address = listener.local_addr().expect("an address");
        let stream = open(&client(Reach::Anywhere), Target { address, limit: LIMIT, segments: Segments::Small }).await;
        #[cfg(target_os = "linux")]
        assert!(SockRef::from(&stream.expect("a connection")).tcp_mss().expect("a size") <= SMALL_SEGMENT);
        #[cfg(not(target_os = "linux"))]
        assert!(stream.is_ok());
    }

    #[tokio::test]
    async fn a_rehearsal_connects_to_its_own_addresses_only() {
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        let address = listener.local_addr().expect("an address");
        let own = client(Reach::Only(vec![address].into()));
        assert_eq!(attempt(&own, address, LIMIT).await.opening, Opening::Open);
        let others = client(Reach::Only(Vec::new().into()));
        let refused = attempt(&others, address, LIMIT).await;
        assert_eq!((refused.opening, refused.took), (out_of_reach(), None));
    }

    #[test]
    fn a_route_names_the_own_address() {
        let loopback = SocketAddr::from((Ipv4Addr::LOCALHOST, 443));
        assert_eq!(route(loopback), Route::From(Ipv4Addr::LOCALHOST.into()));
    }
}
