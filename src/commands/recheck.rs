//! The checks that a command runs by itself once it has written.

use super::session::Session;
use super::{diagnostics, verify};
use crate::checks::{CheckFilter, Policy, run_checks};
use crate::error::{ExitCode, Failure};
use crate::gitlab::Task;
use crate::journal::{Record, Rotation};
use crate::observed::{Observation, Observed};
use crate::report::run::{End, Job, Purpose};
use crate::report::{FailOn, Findings};

/// What concerns a secret that was renewed.
const fn codes(what: Rotation) -> &'static [&'static str] {
    match what {
        Rotation::ApplicationSecret => &["application.*", "factory.*"],
        Rotation::Token => &["token.handed_over", "factory.*"],
        Rotation::WebhookSecret => &["webhook.*", "factory.*"],
    }
}

/// After a rotation that was carried out: what the checks say of it. An interrupt during the checks ends the run; what was
/// renewed is renewed.
pub(super) async fn after(session: &Session<'_>, job: Job, end: End) -> Result<(End, Option<Findings>), Failure> {
    match (job.purpose, end) {
        (Purpose::Rotate(what), End::Applied(mut outcome)) if outcome.exit_code() == ExitCode::Done => {
            let findings = session.context.interrupt.or(Box::pin(check(session, what))).await;
            outcome.interrupted = findings.is_err();
            Ok((End::Applied(outcome), findings.ok().transpose()?))
        }
        (_, end) => Ok((end, None)),
    }
}

async fn check(session: &Session<'_>, what: Rotation) -> Result<Findings, Failure> {
    let codes: Vec<String> = codes(what).iter().map(|code| (*code).to_owned()).collect();
    let filter = CheckFilter::new(&codes, &[])?;
    let record = session.connection().record().map_err(|error| diagnostics::journal(&error))?;
    let (before, began) = (session.observer.http.stats().requests, session.context.env.clock.instant());
    let mut observed = session.observe_with(&filter.reads(), &record).await;
    observed.factory.bundle = verify::bundle(&record);
    keep_own_application(&record, &mut observed);
    let policy = Policy { task: Task::Verify, ..Policy::default() };
    let mut findings = run_checks(&session.desired, &observed, &policy);
    findings.retain(|finding| filter.wants(finding.code));
    let requests = session.observer.http.stats().requests.saturating_sub(before);
    Ok(Findings {
        running: session.context.terminal.running(),
        target: Some(session.desired.instance.to_string()),
        kit: Some(session.desired.kit.fingerprint()),
        from: None,
        findings,
        fail_on: FailOn::Error,
        requests: usize::try_from(requests).unwrap_or(usize::MAX),
        duration: session.context.env.clock.instant().duration_since(began),
    })
}

/// The record says which application is this connection's; another organization may have one of the same name.
fn keep_own_application(record: &Record, observed: &mut Observed) {
    let (Some(bundle), Observation::Known(all)) = (&record.bundle, &mut observed.applications) else { return };
    let is_own = |application_id: &String| *application_id == bundle.application_id;
    if all.iter().any(|one| is_own(&one.application_id)) {
        all.retain(|one| is_own(&one.application_id));
    }
}
