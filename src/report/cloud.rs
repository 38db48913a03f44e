//! The report of `connect --cloud`.

use std::io;
use std::sync::Arc;

use serde::{Serialize, Serializer};

use super::group::FailureJson;
use super::json::{FixJson, Tool};
use super::run::{PendingExit, fix_lines};
use super::{FailureGroup, Json, Page, Report};
use crate::apply::StepEnd;
use crate::cloud::{Beyond, CloudAccount, CloudSelection, CloudWay};
use crate::error::{ExitCode, Failure, Fix};
use crate::factory::{FactoryState, FactoryStatus, Receipt};
use crate::instance::InstanceUrl;
use crate::kit::KitFingerprint;
use crate::plan::{CloudPlan, CloudStep, OwnCloudStep};
use crate::text::{Line, Text, Tone, counted};

/// How it ended.
#[derive(Debug)]
pub enum CloudEnd {
    NothingToDo,
    DryRun(PendingExit),
    /// The steps that were carried out, as far as they went.
    Applied {
        ends: Vec<StepEnd>,
        failure: Option<Failure>,
        interrupted: bool,
    },
}

/// Whether a merge request reached Factory.
#[derive(Clone, Debug, Serialize)]
pub struct CloudProof {
    pub project: String,
    pub merge_request: Option<u64>,
    pub state: ProofState,
    pub seen: String,
    /// What of it is left in GitLab, where it could not be removed.
    pub left: Vec<String>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ProofState {
    Yes,
    No,
    Unknown,
}

/// The report of a run.
#[derive(Debug)]
pub struct CloudReport {
    pub running: Arc<str>,
    pub instance: InstanceUrl,
    pub kit: KitFingerprint,
    pub way: CloudWay,
    pub plan: CloudPlan,
    pub end: CloudEnd,
    pub account: Option<CloudAccount>,
    pub scopes: Vec<String>,
    pub selection: Option<CloudSelection>,
    pub warnings: Vec<String>,
    pub beyond: Option<Beyond>,
    pub status: Option<FactoryStatus>,
    pub receipt: Option<Receipt>,
    pub proof: Option<CloudProof>,
    pub requests: u32,
    pub writes: u32,
    pub duration_ms: u64,
}

/// The document, in the order in which it is read.
#[derive(Serialize)]
struct CloudDocument<'r> {
    schema: &'static str,
    tool: Tool,
    target: &'r str,
    kit: &'r KitFingerprint,
    verdict: &'static str,
    exit_code: u8,
    /// Whether this run changed anything; with `--dry-run`, whether a run would.
    changed: bool,
    steps: Vec<Row<'r>>,
    notes: &'r [String],
    warnings: &'r [String],
    receipt: Option<&'r Receipt>,
    error: Option<FailureJson<'r, NoSubject>>,
    by_hand: Vec<FixJson<'r>>,
    cloud: CloudJson<'r>,
    requests: u32,
    writes: u32,
    duration_ms: u64,
}

#[derive(Serialize)]
struct NoSubject {}

#[derive(Serialize)]
struct CloudJson<'r> {
    way: CloudWay,
    account: Option<&'r CloudAccount>,
    scopes: &'r [String],
    selection: Option<&'r CloudSelection>,
    beyond: Option<&'r Beyond>,
    status: Option<FactoryState>,
    detail: Option<&'r str>,
    proof: Option<&'r CloudProof>,
}

#[derive(Serialize)]
struct Row<'r> {
    #[serde(flatten)]
    step: &'r CloudStep,
    state: &'static str,
    #[serde(serialize_with = "description")]
    text: &'r CloudStep,
}

fn description<S: Serializer>(step: &&CloudStep, serializer: S) -> Result<S::Ok, S::Error> {
    let described = step.describe();
    let details = described.details.join("; ");
    serializer.collect_str(&if details.is_empty() { described.what } else { format!("{}: {details}", described.what) })
}

impl CloudReport {
    fn verdict(&self) -> &'static str {
        match (&self.end, self.exit_code()) {
            (_, ExitCode::Unknown) => "unknown",
            (_, ExitCode::Interrupted) => "interrupted",
            (CloudEnd::DryRun(_), ExitCode::Done | ExitCode::Pending) if !self.plan.is_empty() => "pending",
            (_, ExitCode::Done) => "connected",
            _ => "incomplete",
        }
    }

    fn end_of(&self, place: usize) -> Option<StepEnd> {
        match &self.end {
            CloudEnd::Applied { ends, .. } => Some(ends.get(place).copied().unwrap_or(StepEnd::NotReached)),
            CloudEnd::NothingToDo | CloudEnd::DryRun(_) => None,
        }
    }

    fn failure(&self) -> Option<&Failure> {
        match &self.end {
            CloudEnd::Applied { failure, .. } => failure.as_ref(),
            CloudEnd::NothingToDo | CloudEnd::DryRun(_) => None,
        }
    }

    /// Whether Factory has the selection: by this run, or from before.
    fn is_selected(&self) -> bool {
        let selects = |step: &CloudStep| matches!(step, CloudStep::Own(OwnCloudStep::Select { .. }));
        let place = self.plan.steps.iter().position(selects);
        place.is_none_or(|place| self.end_of(place).is_none_or(|end| end == StepEnd::Done))
    }

    fn changed(&self) -> bool {
        self.writes > 0
    }

    fn applied(&self, text: &mut Text) {
        let (tone, verdict) = match self.exit_code() {
            ExitCode::Done => (Tone::Good, "connected"),
            ExitCode::Interrupted => (Tone::Bad, "interrupted"),
            _ => (Tone::Bad, "not finished"),
        };
        text.line(Line::new().with(tone, verdict).plain(format!(": {}", self.instance)));
        text.gap();
        for (place, step) in self.plan.steps.iter().enumerate() {
            if self.end_of(place) == Some(StepEnd::Done) {
                text.line(Line::new().with(Tone::Good, "  done    ").plain(step.describe().what));
            }
        }
        self.failed(text);
    }

    fn failed(&self, text: &mut Text) {
        if let Some(failure) = self.failure() {
            text.gap();
            failure.describe(&self.running).lines().for_each(|line| text.line(line));
        }
        if let CloudEnd::Applied { interrupted: true, .. } = &self.end {
            text.gap();
            text.line("Run the same command again to continue.");
        }
    }

    fn who(&self, text: &mut Text) {
        if let Some(account) = &self.account {
            text.line(format!("authorized by {account}"));
        }
        for part in self.selection.iter().filter(|_| self.is_selected()).flat_map(CloudSelection::parts) {
            text.line(format!("Factory works on {part}"));
        }
        for warning in &self.warnings {
            text.line(Line::new().with(Tone::Warn, "warning: ").plain(warning.clone()));
        }
        let selects_all = self.selection.as_ref().is_some_and(|selection| selection.all);
        if matches!(self.end, CloudEnd::Applied { .. }) && !selects_all {
            beyond_lines(self.beyond.as_ref(), text);
        }
        if let Some(proof) = &self.proof {
            let tone = if proof.state == ProofState::Yes { Tone::Good } else { Tone::Bad };
            let number = proof.merge_request.map(|iid| format!(" !{iid}")).unwrap_or_default();
            let what = format!("merge request{number} in {}: ", proof.project);
            text.line(Line::new().plain(what).with(tone, proof.seen.clone()));
            proof.left.iter().for_each(|left| text.line(Line::new().with(Tone::Warn, "left: ").plain(left.clone())));
        }
    }

    /// A dry run that would change something.
    fn is_pending(&self) -> bool {
        matches!(self.end, CloudEnd::DryRun(_)) && !self.plan.is_empty()
    }

    fn next_steps(&self, text: &mut Text) {
        if self.exit_code() == ExitCode::Done && !matches!(self.end, CloudEnd::DryRun(_)) {
            let line = Line::new().plain("Check it at any time: ");
            text.line(line.with(Tone::Action, "factory-gitlab verify --cloud"));
        }
    }
}

/// The plan as a numbered list, each step with its details below, and the notes to read before approving it.
pub fn plan_lines(plan: &CloudPlan, text: &mut Text) {
    for (number, step) in plan.steps.iter().enumerate() {
        let described = step.describe();
        text.line(Line::new().dim(format!("{:>3}. ", number + 1)).plain(described.what));
        for detail in described.details {
            text.line(Line::new().plain("     ").dim(detail));
        }
    }
    text.gap();
    for note in &plan.notes {
        text.line(Line::new().dim("note: ").dim(note));
    }
}

/// What the account reaches beyond the selection, and how to make that smaller. GitLab cannot limit an OAuth token to some
/// projects (issue 22115).
pub fn beyond_lines(beyond: Option<&Beyond>, text: &mut Text) {
    let reached = match beyond {
        Some(beyond) if beyond.is_nothing() => return,
        Some(Beyond { groups, projects, at_least }) => {
            let parts = [(groups, "group"), (projects, "project")];
            let parts = parts.iter().filter(|(count, _)| **count > 0).map(|(count, noun)| counted(count, noun));
            let more = if *at_least { "at least " } else { "" };
            format!("{more}{}", parts.collect::<Vec<_>>().join(" and "))
        }
        None => "everything else that the account reaches, which cannot be counted from here".to_owned(),
    };
    text.line(
        Line::new()
            .with(Tone::Warn, "note: ")
            .plain(format!("Factory's token also reaches {reached}, outside the selection")),
    );
    let fix = Fix::open(
        "to make that smaller, authorize as a service account that is a member of only what is selected",
        "https://docs.gitlab.com/user/profile/service_accounts/",
    );
    fix_lines(&fix, "connect --cloud", text);
}

impl Report for CloudReport {
    fn text(&self, text: &mut Text) {
        match &self.end {
            CloudEnd::NothingToDo | CloudEnd::DryRun(_) if self.plan.is_empty() => {
                let line = Line::new().with(Tone::Good, "nothing to do: ");
                text.line(line.plain(format!("{} is already connected; nothing was written", self.instance)));
                plan_lines(&self.plan, text);
            }
            CloudEnd::NothingToDo | CloudEnd::DryRun(_) => {
                text.line(Line::new().with(Tone::Strong, format!("Plan for {} (nothing was written)", self.instance)));
                plan_lines(&self.plan, text);
            }
            CloudEnd::Applied { .. } => self.applied(text),
        }
        text.gap();
        self.who(text);
        text.gap();
        self.next_steps(text);
        text.gap();
        text.line(Line::new().dim(format!("kit {}", self.kit)));
        let requests = counted(self.requests, "request");
        text.line(Line::new().dim(format!("{requests}, {} of them writes, {} ms", self.writes, self.duration_ms)));
    }

    fn problems(&self, text: &mut Text) {
        match &self.end {
            CloudEnd::DryRun(_) if !self.plan.is_empty() => plan_lines(&self.plan, text),
            CloudEnd::Applied { .. } if self.exit_code() != ExitCode::Done => self.failed(text),
            CloudEnd::NothingToDo | CloudEnd::DryRun(_) | CloudEnd::Applied { .. } => {}
        }
        self.warnings
            .iter()
            .for_each(|warning| text.line(Line::new().with(Tone::Warn, "warning: ").plain(warning.clone())));
    }

    fn json(&self, into: Json<'_>) -> io::Result<()> {
        let state = |place| match self.end_of(place) {
            None => "planned",
            Some(StepEnd::Done) => "done",
            Some(StepEnd::Failed) => "failed",
            Some(StepEnd::NotReached) => "not_reached",
        };
        let row = |(place, step)| Row { step, state: state(place), text: step };
        let group = self.failure().map(|failure| FailureGroup { failure: failure.clone(), of: vec![()] });
        into.document(&CloudDocument {
            schema: "factory-gitlab/connect/v1",
            tool: Tool::this(),
            target: self.instance.as_str(),
            kit: &self.kit,
            verdict: self.verdict(),
            exit_code: self.exit_code() as u8,
            changed: self.changed() || self.is_pending(),
            steps: self.plan.steps.iter().enumerate().map(row).collect(),
            notes: &self.plan.notes,
            warnings: &self.warnings,
            receipt: self.receipt.as_ref(),
            error: group.as_ref().map(|group| FailureJson::new(group, NoSubject {}, &self.running)),
            by_hand: Vec::new(),
            cloud: CloudJson {
                way: self.way,
                account: self.account.as_ref(),
                scopes: &self.scopes,
                selection: self.selection.as_ref(),
                beyond: self.beyond.as_ref(),
                status: self.status.as_ref().map(|status| status.state),
                detail: self.status.as_ref().and_then(|status| status.detail.as_deref()),
                proof: self.proof.as_ref(),
            },
            requests: self.requests,
            writes: self.writes,
            duration_ms: self.duration_ms,
        })
    }

    fn html(&self) -> Option<Page> {
        let title = format!("factory-gitlab {} on {}", self.running, self.instance);
        Some(Page::of_text(title, self.exit_code(), &super::text(self)))
    }

    fn exit_code(&self) -> ExitCode {
        let proof = self.proof.as_ref().map(|proof| proof.state);
        match &self.end {
            CloudEnd::NothingToDo => ExitCode::Done,
            CloudEnd::DryRun(PendingExit::Four) if !self.plan.is_empty() => ExitCode::Pending,
            CloudEnd::DryRun(_) => ExitCode::Done,
            CloudEnd::Applied { interrupted: true, .. } => ExitCode::Interrupted,
            CloudEnd::Applied { failure: Some(failure), .. } => failure.exit_code(),
            CloudEnd::Applied { .. } => match proof {
                Some(ProofState::No) => ExitCode::Problem,
                Some(ProofState::Unknown) => ExitCode::Unknown,
                Some(ProofState::Yes) | None => ExitCode::Done,
            },
        }
    }
}
