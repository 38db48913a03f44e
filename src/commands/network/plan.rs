//! `network plan`: worksheets, Terraform, VPN and firewall files for both sides. It contacts no server.

mod ask;
mod choices;
mod folder;
mod report;

use std::path::{Path, PathBuf};

use clap::{Args, ValueHint};

pub(in crate::commands) use self::ask::for_bundle;
use self::folder::Written;
use self::report::Planned;
use crate::cli::after_help::{after_help, common, own};
use crate::commands::{Context, kit, local_state, resolve};
use crate::env_vars;
use crate::error::ExitCode::{Done, Problem, Unknown, Usage};
use crate::error::{ExitCode, Failure, Fix};
use crate::inputs::{Interview, PRESHARED_KEY};
use crate::instance::InstanceUrl;
use crate::kit::Kit;
use crate::plan::network::{self, KitSide, PrintedCommands};
use crate::settings::{CliValues, Settings, Source, keys};
use crate::text::shell_word;

/// Write what both sides need for a private way: worksheet, Terraform, VPN, firewall
#[derive(Args, Debug)]
#[command(after_long_help = after_help(
    &[
        common(Done),
        own(Problem, "a file in the folder was changed by hand; nothing was written"),
        common(Usage),
        own(Unknown, "another run writes to the folder; nothing was written"),
    ],
    &[
        "factory-gitlab network plan --kit kit.json --config acme.toml --out network",
        "factory-gitlab network plan --kit kit.json --method public --gitlab-address 198.51.100.7 --out network",
    ],
))]
pub struct NetworkPlanArgs {
    /// Folder for the files; created if it does not exist
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    out: PathBuf,
}

impl NetworkPlanArgs {
    /// Everything that was given on the command line.
    pub(super) fn kept_flags(&self, given: &CliValues, config: Option<&Path>) -> Vec<String> {
        let config = config.map(|path| format!("--config {}", shell_word(&path.to_string_lossy())));
        let settings = keys::of_connection().chain(keys::network().iter().copied());
        config.into_iter().chain(given.flags(settings)).chain([self.out_flag()]).collect()
    }

    fn out_flag(&self) -> String {
        format!("--out {}", shell_word(&self.out.to_string_lossy()))
    }

    /// What the files tell to run of this program.
    fn printed(&self, settings: &Settings) -> PrintedCommands {
        let connection = settings.connection_flags();
        let network = keys::network().iter().flat_map(|setting| settings.flags_to_repeat(setting));
        let options: Vec<String> = connection.iter().cloned().chain(network).chain([self.out_flag()]).collect();
        PrintedCommands { plan: format!("factory-gitlab network plan {}", options.join(" ")), connection }
    }
}

pub(super) async fn plan(args: NetworkPlanArgs, context: &Context<'_>) -> Result<ExitCode, Failure> {
    refuse_preshared_key(context)?;
    let out = folder::Folder::open(&args.out, context.env)?;
    let settings = context.settings_with_record(&local_state::store(context)?)?;
    let interview = Interview::new(settings, context.prompter.as_ref(), context.terminal);
    ask::require_first(&interview)?;
    let (kit, planned) = loop {
        let kit = kit::read_here(context, &interview).await?;
        let asking =
            ask::PlanInterview { interview: &interview, gitlab: gitlab(&interview).await?, kit: KitSide::from(&kit) };
        if let Some(planned) = Box::pin(choices::settle(&asking, |settings| args.printed(settings))).await? {
            break (kit, planned);
        }
    };
    warn_of_expired(&kit, context);
    let files = network::files(&planned.design);
    let Written { files: written, mut warnings } = out.write(&files)?;
    warnings.extend(planned.unused);
    warnings.extend(network::warnings(&planned.design));
    context.finish(&Planned {
        warnings,
        filter: network::filter_warning(&planned.design),
        design: planned.design,
        collected: planned.collected,
        out: args.out,
        written,
    })
}

/// No setting takes a pre-shared key; a variable that was set for one is a misunderstanding that is cleared up at once.
fn refuse_preshared_key(context: &Context<'_>) -> Result<(), Failure> {
    if context.env.var(env_vars::PRESHARED_KEY).is_none() {
        return Ok(());
    }
    let origin = Source::Environment(env_vars::PRESHARED_KEY);
    Err(Failure::usage(format!("{origin} is set, and factory-gitlab never takes a VPN's pre-shared key"))
        .fix(Fix::say(PRESHARED_KEY)))
}

/// A connection outlives its kit, and so does its network.
fn warn_of_expired(kit: &Kit, context: &Context<'_>) {
    if let Some(end) = kit.expires_at.filter(|end| *end <= context.env.clock.now()) {
        let end = end.strftime("%Y-%m-%d");
        context.terminal.warn(&format!("the kit expired on {end}; ask Factory whether its network is still the same"));
    }
}

/// The address; it is not asked whether GitLab answers there.
async fn gitlab(interview: &Interview<'_>) -> Result<InstanceUrl, Failure> {
    let checked = interview.ask_until(&keys::GITLAB_URL, async |given| resolve::self_managed(given)).await?;
    Ok(checked.value)
}
