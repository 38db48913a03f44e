//! Asks again for one choice. Everything that depends on it is resolved again.

use clap::ValueEnum;
use url::Url;

use super::super::super::output;
use super::super::super::session::{KeyringWish, Session};
use super::Choice;
use crate::desired::{BundleRoute, Personal, Selection};
use crate::error::{Failure, Fix};
use crate::http;
use crate::inputs::Interview;
use crate::instance::{InstanceUrl, bare};
use crate::kit::{address_problem, webhook_secret_problem};
use crate::secret::{HookToken, Pat, WebhookToken};
use crate::settings::{ApplicationMode, Definition, KeyringUse, Setting, Source, ValueKind, keys};
use crate::terminal::prompt::{Ask, Menu, Preset};

/// Asks for another answer, and resolves again.
pub(super) async fn change(session: Session<'_>, choice: Choice) -> Result<Session<'_>, Failure> {
    let interview = &session.interview;
    match choice {
        Choice::GitLab => gitlab(interview)?,
        Choice::Token => interview.replace_secret::<Pat>(&keys::TOKEN, |_| Ok(()))?,
        Choice::Kit => kit(interview)?,
        Choice::Application => {
            let present = interview.settings().get_or(&keys::APPLICATION, ApplicationMode::default())?;
            APPLICATION.ask(interview, &present)?;
        }
        Choice::Webhooks => WEBHOOKS.ask(interview, &session.desired.webhooks.strategy)?,
        Choice::Selection => Box::pin(selection(&session)).await?,
        Choice::Handover => HANDOVER.ask(interview, &session.desired.handover.handover)?,
        Choice::Bundle => bundle(&session).await?,
        Choice::Keyring if session.is_keyring_disabled() => {
            let failure = Failure::usage("the keyring is switched off for this run");
            interview.prompter().refuse(&failure.fix(Fix::say("unset FACTORY_DISABLE_KEYRING and run this again")));
        }
        Choice::Keyring => {
            let is_kept = session.keyring_wish()? == KeyringWish::Keep;
            KEYRING.ask(interview, if is_kept { &KeyringUse::Store } else { &KeyringUse::Off })?;
        }
    }
    session.reopen().await
}

/// A question with the values of a setting, and what each means.
struct Meanings {
    setting: &'static Definition,
    prompt: &'static str,
    values: &'static [(&'static str, &'static str)],
}

const APPLICATION: Meanings = Meanings {
    setting: &keys::APPLICATION.definition,
    prompt: "Where the OAuth application comes from",
    values: &[
        ("auto", "find it, or create it by API"),
        ("manual", "create it by hand in the Admin Area, and type its ID and secret"),
        ("existing", "use one that exists, and type its ID and secret"),
    ],
};

const WEBHOOKS: Meanings = Meanings {
    setting: &keys::WEBHOOKS.definition,
    prompt: "Where webhooks are registered",
    values: &[
        ("auto", "on groups where the license has group webhooks, else on projects"),
        ("group", "on groups"),
        ("project", "on each project"),
        ("system", "one system hook, which carries no comments, issues and pipelines"),
        ("none", "no webhooks"),
    ],
};

const HANDOVER: Meanings = Meanings {
    setting: &keys::HANDOVER_TOKEN.definition,
    prompt: "Which token Factory gets",
    values: &[
        ("minted", "a new token that is created for Factory"),
        ("given", "the token that was given, which stays an administrator's own"),
        ("none", "no token"),
    ],
};

const KEYRING: Meanings = Meanings {
    setting: &keys::KEYRING.definition,
    prompt: "What becomes of the token in this system's keyring",
    values: &[("store", "it is kept there for the next run"), ("off", "the keyring is not used")],
};

impl Meanings {
    /// Asks for one of the values; Enter keeps the present one.
    fn ask<T: ValueEnum>(&self, interview: &Interview<'_>, present: &T) -> Result<(), Failure> {
        let Self { setting, prompt, values } = self;
        let present = present.to_possible_value();
        let items: Vec<String> = values.iter().map(|(_, meaning)| (*meaning).to_owned()).collect();
        let in_force =
            values.iter().position(|(value, _)| present.as_ref().is_some_and(|present| present.get_name() == *value));
        let menu = Menu { items: &items, preset: in_force.map_or(Preset::First, Preset::InForce) };
        let ask = Ask { key: setting.key, prompt, ..Ask::default() };
        let chosen = interview.prompter().choose(&ask, menu)?;
        if Some(chosen) != in_force {
            interview.settings().answer(setting, vec![values[chosen].0.to_owned()]);
        }
        Ok(())
    }
}

/// A token that was typed for one instance is not sent to another.
fn gitlab(interview: &Interview<'_>) -> Result<(), Failure> {
    let settings = interview.settings();
    let before = settings.raw_value(&keys::GITLAB_URL);
    interview.ask_again(&keys::GITLAB_URL)?;
    if settings.raw_value(&keys::GITLAB_URL).map(|given| given.value) != before.map(|given| given.value) {
        interview.forget(&keys::TOKEN);
    }
    Ok(())
}

/// Another kit takes the place of the values that were typed. Without a kit, before as well as now, they are asked for again,
/// each with its present value.
fn kit(interview: &Interview<'_>) -> Result<(), Failure> {
    let settings = interview.settings();
    let place = || settings.raw_value(&keys::KIT).map(|given| given.value);
    let before = place();
    interview.ask_again(&keys::KIT)?;
    let now = place();
    if before.is_some() && before == now {
        return Ok(());
    }
    for setting in keys::KIT_VALUES.into_iter().filter(|setting| setting.kind != ValueKind::Secret) {
        settings.forget_answer(setting);
    }
    if before.is_none() && now.is_none() {
        let check =
            |secret: &WebhookToken| webhook_secret_problem(secret, &[]).map_or(Ok(()), |why| Err(Failure::usage(why)));
        return interview.replace_secret::<HookToken>(&keys::WEBHOOK_SECRET, check);
    }
    interview.forget(&keys::WEBHOOK_SECRET);
    Ok(())
}

async fn bundle(session: &Session<'_>) -> Result<(), Failure> {
    let interview = &session.interview;
    let ask = Ask { key: "bundle", prompt: "Where the sealed bundle goes", ..Ask::default() };
    let items = ["upload it to Factory", "write it to a file, to be sent by hand"].map(str::to_owned);
    let (uploaded, written) = (0, 1);
    let (present, path) = match &session.desired.delivery.way {
        BundleRoute::File(path) => (written, Some(path.to_string_lossy())),
        BundleRoute::Upload(_) | BundleRoute::None => (uploaded, None),
    };
    let menu = Menu { items: &items, preset: Preset::InForce(present) };
    if interview.prompter().choose(&ask, menu)? == uploaded {
        upload_url(session).await?;
        interview.settings().answer(&keys::BUNDLE_OUT, Vec::new());
        return Ok(());
    }
    let check = async |path: &std::path::PathBuf| output::require_writable(path);
    interview.replace(&keys::BUNDLE_OUT, path.as_deref(), check).await
}

/// Where the bundle is uploaded to: the kit's address, unless another one is given.
async fn upload_url(session: &Session<'_>) -> Result<(), Failure> {
    let present = match &session.desired.delivery.way {
        BundleRoute::Upload(upload) => Some(bare(&upload.url).to_string()),
        BundleRoute::File(_) | BundleRoute::None => session.desired.kit.upload_url().cloned(),
    };
    let check = async |url: &Url| address_problem(url).map_or(Ok(()), |why| Err(Failure::usage(why)));
    session.interview.replace(&keys::UPLOAD_URL, present.as_deref(), check).await
}

async fn selection(session: &Session<'_>) -> Result<(), Failure> {
    let Selection { groups, projects, exclude_patterns, personal, exclude: _, recorded: _ } =
        &session.desired.webhooks.selection;
    let gitlab = &session.observer.gitlab;
    let instance = &session.desired.instance;
    let found = async |path: &String| known("group", path, gitlab.group(path).await, instance);
    let list = List { setting: &keys::GROUP, prompt: "Groups, separated by spaces, or all", present: groups };
    let chosen_groups = list.ask(&session.interview, found).await?;
    let found = async |path: &String| known("project", path, gitlab.project(path).await, instance);
    let list = List { setting: &keys::PROJECT, prompt: "Projects, separated by spaces, or all", present: projects };
    let chosen_projects = list.ask(&session.interview, found).await?;
    let prompt = "Patterns of paths to exclude, separated by spaces, or none";
    let list = List { setting: &keys::EXCLUDE, prompt, present: exclude_patterns };
    let exclusions = list.ask(&session.interview, async |_| Ok(())).await?;
    let personal = session.interview.confirm_again(&keys::PERSONAL, *personal == Personal::Included)?;
    let settings = session.interview.settings();
    settings.answer(&keys::GROUP, chosen_groups);
    settings.answer(&keys::PROJECT, chosen_projects);
    settings.answer(&keys::EXCLUDE, exclusions);
    settings.answer(&keys::PERSONAL, vec![personal.to_string()]);
    Ok(())
}

/// Refuses a group or project that GitLab does not have. What else prevents the look is found when the state is read.
fn known<T>(kind: &str, path: &str, found: Result<T, http::Error>, instance: &InstanceUrl) -> Result<(), Failure> {
    match found {
        Err(error) if error.status() == Some(404) => {
            let page = instance.page(&format!("/admin/{kind}s"));
            Err(Failure::usage(format!("GitLab has no {kind} {path}, or does not show it to this token"))
                .fix(Fix::open(format!("look up the full path of the {kind}"), page)))
        }
        Ok(_) | Err(_) => Ok(()),
    }
}

/// Several values on a line.
struct List<'l, T: 'static> {
    setting: &'static Setting<T>,
    prompt: &'l str,
    present: &'l [String],
}

impl<T> List<'_, T> {
    /// Asks until each value passes `check`; Enter keeps the present ones.
    async fn ask(
        &self,
        interview: &Interview<'_>,
        check: impl AsyncFn(&T) -> Result<(), Failure>,
    ) -> Result<Vec<String>, Failure> {
        let present = self.present.join(" ");
        let default = Some(present.as_str()).filter(|present| !present.is_empty());
        let ask = Ask { key: self.setting.key, prompt: self.prompt, default, ..Ask::default() };
        loop {
            let typed = interview.prompter().text(&ask)?;
            let words = typed.split([' ', ',']).filter(|word| !matches!(*word, "" | "all" | "none" | keys::EVERYTHING));
            let values: Vec<String> = words.map(str::to_owned).collect();
            match self.checked(&values, &check).await {
                Ok(()) => return Ok(values),
                Err(failure) => interview.prompter().refuse(&failure),
            }
        }
    }

    async fn checked(&self, values: &[String], check: impl AsyncFn(&T) -> Result<(), Failure>) -> Result<(), Failure> {
        for value in values {
            check(&self.setting.read(value, &Source::Prompt)?).await?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_that_is_offered_is_one_of_the_setting() {
        for meanings in [APPLICATION, WEBHOOKS, HANDOVER, KEYRING] {
            let setting = meanings.setting;
            let known = setting.choices.map(|choices| choices()).unwrap_or_default();
            for (value, _) in meanings.values {
                assert!(known.iter().any(|choice| choice.get_name() == *value), "{}: {value}", setting.key);
            }
        }
    }
}
