//! Questions on a terminal, with dialoguer.

use std::collections::BTreeSet;
use std::io;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use dialoguer::theme::{ColorfulTheme, SimpleTheme, Theme};
use zeroize::Zeroizing;

use super::modes::{QuestionModes, TypedAhead};
use super::{Ask, PromptError, Prompter};
use crate::error::Failure;
use crate::terminal::interrupt::Interrupt;
use crate::terminal::streams::Stream;
use crate::terminal::{Terminal, sanitize};
use crate::text::{Line, Text};

/// How long an interrupt waits to be seen while a question is open.
const LOOK_FOR_INTERRUPT: Duration = Duration::from_millis(50);

/// Asks on the terminal. Prompts go to standard error.
pub struct Interactive {
    terminal: Terminal,
    interrupt: Interrupt,
    /// The keys of questions whose help was printed: it is not repeated when a question is asked again.
    explained: Mutex<BTreeSet<String>>,
}

impl Interactive {
    #[must_use]
    pub fn new(terminal: &Terminal, interrupt: &Interrupt) -> Self {
        Self { terminal: terminal.clone(), interrupt: interrupt.clone(), explained: Mutex::default() }
    }

    fn theme() -> Box<dyn Theme> {
        if console::colors_enabled_stderr() { Box::new(ColorfulTheme::default()) } else { Box::new(SimpleTheme) }
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

    /// Asks with progress off the screen; restores the terminal when the prompt is interrupted or fails.
    fn asked<T: Send + 'static>(
        &self,
        ask: &Ask<'_>,
        typed_ahead: TypedAhead,
        question: impl FnOnce(String) -> io::Result<T> + Send + 'static,
    ) -> Result<T, PromptError> {
        self.explain(ask);
        let prompt = sanitize::line(ask.prompt).into_owned();
        let answer = self.terminal.inner.bars.suspend(|| {
            let _modes = QuestionModes::set(typed_ahead)?;
            self.answer_or_interrupt(move || question(prompt))
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
}

fn shown(items: &[String]) -> Vec<String> {
    items.iter().map(|item| sanitize::line(item).into_owned()).collect()
}

impl Prompter for Interactive {
    fn can_ask(&self) -> bool {
        true
    }

    fn text(&self, ask: &Ask<'_>) -> Result<String, PromptError> {
        let default = ask.default.map(str::to_owned);
        self.asked(ask, TypedAhead::Kept, |prompt| {
            let theme = Self::theme();
            let mut input = dialoguer::Input::<String>::with_theme(theme.as_ref()).with_prompt(prompt);
            if let Some(default) = default {
                input = input.default(default);
            }
            Ok(input.interact_text()?)
        })
    }

    #[cfg(unix)]
    fn secret(&self, ask: &Ask<'_>) -> Result<Zeroizing<String>, PromptError> {
        // Written to the stream directly: progress is suspended already, and suspending it twice deadlocks.
        let terminal = self.terminal.clone();
        self.asked(ask, TypedAhead::Dropped, move |prompt| {
            let streams = &terminal.inner.streams;
            streams.write(Stream::Error, format!("{prompt} (hidden): ").as_bytes())?;
            let line = super::hidden::read_line()?;
            streams.write(Stream::Error, b"\n")?;
            Ok(line)
        })
    }

    #[cfg(not(unix))]
    fn secret(&self, ask: &Ask<'_>) -> Result<Zeroizing<String>, PromptError> {
        self.asked(ask, TypedAhead::Dropped, |prompt| {
            let theme = Self::theme();
            Ok(Zeroizing::new(dialoguer::Password::with_theme(theme.as_ref()).with_prompt(prompt).interact()?))
        })
    }

    fn confirm(&self, ask: &Ask<'_>) -> Result<bool, PromptError> {
        self.asked(ask, TypedAhead::Dropped, |prompt| {
            let theme = Self::theme();
            let confirm = dialoguer::Confirm::with_theme(theme.as_ref()).with_prompt(prompt);
            Ok(confirm.default(false).wait_for_newline(true).interact()?)
        })
    }

    fn choose(&self, ask: &Ask<'_>, items: &[String]) -> Result<usize, PromptError> {
        let items = shown(items);
        self.asked(ask, TypedAhead::Kept, |prompt| {
            let theme = Self::theme();
            Ok(dialoguer::Select::with_theme(theme.as_ref()).with_prompt(prompt).items(items).default(0).interact()?)
        })
    }

    fn choose_many(&self, ask: &Ask<'_>, items: &[String]) -> Result<Vec<usize>, PromptError> {
        let items = shown(items);
        self.asked(ask, TypedAhead::Kept, |prompt| {
            let theme = Self::theme();
            Ok(dialoguer::MultiSelect::with_theme(theme.as_ref()).with_prompt(prompt).items(items).interact()?)
        })
    }

    fn say(&self, text: &Text) {
        self.terminal.say(text);
    }

    fn refuse(&self, failure: &Failure) {
        self.terminal.fail(failure);
    }
}
