//! `network check`: looks at the way between GitLab, Factory and here, layer by layer, and changes nothing.

use std::cell::Cell;
use std::time::{Duration, Instant};

use clap::Args;

use crate::apply::webhook_test::TestQuota;
use crate::checks::network::network_findings;
use crate::checks::{CheckFilter, CheckSet};
use crate::cli::after_help::{Ending, after_help, own};
use crate::commands::session::{Access, Session};
use crate::commands::verify::list::List;
use crate::commands::verify::{LiveTest, test_webhooks};
use crate::commands::{Context, kit, local_state, resolve};
use crate::desired::{AddressFamily, WayTarget, WayTerms, Ways};
use crate::env::{Clock, allow_open_files};
use crate::error::{ExitCode, Failure, FailureKind, Fix};
use crate::gitlab::Reader;
use crate::http::probe::ResolverAddress;
use crate::http::{Client, ClientOptions};
use crate::inputs::Interview;
use crate::instance::InstanceUrl;
use crate::kit::{DeliveryMode, Kit};
use crate::observed::ways::{LiveSeen, WayObserver, WayTime, WaysSeen};
use crate::observed::{Read, Reads};
use crate::report::{FailOn, Findings, LookedFrom};
use crate::secret::PersonalAccessToken;
use crate::settings::{Definition, Settings, keys};
use crate::target::Strategy;

const LONG: &str = "\
Looks at the network between this machine, GitLab and Factory, layer by layer: names, ports, certificates, packet sizes, \
answers, SSH, clocks; and whether GitLab would send webhooks to Factory's address. Nothing is changed.

All of it is seen from this machine: run it where GitLab runs, or on a machine of the same network. The kit, GitLab's URL and \
targets are each optional, and so is the token, which is never asked for: with one, GitLab's settings and the address of its SSH \
are read. Only GitLab, the kit's hosts, the targets, the proxy and the given resolvers are connected to. Where SSH is, GitLab says in the \
address of a project, and it may be another host; a link-local address is not connected to.

Each step has 5 seconds (--timeout), and the whole run 30, whatever is given: what has no answer by then is unknown.";

const ENDINGS: &[Ending] = &[
    own(ExitCode::Done, "every check holds"),
    own(ExitCode::Problem, "a check failed"),
    own(ExitCode::Usage, "usage error: bad arguments, nothing to look at, unknown check"),
    own(ExitCode::Unknown, "nothing failed, but something could not be found out; running again is safe"),
    own(ExitCode::Interrupted, "interrupted"),
];

const EXAMPLES: &[&str] = &[
    "factory-gitlab network check",
    "factory-gitlab network check --resolver 10.20.0.10 -o junit --output-file network.xml",
    "factory-gitlab network check --target ssh://git.factory.ai:22 --only 'network.ssh*'",
];

/// Look at the way between GitLab, Factory and here, layer by layer
#[derive(Args, Debug)]
#[command(long_about = LONG, after_long_help = after_help(ENDINGS, EXAMPLES))]
pub struct NetworkCheckArgs {
    /// Ask this DNS server, too (may be repeated, up to 8 times)
    #[arg(long, value_name = "IP[:PORT]")]
    pub resolver: Vec<ResolverAddress>,

    /// Look at this address, too: [https://|ssh://|tcp://]HOST:PORT (may be repeated)
    #[arg(long, value_name = "TARGET")]
    pub target: Vec<WayTarget>,

    /// Connect to IPv4 addresses only
    #[arg(long, conflicts_with = "ipv6")]
    pub ipv4: bool,

    /// Connect to IPv6 addresses only
    #[arg(long)]
    pub ipv6: bool,

    /// Have GitLab send its own webhook tests and follow the deliveries
    #[arg(long)]
    pub live: bool,

    /// Run only this check (a code, or a pattern such as 'network.ssh*'; may be repeated)
    #[arg(long, value_name = "CODE")]
    pub only: Vec<String>,

    /// Skip this check (a code or a pattern; may be repeated)
    #[arg(long, value_name = "CODE")]
    pub skip: Vec<String>,

    /// List the checks and run none
    #[arg(long)]
    pub list: bool,
}

impl NetworkCheckArgs {
    /// What decides what is looked at.
    pub(super) fn kept_flags(&self) -> Vec<String> {
        let resolvers = self.resolver.iter().map(|resolver| format!("--resolver {resolver}"));
        let targets = self.target.iter().map(|target| format!("--target {}", target.as_given()));
        let families = [(self.ipv4, "--ipv4"), (self.ipv6, "--ipv6")];
        let families = families.into_iter().filter(|(is_given, _)| *is_given).map(|(_, flag)| flag.to_owned());
        resolvers.chain(targets).chain(families).collect()
    }
}

/// The whole run.
const LONGEST: Duration = Duration::from_secs(30);
/// Each is asked for every name.
const MAX_RESOLVERS: usize = 8;
/// What is left of it for judging and printing what was seen of a thousand addresses.
const FOR_THE_REPORT: Duration = Duration::from_secs(3);
/// One step.
const STEP: Duration = Duration::from_secs(5);
/// Requests in flight: each host gets one.
const CONCURRENCY: usize = 64;
/// A certificate that expires in fewer days is a warning, as in `verify`.
const EXPIRES_WITHIN: i64 = 14;

pub(super) async fn check(args: NetworkCheckArgs, context: &Context<'_>) -> Result<ExitCode, Failure> {
    context.interrupt.or(judge(args, context)).await?
}

async fn judge(args: NetworkCheckArgs, context: &Context<'_>) -> Result<ExitCode, Failure> {
    let filter = CheckFilter::within(CheckSet::Network, &args.only, &args.skip)?;
    if args.list {
        return context.finish(&List { filter });
    }
    if args.resolver.len() > MAX_RESOLVERS {
        let why =
            format!("at most {MAX_RESOLVERS} resolvers are asked in one run, and {} are given", args.resolver.len());
        return Err(Failure::usage(why).fix(Fix::say("give fewer --resolver, and look again with the others")));
    }
    let time = RunTime::start(context.env.clock);
    let settings = context.settings_with_record(&local_state::store(context)?)?;
    let interview = Interview::new(settings, context.prompter.as_ref(), context.terminal);
    let gathering = Box::pin(Inputs::gather(&args, context, &interview));
    let inputs = time.limit(gathering).await.ok_or_else(kit_too_late)??;
    let step = step(settings)?;
    let http = client(context, settings, step)?;
    let check = Check { args, context, filter, settings, inputs, http, time, step };
    context.finish(&Box::pin(check.run()).await?)
}

/// The time of the whole run.
#[derive(Clone, Copy)]
struct RunTime {
    clock: Clock,
    began: Instant,
}

impl RunTime {
    fn start(clock: Clock) -> Self {
        let clock = clock.system();
        Self { clock, began: clock.instant() }
    }

    /// From here on nothing is waited for.
    fn deadline(&self) -> Instant {
        self.began + LONGEST.saturating_sub(FOR_THE_REPORT)
    }

    fn left(&self) -> Duration {
        self.deadline().saturating_duration_since(self.clock.instant())
    }

    /// `None` where it is not done in time.
    async fn limit<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        self.clock.until(self.deadline(), work).await
    }
}

fn kit_too_late() -> Failure {
    Failure::new(FailureKind::Unknown, format!("the kit was not read within the {} s of a run", LONGEST.as_secs()))
        .fix(Fix::say("save the kit as a file (--kit PATH), and look again"))
}

fn step(settings: &Settings) -> Result<Duration, Failure> {
    Ok(settings.get_or(&keys::TIMEOUT, STEP)?.min(LONGEST.saturating_sub(FOR_THE_REPORT)))
}

/// A client of its own: its requests are short and go to many hosts, and none waits for a rate limit.
fn client(context: &Context<'_>, settings: &Settings, step: Duration) -> Result<Client, Failure> {
    let concurrency = settings.get_or(&keys::CONCURRENCY, CONCURRENCY)?;
    let options = ClientOptions { timeout: step, rate_limit_wait: step, concurrency, ..settings.transport()? };
    Client::new(&options, context.env.clock).map_err(|error| Failure::usage(error.cause.to_string()))
}

/// What is looked at.
struct Inputs {
    gitlab: Option<InstanceUrl>,
    kit: Option<Kit>,
    token: Option<PersonalAccessToken>,
}

impl Inputs {
    /// Nothing is asked for.
    async fn gather(
        args: &NetworkCheckArgs,
        context: &Context<'_>,
        interview: &Interview<'_>,
    ) -> Result<Self, Failure> {
        let settings = interview.settings();
        let pieces: [&Definition; 3] = [&keys::REDIRECT_URI, &keys::WEBHOOK_URL, &keys::RECIPIENT];
        let has_kit = settings.is_set(&keys::KIT) || pieces.into_iter().all(|piece| settings.is_set(piece));
        let given = settings.get(&keys::GITLAB_URL)?;
        if given.is_none() && !has_kit && args.target.is_empty() {
            return Err(Failure::usage("there is nothing to look at: no kit, no URL of GitLab and no target is given")
                .fix(Fix::say(
                    "give the kit (--kit PATH), GitLab's URL (--gitlab-url URL), or an address (--target HOST:PORT)",
                )));
        }
        local_state::offer_token(context, interview).await?;
        let token = interview.find_secret(&keys::TOKEN)?.map(|found| found.value);
        if args.live && (given.is_none() || !has_kit || token.is_none()) {
            return Err(Failure::usage(
                "--live has GitLab test its webhooks, and needs the kit, GitLab's URL and a token",
            )
            .fix(Fix::say("give --kit, --gitlab-url and --token-file, or leave out --live")));
        }
        let kit = match has_kit {
            true => Some(kit::gather(context, interview, DeliveryMode::File).await?.kit),
            false => None,
        };
        let gitlab = given.map(|given| resolve::self_managed(&given)).transpose()?;
        Ok(Self { gitlab, kit, token })
    }
}

struct Check<'a> {
    args: NetworkCheckArgs,
    context: &'a Context<'a>,
    filter: CheckFilter,
    settings: &'a Settings,
    inputs: Inputs,
    http: Client,
    time: RunTime,
    /// For one step.
    step: Duration,
}

impl Check<'_> {
    async fn run(&self) -> Result<Findings, Failure> {
        let ways = self.ways()?;
        let (mut seen, tested) = tokio::join!(self.look(&ways), Box::pin(self.test_live()));
        let (live, requests) = tested?;
        seen.live = live;
        let requests = requests.saturating_add(usize::try_from(self.http.stats().requests).unwrap_or(usize::MAX));
        let mut findings = network_findings(&ways, &seen, EXPIRES_WITHIN);
        findings.retain(|finding| self.filter.wants(finding.code));
        // A plan takes a kit from a file only.
        let mut flags = self.settings.connection_flags();
        flags.retain(|flag| !flag.starts_with("--kit http"));
        for finding in &mut findings {
            finding.fix = finding.fix.take().map(|fix| fix.with_flags_of("network plan", &flags));
        }
        Ok(Findings {
            running: self.context.terminal.running(),
            target: self.inputs.gitlab.as_ref().map(ToString::to_string),
            kit: self.inputs.kit.as_ref().map(|kit| kit.trusted().fingerprint()),
            from: Some(self.from(&seen)),
            findings,
            fail_on: FailOn::Error,
            requests,
            duration: self.time.clock.instant().duration_since(self.time.began),
        })
    }

    /// What came of GitLab's own tests, and the requests that it took.
    async fn test_live(&self) -> Result<(LiveSeen, usize), Failure> {
        if !self.args.live || !self.filter.wants("network.outbound") {
            return Ok((LiveSeen::NotWanted, 0));
        }
        let requests = Cell::new(0_usize);
        let testing = Box::pin(async {
            let session = Session::open(self.context, Access::Read).await?;
            let observed = session.observe(&Reads::from_iter([Read::Hooks])).await;
            let deadline = self.context.env.clock.instant() + self.time.left();
            let live = LiveTest { quota: &TestQuota::default(), deadline: Some(deadline) };
            let proofs = test_webhooks(&session, &observed, live).await;
            requests.set(usize::try_from(session.requests()).unwrap_or(usize::MAX));
            Ok::<_, Failure>(proofs)
        });
        let tested = self.time.limit(testing).await.transpose()?;
        Ok((tested.map_or(LiveSeen::TimeOver, LiveSeen::Tests), requests.get()))
    }

    fn ways(&self) -> Result<Ways, Failure> {
        let family = match (self.args.ipv4, self.args.ipv6) {
            (true, _) => AddressFamily::V4,
            (false, true) => AddressFamily::V6,
            (false, false) => AddressFamily::Both,
        };
        Ok(Ways::new(WayTerms {
            gitlab: self.inputs.gitlab.as_ref(),
            kit: self.inputs.kit.as_ref(),
            strategy: self.settings.get_or(&keys::WEBHOOKS, Strategy::default())?,
            given: &self.args.target,
            family,
        }))
    }

    async fn look(&self, ways: &Ways) -> WaysSeen {
        let Inputs { gitlab, token, .. } = &self.inputs;
        let reader = gitlab
            .as_ref()
            .zip(token.as_ref())
            .map(|(gitlab, token)| Reader::new(self.http.clone(), gitlab.clone(), token.clone()));
        let (deadline, step) = (self.time.deadline(), self.step);
        self.http.end_at(deadline.checked_sub(step).unwrap_or(deadline));
        let observer = WayObserver {
            http: &self.http,
            reader: reader.as_ref(),
            resolvers: &self.args.resolver,
            codes: &self.filter.codes(),
            time: WayTime { clock: self.time.clock, deadline, step, longest: LONGEST },
            open_files: allow_open_files(),
        };
        let looking = Box::pin(observer.observe(ways));
        self.context.terminal.with_spinner("looking at the network", looking).await
    }

    /// This machine, as it asks.
    fn from(&self, seen: &WaysSeen) -> LookedFrom {
        let because = match self.settings.source(&keys::PROXY) {
            Some(source) => format!("{source}"),
            None => "by HTTPS_PROXY and NO_PROXY".to_owned(),
        };
        let proxies: Vec<String> = seen.proxies().into_iter().map(str::to_owned).collect();
        LookedFrom {
            addresses: seen.own_addresses().iter().map(ToString::to_string).collect(),
            because: if proxies.is_empty() && self.settings.source(&keys::PROXY).is_none() {
                "none is set for these hosts".to_owned()
            } else {
                because
            },
            proxies,
        }
    }
}
