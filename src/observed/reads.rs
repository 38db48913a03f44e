//! A set of reads.

use std::cell::RefCell;
use std::collections::BTreeSet;

use super::{Memory, Observed, Read};
use crate::journal::Record;

/// What is to be read. Whatever a member cannot be read without is a member too.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Reads(BTreeSet<Read>);

impl Reads {
    #[must_use]
    pub fn contains(&self, read: Read) -> bool {
        self.0.contains(&read)
    }

    #[cfg(test)]
    pub(crate) fn iter(&self) -> impl Iterator<Item = Read> {
        self.0.iter().copied()
    }

    fn insert(&mut self, read: Read) {
        if self.0.insert(read) {
            self.extend(read.prerequisites().iter().copied());
        }
    }
}

impl Extend<Read> for Reads {
    fn extend<I: IntoIterator<Item = Read>>(&mut self, reads: I) {
        reads.into_iter().for_each(|read| self.insert(read));
    }
}

impl FromIterator<Read> for Reads {
    fn from_iter<I: IntoIterator<Item = Read>>(reads: I) -> Self {
        let mut all = Self::default();
        all.extend(reads);
        all
    }
}

/// What to read, and what an earlier step has read: that is taken over and not asked again.
#[derive(Clone, Copy)]
pub struct ReadRequest<'a> {
    pub reads: &'a Reads,
    pub known: Option<&'a Observed>,
    /// What this machine recorded: it decides whose a hook without a mark is.
    pub record: Option<&'a Record>,
    /// What earlier looks saw: groups, projects and webhooks are read in turns.
    pub memory: Option<&'a RefCell<Memory>>,
}

impl<'a> From<&'a Reads> for ReadRequest<'a> {
    fn from(reads: &'a Reads) -> Self {
        Self { reads, known: None, record: None, memory: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_read_brings_everything_that_it_cannot_be_made_without() {
        let reads: Reads = [Read::Deliveries].into_iter().collect();
        assert_eq!(reads.0, BTreeSet::from([Read::Metadata, Read::License, Read::Hooks, Read::Deliveries]));
    }
}
