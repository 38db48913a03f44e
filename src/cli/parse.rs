//! From arguments to types, and to the values that were given for settings.

use std::ffi::OsString;

use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{ArgMatches, FromArgMatches as _, Subcommand};

use super::{Cli, command};
use crate::error::{Failure, Fix};
use crate::inputs::PRESHARED_KEY;
use crate::secret::PersonalAccessToken;
use crate::settings::{self, CliValues, Definition, ValueKind, keys};

/// A command line that can be run.
#[derive(Debug)]
pub struct Invocation<C: Subcommand> {
    pub cli: Cli<C>,
    pub given: CliValues,
    /// The command as it is typed, for the fixes that run it again: `bundle upload FILE`.
    pub running: String,
}

/// The result of reading the arguments.
#[derive(Debug)]
pub enum Parsed<C: Subcommand> {
    Run(Box<Invocation<C>>),
    /// Help or the version, for standard output.
    Show(String),
    /// Arguments that clap does not understand.
    Misuse(Misuse),
}

/// clap's message about arguments that it does not understand.
#[derive(Debug)]
pub struct Misuse {
    /// As clap lays it out, for standard error.
    pub text: String,
    /// The same as a failure, for the report.
    pub failure: Failure,
}

impl Misuse {
    fn new(error: &clap::Error) -> Self {
        let text = error.render().to_string();
        let failure = match error.kind() {
            ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand | ErrorKind::MissingSubcommand => {
                Failure::usage("the command is missing")
            }
            _ => {
                let message = text.split("\n\n").next().unwrap_or_default();
                let words: Vec<&str> = message.trim_start_matches("error: ").split_whitespace().collect();
                Failure::usage(words.join(" "))
            }
        };
        let tips = text.lines().filter_map(|line| line.trim_start().strip_prefix("tip: ").map(str::to_owned));
        let usage = text.lines().find_map(|line| line.strip_prefix("Usage: ")).map(|usage| format!("usage: {usage}"));
        let fixes: Vec<Fix> = tips.chain(usage).map(Fix::say).collect();
        Self { text, failure: failure.fixes(fixes) }
    }
}

/// Names that people try for secrets, with the setting that takes their place.
const NEVER_VALUES: [(&str, &Definition); 13] = [
    ("--token", &keys::TOKEN.definition),
    ("--gitlab-token", &keys::TOKEN.definition),
    ("--private-token", &keys::TOKEN.definition),
    ("--pat", &keys::TOKEN.definition),
    ("--password", &keys::TOKEN.definition),
    ("--application-secret", &keys::APPLICATION_SECRET.definition),
    ("--client-secret", &keys::APPLICATION_SECRET.definition),
    ("--secret", &keys::APPLICATION_SECRET.definition),
    ("--webhook-secret", &keys::WEBHOOK_SECRET.definition),
    ("--webhook-token", &keys::WEBHOOK_SECRET.definition),
    ("--factory-key", &keys::FACTORY_KEY.definition),
    ("--factory-api-key", &keys::FACTORY_KEY.definition),
    ("--api-key", &keys::FACTORY_KEY.definition),
];

/// Names that people try for the pre-shared key of a VPN, which is never given to this program at all.
const PRESHARED_KEYS: [&str; 4] = ["--preshared-key", "--pre-shared-key", "--psk", "--preshared-key-file"];

/// Reads the arguments, the program's name first.
///
/// # Errors
/// A secret that was given as a value is refused before anything could repeat it.
pub(crate) fn parse<C: Subcommand>(args: &[OsString]) -> Result<Parsed<C>, Failure> {
    refuse_secrets(args)?;
    let mut root = command::<C>();
    let parsed = root.try_get_matches_from_mut(args).and_then(|matches| {
        let cli = Cli::from_arg_matches(&matches)?;
        let given = given(&matches).map_err(|setting| not_utf8::<C>(setting))?;
        Ok(Invocation { cli, given, running: running(&root, &matches) })
    });
    Ok(match parsed {
        Ok(invocation) => Parsed::Run(Box::new(invocation)),
        Err(error) => match error.kind() {
            ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => Parsed::Show(error.render().to_string()),
            _ => Parsed::Misuse(Misuse::new(&error)),
        },
    })
}

fn refuse_secrets(args: &[OsString]) -> Result<(), Failure> {
    for (at, arg) in args.iter().enumerate().skip(1) {
        let Some(text) = arg.to_str() else { continue };
        let (name, attached) = text.split_once('=').map_or((text, None), |(name, value)| (name, Some(value)));
        let is_preshared_key = PRESHARED_KEYS.contains(&name);
        let Some(instead) = in_place_of(name).or_else(|| is_preshared_key.then(String::new)) else { continue };
        // A value becomes a secret here so that it is redacted from everything that is said from now on.
        let _held = attached.or_else(|| args.get(at + 1)?.to_str()).map(PersonalAccessToken::new);
        if is_preshared_key {
            let message = format!("{name} is not an option: factory-gitlab never takes a VPN's pre-shared key");
            return Err(Failure::usage(message).fix(Fix::say(PRESHARED_KEY)));
        }
        return Err(Failure::usage(format!("{name} is not an option: a secret is never given as an argument"))
            .because("every user of this machine can see arguments, and they stay in the shell's history")
            .fix(Fix::say(format!("use {instead}; if this was a real secret, replace it"))));
    }
    Ok(())
}

/// What takes the place of an option that would have a secret as its value.
fn in_place_of(name: &str) -> Option<String> {
    if name == "--identity" {
        return Some("--identity-file PATH".to_owned());
    }
    let (_, setting) = NEVER_VALUES.iter().find(|(never, _)| *never == name)?;
    let variable = setting.variable.map(|variable| format!(" or the variable {variable}")).unwrap_or_default();
    Some(format!("{} {}{variable}", setting.flag, setting.value_name))
}

/// The command as it is typed: its name, its subcommand's, and the names of the values that it requires.
fn running(root: &clap::Command, matches: &ArgMatches) -> String {
    let (mut command, mut matches) = (root, matches);
    let mut words = Vec::new();
    while let Some((name, below)) = matches.subcommand()
        && let Some(subcommand) = command.find_subcommand(name)
    {
        words.push(name.to_owned());
        (command, matches) = (subcommand, below);
    }
    for arg in command.get_positionals().chain(command.get_opts()).filter(|arg| arg.is_required_set()) {
        words.extend(arg.get_long().map(|long| format!("--{long}")));
        words.extend(arg.get_value_names().unwrap_or_default().iter().map(ToString::to_string));
    }
    words.join(" ")
}

/// The typed values of each setting. Global options reach the innermost command's matches.
///
/// # Errors
/// The setting whose value is not valid UTF-8.
fn given(matches: &ArgMatches) -> Result<CliValues, &'static Definition> {
    let mut innermost = matches;
    while let Some((_, below)) = innermost.subcommand() {
        innermost = below;
    }
    let mut given = CliValues::default();
    for setting in settings::all() {
        if let Some(values) = values(innermost, setting)? {
            given.add(setting, values);
        }
    }
    Ok(given)
}

fn values(matches: &ArgMatches, setting: &'static Definition) -> Result<Option<Vec<String>>, &'static Definition> {
    let known = matches.try_contains_id(setting.key).unwrap_or(false);
    if !known || matches.value_source(setting.key) != Some(ValueSource::CommandLine) {
        return Ok(None);
    }
    if setting.kind == ValueKind::Switch {
        return Ok(Some(vec!["true".to_owned()]));
    }
    let raw = matches.get_raw(setting.key).into_iter().flatten();
    raw.map(|value| value.to_str().map(str::to_owned).ok_or(setting)).collect::<Result<_, _>>().map(Some)
}

fn not_utf8<C: Subcommand>(setting: &Definition) -> clap::Error {
    command::<C>().error(ErrorKind::InvalidUtf8, format!("the value of {} is not valid UTF-8", setting.flag))
}
