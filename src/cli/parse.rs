//! From arguments to types, and to what was given of each setting.

use std::ffi::{OsStr, OsString};

use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{ArgMatches, FromArgMatches as _};

use super::{Cli, command};
use crate::error::{Failure, Fix};
use crate::secret::PersonalAccessToken;
use crate::settings::{ALL, CliValues, Setting, ValueKind};

/// A command line that can be run.
#[derive(Debug)]
pub struct Invocation {
    pub cli: Cli,
    pub given: CliValues,
}

/// What the arguments come to.
#[derive(Debug)]
pub enum Parsed {
    Run(Box<Invocation>),
    /// Help or the version, for standard output.
    Show(String),
    /// What clap says of arguments it does not understand, for standard error.
    Misuse(String),
}

/// Names that people try for secrets, with what takes their place.
const NEVER_VALUES: [(&str, &str); 14] = [
    ("--token", "--token-file PATH or the variable GITLAB_TOKEN"),
    ("--gitlab-token", "--token-file PATH or the variable GITLAB_TOKEN"),
    ("--private-token", "--token-file PATH or the variable GITLAB_TOKEN"),
    ("--pat", "--token-file PATH or the variable GITLAB_TOKEN"),
    ("--password", "--token-file PATH or the variable GITLAB_TOKEN"),
    ("--application-secret", "--application-secret-file PATH or the variable FACTORY_GITLAB_APPLICATION_SECRET"),
    ("--client-secret", "--application-secret-file PATH or the variable FACTORY_GITLAB_APPLICATION_SECRET"),
    ("--secret", "--application-secret-file PATH or the variable FACTORY_GITLAB_APPLICATION_SECRET"),
    ("--webhook-secret", "--webhook-secret-file PATH or the variable FACTORY_WEBHOOK_SECRET"),
    ("--webhook-token", "--webhook-secret-file PATH or the variable FACTORY_WEBHOOK_SECRET"),
    ("--factory-key", "--factory-key-file PATH or the variable FACTORY_API_KEY"),
    ("--factory-api-key", "--factory-key-file PATH or the variable FACTORY_API_KEY"),
    ("--api-key", "--factory-key-file PATH or the variable FACTORY_API_KEY"),
    ("--identity", "--identity-file PATH"),
];

/// Reads the arguments, the program's name first.
///
/// # Errors
/// A secret that was given as a value is refused before anything could repeat it.
pub fn parse(args: &[OsString]) -> Result<Parsed, Failure> {
    refuse_secrets(args)?;
    let parsed = command().try_get_matches_from(args).and_then(|matches| {
        let cli = Cli::from_arg_matches(&matches)?;
        Ok(Invocation { cli, given: given(&matches)? })
    });
    Ok(match parsed {
        Ok(invocation) => Parsed::Run(Box::new(invocation)),
        Err(error) => match error.kind() {
            ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => Parsed::Show(error.render().to_string()),
            _ => Parsed::Misuse(error.render().to_string()),
        },
    })
}

fn refuse_secrets(args: &[OsString]) -> Result<(), Failure> {
    for (at, arg) in args.iter().enumerate().skip(1) {
        let Some(text) = arg.to_str() else { continue };
        let (name, attached) = text.split_once('=').map_or((text, None), |(name, value)| (name, Some(value)));
        let Some((name, instead)) = NEVER_VALUES.iter().find(|(never, _)| *never == name) else { continue };
        // Once made, a secret is blotted out of everything that is said from here on.
        let _held = attached.or_else(|| args.get(at + 1)?.to_str()).map(PersonalAccessToken::new);
        return Err(Failure::usage(format!("{name} is not an option: a secret is never given as an argument"))
            .because("arguments can be seen by everybody on the machine and stay in the shell's history")
            .fix(Fix::say(format!("use {instead}; if this was a real secret, replace it"))));
    }
    Ok(())
}

/// What was typed of each setting. Global options reach the innermost command's matches.
fn given(matches: &ArgMatches) -> Result<CliValues, clap::Error> {
    let mut innermost = matches;
    while let Some((_, below)) = innermost.subcommand() {
        innermost = below;
    }
    let mut given = CliValues::default();
    for setting in ALL {
        if let Some(values) = values(innermost, setting)? {
            given.add(setting, values);
        }
    }
    Ok(given)
}

fn values(matches: &ArgMatches, setting: &Setting) -> Result<Option<Vec<String>>, clap::Error> {
    let known = matches.try_contains_id(setting.key).unwrap_or(false);
    if !known || matches.value_source(setting.key) != Some(ValueSource::CommandLine) {
        return Ok(None);
    }
    if setting.kind == ValueKind::Switch {
        return Ok(Some(vec!["true".to_owned()]));
    }
    let raw = matches.get_raw(setting.key).into_iter().flatten();
    raw.map(|value| text(value, setting)).collect::<Result<_, _>>().map(Some)
}

fn text(value: &OsStr, setting: &Setting) -> Result<String, clap::Error> {
    value.to_str().map(str::to_owned).ok_or_else(|| {
        command().error(ErrorKind::InvalidUtf8, format!("the value of {} is not valid UTF-8", setting.flag))
    })
}
