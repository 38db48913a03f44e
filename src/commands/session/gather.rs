//! Gathers the kit, the URL and the token. A command that writes checks each where it is given: the URL by asking whether
//! GitLab answers there, before it is sent the token; the token by its rights.

use super::super::kit::KitPlace;
use super::super::local_state::KeyringSeen;
use super::super::resolve::{self, Terms, needed};
use super::super::{Context, diagnostics, kit, local_state, network};
use super::{Access, require_token_rights};
use crate::desired::{ApplicationOrigin, Desired};
use crate::error::Failure;
use crate::factory::FactoryClient;
use crate::gitlab;
use crate::http::Client;
use crate::inputs::{Interview, Missing};
use crate::instance::InstanceUrl;
use crate::kit::DeliveryMode;
use crate::observed::{Observed, Observer, Read, ReadRequest, Reads};
use crate::secret::PersonalAccessToken;
use crate::settings::{Definition, Sourced, keys};

/// What a token is judged by. The scopes that the instance knows are read here too: they decide before an application is
/// created.
const TOKEN_READS: [Read; 7] =
    [Read::Network, Read::Metadata, Read::Token, Read::User, Read::License, Read::Applications, Read::ScopesSupported];

/// What a session is made from.
pub(super) struct Inputs {
    pub desired: Desired,
    pub observer: Observer,
    /// What was read to check the token.
    pub known: Option<Observed>,
    pub token: Sourced<PersonalAccessToken>,
    /// Where the next run finds the kit.
    pub kit_place: KitPlace,
    pub keyring: KeyringSeen,
}

pub(super) async fn inputs(
    context: &Context<'_>,
    interview: &Interview<'_>,
    access: Access,
) -> Result<Inputs, Failure> {
    let keyring = local_state::offer_token(context, interview).await?;
    require_inputs(context, interview, access)?;
    let http = context.client_for(access)?;
    let kit::Found { kit, served_by, place, unknown_fields: _ } =
        kit::gather(context, interview, delivery_mode(access)).await?;
    // After the kit: a key that was typed to fetch it is the key of the upload too.
    let key = interview.find_secret(&keys::FACTORY_KEY)?.map(|found| found.value);
    let factory = FactoryClient::new(http.clone(), key);
    let instance = instance(context, interview, InstanceCheck { http: &http, access }).await?;
    resolve::require_self_managed(&instance, &kit, &context.terminal.running())?;
    let origin = ApplicationOrigin::Auto { given: None, renew: false };
    let settings = local_state::settings_of(context, &instance, &kit.organization.id)?;
    let terms = Terms { kit: &kit, instance, settings: &settings, origin };
    let mut desired = resolve::desired(terms)?;
    desired.kit.served_by = served_by;
    if access.hands_over() {
        desired.delivery.network = network::for_bundle(&settings)?;
    }
    let keyring = keyring.max(local_state::offer_token_of(&desired.instance, context, interview).await?);
    let clients = TokenCheck { http, factory, access };
    let (observer, known, token) = clients.token(context, interview, &desired).await?;
    Ok(Inputs { desired, observer, known, token, kit_place: place, keyring })
}

/// Without a terminal to ask on, lists everything that is missing at once, the approval of the plan too.
fn require_inputs(context: &Context<'_>, interview: &Interview<'_>, access: Access) -> Result<(), Failure> {
    if interview.prompter().can_ask() {
        return Ok(());
    }
    // The checks do without the application's secret, and so do its removal and its renewal.
    let pair: &[&'static Definition] = match access.takes_pair() {
        true => &[&keys::APPLICATION_ID.definition, &keys::APPLICATION_SECRET.definition],
        false => &[],
    };
    let is_missing = |setting: &&'static Definition| interview.is_missing(setting);
    let mut missing: Vec<&'static Definition> = needed().chain(pair.iter().copied()).filter(is_missing).collect();
    if !access.hands_over() {
        missing.retain(|setting| setting.key != keys::UPLOAD_URL.key);
    }
    if access.writes() && !missing.is_empty() && kit::may_need_key(context, interview) {
        missing.push(&keys::FACTORY_KEY);
    }
    if access.writes() && !interview.settings().is_enabled(&keys::YES) {
        missing.push(&keys::YES);
    }
    Missing::none_of(missing)
}

/// A command that reads or removes uploads nothing.
const fn delivery_mode(access: Access) -> DeliveryMode {
    if access.hands_over() { DeliveryMode::Upload } else { DeliveryMode::File }
}

#[derive(Clone, Copy)]
struct InstanceCheck<'a> {
    http: &'a Client,
    access: Access,
}

/// The URL. Before a command that writes sends its token, GitLab has to answer there.
async fn instance(
    context: &Context<'_>,
    interview: &Interview<'_>,
    check: InstanceCheck<'_>,
) -> Result<InstanceUrl, Failure> {
    let checked = interview
        .ask_until(&keys::GITLAB_URL, async |given| {
            let instance = resolve::self_managed(given)?;
            if check.access != Access::Read {
                let ping = gitlab::ping(check.http, &instance);
                let answered = context.terminal.with_spinner(&format!("connecting to {instance}"), ping).await;
                answered.map_err(|error| diagnostics::reach(&error, &instance))?;
            }
            Ok(instance)
        })
        .await?;
    Ok(checked.value)
}

struct TokenCheck {
    http: Client,
    factory: FactoryClient,
    access: Access,
}

impl TokenCheck {
    /// The token, with the clients that use it. A command that writes needs one with all rights; what is read to check
    /// them is not read again.
    async fn token(
        self,
        context: &Context<'_>,
        interview: &Interview<'_>,
        desired: &Desired,
    ) -> Result<(Observer, Option<Observed>, Sourced<PersonalAccessToken>), Failure> {
        let Self { http, factory, access } = self;
        let found = interview
            .secret_until(&keys::TOKEN, async |token: &PersonalAccessToken| {
                let observer = Observer::new(&http, &desired.instance, token, factory.clone());
                if access == Access::Read {
                    return Ok((observer, None));
                }
                let reads = Reads::from_iter(TOKEN_READS);
                let reading = observer.observe(desired, ReadRequest::from(&reads), &());
                let observed = context.terminal.with_spinner("checking the token", reading).await;
                require_token_rights(desired, &observed, access.task())?;
                Ok((observer, Some(observed)))
            })
            .await?;
        let source = found.source.clone();
        let (token, (observer, known)) = found.value;
        Ok((observer, known, Sourced::new(token, source)))
    }
}
