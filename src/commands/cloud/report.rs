//! The report of a run, from what it was and did.

use super::CloudRun;
use super::authorize::Authorized;
use super::select::Settled;
use crate::error::{ExitCode, Failure};
use crate::factory::{FactoryStatus, Receipt};
use crate::observed::CloudSeen;
use crate::plan::CloudPlan;
use crate::report::cloud::{CloudEnd, CloudProof, CloudReport};
use crate::text::milliseconds;

/// A run that changed nothing.
pub(super) fn standing(
    run: &CloudRun<'_>,
    seen: &CloudSeen,
    end: CloudEnd,
    plan: CloudPlan,
) -> Result<ExitCode, Failure> {
    let cloud = run.record.cloud.as_deref();
    let report = CloudReport {
        account: cloud.and_then(|cloud| cloud.account.clone()),
        scopes: cloud.map(|cloud| cloud.scopes.clone()).unwrap_or_default(),
        selection: seen.selected().cloned(),
        status: seen.status.known().cloned(),
        ..blank(run, plan, end)
    };
    run.context.finish(&report)
}

/// A run that carried its plan out, as far as it went.
pub(super) struct AppliedRun {
    pub plan: CloudPlan,
    pub end: CloudEnd,
    pub authorized: Authorized,
    pub settled: Settled,
    pub status: Option<FactoryStatus>,
    pub receipt: Option<Receipt>,
    pub proof: Option<CloudProof>,
}

pub(super) fn applied(run: &CloudRun<'_>, done: AppliedRun) -> Result<ExitCode, Failure> {
    let AppliedRun { plan, end, authorized, settled, status, receipt, proof } = done;
    let Settled { selection, marks, beyond } = settled;
    let report = CloudReport {
        account: Some(authorized.account).filter(|account| !account.username.is_empty()),
        scopes: authorized.scopes,
        selection: Some(selection),
        warnings: marks,
        beyond,
        status,
        receipt,
        proof,
        ..blank(run, plan, end)
    };
    run.context.finish(&report)
}

fn blank(run: &CloudRun<'_>, plan: CloudPlan, end: CloudEnd) -> CloudReport {
    let stats = run.http.stats();
    CloudReport {
        running: run.context.terminal.running(),
        instance: run.instance().clone(),
        kit: run.desired.trust.fingerprint(),
        way: run.desired.way,
        plan,
        end,
        account: None,
        scopes: Vec::new(),
        selection: None,
        warnings: Vec::new(),
        beyond: None,
        status: None,
        receipt: None,
        proof: None,
        requests: stats.requests,
        writes: stats.writes,
        duration_ms: milliseconds(run.duration()),
    }
}
