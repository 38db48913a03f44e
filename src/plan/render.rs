//! A plan as a person reads it: a list, with many hooks drawn together.

use std::collections::HashMap;
use std::fmt;

use super::{Change, Plan, Step, Words};
use crate::target::{Event, Target, TargetKind};

/// So many hooks of one kind are named one by one; more are counted.
const NAMED_HOOKS: usize = 5;

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, Words { what, details }) in self.words().into_iter().enumerate() {
            writeln!(f, "{:>3}. {what}", number + 1)?;
            for detail in details {
                writeln!(f, "     {detail}")?;
            }
        }
        Ok(())
    }
}

impl Plan {
    /// The steps in words, in order, with many alike drawn together.
    #[must_use]
    pub fn words(&self) -> Vec<Words> {
        words(&self.steps.iter().collect::<Vec<_>>())
    }
}

/// Some steps of a plan in words, with many alike drawn together.
#[must_use]
pub fn words(steps: &[&Step]) -> Vec<Words> {
    steps.chunk_by(|one, next| Work::of(one).is_some() && Work::of(one) == Work::of(next)).flat_map(drawn).collect()
}

#[cfg(test)]
impl Plan {
    /// One sentence a step, details and all.
    pub(super) fn sentences(&self) -> Vec<String> {
        let join = |Words { what, details }: Words| match details.as_slice() {
            [] => what,
            details => format!("{what}: {}", details.join("; ")),
        };
        self.words().into_iter().map(join).collect()
    }
}

/// Work of one sort, whose order says nothing: it is done several at a time.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Work {
    Hooks,
    Tests,
}

impl Work {
    fn of(step: &Step) -> Option<Self> {
        match step {
            Step::TestDelivery { .. } => Some(Self::Tests),
            step if step.is_of_a_hook() => Some(Self::Hooks),
            _ => None,
        }
    }
}

/// What steps have in common that differ in nothing but the target.
#[derive(Eq, Hash, PartialEq)]
enum Likeness<'s> {
    Create(TargetKind),
    Edit(TargetKind, &'s [Change]),
    Delete(TargetKind),
    Test(TargetKind, Event),
}

impl Likeness<'_> {
    fn of(step: &Step) -> Option<(Likeness<'_>, &Target)> {
        let (likeness, target) = match step {
            Step::CreateHook { target } => (Likeness::Create(target.kind()), target),
            Step::EditHook { target, id: _, changes } => (Likeness::Edit(target.kind(), changes), target),
            Step::DeleteHook { target, id: _ } => (Likeness::Delete(target.kind()), target),
            Step::TestDelivery { target, event } => (Likeness::Test(target.kind(), *event), target),
            _ => return None,
        };
        Some((likeness, target))
    }

    /// What is done to so many.
    fn what(&self, count: usize) -> String {
        match self {
            Self::Create(kind) => format!("create the webhooks of {count} {kind}s"),
            Self::Edit(kind, _) => format!("correct the webhooks of {count} {kind}s"),
            Self::Delete(kind) => format!("delete second webhooks of {count} {kind}s"),
            Self::Test(kind, event) => format!("send test deliveries ({event}) from {count} {kind}s"),
        }
    }
}

/// Steps of one sort: those that are many of a likeness as one, where the first of them stood.
fn drawn(steps: &[&Step]) -> Vec<Words> {
    let mut alike: HashMap<Likeness<'_>, Vec<&Target>> = HashMap::new();
    for (likeness, target) in steps.iter().filter_map(|step| Likeness::of(step)) {
        alike.entry(likeness).or_default().push(target);
    }
    let mut all = Vec::new();
    for step in steps {
        let many = Likeness::of(step).and_then(|(likeness, target)| {
            let targets = alike.get(&likeness).filter(|targets| targets.len() > NAMED_HOOKS)?;
            Some((likeness, targets, std::ptr::eq(targets[0], target)))
        });
        match many {
            None => all.push(step.words()),
            Some((likeness, targets, true)) => all.push(together(&likeness, targets)),
            Some((_, _, false)) => {}
        }
    }
    all
}

fn together(likeness: &Likeness<'_>, targets: &[&Target]) -> Words {
    let mut details = vec![format!("{}, … {}", targets[0], targets[targets.len() - 1])];
    if let Likeness::Edit(_, changes) = likeness {
        details.extend(changes.iter().map(ToString::to_string));
    }
    Words { what: likeness.what(targets.len()), details }
}
