//! Where a report was asked for, read from arguments that clap may not understand: a usage error is reported there too.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

use super::outputs::{OutputFormat, Outputs, read_output};

/// The values of `-o` and `--output-file`.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct WantedReports {
    pub formats: Vec<OutputFormat>,
    pub file: Option<PathBuf>,
}

impl WantedReports {
    /// Reads the arguments, the program's name first: those before the command's name, too, which clap forgets where some are
    /// behind it. What does not name a format is left out: clap refuses it.
    pub(crate) fn read(args: &[OsString]) -> Self {
        let mut wanted = Self::default();
        let mut rest = args.iter().skip(1).take_while(|arg| *arg != "--");
        while let Some(arg) = rest.next() {
            let Some((option, attached)) = arg.to_str().and_then(option) else { continue };
            let Some(value) = attached.map(OsString::from).or_else(|| rest.next().cloned()) else { continue };
            match option {
                ReportOption::Format => wanted.formats.extend(format(&value)),
                ReportOption::File => wanted.file = Some(PathBuf::from(value)),
            }
        }
        wanted
    }

    /// Where a failure goes. Nothing is refused: where two reports are for one place, the first is written.
    pub(crate) fn outputs(&self) -> Outputs {
        let mut outputs = Outputs::lenient(&self.formats, self.file.as_deref());
        let files = std::mem::take(&mut outputs.files);
        for file in files {
            if !outputs.replaces(&file.path) {
                outputs.files.push(file);
            }
        }
        outputs
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

fn format(value: &OsStr) -> Option<OutputFormat> {
    read_output(&clap::Command::new(env!("CARGO_PKG_NAME")), None, value).ok()
}

#[cfg(test)]
mod tests {
    use super::super::outputs::ReportFile;
    use super::*;
    use crate::report::Format;

    #[test]
    fn the_formats_and_the_files_are_found_in_every_spelling() {
        use Format::{Html, Json, Junit, Text};
        for (line, shown, files) in [
            ("verify", Text, &[][..]),
            ("verify --bogus -o json", Json, &[]),
            ("-ojson weather", Json, &[]),
            ("-o=json", Json, &[]),
            ("verify -qo junit --output-file=r.xml", Text, &[(Junit, "r.xml")]),
            ("--output-format json --output-file r.json --bogus", Text, &[(Json, "r.json")]),
            ("--output-format=junit", Junit, &[]),
            ("-o junit=r.xml -ohtml=r.html --bogus", Text, &[(Junit, "r.xml"), (Html, "r.html")]),
            ("-o json -o junit", Json, &[]),
            ("-o json=a verify -o junit=b", Text, &[(Json, "a"), (Junit, "b")]),
            ("-o json=a -o junit=./a", Text, &[(Json, "a")]),
            ("-o xml", Text, &[]),
            ("-o", Text, &[]),
            ("verify -- -o json", Text, &[]),
            ("--no-input --only token.valid", Text, &[]),
        ] {
            let args: Vec<OsString> = format!("factory-gitlab {line}").split(' ').map(OsString::from).collect();
            let files = files.iter().map(|(format, path)| ReportFile { format: *format, path: path.into() }).collect();
            assert_eq!(WantedReports::read(&args).outputs(), Outputs { shown, files }, "{line}");
        }
    }
}
