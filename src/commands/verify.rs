//! `verify`: reads, judges, reports, and changes nothing. With `--live` it also runs GitLab's own webhook tests.

mod list;

use std::time::{Duration, Instant};

use super::Context;
use super::session::{Access, Session};
use crate::apply::webhook_test::{TestClients, TestQuota, WebhookTester};
use crate::checks::{CheckFilter, Policy, Verdict, run_checks};
use crate::cli::VerifyArgs;
use crate::desired::{ApplicationOrigin, Credentials};
use crate::error::{ExitCode, Failure};
use crate::inputs::Interview;
use crate::journal::Record;
use crate::observed::{BundleSeen, DeliveryProof, Observation, Observed, Read};
use crate::report::{Detail, Findings};
use crate::secret::ApplicationSecret;
use crate::settings::keys;
use crate::terminal::Verbosity;

/// The first and the longest pause between two attempts of `--wait`.
const FIRST_PAUSE: Duration = Duration::from_secs(2);
const LONGEST_PAUSE: Duration = Duration::from_secs(15);
/// GitLab allows five test deliveries a minute for each project or group.
const LIVE_PAUSE: Duration = Duration::from_secs(15);

pub(super) async fn verify(args: VerifyArgs, context: &Context<'_>) -> Result<ExitCode, Failure> {
    let filter = CheckFilter::new(&args.only, &args.skip)?;
    if args.list {
        return context.finish(&list::List { filter });
    }
    let mut session = Session::open(context, Access::Read).await?;
    let given = pair(&session.interview)?;
    session.desired.application.origin = ApplicationOrigin::Auto { given, renew: false };
    let verify = Verify { session, args, filter, test_quota: TestQuota::default() };
    context.finish(&verify.repeat_until_pass().await)
}

/// The application's ID and secret, where both were given. They are not asked for: the checks do without.
fn pair(interview: &Interview<'_>) -> Result<Option<Credentials>, Failure> {
    let id = interview.settings().get(&keys::APPLICATION_ID)?;
    let secret: Option<ApplicationSecret> = interview.find_secret(&keys::APPLICATION_SECRET)?.map(|found| found.value);
    Ok(match (id, secret) {
        (Some(id), Some(secret)) => Some(Credentials { application_id: id.value, secret }),
        _ => None,
    })
}

/// The state of the bundle, as far as this machine's record knows it.
fn bundle(record: &Record) -> Observation<BundleSeen> {
    match &record.bundle {
        None => Observation::Skipped("this machine has no record of a bundle"),
        Some(bundle) if bundle.accepted => {
            Observation::Known(BundleSeen::Accepted { id: bundle.receipt.clone(), sha256: bundle.sha256.clone() })
        }
        Some(_) => Observation::Known(BundleSeen::Waiting),
    }
}

struct Verify<'a> {
    session: Session<'a>,
    args: VerifyArgs,
    filter: CheckFilter,
    /// Shared by all rounds of `--wait`.
    test_quota: TestQuota,
}

impl Verify<'_> {
    /// Reads and judges until everything holds or the one deadline of `--wait` has come; without it, once. Only the last
    /// round is reported.
    async fn repeat_until_pass(&self) -> Findings {
        let context = self.session.context;
        if let Some(deadline) = self.deadline() {
            self.session.observer.http.end_at(deadline);
        }
        let mut pause = if self.args.live { LIVE_PAUSE } else { FIRST_PAUSE };
        loop {
            let report = self.round().await;
            let left = self.time_left();
            if report.verdict() == Verdict::Pass || left.is_zero() {
                return report;
            }
            let waiting = context.env.clock.sleep(pause.min(left));
            context.terminal.with_spinner("waiting for every check to pass", waiting).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// The deadline of `--wait`; `None` without `--wait`, or where it is beyond this system's clock.
    fn deadline(&self) -> Option<Instant> {
        self.session.began().checked_add(self.args.wait?)
    }

    /// How much of `--wait` is left.
    fn time_left(&self) -> Duration {
        self.args.wait.unwrap_or_default().saturating_sub(self.session.duration())
    }

    async fn round(&self) -> Findings {
        let Session { context, desired, observer, .. } = &self.session;
        let reads = self.filter.reads();
        let mut observed = self.session.observe(&reads).await;
        observed.factory.bundle = bundle(&self.session.record);
        if self.args.live && reads.contains(Read::TestDeliveries) {
            observed.factory.proofs = Box::pin(self.test_webhooks(&observed)).await;
        }
        let policy = Policy { expires_within: i64::from(self.args.expires_within) };
        let mut findings = run_checks(desired, &observed, &policy);
        findings.retain(|finding| self.filter.wants(finding.code));
        let is_quiet = context.terminal.verbosity() == Verbosity::Quiet;
        Findings {
            running: context.terminal.running(),
            target: desired.instance.to_string(),
            findings,
            fail_on: self.args.fail_on,
            detail: if is_quiet { Detail::ProblemsOnly } else { Detail::Every },
            requests: usize::try_from(observer.http.stats().requests).unwrap_or(usize::MAX),
            duration: self.session.duration(),
        }
    }

    /// Sends GitLab's webhook tests and follows each delivery.
    async fn test_webhooks(&self, observed: &Observed) -> Observation<Vec<DeliveryProof>> {
        let hooks = match &observed.hooks {
            Observation::Known(hooks) => hooks,
            Observation::Failed(error) => return Observation::Failed(error.clone()),
            Observation::Skipped(reason) => return Observation::Skipped(reason),
        };
        let hook_tester = self.session.hook_tester();
        let clients = TestClients::new(&self.session.observer, &hook_tester, &self.test_quota);
        let terminal = self.session.context.terminal;
        let on_wait = |text: &str| terminal.say_line(text);
        let tester = WebhookTester::new(clients, &self.session.desired.webhooks)
            .with_version(observed.metadata.known().map(|metadata| metadata.version))
            .with_deadline(self.deadline())
            .on_wait(&on_wait);
        Observation::Known(terminal.with_spinner("following test deliveries", tester.test_each_kind(hooks)).await)
    }
}
