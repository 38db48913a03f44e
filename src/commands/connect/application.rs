//! Where the application's ID and secret come from, and what a person decides about one whose secret is not known.

use super::super::{Context, diagnostics};
use super::gather::Gathered;
use crate::desired::{ApplicationOrigin, Credentials, DesiredApplication};
use crate::error::{Failure, Fix};
use crate::gitlab::{Application, PairValidity};
use crate::inputs::Interview;
use crate::secret::ApplicationSecret;
use crate::settings::{ApplicationMode, keys};
use crate::terminal::prompt::Ask;
use crate::text::{Line, Text, Tone};

/// Where the application comes from, as the settings and the person say.
pub(super) async fn origin(
    interview: &Interview<'_>,
    context: &Context<'_>,
    gathered: &Gathered,
) -> Result<ApplicationOrigin, Failure> {
    match interview.settings().get_or(&keys::APPLICATION, ApplicationMode::default())? {
        ApplicationMode::Auto => auto(interview, gathered).await,
        ApplicationMode::Existing => Ok(ApplicationOrigin::Given(ask_pair(interview, gathered).await?)),
        ApplicationMode::Manual => {
            if !interview.is_set(&keys::APPLICATION_ID) {
                show_the_form(interview, context, gathered)?;
            }
            Ok(ApplicationOrigin::Given(ask_pair(interview, gathered).await?))
        }
    }
}

/// By API; an ID and secret that were given are used.
async fn auto(interview: &Interview<'_>, gathered: &Gathered) -> Result<ApplicationOrigin, Failure> {
    let renew = interview.settings().is_enabled(&keys::RENEW_SECRET);
    let both = interview.is_set(&keys::APPLICATION_ID) && interview.is_set(&keys::APPLICATION_SECRET);
    let given = if both && !renew { Some(ask_pair(interview, gathered).await?) } else { None };
    Ok(ApplicationOrigin::Auto { given, renew })
}

/// The ID and the secret, proved together at GitLab's OAuth endpoint, which needs no user.
async fn ask_pair(interview: &Interview<'_>, gathered: &Gathered) -> Result<Credentials, Failure> {
    let applications = gathered.known.applications.known().cloned().unwrap_or_default();
    let id = interview
        .ask_until(&keys::APPLICATION_ID, async |given| {
            let id = given.value.clone();
            let number = applications.iter().find(|one| one.id.to_string() == id);
            match number {
                Some(one) => Err(Failure::usage(format!(
                    "{id} is the number of {}; its application ID is {}",
                    one.name, one.application_id
                ))),
                None => Ok(id),
            }
        })
        .await?
        .value;
    let secret = ask_secret(interview, gathered, &id).await?;
    Ok(Credentials { application_id: id, secret })
}

async fn ask_secret(interview: &Interview<'_>, gathered: &Gathered, id: &str) -> Result<ApplicationSecret, Failure> {
    let found = interview
        .secret_until(&keys::APPLICATION_SECRET, async |secret: &ApplicationSecret| {
            let proved = gathered.look.oauth.verify_pair(id, secret).await;
            let what = "the ID and secret could not be tried";
            let instance = &gathered.desired.instance;
            match proved.map_err(|error| diagnostics::gitlab(&error, what, instance))? {
                PairValidity::Valid => Ok(()),
                PairValidity::Invalid => {
                    Err(Failure::problem("GitLab does not accept this application ID and secret together")
                        .because("it does not say which of the two is wrong")
                        .fix(Fix::open("compare both in the Admin Area", instance.page("/admin/applications"))))
                }
            }
        })
        .await?;
    Ok(found.value.0)
}

/// The Admin Area's form with the exact values.
fn show_the_form(interview: &Interview<'_>, context: &Context<'_>, gathered: &Gathered) -> Result<(), Failure> {
    let url = gathered.desired.instance.page("/admin/applications/new");
    let mut page = Text::new();
    page.heading("Create the application in the Admin Area with exactly these values");
    for (name, value) in form(&gathered.desired.application) {
        page.line(Line::new().plain(format!("  {name:<14}")).with(Tone::Strong, value));
    }
    page.line(Line::new().plain("  ").with(Tone::Action, url.as_str()));
    page.gap();
    context.terminal.say(&page);
    if !interview.prompter().can_ask() {
        return Ok(());
    }
    let ask = Ask { key: "browser", prompt: "Open that page in your browser?", help: None, default: None };
    if interview.prompter().confirm(&ask)?
        && let Err(error) = context.terminal.open_browser(&url)
    {
        context.terminal.warn(&format!("the browser could not be opened: {error}"));
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

/// An application that matches exists, and its secret is not known here: the person decides.
pub(super) async fn decide(
    interview: &Interview<'_>,
    gathered: &Gathered,
    found: &Application,
) -> Result<ApplicationOrigin, Failure> {
    let prompt = format!("{} already exists, and its secret is not known here", found.name);
    let ask = Ask {
        key: "renew_secret",
        prompt: &prompt,
        help: Some("GitLab shows a secret only once. Renewing it disconnects everything that uses the present one."),
        default: None,
    };
    let choices = ["stop here and change nothing", "type its secret", "renew its secret"].map(str::to_owned);
    match interview.prompter().choose(&ask, &choices)? {
        1 => {
            let application_id = found.application_id.clone();
            let secret = ask_secret(interview, gathered, &application_id).await?;
            Ok(ApplicationOrigin::Given(Credentials { application_id, secret }))
        }
        2 => Ok(ApplicationOrigin::Auto { given: None, renew: true }),
        _ => Ok(ApplicationOrigin::Auto { given: None, renew: false }),
    }
}
