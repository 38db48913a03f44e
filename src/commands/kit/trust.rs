//! What a kit has to be before it is used: the one whose fingerprint was named, signed by the key that was named.

use std::ffi::OsString;

use minisign_verify::{PublicKey, Signature};
use url::Url;

use super::super::{Context, diagnostics};
use crate::error::{Failure, Fix};
use crate::factory::FactoryClient;
use crate::inputs::{Document, DocumentAt, Interview};
use crate::kit::{KitForm, origin};
use crate::secret::Bearer;
use crate::settings::{KitSigner, Settings, keys};

/// Refuses a kit of another fingerprint than the one that was named, before anything is sent to its addresses.
pub(super) fn require_named<K: KitForm>(kit: K, settings: &Settings) -> Result<K, Failure> {
    let Some(named) = settings.get(&keys::KIT_FINGERPRINT)? else { return Ok(kit) };
    let fingerprint = kit.trusted().fingerprint();
    if named.value.names(&fingerprint) {
        return Ok(kit);
    }
    Err(Failure::usage(format!("the kit is not the one that {} names", named.source))
        .because(format!("the fingerprint of this kit, with the values that flags replace, is {fingerprint}"))
        .because(format!("the one that was named is {}", named.value))
        .fix(Fix::say("ask Factory which fingerprint is right; do not go on with a kit that Factory does not confirm")))
}

/// A kit in pieces has no signature.
pub(super) fn require_no_signer(settings: &Settings) -> Result<(), Failure> {
    settings.get(&keys::KIT_SIGNER)?.map_or(Ok(()), |_| Err(unsigned("a kit that is given in pieces has no signature")))
}

/// What reads the signature.
pub(super) struct Reader<'r> {
    pub context: &'r Context<'r>,
    pub interview: &'r Interview<'r>,
}

/// Refuses a kit that is not signed by the key that was named. Without one, any kit is taken.
pub(super) async fn require_signed(text: &str, at: &DocumentAt, reader: Reader<'_>) -> Result<(), Failure> {
    let Some(signer) = reader.interview.settings().get(&keys::KIT_SIGNER)? else { return Ok(()) };
    let signature = match at {
        DocumentAt::Stdin => return Err(unsigned("a kit from standard input has no signature beside it")),
        DocumentAt::File(path) => {
            let mut beside = OsString::from(path);
            beside.push(SUFFIX);
            match DocumentAt::File(beside.into()).read("--kit", reader.context.terminal) {
                Ok(Document::Read(text)) => text,
                Ok(Document::ToFetch(_)) => return Err(unsigned("its signature is not a file")),
                Err(error) => return Err(unsigned(error.to_string())),
            }
        }
        DocumentAt::Url(url) => reader.fetch(url).await?,
    };
    verify(text, &signature, &signer.value).map_err(unsigned)
}

/// The signature is beside the kit: its path or address with this at the end.
const SUFFIX: &str = ".minisig";

impl Reader<'_> {
    async fn fetch(&self, kit: &Url) -> Result<String, Failure> {
        let mut url = kit.clone();
        url.set_path(&format!("{}{SUFFIX}", kit.path()));
        let key = self.interview.find_secret::<Bearer>(&keys::FACTORY_KEY)?.map(|found| found.value);
        let factory = FactoryClient::new(self.context.client()?, key);
        factory.trust([origin(kit)]);
        let fetched = self.context.terminal.with_spinner("fetching the kit's signature", factory.signature(&url)).await;
        match fetched {
            Ok(text) => Ok(text),
            Err(error) if error.status() == Some(404) => Err(unsigned("there is no signature beside it")),
            Err(error) => Err(diagnostics::factory(&error, "the kit's signature could not be fetched")),
        }
    }
}

fn verify(text: &str, signature: &str, signer: &KitSigner) -> Result<(), String> {
    let unusable = |what: &str, error: minisign_verify::Error| format!("{what}: {error}");
    let key = PublicKey::from_base64(signer.as_str()).map_err(|error| unusable("the key is not usable", error))?;
    let signature = Signature::decode(signature).map_err(|error| unusable("the signature is not readable", error))?;
    // Without `-l`, minisign signs a digest; the older form is not accepted.
    key.verify(text.as_bytes(), &signature, false).map_err(|error| unusable("the signature does not fit", error))
}

fn unsigned(why: impl Into<String>) -> Failure {
    Failure::usage("the kit is not signed by the key that --kit-signer names").because(why).fix(Fix::say(
        "put the signature from Factory beside the kit, under its name with .minisig at the end, or ask Factory for both",
    ))
}
