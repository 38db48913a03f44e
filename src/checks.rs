//! The checks: what is judged, in which order, and what each depends on. Pure: the same `Observed` gives the same
//! findings.

mod affected;
mod application;
mod cloud;
mod factory;
mod filter;
mod instance;
pub mod network;
mod outcome;
mod pages;
pub mod review;
mod runner;
mod token;
mod webhook;

pub use affected::{Affected, AffectedNumber};
pub use cloud::CloudSides;
pub use filter::CheckFilter;
pub use outcome::{CheckStatus, SkipReason};
pub use pages::{CheckPage, documentation, findings_documentation};
pub use runner::{Finding, FindingTarget, Verdict, run_checks, run_cloud_checks, verdict};

use crate::gitlab::Task;
use crate::observed::Read;
use outcome::{CheckContext, CheckOutcome};

/// One check. Its code is a contract; its wording may change.
pub struct Check {
    /// `category.name`.
    pub code: &'static str,
    /// What holds when it passes.
    pub title: &'static str,
    pub severity: CheckSeverity,
    /// What must hold before this one can be judged.
    pub depends_on: &'static [&'static str],
    /// The reads it is judged by, besides those of the checks it depends on.
    pub reads: &'static [Read],
    rule: fn(&CheckContext<'_>) -> CheckOutcome,
}

impl Check {
    /// What is known of it besides how it is judged.
    #[must_use]
    pub const fn info(&self) -> CheckInfo {
        let Self { code, title, severity, depends_on, reads: _, rule: _ } = *self;
        CheckInfo { code, title, severity, depends_on }
    }

    /// The part of the code before the dot.
    #[must_use]
    pub fn category(&self) -> &'static str {
        self.info().category()
    }

    /// The address of its page.
    #[must_use]
    pub fn doc(&self) -> String {
        self.info().doc()
    }
}

/// A check without how it is judged, or a finding of `audit`.
#[derive(Clone, Copy, Debug)]
pub struct CheckInfo {
    pub code: &'static str,
    pub title: &'static str,
    pub severity: CheckSeverity,
    pub depends_on: &'static [&'static str],
}

impl CheckInfo {
    #[must_use]
    pub fn category(&self) -> &'static str {
        self.code.split('.').next().unwrap_or(self.code)
    }

    #[must_use]
    pub fn doc(&self) -> String {
        format!("{}/blob/main/{}", env!("CARGO_PKG_REPOSITORY"), self.doc_path())
    }

    /// Its page within the repository.
    fn doc_path(&self) -> String {
        format!("src/checks/pages/{}.md#{}", self.category(), self.anchor())
    }

    #[must_use]
    pub fn page(&self) -> CheckPage {
        CheckPage::of(self.code)
    }

    fn anchor(&self) -> String {
        format!("check-{}", self.code.replace(['.', '_'], "-"))
    }
}

/// Which checks: those of `verify`, those of `network check`, or all; and the findings of `audit`, which share their pages.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum CheckSet {
    #[default]
    Connection,
    Network,
    /// Of `verify --cloud`: the same as those of a connection, and one of its own.
    Cloud,
    /// Every check of every command.
    All,
    /// The findings of `audit`.
    Review,
    /// Everything that has a page, each code once.
    Explained,
}

impl CheckSet {
    /// Its checks, in the order of the report; a check comes after those it depends on.
    #[must_use]
    pub fn infos(self) -> Vec<CheckInfo> {
        match self {
            Self::Connection => all().map(Check::info).collect(),
            Self::Network => network::CHECKS.to_vec(),
            Self::Cloud => all().map(Check::info).chain([cloud::SELECTION]).collect(),
            Self::All => [Self::Cloud, Self::Network].into_iter().flat_map(Self::infos).collect(),
            Self::Review => review::ALL.to_vec(),
            Self::Explained => {
                let mut infos = Self::All.infos();
                let checks: Vec<&str> = infos.iter().map(|check| check.code).collect();
                let alone = review::ALL.iter().filter(|finding| !checks.contains(&finding.code));
                infos.extend(alone);
                infos
            }
        }
    }

    /// What lists them.
    const fn list_command(self) -> &'static str {
        match self {
            Self::Connection => "factory-gitlab verify --list",
            Self::Network => "factory-gitlab network check --list",
            Self::Cloud => "factory-gitlab verify --cloud --list",
            Self::All | Self::Review | Self::Explained => "factory-gitlab explain",
        }
    }
}

/// How bad it is for the connection when the check does not pass, or when it was found. Only findings are informative.
#[derive(Clone, Copy, Debug, Eq, PartialEq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum CheckSeverity {
    Info,
    Warning,
    Error,
}

impl CheckSeverity {
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// What checks are judged by besides what is desired and what was observed.
#[derive(Clone, Copy, Debug)]
pub struct Policy {
    /// A token or certificate that expires in fewer days is a warning (`--expires-within`).
    pub expires_within: i64,
    /// What the given token is used for: it decides which scopes or permissions it needs.
    pub task: Task,
}

impl Default for Policy {
    fn default() -> Self {
        Self { expires_within: 14, task: Task::default() }
    }
}

/// Every check of `verify`, in the order of the report; a check comes after those it depends on.
pub fn all() -> impl Iterator<Item = &'static Check> {
    [instance::CHECKS, token::CHECKS, application::CHECKS, webhook::CHECKS, factory::CHECKS].into_iter().flatten()
}

#[cfg(test)]
mod tests;
