//! Gathers the kit, the address and the token, and checks each where it is given: the address by asking whether GitLab is
//! there, before it is shown the token; the token by what it may do.

use super::super::resolve::{self, Terms};
use super::super::{Context, explain, kit};
use super::refuse;
use crate::desired::{ApplicationOrigin, Desired};
use crate::error::{Failure, Fix};
use crate::factory::Factory;
use crate::gitlab::{self, OAuth, Reader, Writer};
use crate::http::Client;
use crate::inputs::{Interview, Missing, Question, questions};
use crate::instance::{InstanceUrl, UrlError};
use crate::journal::Store;
use crate::observed::look::{Already, Look, Wanted};
use crate::observed::{Observed, Seen};
use crate::secret::PersonalAccessToken;
use crate::settings::{Remembered, Settings, Source, names};
use crate::terminal::prompt::{Ask, Lean};
use crate::vault::{Use, Vault};

/// Everything that the walk stands on.
pub(super) struct Gathered {
    pub desired: Desired,
    pub look: Look,
    pub writer: Writer,
    pub token: PersonalAccessToken,
    /// Where the token came from: only a typed one is offered to the keyring.
    pub token_source: Source,
    pub already: Already,
}

/// What is needed, in the order of asking.
const NEEDED: [&Question; 10] = [
    &questions::KIT,
    &questions::REDIRECT_URI,
    &questions::WEBHOOK_URL,
    &questions::WEBHOOK_SECRET,
    &questions::RECIPIENT,
    &questions::UPLOAD_URL,
    &questions::GITLAB_URL,
    &questions::TOKEN,
    &questions::APPLICATION_ID,
    &questions::APPLICATION_SECRET,
];

/// Where nobody can be asked, everything that is missing is listed at once, the approval of the plan too.
pub(super) fn require_everything(interview: &Interview<'_>, dry_run: bool) -> Result<(), Failure> {
    if interview.prompter().can_ask() {
        return Ok(());
    }
    let settings = interview.settings();
    let mut missing: Vec<&'static Question> =
        NEEDED.into_iter().filter(|question| question.is_required(settings) && !interview.knows(question)).collect();
    if !dry_run && !settings.is_on(&names::YES) {
        missing.push(&questions::YES);
    }
    Missing::none_of(missing)
}

/// What the one connection that was made from here says of itself. With several, or with another instance named, nothing
/// is assumed.
pub(super) fn remembered(store: &Store, settings: &Settings) -> Result<Remembered, Failure> {
    let connections = store.connections().map_err(|error| explain::journal(&error))?;
    let mut records = Vec::new();
    for connection in connections {
        records.push(connection.record().map_err(|error| explain::journal(&error))?);
    }
    if let Some(named) = settings.text(&names::GITLAB_URL) {
        let named = named.value.parse::<InstanceUrl>().map(|url| url.to_string()).ok();
        records.retain(|record| record.instance == named);
    }
    let [record] = records.as_slice() else { return Ok(Remembered::default()) };
    Ok(Remembered {
        gitlab_url: record.instance.clone(),
        kit: record.kit.clone(),
        webhooks: record.strategy.map(|strategy| strategy.to_string()),
        groups: record.groups.clone(),
        projects: record.projects.clone(),
        exclude: record.exclude.clone(),
        personal: record.personal.then_some(true),
        ..Remembered::default()
    })
}

pub(super) async fn gather(context: &Context<'_>, interview: &mut Interview<'_>) -> Result<Gathered, Failure> {
    let http = context.client()?;
    let key = interview.find_secret(&questions::FACTORY_KEY)?.map(|found| found.value);
    let factory = Factory::new(http.clone(), key);
    let kit = kit::gather(context, interview).await?.value;
    let instance = address(context, interview, &http).await?;
    let origin = ApplicationOrigin::Auto { given: None, renew: false };
    let desired = resolve::desired(Terms { kit: &kit, instance, settings: interview.settings(), origin })?;
    token(context, interview, Ground { http, factory, desired }).await
}

/// The address, asked whether GitLab answers there. The token has not been shown to anybody yet.
async fn address(context: &Context<'_>, interview: &Interview<'_>, http: &Client) -> Result<InstanceUrl, Failure> {
    let reached = interview
        .ask_until(&questions::GITLAB_URL, async |given| {
            let instance: InstanceUrl =
                given.value.parse().map_err(|error: UrlError| Failure::usage(error.to_string()))?;
            if instance.is_gitlab_com() {
                return Err(Failure::usage("GitLab.com is connected in Factory's settings, not with this command yet")
                    .fix(Fix::say("give the address of a self-managed instance")));
            }
            let reaching = gitlab::reach(http, &instance);
            let reached = context.terminal.during(&format!("reaching {instance}"), reaching).await;
            let what = "GitLab could not be reached";
            reached.map(|()| instance.clone()).map_err(|error| explain::gitlab(&error, what, &instance))
        })
        .await?;
    Ok(reached.value)
}

struct Ground {
    http: Client,
    factory: Factory,
    desired: Desired,
}

/// The token, held against what it has to be able to do. What is seen for that is not asked again.
async fn token(context: &Context<'_>, interview: &mut Interview<'_>, ground: Ground) -> Result<Gathered, Failure> {
    let Ground { http, factory, desired } = ground;
    let instance = desired.instance.clone();
    offer_stored_token(context, interview, &instance).await;
    let sides = |token: &PersonalAccessToken| Look {
        http: http.clone(),
        gitlab: Reader::new(http.clone(), instance.clone(), token.clone()),
        oauth: OAuth::new(http.clone(), instance.clone()),
        factory: factory.clone(),
    };
    let found = interview
        .secret_until(&questions::TOKEN, async |token: &PersonalAccessToken| {
            let look = sides(token);
            let looking = look.look(&desired, basics(), &());
            let observed = context.terminal.during("checking the token", looking).await;
            refuse::what_the_token_cannot(&desired, &observed)?;
            Ok((look, already(observed)))
        })
        .await?;
    let token_source = found.source.clone();
    let (token, (look, already)) = found.value;
    let writer = Writer::new(http.clone(), instance.clone(), token.clone());
    Ok(Gathered { desired, look, writer, token, token_source, already })
}

/// What can be judged of a token without looking at hooks.
fn basics() -> Wanted {
    Wanted {
        hooks: false,
        deliveries: false,
        discovery: true,
        factory: false,
        bundle: Seen::NotAsked("not looked for yet"),
        already: Already::default(),
    }
}

fn already(observed: Observed) -> Already {
    Already {
        network: Some(observed.network),
        metadata: observed.metadata.known().cloned(),
        token: observed.token.known().cloned(),
        user: observed.user.known().cloned(),
        license: observed.license.known().cloned(),
        applications: observed.applications.known().cloned(),
        scopes_supported: observed.scopes_supported.known().cloned(),
    }
}

pub(super) fn vault(context: &Context<'_>) -> Vault {
    Vault::new(if context.env.is_on("FACTORY_DISABLE_KEYRING") { Use::Disabled } else { Use::Allowed })
}

/// Takes the token from the keyring where nothing else gives one. A keyring that is not there is no error here: the
/// token is asked for.
async fn offer_stored_token(context: &Context<'_>, interview: &mut Interview<'_>, instance: &InstanceUrl) {
    if interview.knows(&questions::TOKEN) {
        return;
    }
    match vault(context).get(instance).await {
        Ok(Some(token)) => interview.keep::<crate::secret::Pat>(&questions::TOKEN, token),
        Ok(None) => {}
        Err(error) => tracing::debug!(%error, "the keyring was not read"),
    }
}

/// Offers to keep a typed token, or keeps it where the settings say so. A keyring that is not there is said, and the work
/// goes on.
pub(super) async fn offer_keyring(
    context: &Context<'_>,
    interview: &Interview<'_>,
    gathered: &Gathered,
) -> Result<(), Failure> {
    let wanted = match interview.settings().text(&names::KEYRING) {
        Some(said) => said.value == "store",
        None if gathered.token_source != Source::Prompt || !interview.prompter().can_ask() => false,
        None => {
            let question = &questions::KEYRING;
            let ask =
                Ask { key: question.setting.key, prompt: question.prompt, help: Some(question.help), default: None };
            interview.prompter().confirm(&ask, Lean::No)?
        }
    };
    if !wanted {
        return Ok(());
    }
    let instance = &gathered.desired.instance;
    match vault(context).put(instance, &gathered.token).await {
        Ok(()) => context.terminal.say_line(format!("the token for {instance} is in the keyring")),
        Err(error) => context.terminal.warn(&format!("the token was not kept, and is nowhere else either: {error}")),
    }
    Ok(())
}
