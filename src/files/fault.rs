//! What can happen to files in the middle of a run, for tests: the disk is full, or the process is killed.

use std::cell::Cell;
use std::io::{self, ErrorKind};

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Fault {
    /// What needs room fails.
    Full,
    /// Nothing happens any more, and nothing is cleaned up.
    Killed,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Needs {
    Room,
    Nothing,
}

thread_local! {
    static ARMED: Cell<Option<(usize, Fault)>> = const { Cell::new(None) };
}

/// Does the work with a fault at this step, counted from 0, and at all after it.
pub(crate) fn at<T>(step: usize, fault: Fault, work: impl FnOnce() -> T) -> T {
    ARMED.set(Some((step, fault)));
    let done = work();
    ARMED.set(None);
    done
}

pub(super) fn step(needs: Needs) -> io::Result<()> {
    let Some((left, fault)) = ARMED.get() else { return Ok(()) };
    if fault == Fault::Full && needs == Needs::Nothing {
        return Ok(());
    }
    if left > 0 {
        ARMED.set(Some((left - 1, fault)));
        return Ok(());
    }
    Err(match fault {
        Fault::Full => ErrorKind::StorageFull.into(),
        Fault::Killed => ErrorKind::Other.into(),
    })
}

pub(super) fn leaves_temporary_files() -> bool {
    matches!(ARMED.get(), Some((_, Fault::Killed)))
}
