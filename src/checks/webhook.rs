//! `webhook.*`: the hooks that carry events to Factory.

mod delivery;
mod hooks;
mod scope;

use super::outcome::{CheckContext, CheckOutcome};
use super::{Affected, Check, CheckSeverity};
use crate::error::Fix;
use crate::gitlab::Hook;
use crate::http;
use crate::observed::{HookOwner, HookSeen, HooksSeen, Read, TargetSeen};
use crate::target::Target;
use crate::text::and_more;

pub(super) const CHECKS: &[Check] = &[
    Check {
        code: "webhook.coverage",
        title: "every target has a webhook to Factory",
        severity: CheckSeverity::Error,
        depends_on: &["token.admin"],
        reads: &[Read::Hooks],
        rule: hooks::coverage,
    },
    Check {
        code: "webhook.events",
        title: "the hooks send the events that Factory needs",
        severity: CheckSeverity::Error,
        depends_on: &["token.admin"],
        reads: &[Read::Hooks],
        rule: hooks::events,
    },
    Check {
        code: "webhook.tls",
        title: "the hooks verify Factory's certificate",
        severity: CheckSeverity::Error,
        depends_on: &["token.admin"],
        reads: &[Read::Hooks],
        rule: hooks::tls,
    },
    Check {
        code: "webhook.token",
        title: "the hooks carry the kit's secret token",
        severity: CheckSeverity::Error,
        depends_on: &["token.admin"],
        reads: &[Read::Hooks, Read::Metadata, Read::Deliveries],
        rule: hooks::token,
    },
    Check {
        code: "webhook.payload",
        title: "the hooks send GitLab's own payload",
        severity: CheckSeverity::Error,
        depends_on: &["token.admin"],
        reads: &[Read::Hooks],
        rule: hooks::payload,
    },
    Check {
        code: "webhook.enabled",
        title: "no hook was disabled by GitLab",
        severity: CheckSeverity::Error,
        depends_on: &["token.admin"],
        reads: &[Read::Hooks],
        rule: hooks::enabled,
    },
    Check {
        code: "webhook.duplicates",
        title: "no target has two webhooks to Factory",
        severity: CheckSeverity::Error,
        depends_on: &["token.admin"],
        reads: &[Read::Hooks],
        rule: hooks::duplicates,
    },
    Check {
        code: "webhook.scope",
        title: "no hook of ours is outside the selection",
        severity: CheckSeverity::Error,
        depends_on: &["token.admin"],
        reads: &[Read::Hooks],
        rule: scope::scope,
    },
    Check {
        code: "webhook.delivery",
        title: "a test delivery arrives",
        severity: CheckSeverity::Error,
        depends_on: &["token.admin"],
        reads: &[Read::TestDeliveries],
        rule: delivery::live,
    },
    Check {
        code: "webhook.recent",
        title: "recent deliveries did not fail",
        severity: CheckSeverity::Error,
        depends_on: &["token.admin"],
        reads: &[Read::Hooks, Read::Deliveries],
        rule: delivery::recent,
    },
];

/// At most this many examples are listed as evidence; the count beside them is complete.
const EXAMPLES: usize = 20;

/// One of our hooks, and its target.
#[derive(Clone, Copy)]
struct OwnHook<'a> {
    target: &'a Target,
    seen: &'a HookSeen,
}

impl OwnHook<'_> {
    /// Whether `connect` may remove it.
    fn is_ours(&self) -> bool {
        self.seen.owner == HookOwner::Ours
    }

    fn hook(&self) -> &Hook {
        &self.seen.hook
    }

    fn affected(&self) -> Affected {
        Affected::hook(self.target, self.hook().id)
    }
}

/// What was observed of the hooks, or the outcome where nothing was.
fn observed_hooks<'a>(context: &CheckContext<'a>) -> Result<&'a HooksSeen, CheckOutcome> {
    super::outcome::known(&context.observed.hooks)
}

/// Our hooks on a target, those first that are ours for certain.
fn own_hooks_on<'a>(context: &CheckContext<'_>, target: &'a TargetSeen) -> Vec<OwnHook<'a>> {
    let mut hooks: Vec<OwnHook<'a>> = target
        .own_hooks()
        .filter(|seen| context.desired.webhooks.matches_url(&seen.hook.url))
        .map(|seen| OwnHook { target: &target.target, seen })
        .collect();
    hooks.sort_by_key(|one| !one.is_ours());
    hooks
}

/// The hooks on a target that `connect` would bring to the desired form: ours, or else the one without a mark that it would
/// take over. Further ones without a mark are a person's (`webhook.duplicates`).
fn judged_hooks_on<'a>(context: &CheckContext<'_>, target: &'a TargetSeen) -> Vec<OwnHook<'a>> {
    let mut hooks = own_hooks_on(context, target);
    let ours = hooks.iter().filter(|one| one.is_ours()).count();
    hooks.truncate(ours.max(1));
    hooks
}

/// All our hooks. That there are none is reported by `webhook.coverage`.
fn own_hooks<'a>(context: &CheckContext<'a>) -> Result<Vec<OwnHook<'a>>, CheckOutcome> {
    if context.observed.hooks.error().is_some() {
        return Err(CheckOutcome::blocked_by("webhook.coverage"));
    }
    let hooks = observed_hooks(context)?;
    let ours: Vec<OwnHook<'a>> = hooks.targets.iter().flat_map(|target| judged_hooks_on(context, target)).collect();
    if !ours.is_empty() {
        return Ok(ours);
    }
    if hooks.targets.is_empty() {
        return Err(CheckOutcome::not_observable("there is no target, and so no webhook"));
    }
    if hooks.targets.iter().all(|target| hooks.sent_from_above(&target.target).is_some()) {
        return Err(CheckOutcome::not_observable("the only hook is outside the selection (webhook.scope)"));
    }
    Err(CheckOutcome::blocked_by("webhook.coverage"))
}

/// The targets whose hooks could not be read. `webhook.coverage` judges them; the other checks do not pass because of them.
fn failed_targets(hooks: &HooksSeen) -> impl Iterator<Item = (&TargetSeen, &http::Error)> {
    hooks.targets.iter().filter_map(|target| Some((target, target.hooks.error()?)))
}

/// What `connect` corrects.
fn by_connect(text: &str) -> Fix {
    Fix::connect(text, "factory-gitlab connect")
}

/// The first of them, by name.
fn examples(hooks: &[OwnHook<'_>]) -> Vec<String> {
    hooks.iter().take(EXAMPLES).map(|ours| ours.affected().name).collect()
}

/// Hooks that fail a check.
struct FaultyHooks<'a> {
    faulty: Vec<OwnHook<'a>>,
    of: usize,
    /// `lack events`, `have SSL verification disabled`: follows "1 of 3 hooks".
    what: &'static str,
}

impl FaultyHooks<'_> {
    /// A failure that names the first of them, if there is one. The fix leads to its page.
    fn outcome(&self, context: &CheckContext<'_>, fix: Fix) -> Option<CheckOutcome> {
        let first = self.faulty.first()?;
        let (places, count) = (examples(&self.faulty), self.faulty.len());
        let cause = format!("{count} of {} hooks {}: {}{}", self.of, self.what, places[0], and_more(count));
        let fix = fix.at(context.page(&first.target.page()));
        let outcome = CheckOutcome::fail(cause).evidence("count", count).evidence("hooks", places).fix(fix);
        Some(outcome.affecting(self.faulty.iter().map(OwnHook::affected)))
    }
}
