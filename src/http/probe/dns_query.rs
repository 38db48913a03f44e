//! Asks one given resolver for the addresses of a name, with queries of our own: the system's resolver does not tell why
//! there is none.

#[cfg(test)]
mod tests;

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::str::FromStr;
use std::time::Duration;

use hickory_proto::op::{Message, MessageType, OpCode, Query, ResponseCode};
use hickory_proto::rr::{DNSClass, Name, RData, RecordType};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::join;
use tokio::net::UdpSocket;
use tokio::time::{Instant, timeout_at};

use super::attempt::{self, Opening, Segments, Target};
use crate::http::client::Client;

/// Where a resolver is: `IP` or `IP:PORT`, an IPv6 address with a port in brackets.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct ResolverAddress(pub SocketAddr);

const PORT: u16 = 53;

impl FromStr for ResolverAddress {
    type Err = NotAResolver;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
        let address = bare.parse().map(|ip: IpAddr| SocketAddr::new(ip, PORT)).or_else(|_| text.parse());
        match address {
            Ok(address) if address.port() != 0 => Ok(Self(address)),
            Ok(_) | Err(_) => Err(NotAResolver),
        }
    }
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("a resolver is an IP address, with its port where that is not 53: 10.0.0.2, 10.0.0.2:5353, [fd00::2]:5353")]
pub struct NotAResolver;

impl fmt::Display for ResolverAddress {
    /// Without the port where it is the usual one.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.port() == PORT { self.0.ip().fmt(f) } else { self.0.fmt(f) }
    }
}

/// What a resolver answered about one name.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct DnsAnswers {
    pub v4: DnsAnswer,
    pub v6: DnsAnswer,
}

impl DnsAnswers {
    /// The addresses of both families.
    pub fn addresses(&self) -> impl Iterator<Item = IpAddr> {
        [&self.v4, &self.v6]
            .into_iter()
            .flat_map(|answer| match answer {
                DnsAnswer::Addresses(addresses) => addresses.as_slice(),
                _ => &[],
            })
            .copied()
    }
}

/// What a resolver answered about the addresses of one family.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum DnsAnswer {
    /// At least one, in the order of the answer.
    Addresses(Vec<IpAddr>),
    /// NXDOMAIN.
    NoSuchName,
    /// The name exists, without an address of this family.
    NoRecord,
    /// It names other servers instead: it does not resolve names for others.
    Referral,
    /// REFUSED.
    Refused,
    /// SERVFAIL.
    ServerFailure,
    /// Any other code, by its name.
    OtherCode(String),
    /// The answer is too long for UDP, and TCP to the resolver does not open.
    Truncated(Opening),
    NoAnswer,
    /// Something came back that is no answer to this query.
    Unreadable(String),
    /// The resolver cannot be asked: its port is closed, or there is no way to it.
    Unreachable(Opening),
    /// The name cannot be asked for.
    InvalidName,
}

/// Asks `resolver` for both families at the same time. The time limit is one for all of it; a query without an answer is
/// repeated once after half of it.
pub async fn dns_query(client: &Client, resolver: ResolverAddress, name: &str, limit: Duration) -> DnsAnswers {
    let both = |answer: DnsAnswer| DnsAnswers { v4: answer.clone(), v6: answer };
    let Ok(mut name) = Name::from_ascii(name) else { return both(DnsAnswer::InvalidName) };
    name.set_fqdn(true);
    if !client.reaches(resolver.0) {
        return both(DnsAnswer::Unreachable(attempt::out_of_reach()));
    }
    let asking = |kind| ask(client, Asked { resolver: resolver.0, name: &name, kind, limit });
    let (v4, v6) = join!(asking(RecordType::A), asking(RecordType::AAAA));
    DnsAnswers { v4, v6 }
}

#[derive(Clone, Copy)]
struct Asked<'a> {
    resolver: SocketAddr,
    name: &'a Name,
    kind: RecordType,
    limit: Duration,
}

async fn ask(client: &Client, asked: Asked<'_>) -> DnsAnswer {
    let deadline = Instant::now() + asked.limit;
    let Ok((id, query)) = query(asked) else { return DnsAnswer::InvalidName };
    let expected = Expected { id, name: asked.name, kind: asked.kind };
    match over_udp(asked, &query, expected).await {
        Ok(Reply::Answer(answer)) => answer,
        Ok(Reply::Truncated) => {
            let limit = deadline.saturating_duration_since(Instant::now());
            match over_tcp(client, Asked { limit, ..asked }, &query, expected).await {
                Ok(answer) => answer,
                Err(opening) => DnsAnswer::Truncated(opening),
            }
        }
        Err(error) => DnsAnswer::Unreachable(attempt::refusal(&error, asked.resolver)),
    }
}

/// The query, with a random ID.
fn query(asked: Asked<'_>) -> Result<(u16, Vec<u8>), hickory_proto::ProtoError> {
    let mut message = Message::query();
    message.metadata.recursion_desired = true;
    message.add_query(Query::query(asked.name.clone(), asked.kind));
    Ok((message.metadata.id, message.to_vec()?))
}

enum Reply {
    Answer(DnsAnswer),
    Truncated,
}

/// # Errors
/// What the system says about the way to the resolver.
async fn over_udp(asked: Asked<'_>, query: &[u8], expected: Expected<'_>) -> io::Result<Reply> {
    let now = Instant::now();
    let own: IpAddr =
        if asked.resolver.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
    let socket = UdpSocket::bind((own, 0)).await?;
    // What comes from another address is dropped by the system.
    socket.connect(asked.resolver).await?;
    let mut buffer = vec![0; MAX_UDP_BYTES];
    let mut strange = None;
    for deadline in [now + asked.limit / 2, now + asked.limit] {
        socket.send(query).await?;
        // Until the time is over, since anybody may send something with the resolver's address.
        while let Ok(received) = timeout_at(deadline, socket.recv(&mut buffer)).await {
            match read(&buffer[..received?], expected) {
                Ok(reply) => return Ok(reply),
                Err(why) => strange = Some(why),
            }
        }
    }
    Ok(Reply::Answer(strange.map_or(DnsAnswer::NoAnswer, |why| DnsAnswer::Unreadable(why.to_owned()))))
}

/// # Errors
/// How opening the connection ended.
async fn over_tcp(
    client: &Client,
    asked: Asked<'_>,
    query: &[u8],
    expected: Expected<'_>,
) -> Result<DnsAnswer, Opening> {
    let deadline = Instant::now() + asked.limit;
    let target = Target { address: asked.resolver, limit: asked.limit, segments: Segments::Usual };
    let mut stream = attempt::open(client, target).await?;
    let exchange = async {
        let length = u16::try_from(query.len()).map_err(io::Error::other)?;
        stream.write_all(&[&length.to_be_bytes(), query].concat()).await?;
        let mut answer = vec![0; stream.read_u16().await?.into()];
        stream.read_exact(&mut answer).await?;
        Ok::<_, io::Error>(answer)
    };
    Ok(match timeout_at(deadline, exchange).await {
        Ok(Ok(answer)) => match read(&answer, expected) {
            Ok(Reply::Answer(answer)) => answer,
            Ok(Reply::Truncated) => DnsAnswer::Unreadable("an answer over TCP that is cut off".to_owned()),
            Err(why) => DnsAnswer::Unreadable(why.to_owned()),
        },
        Ok(Err(error)) => DnsAnswer::Unreadable(error.to_string()),
        Err(_) => DnsAnswer::NoAnswer,
    })
}

/// The largest that a query without EDNS may be answered with is 512.
const MAX_UDP_BYTES: usize = 4096;

/// A longer chain of aliases is not followed; no resolver does.
const MAX_ALIASES: usize = 32;

/// What an answer has to repeat of its query.
#[derive(Clone, Copy)]
struct Expected<'a> {
    id: u16,
    name: &'a Name,
    kind: RecordType,
}

/// # Errors
/// Why it is no answer to the query.
fn read(bytes: &[u8], expected: Expected<'_>) -> Result<Reply, &'static str> {
    let message = Message::from_vec(bytes).map_err(|_| "bytes that are not DNS")?;
    let Message { metadata, queries, .. } = &message;
    if metadata.message_type != MessageType::Response || metadata.op_code != OpCode::Query {
        return Err("a DNS message that is not an answer");
    }
    if metadata.id != expected.id {
        return Err("an answer to another query");
    }
    let repeats = match queries.as_slice() {
        [one] => one.name == *expected.name && one.query_type == expected.kind && one.query_class == DNSClass::IN,
        // A server that could not read the query repeats none.
        [] => metadata.response_code != ResponseCode::NoError,
        _ => false,
    };
    if !repeats {
        return Err("an answer to another question");
    }
    if metadata.truncation {
        return Ok(Reply::Truncated);
    }
    Ok(Reply::Answer(match metadata.response_code {
        ResponseCode::NoError => told(&message, expected),
        ResponseCode::NXDomain => DnsAnswer::NoSuchName,
        ResponseCode::Refused => DnsAnswer::Refused,
        ResponseCode::ServFail => DnsAnswer::ServerFailure,
        other => DnsAnswer::OtherCode(other.to_str().to_owned()),
    }))
}

/// The addresses of the name, and of those that it is an alias of within the answer. Only records of the class that was asked
/// for count: an address of another is none of the internet's.
fn told(message: &Message, expected: Expected<'_>) -> DnsAnswer {
    let records = || message.answers.iter().filter(|record| record.dns_class == DNSClass::IN);
    let mut names = vec![expected.name];
    for _ in 0..MAX_ALIASES {
        let next = records().find_map(|record| match &record.data {
            RData::CNAME(alias) if names.last().is_some_and(|last| record.name == **last) => Some(&alias.0),
            _ => None,
        });
        match next {
            Some(next) if !names.contains(&next) => names.push(next),
            _ => break,
        }
    }
    let addresses: Vec<IpAddr> = records()
        .filter(|record| names.contains(&&record.name))
        .filter_map(|record| match (&record.data, expected.kind) {
            (RData::A(address), RecordType::A) => Some(address.0.into()),
            (RData::AAAA(address), RecordType::AAAA) => Some(address.0.into()),
            _ => None,
        })
        .collect();
    let has = |kind| message.authorities.iter().any(|record| record.record_type() == kind);
    if !addresses.is_empty() {
        DnsAnswer::Addresses(addresses)
    } else if has(RecordType::NS) && !has(RecordType::SOA) {
        DnsAnswer::Referral
    } else {
        DnsAnswer::NoRecord
    }
}
