//! The JSON form of a run's report. Steps are written one by one: there can be tens of thousands.

use serde::{Serialize, Serializer};

use super::left::LeftJson;
use super::proof::ProofJson;
use super::{End, FailureGroup, Outcome, Purpose, RunReport, UnprovenDelivery};
use crate::apply::StepEnd;
use crate::factory::Receipt;
use crate::journal::Rotation;
use crate::kit::KitFingerprint;
use crate::observed::DeliveryProof;
use crate::plan::Step;
use crate::report::Report as _;
use crate::report::findings::CheckJson;
use crate::report::group::FailureJson;
use crate::report::json::{FixJson, Tool};
use crate::target::Target;

/// The document, in the order in which it is read.
#[derive(Serialize)]
pub(super) struct RunDocument<'r> {
    schema: &'static str,
    tool: Tool,
    target: &'r str,
    /// The kit's fingerprint.
    kit: &'r KitFingerprint,
    verdict: &'static str,
    exit_code: u8,
    /// Whether this run changed anything; with `--dry-run`, whether a run would.
    changed: bool,
    #[serde(serialize_with = "rows")]
    steps: Steps<'r>,
    notes: &'r [String],
    warnings: &'r [String],
    proofs: &'r [DeliveryProof],
    /// Why test deliveries are not proven, as `verify --live` says it.
    unproven: Vec<UnprovenJson<'r>>,
    receipt: Option<&'r Receipt>,
    /// What stopped the run.
    error: Option<FailureJson<'r, FailedSteps<'r>>>,
    /// What failed without stopping it, grouped by reason.
    failures: Vec<FailureJson<'r, FailedSteps<'r>>>,
    unread: Vec<FailureJson<'r, UnreadTargets<'r>>>,
    unsigned_hooks: usize,
    /// Where a webhook has a new secret token that was not tested, by a command that changes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    untested: Option<&'r [Target]>,
    /// What of the connection is left, by a command that removes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    left: Option<Vec<LeftJson<'r>>>,
    /// What stays on request, or is the administrator's own, by a command that removes.
    #[serde(skip_serializing_if = "Option::is_none")]
    kept: Option<Vec<LeftJson<'r>>>,
    /// How it is known that the rest is gone.
    #[serde(skip_serializing_if = "Option::is_none")]
    proof: Option<Vec<ProofJson<'r>>>,
    /// What the checks found afterwards, by a command that runs them.
    #[serde(skip_serializing_if = "Option::is_none")]
    checks: Option<Vec<CheckJson<'r>>>,
    by_hand: Vec<FixJson<'r>>,
    requests: u32,
    writes: u32,
    duration_ms: u64,
}

#[derive(Serialize)]
struct UnprovenJson<'r> {
    target: &'r Target,
    cause: &'r str,
    fixes: Vec<FixJson<'r>>,
}

pub(super) struct Steps<'r> {
    steps: &'r [Step],
    outcome: Option<&'r Outcome>,
}

impl<'r> Steps<'r> {
    pub(super) fn of(report: &'r RunReport) -> Self {
        let outcome = match &report.end {
            End::Applied(outcome) => Some(outcome.as_ref()),
            End::NothingToDo | End::DryRun => None,
        };
        Self { steps: &report.plan.steps, outcome }
    }
}

#[derive(Serialize)]
struct Row<'r> {
    #[serde(flatten)]
    step: &'r Step,
    state: &'static str,
    #[serde(serialize_with = "description")]
    text: &'r Step,
}

#[derive(Serialize)]
struct FailedSteps<'r> {
    #[serde(serialize_with = "descriptions")]
    steps: Vec<&'r Step>,
}

#[derive(Serialize)]
struct UnreadTargets<'r> {
    targets: &'r [Target],
}

impl<'r> RunDocument<'r> {
    pub(super) fn new(report: &'r RunReport) -> Self {
        let steps = Steps::of(report);
        let outcome = steps.outcome;
        let failed = |group: &'r FailureGroup<usize>| {
            let steps = group.of.iter().map(|place| &report.plan.steps[*place]).collect();
            FailureJson::new(group, FailedSteps { steps }, &report.running)
        };
        let unproven = |one: &'r UnprovenDelivery| UnprovenJson {
            target: &one.target,
            cause: &one.cause,
            fixes: FixJson::all(std::slice::from_ref(&one.fix), &report.running),
        };
        let unread = |group: &'r FailureGroup<Target>| {
            FailureJson::new(group, UnreadTargets { targets: &group.of }, &report.running)
        };
        Self {
            schema: report.job.schema,
            tool: Tool::this(),
            target: report.instance.as_str(),
            kit: &report.kit,
            verdict: report.verdict(),
            exit_code: report.exit_code() as u8,
            changed: report.has_changed(),
            steps,
            notes: &report.plan.notes,
            warnings: &report.plan.warnings,
            proofs: outcome.map_or(&[], |outcome| &outcome.proofs),
            unproven: outcome.map_or(&[][..], |outcome| &outcome.unproven).iter().map(unproven).collect(),
            receipt: outcome.and_then(|outcome| outcome.receipt.as_ref()),
            error: outcome.and_then(|outcome| outcome.stopped.as_ref()).map(failed),
            failures: outcome.map_or(&[][..], |outcome| &outcome.failed).iter().map(failed).collect(),
            unread: report.unread.iter().map(unread).collect(),
            unsigned_hooks: outcome.map_or(0, |outcome| outcome.unsigned_hooks),
            untested: (report.job.purpose == Purpose::Rotate(Rotation::WebhookSecret))
                .then(|| outcome.map_or(&[][..], |outcome| &outcome.untested)),
            left: report.job.purpose.removes().then(|| report.left()),
            kept: report.job.purpose.removes().then(|| report.kept()),
            proof: report.job.purpose.removes().then(|| report.removal_proofs()),
            checks: report.checks.as_ref().map(CheckJson::all),
            by_hand: FixJson::all(&report.plan.manual_steps, &report.running),
            requests: report.requests,
            writes: report.writes,
            duration_ms: report.duration_ms,
        }
    }
}

pub(super) fn rows<S: Serializer>(steps: &Steps<'_>, serializer: S) -> Result<S::Ok, S::Error> {
    let state = |place: usize| match steps.outcome.map(|outcome| outcome.ends[place]) {
        None => "planned",
        Some(StepEnd::Done) => "done",
        Some(StepEnd::Failed) => "failed",
        Some(StepEnd::NotReached) => "not_reached",
    };
    let row = |(place, step)| Row { step, state: state(place), text: step };
    serializer.collect_seq(steps.steps.iter().enumerate().map(row))
}

pub(super) fn description<S: Serializer>(step: &Step, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(step)
}

fn descriptions<S: Serializer>(steps: &[&Step], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(steps.iter().map(ToString::to_string))
}
