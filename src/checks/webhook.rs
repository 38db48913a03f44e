//! `webhook.*`: the hooks that carry events to Factory.

mod delivery;
mod hooks;

use super::outcome::{CheckContext, CheckOutcome};
use super::{Check, CheckSeverity};
use crate::error::Fix;
use crate::gitlab::Hook;
use crate::observed::{HookSeen, HooksSeen, Observation, Read, TargetSeen};
use crate::target::Target;

pub(super) const CHECKS: &[Check] = &[
    Check {
        code: "webhook.coverage",
        title: "every target has a hook to Factory",
        severity: CheckSeverity::Error,
        depends_on: &["token.admin"],
        about: "A target is a top-level group where the licence has group hooks (Premium, Ultimate), else each project \
                of a group. Archived projects, those marked for deletion and personal ones are left out. Lists the \
                targets without a hook to the kit's URL. Where GitLab shows no target at all it is unknown: an empty \
                list proves nothing.",
        reads: &[Read::Hooks],
        rule: hooks::coverage,
    },
    Check {
        code: "webhook.events",
        title: "the hooks send the events that Factory needs",
        severity: CheckSeverity::Error,
        depends_on: &["token.admin"],
        about: "Compares each hook's triggers with the kit's. More are no fault. A branch filter is a warning, because \
                pushes to other branches are not sent. System hooks cannot carry comments, issues, pipelines and jobs.",
        reads: &[Read::Hooks],
        rule: hooks::events,
    },
    Check {
        code: "webhook.tls",
        title: "the hooks verify Factory's certificate",
        severity: CheckSeverity::Error,
        depends_on: &["token.admin"],
        about: "A hook with SSL verification switched off would hand the secret token to anybody in between.",
        reads: &[Read::Hooks],
        rule: hooks::tls,
    },
    Check {
        code: "webhook.token",
        title: "the hooks carry the kit's secret token",
        severity: CheckSeverity::Error,
        depends_on: &["token.admin"],
        about: "GitLab never shows a hook's token. Newer versions (19.0) tell whether there is one; a hook made by this \
                program carries a keyed fingerprint of what was set in its description. Where neither is there, it is \
                unknown, and before 17.1, which has no description, the check is skipped. The signing token is judged \
                too where the kit has one and GitLab knows it (19.0).",
        reads: &[Read::Hooks, Read::Metadata],
        rule: hooks::token,
    },
    Check {
        code: "webhook.enabled",
        title: "no hook was disabled by GitLab",
        severity: CheckSeverity::Error,
        depends_on: &["token.admin"],
        about: "GitLab stops sending to a hook that fails repeatedly, for a while or for good. A successful test \
                switches it on again.",
        reads: &[Read::Hooks],
        rule: hooks::enabled,
    },
    Check {
        code: "webhook.duplicates",
        title: "no target has two hooks to Factory",
        severity: CheckSeverity::Error,
        depends_on: &["token.admin"],
        about: "GitLab allows several hooks with the same URL; each event then arrives several times.",
        reads: &[Read::Hooks],
        rule: hooks::duplicates,
    },
    Check {
        code: "webhook.delivery",
        title: "a test delivery arrives",
        severity: CheckSeverity::Error,
        depends_on: &["token.admin"],
        about: "With `--live`: uses GitLab's own test function on one hook of each kind and reports three facts: the \
                test was answered 2xx, GitLab's delivery log has it (17.3), and Factory's receipt says that it came \
                (where the kit has `receipts_url`). A system hook's test says nothing; only the receipt does.",
        reads: &[Read::TestDeliveries],
        rule: delivery::live,
    },
    Check {
        code: "webhook.recent",
        title: "recent deliveries did not fail",
        severity: CheckSeverity::Error,
        depends_on: &["token.admin"],
        about: "Reads the delivery log of the hooks (17.3, the last 7 days). It fails where the newest delivery of a hook \
                failed, and warns where one before it did. Where no delivery is logged the check is skipped.",
        reads: &[Read::Hooks, Read::Deliveries],
        rule: delivery::recent,
    },
];

/// How many examples a list of evidence holds; the count beside it is whole.
const EXAMPLES: usize = 20;

/// A hook of ours on its target.
#[derive(Clone, Copy)]
struct Ours<'a> {
    target: &'a Target,
    seen: &'a HookSeen,
}

impl Ours<'_> {
    fn hook(&self) -> &Hook {
        &self.seen.hook
    }
}

/// What was seen of the hooks, or the outcome where nothing was.
fn seen<'a>(context: &CheckContext<'a>) -> Result<&'a HooksSeen, CheckOutcome> {
    super::outcome::known(&context.observed.hooks)
}

fn of_target<'a>(context: &CheckContext<'_>, target: &'a TargetSeen) -> Vec<Ours<'a>> {
    let hooks = target.hooks.known().map_or(&[][..], Vec::as_slice);
    hooks
        .iter()
        .filter(|seen| context.desired.webhooks.matches_url(&seen.hook.url))
        .map(|seen| Ours { target: &target.target, seen })
        .collect()
}

/// All hooks of ours; none at all is for `webhook.coverage` to say.
fn all_ours<'a>(context: &CheckContext<'a>) -> Result<Vec<Ours<'a>>, CheckOutcome> {
    if matches!(context.observed.hooks, Observation::Failed(_)) {
        return Err(CheckOutcome::blocked_by("webhook.coverage"));
    }
    let hooks = seen(context)?;
    let ours: Vec<Ours<'a>> = hooks.targets.iter().flat_map(|target| of_target(context, target)).collect();
    if !ours.is_empty() {
        return Ok(ours);
    }
    if hooks.targets.is_empty() {
        return Err(CheckOutcome::not_observable("there is no target, so there is no hook"));
    }
    Err(CheckOutcome::blocked_by("webhook.coverage"))
}

/// The targets whose hooks could not be read are judged by `webhook.coverage`; a check of single hooks says so beside
/// what it holds, and does not hold for them.
fn unread(hooks: &HooksSeen) -> usize {
    hooks.targets.iter().filter(|target| matches!(target.hooks, Observation::Failed(_))).count()
}

/// What `connect` corrects.
fn by_connect(text: &str) -> Fix {
    Fix::run(text, "factory-gitlab connect")
}

/// What the faulty ones among the hooks come to.
struct FaultyHooks<'a> {
    faulty: Vec<Ours<'a>>,
    of: usize,
    /// `lack events`, `have SSL verification off`: follows "1 of 3 hooks".
    what: &'static str,
}

impl FaultyHooks<'_> {
    /// A failure that names the first of them; `None` where there is none. The fix leads to its page.
    fn outcome(&self, context: &CheckContext<'_>, fix: Fix) -> Option<CheckOutcome> {
        let first = self.faulty.first()?;
        let places: Vec<String> = self
            .faulty
            .iter()
            .take(EXAMPLES)
            .map(|ours| format!("{} (hook {})", ours.target, ours.hook().id))
            .collect();
        let cause = format!("{} of {} hooks {}: {}", self.faulty.len(), self.of, self.what, places[0]);
        let fix = fix.at(context.page(&first.target.page()));
        Some(CheckOutcome::fail(cause).evidence("count", self.faulty.len()).evidence("hooks", places).fix(fix))
    }
}
