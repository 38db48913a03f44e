use std::net::TcpListener;

use hickory_proto::rr::Record;
use hickory_proto::rr::rdata::{A, AAAA, CNAME, NS, SOA};
use tokio::select;

use super::*;
use crate::env::Env;
use crate::http::ClientOptions;

const NAME: &str = "gitlab.example.test";
const LONG: Duration = Duration::from_secs(60);
/// For what has to end with the time: how long it takes makes no difference.
const SHORT: Duration = Duration::from_millis(200);

fn name(text: &str) -> Name {
    let mut name = Name::from_ascii(text).expect("a name");
    name.set_fqdn(true);
    name
}

fn record(owner: &str, data: RData) -> Record {
    Record::from_rdata(name(owner), 60, data)
}

/// An answer to `query` with this code, and with these records where it is about this family.
fn answer(query: &Message, code: ResponseCode, records: &[(RecordType, Record)]) -> Message {
    let mut message = Message::response(query.metadata.id, OpCode::Query);
    message.metadata.response_code = code;
    message.add_queries(query.queries.clone());
    let kind = query.queries[0].query_type;
    message.add_answers(records.iter().filter(|(of, _)| *of == kind).map(|(_, record)| record.clone()));
    message
}

fn bytes(message: &Message) -> Vec<u8> {
    message.to_vec().expect("a message")
}

/// What is asked of a resolver that answers each query with these datagrams.
async fn asked(limit: Duration, reply: impl Fn(&Message) -> Vec<Vec<u8>>) -> DnsAnswers {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port");
    let resolver = ResolverAddress(socket.local_addr().expect("an address"));
    let serving = async {
        let mut buffer = [0; 512];
        loop {
            let (received, from) = socket.recv_from(&mut buffer).await.expect("a query");
            let query = Message::from_vec(&buffer[..received]).expect("a query");
            assert!(query.metadata.recursion_desired);
            for datagram in reply(&query) {
                socket.send_to(&datagram, from).await.expect("a client");
            }
        }
    };
    let client = client();
    select! {
        answers = dns_query(&client, resolver, NAME, limit) => answers,
        () = serving => unreachable!("it serves without an end"),
    }
}

fn client() -> Client {
    Client::new(&ClientOptions::default(), Env::empty().clock).expect("a client")
}

fn v4(last: u8) -> RData {
    RData::A(A(Ipv4Addr::new(10, 20, 0, last)))
}

fn addresses(texts: &[&str]) -> DnsAnswer {
    DnsAnswer::Addresses(texts.iter().map(|text| text.parse().expect("an address")).collect())
}

#[tokio::test]
async fn both_families_are_asked_and_aliases_followed_within_the_answer() {
    let lb = "lb.example.test";
    let records = [
        (RecordType::A, record("Inner.example.test", v4(2))),
        (RecordType::A, record(NAME, RData::CNAME(CNAME(name(lb))))),
        (RecordType::A, record(lb, RData::CNAME(CNAME(name("inner.example.test"))))),
        (RecordType::A, record("inner.example.test", v4(1))),
        (RecordType::A, record("other.example.test", v4(9))),
        (RecordType::AAAA, record(NAME, RData::AAAA(AAAA("fd00::1".parse().expect("an address"))))),
    ];
    let answers = asked(LONG, |query| vec![bytes(&answer(query, ResponseCode::NoError, &records))]).await;
    assert_eq!(answers.v4, addresses(&["10.20.0.2", "10.20.0.1"]));
    assert_eq!(answers.v6, addresses(&["fd00::1"]));
    assert_eq!(answers.addresses().count(), 3);
}

#[tokio::test]
async fn an_address_of_another_class_or_of_another_name_is_none_of_the_names() {
    let of = |class: DNSClass, record: Record| {
        let mut record = record;
        record.dns_class = class;
        (RecordType::A, record)
    };
    let records = [
        of(DNSClass::CH, record(NAME, v4(1))),
        of(DNSClass::CH, record(NAME, RData::CNAME(CNAME(name("inner.example.test"))))),
        of(DNSClass::IN, record("inner.example.test", v4(2))),
        of(DNSClass::IN, record("other.example.test", v4(3))),
    ];
    let answers = asked(LONG, |query| vec![bytes(&answer(query, ResponseCode::NoError, &records))]).await;
    assert_eq!(answers.v4, DnsAnswer::NoRecord);
}

#[tokio::test]
async fn a_circle_of_aliases_ends() {
    let records = [
        (RecordType::A, record(NAME, RData::CNAME(CNAME(name("a.example.test"))))),
        (RecordType::A, record("a.example.test", RData::CNAME(CNAME(name(NAME))))),
    ];
    let answers = asked(LONG, |query| vec![bytes(&answer(query, ResponseCode::NoError, &records))]).await;
    assert_eq!(answers.v4, DnsAnswer::NoRecord);
}

#[tokio::test]
async fn each_code_is_told_apart() {
    for (code, wanted) in [
        (ResponseCode::NXDomain, DnsAnswer::NoSuchName),
        (ResponseCode::NoError, DnsAnswer::NoRecord),
        (ResponseCode::Refused, DnsAnswer::Refused),
        (ResponseCode::ServFail, DnsAnswer::ServerFailure),
        (ResponseCode::NotImp, DnsAnswer::OtherCode("Not Implemented".to_owned())),
    ] {
        let answers = asked(LONG, |query| vec![bytes(&answer(query, code, &[]))]).await;
        assert_eq!(answers, DnsAnswers { v4: wanted.clone(), v6: wanted });
    }
    let unrepeated = |query: &Message| Message::error_msg(query.metadata.id, OpCode::Query, ResponseCode::FormErr);
    let answers = asked(LONG, |query| vec![bytes(&unrepeated(query))]).await;
    assert_eq!(answers.v4, DnsAnswer::OtherCode("Form Error".to_owned()));
}

#[tokio::test]
async fn a_server_that_only_names_others_is_none_that_resolves() {
    let referral = |query: &Message| {
        let mut message = answer(query, ResponseCode::NoError, &[]);
        message.add_authority(record("test", RData::NS(NS(name("ns.test")))));
        message
    };
    let answers = asked(LONG, |query| vec![bytes(&referral(query))]).await;
    assert_eq!(answers.v4, DnsAnswer::Referral);
    let with_start = |query: &Message| {
        let mut message = referral(query);
        message.add_authority(record("test", RData::SOA(SOA::new(name("ns.test"), name("a.test"), 1, 2, 3, 4, 5))));
        message
    };
    let answers = asked(LONG, |query| vec![bytes(&with_start(query))]).await;
    assert_eq!(answers.v4, DnsAnswer::NoRecord);
}

/// What is no answer to the query does not keep the right one from being heard.
#[tokio::test]
async fn an_answer_has_to_repeat_the_id_and_the_question() {
    let right = [(RecordType::A, record(NAME, v4(1)))];
    let forged = [(RecordType::A, record("other.example.test", v4(6)))];
    type Change = fn(&mut Message);
    let wrong: [(Change, &str); 4] = [
        (|message| message.metadata.id ^= 1, "an answer to another query"),
        (|message| message.metadata.message_type = MessageType::Query, "a DNS message that is not an answer"),
        (|message| message.queries[0].name = name("other.example.test"), "an answer to another question"),
        (|message| message.queries[0].query_type = RecordType::MX, "an answer to another question"),
    ];
    for (change, why) in wrong {
        let changed = |query: &Message| {
            let mut message = answer(query, ResponseCode::NoError, &forged);
            change(&mut message);
            bytes(&message)
        };
        let right = |query: &Message| bytes(&answer(query, ResponseCode::NoError, &right));
        let answers = asked(LONG, |query| vec![changed(query), right(query)]).await;
        assert_eq!(answers.v4, addresses(&["10.20.0.1"]), "{why}");
        let answers = asked(SHORT, |query| vec![changed(query)]).await;
        assert_eq!(answers.v4, DnsAnswer::Unreadable(why.to_owned()));
    }
    let answers = asked(SHORT, |_| vec![b"garbage".to_vec()]).await;
    assert_eq!(answers.v4, DnsAnswer::Unreadable("bytes that are not DNS".to_owned()));
}

#[tokio::test]
async fn an_unanswered_query_is_repeated_once() {
    let (v4_asked, v6_asked) = (std::cell::Cell::new(0), std::cell::Cell::new(0));
    let answers = asked(SHORT, |query| {
        let asked = if query.queries[0].query_type == RecordType::A { &v4_asked } else { &v6_asked };
        asked.set(asked.get() + 1);
        Vec::new()
    });
    assert_eq!(answers.await, DnsAnswers { v4: DnsAnswer::NoAnswer, v6: DnsAnswer::NoAnswer });
    assert!(v4_asked.get() <= 2 && v6_asked.get() <= 2);
}

#[tokio::test]
async fn a_port_that_is_closed_is_no_silence() {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port");
    let resolver = ResolverAddress(socket.local_addr().expect("an address"));
    drop(socket);
    let answers = dns_query(&client(), resolver, NAME, LONG).await;
    assert_eq!(answers.v4, DnsAnswer::Unreachable(Opening::Refused));
}

#[tokio::test]
async fn a_truncated_answer_is_asked_for_again_over_tcp() {
    // A port that is free for both.
    let (socket, listener) = loop {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port");
        if let Ok(listener) = TcpListener::bind(socket.local_addr().expect("an address")) {
            break (socket, listener);
        }
    };
    let resolver = ResolverAddress(socket.local_addr().expect("an address"));
    listener.set_nonblocking(true).expect("an option");
    let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
    let truncating = async {
        let mut buffer = [0; 512];
        loop {
            let (received, from) = socket.recv_from(&mut buffer).await.expect("a query");
            let mut message =
                answer(&Message::from_vec(&buffer[..received]).expect("a query"), ResponseCode::NoError, &[]);
            message.metadata.truncation = true;
            socket.send_to(&bytes(&message), from).await.expect("a client");
        }
    };
    let records: Vec<_> = (0..=255).map(|last| (RecordType::A, record(NAME, v4(last)))).collect();
    let whole = async {
        loop {
            let (mut stream, _) = listener.accept().await.expect("a client");
            let mut query = vec![0; stream.read_u16().await.expect("a length").into()];
            stream.read_exact(&mut query).await.expect("a query");
            let answer = bytes(&answer(&Message::from_vec(&query).expect("a query"), ResponseCode::NoError, &records));
            stream.write_u16(answer.len().try_into().expect("a length")).await.expect("a client");
            stream.write_all(&answer).await.expect("a client");
        }
    };
    let client = client();
    let answers = select! {
        answers = dns_query(&client, resolver, NAME, LONG) => answers,
        () = truncating => unreachable!("without an end"),
        () = whole => unreachable!("without an end"),
    };
    assert_eq!((answers.addresses().count(), &answers.v6), (256, &DnsAnswer::NoRecord));
}

#[tokio::test]
async fn a_truncated_answer_without_tcp_is_told_so() {
    let truncated = |query: &Message| {
        let mut message = answer(query, ResponseCode::NoError, &[]);
        message.metadata.truncation = true;
        bytes(&message)
    };
    let answers = asked(LONG, |query| vec![truncated(query)]).await;
    assert_eq!(answers.v4, DnsAnswer::Truncated(Opening::Refused));
}

#[tokio::test]
async fn a_name_that_dns_cannot_hold_is_not_asked_for() {
    let resolver: ResolverAddress = "127.0.0.1".parse().expect("an address");
    let label = "x".repeat(64);
    assert_eq!(dns_query(&client(), resolver, &label, LONG).await.v4, DnsAnswer::InvalidName);
}

#[test]
fn a_resolver_has_an_address_and_perhaps_a_port() {
    for (text, wanted, shown) in [
        ("10.0.0.2", "10.0.0.2:53", "10.0.0.2"),
        ("10.0.0.2:5353", "10.0.0.2:5353", "10.0.0.2:5353"),
        ("fd00::2", "[fd00::2]:53", "fd00::2"),
        ("[fd00::2]", "[fd00::2]:53", "fd00::2"),
        ("[fd00::2]:5353", "[fd00::2]:5353", "[fd00::2]:5353"),
    ] {
        let address: ResolverAddress = text.parse().expect(text);
        assert_eq!((address.0.to_string().as_str(), address.to_string().as_str()), (wanted, shown));
    }
    for wrong in ["", "dns.example.test", "10.0.0.2:0", "10.0.0.2:99999", "10.0.0.256", "10.0.0.2:", "[fd00::2"] {
        assert_eq!(wrong.parse::<ResolverAddress>(), Err(NotAResolver), "{wrong}");
    }
}

proptest::proptest! {
    #[test]
    fn no_datagram_makes_it_panic_or_pass(datagram in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..600)) {
        let name = name(NAME);
        let told = read(&datagram, Expected { id: 7, name: &name, kind: RecordType::A });
        proptest::prop_assert!(told.is_err());
    }

    /// A right answer in which one byte is another never has more addresses.
    #[test]
    fn a_damaged_answer_is_read_or_refused(place in proptest::prelude::any::<usize>(), byte: u8) {
        let mut query = Message::new(7, MessageType::Query, OpCode::Query);
        query.add_query(Query::query(name(NAME), RecordType::A));
        let records = [(RecordType::A, record(NAME, RData::CNAME(CNAME(name("b.test"))))), (RecordType::A, record("b.test", v4(1)))];
        let mut datagram = bytes(&answer(&query, ResponseCode::NoError, &records));
        let place = place % datagram.len();
        datagram[place] = byte;
        let name = name(NAME);
        if let Ok(Reply::Answer(answer)) = read(&datagram, Expected { id: 7, name: &name, kind: RecordType::A }) {
            let addresses = DnsAnswers { v4: answer, v6: DnsAnswer::NoAnswer }.addresses().count();
            proptest::prop_assert!(addresses <= 1);
        }
    }
}
