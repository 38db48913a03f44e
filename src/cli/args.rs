//! The flags of the settings, made from their table.

use std::ffi::OsString;

use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgAction, ValueHint, value_parser};

use crate::settings::{self, Commands, Definition, Heading, ValueKind};

/// The flags that every command takes.
pub(super) fn global() -> impl Iterator<Item = Arg> {
    let of_all = |setting: &&Definition| matches!(setting.commands, Commands::All);
    settings::all().filter(of_all).map(|setting| arg(setting).global(true))
}

/// Adds the flags of a command and of its subcommands. `path` is its name, a subcommand after its command.
pub(super) fn add(command: clap::Command, path: &str) -> clap::Command {
    let takes = |setting: &&Definition| match setting.commands {
        Commands::All => false,
        Commands::Only(paths) => paths.contains(&path),
    };
    command.args(settings::all().filter(takes).map(arg)).mut_subcommands(|below| {
        let path = format!("{path} {}", below.get_name());
        add(below, path.trim_start())
    })
}

fn arg(setting: &'static Definition) -> Arg {
    let arg = Arg::new(setting.key).long(setting.flag.trim_start_matches('-')).help(help(setting));
    let arg = match setting.short {
        Some(letter) => arg.short(letter),
        None => arg,
    };
    with_value(arg.help_heading(heading(setting.heading)), setting)
}

fn with_value(arg: Arg, setting: &'static Definition) -> Arg {
    let action = match setting.kind {
        ValueKind::Switch => return arg.action(ArgAction::SetTrue),
        ValueKind::List | ValueKind::Paths => ArgAction::Append,
        ValueKind::Text | ValueKind::Url | ValueKind::Number | ValueKind::Path | ValueKind::Secret => ArgAction::Set,
    };
    let arg = arg.action(action).value_name(setting.value_name).value_hint(value_hint(setting.kind));
    // Values are read where they are needed: an error then names the flag and not the value, which may be a secret.
    match setting.choices {
        Some(choices) => arg.value_parser(PossibleValuesParser::new(choices())),
        None => arg.value_parser(value_parser!(OsString)),
    }
}

/// The variable is shown and not read by clap: a command that runs inside the sandbox sees the sandbox's.
fn help(setting: &Definition) -> String {
    let variable = setting.variable.map(|name| format!(" [env: {name}]")).unwrap_or_default();
    format!("{}{variable}", setting.help)
}

const fn heading(heading: Heading) -> Option<&'static str> {
    match heading {
        Heading::Options => None,
        Heading::Application => Some("Application"),
        Heading::Webhooks => Some("Webhooks"),
        Heading::Cloud => Some("GitLab.com"),
        Heading::KitOverrides => Some("Instead of the kit's values"),
        Heading::Aws => Some("GitLab's VPC in AWS"),
        Heading::Vpn => Some("VPN"),
        Heading::Global => Some("Global options"),
    }
}

const fn value_hint(kind: ValueKind) -> ValueHint {
    match kind {
        ValueKind::Path | ValueKind::Paths | ValueKind::Secret => ValueHint::FilePath,
        ValueKind::Url => ValueHint::Url,
        ValueKind::Text | ValueKind::Number | ValueKind::Switch | ValueKind::List => ValueHint::Unknown,
    }
}
