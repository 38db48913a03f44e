//! A plan as a person reads it: a list, with many hooks drawn together.

use std::fmt;

use super::{Plan, Step, Words};
use crate::target::TargetKind;

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
        let mut all = Vec::new();
        let mut rest = self.steps.as_slice();
        while let Some(first) = rest.first() {
            let alike = rest.iter().take_while(|step| is_alike(first, step)).count();
            let taken = if alike > NAMED_HOOKS { alike } else { 1 };
            all.push(if taken > 1 { together(&rest[..taken]) } else { first.words() });
            rest = &rest[taken..];
        }
        all
    }
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

fn together(steps: &[Step]) -> Words {
    let names: Vec<String> = steps
        .iter()
        .filter_map(|step| match step {
            Step::CreateHook { target } => Some(target.to_string()),
            _ => None,
        })
        .collect();
    let kind = created(&steps[0]).map(|kind| kind.to_string()).unwrap_or_default();
    Words {
        what: format!("create the webhooks of {} {kind}s", names.len()),
        details: vec![format!("{}, … {}", names[0], names[names.len() - 1])],
    }
}
