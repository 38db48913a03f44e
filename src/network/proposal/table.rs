//! Every algorithm that a proposal may name: strongSwan's keywords, AWS's name, and whether it is weak.

use super::{Phase, Transform};

/// An algorithm.
#[derive(Debug, Eq, PartialEq)]
pub struct Algorithm {
    /// strongSwan's keywords; the first is the one that is written.
    keywords: &'static [&'static str],
    pub transform: Transform,
    pub aws: Option<AwsName>,
    pub is_weak: bool,
    /// A cipher that brings its own integrity.
    pub is_aead: bool,
}

/// What AWS calls an algorithm in the options of a tunnel.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum AwsName {
    /// In both phases.
    Name(&'static str),
    /// A DH group of both phases.
    Group(u64),
    /// A DH group of phase 2 only.
    GroupOfPhase2(u64),
}

impl Algorithm {
    /// The keyword that strongSwan reads.
    #[must_use]
    pub const fn keyword(&self) -> &'static str {
        self.keywords[0]
    }

    /// AWS's name, where AWS takes it in this phase.
    #[must_use]
    pub fn aws(&self, phase: Phase) -> Option<AwsName> {
        self.aws.filter(|name| !matches!((name, phase), (AwsName::GroupOfPhase2(_), Phase::Ike)))
    }

    /// No perfect forward secrecy, written as an algorithm.
    pub(super) fn is_no_group(&self) -> bool {
        self.keyword() == NO_GROUP.keyword()
    }

    const fn aws_name(mut self, name: &'static str) -> Self {
        self.aws = Some(AwsName::Name(name));
        self
    }

    const fn weak(mut self) -> Self {
        self.is_weak = true;
        self
    }
}

const fn of(transform: Transform, keywords: &'static [&'static str]) -> Algorithm {
    Algorithm { keywords, transform, aws: None, is_weak: false, is_aead: false }
}

const fn cipher(keywords: &'static [&'static str]) -> Algorithm {
    of(Transform::Encryption, keywords)
}

const fn aead(keywords: &'static [&'static str]) -> Algorithm {
    let mut algorithm = cipher(keywords);
    algorithm.is_aead = true;
    algorithm
}

const fn integrity(keywords: &'static [&'static str]) -> Algorithm {
    of(Transform::Integrity, keywords)
}

const fn prf(keywords: &'static [&'static str]) -> Algorithm {
    of(Transform::Prf, keywords)
}

const fn group(keywords: &'static [&'static str]) -> Algorithm {
    of(Transform::Group, keywords)
}

/// A group that AWS takes in both phases.
const fn aws_group(keywords: &'static [&'static str], number: u64) -> Algorithm {
    let mut algorithm = group(keywords);
    algorithm.aws = Some(AwsName::Group(number));
    algorithm
}

const fn aws_group_of_phase_2(keywords: &'static [&'static str], number: u64) -> Algorithm {
    let mut algorithm = group(keywords);
    algorithm.aws = Some(AwsName::GroupOfPhase2(number));
    algorithm
}

pub(super) static NO_GROUP: Algorithm = group(&["modpnone"]);

/// AWS has no option for the PRF: it goes with the integrity of phase 1.
pub static ALGORITHMS: [Algorithm; 50] = [
    cipher(&["aes128", "aes"]).aws_name("AES128"),
    cipher(&["aes192"]),
    cipher(&["aes256"]).aws_name("AES256"),
    cipher(&["aes128ctr"]),
    cipher(&["aes256ctr"]),
    cipher(&["camellia128", "camellia"]),
    cipher(&["camellia256"]),
    cipher(&["3des"]).weak(),
    aead(&["aes128gcm16", "aes128gcm", "aes128gcm128"]).aws_name("AES128-GCM-16"),
    aead(&["aes192gcm16", "aes192gcm", "aes192gcm128"]),
    aead(&["aes256gcm16", "aes256gcm", "aes256gcm128"]).aws_name("AES256-GCM-16"),
    aead(&["aes128gcm8", "aes128gcm64"]),
    aead(&["aes256gcm8", "aes256gcm64"]),
    aead(&["aes128gcm12", "aes128gcm96"]),
    aead(&["aes256gcm12", "aes256gcm96"]),
    aead(&["aes128ccm16", "aes128ccm", "aes128ccm128"]),
    aead(&["aes256ccm16", "aes256ccm", "aes256ccm128"]),
    aead(&["chacha20poly1305"]),
    integrity(&["md5"]).weak(),
    integrity(&["sha1", "sha"]).aws_name("SHA1").weak(),
    integrity(&["sha256", "sha2_256"]).aws_name("SHA2-256"),
    integrity(&["sha384", "sha2_384"]).aws_name("SHA2-384"),
    integrity(&["sha512", "sha2_512"]).aws_name("SHA2-512"),
    integrity(&["aesxcbc"]),
    integrity(&["aescmac"]),
    prf(&["prfmd5"]).weak(),
    prf(&["prfsha1"]).aws_name("SHA1").weak(),
    prf(&["prfsha256"]).aws_name("SHA2-256"),
    prf(&["prfsha384"]).aws_name("SHA2-384"),
    prf(&["prfsha512"]).aws_name("SHA2-512"),
    prf(&["prfaesxcbc"]),
    prf(&["prfaescmac"]),
    group(&["modp768"]).weak(),
    aws_group(&["modp1024"], 2).weak(),
    aws_group_of_phase_2(&["modp1536"], 5).weak(),
    aws_group(&["modp2048"], 14),
    aws_group(&["modp3072"], 15),
    aws_group(&["modp4096"], 16),
    aws_group(&["modp6144"], 17),
    aws_group(&["modp8192"], 18),
    aws_group(&["ecp256"], 19),
    aws_group(&["ecp384"], 20),
    aws_group(&["ecp521"], 21),
    aws_group(&["modp1024s160"], 22).weak(),
    aws_group(&["modp2048s224"], 23).weak(),
    aws_group(&["modp2048s256"], 24).weak(),
    group(&["ecp192"]).weak(),
    group(&["ecp224"]),
    group(&["curve25519", "x25519"]),
    group(&["curve448", "x448"]),
];

/// The algorithm of a keyword, which strongSwan takes in lower case only.
pub(super) fn algorithm(keyword: &str) -> Option<&'static Algorithm> {
    ALGORITHMS.iter().chain([&NO_GROUP]).find(|algorithm| algorithm.keywords.contains(&keyword))
}
