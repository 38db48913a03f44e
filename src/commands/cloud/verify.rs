//! `verify --cloud`: the checks of instance, token and Factory, and whether the selection holds.

use super::super::session::Access;
use super::super::verify::{Repetition, VerifyArgs, retry_pause};
use super::super::{Context, local_state, progress, verify};
use super::CloudRun;
use crate::checks::{CheckFilter, CheckSet, CloudSides, Policy, run_cloud_checks};
use crate::desired::Desired;
use crate::error::{ExitCode, Failure, Fix};
use crate::gitlab::Task;
use crate::observed::{CloudPlaceSeen, CloudSeen, Observation, Observer, ReadRequest};
use crate::report::Findings;
use crate::secret::{Pat, WebhookToken};
use crate::settings::keys;

/// Resolve, observe, judge, report.
pub(in crate::commands) async fn verify(args: VerifyArgs, context: &Context<'_>) -> Result<ExitCode, Failure> {
    if args.live {
        return Err(Failure::usage(
            "--live sends the tests of our webhooks, and on GitLab.com Factory registers its own",
        )
        .fix(Fix::run("prove it with a merge request", "factory-gitlab connect --cloud --prove PROJECT")));
    }
    let filter = CheckFilter::within(CheckSet::Cloud, &args.only, &args.skip)?;
    if args.list {
        return context.finish(&verify::list::List { filter });
    }
    let run = CloudRun::open(context, Access::Read).await?;
    run.require_named_instance()?;
    let desired = run.desired.shared(unused()?);
    local_state::offer_token_of(run.instance(), context, &run.interview).await?;
    let token = run.interview.secret::<Pat>(&keys::CLOUD_TOKEN).await?.value;
    let observer = Observer::new(&run.http, run.instance(), &token, run.factory.clone());
    let verify = Verify { run, desired, observer, args, filter };
    let repetition = Repetition {
        context,
        http: &verify.run.http,
        began: verify.run.began,
        wait: verify.args.wait_for,
        first_pause: retry_pause(None),
    };
    context.finish(&repetition.until_pass(async || verify.round().await).await)
}

/// In the place of the secret token of webhooks that there are none of.
pub(super) fn unused() -> Result<WebhookToken, Failure> {
    let text = uuid::Uuid::new_v4().simple().to_string();
    WebhookToken::new(&text).map_err(|error| Failure::problem(error.to_string()))
}

struct Verify<'a> {
    run: CloudRun<'a>,
    desired: Desired,
    observer: Observer,
    args: VerifyArgs,
    filter: CheckFilter,
}

impl Verify<'_> {
    async fn round(&self) -> Findings {
        let Self { run, desired, observer, args, filter } = self;
        let context = run.context;
        let reads = filter.reads();
        let progress = progress::ReadingProgress::new(context.terminal);
        let request = ReadRequest { reads: &reads, known: None, record: Some(&run.record), memory: None };
        let reading = async { tokio::join!(observer.observe(desired, request, &progress), self.selection()) };
        let (observed, (seen, places)) =
            context.terminal.with_spinner("reading the current state", Box::pin(reading)).await;
        let policy = Policy { expires_within: i64::from(args.expires_within), task: Task::VerifyCloud };
        let sides = CloudSides { seen: &seen, places: &places };
        let mut findings = run_cloud_checks(desired, &observed, sides, &policy);
        findings.retain(|finding| filter.wants(finding.code));
        Findings {
            running: context.terminal.running(),
            target: Some(run.instance().to_string()),
            kit: Some(run.desired.trust.fingerprint()),
            from: None,
            findings,
            fail_on: args.fail_on,
            requests: usize::try_from(run.http.stats().requests).unwrap_or(usize::MAX),
            duration: run.duration(),
        }
    }

    async fn selection(&self) -> (CloudSeen, Observation<Vec<CloudPlaceSeen>>) {
        let cloud = &self.run.desired.kit.cloud;
        // The status is among the other checks' reads.
        let seen = CloudSeen::read(&self.run.factory, None, cloud.selection_url.as_ref()).await;
        let candidates = cloud.candidates_url.as_ref().filter(|url| !self.run.factory.withholds_key_from(url));
        let places = seen.read_places(&self.run.factory, candidates, &self.observer.gitlab).await;
        (seen, places)
    }
}
