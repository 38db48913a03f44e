use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair as RsaKeyPair, KeySize};
use aws_lc_rs::signature::{self, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _};
use proptest::prelude::*;
use tokio::io::{DuplexStream, duplex};
use tokio::join;
use x509_parser::prelude::{FromDer as _, SubjectPublicKeyInfo};
use x509_parser::public_key::PublicKey;

use super::exchange::chosen;
use super::host_key::{Proof, algorithms};
use super::wire::{Fields, Writer, payload, receive, send};
use super::*;

/// A server with one host key, which speaks as the protocol wants until it is told otherwise.
struct Server {
    before: &'static [u8],
    method: &'static str,
    key: Key,
    fault: Fault,
}

enum Fault {
    None,
    /// It signs something else than the hash of the exchange.
    SignsSomethingElse,
    /// Another key's public part with a signature of its own.
    ShowsAnotherKey,
    /// One bit of the reply is another.
    Flips(usize),
    /// It guesses, wrongly, and sends what it guessed.
    GuessesWrongly,
    /// Packets that say nothing, without an end.
    SaysNothing,
    /// A packet with a length of four gigabytes.
    HugePacket,
    Disconnects,
    EndsAfterItsMethods,
    AZeroValue,
}

enum Key {
    Ed25519(Ed25519KeyPair),
    Ecdsa(&'static str, EcdsaKeyPair),
    Rsa(RsaKeyPair),
}

impl Key {
    fn ed25519() -> Self {
        Self::Ed25519(Ed25519KeyPair::generate().expect("a key"))
    }

    fn ecdsa(curve: &'static str) -> Self {
        let algorithm = match curve {
            "nistp256" => &signature::ECDSA_P256_SHA256_FIXED_SIGNING,
            "nistp384" => &signature::ECDSA_P384_SHA384_FIXED_SIGNING,
            _ => &signature::ECDSA_P521_SHA512_FIXED_SIGNING,
        };
        Self::Ecdsa(curve, EcdsaKeyPair::generate(algorithm).expect("a key"))
    }

    fn rsa() -> Self {
        Self::Rsa(RsaKeyPair::generate(KeySize::Rsa2048).expect("a key"))
    }

    fn algorithm(&self) -> String {
        match self {
            Self::Ed25519(_) => "ssh-ed25519".to_owned(),
            Self::Ecdsa(curve, _) => format!("ecdsa-sha2-{curve}"),
            Self::Rsa(_) => "rsa-sha2-512".to_owned(),
        }
    }

    fn blob(&self) -> Vec<u8> {
        match self {
            Self::Ed25519(pair) => Writer::default().string(b"ssh-ed25519").string(pair.public_key().as_ref()).0,
            Self::Ecdsa(curve, pair) => {
                let name = Writer::default().string(self.algorithm().as_bytes()).string(curve.as_bytes());
                name.string(pair.public_key().as_ref()).0
            }
            Self::Rsa(pair) => {
                let der = pair.public_key().as_der().expect("a key");
                let (_, info) = SubjectPublicKeyInfo::from_der(der.as_ref()).expect("a key");
                let PublicKey::RSA(public) = info.parsed().expect("a key") else { unreachable!("an RSA key") };
                Writer::default().string(b"ssh-rsa").number(public.exponent).number(public.modulus).0
            }
        }
    }

    fn sign(&self, message: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        let signature = match self {
            Self::Ed25519(pair) => pair.sign(message).as_ref().to_vec(),
            Self::Ecdsa(_, pair) => {
                let signature = pair.sign(&random, message).expect("a signature");
                let (r, s) = signature.as_ref().split_at(signature.as_ref().len() / 2);
                Writer::default().number(r).number(s).0
            }
            Self::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&signature::RSA_PKCS1_SHA512, &random, message, &mut signature).expect("a signature");
                signature
            }
        };
        Writer::default().string(self.algorithm().as_bytes()).string(&signature).0
    }
}

impl Server {
    fn new(key: Key) -> Self {
        Self { before: b"", method: "curve25519-sha256", key, fault: Fault::None }
    }

    async fn serve(&self, stream: DuplexStream) -> Result<(), SshFailure> {
        const BANNER: &[u8] = b"SSH-2.0-Test_1.0 a comment";
        let mut stream = BufReader::new(stream);
        stream.write_all(&[self.before, BANNER, b"\r\n"].concat()).await.expect("a client");
        let theirs = banner::read(&mut stream).await?;
        let methods = self.methods();
        send(&mut stream, &methods).await?;
        let their_methods = receive(&mut stream).await?;
        match self.fault {
            Fault::GuessesWrongly => send(&mut stream, &[31, 1, 2, 3]).await?,
            Fault::SaysNothing => loop {
                send(&mut stream, &[2, 0, 0, 0, 0]).await?;
            },
            Fault::HugePacket => stream.write_all(&[0xff; 8]).await.expect("a client"),
            Fault::Disconnects => {
                send(&mut stream, &Writer(vec![1, 0, 0, 0, 2]).string(b"Too many\x1b connections").string(b"").0)
                    .await?;
            }
            Fault::EndsAfterItsMethods => return Ok(()),
            _ => {}
        }
        let init = receive(&mut stream).await?;
        let their_public = Fields(&init[1..]).string().expect("their public value");
        let signed = Signed { theirs: &theirs.0, banner: BANNER, their_methods: &their_methods, methods: &methods };
        let reply = self.reply(their_public, &signed);
        send(&mut stream, &reply).await
    }

    fn methods(&self) -> Vec<u8> {
        let guesses = matches!(self.fault, Fault::GuessesWrongly);
        let first = if guesses { "diffie-hellman-group14-sha256," } else { "" };
        let mut methods = Writer([&[20], [7; 16].as_slice()].concat())
            .string(format!("{first}{}", self.method).as_bytes())
            .string(self.key.algorithm().as_bytes());
        for _ in 0..8 {
            methods = methods.string(b"none");
        }
        methods.0.extend([u8::from(guesses), 0, 0, 0, 0]);
        methods.0
    }

    fn reply(&self, their_public: &[u8], signed: &Signed<'_>) -> Vec<u8> {
        use aws_lc_rs::agreement::{self, PrivateKey, UnparsedPublicKey};
        use aws_lc_rs::digest;
        let (curve, hash) = match self.method {
            "ecdh-sha2-nistp256" => (&agreement::ECDH_P256, &digest::SHA256),
            "ecdh-sha2-nistp384" => (&agreement::ECDH_P384, &digest::SHA384),
            _ => (&agreement::X25519, &digest::SHA256),
        };
        let ours = PrivateKey::generate(curve).expect("a key");
        let public = ours.compute_public_key().expect("a key");
        let blob = if matches!(self.fault, Fault::ShowsAnotherKey) { Key::ed25519().blob() } else { self.key.blob() };
        let hashed = Writer::default()
            .string(signed.theirs)
            .string(signed.banner)
            .string(signed.their_methods)
            .string(signed.methods)
            .string(&blob)
            .string(their_public)
            .string(public.as_ref());
        let theirs = UnparsedPublicKey::new(curve, their_public);
        let hash = agreement::agree(&ours, theirs, (), |secret| Ok(digest::digest(hash, &hashed.number(secret).0)));
        let hash = hash.expect("a secret");
        let signature = match self.fault {
            Fault::SignsSomethingElse => self.key.sign(b"something else"),
            _ => self.key.sign(hash.as_ref()),
        };
        let zero = [0; 32];
        let public = if matches!(self.fault, Fault::AZeroValue) { zero.as_slice() } else { public.as_ref() };
        let mut reply = Writer(vec![31]).string(&blob).string(public).string(&signature).0;
        if let Fault::Flips(place) = self.fault {
            let bits = reply.len() * 8;
            reply[place % bits / 8] ^= 1 << (place % 8);
        }
        reply
    }

    async fn looked_at(&self, kinds: &[HostKeyKind]) -> Result<Looked, SshFailure> {
        let (ours, theirs) = duplex(64 * 1024);
        let (looked, _served) = join!(converse(BufReader::new(ours), kinds, later()), self.serve(theirs));
        looked
    }
}

struct Signed<'a> {
    theirs: &'a [u8],
    banner: &'a [u8],
    their_methods: &'a [u8],
    methods: &'a [u8],
}

fn later() -> Instant {
    Instant::now() + Duration::from_secs(120)
}

#[tokio::test]
async fn every_type_of_key_is_read_by_every_way_of_agreeing() {
    for method in ["curve25519-sha256", "curve25519-sha256@libssh.org", "ecdh-sha2-nistp256", "ecdh-sha2-nistp384"] {
        for key in [Key::ed25519(), Key::ecdsa("nistp256"), Key::ecdsa("nistp384"), Key::ecdsa("nistp521"), Key::rsa()]
        {
            let name = key.algorithm();
            let blob = key.blob();
            let server = Server { method, ..Server::new(key) };
            let looked = server.looked_at(&HostKeyKind::ALL).await.expect("an exchange");
            assert_eq!(looked.banner, "SSH-2.0-Test_1.0 a comment");
            assert_eq!(looked.offered, [looked.seen.kind]);
            let key = looked.seen.key.unwrap_or_else(|failure| panic!("{method}, {name}: {failure}"));
            let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &blob);
            let wanted = base64::Engine::encode(&base64::engine::general_purpose::STANDARD_NO_PAD, digest);
            assert_eq!(key.fingerprint, format!("SHA256:{wanted}"), "{method}, {name}");
        }
    }
}

#[tokio::test]
async fn a_key_that_the_server_cannot_prove_is_no_key() {
    for key in [Key::ed25519, || Key::ecdsa("nistp256"), Key::rsa] {
        let server = Server { fault: Fault::SignsSomethingElse, ..Server::new(key()) };
        let looked = server.looked_at(&HostKeyKind::ALL).await.expect("an exchange");
        assert_eq!(looked.seen.key, Err(SshFailure::WrongSignature));
    }
    let server = Server { fault: Fault::ShowsAnotherKey, ..Server::new(Key::ed25519()) };
    let looked = server.looked_at(&HostKeyKind::ALL).await.expect("an exchange");
    assert_eq!(looked.seen.key, Err(SshFailure::WrongSignature));
}

#[tokio::test]
async fn lines_before_the_banner_and_a_wrong_guess_are_legal() {
    let server = Server { before: b"Welcome\r\nto this host\n", ..Server::new(Key::ed25519()) };
    assert!(server.looked_at(&HostKeyKind::ALL).await.expect("an exchange").seen.key.is_ok());
    let server = Server { fault: Fault::GuessesWrongly, ..Server::new(Key::ed25519()) };
    assert!(server.looked_at(&HostKeyKind::ALL).await.expect("an exchange").seen.key.is_ok());
}

#[tokio::test]
async fn a_server_that_misbehaves_is_told_so() {
    for (fault, wanted) in [
        (Fault::SaysNothing, SshFailure::Malformed("only messages that say nothing")),
        (Fault::HugePacket, SshFailure::Malformed("a packet too long")),
        (Fault::Disconnects, SshFailure::Disconnected("Too many connections".to_owned())),
        (Fault::EndsAfterItsMethods, SshFailure::Closed),
        (Fault::AZeroValue, SshFailure::Malformed("a wrong value in the exchange")),
    ] {
        let server = Server { fault, ..Server::new(Key::ed25519()) };
        let looked = server.looked_at(&HostKeyKind::ALL).await.expect("an exchange");
        // A connection that is closed may break off while we still send.
        let key =
            looked.seen.key.map_err(|failure| if failure == SshFailure::Reset { SshFailure::Closed } else { failure });
        assert_eq!(key, Err(wanted));
    }
}

#[tokio::test]
async fn a_server_without_a_type_of_key_in_common_is_told_so() {
    let looked = Server::new(Key::ed25519()).looked_at(&[HostKeyKind::Rsa]).await;
    assert_eq!(looked.err(), Some(SshFailure::NothingInCommon { what: "host key type" }));
    let server = Server { method: "diffie-hellman-group14-sha256", ..Server::new(Key::ed25519()) };
    assert_eq!(
        server.looked_at(&HostKeyKind::ALL).await.err(),
        Some(SshFailure::NothingInCommon { what: "key exchange" })
    );
}

/// What a server's first bytes are taken for; then it closes the connection.
async fn taken_for(said: &[u8]) -> Result<String, SshFailure> {
    banner::read(&mut &said[..]).await.map(|banner| banner.shown())
}

#[tokio::test]
async fn what_is_not_ssh_is_told_apart() {
    for (said, wanted) in [
        (b"SSH-2.0-OpenSSH_9.2p1\r\n".as_slice(), Ok("SSH-2.0-OpenSSH_9.2p1")),
        (b"a line\r\nSSH-2.0-OpenSSH_9.2p1\n", Ok("SSH-2.0-OpenSSH_9.2p1")),
        (b"SSH-1.99-Cisco-1.25\n", Ok("SSH-1.99-Cisco-1.25")),
        (b"SSH-2.0-a\x1b[2Jb\n", Ok("SSH-2.0-a[2Jb")),
        (b"", Err(SshFailure::ClosedBeforeBanner)),
        (b"SSH-1.5-old\n", Err(SshFailure::OldVersion("SSH-1.5-old".to_owned()))),
        (b"HTTP/1.1 400 Bad Request\r\n", Err(SshFailure::Http)),
        (b"<html>\r\n<head><title>400 Bad Request", Err(SshFailure::Http)),
        (b"220 mail ESMTP\r\n", Err(SshFailure::NotSsh("220 mail ESMTP".to_owned()))),
        (b"SSH-2.0-without an end", Err(SshFailure::NotSsh("SSH-2.0-without an end".to_owned()))),
    ] {
        assert_eq!(taken_for(said).await, wanted.map(str::to_owned), "{}", String::from_utf8_lossy(said));
    }
    let endless = SshFailure::NotSsh("x".repeat(120));
    assert_eq!(taken_for(&[b'x'; 5000]).await, Err(endless.clone()), "a line without an end");
    assert_eq!(taken_for(b"y\n".repeat(5000).as_slice()).await, Err(SshFailure::NotSsh("y".to_owned())), "many lines");
}

/// A client that waits for a server's first byte in vain.
#[tokio::test]
async fn silence_ends_with_the_time() {
    let (ours, _theirs) = duplex(1024);
    let looked = converse(BufReader::new(ours), &HostKeyKind::ALL, Instant::now() + Duration::from_millis(20)).await;
    assert_eq!(looked.err(), Some(SshFailure::NoAnswer));
}

#[test]
fn an_rsa_key_that_is_too_short_or_too_long_is_named_so() {
    let rsa = algorithms(&[HostKeyKind::Rsa]).next().expect("RSA");
    let signature = Writer::default().string(b"rsa-sha2-512").string(&[1; 128]).0;
    for (bytes, bits) in [(128, 1024), (2048, 16384)] {
        let key = Writer::default().string(b"ssh-rsa").number(&[1, 0, 1]).number(&vec![0xff; bytes]).0;
        let proof = Proof { key: &key, signature: &signature, signed: &[0; 32] };
        assert_eq!(rsa.verify(proof), Err(SshFailure::RsaKeySize(bits)));
    }
    let key = Writer::default().string(b"ssh-rsa").number(&[1, 0, 1]).number(&[]).0;
    let proof = Proof { key: &key, signature: &signature, signed: &[0; 32] };
    assert_eq!(rsa.verify(proof), Err(SshFailure::RsaKeySize(0)));
}

fn now<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime").block_on(work)
}

proptest! {
    #[test]
    fn what_is_written_reads_back(text in prop::collection::vec(any::<u8>(), 0..300), number in prop::collection::vec(any::<u8>(), 0..70)) {
        let written = Writer::default().string(&text).number(&number).0;
        let mut fields = Fields(&written);
        prop_assert_eq!(fields.string(), Some(text.as_slice()));
        let zeros = number.iter().take_while(|byte| **byte == 0).count();
        prop_assert_eq!(fields.number(), Some(&number[zeros..]));
        prop_assert!(fields.is_empty());
    }

    #[test]
    fn a_packet_reads_back_and_its_length_is_a_multiple_of_the_block(said in prop::collection::vec(5..=255_u8, 1..500)) {
        let (packet, read) = now(async {
            let mut packet = Vec::new();
            send(&mut packet, &said).await.expect("a packet");
            let read = receive(&mut packet.as_slice()).await;
            (packet, read)
        });
        prop_assert_eq!(packet.len() % 8, 0);
        prop_assert!(packet[4] >= 4);
        prop_assert_eq!(read, Ok(said));
    }

    #[test]
    fn no_bytes_of_a_server_make_it_panic_or_pass(bytes in prop::collection::vec(any::<u8>(), 0..2000), is_greeted in any::<bool>()) {
        prop_assert!(payload(bytes.clone()).is_none_or(|payload| payload.len() < bytes.len()));
        prop_assert!(chosen(Vec::new(), bytes.clone(), &HostKeyKind::ALL).is_err());
        for algorithm in algorithms(&HostKeyKind::ALL) {
            let signature = Writer::default().string(algorithm.name.as_bytes()).string(&bytes).0;
            let key = [Writer::default().string(algorithm.kind.name().as_bytes()).0.as_slice(), &bytes].concat();
            for (key, signature) in [(&bytes, &bytes), (&key, &signature)] {
                let verified = algorithm.verify(Proof { key, signature, signed: &[0; 32] });
                prop_assert!(verified.is_err());
            }
        }
        let looked = now(async {
            let (ours, mut theirs) = duplex(64 * 1024);
            if is_greeted {
                theirs.write_all(b"SSH-2.0-x\r\n").await.expect("room");
            }
            theirs.write_all(&bytes).await.expect("room");
            theirs.shutdown().await.expect("an end");
            let looked = converse(BufReader::new(ours), &HostKeyKind::ALL, later()).await;
            drop(theirs);
            looked
        });
        prop_assert!(looked.is_err() || looked.is_ok_and(|looked| looked.seen.key.is_err()));
    }

    #[test]
    fn one_wrong_bit_of_the_reply_is_never_taken_for_a_key(place in any::<usize>()) {
        let server = Server { fault: Fault::Flips(place), ..Server::new(Key::ed25519()) };
        let looked = now(server.looked_at(&HostKeyKind::ALL)).expect("methods");
        prop_assert!(looked.seen.key.is_err());
    }
}
