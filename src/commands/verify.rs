//! `verify`: reads, checks, reports; changes nothing. With `--live` it runs GitLab's own webhook tests.

mod list;

use std::time::{Duration, Instant};

use super::resolve::{self, NEEDED, Terms};
use super::{Context, diagnostics, kit, local_state, progress};
use crate::apply::webhook_test::{TestClients, TestQuota, WebhookTester};
use crate::checks::{CheckFilter, Policy, Verdict, run_checks};
use crate::cli::{self, VerifyArgs};
use crate::desired::{ApplicationOrigin, Credentials, Desired};
use crate::error::{ExitCode, Failure};
use crate::factory::FactoryClient;
use crate::gitlab::HookTester;
use crate::inputs::Interview;
use crate::instance::InstanceUrl;
use crate::journal::{Record, Store};
use crate::observed::{BundleSeen, DeliveryProof, Observation, Observed, Observer, Read, ReadRequest};
use crate::report::{Detail, FailOn, Findings};
use crate::secret::{ApplicationSecret, Pat};
use crate::settings::{Sourced, keys};
use crate::terminal::Verbosity;

/// Between two attempts of `--wait`, the first and the longest pause.
const FIRST_PAUSE: Duration = Duration::from_secs(2);
const LONGEST_PAUSE: Duration = Duration::from_secs(15);
/// GitLab allows five test deliveries a minute for each project or group.
const LIVE_PAUSE: Duration = Duration::from_secs(15);

pub(super) async fn run(args: VerifyArgs, context: &Context<'_>) -> Result<ExitCode, Failure> {
    let filter = CheckFilter::new(&args.only, &args.skip)?;
    if args.list {
        return context.finish(&list::List { filter });
    }
    let began = context.env.clock.instant();
    let subject = gather(context).await?;
    let verify = Verify { context, args, filter, subject, began };
    let report = verify.repeat_until_pass().await;
    context.finish(&report)
}

/// What is verified, and by what.
struct Subject {
    desired: Desired,
    look: Observer,
    hook_tester: HookTester,
    test_quota: TestQuota,
    bundle: Observation<BundleSeen>,
}

async fn gather(context: &Context<'_>) -> Result<Subject, Failure> {
    let store = local_state::store(context)?;
    let settings = local_state::settings(context, &store)?;
    let interview = Interview::new(&settings, context.prompter.as_ref(), context.terminal);
    let http = context.client()?;
    local_state::offer_token(context, &interview).await?;
    interview.require(&NEEDED)?;
    let kit = kit::gather(context, &interview).await?.kit;
    let address = async |given: &Sourced<InstanceUrl>| resolve::self_managed(given);
    let instance = interview.ask_until(&keys::GITLAB_URL, address).await?.value;
    local_state::offer_token_of(&instance, context, &interview).await?;
    let token = interview.secret::<Pat>(&keys::TOKEN).await?.value;
    let key = interview.find_secret(&keys::FACTORY_KEY)?.map(|found| found.value);
    let origin = ApplicationOrigin::Auto { given: pair(&interview)?, renew: false };
    let desired = resolve::desired(Terms { kit: &kit, instance: instance.clone(), settings: &settings, origin })?;
    let bundle = bundle(&store, &desired)?;
    let look = Observer::new(&http, &instance, &token, FactoryClient::new(http.clone(), key));
    let hook_tester = HookTester::new(http, instance, token);
    Ok(Subject { desired, look, hook_tester, test_quota: TestQuota::default(), bundle })
}

/// The application's ID and secret, where both were given. Nobody is asked: verify works without.
fn pair(interview: &Interview<'_>) -> Result<Option<Credentials>, Failure> {
    let id = interview.settings().get(&keys::APPLICATION_ID)?;
    let secret: Option<ApplicationSecret> = interview.find_secret(&keys::APPLICATION_SECRET)?.map(|found| found.value);
    Ok(match (id, secret) {
        (Some(id), Some(secret)) => Some(Credentials { application_id: id.value, secret }),
        _ => None,
    })
}

/// What this machine's record says of the bundle.
fn bundle(store: &Store, desired: &Desired) -> Result<Observation<BundleSeen>, Failure> {
    let connection = store.connection(&desired.instance, &desired.organization.id);
    let record: Record = connection.record().map_err(|error| diagnostics::journal(&error))?;
    Ok(match record.bundle {
        None => Observation::Skipped("this machine has no record of a bundle"),
        Some(bundle) if bundle.accepted => {
            Observation::Known(BundleSeen::Accepted { id: bundle.receipt, sha256: bundle.sha256 })
        }
        Some(_) => Observation::Known(BundleSeen::Waiting),
    })
}

struct Verify<'a> {
    context: &'a Context<'a>,
    args: VerifyArgs,
    filter: CheckFilter,
    subject: Subject,
    began: Instant,
}

impl Verify<'_> {
    /// Reads and checks until everything passes or the deadline of `--wait` has come; without it, once. Only the last attempt
    /// is reported.
    async fn repeat_until_pass(&self) -> Findings {
        let clock = self.context.env.clock;
        if let Some(deadline) = self.deadline() {
            self.subject.look.http.end_at(deadline);
        }
        let mut pause = if self.args.live { LIVE_PAUSE } else { FIRST_PAUSE };
        loop {
            let report = self.once().await;
            let left = self.args.wait.unwrap_or_default().saturating_sub(clock.instant().duration_since(self.began));
            if report.verdict() == Verdict::Pass || left.is_zero() {
                return report;
            }
            let waiting = clock.sleep(pause.min(left));
            self.context.terminal.with_spinner("waiting for every check to pass", waiting).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// The end of `--wait`; `None` also where it is too far away for this system's clock.
    fn deadline(&self) -> Option<Instant> {
        self.began.checked_add(self.args.wait?)
    }

    async fn once(&self) -> Findings {
        let Subject { desired, look, .. } = &self.subject;
        let watch = progress::Looking::new(self.context.terminal);
        let reads = self.filter.reads();
        let looking = look.observe(desired, ReadRequest::from(&reads), &watch);
        let mut observed = self.context.terminal.with_spinner("reading GitLab and Factory", Box::pin(looking)).await;
        observed.factory.bundle = self.subject.bundle.clone();
        if self.args.live && reads.contains(Read::TestDeliveries) {
            observed.factory.proofs = Box::pin(self.prove(&observed)).await;
        }
        let policy = Policy { expires_within: i64::from(self.args.expires_within) };
        let mut findings = run_checks(desired, &observed, &policy);
        findings.retain(|finding| self.filter.wants(finding.code));
        let requests = usize::try_from(look.http.stats().requests).unwrap_or(usize::MAX);
        Findings {
            running: self.context.terminal.running(),
            target: desired.instance.to_string(),
            findings,
            fail_on: fail_on(self.args.fail_on),
            detail: if self.context.terminal.verbosity() == Verbosity::Quiet {
                Detail::ProblemsOnly
            } else {
                Detail::Every
            },
            requests,
            duration: self.context.env.clock.instant().duration_since(self.began),
        }
    }

    async fn prove(&self, observed: &Observed) -> Observation<Vec<DeliveryProof>> {
        let Subject { desired, look, hook_tester, test_quota, .. } = &self.subject;
        let hooks = match &observed.hooks {
            Observation::Known(hooks) => hooks,
            Observation::Failed(error) => return Observation::Failed(error.clone()),
            Observation::Skipped(reason) => return Observation::Skipped(reason),
        };
        let clients = TestClients::new(look, hook_tester, test_quota);
        let terminal = self.context.terminal;
        let notice = |text: &str| terminal.say_line(text);
        let version = observed.metadata.known().map(|metadata| metadata.version);
        let tester = WebhookTester::new(clients, &desired.webhooks)
            .with_version(version)
            .with_deadline(self.deadline())
            .on_wait(&notice);
        Observation::Known(terminal.with_spinner("following test deliveries", tester.test_each_kind(hooks)).await)
    }
}

const fn fail_on(level: cli::FailOn) -> FailOn {
    match level {
        cli::FailOn::Warning => FailOn::Warning,
        cli::FailOn::Error => FailOn::Error,
        cli::FailOn::Never => FailOn::Never,
    }
}
