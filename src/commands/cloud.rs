//! GitLab.com: what `connect`, `verify` and `disconnect` share there. Factory's own application is authorized by a user; there is
//! no Admin Area, and no token of an administrator.

mod approve;
mod authorize;
mod browser;
mod choose;
mod connect;
mod disconnect;
mod explain;
mod oauth;
mod place_source;
mod prove;
mod report;
mod select;
mod session;
mod steps;
mod verify;

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use super::kit::KitPlace;
use super::session::Access;
use super::{Context, diagnostics, kit, local_state};
use crate::cloud::{CloudSelection, CloudWay};
use crate::desired::{DesiredCloud, DesiredTrust};
use crate::env::Reach;
use crate::error::{Failure, Fix};
use crate::factory::FactoryClient;
use crate::http::Client;
use crate::inputs::{Interview, Missing};
use crate::instance::InstanceUrl;
use crate::journal::{CloudEntry, Connection, Journal, Lock, Record};
use crate::kit::{CloudKit, DeliveryMode};
use crate::observed::CloudSeen;
use crate::secret::Bearer;
use crate::settings::{Definition, Settings, Source, keys};

pub(super) use self::choose::is_chosen;
pub(super) use self::connect::{CloudConnect, connect};
pub(super) use self::disconnect::disconnect;
pub(super) use self::verify::verify;

/// A connection to GitLab.com that a command works on.
pub(super) struct CloudRun<'a> {
    pub context: &'a Context<'a>,
    pub interview: Interview<'a>,
    pub desired: DesiredCloud,
    pub http: Client,
    pub factory: FactoryClient,
    pub record: Record,
    connection: Connection,
    kit_place: KitPlace,
    lock: Option<Lock>,
    began: Instant,
}

impl<'a> CloudRun<'a> {
    /// Resolves everything that a command needs: settings, kit, the way, record. A command that writes gets the connection's
    /// lock.
    ///
    /// # Errors
    /// What is missing or cannot be used; [`FailureKind::Unknown`](crate::error::FailureKind::Unknown) where another run has
    /// the lock.
    pub(super) async fn open(context: &'a Context<'a>, access: Access) -> Result<Self, Failure> {
        let began = context.env.clock.instant();
        let store = local_state::store(context)?;
        let settings = context.settings_with_record(&store)?;
        require_own_settings(settings)?;
        let interview = Interview::new(settings, context.prompter.as_ref(), context.terminal);
        require_inputs(&interview, access)?;
        let http = context.client_for(access)?;
        let kit::Found { kit, served_by, place, unknown_fields: _ } =
            kit::gather_cloud(context, &interview, DeliveryMode::Upload).await?;
        let factory = FactoryClient::new(
            http.clone(),
            interview.find_secret::<Bearer>(&keys::FACTORY_KEY)?.map(|found| found.value),
        );
        let instance = instance(&kit, settings)?;
        let desired = desired(context, settings, Given { kit, served_by, instance })?;
        let connection = store.connection(&desired.instance, &desired.kit.organization.id);
        let failed = |error| diagnostics::journal(&error);
        let lock = if access.writes() { Some(connection.lock().map_err(failed)?) } else { None };
        let mut record = connection.record().map_err(failed)?;
        if record.kit_pin.is_none() {
            record.kit_pin = local_state::pin_of_cloud(&store, &desired.kit.organization.id, place.path())?;
        }
        factory.trust(desired.trust.served_by.clone());
        factory.trust(record.kit_pin.iter().flat_map(|pin| pin.key_origins.iter().cloned()));
        if settings.get(&keys::KIT_FINGERPRINT)?.is_some() {
            factory.trust(desired.trust.key_origins.iter().cloned());
        }
        Ok(Self { context, interview, desired, http, factory, record, connection, kit_place: place, lock, began })
    }

    /// Reads what Factory says.
    pub(super) async fn observe(&self) -> CloudSeen {
        let DesiredCloud { kit, .. } = &self.desired;
        let reading = CloudSeen::read(&self.factory, kit.status_url.as_ref(), kit.cloud.selection_url.as_ref());
        self.context.terminal.with_spinner("asking Factory", reading).await
    }

    pub(super) fn settings(&self) -> &Settings {
        self.interview.settings()
    }

    pub(super) fn instance(&self) -> &InstanceUrl {
        &self.desired.instance
    }

    /// The token of a person goes to GitLab before any plan is approved, so its address must not come from the kit alone: it was
    /// given, it is GitLab.com's own, or the kit that names it was accepted before or was named by its fingerprint or signer.
    ///
    /// # Errors
    /// A usage error where only the kit names the address.
    fn require_named_instance(&self) -> Result<(), Failure> {
        let (settings, instance) = (self.settings(), self.instance());
        let is_given = settings.get(&keys::GITLAB_URL)?.is_some_and(|given| given.value == *instance);
        let pin = self.record.kit_pin.as_ref();
        let is_accepted = pin.is_some_and(|pin| pin.trusted.changes(&self.desired.trust.values).is_empty());
        let is_named = settings.get(&keys::KIT_FINGERPRINT)?.is_some() || settings.is_set(&keys::KIT_SIGNER);
        let is_rehearsal = self.context.env.reach != Reach::Anywhere;
        if is_given || instance.is_gitlab_com() || is_accepted || is_named || is_rehearsal {
            return Ok(());
        }
        Err(Failure::usage(format!("the token would be sent to {instance}, which only the kit names"))
            .because("no run with this kit has been approved on this machine")
            .fix(Fix::rerun("if that is your GitLab, name it", format!("--gitlab-url {instance}"))))
    }

    /// The connection's lock: a run that writes has it.
    fn lock(&self) -> Option<&Lock> {
        self.lock.as_ref()
    }

    /// The kit was approved: from now on its addresses get the key of Factory's API.
    fn trust_kit(&self) {
        self.factory.trust(self.desired.trust.key_origins.iter().cloned());
    }

    /// Opens the journal of this run, with its first entry.
    ///
    /// # Errors
    /// When it, or the audit log, cannot be written.
    fn journal(&self) -> Result<Journal, Failure> {
        let failed = |error| diagnostics::journal(&error);
        let mut journal = self.open_journal()?;
        journal
            .append(CloudEntry::Began {
                instance: self.desired.instance.to_string(),
                organization: self.desired.kit.organization.id.clone(),
                tool: env!("CARGO_PKG_VERSION").to_owned(),
                kit: self.kit_place.path().map(str::to_owned),
                way: self.desired.way,
            })
            .map_err(failed)?;
        Ok(journal)
    }

    /// The journal of a run that makes no choices for later ones.
    ///
    /// # Errors
    /// As [`CloudRun::journal`].
    fn open_journal(&self) -> Result<Journal, Failure> {
        let lock = self.lock().ok_or_else(|| Failure::usage("a run without the lock keeps no journal"))?;
        let audit = self.settings().get(&keys::AUDIT_LOG)?.map(|found| found.value);
        let opened = self.connection.journal(lock, audit.as_deref(), self.context.env.clock);
        opened.map_err(|error| diagnostics::journal(&error))
    }

    fn reread_record(&mut self) -> Result<(), Failure> {
        let pin = self.record.kit_pin.take();
        self.record = self.connection.record().map_err(|error| diagnostics::journal(&error))?;
        self.record.kit_pin = self.record.kit_pin.take().or(pin);
        Ok(())
    }

    /// How long the command has taken so far.
    fn duration(&self) -> Duration {
        self.context.env.clock.instant().duration_since(self.began)
    }
}

/// What would be passed over is refused: it may be meant to narrow what Factory gets.
fn require_own_settings(settings: &Settings) -> Result<(), Failure> {
    let Some((setting, source)) = settings.first_given(keys::is_self_hosted_only) else { return Ok(()) };
    let failure = Failure::usage(format!("{} does not go with --cloud", setting.flag))
        .because("on GitLab.com Factory has its own application and webhooks, and what is not selected is left out");
    Err(match source {
        Source::Flag(_) => failure.fix(Fix::say(format!("leave {} out", setting.flag))),
        source => failure.because(format!("it comes from {source}")).fix(Fix::say("leave it out there")),
    })
}

/// Without a terminal to ask on, lists everything that is missing at once.
fn require_inputs(interview: &Interview<'_>, access: Access) -> Result<(), Failure> {
    if interview.prompter().can_ask() {
        return Ok(());
    }
    let mut missing: Vec<&'static Definition> = Vec::new();
    if !interview.is_set(&keys::KIT) {
        missing.push(&keys::KIT);
    }
    if access == Access::Read && !interview.is_set(&keys::TOKEN) {
        missing.push(&keys::CLOUD_TOKEN);
    }
    if access.writes() {
        let is_missing = |setting: &&'static Definition| !interview.is_set(setting);
        missing.extend([&keys::FACTORY_KEY.definition].into_iter().filter(is_missing));
        if !interview.settings().is_enabled(&keys::YES) {
            missing.push(&keys::YES);
        }
    }
    Missing::none_of_needing_kit(missing)
}

/// GitLab.com's address, by the kit. One that was given has to be the same.
fn instance(kit: &CloudKit, settings: &Settings) -> Result<InstanceUrl, Failure> {
    let unusable = |error: crate::instance::UrlError| {
        Failure::usage("the kit's cloud.url cannot be used").because(error.to_string()).fix(ask_for_kit())
    };
    let instance: InstanceUrl = kit.cloud.url.as_str().parse().map_err(unusable)?;
    match settings.get(&keys::GITLAB_URL)? {
        Some(given) if given.value != instance && given.source != Source::Record => {
            Err(Failure::usage(format!("{} is not the GitLab of the kit's cloud section", given.value))
                .because(format!("the kit's cloud.url is {instance}"))
                .because(format!("the other address comes from {}", given.source))
                .fix(Fix::say("leave the address out: --cloud takes it from the kit")))
        }
        Some(_) | None => Ok(instance),
    }
}

fn ask_for_kit() -> Fix {
    Fix::run("ask Factory for a new kit; this lists every problem", "factory-gitlab kit check")
}

/// What [`desired`] is made from.
struct Given {
    kit: CloudKit,
    served_by: Option<String>,
    instance: InstanceUrl,
}

fn desired(context: &Context<'_>, settings: &Settings, given: Given) -> Result<DesiredCloud, Failure> {
    let Given { kit, served_by, instance } = given;
    // They are used later, and a wrong value is said now.
    settings.get(&keys::WAIT)?;
    settings.get(&keys::AUTHORIZATION_TIMEOUT)?;
    let trust = DesiredTrust { values: kit.trusted(), key_origins: kit.key_origins(), served_by };
    Ok(DesiredCloud {
        way: choose::way(context, &kit, settings)?,
        account: settings.get(&keys::ACCOUNT)?.map(|found| found.value),
        selection: named_selection(settings)?,
        proof: settings.get(&keys::PROVE)?.map(|found| found.value),
        trust,
        kit,
        instance,
    })
}

/// What the flags select; `None` where they name nothing.
fn named_selection(settings: &Settings) -> Result<Option<CloudSelection>, Failure> {
    let places = |mut paths: Vec<String>| {
        let mut seen = BTreeSet::new();
        paths.retain(|path| seen.insert(path.to_lowercase()));
        paths.into_iter().map(|path| crate::cloud::SelectedPlace { id: None, full_path: path }).collect()
    };
    let selection = CloudSelection {
        all: settings.is_enabled(&keys::ALL),
        future: settings.is_enabled(&keys::FUTURE),
        groups: places(settings.list(&keys::GROUP)?),
        projects: places(settings.list(&keys::PROJECT)?),
        personal_namespace: settings.is_enabled(&keys::PERSONAL),
    };
    let has_places = !selection.groups.is_empty() || !selection.projects.is_empty();
    if selection.all && has_places {
        return Err(Failure::usage("--all selects everything, and groups or projects are named beside it")
            .fix(Fix::say("give either --all, or --group and --project")));
    }
    if selection.future && !selection.all && selection.groups.is_empty() {
        return Err(Failure::usage("--future needs to know of what: --all, or --group")
            .fix(Fix::rerun("everything of the account, now and later", "--all --future")));
    }
    Ok((!selection.is_empty()).then_some(selection))
}

/// Where a user withdraws consent, which only the user can.
const AUTHORIZED_APPLICATIONS: &str = "/-/user_settings/applications";

/// Whether a grant passes this machine.
const fn is_oauth(way: CloudWay) -> bool {
    matches!(way, CloudWay::Code | CloudWay::Device)
}
