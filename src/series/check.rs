//! One check: what a look found by it, and how it is followed from look to look.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::EventKind;
use super::affected::AffectedSet;
use crate::checks::{Affected, CheckStatus, Finding, SkipReason};
use crate::error::Fix;

/// The state of a check, as it is followed from look to look.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum CheckState {
    Pass,
    /// Its subject cannot be observed, by design.
    Skip,
    Warn,
    Unknown,
    Fail,
}

impl CheckState {
    /// `None` for one that was not judged because of another.
    #[must_use]
    pub const fn of(status: &CheckStatus) -> Option<Self> {
        Some(match status {
            CheckStatus::Pass => Self::Pass,
            CheckStatus::Warn => Self::Warn,
            CheckStatus::Fail => Self::Fail,
            CheckStatus::Unknown => Self::Unknown,
            CheckStatus::Skip(SkipReason::NotObservable(_)) => Self::Skip,
            CheckStatus::Skip(SkipReason::BlockedBy(_)) => return None,
        })
    }

    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Skip => "skip",
            Self::Warn => "warn",
            Self::Unknown => "unknown",
            Self::Fail => "fail",
        }
    }

    const fn rank(self) -> u8 {
        match self {
            Self::Pass | Self::Skip => 0,
            Self::Warn => 1,
            Self::Unknown => 2,
            Self::Fail => 3,
        }
    }

    /// What a step from one state to another is.
    pub(super) const fn step(from: Self, to: Self) -> EventKind {
        if to.rank() > from.rank() {
            EventKind::Problem
        } else if to.rank() < from.rank() {
            EventKind::Recovered
        } else {
            EventKind::Changed
        }
    }
}

/// What a look found by one check.
#[derive(Clone, Debug)]
pub struct CheckSeen {
    pub code: &'static str,
    pub state: CheckState,
    pub cause: Option<String>,
    pub fix: Option<Fix>,
    /// Whom it is about, where it judges several.
    pub affected: Vec<Affected>,
}

/// A check that a look did not judge.
#[derive(Clone, Debug)]
pub struct NotJudged {
    pub code: &'static str,
    pub why: WhyNotJudged,
}

/// Why the last look did not judge a check.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub enum WhyNotJudged {
    /// GitLab is away.
    Away,
    /// A check that it depends on does not pass.
    DependsOn(String),
}

impl CheckSeen {
    /// The findings that were judged, and those that were not. While GitLab is away only Factory's side is.
    #[must_use]
    pub fn all(findings: &[Finding], is_away: bool) -> (Vec<Self>, Vec<NotJudged>) {
        let (mut judged, mut not_judged) = (Vec::new(), Vec::new());
        for finding in findings {
            let code = finding.code;
            let is_hidden = is_away && finding.category() != "factory";
            match (CheckState::of(&finding.status), &finding.status) {
                _ if is_hidden => not_judged.push(NotJudged { code, why: WhyNotJudged::Away }),
                (Some(state), _) => judged.push(Self {
                    code,
                    state,
                    cause: finding.cause.clone(),
                    fix: finding.fix.clone(),
                    affected: finding.affected.clone(),
                }),
                (None, CheckStatus::Skip(SkipReason::BlockedBy(root))) => {
                    not_judged.push(NotJudged { code, why: WhyNotJudged::DependsOn((*root).to_owned()) });
                }
                (None, _) => {}
            }
        }
        (judged, not_judged)
    }
}

/// One check over all looks.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Tracked {
    /// The state that counts.
    pub state: CheckState,
    pub since: Timestamp,
    /// The state of the last look that judged it.
    pub last: CheckState,
    /// Why it is in the last state.
    pub cause: Option<String>,
    /// Why the last look did not judge it.
    #[serde(default)]
    pub(super) not_judged: Option<WhyNotJudged>,
    /// Whom it was about in the look that judged it last, and whom it was told of.
    #[serde(default)]
    pub(super) affected: AffectedSet,
    #[serde(default)]
    pub(super) told: Option<AffectedSet>,
}

impl Tracked {
    pub(super) fn new(seen: &CheckSeen, at: Timestamp) -> Self {
        let (state, cause) = (seen.state, seen.cause.clone());
        let mut tracked = Self {
            state,
            since: at,
            last: state,
            cause,
            not_judged: None,
            affected: AffectedSet::default(),
            told: None,
        };
        tracked.tell_affected(seen);
        tracked
    }

    /// Its state, and why. One that passed earlier and was not judged by the last look is not shown as passed.
    #[must_use]
    pub fn shown(&self) -> (CheckState, Option<String>) {
        match (&self.not_judged, self.state) {
            (Some(WhyNotJudged::Away), CheckState::Pass | CheckState::Skip) => {
                (CheckState::Unknown, Some("not judged by the last look: GitLab is away".to_owned()))
            }
            (Some(WhyNotJudged::DependsOn(root)), CheckState::Pass | CheckState::Skip) => {
                (CheckState::Skip, Some(format!("not judged by the last look: depends on {root}")))
            }
            (_, state) => (state, self.cause.clone()),
        }
    }

    /// Whether its state is worth a gauge: it was judged by the last look, or did not pass before.
    #[must_use]
    pub const fn is_known(&self) -> bool {
        self.not_judged.is_none() || !matches!(self.state, CheckState::Pass | CheckState::Skip)
    }
}
