//! `bundle upload`: sends a sealed bundle, if it is what is wanted now.

use std::collections::BTreeSet;

use url::Url;

use super::super::approval::kit_changed;
use super::super::{Context, diagnostics, kit, local_state};
use super::reports::Uploaded;
use super::{BundleUploadArgs, read};
use crate::bundle::SealedBundle;
use crate::error::{ExitCode, Failure, Fix};
use crate::factory::{FactoryClient, Receipt};
use crate::inputs::{Approval, Interview};
use crate::instance::bare;
use crate::journal::{BundleEntry, Connection, KitPin, Record};
use crate::kit::{Handover, Upload, address_problem, is_same_set, origin};
use crate::plan::{self, KitStep};
use crate::secret::Bearer;
use crate::settings::{Source, keys};
use crate::terminal::prompt::PlanAnswer;
use crate::text::{Line, Text, Tone};

pub(super) async fn upload(args: BundleUploadArgs, context: &Context<'_>) -> Result<ExitCode, Failure> {
    let bundle = read(&args.file)?;
    let recorded = Recorded::find(context, &bundle)?;
    // Kit and address of the connection that it was sealed for, unless others are given.
    let settings = match &recorded {
        Some(recorded) => local_state::settings_of_record(context, &recorded.record),
        None => context.settings.clone(),
    };
    let interview = Interview::new(&settings, context.prompter.as_ref(), context.terminal);
    let destination = Destination::find(context, &interview).await?;
    let recipients = recipients(context, recorded.as_ref(), destination.kit.as_ref())?;
    let key = interview.find_secret::<Bearer>(&keys::FACTORY_KEY)?;
    let factory = FactoryClient::new(context.client()?, key.map(|found| found.value));
    factory.trust(destination.origins(&interview)?);
    let pin = recorded.as_ref().and_then(|recorded| recorded.record.kit_pin.clone());
    factory.trust(pin.iter().flat_map(|pin| pin.key_origins.iter().cloned()));
    let Destination { upload, kit: _ } = &destination;
    let url = &upload.url;
    if let Some(why) = address_problem(url) {
        return Err(Failure::problem("the bundle cannot be sent to the address that was given").because(why));
    }
    if upload.takes_key() && factory.withholds_key_from(url) {
        approve(context, &interview, Approved { url, changed: destination.changed_kit(pin.as_ref()) })?;
        factory.trust([origin(url)]);
    }
    let sent = context.terminal.with_spinner("uploading the bundle", factory.upload(&bundle, upload)).await;
    let receipt = sent.map_err(|error| diagnostics::upload(&error, &args.file))?;
    if let Some(recorded) = &recorded {
        recorded.accepted(context, &bundle, &receipt);
    }
    context.finish(&Uploaded {
        host: url.host_str().unwrap_or_default().to_owned(),
        sha256: bundle.sha256().to_owned(),
        recipients,
        receipt,
    })
}

/// Where the bundle goes, and the kit that says so.
struct Destination {
    upload: Upload,
    kit: Option<kit::Found>,
}

impl Destination {
    /// `--upload-url`, else the kit's address with its method. A kit is read in any case where one is given.
    async fn find(context: &Context<'_>, interview: &Interview<'_>) -> Result<Self, Failure> {
        if let Some(found) = interview.settings().get(&keys::UPLOAD_URL)?
            && !interview.settings().is_set(&keys::KIT)
        {
            return Ok(Self { upload: Upload::to_factory(found.value), kit: None });
        }
        let found: kit::Found = kit::read(context, interview).await?.value;
        match found.kit.bundle.upload() {
            Some(upload) => Ok(Self { upload, kit: Some(found) }),
            None => Err(Failure::usage("the kit has no upload address").fix(Fix::say("give it with --upload-url"))),
        }
    }

    /// What differs from the kit that was accepted.
    fn changed_kit(&self, pin: Option<&KitPin>) -> Option<KitStep> {
        let found = self.kit.as_ref()?;
        plan::accept_kit(pin?, &found.kit.trusted())
    }

    /// The origins that get the key of Factory's API without a question: that of a fetched kit, those of a kit that was
    /// named by its fingerprint, and that of the address that was named itself.
    fn origins(&self, interview: &Interview<'_>) -> Result<BTreeSet<String>, Failure> {
        let settings = interview.settings();
        let mut origins = BTreeSet::new();
        // An address that is only recorded gets the key where it is among the accepted ones.
        let named = settings.get(&keys::UPLOAD_URL)?.filter(|found| found.source != Source::Record);
        origins.extend(named.map(|found| origin(&found.value)));
        if let Some(kit::Found { kit, served_by, .. }) = &self.kit {
            origins.extend(served_by.clone());
            if settings.get(&keys::KIT_FINGERPRINT)?.is_some() {
                origins.extend(kit.key_origins());
            }
        }
        Ok(origins)
    }
}

/// What a person approves.
struct Approved<'a> {
    url: &'a Url,
    /// What differs in the kit from the accepted one: `--yes` does not cover that.
    changed: Option<KitStep>,
}

/// A kit from a file may name any address: the key is sent there once a person says so, or `--yes` where the kit is not
/// another one than the accepted one.
fn approve(context: &Context<'_>, interview: &Interview<'_>, approved: Approved<'_>) -> Result<(), Failure> {
    let Approved { url, changed } = approved;
    let mut text = Text::new();
    text.heading("Plan");
    text.line(Line::new().plain("  upload the sealed bundle with the key of Factory's API"));
    text.line(Line::new().plain("  to ").with(Tone::Strong, bare(url).to_string()));
    if let Some(KitStep::Accept { from, to, changes }) = &changed {
        text.line(format!("  named by the changed kit {to}; kit {from} was accepted before"));
        changes.iter().for_each(|change| text.line(format!("  {change}")));
    }
    text.gap();
    context.terminal.say(&text);
    let is_given = match &changed {
        None => interview.approve(&keys::YES)? == Approval::Given,
        Some(_) if interview.prompter().can_ask() => interview.answer_plan(&keys::YES)? == PlanAnswer::Apply,
        Some(step) => return Err(kit_changed(step)),
    };
    if is_given { Ok(()) } else { Err(Failure::problem("the upload was not approved; nothing was sent")) }
}

/// What this machine recorded about the bundle that it sealed.
struct Recorded {
    connection: Connection,
    record: Record,
    recipients: Vec<String>,
    handover: Option<Handover>,
}

impl Recorded {
    /// `None` where another machine sealed it.
    fn find(context: &Context<'_>, bundle: &SealedBundle) -> Result<Option<Self>, Failure> {
        let failed = |error| diagnostics::journal(&error);
        // A system without a folder for state has no record either.
        let Ok(store) = local_state::store(context) else { return Ok(None) };
        for connection in store.connections().map_err(failed)? {
            let record = connection.record().map_err(failed)?;
            let whole = record.bundle.as_ref().filter(|recorded| recorded.sha256 == bundle.sha256());
            let tokens = record.token_bundle.iter().chain(&record.written_token);
            let token = tokens.into_iter().find(|recorded| recorded.sha256 == bundle.sha256());
            let application = record.application_bundle.as_ref().filter(|one| one.sha256 == bundle.sha256());
            let application = application.map(|recorded| (recorded.recipients.clone(), Some(Handover::None)));
            let whole = whole.map(|recorded| (recorded.recipients.clone(), recorded.handover));
            let token = token.map(|recorded| (recorded.recipients.clone(), Some(recorded.handover)));
            if let Some((recipients, handover)) = whole.or(token).or(application) {
                return Ok(Some(Self { connection, record, recipients, handover }));
            }
        }
        Ok(None)
    }

    /// Records that Factory has it, so that `connect` and `verify` know. Factory has it in any case: what prevents the record is
    /// a warning.
    fn accepted(&self, context: &Context<'_>, bundle: &SealedBundle, receipt: &Receipt) {
        let entry = BundleEntry::Accepted { sha256: bundle.sha256().to_owned(), id: receipt.id.clone() };
        let recorded = self.connection.lock().and_then(|lock| {
            self.connection.journal(&lock, None, context.env.clock).and_then(|mut journal| journal.append(entry))
        });
        if let Err(error) = recorded {
            context.terminal.warn(&format!("Factory has the bundle, and that was not recorded here: {error}"));
        }
    }
}

/// Who can open the bundle, as far as this machine knows.
///
/// # Errors
/// When others can open it than the kit names now, or when it holds a token that the kit no longer asks for.
fn recipients(
    context: &Context<'_>,
    recorded: Option<&Recorded>,
    found: Option<&kit::Found>,
) -> Result<Option<Vec<String>>, Failure> {
    let Some(bundle) = recorded else {
        context.terminal.warn("this machine did not seal the bundle: who can open it is not known here");
        return Ok(None);
    };
    let pinned = || bundle.record.kit_pin.as_ref().map(|pin| pin.recipients().to_vec());
    let wanted = found.map(|found| found.kit.bundle.recipients.clone()).or_else(pinned);
    let mut failure = Failure::problem("the bundle is not what is wanted now, so it was not sent");
    if let Some(wanted) = wanted.filter(|wanted| !is_same_set(wanted, &bundle.recipients)) {
        let (sealed, wanted) = (bundle.recipients.join(", "), wanted.join(", "));
        failure = failure.because(format!("it is sealed for {sealed}; wanted is {wanted}"));
    }
    let handover = context.settings.get(&keys::HANDOVER_TOKEN)?.map(|found| found.value);
    let handover = handover.or_else(|| found.map(|found| found.kit.token.handover));
    if handover.is_some_and(|wanted| holds_more(bundle.handover, wanted)) {
        failure = failure.because("it holds a token that is no longer asked for");
    }
    if failure.causes.is_empty() {
        return Ok(Some(bundle.recipients.clone()));
    }
    Err(failure.fix(Fix::connect("let connect seal a new one", "factory-gitlab connect")))
}

/// Whether the bundle holds more than is wanted: a token where none is, or the administrator's own where a token made for
/// Factory is. Less is harmless: `connect --handover-token` is not known here.
fn holds_more(held: Option<Handover>, wanted: Handover) -> bool {
    match (held, wanted) {
        (None | Some(Handover::None), _) | (Some(_), Handover::Given) | (Some(Handover::Minted), Handover::Minted) => {
            false
        }
        (Some(_), Handover::None) | (Some(Handover::Given), Handover::Minted) => true,
    }
}
