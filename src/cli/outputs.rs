//! Where reports go (`-o FORMAT[=PATH]`, `--output-file`): one at most to standard output, the others to files.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use clap::builder::{EnumValueParser, PossibleValue, TypedValueParser};
use clap::error::{ContextKind, ContextValue, ErrorKind};

use crate::error::{Failure, Fix};
use crate::report::Format;
use crate::secret::shown_place;

/// One value of `-o`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct OutputFormat {
    pub format: Format,
    /// `None` is standard output, or the file of `--output-file`.
    pub file: Option<PathBuf>,
}

/// Reads `FORMAT` and `FORMAT=PATH`.
#[derive(Clone, Debug)]
pub(super) struct OutputFormatParser;

impl TypedValueParser for OutputFormatParser {
    type Value = OutputFormat;

    fn parse_ref(
        &self,
        command: &clap::Command,
        arg: Option<&clap::Arg>,
        value: &OsStr,
    ) -> Result<OutputFormat, clap::Error> {
        read_output(command, arg, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        // Collected, because the parser that lists them does not live as long.
        let values: Vec<PossibleValue> = EnumValueParser::<Format>::new().possible_values()?.collect();
        Some(Box::new(values.into_iter()))
    }
}

/// One value of `-o`.
///
/// # Errors
/// clap's own, which lists the formats.
pub(super) fn read_output(
    command: &clap::Command,
    arg: Option<&clap::Arg>,
    value: &OsStr,
) -> Result<OutputFormat, clap::Error> {
    let (name, file) = split(value);
    let format = EnumValueParser::<Format>::new().parse_ref(command, arg, &name)?;
    if file.as_ref().is_some_and(|path| path.as_os_str().is_empty()) {
        let mut error = clap::Error::new(ErrorKind::InvalidValue).with_cmd(command);
        let option = arg.map(ToString::to_string).unwrap_or_default();
        error.insert(ContextKind::InvalidArg, ContextValue::String(option));
        error.insert(ContextKind::InvalidValue, ContextValue::String(String::new()));
        return Err(error);
    }
    Ok(OutputFormat { format, file: file.filter(|path| !is_standard_output(path)) })
}

/// The name before the first `=`, and the path after it.
fn split(value: &OsStr) -> (OsString, Option<PathBuf>) {
    match value.to_str().and_then(|text| text.split_once('=')) {
        Some((name, path)) => (name.into(), Some(path.into())),
        None => (value.to_owned(), None),
    }
}

/// The names that standard output has among the files.
fn is_standard_output(path: &Path) -> bool {
    ["-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"].iter().any(|name| path == Path::new(name))
}

/// A report in a file.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ReportFile {
    pub format: Format,
    pub path: PathBuf,
}

/// Where the reports of a command go.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Outputs {
    /// The format on standard output: text, where each report has a file.
    pub shown: Format,
    pub files: Vec<ReportFile>,
}

impl Outputs {
    /// From the values of `-o` and `--output-file`.
    ///
    /// # Errors
    /// A usage error: two reports for standard output, two for one file, or a file without a report.
    pub fn new(formats: &[OutputFormat], output_file: Option<&Path>) -> Result<Self, Failure> {
        let unplaced = || formats.iter().filter(|one| one.file.is_none());
        if let [first, second, ..] = unplaced().collect::<Vec<_>>().as_slice() {
            let names = [first, second].map(|one| one.format.name());
            return Err(Failure::usage(format!("two reports would go to one place: {} and {}", names[0], names[1]))
                .fix(Fix::say(format!("give a file to all but one: -o {}=PATH", names[1]))));
        }
        if output_file.is_some() && !formats.is_empty() && unplaced().next().is_none() {
            return Err(Failure::usage("--output-file has no report to hold: each -o has a file of its own")
                .fix(Fix::say("leave out --output-file, or leave out one of the other files")));
        }
        let outputs = Self::lenient(formats, output_file);
        for (place, one) in outputs.files.iter().enumerate() {
            if outputs.files[..place].iter().any(|other| is_same(&other.path, &one.path)) {
                return Err(Failure::usage(format!("two reports would go to the file {}", shown_place(&one.path)))
                    .fix(Fix::say("give each report a file of its own")));
            }
        }
        Ok(outputs)
    }

    /// The same without refusing anything, for the report of a usage error.
    pub(super) fn lenient(formats: &[OutputFormat], output_file: Option<&Path>) -> Self {
        let unplaced = formats.iter().find(|one| one.file.is_none()).map(|one| one.format);
        let placed = formats.iter().filter_map(|one| Some(ReportFile { format: one.format, path: one.file.clone()? }));
        let of_option = output_file.filter(|_| unplaced.is_some() || formats.is_empty());
        let of_option =
            of_option.map(|path| ReportFile { format: unplaced.unwrap_or_default(), path: path.to_owned() });
        let shown = if of_option.is_some() { Format::Text } else { unplaced.unwrap_or_default() };
        Self { shown, files: of_option.into_iter().chain(placed).collect() }
    }

    /// Each format that is wanted.
    pub fn formats(&self) -> impl Iterator<Item = Format> {
        std::iter::once(self.shown).chain(self.files.iter().map(|file| file.format))
    }

    /// The file of the first report in this format.
    #[must_use]
    pub fn file_of(&self, format: Format) -> Option<&Path> {
        self.files.iter().find(|file| file.format == format).map(|file| file.path.as_path())
    }

    /// Whether one of the reports goes to this file.
    #[must_use]
    pub fn replaces(&self, path: &Path) -> bool {
        self.files.iter().any(|file| is_same(&file.path, path))
    }
}

/// Whether two paths lead to one file, which need not exist yet.
pub(crate) fn is_same(one: &Path, other: &Path) -> bool {
    let real = |path: &Path| {
        let found = path.canonicalize().ok();
        found.or_else(|| {
            let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
            Some(folder.canonicalize().ok()?.join(path.file_name()?))
        })
    };
    one == other || (real(one).is_some() && real(one) == real(other))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(values: &[&str], file: Option<&str>) -> Result<Outputs, Failure> {
        let command = clap::Command::new("test");
        let parsed = |value: &&str| OutputFormatParser.parse_ref(&command, None, OsStr::new(value)).expect("a format");
        Outputs::new(&values.iter().map(parsed).collect::<Vec<_>>(), file.map(Path::new))
    }

    #[test]
    fn one_report_is_shown_and_each_other_has_a_file() {
        use Format::{Html, Json, Junit, Text};
        for (values, file, shown, files) in [
            (&[][..], None, Text, &[][..]),
            (&["json"], None, Json, &[]),
            (&["json=-"], None, Json, &[]),
            (&["json=/dev/stdout"], None, Json, &[]),
            (&["json"], Some("r.json"), Text, &[(Json, "r.json")]),
            (&[], Some("r.txt"), Text, &[(Text, "r.txt")]),
            (&["junit=r.xml", "html=r.html"], None, Text, &[(Junit, "r.xml"), (Html, "r.html")]),
            (&["text", "json=r.json"], None, Text, &[(Json, "r.json")]),
            (&["junit=a=b.xml", "json"], None, Json, &[(Junit, "a=b.xml")]),
            (&["html=r.html", "json"], Some("r.json"), Text, &[(Json, "r.json"), (Html, "r.html")]),
        ] {
            let files = files.iter().map(|(format, path)| ReportFile { format: *format, path: path.into() }).collect();
            assert_eq!(read(values, file).expect("reports"), Outputs { shown, files }, "{values:?} {file:?}");
        }
    }

    #[test]
    fn two_reports_for_one_place_are_a_usage_error() {
        for (values, file, wanted) in [
            (&["text", "json"][..], None, "two reports would go to one place: text and json"),
            (&["text", "json=-"], None, "two reports would go to one place: text and json"),
            (&["json=r.json", "junit=./r.json"], None, "two reports would go to the file ./r.json"),
            (&["json=r.json", "junit"], Some("r.json"), "two reports would go to the file r.json"),
            (&["json=r.json"], Some("s.json"), "--output-file has no report to hold: each -o has a file of its own"),
        ] {
            let failure = read(values, file).expect_err("refused");
            assert_eq!(failure.message, wanted, "{values:?} {file:?}");
        }
    }
}
