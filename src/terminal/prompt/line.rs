//! One line of text, with editing, history and completion of paths.
//!
//! rustyline reads and writes `/dev/tty`, so that standard output may lead to a file. What it has read beyond one line, typed
//! ahead, it keeps for the next line of the same editor.

use std::io;

use rustyline::completion::{Completer, FilenameCompleter, Pair, unescape};
use rustyline::config::Configurer as _;
use rustyline::error::ReadlineError;
use rustyline::highlight::Highlighter;
use rustyline::hint::Hinter;
use rustyline::history::DefaultHistory;
use rustyline::validate::Validator;
use rustyline::{Behavior, CompletionType, Config, Context, Editor, Helper};

use super::modes::TypedAhead;

/// What the Tab key completes.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Completes {
    #[default]
    Nothing,
    Paths,
}

/// One line to read.
pub(super) struct LineRequest {
    /// What stands in front of the line: as it is, and styled.
    pub prompt: (String, String),
    pub completes: Completes,
    pub typed_ahead: TypedAhead,
}

/// Reads lines from the terminal.
#[derive(Default)]
pub(super) struct LineEditor {
    editor: Option<Editor<PathHelper, DefaultHistory>>,
    /// What was answered so far, for the arrow keys: a refused answer can be corrected.
    history: Vec<String>,
}

impl LineEditor {
    /// Reads a line, whose modes are already those of a question.
    ///
    /// # Errors
    /// [`io::ErrorKind::Interrupted`] for Ctrl-C, and for Ctrl-D on an empty line.
    pub(super) fn read(&mut self, request: &LineRequest) -> io::Result<String> {
        if request.typed_ahead == TypedAhead::Dropped {
            self.editor = None;
        }
        let mut editor = match self.editor.take() {
            Some(editor) => editor,
            None => self.open().map_err(io_error)?,
        };
        editor.set_helper(Some(PathHelper(request.completes)));
        let line = editor.readline(&request.prompt).map_err(io_error)?;
        self.editor = Some(editor);
        Ok(line)
    }

    /// Keeps an answer for the arrow keys.
    pub(super) fn remember(&mut self, line: &str) {
        if line.trim().is_empty() || self.history.last().is_some_and(|last| last == line) {
            return;
        }
        self.history.push(line.to_owned());
        if let Some(editor) = &mut self.editor {
            // The history of the editor is in memory, where nothing can fail.
            let _in_memory = editor.add_history_entry(line);
        }
    }

    fn open(&self) -> rustyline::Result<Editor<PathHelper, DefaultHistory>> {
        let config = Config::builder()
            .behavior(Behavior::PreferTerm)
            .completion_type(CompletionType::List)
            // A signal may end the program while a line is open: then nothing may be left switched on.
            .bracketed_paste(false)
            .build();
        let mut editor = Editor::with_config(config)?;
        editor.enable_synchronized_output(false);
        for line in &self.history {
            editor.add_history_entry(line)?;
        }
        Ok(editor)
    }
}

fn io_error(error: ReadlineError) -> io::Error {
    match error {
        ReadlineError::Interrupted | ReadlineError::Eof => io::ErrorKind::Interrupted.into(),
        ReadlineError::Io(error) => error,
        other => io::Error::other(other.to_string()),
    }
}

/// Completes paths. A shell's escapes do not belong into an answer.
struct PathHelper(Completes);

impl Completer for PathHelper {
    type Candidate = Pair;

    fn complete(&self, line: &str, at: usize, _: &Context<'_>) -> rustyline::Result<(usize, Vec<Pair>)> {
        if self.0 == Completes::Nothing {
            return Ok((at, Vec::new()));
        }
        let (start, found) = FilenameCompleter::new().complete_path(line, at)?;
        let plain = |pair: Pair| Pair { replacement: unescape(&pair.replacement, Some('\\')).into_owned(), ..pair };
        Ok((start, found.into_iter().map(plain).collect()))
    }
}

impl Helper for PathHelper {}
impl Highlighter for PathHelper {}
impl Hinter for PathHelper {
    type Hint = String;
}
impl Validator for PathHelper {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(clippy::disallowed_methods, reason = "the test makes the file itself")]
    fn a_path_is_completed_as_it_is_and_not_as_in_a_shell() {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::File::create(folder.path().join("kit of acme.json")).expect("a file");
        let history = DefaultHistory::new();
        let typed = format!("{}/kit", folder.path().display());
        let complete = |completes| {
            let found = PathHelper(completes).complete(&typed, typed.len(), &Context::new(&history));
            found.expect("readable").1.into_iter().map(|pair| pair.replacement).collect::<Vec<_>>()
        };
        assert_eq!(complete(Completes::Nothing), Vec::<String>::new());
        let found = complete(Completes::Paths);
        assert!(matches!(found.as_slice(), [one] if one.ends_with("/kit of acme.json")), "{found:?}");
    }
}
