//! The result of applying a plan.

use std::collections::BTreeMap;

use super::{Error, Exercised};
use crate::factory::Receipt;
use crate::observed::DeliveryProof;
use crate::plan::{Plan, Step};
use crate::target::{Target, TargetNumber};

/// How far a plan was carried out. Steps are named by their place in it: there can be tens of thousands.
#[derive(Debug)]
pub struct Applied<'p> {
    pub(super) plan: &'p Plan,
    /// How each step ended.
    pub ends: Vec<StepEnd>,
    /// Steps that failed without stopping the rest, as where GitLab refuses one webhook.
    pub failed: Vec<(usize, Error)>,
    /// The step that stopped everything after it.
    pub stopped: Option<(usize, Error)>,
    pub proofs: Vec<DeliveryProof>,
    pub receipt: Option<Receipt>,
    /// Webhooks that GitLab accepted while it ignored the signing token.
    pub unsigned_hooks: usize,
    /// Where a webhook has a new secret token that GitLab has nothing to test with.
    pub untested: Vec<Target>,
    /// How far an exercise came.
    pub exercised: Exercised,
    /// The numbers of those webhooks that a later step tests.
    pub(super) hooks_to_test: BTreeMap<TargetNumber, u64>,
}

/// How a step ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum StepEnd {
    NotReached,
    Done,
    Failed,
}

impl<'p> Applied<'p> {
    /// A plan of which no step is carried out yet.
    #[must_use]
    pub fn new(plan: &'p Plan) -> Self {
        Self {
            plan,
            ends: vec![StepEnd::NotReached; plan.steps.len()],
            failed: Vec::new(),
            stopped: None,
            proofs: Vec::new(),
            receipt: None,
            unsigned_hooks: 0,
            untested: Vec::new(),
            exercised: Exercised::default(),
            hooks_to_test: BTreeMap::new(),
        }
    }

    pub(super) fn steps_with(&self, end: StepEnd) -> impl Iterator<Item = &'p Step> {
        self.plan.steps.iter().zip(&self.ends).filter(move |(_, one)| **one == end).map(|(step, _)| step)
    }

    /// Whether every step was carried out and every test delivery arrived.
    pub(super) fn is_proven(&self) -> bool {
        self.stopped.is_none() && self.failed.is_empty() && self.proofs.iter().all(DeliveryProof::is_proven)
    }

    pub(super) fn done(&mut self, place: usize) {
        self.ends[place] = StepEnd::Done;
    }

    pub(super) fn failed(&mut self, place: usize, error: Error) {
        self.ends[place] = StepEnd::Failed;
        self.failed.push((place, error));
    }

    pub(super) fn stopped(&mut self, place: usize, error: Error) {
        self.ends[place] = StepEnd::Failed;
        self.stopped = Some((place, error));
    }
}
