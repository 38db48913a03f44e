//! Gathers the kit, the address and the token, and checks each where it is given: the address by asking whether GitLab is
//! there, before it is shown the token; the token by what it may do.

use super::super::resolve::{self, NEEDED, Terms};
use super::super::{Context, diagnostics, kit, local_state};
use super::{Mode, preconditions};
use crate::desired::{ApplicationOrigin, Desired};
use crate::error::Failure;
use crate::factory::FactoryClient;
use crate::gitlab;
use crate::http::Client;
use crate::inputs::{Interview, Missing};
use crate::instance::InstanceUrl;
use crate::observed::{Observed, Observer, Read, ReadRequest, Reads};
use crate::report::FailureGroup;
use crate::secret::PersonalAccessToken;
use crate::settings::{Definition, Source, keys};
use crate::target::Target;

/// What a token is judged by. The scopes that the instance knows are read here too: they decide before an application is
/// created.
const TOKEN_READS: [Read; 7] =
    [Read::Network, Read::Metadata, Read::Token, Read::User, Read::License, Read::Applications, Read::ScopesSupported];

/// Everything that a run starts from.
pub(super) struct Gathered {
    pub desired: Desired,
    pub look: Observer,
    pub token: PersonalAccessToken,
    /// Where the token came from: only a typed one is offered to the keyring.
    pub token_source: Source,
    /// Where the next run finds the kit.
    pub kit_place: Option<String>,
    /// What was read to check the token.
    pub known: Observed,
    /// Targets whose hooks could not be read; empty until they were read.
    pub unread: Vec<FailureGroup<Target>>,
}

/// Without a terminal, lists every missing input at once, the approval of the plan included.
pub(super) fn require_inputs(interview: &Interview<'_>, mode: Mode) -> Result<(), Failure> {
    if interview.prompter().can_ask() {
        return Ok(());
    }
    let pair = [&keys::APPLICATION_ID.definition, &keys::APPLICATION_SECRET.definition];
    let is_missing = |setting: &&'static Definition| interview.is_missing(setting);
    let mut missing: Vec<&'static Definition> = NEEDED.into_iter().chain(pair).filter(is_missing).collect();
    if mode == Mode::Write && !interview.settings().is_enabled(&keys::YES) {
        missing.push(&keys::YES);
    }
    Missing::none_of(missing)
}

pub(super) async fn gather(context: &Context<'_>, interview: &Interview<'_>) -> Result<Gathered, Failure> {
    let http = context.client()?;
    let kit::Found { kit, place } = kit::gather(context, interview).await?;
    // After the kit: a key that was typed to fetch it is the key of the upload too.
    let key = interview.find_secret(&keys::FACTORY_KEY)?.map(|found| found.value);
    let factory = FactoryClient::new(http.clone(), key);
    let instance = address(context, interview, &http).await?;
    let origin = ApplicationOrigin::Auto { given: None, renew: false };
    let desired = resolve::desired(Terms { kit: &kit, instance, settings: interview.settings(), origin })?;
    token(context, interview, Ground { http, factory, desired, place }).await
}

/// The address, checked for GitLab's answer. The token has not been sent anywhere yet.
async fn address(context: &Context<'_>, interview: &Interview<'_>, http: &Client) -> Result<InstanceUrl, Failure> {
    let reached = interview
        .ask_until(&keys::GITLAB_URL, async |given| {
            let instance = resolve::self_managed(given)?;
            let reaching = gitlab::ping(http, &instance);
            let reached = context.terminal.with_spinner(&format!("reaching {instance}"), reaching).await;
            reached.map(|()| instance.clone()).map_err(|error| diagnostics::reach(&error, &instance))
        })
        .await?;
    Ok(reached.value)
}

struct Ground {
    http: Client,
    factory: FactoryClient,
    desired: Desired,
    place: Option<String>,
}

/// The token, held against what it has to be able to do. What is seen for that is not asked again.
async fn token(context: &Context<'_>, interview: &Interview<'_>, ground: Ground) -> Result<Gathered, Failure> {
    let Ground { http, factory, desired, place } = ground;
    let instance = desired.instance.clone();
    local_state::offer_token_of(&instance, context, interview).await?;
    let found = interview
        .secret_until(&keys::TOKEN, async |token: &PersonalAccessToken| {
            let look = Observer::new(&http, &instance, token, factory.clone());
            let reads = Reads::from_iter(TOKEN_READS);
            let looking = look.observe(&desired, ReadRequest::from(&reads), &());
            let observed = context.terminal.with_spinner("checking the token", looking).await;
            preconditions::require_token_rights(&desired, &observed)?;
            Ok((look, observed))
        })
        .await?;
    let token_source = found.source.clone();
    let (token, (look, known)) = found.value;
    Ok(Gathered { kit_place: place, desired, look, token, token_source, known, unread: Vec::new() })
}

/// Offers to keep a typed token, or keeps it where the settings say so. A keyring that is not there is said, and the work
/// goes on.
pub(super) async fn offer_keyring(
    context: &Context<'_>,
    interview: &Interview<'_>,
    gathered: &Gathered,
) -> Result<(), Failure> {
    let credential_store = local_state::credential_store(context, interview.settings())?;
    let wanted = match (local_state::is_asked_for(interview.settings())?, &gathered.token_source) {
        (_, Source::Keyring) => false,
        (true, _) => true,
        (false, source) if *source != Source::Prompt || !credential_store.is_used() => false,
        (false, _) => interview.confirm(&keys::KEYRING)?,
    };
    if !wanted {
        return Ok(());
    }
    let instance = &gathered.desired.instance;
    match credential_store.put(instance, &gathered.token).await {
        Ok(()) => context.terminal.say_line(format!("the token for {instance} is in the keyring")),
        Err(error) => context.terminal.warn(&format!("the token was not saved to the keyring: {error}")),
    }
    Ok(())
}
