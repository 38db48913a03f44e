//! The kit's values one by one, for an administrator who has no kit: what no flag or answer gives is asked for.

use std::path::PathBuf;

use url::Url;

use crate::bundle::Recipients;
use crate::error::Failure;
use crate::inputs::Interview;
use crate::kit::{DeliveryMode, address_problem, redirect_uri_problem, webhook_secret_problem};
use crate::secret::WebhookToken;
use crate::settings::{Sourced, keys};

/// Asks for the values that are missing, and judges each as in a kit. Without a terminal to ask on nothing is missing here:
/// that was found before.
pub(super) async fn ask_missing(interview: &Interview<'_>, mode: DeliveryMode) -> Result<(), Failure> {
    let is_missing = |setting| interview.is_missing(setting);
    if is_missing(&keys::REDIRECT_URI) {
        interview.ask_until(&keys::REDIRECT_URI, async |uri| judged(redirect_uri_problem(&uri.value))).await?;
    }
    if is_missing(&keys::WEBHOOK_URL) {
        interview.ask_until(&keys::WEBHOOK_URL, async |url| judged(address_problem(&url.value))).await?;
    }
    if is_missing(&keys::WEBHOOK_SECRET) {
        let check = async |secret: &WebhookToken| judged(webhook_secret_problem(secret, &[]));
        interview.secret_until(&keys::WEBHOOK_SECRET, check).await?;
    }
    if is_missing(&keys::RECIPIENT) {
        recipients(interview).await?;
    }
    if mode == DeliveryMode::Upload && is_missing(&keys::UPLOAD_URL) {
        destination(interview).await?;
    }
    Ok(())
}

async fn recipients(interview: &Interview<'_>) -> Result<(), Failure> {
    let check = async |given: &Sourced<String>| {
        let recipients: Vec<String> = given.value.split([' ', ',']).map(str::to_owned).collect();
        let recipients: Vec<String> = recipients.into_iter().filter(|text| !text.is_empty()).collect();
        Recipients::parse(&recipients).map_err(|error| Failure::usage(error.to_string()))?;
        Ok(recipients)
    };
    let recipients = interview.ask_until(&keys::RECIPIENT, check).await?.value;
    interview.settings().answer(&keys::RECIPIENT, recipients);
    Ok(())
}

/// Where the sealed bundle goes: to an address, or into a file.
async fn destination(interview: &Interview<'_>) -> Result<(), Failure> {
    let check = async |url: &Sourced<Url>| judged(address_problem(&url.value));
    if interview.ask_optional(&keys::UPLOAD_URL, check).await?.is_none() {
        let check = async |path: &Sourced<PathBuf>| super::super::output::require_writable(&path.value);
        interview.ask_until(&keys::BUNDLE_OUT, check).await?;
    }
    Ok(())
}

fn judged(problem: Option<impl Into<String>>) -> Result<(), Failure> {
    problem.map_or(Ok(()), |why| Err(Failure::usage(why)))
}
