//! The forms that text for people may not come back to, each with the better one. The text: string literals of `src`, the doc
//! comments that clap shows, and the documents of the repository.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::source::{Source, Text};

/// A form, in lower case, and what to write instead. A letter at an end of it is the end of a word.
const FORMS: &[(&str, &str)] = &[
    (" is no ", "is not a …"),
    (" are no ", "are not …"),
    ("nobody", "the subject: GitLab, the token, no other process"),
    ("somebody", "the subject: another user, another process"),
    ("whoever", "the subject: the user who …"),
    ("wrong use", "usage error"),
    ("what is there", "the current state"),
    ("all that there is", "every group and project"),
    ("to be seen", "can be observed"),
    ("no hindrance", "does not block"),
    ("where the webhooks hang", "where webhooks are created"),
    ("webhooks hang", "webhooks are registered on"),
    ("webhook hangs", "a webhook is registered on"),
    ("hooks hang", "webhooks are registered on"),
    ("hook hangs", "a webhook is registered on"),
    ("hang a hook", "register a webhook"),
    ("hang a webhook", "register a webhook"),
    ("to the letter", "exactly as given"),
    ("was begun", "was started"),
    ("were begun", "were started"),
    ("not reached", "not started"),
    ("anew", "again"),
    ("licence", "license"),
    ("licences", "licenses"),
    ("colour", "color"),
    ("colours", "colors"),
    ("authorise", "authorize"),
    ("authorised", "authorized"),
    ("authorisation", "authorization"),
    ("behaviour", "behavior"),
    ("honour", "honor"),
    ("honoured", "honored"),
    ("recognise", "recognize"),
    ("recognised", "recognized"),
    ("organisation", "organization"),
    ("cancelled", "canceled"),
];

/// Good English that holds a form.
const EXCEPT: [&str; 3] = ["there is no ", "there are no ", " is no longer"];

/// Places that are still to be reworded: the file, the form, how often. An entry that is not needed fails.
const LEFT: &[(&str, &str, usize)] = &[];

#[test]
fn text_for_people_keeps_to_the_better_forms() {
    let mut found: BTreeMap<(String, &str), Vec<String>> = BTreeMap::new();
    for file in files() {
        let name = file.strip_prefix(root()).expect("a file of the repository").display().to_string();
        for text in texts(&file) {
            for (form, better) in FORMS.iter().filter(|(form, _)| has(&text.text, form)) {
                let line = text.text.lines().find(|line| has(line, form)).unwrap_or(&text.text);
                let place = format!("{name}:{}: {form:?}, better {better:?}: {}", text.line, line.trim());
                found.entry((name.clone(), form)).or_default().push(place);
            }
        }
    }
    let mut wrong = Vec::new();
    for (name, form, count) in LEFT {
        let places = found.remove(&((*name).to_owned(), *form)).unwrap_or_default();
        if places.len() != *count {
            wrong.push(format!("{name} has {form:?} {} times, and {count} are listed as left", places.len()));
            wrong.extend(places);
        }
    }
    wrong.extend(found.into_values().flatten());
    assert!(wrong.is_empty(), "{} places:\n{}", wrong.len(), wrong.join("\n"));
}

/// Whether a form is in a text as words of their own.
fn has(text: &str, form: &str) -> bool {
    let text = EXCEPT.iter().fold(text.to_lowercase(), |text, good| text.replace(good, " … "));
    text.match_indices(form).any(|(at, _)| {
        let is_letter = |letter: Option<char>| letter.is_some_and(char::is_alphanumeric);
        let before = is_letter(text[..at].chars().next_back()) && form.starts_with(char::is_alphanumeric);
        let after = is_letter(text[at + form.len()..].chars().next()) && form.ends_with(char::is_alphanumeric);
        !before && !after
    })
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The text in a file that people read.
fn texts(file: &Path) -> Vec<Text> {
    let content = fs::read_to_string(file).expect("a readable file");
    if file.extension().is_some_and(|end| end == "md") {
        let lines = content.lines().enumerate();
        return lines.map(|(at, line)| Text { line: at + 1, text: line.to_owned() }).collect();
    }
    let Source { strings, docs, .. } = Source::of(&content);
    // clap shows the documentation of what it parses.
    let is_shown = file.strip_prefix(root().join("src")).is_ok_and(|below| {
        ["cli", "cli.rs", "commands", "commands.rs"].into_iter().any(|place| below.starts_with(place))
    });
    if is_shown { strings.into_iter().chain(docs).collect() } else { strings }
}

fn files() -> Vec<PathBuf> {
    let is_of_tests = |file: &PathBuf| {
        let name = file.file_name().is_some_and(|name| name == "tests.rs" || name == "property.rs");
        name || file.iter().any(|part| part == "tests" || part == "testing")
    };
    let mut files: Vec<PathBuf> = crate::sources(&root().join("src"))
        .into_iter()
        .filter(|file| !is_of_tests(&file.strip_prefix(root()).expect("below").to_path_buf()))
        .collect();
    files.extend(["README.md", "CHANGELOG.md"].map(|name| root().join(name)));
    let below = |folder| fs::read_dir(root().join(folder)).into_iter().flatten().flatten().map(|entry| entry.path());
    let pages = below(".github").chain(below("src/checks/pages"));
    files.extend(pages.filter(|path| path.extension().is_some_and(|end| end == "md")));
    files
}

#[test]
fn a_form_is_found_as_words_of_their_own() {
    assert!(has("The file is no kit", " is no ") && !has("There is no file", " is no "));
    assert!(has("Nobody asked", "nobody") && !has("renewal", "anew"));
}
