//! Resolve: from the kit, the settings and the answers to what should be true. `connect` and `verify` share it.

use std::path::PathBuf;

use globset::{Glob, GlobSet, GlobSetBuilder};

use crate::desired::{
    ApplicationOrigin, BundleDelivery, BundleRoute, Desired, DesiredApplication, DesiredHandover, DesiredWebhooks,
    Personal, Selection,
};
use crate::error::{Failure, Fix};
use crate::inputs::{Question, questions};
use crate::instance::{InstanceUrl, UrlError};
use crate::kit::{Handover, Kit};
use crate::settings::{Settings, keys};
use crate::target::Strategy;

/// What every look at a connection needs, in the order of asking.
pub(super) const NEEDED: [&Question; 8] = [
    &questions::KIT,
    &questions::REDIRECT_URI,
    &questions::WEBHOOK_URL,
    &questions::WEBHOOK_SECRET,
    &questions::RECIPIENT,
    &questions::UPLOAD_URL,
    &questions::GITLAB_URL,
    &questions::TOKEN,
];

/// An instance's address as it was given.
///
/// # Errors
/// Wrong use: not an address, or GitLab.com's, which has no Admin Area to work in.
pub(super) fn address(given: &str) -> Result<InstanceUrl, Failure> {
    let instance: InstanceUrl = given.parse().map_err(|error: UrlError| Failure::usage(error.to_string()))?;
    if instance.is_gitlab_com() {
        return Err(Failure::usage("GitLab.com is connected in Factory's settings; this command does not do it yet")
            .fix(Fix::say("give the address of a self-managed instance")));
    }
    Ok(instance)
}

/// What [`desired`] is made from.
pub(super) struct Terms<'a> {
    pub kit: &'a Kit,
    pub instance: InstanceUrl,
    pub settings: &'a Settings,
    pub origin: ApplicationOrigin,
}

/// What should be true.
///
/// # Errors
/// Wrong use, when a setting cannot be what it says.
pub(super) fn desired(terms: Terms<'_>) -> Result<Desired, Failure> {
    let Terms { kit, instance, settings, origin } = terms;
    Ok(Desired {
        application: DesiredApplication::from_kit(kit, origin),
        webhooks: webhooks(kit, settings)?,
        handover: DesiredHandover { handover: handover(kit, settings)?, scopes: kit.token.scopes.clone() },
        delivery: BundleDelivery { recipients: kit.bundle.recipients.clone(), way: way(kit, settings) },
        status_url: kit.status_url.clone(),
        organization: kit.organization.clone(),
        instance,
    })
}

fn webhooks(kit: &Kit, settings: &Settings) -> Result<DesiredWebhooks, Failure> {
    let organization = &kit.organization.id;
    let name = if organization.is_empty() { "Factory".to_owned() } else { format!("Factory ({organization})") };
    Ok(DesiredWebhooks {
        strategy: settings.parsed_or(&keys::WEBHOOKS, Strategy::default())?,
        selection: selection(settings)?,
        url: kit.webhook.url.clone(),
        token: kit.webhook.secret_token.clone(),
        signing_token: kit.webhook.signing_token.clone(),
        events: kit.webhook.events.clone(),
        name,
        receipts_url: kit.webhook.receipts_url.clone(),
    })
}

fn selection(settings: &Settings) -> Result<Selection, Failure> {
    let list = |setting| settings.list(setting).map(|found| found.value).unwrap_or_default();
    let paths = |setting| -> Vec<String> {
        list(setting).iter().map(|path: &String| path.trim().trim_matches('/').to_owned()).collect()
    };
    let exclude_patterns = list(&keys::EXCLUDE);
    Ok(Selection {
        groups: paths(&keys::GROUP),
        projects: paths(&keys::PROJECT),
        exclude: globs(&exclude_patterns)?,
        exclude_patterns,
        personal: if settings.is_enabled(&keys::PERSONAL) { Personal::Included } else { Personal::LeftOut },
    })
}

fn globs(patterns: &[String]) -> Result<GlobSet, Failure> {
    let bad = |pattern: &str, why: String| {
        Failure::usage(format!("the pattern {pattern:?} of --exclude cannot be used"))
            .because(why)
            .fix(Fix::say("a pattern is held against the full path: platform/legacy/** leaves out all below it"))
    };
    let mut set = GlobSetBuilder::new();
    for pattern in patterns {
        set.add(Glob::new(pattern).map_err(|error| bad(pattern, error.kind().to_string()))?);
    }
    set.build().map_err(|error| bad(&patterns.join(" "), error.kind().to_string()))
}

fn handover(kit: &Kit, settings: &Settings) -> Result<Handover, Failure> {
    Ok(match settings.text(&keys::HANDOVER_TOKEN) {
        None => kit.token.handover,
        Some(found) => match found.value.as_str() {
            "given" => Handover::Given,
            "minted" => Handover::Minted,
            "none" => Handover::None,
            _ => return Err(Failure::usage(format!("{} cannot be used: choose given, minted or none", found.source))),
        },
    })
}

fn way(kit: &Kit, settings: &Settings) -> BundleRoute {
    if let Some(path) = settings.text(&keys::BUNDLE_OUT) {
        return BundleRoute::File(PathBuf::from(path.value));
    }
    match &kit.bundle.upload_url {
        Some(url) => BundleRoute::Upload { url: url.clone(), method: kit.bundle.method },
        None => BundleRoute::None,
    }
}
