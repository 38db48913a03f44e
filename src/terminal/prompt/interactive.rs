//! Questions on a terminal: a line each, without anything drawn over, so that nothing is left behind at any width.

use std::collections::BTreeSet;
use std::io;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use zeroize::Zeroizing;

use super::line::{LineEditor, LineRequest};
use super::modes::{Editing, QuestionModes, TypedAhead};
use super::{Ask, Menu, PlanAnswer, PromptError, Prompter, YES};
use crate::error::Failure;
use crate::terminal::interrupt::Interrupt;
use crate::terminal::streams::Stream;
use crate::terminal::{Terminal, sanitize, stdin};
use crate::text::{Line, Text, Tone};

/// How long an interrupt waits to be seen while a question is open.
const LOOK_FOR_INTERRUPT: Duration = Duration::from_millis(50);

/// Asks on the terminal. Prompts go to the terminal itself, or to standard error.
pub struct Interactive {
    terminal: Terminal,
    interrupt: Interrupt,
    /// The keys of questions whose help was printed: it is not repeated when a question is asked again.
    explained: Mutex<BTreeSet<String>>,
    lines: Arc<Mutex<LineEditor>>,
}

impl Interactive {
    #[must_use]
    pub fn new(terminal: &Terminal, interrupt: &Interrupt) -> Self {
        Self {
            terminal: terminal.clone(),
            interrupt: interrupt.clone(),
            explained: Mutex::default(),
            lines: Arc::default(),
        }
    }

    /// Prints the help of a question, below an empty line.
    fn explain(&self, ask: &Ask<'_>) {
        let is_new = self.explained.lock().unwrap_or_else(PoisonError::into_inner).insert(ask.key.to_owned());
        if let Some(help) = ask.help.filter(|_| is_new) {
            let mut text = Text::new();
            text.line(Line::new());
            text.line(Line::new().dim(help));
            self.terminal.print_error(&text);
        }
    }

    /// What stands in front of an answer: as it is, and styled.
    fn prompt(&self, question: &str) -> (String, String) {
        let plain = sanitize::line(question).into_owned();
        let styled = if self.terminal.inner.streams.look(Stream::Error).colored {
            format!("\u{1b}[1m{plain} \u{1b}[0m")
        } else {
            format!("{plain} ")
        };
        (format!("{plain} "), styled)
    }

    /// Asks with progress off the screen; restores the terminal when the prompt is interrupted or fails.
    ///
    /// `question` prints its prompt itself: what is typed once it is on the screen must not be dropped as typed ahead. It writes to
    /// the stream directly: progress is suspended already, and suspending it twice deadlocks.
    fn asked<T: Send + 'static>(
        &self,
        modes: QuestionModes,
        question: impl FnOnce() -> io::Result<T> + Send + 'static,
    ) -> Result<T, PromptError> {
        let answer = self.terminal.inner.bars.suspend(|| {
            let _until_answered = modes.set()?;
            self.answer_or_interrupt(question)
        });
        answer.map_err(|error| {
            self.terminal.restore();
            if error.kind() == io::ErrorKind::Interrupted {
                self.terminal.write_error("\n");
                return PromptError::Interrupted;
            }
            PromptError::Terminal(error.to_string())
        })
    }

    /// Asks on another thread, because a signal does not end a read of the terminal. Where the signal comes first, that thread
    /// waits for a key until the program ends.
    fn answer_or_interrupt<T: Send + 'static>(
        &self,
        question: impl FnOnce() -> io::Result<T> + Send + 'static,
    ) -> io::Result<T> {
        let (asked, answer) = mpsc::channel();
        thread::Builder::new().name("question".to_owned()).spawn(move || {
            // No receiver: the interrupt came first.
            let _interrupted = asked.send(question());
        })?;
        while !self.interrupt.is_raised() {
            match answer.recv_timeout(LOOK_FOR_INTERRUPT) {
                Ok(answer) => return answer,
                Err(RecvTimeoutError::Timeout) => (),
                Err(RecvTimeoutError::Disconnected) => return Err(io::Error::other("the question ended early")),
            }
        }
        Err(io::ErrorKind::Interrupted.into())
    }

    /// One line. A terminal that cannot move its cursor edits the line itself.
    fn line(&self, question: &str, ask: &Ask<'_>, typed_ahead: TypedAhead) -> Result<String, PromptError> {
        let prompt = self.prompt(question);
        if self.terminal.inner.is_dumb {
            let terminal = self.terminal.clone();
            let modes = QuestionModes { typed_ahead, editing: Editing::ByTerminal };
            return self.asked(modes, move || {
                terminal.inner.streams.write(Stream::Error, prompt.0.as_bytes())?;
                stdin::read_line()
            });
        }
        let request = LineRequest { prompt, completes: ask.completes, typed_ahead };
        let lines = Arc::clone(&self.lines);
        let modes = QuestionModes { typed_ahead, editing: Editing::ByProgram };
        self.asked(modes, move || lines.lock().unwrap_or_else(PoisonError::into_inner).read(&request))
    }

    /// A line that means one of several things; anything else is asked again.
    fn pick<T>(
        &self,
        question: &str,
        ask: &Ask<'_>,
        read: impl Fn(&str) -> Result<T, String>,
    ) -> Result<T, PromptError> {
        loop {
            let line = self.line(question, ask, TypedAhead::Dropped)?;
            match read(line.trim()) {
                Ok(meaning) => return Ok(meaning),
                Err(wanted) => self.terminal.fail(&Failure::usage(wanted)),
            }
        }
    }

    fn list(&self, ask: &Ask<'_>, items: &[String]) {
        self.explain(ask);
        let mut text = Text::new();
        text.line(Line::new().with(Tone::Strong, ask.prompt));
        for (at, item) in items.iter().enumerate() {
            text.line(Line::new().dim(format!("{:>3}. ", at + 1)).plain(item.as_str()));
        }
        self.terminal.print_error(&text);
    }
}

/// One of the numbers from 1 to `count`, as an index.
fn number(text: &str, count: usize) -> Result<usize, String> {
    match text.parse() {
        Ok(number @ 1..) if number <= count => Ok(number - 1),
        _ => Err(format!("answer with a number from 1 to {count}")),
    }
}

impl Prompter for Interactive {
    fn can_ask(&self) -> bool {
        true
    }

    fn text(&self, ask: &Ask<'_>) -> Result<String, PromptError> {
        self.explain(ask);
        let question = match ask.default {
            Some(default) => format!("{} [{default}]:", ask.prompt),
            None => format!("{}:", ask.prompt),
        };
        let line = self.line(&question, ask, TypedAhead::Kept)?;
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).remember(&line);
        let is_default = line.trim().is_empty();
        Ok(ask.default.filter(|_| is_default).map_or(line, str::to_owned))
    }

    #[cfg(unix)]
    fn secret(&self, ask: &Ask<'_>) -> Result<Zeroizing<String>, PromptError> {
        self.explain(ask);
        let (_, prompt) = self.prompt(&format!("{} (hidden):", ask.prompt));
        let terminal = self.terminal.clone();
        let modes = QuestionModes { typed_ahead: TypedAhead::Dropped, editing: Editing::ByProgram };
        self.asked(modes, move || {
            terminal.inner.streams.write(Stream::Error, prompt.as_bytes())?;
            let line = super::hidden::read_line()?;
            terminal.inner.streams.write(Stream::Error, b"\n")?;
            Ok(line)
        })
    }

    #[cfg(not(unix))]
    fn secret(&self, ask: &Ask<'_>) -> Result<Zeroizing<String>, PromptError> {
        self.explain(ask);
        let (_, prompt) = self.prompt(&format!("{} (hidden):", ask.prompt));
        let terminal = self.terminal.clone();
        let modes = QuestionModes { typed_ahead: TypedAhead::Dropped, editing: Editing::ByProgram };
        self.asked(modes, move || {
            terminal.inner.streams.write(Stream::Error, prompt.as_bytes())?;
            console::Term::stderr().read_secure_line().map(Zeroizing::new)
        })
    }

    fn confirm(&self, ask: &Ask<'_>) -> Result<bool, PromptError> {
        self.explain(ask);
        let is_yes = ask.default == Some(YES);
        let answers = if is_yes { "[Y/n]" } else { "[y/N]" };
        self.pick(&format!("{} {answers}", ask.prompt), ask, |line| match line.to_ascii_lowercase().as_str() {
            "" => Ok(is_yes),
            "y" | "yes" => Ok(true),
            "n" | "no" => Ok(false),
            _ => Err("answer y or n".to_owned()),
        })
    }

    fn apply_or_change(&self, ask: &Ask<'_>) -> Result<PlanAnswer, PromptError> {
        self.explain(ask);
        let question = format!("{} [y/N, c to change a choice]", ask.prompt);
        self.pick(&question, ask, |line| match line.to_ascii_lowercase().as_str() {
            "y" | "yes" => Ok(PlanAnswer::Apply),
            "" | "n" | "no" => Ok(PlanAnswer::Stop),
            "c" | "change" => Ok(PlanAnswer::Change),
            _ => Err("answer y, n or c".to_owned()),
        })
    }

    fn name(&self, ask: &Ask<'_>) -> Result<String, PromptError> {
        self.explain(ask);
        self.pick(ask.prompt, ask, |line| Ok(line.to_owned()))
    }

    fn number(&self, ask: &Ask<'_>, count: usize) -> Result<Option<usize>, PromptError> {
        self.explain(ask);
        let question = format!("{}:", ask.prompt);
        self.pick(&question, ask, |line| if line.is_empty() { Ok(None) } else { number(line, count).map(Some) })
    }

    fn choose(&self, ask: &Ask<'_>, menu: Menu<'_>) -> Result<usize, PromptError> {
        self.list(ask, &menu.lines());
        let at_enter = menu.at_enter();
        let read = |line: &str| if line.is_empty() { Ok(at_enter) } else { number(line, menu.items.len()) };
        self.pick(&format!("Number [{}]:", at_enter + 1), ask, read)
    }

    fn choose_many(&self, ask: &Ask<'_>, items: &[String]) -> Result<Vec<usize>, PromptError> {
        self.list(ask, items);
        self.pick("Numbers, separated by spaces:", ask, |line| {
            line.split([' ', ',']).filter(|word| !word.is_empty()).map(|word| number(word, items.len())).collect()
        })
    }

    fn say(&self, text: &Text) {
        self.terminal.say(text);
    }

    fn refuse(&self, failure: &Failure) {
        self.terminal.fail(failure);
    }
}
