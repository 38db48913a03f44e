//! Asks again for one choice. Everything that depends on it is resolved again.

use super::super::super::output;
use super::super::super::session::Session;
use super::Choice;
use crate::desired::BundleRoute;
use crate::error::Failure;
use crate::inputs::Interview;
use crate::secret::Pat;
use crate::settings::{Definition, Setting, Source, Sourced, keys};
use crate::terminal::prompt::Ask;

/// Asks for another answer, and resolves again.
pub(super) async fn change(session: Session<'_>, choice: Choice) -> Result<Session<'_>, Failure> {
    let interview = &session.interview;
    match choice {
        Choice::GitLab => gitlab(interview)?,
        Choice::Token => interview.ask_secret_again::<Pat>(&keys::TOKEN)?,
        Choice::Kit => kit(interview)?,
        Choice::Application => one_of(interview, &keys::APPLICATION, &APPLICATION)?,
        Choice::Webhooks => one_of(interview, &keys::WEBHOOKS, &WEBHOOKS)?,
        Choice::Selection => selection(interview)?,
        Choice::Handover => one_of(interview, &keys::HANDOVER_TOKEN, &HANDOVER)?,
        Choice::Bundle => bundle(&session).await?,
        Choice::Keyring => one_of(interview, &keys::KEYRING, &KEYRING)?,
    }
    session.reopen().await
}

/// A question with the values of a setting, and what each means.
struct Meanings {
    prompt: &'static str,
    values: &'static [(&'static str, &'static str)],
}

const APPLICATION: Meanings = Meanings {
    prompt: "Where the OAuth application comes from",
    values: &[
        ("auto", "find it, or create it by API"),
        ("manual", "create it by hand in the Admin Area, and type its ID and secret"),
        ("existing", "use one that exists, and type its ID and secret"),
    ],
};

const WEBHOOKS: Meanings = Meanings {
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
    prompt: "Which token Factory gets",
    values: &[
        ("minted", "a new token that is created for Factory"),
        ("given", "the token that was given, which stays an administrator's own"),
        ("none", "no token"),
    ],
};

const KEYRING: Meanings = Meanings {
    prompt: "What becomes of the token in this system's keyring",
    values: &[("store", "it is kept there for the next run"), ("off", "the keyring is not used")],
};

fn one_of(interview: &Interview<'_>, setting: &'static Definition, meanings: &Meanings) -> Result<(), Failure> {
    let items: Vec<String> = meanings.values.iter().map(|(_, meaning)| (*meaning).to_owned()).collect();
    let ask = Ask { key: setting.key, prompt: meanings.prompt, ..Ask::default() };
    let (value, _) = meanings.values[interview.prompter().choose(&ask, &items)?];
    interview.settings().answer(setting, vec![value.to_owned()]);
    Ok(())
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

/// Without a kit, the values that were typed are asked for again.
fn kit(interview: &Interview<'_>) -> Result<(), Failure> {
    interview.ask_again(&keys::KIT)?;
    for setting in keys::KIT_VALUES {
        interview.settings().forget_answer(setting);
        interview.forget(setting);
    }
    Ok(())
}

async fn bundle(session: &Session<'_>) -> Result<(), Failure> {
    let interview = &session.interview;
    let ask = Ask { key: "bundle", prompt: "Where the sealed bundle goes", ..Ask::default() };
    let items = ["upload it to Factory", "write it to a file, to be sent by hand"].map(str::to_owned);
    let settings = interview.settings();
    if interview.prompter().choose(&ask, &items)? == 0 {
        settings.answer(&keys::BUNDLE_OUT, Vec::new());
        if !matches!(session.desired.delivery.way, BundleRoute::Upload { .. }) {
            settings.forget_answer(&keys::UPLOAD_URL);
        }
        return Ok(());
    }
    settings.answer(&keys::BUNDLE_OUT, Vec::new());
    let check = async |path: &Sourced<std::path::PathBuf>| output::require_writable(&path.value);
    interview.ask_until(&keys::BUNDLE_OUT, check).await.map(drop)
}

fn selection(interview: &Interview<'_>) -> Result<(), Failure> {
    list(interview, &keys::GROUP, "Groups, separated by spaces, or all")?;
    list(interview, &keys::PROJECT, "Projects, separated by spaces, or all")?;
    list(interview, &keys::EXCLUDE, "Patterns of paths to exclude, separated by spaces, or none")?;
    let personal = interview.confirm(&keys::PERSONAL)?;
    interview.settings().answer(&keys::PERSONAL, vec![personal.to_string()]);
    Ok(())
}

/// Several values on a line; Enter keeps the present ones.
fn list<T>(interview: &Interview<'_>, setting: &'static Setting<T>, prompt: &str) -> Result<(), Failure> {
    let settings = interview.settings();
    let present = settings.raw_list(setting).join(" ");
    let default = Some(present.as_str()).filter(|present| !present.is_empty());
    let ask = Ask { key: setting.key, prompt, default, ..Ask::default() };
    loop {
        let typed = interview.prompter().text(&ask)?;
        let words = typed.split([' ', ',']).filter(|word| !matches!(*word, "" | "all" | "none"));
        let values: Vec<String> = words.map(str::to_owned).collect();
        match values.iter().try_for_each(|value| setting.read(value, &Source::Prompt).map(drop)) {
            Ok(()) => {
                settings.answer(setting, values);
                return Ok(());
            }
            Err(error) => interview.prompter().refuse(&error.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_that_is_offered_is_one_of_the_setting() {
        let settings: [(&Definition, Meanings); 4] = [
            (&keys::APPLICATION, APPLICATION),
            (&keys::WEBHOOKS, WEBHOOKS),
            (&keys::HANDOVER_TOKEN, HANDOVER),
            (&keys::KEYRING, KEYRING),
        ];
        for (setting, meanings) in settings {
            let known = setting.choices.map(|choices| choices()).unwrap_or_default();
            for (value, _) in meanings.values {
                assert!(known.iter().any(|choice| choice.get_name() == *value), "{}: {value}", setting.key);
            }
        }
    }
}
