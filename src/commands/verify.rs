//! `verify`: reads, judges, reports, and changes nothing. With `--live` it also runs GitLab's own webhook tests.

pub(super) mod list;

use std::time::{Duration, Instant};

use clap::Args;

use super::Context;
use super::cloud;
use super::session::{Access, Session};
use crate::apply::webhook_test::{TestClients, TestQuota, WebhookTester};
use crate::checks::{CheckFilter, Finding, Policy, Verdict, run_checks};
use crate::cli::after_help::{Ending, after_help, own};
use crate::desired::{ApplicationOrigin, Credentials};
use crate::error::{ExitCode, Failure};
use crate::gitlab::Task;
use crate::http::Client;
use crate::inputs::Interview;
use crate::journal::Record;
use crate::observed::{BundleSeen, DeliveryProof, Observation, Observed, Read};
use crate::report::{FailOn, Findings};
use crate::secret::ApplicationSecret;
use crate::settings::{self, keys};

const LONG: &str = "\
Proves the connection, check by check, and changes nothing (with --live, GitLab's own webhook tests are sent).

It needs no record of an earlier run: the URL, a token and the kit are enough, \
so it can run every night in CI.";

const ENDINGS: &[Ending] = &[
    own(ExitCode::Done, "every check holds"),
    own(ExitCode::Problem, "a check failed"),
    own(ExitCode::Usage, "usage error: bad arguments, missing input, unknown check"),
    own(ExitCode::Unknown, "nothing failed, but something could not be found out; running again is safe"),
    own(ExitCode::Interrupted, "interrupted"),
];

const EXAMPLES: &[&str] = &[
    "factory-gitlab verify",
    "factory-gitlab verify -o junit --output-file report.xml",
    "factory-gitlab verify --only 'webhook.*' --live",
];

/// Prove the connection, check by check
#[derive(Args, Debug)]
#[command(long_about = LONG, after_long_help = after_help(ENDINGS, EXAMPLES))]
pub struct VerifyArgs {
    /// Send GitLab's own webhook tests and follow the deliveries
    #[arg(long)]
    pub live: bool,

    /// Run only this check (a code, or a pattern such as 'token.*'; may be repeated)
    #[arg(long, value_name = "CODE")]
    pub only: Vec<String>,

    /// Skip this check (a code or a pattern; may be repeated)
    #[arg(long, value_name = "CODE")]
    pub skip: Vec<String>,

    /// List the checks and run none
    #[arg(long)]
    pub list: bool,

    /// Repeat until everything holds, for at most this long (90s, 5m, 1h)
    // The settings have one that is called `wait`.
    #[arg(long = "wait", value_name = "DURATION", value_parser = settings::duration)]
    pub wait_for: Option<Duration>,

    /// Exit with 1 from this level on
    #[arg(long, value_name = "LEVEL", value_enum, default_value_t = FailOn::Error)]
    pub fail_on: FailOn,

    /// Warn when a token or a certificate expires within this many days
    #[arg(long, value_name = "DAYS", default_value_t = 14)]
    pub expires_within: u16,
}

/// The first and the longest pause between two attempts of `--wait`.
const FIRST_PAUSE: Duration = Duration::from_secs(2);
const LONGEST_PAUSE: Duration = Duration::from_secs(15);
/// GitLab allows five test deliveries a minute for each project or group.
const LIVE_PAUSE: Duration = Duration::from_secs(15);

/// The pause after this one; the first where there was none.
pub(super) fn retry_pause(last: Option<Duration>) -> Duration {
    last.map_or(FIRST_PAUSE, |last| (last * 2).min(LONGEST_PAUSE))
}

/// Resolve, observe, judge, report. An interrupt drops this work at once: it leaves nothing behind.
pub(super) async fn verify(args: VerifyArgs, context: &Context<'_>) -> Result<ExitCode, Failure> {
    if cloud::is_chosen(context)? {
        return context.interrupt.or(Box::pin(cloud::verify(args, context))).await?;
    }
    context.interrupt.or(judge(args, context)).await?
}

async fn judge(args: VerifyArgs, context: &Context<'_>) -> Result<ExitCode, Failure> {
    let filter = CheckFilter::new(&args.only, &args.skip)?;
    if args.list {
        return context.finish(&list::List { filter });
    }
    let mut session = Session::open(context, Access::Read).await?;
    let given = pair(&session.interview)?;
    session.desired.application.origin = ApplicationOrigin::Auto { given, renew: false };
    let verify = Verify { session, args, filter, test_quota: TestQuota::default() };
    context.finish(&verify.repetition().until_pass(async || verify.round().await).await)
}

/// The application's ID and secret, where both were given. They are not asked for: the checks do without.
pub(super) fn pair(interview: &Interview<'_>) -> Result<Option<Credentials>, Failure> {
    let id = interview.settings().get(&keys::APPLICATION_ID)?;
    let secret: Option<ApplicationSecret> = interview.find_secret(&keys::APPLICATION_SECRET)?.map(|found| found.value);
    Ok(match (id, secret) {
        (Some(id), Some(secret)) => Some(Credentials { application_id: id.value, secret }),
        _ => None,
    })
}

/// The state of the bundle, as far as this machine's record knows it.
pub(super) fn bundle(record: &Record) -> Observation<BundleSeen> {
    if record.token_bundle.is_some() || record.application_bundle.is_some() {
        return Observation::Known(BundleSeen::Waiting);
    }
    match &record.bundle {
        None => Observation::Skipped("this machine has no record of a bundle"),
        Some(bundle) if bundle.accepted => {
            Observation::Known(BundleSeen::Accepted { id: bundle.receipt.clone(), sha256: bundle.sha256.clone() })
        }
        Some(bundle) => Observation::Known(match &bundle.written_to {
            Some(path) => BundleSeen::Written { path: path.clone() },
            None => BundleSeen::Waiting,
        }),
    }
}

/// What the checks say. A fix that runs `connect` repeats the flags of this run.
pub(super) fn findings(session: &Session<'_>, observed: &Observed, policy: &Policy) -> Vec<Finding> {
    let mut findings = run_checks(&session.desired, observed, policy);
    let flags = session.interview.settings().unrecorded_flags();
    for finding in &mut findings {
        finding.fix = finding.fix.take().map(|fix| fix.with_connect_flags(&flags));
    }
    findings
}

struct Verify<'a> {
    session: Session<'a>,
    args: VerifyArgs,
    filter: CheckFilter,
    /// Shared by all rounds of `--wait`.
    test_quota: TestQuota,
}

/// `--wait`: everything is asked and judged again.
pub(super) struct Repetition<'a> {
    pub context: &'a Context<'a>,
    pub http: &'a Client,
    pub began: Instant,
    pub wait: Option<Duration>,
    pub first_pause: Duration,
}

impl Repetition<'_> {
    /// Reads and judges until everything holds and Factory has finished, or the one deadline of `--wait` has come; without it, once. Only the last
    /// round is reported.
    pub(super) async fn until_pass(&self, round: impl AsyncFn() -> Findings) -> Findings {
        let (clock, terminal) = (self.context.env.clock, self.context.terminal);
        if let Some(deadline) = self.deadline() {
            self.http.end_at(deadline);
        }
        let mut pause = self.first_pause;
        loop {
            let report = round().await;
            let left = self.wait.unwrap_or_default().saturating_sub(clock.instant().duration_since(self.began));
            let is_done = report.verdict() == Verdict::Pass && !report.is_pending();
            if is_done || left.is_zero() {
                return report;
            }
            tracing::info!(verdict = report.verdict().name(), "not everything holds yet; the checks are repeated");
            terminal.with_spinner("waiting for every check to pass", clock.sleep(pause.min(left))).await;
            pause = retry_pause(Some(pause));
        }
    }

    /// The deadline of `--wait`; `None` without `--wait`, or where it is beyond this system's clock.
    fn deadline(&self) -> Option<Instant> {
        self.began.checked_add(self.wait?)
    }
}

impl Verify<'_> {
    fn repetition(&self) -> Repetition<'_> {
        Repetition {
            context: self.session.context,
            http: &self.session.observer.http,
            began: self.session.began(),
            wait: self.args.wait_for,
            first_pause: if self.args.live { LIVE_PAUSE } else { retry_pause(None) },
        }
    }

    async fn round(&self) -> Findings {
        let Session { context, desired, observer, .. } = &self.session;
        let reads = self.filter.reads();
        let mut observed = self.session.observe(&reads).await;
        observed.factory.bundle = bundle(&self.session.record);
        if self.args.live && reads.contains(Read::TestDeliveries) {
            let live = LiveTest { quota: &self.test_quota, deadline: self.repetition().deadline() };
            observed.factory.proofs = Box::pin(test_webhooks(&self.session, &observed, live)).await;
        }
        let task = if self.args.live { Task::VerifyLive } else { Task::Verify };
        let policy = Policy { expires_within: i64::from(self.args.expires_within), task };
        let mut findings = findings(&self.session, &observed, &policy);
        findings.retain(|finding| self.filter.wants(finding.code));
        Findings {
            running: context.terminal.running(),
            target: Some(desired.instance.to_string()),
            kit: Some(desired.kit.fingerprint()),
            from: None,
            findings,
            fail_on: self.args.fail_on,
            requests: usize::try_from(observer.http.stats().requests).unwrap_or(usize::MAX),
            duration: self.session.duration(),
        }
    }
}

/// The terms of a live test.
#[derive(Clone, Copy)]
pub(super) struct LiveTest<'a> {
    pub quota: &'a TestQuota,
    pub deadline: Option<Instant>,
}

/// Sends GitLab's webhook tests and follows each delivery.
pub(super) async fn test_webhooks(
    session: &Session<'_>,
    observed: &Observed,
    live: LiveTest<'_>,
) -> Observation<Vec<DeliveryProof>> {
    let hooks = match &observed.hooks {
        Observation::Known(hooks) => hooks,
        Observation::Failed(error) => return Observation::Failed(error.clone()),
        Observation::Skipped(reason) => return Observation::Skipped(reason),
    };
    let hook_tester = session.hook_tester();
    let clients = TestClients::new(&session.observer, &hook_tester, live.quota);
    let terminal = session.context.terminal;
    let on_wait = |text: &str| terminal.say_line(text);
    let tester = WebhookTester::new(clients, &session.desired.webhooks)
        .with_version(observed.version())
        .with_deadline(live.deadline)
        .on_wait(&on_wait);
    Observation::Known(terminal.with_spinner("following test deliveries", tester.test_each_kind(hooks)).await)
}
