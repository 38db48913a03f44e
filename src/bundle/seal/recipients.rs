//! The public keys that a bundle is sealed to: age's classic and post-quantum keys.

use age::{Encryptor, Recipient, tag, tagpq, x25519};

/// The keys of a kit: all valid, and allowed together.
pub struct Recipients(Vec<Box<dyn Recipient + Send + Sync>>);

/// Why recipients cannot be used.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum RecipientError {
    #[error("there is no recipient to seal the bundle to")]
    None,
    #[error("the recipient {given:?} is not an age public key: {why}")]
    Invalid { given: String, why: &'static str },
    /// Never quoted.
    #[error("a recipient is a secret key; public keys begin with age1")]
    SecretKey,
    /// age's rule: a classic recipient would undo the protection of a post-quantum one.
    #[error("post-quantum recipients (age1tagpq1…) cannot be mixed with others; give recipients of one kind")]
    Mixed,
}

impl Recipients {
    /// Reads public keys: `age1…` (X25519), `age1tag1…` and `age1tagpq1…` (hybrid post-quantum).
    ///
    /// # Errors
    /// [`RecipientError`] names the first invalid one.
    pub fn parse(texts: &[String]) -> Result<Self, RecipientError> {
        if texts.is_empty() {
            return Err(RecipientError::None);
        }
        let recipients = Self(texts.iter().map(|text| one(text.trim())).collect::<Result<_, _>>()?);
        // The library decides whether they can be mixed.
        match Encryptor::with_recipients(recipients.iter()) {
            Ok(_) => Ok(recipients),
            Err(_) => Err(RecipientError::Mixed),
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &dyn Recipient> {
        self.0.iter().map(|recipient| recipient.as_ref() as &dyn Recipient)
    }
}

fn one(text: &str) -> Result<Box<dyn Recipient + Send + Sync>, RecipientError> {
    if text.to_ascii_uppercase().contains("AGE-SECRET-KEY") {
        return Err(RecipientError::SecretKey);
    }
    let invalid = |why| RecipientError::Invalid { given: text.chars().take(24).collect(), why };
    if text.starts_with("age1tagpq1") {
        Ok(Box::new(text.parse::<tagpq::Recipient>().map_err(invalid)?))
    } else if text.starts_with("age1tag1") {
        Ok(Box::new(text.parse::<tag::Recipient>().map_err(invalid)?))
    } else {
        Ok(Box::new(text.parse::<x25519::Recipient>().map_err(invalid)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_invalid_recipient_is_quoted_and_a_secret_key_is_not() {
        let parse = |text: &str| Recipients::parse(&[text.to_owned()]).err().map(|error| error.to_string());
        let good = x25519::Identity::generate().to_public().to_string();
        assert_eq!(parse(&good), None);
        assert_eq!(Recipients::parse(&[]).err(), Some(RecipientError::None));
        let wrong = parse("age1notakey").expect("an error");
        assert!(wrong.starts_with("the recipient \"age1notakey\" is not an age public key"), "{wrong}");
        for text in ["AGE-SECRET-KEY-1QQQQ", "age-secret-key-1qqqq"] {
            assert_eq!(parse(text).as_deref(), Some("a recipient is a secret key; public keys begin with age1"));
        }
    }

    /// Bech32 (BIP 173) of a key, as age writes it.
    fn bech32(prefix: &str, key: &[u8]) -> String {
        const LETTERS: &[u8] = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l";
        const GENERATOR: [u32; 5] = [0x3b6a_57b2, 0x2650_8e6d, 0x1ea1_19fa, 0x3d42_33dd, 0x2a14_62b3];
        let (mut groups, mut rest, mut bits) = (Vec::new(), 0_u32, 0);
        for byte in key {
            (rest, bits) = ((rest << 8 | u32::from(*byte)) & 0xfff, bits + 8);
            while bits >= 5 {
                bits -= 5;
                groups.push((rest >> bits & 31) as u8);
            }
        }
        if bits > 0 {
            groups.push((rest << (5 - bits) & 31) as u8);
        }
        let high = prefix.bytes().map(|letter| letter >> 5);
        let low = prefix.bytes().map(|letter| letter & 31);
        let all = high.chain([0]).chain(low).chain(groups.iter().copied()).chain([0; 6]);
        let checksum = all.fold(1_u32, |sum, value| {
            let top = sum >> 25;
            let next = (sum & 0x01ff_ffff) << 5 ^ u32::from(value);
            GENERATOR.iter().enumerate().filter(|(at, _)| top >> at & 1 == 1).fold(next, |sum, (_, word)| sum ^ word)
        }) ^ 1;
        groups.extend((0..6).map(|at| (checksum >> (5 * (5 - at)) & 31) as u8));
        format!("{prefix}1{}", groups.iter().map(|value| LETTERS[usize::from(*value)] as char).collect::<String>())
    }

    /// A hybrid public key without a private one: ML-KEM-768 of zeros, and the base point of P-256.
    fn post_quantum() -> String {
        const BASE: &str = "046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296\
                            4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5";
        let point = (0..BASE.len()).step_by(2).map(|at| u8::from_str_radix(&BASE[at..at + 2], 16).expect("hex"));
        bech32("age1tagpq", &std::iter::repeat_n(0, 1184).chain(point).collect::<Vec<u8>>())
    }

    #[test]
    fn post_quantum_and_classic_recipients_cannot_be_mixed() {
        let classic = x25519::Identity::generate().to_public().to_string();
        assert!(Recipients::parse(&[post_quantum(), post_quantum()]).is_ok());
        assert_eq!(Recipients::parse(&[post_quantum(), classic]).err(), Some(RecipientError::Mixed));
    }
}
