//! `network plan`: worksheets, Terraform, VPN and firewall files for both sides. It contacts no server.

mod ask;
mod folder;
mod report;

use std::path::PathBuf;

use clap::{Args, ValueHint};

pub(in crate::commands) use self::ask::for_bundle;
use self::report::Planned;
use crate::cli::after_help::{after_help, common, own};
use crate::commands::{Context, kit, local_state, resolve};
use crate::env_vars;
use crate::error::ExitCode::{Done, Problem, Unknown, Usage};
use crate::error::{ExitCode, Failure, Fix};
use crate::inputs::{Interview, PRESHARED_KEY};
use crate::instance::InstanceUrl;
use crate::kit::Kit;
use crate::plan::network::{self, KitSide};
use crate::settings::{Source, keys};

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

pub(super) async fn plan(args: NetworkPlanArgs, context: &Context<'_>) -> Result<ExitCode, Failure> {
    refuse_preshared_key(context)?;
    let out = folder::Folder::open(&args.out, context.env)?;
    let settings = context.settings_with_record(&local_state::store(context)?)?;
    let interview = Interview::new(settings, context.prompter.as_ref(), context.terminal);
    ask::require_first(&interview)?;
    let kit = kit::read_here(context, &interview).await?;
    warn_of_expired(&kit, context);
    let gitlab = gitlab(&interview).await?;
    let designed = ask::design(&interview, &gitlab, KitSide::from(&kit)).await?;
    let files = network::files(&designed.design);
    let written = out.write(&files)?;
    context.finish(&Planned {
        warnings: network::warnings(&designed.design),
        filter: network::filter_warning(&designed.design),
        design: designed.design,
        collected: designed.collected,
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
