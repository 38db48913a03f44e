//! Questions on a terminal, with dialoguer.

use std::collections::BTreeSet;
use std::io;
use std::sync::{Mutex, PoisonError};

use dialoguer::theme::{ColorfulTheme, SimpleTheme, Theme};
use zeroize::Zeroizing;

use super::{Ask, PromptError, Prompter};
use crate::error::Failure;
use crate::terminal::streams::Stream;
use crate::terminal::{Terminal, sanitize};
use crate::text::{Line, Text};

/// Asks on the terminal. Prompts go to standard error.
pub struct Interactive {
    terminal: Terminal,
    /// The keys of questions whose help was printed: it is not repeated when a question is asked again.
    explained: Mutex<BTreeSet<String>>,
}

impl Interactive {
    #[must_use]
    pub fn new(terminal: &Terminal) -> Self {
        Self { terminal: terminal.clone(), explained: Mutex::default() }
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
    fn asked<T>(&self, ask: &Ask<'_>, question: impl FnOnce(&str) -> io::Result<T>) -> Result<T, PromptError> {
        self.explain(ask);
        let prompt = sanitize::line(ask.prompt);
        self.terminal.inner.bars.suspend(|| question(&prompt)).map_err(|error| {
            self.terminal.restore();
            if error.kind() == io::ErrorKind::Interrupted {
                self.terminal.write_error("\n");
                return PromptError::Interrupted;
            }
            PromptError::Terminal(error.to_string())
        })
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
        self.asked(ask, |prompt| {
            let theme = Self::theme();
            let mut input = dialoguer::Input::<String>::with_theme(theme.as_ref()).with_prompt(prompt);
            if let Some(default) = ask.default {
                input = input.default(default.to_owned());
            }
            Ok(input.interact_text()?)
        })
    }

    #[cfg(unix)]
    fn secret(&self, ask: &Ask<'_>) -> Result<Zeroizing<String>, PromptError> {
        self.asked(ask, |prompt| {
            // Written to the stream directly: progress is suspended already, and suspending it twice deadlocks.
            let streams = &self.terminal.inner.streams;
            streams.write(Stream::Error, format!("{prompt} (hidden): ").as_bytes())?;
            let line = super::hidden::read_line()?;
            streams.write(Stream::Error, b"\n")?;
            Ok(line)
        })
    }

    #[cfg(not(unix))]
    fn secret(&self, ask: &Ask<'_>) -> Result<Zeroizing<String>, PromptError> {
        self.asked(ask, |prompt| {
            let theme = Self::theme();
            Ok(Zeroizing::new(dialoguer::Password::with_theme(theme.as_ref()).with_prompt(prompt).interact()?))
        })
    }

    fn confirm(&self, ask: &Ask<'_>) -> Result<bool, PromptError> {
        self.asked(ask, |prompt| {
            let theme = Self::theme();
            let confirm = dialoguer::Confirm::with_theme(theme.as_ref()).with_prompt(prompt);
            Ok(confirm.default(false).interact()?)
        })
    }

    fn choose(&self, ask: &Ask<'_>, items: &[String]) -> Result<usize, PromptError> {
        self.asked(ask, |prompt| {
            let theme = Self::theme();
            let select = dialoguer::Select::with_theme(theme.as_ref()).with_prompt(prompt);
            Ok(select.items(shown(items)).default(0).interact()?)
        })
    }

    fn choose_many(&self, ask: &Ask<'_>, items: &[String]) -> Result<Vec<usize>, PromptError> {
        self.asked(ask, |prompt| {
            let theme = Self::theme();
            let select = dialoguer::MultiSelect::with_theme(theme.as_ref()).with_prompt(prompt);
            Ok(select.items(shown(items)).interact()?)
        })
    }

    fn say(&self, text: &Text) {
        self.terminal.say(text);
    }

    fn refuse(&self, failure: &Failure) {
        self.terminal.fail(failure);
    }
}
