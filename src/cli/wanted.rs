//! Where a report was asked for, read from arguments that clap may not understand: a usage error is reported there too.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

use clap::ValueEnum as _;

use crate::report::Format;

/// The report that was asked for.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct WantedReport {
    pub format: Format,
    /// `--output-file`.
    pub file: Option<PathBuf>,
}

impl WantedReport {
    /// Reads the arguments, the program's name first. What does not name a format is left out: clap refuses it.
    pub(crate) fn read(args: &[OsString]) -> Self {
        let mut wanted = Self::default();
        let mut rest = args.iter().skip(1).take_while(|arg| *arg != "--");
        while let Some(arg) = rest.next() {
            let Some((option, attached)) = arg.to_str().and_then(option) else { continue };
            let Some(value) = attached.map(OsString::from).or_else(|| rest.next().cloned()) else { continue };
            match option {
                ReportOption::Format => wanted.format = format(&value).unwrap_or(wanted.format),
                ReportOption::File => wanted.file = Some(PathBuf::from(value)),
            }
        }
        wanted
    }
}

enum ReportOption {
    Format,
    File,
}

/// The option that an argument is, with the value that is attached to it.
fn option(arg: &str) -> Option<(ReportOption, Option<&str>)> {
    let (name, value) = arg.split_once('=').map_or((arg, None), |(name, value)| (name, Some(value)));
    match name {
        "--output-format" => Some((ReportOption::Format, value)),
        "--output-file" => Some((ReportOption::File, value)),
        _ if arg.starts_with("--") => None,
        _ => {
            // `-o json`, `-ojson`, `-o=json`, `-qo json`.
            let (flags, value) = arg.strip_prefix('-')?.split_once('o')?;
            let value = value.strip_prefix('=').unwrap_or(value);
            let is_cluster = flags.chars().all(|flag| matches!(flag, 'q' | 'v' | 'y'));
            is_cluster.then_some((ReportOption::Format, Some(value).filter(|value| !value.is_empty())))
        }
    }
}

fn format(value: &OsStr) -> Option<Format> {
    Format::from_str(value.to_str()?, false).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_format_and_the_file_are_found_in_every_spelling() {
        for (line, format, file) in [
            ("verify", Format::Text, None),
            ("verify --bogus -o json", Format::Json, None),
            ("-ojson weather", Format::Json, None),
            ("-o=json", Format::Json, None),
            ("verify -qo junit --output-file=r.xml", Format::Junit, Some("r.xml")),
            ("--output-format json --output-file r.json --bogus", Format::Json, Some("r.json")),
            ("--output-format=junit", Format::Junit, None),
            ("-o xml", Format::Text, None),
            ("-o", Format::Text, None),
            ("verify -- -o json", Format::Text, None),
            ("--no-input --only token.valid", Format::Text, None),
        ] {
            let args: Vec<OsString> = format!("factory-gitlab {line}").split(' ').map(OsString::from).collect();
            let wanted = WantedReport { format, file: file.map(PathBuf::from) };
            assert_eq!(WantedReport::read(&args), wanted, "{line}");
        }
    }
}
