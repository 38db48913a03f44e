//! `network check`: looks at the way between GitLab, Factory and here, layer by layer, and changes nothing.

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
use crate::error::{ExitCode, Failure, Fix};
use crate::gitlab::Reader;
use crate::http::probe::ResolverAddress;
use crate::http::{Client, ClientOptions};
use crate::inputs::Interview;
use crate::instance::InstanceUrl;
use crate::kit::{DeliveryMode, Kit};
use crate::observed::ways::{WayObserver, WayTime, WaysSeen};
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

Each step has 5 seconds (--timeout), and the whole run 30.";

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
        let targets = self.target.iter().map(|target| format!("--target {}://{target}", target.protocol));
        let families = [(self.ipv4, "--ipv4"), (self.ipv6, "--ipv6")];
        let families = families.into_iter().filter(|(is_given, _)| *is_given).map(|(_, flag)| flag.to_owned());
        resolvers.chain(targets).chain(families).collect()
    }
}

/// The whole run.
const LONGEST: Duration = Duration::from_secs(30);
/// Each is asked for every name.
const MAX_RESOLVERS: usize = 8;
/// One step.
const STEP: Duration = Duration::from_secs(5);
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
    let settings = context.settings_with_record(&local_state::store(context)?)?;
    let interview = Interview::new(settings, context.prompter.as_ref(), context.terminal);
    let inputs = Box::pin(Inputs::gather(&args, context, &interview)).await?;
    let http = client(context, settings)?;
    let began = context.env.clock.system().instant();
    let time = WayTime { clock: context.env.clock.system(), deadline: began + LONGEST, step: step(settings)? };
    let check = Check { args, context, filter, settings, inputs, http, time, began };
    context.finish(&Box::pin(check.run()).await?)
}

fn step(settings: &Settings) -> Result<Duration, Failure> {
    Ok(settings.get_or(&keys::TIMEOUT, STEP)?.min(LONGEST))
}

/// A client of its own: its requests are short, and none waits for a rate limit.
fn client(context: &Context<'_>, settings: &Settings) -> Result<Client, Failure> {
    let step = step(settings)?;
    let options = ClientOptions { timeout: step, rate_limit_wait: step, ..settings.transport()? };
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
    time: WayTime,
    began: Instant,
}

impl Check<'_> {
    async fn run(&self) -> Result<Findings, Failure> {
        let ways = self.ways()?;
        let mut seen = self.look(&ways).await;
        let mut requests = self.http.stats().requests;
        if self.args.live && self.filter.wants("network.outbound") {
            let session = Box::pin(Session::open(self.context, Access::Read)).await?;
            let observed = session.observe(&Reads::from_iter([Read::Hooks])).await;
            let live = LiveTest { quota: &TestQuota::default(), deadline: None };
            seen.proofs = Box::pin(test_webhooks(&session, &observed, live)).await;
            requests += u32::try_from(session.requests()).unwrap_or(u32::MAX);
        }
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
            requests: usize::try_from(requests).unwrap_or(usize::MAX),
            duration: self.time.clock.instant().duration_since(self.began),
        })
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
        self.http.end_at(self.time.deadline.checked_sub(self.time.step).unwrap_or(self.time.deadline));
        let observer = WayObserver {
            http: &self.http,
            reader: reader.as_ref(),
            resolvers: &self.args.resolver,
            codes: &self.filter.codes(),
            time: self.time,
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
