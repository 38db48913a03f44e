//! To whom a bundle is sealed: age's public keys, classic and post-quantum.

use age::{Encryptor, Recipient, tag, tagpq, x25519};

/// The keys of a kit, all good and all fit to stand side by side.
pub struct Recipients(Vec<Box<dyn Recipient + Send + Sync>>);

/// Why the recipients cannot be used.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum RecipientError {
    #[error("there is no recipient to seal the bundle to")]
    None,
    #[error("the recipient {given:?} is no age public key: {why}")]
    Invalid { given: String, why: &'static str },
    /// Never quoted.
    #[error("a recipient is a secret key; public keys begin with age1")]
    SecretKey,
    /// age's own rule: a classic key would undo what the other protects from.
    #[error("post-quantum recipients (age1tagpq1…) cannot stand beside others; give recipients of one kind")]
    Mixed,
}

impl Recipients {
    /// Reads public keys: `age1…` (X25519), `age1tag1…` and `age1tagpq1…` (hybrid post-quantum).
    ///
    /// # Errors
    /// [`RecipientError`] names the first that is wrong.
    pub fn parse(texts: &[String]) -> Result<Self, RecipientError> {
        if texts.is_empty() {
            return Err(RecipientError::None);
        }
        let recipients = Self(texts.iter().map(|text| one(text.trim())).collect::<Result<_, _>>()?);
        // Whether they can stand side by side is for the library to say; trying costs nothing.
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
    fn a_wrong_recipient_is_named_and_a_secret_key_is_not() {
        let parse = |text: &str| Recipients::parse(&[text.to_owned()]).err().map(|error| error.to_string());
        let good = x25519::Identity::generate().to_public().to_string();
        assert_eq!(parse(&good), None);
        assert_eq!(Recipients::parse(&[]).err(), Some(RecipientError::None));
        let wrong = parse("age1notakey").expect("an error");
        assert!(wrong.starts_with("the recipient \"age1notakey\" is no age public key"), "{wrong}");
        for text in ["AGE-SECRET-KEY-1QQQQ", "age-secret-key-1qqqq"] {
            assert_eq!(parse(text).as_deref(), Some("a recipient is a secret key; public keys begin with age1"));
        }
    }
}
