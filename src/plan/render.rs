//! A plan as a person reads it: a list, with many hooks drawn together.

use std::fmt;

use super::{Plan, Step};
use crate::target::TargetKind;

/// So many hooks of one kind are named one by one; more are counted.
const NAMED_HOOKS: usize = 5;

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, line) in self.lines().iter().enumerate() {
            writeln!(f, "{:>3}. {line}", number + 1)?;
        }
        Ok(())
    }
}

impl Plan {
    /// The steps as sentences, in order.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        let mut rest = self.steps.as_slice();
        while let Some(first) = rest.first() {
            let alike = rest.iter().take_while(|step| is_alike(first, step)).count();
            if alike > NAMED_HOOKS {
                lines.push(together(&rest[..alike]));
                rest = &rest[alike..];
            } else {
                lines.push(first.to_string());
                rest = &rest[1..];
            }
        }
        lines
    }
}

/// What kind of hook a step creates; only those are drawn together, because they differ in nothing but the target.
fn created(step: &Step) -> Option<TargetKind> {
    match step {
        Step::CreateHook { target } => Some(target.kind()),
        _ => None,
    }
}

fn is_alike(first: &Step, step: &Step) -> bool {
    created(first).is_some() && created(first) == created(step)
}

fn together(steps: &[Step]) -> String {
    let names: Vec<String> = steps
        .iter()
        .filter_map(|step| match step {
            Step::CreateHook { target } => Some(target.to_string()),
            _ => None,
        })
        .collect();
    let kind = created(&steps[0]).map(|kind| kind.to_string()).unwrap_or_default();
    format!("create the webhooks of {} {kind}s: {}, … {}", names.len(), names[0], names[names.len() - 1])
}
