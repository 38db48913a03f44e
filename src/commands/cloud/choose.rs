//! Whether a command is about GitLab.com, and how Factory is authorized there.

use super::super::{Context, local_state};
use super::browser;
use crate::cloud::CloudWay;
use crate::error::{Failure, Fix};
use crate::inputs::{Document, DocumentAt};
use crate::instance::InstanceUrl;
use crate::journal::{Connection, Store};
use crate::kit::CloudKit;
use crate::settings::{Settings, keys};

/// Whether the command works on the connection to GitLab.com: it was asked to, or the address is that of the kit's cloud section.
///
/// # Errors
/// When the records cannot be listed.
pub(in crate::commands) fn is_chosen(context: &Context<'_>) -> Result<bool, Failure> {
    if context.settings.is_enabled(&keys::CLOUD) {
        return Ok(true);
    }
    let store = local_state::store(context)?;
    let settings = context.settings_with_record(&store)?;
    // What cannot be read is an error where it is asked for.
    let Ok(Some(given)) = settings.get(&keys::GITLAB_URL) else { return Ok(false) };
    Ok(given.value.is_gitlab_com()
        || kit_url(context, settings).is_some_and(|url| url == given.value)
        || is_recorded(&store, &given.value))
}

/// Whether this machine connected GitLab.com at this address. A record that cannot be read is an error where it is used.
fn is_recorded(store: &Store, instance: &InstanceUrl) -> bool {
    let is_cloud = |connection: Connection| {
        let record = connection.choices().ok();
        record.is_some_and(|record| record.cloud.is_some() && record.instance.as_deref() == Some(instance.as_str()))
    };
    store.connections().unwrap_or_default().into_iter().any(is_cloud)
}

/// The `cloud.url` of a kit in a file. One that has to be fetched is not fetched for this: GitLab.com's own name is known.
fn kit_url(context: &Context<'_>, settings: &Settings) -> Option<InstanceUrl> {
    let at = DocumentAt::new(&settings.raw_value(&keys::KIT)?.value).ok()?;
    let DocumentAt::File(_) = &at else { return None };
    match at.read("--kit", context.terminal) {
        Ok(Document::Read(text)) => CloudKit::parse(&text).ok()?.cloud.url.as_str().parse().ok(),
        Ok(Document::ToFetch(_)) | Err(_) => None,
    }
}

/// How Factory is authorized: by itself where it can, else here.
///
/// # Errors
/// A usage error for `--device` where the kit does not have it.
pub(super) fn way(context: &Context<'_>, kit: &CloudKit, settings: &Settings) -> Result<CloudWay, Failure> {
    let terms = &kit.cloud;
    let wants_device = settings.is_enabled(&keys::DEVICE);
    if wants_device && (terms.client_id.is_none() || !terms.device) {
        let why = match terms.client_id {
            None => "the kit has no cloud.client_id",
            Some(_) => "the kit says cloud.device: false: Factory's application does not have it",
        };
        return Err(Failure::usage("--device cannot be used with this kit")
            .because(why)
            .fix(Fix::say("leave --device out, and open the address that is printed")));
    }
    if wants_device {
        return Ok(CloudWay::Device);
    }
    if terms.connect_url.is_some() {
        return Ok(CloudWay::Session);
    }
    let can_redirect = terms.redirect_uri.is_some();
    let prefers_device = terms.device && !(can_redirect && browser::is_here(context));
    Ok(if prefers_device { CloudWay::Device } else { CloudWay::Code })
}
