//! Answers questions in tests, in order, and fails on an unexpected question.

use std::cell::RefCell;
use std::collections::VecDeque;

use zeroize::Zeroizing;

use super::{Ask, Menu, PlanAnswer, PromptError, Prompter};
use crate::error::Failure;
use crate::text::Text;

/// One answer of a script.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Reply {
    Text(&'static str),
    Confirm(bool),
    Interrupt,
}

/// The expected questions in order, by their keys, and the answers.
#[derive(Debug, Default)]
pub struct Scripted {
    replies: RefCell<VecDeque<(&'static str, Reply)>>,
    said: RefCell<String>,
}

impl Scripted {
    #[must_use]
    pub fn new(replies: impl IntoIterator<Item = (&'static str, Reply)>) -> Self {
        Self { replies: RefCell::new(replies.into_iter().collect()), said: RefCell::default() }
    }

    /// What was printed between the questions.
    #[must_use]
    pub fn said(&self) -> String {
        self.said.borrow().clone()
    }

    /// The questions that were never asked.
    #[must_use]
    pub fn left(&self) -> Vec<&'static str> {
        self.replies.borrow().iter().map(|(key, _)| *key).collect()
    }

    fn next(&self, ask: &Ask<'_>) -> Result<Reply, PromptError> {
        let unexpected = |wanted: String| PromptError::Unexpected { key: ask.key.to_owned(), wanted };
        match self.replies.borrow_mut().pop_front() {
            None => Err(unexpected("the script is at its end".to_owned())),
            Some((_, Reply::Interrupt)) => Err(PromptError::Interrupted),
            Some((key, reply)) if key == ask.key => Ok(reply),
            Some((key, _)) => Err(unexpected(format!("the script has {key} next"))),
        }
    }

    fn wrong(ask: &Ask<'_>, reply: &Reply) -> PromptError {
        PromptError::Unexpected { key: ask.key.to_owned(), wanted: format!("the script answers with {reply:?}") }
    }
}

impl Prompter for Scripted {
    fn can_ask(&self) -> bool {
        true
    }

    fn text(&self, ask: &Ask<'_>) -> Result<String, PromptError> {
        match self.next(ask)? {
            Reply::Text(text) => Ok(text.to_owned()),
            other => Err(Self::wrong(ask, &other)),
        }
    }

    fn secret(&self, ask: &Ask<'_>) -> Result<Zeroizing<String>, PromptError> {
        self.text(ask).map(Zeroizing::new)
    }

    fn confirm(&self, ask: &Ask<'_>) -> Result<bool, PromptError> {
        match self.next(ask)? {
            Reply::Confirm(answer) => Ok(answer),
            other => Err(Self::wrong(ask, &other)),
        }
    }

    fn apply_or_change(&self, ask: &Ask<'_>) -> Result<PlanAnswer, PromptError> {
        Ok(if self.confirm(ask)? { PlanAnswer::Apply } else { PlanAnswer::Stop })
    }

    fn name(&self, ask: &Ask<'_>) -> Result<String, PromptError> {
        self.text(ask)
    }

    fn number(&self, ask: &Ask<'_>, _count: usize) -> Result<Option<usize>, PromptError> {
        Err(Self::wrong(ask, &self.next(ask)?))
    }

    fn choose(&self, ask: &Ask<'_>, _menu: Menu<'_>) -> Result<usize, PromptError> {
        Err(Self::wrong(ask, &self.next(ask)?))
    }

    fn choose_many(&self, ask: &Ask<'_>, _items: &[String]) -> Result<Vec<usize>, PromptError> {
        Err(Self::wrong(ask, &self.next(ask)?))
    }

    fn say(&self, text: &Text) {
        self.said.borrow_mut().push_str(&text.to_string());
    }

    fn refuse(&self, failure: &Failure) {
        self.said.borrow_mut().push_str(&format!("{failure}\n"));
    }
}
