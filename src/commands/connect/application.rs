//! Where the application's ID and secret come from, and what the user decides about one whose secret is not known.

use super::super::diagnostics;
use super::super::session::Session;
use crate::desired::{ApplicationOrigin, Credentials, DesiredApplication};
use crate::error::{Failure, Fix};
use crate::gitlab::{Application, PairValidity};
use crate::observed::Observation;
use crate::plan;
use crate::secret::{ApplicationSecret, OAuthSecret};
use crate::settings::{self, ApplicationMode, Sourced, keys};
use crate::terminal::prompt::{Ask, Menu, Preset};
use crate::text::{Line, Text, Tone};

/// Where the application comes from, as the settings and the user say.
pub(super) async fn origin(session: &mut Session<'_>) -> Result<ApplicationOrigin, Failure> {
    let interview = &session.interview;
    let is_asked = interview.prompter().can_ask() && !interview.is_set(&keys::APPLICATION_ID);
    // It may be created while its ID is asked for: then what was read before does not know it.
    if let Some(known) = session.known.as_mut().filter(|_| is_asked) {
        known.applications = Observation::Skipped("read again when its ID is given");
    }
    let interview = &session.interview;
    match interview.settings().get_or(&keys::APPLICATION, ApplicationMode::default())? {
        ApplicationMode::Auto => auto(session).await,
        ApplicationMode::Existing => Ok(ApplicationOrigin::Given(ask_pair(session).await?)),
        // It was given in an earlier run: a second one would only have to be deleted again.
        ApplicationMode::Manual if !interview.is_set(&keys::APPLICATION_ID) && has_recorded(session).await => {
            auto(session).await
        }
        ApplicationMode::Manual => {
            if !interview.is_set(&keys::APPLICATION_ID) {
                show_form(session)?;
            }
            Ok(ApplicationOrigin::Given(ask_pair(session).await?))
        }
    }
}

/// Whether the instance has the application that an earlier run on this machine handed over, as the kit wants it.
async fn has_recorded(session: &Session<'_>) -> bool {
    let is_ours = |one: &Application| {
        session.record.knows_application(&one.application_id) && plan::is_wanted(&session.desired.application, one)
    };
    applications(session).await.iter().any(is_ours)
}

/// By API; an ID and secret that were given anyway are used.
async fn auto(session: &Session<'_>) -> Result<ApplicationOrigin, Failure> {
    let interview = &session.interview;
    let renew = interview.settings().is_enabled(&keys::RENEW_SECRET);
    let both = interview.is_set(&keys::APPLICATION_ID) && interview.is_set(&keys::APPLICATION_SECRET);
    let given = if both && !renew { Some(ask_pair(session).await?) } else { None };
    Ok(ApplicationOrigin::Auto { given, renew })
}

/// The ID and the secret, proved together at GitLab's OAuth endpoint, which needs no user. Where it refuses them, both can be
/// given again: it does not say which of the two is wrong.
async fn ask_pair(session: &Session<'_>) -> Result<Credentials, Failure> {
    let interview = &session.interview;
    loop {
        let id = ask_id(session).await?;
        let secret = interview.secret::<OAuthSecret>(&keys::APPLICATION_SECRET).await?;
        let Err(failure) = prove(session, &id.value, &secret.value).await else {
            return Ok(Credentials { application_id: id.value, secret: secret.value });
        };
        interview.refuse_together(failure, &[&id.source, &secret.source])?;
        interview.forget(&keys::APPLICATION_SECRET);
        interview.ask_again(&keys::APPLICATION_ID)?;
    }
}

async fn ask_id(session: &Session<'_>) -> Result<Sourced<String>, Failure> {
    session
        .interview
        .ask_until(&keys::APPLICATION_ID, async |given| {
            let id = given.value.clone();
            let applications = applications(session).await;
            let number = applications.iter().find(|one| one.id.to_string() == id);
            match number {
                Some(one) => Err(Failure::usage(format!(
                    "{id} is the number of {}; its application ID is {}",
                    one.name, one.application_id
                ))),
                None => Ok(id),
            }
        })
        .await
}

/// Those of the instance. Where they cannot be read, the ID is taken as it is: the plan is made from another look.
async fn applications(session: &Session<'_>) -> Vec<Application> {
    match session.known.as_ref().and_then(|known| known.applications.known()) {
        Some(known) => known.clone(),
        None => session.observer.gitlab.applications().await.unwrap_or_default(),
    }
}

async fn ask_secret(session: &Session<'_>, id: &str) -> Result<ApplicationSecret, Failure> {
    let check = async |secret: &ApplicationSecret| prove(session, id, secret).await;
    Ok(session.interview.secret_until(&keys::APPLICATION_SECRET, check).await?.value.0)
}

async fn prove(session: &Session<'_>, id: &str, secret: &ApplicationSecret) -> Result<(), Failure> {
    let proved = session.observer.oauth.verify_pair(id, secret).await;
    let what = "the ID and secret could not be tried";
    let instance = &session.desired.instance;
    match proved.map_err(|error| diagnostics::gitlab(&error, what, instance))? {
        PairValidity::Valid => Ok(()),
        PairValidity::Invalid => {
            Err(Failure::problem("GitLab does not accept this application ID and secret together")
                .because("it does not say which of the two is wrong")
                .fix(Fix::open("compare both in the Admin Area", instance.page("/admin/applications"))))
        }
    }
}

/// The Admin Area's form with the exact values.
fn show_form(session: &Session<'_>) -> Result<(), Failure> {
    let (terminal, prompter) = (session.context.terminal, session.interview.prompter());
    let url = session.desired.instance.page("/admin/applications/new");
    let mut text = Text::new();
    text.heading("Create the application in the Admin Area with exactly these values");
    for (name, value) in form(&session.desired.application) {
        text.line(Line::new().plain(format!("  {name:<14}")).with(Tone::Strong, value));
    }
    text.line(Line::new().plain("  ").with(Tone::Action, url.as_str()));
    text.gap();
    terminal.say(&text);
    if !prompter.can_ask() {
        return Ok(());
    }
    let ask = Ask { key: "browser", prompt: "Open that page in your browser?", ..Ask::default() };
    if prompter.confirm(&ask)?
        && let Err(error) = terminal.open_browser(&url, &settings::variables())
    {
        terminal.warn(&format!("the browser could not be opened: {error}"));
    }
    Ok(())
}

fn form(wanted: &DesiredApplication) -> [(&'static str, String); 5] {
    let yes_or_no = |yes: bool| if yes { "yes" } else { "no" }.to_owned();
    [
        ("Name", wanted.name.clone()),
        ("Redirect URI", wanted.redirect_uri.clone()),
        ("Trusted", yes_or_no(wanted.trusted)),
        ("Confidential", yes_or_no(wanted.confidential)),
        ("Scopes", wanted.scopes.join(" ")),
    ]
}

/// A matching application exists, and its secret is not known on this machine: the user decides. `None` stops the run.
pub(super) async fn decide(session: &Session<'_>, found: &Application) -> Result<Option<ApplicationOrigin>, Failure> {
    let prompt = format!("{} already exists, and its secret is not known on this machine", found.name);
    let ask = Ask {
        key: "renew_secret",
        prompt: &prompt,
        help: Some("GitLab shows a secret only once. Renewing it disconnects everything that uses the present one."),
        ..Ask::default()
    };
    let choices = ["stop here and change nothing", "type its secret", "renew its secret"].map(str::to_owned);
    match session.interview.prompter().choose(&ask, Menu { items: &choices, preset: Preset::First })? {
        1 => {
            let application_id = found.application_id.clone();
            let secret = ask_secret(session, &application_id).await?;
            Ok(Some(ApplicationOrigin::Given(Credentials { application_id, secret })))
        }
        2 => Ok(Some(ApplicationOrigin::Auto { given: None, renew: true })),
        _ => Ok(None),
    }
}
