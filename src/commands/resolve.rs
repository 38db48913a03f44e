//! Resolve: from the kit, the settings and the answers to what should be true. `connect` and `verify` share it.

use std::iter;

use crate::desired::{
    ApplicationOrigin, BundleDelivery, BundleRoute, Desired, DesiredApplication, DesiredHandover, DesiredTrust,
    DesiredWebhooks, Personal, Prune, ResetToken, Selection,
};
use crate::error::{Failure, Fix};
use crate::instance::InstanceUrl;
use crate::kit::Kit;
use crate::settings::{Definition, Settings, Source, Sourced, keys};
use crate::target::Strategy;

/// What every command needs that observes a connection, in the order of asking.
pub(super) fn needed() -> impl Iterator<Item = &'static Definition> {
    let first = iter::once(&keys::KIT.definition).chain(keys::KIT_VALUES);
    first.chain([&keys::GITLAB_URL.definition, &keys::TOKEN.definition])
}

/// The URL of a self-managed instance.
///
/// # Errors
/// A usage error for GitLab.com, which has no Admin Area to work in.
pub(super) fn self_managed(given: &Sourced<InstanceUrl>) -> Result<InstanceUrl, Failure> {
    if given.value.is_gitlab_com() { Err(on_gitlab_com(&given.value)) } else { Ok(given.value.clone()) }
}

/// The same where only the kit says that the address is that of GitLab.com.
///
/// # Errors
/// A usage error for the address of the kit's cloud section.
pub(super) fn require_self_managed(instance: &InstanceUrl, kit: &Kit, running: &str) -> Result<(), Failure> {
    let of_cloud = kit.cloud.as_ref().and_then(|cloud| cloud.url.as_str().parse::<InstanceUrl>().ok());
    if of_cloud.as_ref() != Some(instance) {
        return Ok(());
    }
    let failure = Failure::usage(format!("{instance} is connected as GitLab.com: it is the kit's cloud.url"));
    let has_cloud = keys::CLOUD.definition.commands.names(running);
    Err(if has_cloud { failure.fix(Fix::rerun("work on that connection", "--cloud")) } else { on_gitlab_com(instance) })
}

fn on_gitlab_com(instance: &InstanceUrl) -> Failure {
    Failure::usage(format!("{instance} is GitLab.com, and this command is for an instance of your own"))
        .because("it works in the Admin Area, which users of GitLab.com do not have")
        .fix(Fix::run("what is proven there", "factory-gitlab verify --cloud"))
        .fix(Fix::say("or give the address of a self-managed instance"))
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
/// A usage error for a setting whose value cannot be used.
pub(super) fn desired(terms: Terms<'_>) -> Result<Desired, Failure> {
    let Terms { kit, instance, settings, origin } = terms;
    Ok(Desired {
        kit: DesiredTrust::from_kit(kit),
        application: DesiredApplication::from_kit(kit, origin),
        webhooks: webhooks(kit, settings)?,
        handover: DesiredHandover {
            handover: settings.get_or(&keys::HANDOVER_TOKEN, kit.token.handover)?,
            choice: settings.get(&keys::HANDOVER_TOKEN)?.map(|found| found.value),
            scopes: kit.token.scopes.clone(),
        },
        delivery: BundleDelivery {
            network: None,
            recipients: kit.bundle.recipients.clone(),
            way: route(kit, settings)?,
        },
        status_url: kit.status_url.clone(),
        disconnect_url: kit.disconnect_url.clone(),
        answers: kit.answers.clone(),
        organization: kit.organization.clone(),
        instance,
    })
}

fn webhooks(kit: &Kit, settings: &Settings) -> Result<DesiredWebhooks, Failure> {
    let organization = &kit.organization.id;
    let name = if organization.is_empty() { "Factory".to_owned() } else { format!("Factory ({organization})") };
    Ok(DesiredWebhooks {
        strategy: settings.get_or(&keys::WEBHOOKS, Strategy::default())?,
        selection: selection(settings)?,
        prune: if settings.is_enabled(&keys::PRUNE) { Prune::Outside } else { Prune::Nothing },
        url: kit.webhook.url.clone(),
        token: kit.webhook.secret_token.clone(),
        previous_token: kit.webhook.previous_secret_token.clone(),
        signing_token: kit.webhook.signing_token.clone(),
        events: kit.webhook.events.clone(),
        name,
        receipts_url: kit.webhook.receipts_url.clone(),
        resets_token: match settings.is_enabled(&keys::RESET_WEBHOOK_SECRET) {
            true => ResetToken::Asked,
            false => ResetToken::NotAsked,
        },
    })
}

fn selection(settings: &Settings) -> Result<Selection, Failure> {
    let patterns = settings.list(&keys::EXCLUDE)?;
    let (groups, projects) = (settings.list(&keys::GROUP)?, settings.list(&keys::PROJECT)?);
    let is_everything = groups.iter().any(|group| group == keys::EVERYTHING);
    if is_everything && (groups.len() > 1 || !projects.is_empty()) {
        return Err(Failure::usage(
            "--group '*' selects everything, so no other group or project can be named beside it",
        )
        .fix(Fix::say("leave out --group '*', or the other groups and projects")));
    }
    let selection = Selection {
        groups: if is_everything { Vec::new() } else { groups },
        projects,
        exclude_patterns: patterns.iter().map(ToString::to_string).collect(),
        exclude: patterns.into_iter().collect(),
        personal: if settings.is_enabled(&keys::PERSONAL) { Personal::Included } else { Personal::LeftOut },
        recorded: Vec::new(),
    };
    Ok(Selection { recorded: recorded_parts(&selection, settings), ..selection })
}

/// The parts of a selection that only the record has.
fn recorded_parts(selection: &Selection, settings: &Settings) -> Vec<String> {
    let is_recorded = |setting: &'static Definition| settings.source(setting) == Some(Source::Record);
    let list = |setting, values: &[String]| if is_recorded(setting) { values.to_vec() } else { Vec::new() };
    let recorded = Selection {
        groups: list(&keys::GROUP, &selection.groups),
        projects: list(&keys::PROJECT, &selection.projects),
        exclude_patterns: list(&keys::EXCLUDE, &selection.exclude_patterns),
        personal: if is_recorded(&keys::PERSONAL) { selection.personal } else { Personal::LeftOut },
        ..Selection::default()
    };
    recorded.parts()
}

fn route(kit: &Kit, settings: &Settings) -> Result<BundleRoute, Failure> {
    if let Some(path) = settings.get(&keys::BUNDLE_OUT)? {
        return Ok(BundleRoute::File(path.value));
    }
    Ok(kit.bundle.upload().map_or(BundleRoute::None, BundleRoute::Upload))
}
