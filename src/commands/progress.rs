//! Progress of reading and applying, for the user.

use std::cell::{Cell, RefCell};

use crate::apply::{ApplyProgress, Error};
use crate::observed::ObserveProgress;
use crate::plan::Step;
use crate::target::Target;
use crate::terminal::Terminal;
use crate::terminal::progress::Bar;

/// Up to this many targets, no bar is shown.
const FEW: usize = 20;

/// The reading of hooks, target by target.
pub(super) struct ReadingProgress<'a> {
    terminal: &'a Terminal,
    found: Cell<usize>,
    bar: RefCell<Option<Bar>>,
}

impl<'a> ReadingProgress<'a> {
    pub(super) fn new(terminal: &'a Terminal) -> Self {
        Self { terminal, found: Cell::new(0), bar: RefCell::new(None) }
    }
}

impl ObserveProgress for ReadingProgress<'_> {
    fn found(&self, targets: usize) {
        self.found.set(self.found.get() + targets);
        if self.found.get() > FEW {
            let total = u64::try_from(self.found.get()).unwrap_or(u64::MAX);
            let mut bar = self.bar.borrow_mut();
            bar.get_or_insert_with(|| self.terminal.bar("reading webhooks", total)).lengthen(total);
        }
    }

    fn read(&self, target: &Target) {
        if let Some(bar) = &*self.bar.borrow() {
            bar.at(&target.to_string());
            bar.advance();
        }
    }
}

/// The carrying out of a plan.
pub(super) struct Applying<'a> {
    terminal: &'a Terminal,
    bar: Bar,
}

impl<'a> Applying<'a> {
    /// A bar of this many steps; `label` says what is done: `connecting`.
    pub(super) fn new(terminal: &'a Terminal, label: &'static str, steps: usize) -> Self {
        Self { terminal, bar: terminal.bar(label, u64::try_from(steps).unwrap_or(u64::MAX)) }
    }
}

impl ApplyProgress for Applying<'_> {
    fn waiting(&self, reason: &str) {
        self.terminal.say_line(reason);
    }

    fn step_started(&self, step: &Step) {
        tracing::info!(step = %step, "begins");
        self.bar.at(&step.to_string());
    }

    fn step_finished(&self, step: &Step, error: Option<&Error>) {
        match error {
            None => tracing::info!(step = %step, "done"),
            Some(error) => tracing::warn!(step = %step, %error, "failed"),
        }
        self.bar.advance();
    }
}
