//! `kit show|check|template`, and how every command gets its kit.

mod reports;
mod trust;
mod values;

use std::iter;

use clap::{Args, Subcommand};
use url::Url;

use super::{Context, diagnostics};
use crate::bundle::{RecipientError, Recipients};
use crate::cli::after_help::{after_help, own};
use crate::env::Reach;
use crate::error::ExitCode::{Done, Problem, Unknown, Usage};
use crate::error::{ExitCode, Failure, Fix};
use crate::factory::FactoryClient;
use crate::http;
use crate::inputs::{Document, DocumentAt, Interview};
use crate::instance::is_bare;
use crate::kit::{AnyKit, CloudKit, DeliveryMode, Kit, KitForm, KitProblem, KitSeverity, Overrides, origin};
use crate::schema;
use crate::secret::{Bearer, FactoryKey, HookToken, is_repeatable};
use crate::settings::{Definition, Setting, Settings, Source, Sourced, keys};
use crate::text::shell_word;

use self::reports::{Checked, Shown};

/// Show or check the kit from Factory, or print a template
#[derive(Args, Debug)]
#[command(subcommand_required = true, arg_required_else_help = true, disable_help_subcommand = true)]
#[command(after_long_help = after_help(
    &[
        own(Done, "done, the kit is good"),
        own(Problem, "the kit has problems"),
        own(Usage, "usage error: no kit given, unreadable file, not a kit"),
        own(Unknown, "the kit's URL could not be reached"),
    ],
    &["factory-gitlab kit check --kit kit.json", "factory-gitlab kit template > kit.json"],
))]
pub struct KitCommandArgs {
    #[command(subcommand)]
    pub command: KitCommand,
}

#[derive(Debug, Subcommand)]
pub enum KitCommand {
    /// Show the kit, without its secrets
    #[command(after_long_help = after_help(
        &[
            own(Done, "shown"),
            own(Problem, "Factory refused to give the kit"),
            own(Usage, "usage error: no kit given, unreadable file, not a kit"),
            own(Unknown, "the kit's URL could not be reached"),
        ],
        &["factory-gitlab kit show --kit kit.json -o json"],
    ))]
    Show,
    /// Check the kit and name everything that is wrong with it
    #[command(after_long_help = after_help(
        &[
            own(Done, "the kit is good; there may be warnings"),
            own(Problem, "the kit has problems"),
            own(Usage, "usage error: no kit given, unreadable file, not a kit"),
            own(Unknown, "the kit's URL could not be reached"),
        ],
        &["factory-gitlab kit check --kit kit.json"],
    ))]
    Check,
    /// Print a kit to fill in
    #[command(after_long_help = after_help(&[own(Done, "printed")], &["factory-gitlab kit template > kit.json"]))]
    Template,
}

/// An interrupt drops this work at once.
pub(super) async fn kit(args: KitCommandArgs, context: &Context<'_>) -> Result<ExitCode, Failure> {
    context.interrupt.or(run(args.command, context)).await?
}

async fn run(command: KitCommand, context: &Context<'_>) -> Result<ExitCode, Failure> {
    match command {
        KitCommand::Template => {
            context.terminal.print_text(Kit::template())?;
            Ok(ExitCode::Done)
        }
        KitCommand::Show => {
            let kit = read::<AnyKit>(context, &context.interview()).await?;
            context.finish(&Shown { kit: &kit.value.kit, source: kit.source })
        }
        KitCommand::Check => {
            let kit = read::<AnyKit>(context, &context.interview()).await?;
            let mut problems = problems(&kit.value.kit, context, DeliveryMode::Upload);
            problems.extend(kit.value.unknown_fields.iter().map(|path| KitProblem::unknown_field(path)));
            let fingerprint = kit.value.kit.trusted().fingerprint();
            context.finish(&Checked { problems, fingerprint, source: kit.source })
        }
    }
}

/// A kit for a run, and where it can be found again.
pub struct Found<K = Kit> {
    pub kit: K,
    /// The origin that it was fetched from; `None` for a file, standard input, and a kit that was given in pieces.
    pub served_by: Option<String>,
    pub place: KitPlace,
    /// The fields that this version does not know, by path, where the kit is shown.
    pub unknown_fields: Vec<String>,
}

/// Where the next run finds the kit.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum KitPlace {
    /// An address, or a path from the root.
    At(String),
    /// Standard input, or an address that is as good as a key.
    NotRecorded,
    /// There is none: its values were given one by one.
    WithoutKit,
}

impl KitPlace {
    #[must_use]
    pub fn path(&self) -> Option<&str> {
        match self {
            Self::At(place) => Some(place),
            Self::NotRecorded | Self::WithoutKit => None,
        }
    }
}

/// The kit for a run: read, changed by the flags that take the place of its values, and checked. A typed path or address
/// that does not give a usable kit is asked for again. Without a kit its values are asked for one by one.
///
/// # Errors
/// When there is no kit, it cannot be read, or something in it cannot work.
pub async fn gather(context: &Context<'_>, interview: &Interview<'_>, mode: DeliveryMode) -> Result<Found, Failure> {
    Ok(find(context, interview, Use::InRun(mode)).await?.value)
}

/// The kit for a run against GitLab.com: only what that needs has to be in it, and nothing of it can be given one by one.
///
/// # Errors
/// As [`gather`].
pub async fn gather_cloud(
    context: &Context<'_>,
    interview: &Interview<'_>,
    mode: DeliveryMode,
) -> Result<Found<CloudKit>, Failure> {
    Ok(find(context, interview, Use::InRun(mode)).await?.value)
}

/// Where the next run finds the kit, from whatever folder it is started. An address with a password or a query is not
/// recorded: it is as good as a key.
fn place(given: &str) -> Option<String> {
    if given == "-" {
        return None;
    }
    if let Some(url) = Url::parse(given).ok().filter(Url::has_host) {
        return is_bare(&url).then(|| given.to_owned());
    }
    Some(std::path::absolute(given).ok()?.to_string_lossy().into_owned())
}

/// The origin that a kit is fetched from, if it is.
fn served_by(given: &str) -> Option<String> {
    match DocumentAt::new(given) {
        Ok(DocumentAt::Url(url)) => Some(origin(&url)),
        Ok(DocumentAt::Stdin | DocumentAt::File(_)) | Err(_) => None,
    }
}

/// Whether the run will probably need the key of Factory's API and has none, for the list of everything that is missing. Only a
/// kit in a file can be asked that early; with others it is found when there is a plan.
pub fn may_need_key(context: &Context<'_>, interview: &Interview<'_>) -> bool {
    let settings = interview.settings();
    if interview.is_set(&keys::FACTORY_KEY) || settings.is_set(&keys::BUNDLE_OUT) {
        return false;
    }
    let given = settings.raw_value(&keys::KIT).and_then(|given| DocumentAt::new(&given.value).ok());
    let file = given.filter(|at| matches!(at, DocumentAt::File(_)));
    let is_posted = file.is_some_and(|at| match at.read("--kit", context.terminal) {
        Ok(Document::Read(text)) => {
            Kit::parse(&text).is_ok_and(|kit| kit.bundle.upload().is_some_and(|upload| upload.takes_key()))
        }
        Ok(Document::ToFetch(_)) | Err(_) => false,
    });
    is_posted || settings.is_set(&keys::UPLOAD_URL)
}

/// What a kit is wanted for.
#[derive(Clone, Copy, Debug)]
enum Use {
    /// To be shown: it is judged only by what was named, its fingerprint and its signer.
    Shown,
    /// To work with: what cannot work is refused.
    InRun(DeliveryMode),
}

async fn find<K: KitForm>(
    context: &Context<'_>,
    interview: &Interview<'_>,
    wanted: Use,
) -> Result<Sourced<Found<K>>, Failure> {
    let accepted = |kit: K| {
        let kit = match wanted {
            Use::Shown => kit,
            Use::InRun(_) if interview.settings().is_set(&keys::BUNDLE_OUT) => sound(kit, context, DeliveryMode::File)?,
            Use::InRun(mode) => sound(kit, context, mode)?,
        };
        trust::require_named(kit, interview.settings())
    };
    let overrides = overrides(interview)?;
    if let Some(kit) = kit_from_overrides(context, &overrides) {
        return without_kit(accepted(kit), interview);
    }
    if !K::IN_PIECES || !keys::has_no_kit(interview.settings()) {
        let load = async |given: &Sourced<String>| {
            let text = text(&given.value, context, interview).await?;
            Ok(Found {
                kit: accepted(parsed::<K>(&text)?.with(overrides.clone()))?,
                unknown_fields: match wanted {
                    Use::Shown => unknown_fields(&text),
                    Use::InRun(_) => Vec::new(),
                },
                served_by: served_by(&given.value),
                place: place(&given.value).map_or(KitPlace::NotRecorded, KitPlace::At),
            })
        };
        if let Some(found) = interview.ask_optional(&keys::KIT, load).await? {
            return Ok(found);
        }
    }
    if !K::IN_PIECES {
        return Err(interview.missing(&keys::KIT));
    }
    let mode = match wanted {
        Use::Shown => DeliveryMode::File,
        Use::InRun(mode) => mode,
    };
    values::ask_missing(interview, mode).await?;
    match kit_from_overrides(context, &self::overrides(interview)?) {
        Some(kit) => without_kit(accepted(kit), interview),
        None => Err(interview.missing(&keys::KIT)),
    }
}

/// A kit that was given in pieces.
fn without_kit<K>(kit: Result<K, Failure>, interview: &Interview<'_>) -> Result<Sourced<Found<K>>, Failure> {
    trust::require_no_signer(interview.settings())?;
    let found = Found { kit: kit?, served_by: None, place: KitPlace::WithoutKit, unknown_fields: Vec::new() };
    Ok(Sourced::new(found, Source::Flag("--redirect-uri")))
}

/// The kit as it is, judged only by what was named: its fingerprint, its signer.
pub(super) async fn read<K: KitForm>(
    context: &Context<'_>,
    interview: &Interview<'_>,
) -> Result<Sourced<Found<K>>, Failure> {
    let is_upload_url = |setting: &&'static Definition| setting.key == keys::UPLOAD_URL.key;
    let values = keys::KIT_VALUES.into_iter().filter(|setting| !is_upload_url(setting));
    let needed: Vec<&'static Definition> = iter::once(&keys::KIT.definition).chain(values).collect();
    interview.require(&needed)?;
    find(context, interview, Use::Shown).await
}

/// The kit for a command that contacts nothing: a file or standard input, with the values that flags replace. Only a rehearsal
/// may fetch it, from the sandbox.
pub(super) async fn read_here(context: &Context<'_>, interview: &Interview<'_>) -> Result<Kit, Failure> {
    let overrides = overrides(interview)?;
    let load_here = async |given: &Sourced<String>| {
        if context.env.reach == Reach::Anywhere && matches!(DocumentAt::new(&given.value), Ok(DocumentAt::Url(_))) {
            return Err(Failure::usage(format!(
                "{} names an address, and this command contacts nothing",
                given.source
            ))
            .fix(Fix::say("save the kit from that address in a file and give its path: --kit kit.json")));
        }
        let kit = parsed::<Kit>(&text(&given.value, context, interview).await?)?;
        trust::require_named(kit.with(overrides.clone()), interview.settings())
    };
    Ok(interview.ask_until(&keys::KIT, load_here).await?.value)
}

fn kit_from_overrides<K: KitForm>(context: &Context<'_>, overrides: &Overrides) -> Option<K> {
    if context.settings.is_set(&keys::KIT) { None } else { K::from_overrides(overrides) }
}

fn sound<K: KitForm>(kit: K, context: &Context<'_>, mode: DeliveryMode) -> Result<K, Failure> {
    let problems = problems(&kit, context, mode);
    for problem in problems.iter().filter(|problem| problem.severity == KitSeverity::Warning) {
        context.terminal.warn(&format!("the kit's {}: {}", problem.path, problem.message));
    }
    let wrong: Vec<_> = problems.iter().filter(|problem| problem.severity == KitSeverity::Error).collect();
    if wrong.is_empty() {
        return Ok(kit);
    }
    let failure = wrong.iter().fold(Failure::usage("the kit cannot be used"), |failure, problem| {
        failure.because(format!("{}: {}", problem.path, problem.message))
    });
    Err(failure.fix(ask_for_kit(&context.settings)))
}

/// Ask for another kit, and see all that is wrong with this one: `kit check` reads the same one.
pub(super) fn ask_for_kit(settings: &Settings) -> Fix {
    let given = settings.raw_value(&keys::KIT).filter(|given| matches!(given.source, Source::Flag(_)));
    let flag =
        given.filter(|given| is_repeatable(&given.value)).map(|given| format!(" --kit {}", shell_word(&given.value)));
    let command = format!("factory-gitlab kit check{}", flag.unwrap_or_default());
    Fix::run("ask Factory for a new one; this lists every problem", command)
}

/// All problems of a kit, including those that only the sealing library can find.
fn problems<K: KitForm>(kit: &K, context: &Context<'_>, mode: DeliveryMode) -> Vec<KitProblem> {
    let mut problems = kit.check(context.env.clock.now(), mode);
    if let Some(Err(error @ (RecipientError::Invalid { .. } | RecipientError::SecretKey | RecipientError::Mixed))) =
        kit.bundle().map(|bundle| Recipients::parse(&bundle.recipients))
    {
        let (path, message) = ("bundle.recipients".to_owned(), error.to_string());
        problems.push(KitProblem { severity: KitSeverity::Error, path, message });
    }
    problems
}

/// The flags and answers that replace the kit's values.
fn overrides(interview: &Interview<'_>) -> Result<Overrides, Failure> {
    let settings = interview.settings();
    let url = |setting: &'static Setting<Url>| settings.get(setting).map(|found| found.map(|found| found.value));
    let secret = interview.find_secret::<HookToken>(&keys::WEBHOOK_SECRET)?;
    Ok(Overrides {
        redirect_uri: settings.get(&keys::REDIRECT_URI)?.map(|found| found.value),
        scopes: settings.list(&keys::SCOPE)?,
        webhook_url: url(&keys::WEBHOOK_URL)?,
        webhook_secret: secret.map(|found| found.value),
        recipients: settings.list(&keys::RECIPIENT)?,
        upload_url: url(&keys::UPLOAD_URL)?,
    })
}

/// The text of a kit, with the signature that was asked for.
async fn text(given: &str, context: &Context<'_>, interview: &Interview<'_>) -> Result<String, Failure> {
    let at = DocumentAt::new(given)?;
    let text = match at.clone().read("--kit", context.terminal)? {
        Document::Read(text) => text,
        Document::ToFetch(url) => fetch(url, context, interview).await?,
    };
    trust::require_signed(&text, &at, trust::Reader { context, interview }).await?;
    Ok(text)
}

/// The kit in a text. Where a field is missing, it may be there under a name that is not known.
fn parsed<K: KitForm>(text: &str) -> Result<K, Failure> {
    K::parse(text).map_err(|error| {
        let unknown = unknown_fields(text).into_iter().map(|path| KitProblem::unknown_field(&path));
        unknown.fold(diagnostics::kit(&error), |failure, problem| {
            failure.because(format!("{}: {}", problem.path, problem.message))
        })
    })
}

/// The fields of a kit that its schema does not have, the first ones of many.
fn unknown_fields(text: &str) -> Vec<String> {
    const MOST: usize = 50;
    let document: Option<serde_json::Value> = serde_json::from_str(text.trim_start_matches('\u{feff}')).ok();
    let found = document.zip(schema::find("kit")).map(|(document, schema)| schema.unknown_fields(&document));
    found.into_iter().flatten().take(MOST).collect()
}

/// Fetches the kit; where Factory wants a key and none was given, the user is asked for it.
async fn fetch(url: Url, context: &Context<'_>, interview: &Interview<'_>) -> Result<String, Failure> {
    let client = context.client()?;
    let with = async |key: Option<FactoryKey>| {
        let factory = FactoryClient::new(client.clone(), key);
        factory.trust([origin(&url)]);
        context.terminal.with_spinner("fetching the kit", factory.kit(&url)).await
    };
    const UNFETCHED: &str = "the kit could not be fetched";
    let key = interview.find_secret::<Bearer>(&keys::FACTORY_KEY)?;
    let may_ask = key.is_none() && interview.prompter().can_ask();
    match with(key.map(|found| found.value)).await {
        Err(error) if may_ask && error.status() == Some(401) => {
            let refused = |error: http::Error| diagnostics::typed_factory_key(&error, UNFETCHED);
            let check = async |key: &FactoryKey| with(Some(key.clone())).await.map_err(refused);
            Ok(interview.secret_until(&keys::FACTORY_KEY, check).await?.value.1)
        }
        other => other.map_err(|error| diagnostics::factory(&error, UNFETCHED)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_with_a_password_or_a_query_is_not_recorded() {
        assert_eq!(place("https://factory.example/kit").as_deref(), Some("https://factory.example/kit"));
        for given in
            ["-", "https://a:b@factory.example/kit", "https://factory.example/kit?key=k", "https://f.example/#k"]
        {
            assert_eq!(place(given), None, "{given}");
        }
    }
}
