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
        about: "Where the license has group hooks (Premium, Ultimate), the targets are the highest groups that lie \
                wholly inside the selection, and below a group that contains something excluded its subgroups and \
                projects one by one; otherwise each selected project. What is archived or marked for deletion and \
                personal projects are left out. Lists the targets without a hook to the kit's URL. Where GitLab shows no target at all, the \
                result is unknown: an empty list proves nothing.",
        reads: &[Read::Hooks],
        rule: hooks::coverage,
    },
    Check {
        code: "webhook.events",
        title: "the hooks send the events that Factory needs",
        severity: CheckSeverity::Error,
        depends_on: &["token.admin"],
        about: "Compares each hook's triggers with the kit's. A trigger that the kit does not ask for is a \
                warning: it sends Factory more than it needs. A branch filter is a \
                warning, because pushes to other branches are not sent; `connect` removes it. System hooks cannot carry comments, issues, \
                pipelines and jobs.",
        reads: &[Read::Hooks],
        rule: hooks::events,
    },
    Check {
        code: "webhook.tls",
        title: "the hooks verify Factory's certificate",
        severity: CheckSeverity::Error,
        depends_on: &["token.admin"],
        about: "With SSL verification disabled, GitLab would send the secret token to any server that answers in \
                Factory's place.",
        reads: &[Read::Hooks],
        rule: hooks::tls,
    },
    Check {
        code: "webhook.token",
        title: "the hooks carry the kit's secret token",
        severity: CheckSeverity::Error,
        depends_on: &["token.admin"],
        about: "GitLab never shows a hook's token. Newer versions (19.0) show whether one is set, and a hook that \
                this program created carries keyed fingerprints of its tokens in its description, bound to the \
                organization and to the hook's group or project: they say what was set, not what the hook has now. Where \
                GitLab shows neither, the result is unknown; before 17.1, which has no descriptions, the check is \
                skipped. The signing token is judged by itself where the kit has one and GitLab supports it (19.0). \
                Where the newest delivery in the log was answered with 401 or 403, Factory does not accept the token, \
                whatever the fingerprint says.",
        reads: &[Read::Hooks, Read::Metadata, Read::Deliveries],
        rule: hooks::token,
    },
    Check {
        code: "webhook.payload",
        title: "the hooks send GitLab's own payload",
        severity: CheckSeverity::Error,
        depends_on: &["token.admin"],
        about: "A custom payload template replaces what GitLab sends: deliveries are accepted, and Factory cannot read \
                them. Added headers can contradict GitLab's own. GitLab shows the headers of group and system hooks; in \
                its list of a project's hooks it leaves them out, so there only the template is judged.",
        reads: &[Read::Hooks],
        rule: hooks::payload,
    },
    Check {
        code: "webhook.enabled",
        title: "no hook was disabled by GitLab",
        severity: CheckSeverity::Error,
        depends_on: &["token.admin"],
        about: "GitLab stops sending to a hook that fails repeatedly, temporarily or permanently. A successful test \
                enables it again.",
        reads: &[Read::Hooks],
        rule: hooks::enabled,
    },
    Check {
        code: "webhook.duplicates",
        title: "no target has two webhooks to Factory",
        severity: CheckSeverity::Error,
        depends_on: &["token.admin"],
        about: "GitLab allows several hooks with the same URL; each event then arrives several times. So it does where a \
                project has a hook below a group that has one, or beside a system hook. A hook that this \
                program did not create and that sends to Factory's address in another spelling (a slash more, a query) \
                is a warning: nothing says whose it is, so it is never changed.",
        reads: &[Read::Hooks],
        rule: hooks::duplicates,
    },
    Check {
        code: "webhook.scope",
        title: "no hook of ours is outside the selection",
        severity: CheckSeverity::Error,
        depends_on: &["token.admin"],
        about: "Where the selection became smaller (--group, --project, --exclude), the hooks that are outside it go on \
                sending. `connect` names them, and `factory-gitlab connect --prune` removes them. Beside what is \
                selected, the hooks of at most 100 other groups and projects are looked at, and of all that this machine \
                recorded.",
        reads: &[Read::Hooks],
        rule: scope::scope,
    },
    Check {
        code: "webhook.delivery",
        title: "a test delivery arrives",
        severity: CheckSeverity::Error,
        depends_on: &["token.admin"],
        about: "With `--live`: uses GitLab's own test function on one hook of each kind and reports three facts: \
                the test was answered with 2xx, GitLab's delivery log has it (17.3), and Factory's receipt confirms \
                that it arrived (where the kit has `receipts_url`). The test of a system hook shows nothing by \
                itself; only the receipt does.",
        reads: &[Read::TestDeliveries],
        rule: delivery::live,
    },
    Check {
        code: "webhook.recent",
        title: "recent deliveries did not fail",
        severity: CheckSeverity::Error,
        depends_on: &["token.admin"],
        about: "Reads the delivery logs of the hooks (17.3, the last 7 days). It fails where the newest delivery of \
                a hook failed, and warns where an earlier one did. Where no delivery is logged, the check is \
                skipped.",
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
