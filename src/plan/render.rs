//! A plan as a list for the user, where many webhooks that are treated alike are one line.
#![deny(clippy::wildcard_enum_match_arm, clippy::match_wildcard_for_single_variants)]

use std::collections::HashMap;
use std::fmt;

use super::{DeleteReason, DeliveryStep, Description, HookDifference, HookStep, Plan, Step};
use crate::target::{Event, Target, TargetKind};

/// At most this many webhooks of one kind are listed one by one; more are counted.
const MAX_LISTED_HOOKS: usize = 5;

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, Description { what, details }) in self.describe().into_iter().enumerate() {
            writeln!(f, "{:>3}. {what}", number + 1)?;
            for detail in details {
                writeln!(f, "     {detail}")?;
            }
        }
        Ok(())
    }
}

impl Plan {
    /// Describes the steps in order, with many alike summarized.
    #[must_use]
    pub fn describe(&self) -> Vec<Description> {
        describe(&self.steps.iter().chain(&self.cleanup).collect::<Vec<_>>())
    }
}

/// Describes some steps of a plan, with many alike summarized.
#[must_use]
pub fn describe(steps: &[&Step]) -> Vec<Description> {
    let is_unordered =
        |one: &&Step, next: &&Step| Unordered::of(one).is_some() && Unordered::of(one) == Unordered::of(next);
    steps.chunk_by(is_unordered).flat_map(summarize_alike).collect()
}

#[cfg(test)]
impl Plan {
    /// One sentence for each line, with its details.
    pub(super) fn sentences(&self) -> Vec<String> {
        let join = |Description { what, details }: Description| match details.as_slice() {
            [] => what,
            details => format!("{what}: {}", details.join("; ")),
        };
        self.describe().into_iter().map(join).collect()
    }
}

/// Kinds of steps whose order among themselves means nothing.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Unordered {
    Hooks,
    Tests,
}

impl Unordered {
    const fn of(step: &Step) -> Option<Self> {
        match step {
            Step::Hook(_) => Some(Self::Hooks),
            Step::Delivery(_) => Some(Self::Tests),
            Step::Kit(_) | Step::Token(_) | Step::Application(_) | Step::Bundle(_) => None,
            Step::Factory(_) | Step::Local(_) | Step::Exercise(_) => None,
        }
    }
}

/// What steps have in common that differ only in the target.
#[derive(Eq, Hash, PartialEq)]
enum GroupKey<'s> {
    Create(TargetKind),
    Edit(TargetKind, &'s [HookDifference]),
    Delete(TargetKind, DeleteReason),
    Test(TargetKind, Event),
    Rotate(TargetKind, Event),
}

impl GroupKey<'_> {
    fn of(step: &Step) -> Option<(GroupKey<'_>, &Target)> {
        match step {
            Step::Hook(step) => {
                let kind = step.target().kind();
                let key = match step {
                    HookStep::Create { .. } => GroupKey::Create(kind),
                    HookStep::Edit { differences, .. } => GroupKey::Edit(kind, differences),
                    HookStep::Delete { reason, .. } => GroupKey::Delete(kind, *reason),
                };
                Some((key, step.target()))
            }
            Step::Delivery(DeliveryStep::Test { target, event }) => {
                Some((GroupKey::Test(target.kind(), *event), target))
            }
            Step::Delivery(DeliveryStep::RotateToken { target, id: _, event }) => {
                Some((GroupKey::Rotate(target.kind(), *event), target))
            }
            Step::Kit(_) | Step::Token(_) | Step::Application(_) | Step::Bundle(_) => None,
            Step::Factory(_) | Step::Local(_) | Step::Exercise(_) => None,
        }
    }

    /// What is done to `count` targets.
    fn what(&self, count: usize) -> String {
        match self {
            Self::Create(kind) => format!("register webhooks on {count} {kind}s"),
            Self::Edit(kind, _) => format!("correct the webhooks on {count} {kind}s"),
            Self::Delete(kind, reason) => format!("delete {} webhooks on {count} {kind}s", reason.adjective()),
            Self::Rotate(kind, event) => {
                format!(
                    "set the new secret token of the webhooks on {count} {kind}s one by one, and test each ({event})"
                )
            }
            Self::Test(kind, event) => format!("send test deliveries ({event}) from {count} {kind}s"),
        }
    }
}

/// Describes steps of one unordered kind. Those that are many with one key become one line, where the first of them was.
fn summarize_alike(steps: &[&Step]) -> Vec<Description> {
    let mut groups: HashMap<GroupKey<'_>, Vec<&Target>> = HashMap::new();
    for (key, target) in steps.iter().filter_map(|step| GroupKey::of(step)) {
        groups.entry(key).or_default().push(target);
    }
    let mut all = Vec::new();
    for step in steps {
        let large = GroupKey::of(step).and_then(|(key, target)| {
            let targets = groups.get(&key).filter(|targets| targets.len() > MAX_LISTED_HOOKS)?;
            Some((key, targets, std::ptr::eq(targets[0], target)))
        });
        match large {
            None => all.push(step.describe()),
            Some((key, targets, true)) => all.push(summarize(&key, targets)),
            Some((_, _, false)) => {}
        }
    }
    all
}

fn summarize(key: &GroupKey<'_>, targets: &[&Target]) -> Description {
    let mut details = vec![format!("{}, … {}", targets[0], targets[targets.len() - 1])];
    if let GroupKey::Edit(_, differences) = key {
        details.extend(differences.iter().map(ToString::to_string));
    }
    Description { what: key.what(targets.len()), details }
}
