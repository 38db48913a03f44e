//! `sandbox`: this program against an embedded GitLab and Factory.

use std::ffi::OsString;
use std::net::SocketAddr;
use std::time::Duration;

use clap::{Args, ValueHint};

use super::Context;
use crate::cli::after_help::{Ending, after_help, own};
use crate::env::PageOpener;
use crate::env_vars;
use crate::error::{ExitCode, Failure, Fix};
use crate::sandbox::options::{CloudOffers, SandboxEdition, SandboxOptions, SandboxPlan, SandboxVersion};
use crate::sandbox::request_log::{LoggedRequest, Origin};
use crate::sandbox::{self, Sandbox};
use crate::settings::Source;
use crate::text::{Line, Text, Tone};

const LONG: &str = "\
Runs an embedded GitLab and an embedded Factory on loopback, to rehearse any command without touching a real system.

With a command, that command runs against the sandbox, and its exit code is returned. Without one, the sandbox prints \
the variables to export, serves until Ctrl-C and shows each request.

With --cloud it behaves as GitLab.com: the user is an ordinary one, and Factory has applications of its own there. In a \
rehearsal the sandbox is also the person in the browser, who signs in and authorizes Factory by itself; when it serves \
until Ctrl-C, open the printed pages in a browser, and sign in with any password.

A rehearsal connects to the sandbox only, and refuses flags, variables and answers that name a real system, such as \
--gitlab-url, GITLAB_TOKEN or --kit.";

const ENDINGS: &[Ending] = &[
    own(ExitCode::Done, "served until Ctrl-C; with a command, the command succeeded"),
    own(ExitCode::Usage, "usage error: bad arguments, a real system is named, an address that cannot be used"),
];

const EXAMPLES: &[&str] = &[
    "factory-gitlab sandbox connect --yes",
    "factory-gitlab sandbox --plan none --projects 20 connect --dry-run",
    "factory-gitlab sandbox --fault 'POST /api/v4/projects/*/hooks=status:403x1' connect --yes",
    "factory-gitlab sandbox --listen 127.0.0.1:8929 > variables.sh",
    "factory-gitlab sandbox --cloud --listen 127.0.0.1:8929 > variables.sh",
];

/// Rehearse any command against an embedded GitLab and Factory
#[derive(Args, Debug)]
#[command(long_about = LONG, after_long_help = after_help(ENDINGS, EXAMPLES))]
pub struct SandboxArgs {
    /// Address on which the embedded GitLab listens; port 0 takes a free one
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:0")]
    pub listen: SocketAddr,

    /// Projects that exist at the start
    #[arg(long, value_name = "N", default_value_t = 3)]
    pub projects: usize,

    /// Top-level groups that exist at the start
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub groups: usize,

    /// Version of the embedded GitLab
    #[arg(long, value_name = "V", default_value = "19.2.0")]
    pub gitlab_version: SandboxVersion,

    /// Edition of the embedded GitLab
    #[arg(long, value_name = "EDITION", default_value = "ee", value_parser = ["ce", "ee"])]
    pub edition: String,

    /// License of the embedded GitLab
    #[arg(long, value_name = "PLAN", default_value = "premium", value_parser = ["none", "premium", "ultimate"])]
    pub plan: String,

    /// Turn Admin Mode on
    #[arg(long)]
    pub admin_mode: bool,

    /// Wait this long before every answer, in milliseconds
    #[arg(long, value_name = "MS", default_value_t = 0)]
    pub latency: u64,

    /// Allow N requests a minute to each token
    #[arg(long, value_name = "N")]
    pub rate_limit: Option<u32>,

    /// Serve over TLS with a private CA
    #[arg(long)]
    pub tls: bool,

    /// Install GitLab under a path, as /gitlab
    #[arg(long, value_name = "PATH", default_value = "")]
    pub relative_root: String,

    // The settings have one that is called `cloud`.
    /// Behave as GitLab.com
    #[arg(long = "cloud", conflicts_with_all = ["gitlab_version", "edition", "plan", "admin_mode", "relative_root"])]
    pub of_gitlab_com: bool,

    /// What the kit for GitLab.com offers: session, client, device
    #[arg(long, value_name = "WAYS", requires = "of_gitlab_com", value_delimiter = ',')]
    #[arg(value_parser = ["session", "client", "device"], default_values = ["session", "client", "device"])]
    pub cloud_kit: Vec<String>,

    /// Inject a fault (may be repeated)
    #[arg(long, value_name = "SPEC", long_help = format!("Inject a fault (may be repeated)\n\n{}", sandbox::fault_help()))]
    pub fault: Vec<String>,

    /// The command to run against the sandbox, with its options
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "COMMAND")]
    #[arg(value_hint = ValueHint::CommandWithArguments)]
    pub command: Vec<OsString>,
}

pub(super) async fn sandbox(args: SandboxArgs, context: &Context<'_>) -> Result<ExitCode, Failure> {
    let command = args.command.clone();
    if !command.is_empty() {
        require_nothing_real(&context.settings.real_systems())?;
    }
    let sandbox = Sandbox::start(options(args)).map_err(|error| {
        Failure::usage("the sandbox cannot be started").with_chain(&error).fix(Fix::say("see sandbox --help"))
    })?;
    context.terminal.say_line(
        Line::new()
            .with(Tone::Strong, "sandbox: ")
            .plain(format!("an embedded GitLab at {}, ", sandbox.gitlab_url()))
            .plain(format!("an embedded Factory at {}; nothing real is touched", sandbox.factory_url())),
    );
    if command.is_empty() { serve(&sandbox, context).await } else { rehearse(&sandbox, command, context).await }
}

fn options(args: SandboxArgs) -> SandboxOptions {
    let SandboxArgs {
        listen,
        projects,
        groups,
        gitlab_version,
        edition,
        plan,
        admin_mode,
        latency,
        rate_limit,
        tls,
        relative_root,
        of_gitlab_com,
        cloud_kit,
        fault,
        command: _,
    } = args;
    let of_cloud = SandboxOptions::cloud(offers(&cloud_kit));
    let base = SandboxOptions {
        listen,
        projects,
        groups,
        version: gitlab_version,
        edition: if edition == "ce" { SandboxEdition::Ce } else { SandboxEdition::Ee },
        plan: match plan.as_str() {
            "none" => SandboxPlan::None,
            "ultimate" => SandboxPlan::Ultimate,
            _ => SandboxPlan::Premium,
        },
        admin_mode,
        latency: Duration::from_millis(latency),
        rate_limit,
        tls,
        relative_root,
        faults: fault,
        ..SandboxOptions::default()
    };
    match of_gitlab_com {
        true => {
            let SandboxOptions { cloud, version, edition, plan, .. } = of_cloud;
            SandboxOptions { cloud, version, edition, plan, ..base }
        }
        false => base,
    }
}

/// The device flow is one of the application's.
fn offers(ways: &[String]) -> CloudOffers {
    let has = |way: &str| ways.iter().any(|one| one == way);
    CloudOffers { session: has("session"), client: has("client") || has("device"), device: has("device") }
}

/// Keeps the rehearsal away from the real keyring and proxy, and from what is demanded of the real kit.
const ISOLATION: [(&str, &str); 4] = [
    (env_vars::DISABLE_KEYRING, "1"),
    ("FACTORY_KIT_FINGERPRINT", ""),
    ("FACTORY_KIT_SIGNER", ""),
    ("FACTORY_GITLAB_PROXY", "none"),
];

/// Refuses everything that names a real system: in a rehearsal it would be ignored, or touched.
///
/// # Errors
/// A usage error that lists all of them.
pub(super) fn require_nothing_real(named: &[Source]) -> Result<(), Failure> {
    if named.is_empty() {
        return Ok(());
    }
    let variables: Vec<&str> = named.iter().filter_map(|source| source.variable()).collect();
    let named: Vec<String> = named.iter().map(ToString::to_string).collect();
    let failure = Failure::usage("a rehearsal touches nothing real, and a real system is named")
        .because(format!("by {}", named.join(", ")))
        .fix(Fix::say("leave that out: the sandbox has a GitLab, a token, a kit and a Factory of its own"));
    Err(if variables.is_empty() {
        failure
    } else {
        failure.fix(Fix::say(format!("in this shell: unset {}", variables.join(" "))))
    })
}

/// Runs a command against the sandbox, with its own state directory that is deleted afterwards.
async fn rehearse(sandbox: &Sandbox, command: Vec<OsString>, context: &Context<'_>) -> Result<ExitCode, Failure> {
    let state = tempfile::tempdir()
        .map_err(|error| Failure::usage("cannot create a temporary directory").because(error.to_string()))?;
    let variables = sandbox.variables();
    let found = variables.iter().map(|(name, value)| (*name, value.as_str())).chain(ISOLATION);
    let mut overlay: Vec<(String, OsString)> =
        found.map(|(name, value)| (name.to_owned(), OsString::from(value))).collect();
    overlay.push((env_vars::STATE_DIR.to_owned(), state.path().as_os_str().to_owned()));
    let opener = PageOpener::new(sandbox.page_opener());
    let env = context.env.with_variables(overlay).confined_to(sandbox.addresses()).opening_pages_with(opener);
    let args: Vec<OsString> = before_sandbox(context.args).iter().cloned().chain(command).collect();
    Ok(super::run(&args, &env, context.interrupt).await)
}

/// The program's name and the global options in front of `sandbox`, which are for the command as well.
fn before_sandbox(args: &[OsString]) -> &[OsString] {
    let end = args.iter().position(|arg| arg == "sandbox").unwrap_or(args.len().min(1));
    &args[..end]
}

/// Prints the variables to export, serves until Ctrl-C and shows each request.
async fn serve(sandbox: &Sandbox, context: &Context<'_>) -> Result<ExitCode, Failure> {
    let mut exports = String::new();
    for (name, value) in sandbox.variables() {
        exports.push_str(&format!("export {name}='{}'\n", value.replace('\'', r"'\''")));
    }
    for (name, value) in ISOLATION {
        exports.push_str(&format!("export {name}='{value}'\n"));
    }
    // These secrets are the sandbox's own, made for this run, and the caller asked for them.
    context.terminal.print_raw(exports.as_bytes())?;
    let terminal = context.terminal.clone();
    sandbox.on_request(move |request| terminal.say(&shown(request)));
    context.terminal.say_line(Line::new().dim("serving until Ctrl-C"));
    context.interrupt.wait().await;
    Ok(ExitCode::Done)
}

fn shown(request: &LoggedRequest) -> Text {
    let (tone, status) = match request.status {
        Some(status @ 200..=399) => (Tone::Good, status.to_string()),
        Some(status) => (Tone::Bad, status.to_string()),
        None => (Tone::Bad, "cut".to_owned()),
    };
    let who = match request.origin {
        Origin::Client => format!("{:>4} {:8}", request.number, request.side.to_string()),
        Origin::GitLab => "     webhook ".to_owned(),
        Origin::Browser => "     browser ".to_owned(),
    };
    let mut line = Line::new().dim(who).with(tone, format!("{status:4}"));
    line = line.plain(format!("{} {}", request.method, request.target));
    if let Some(fault) = &request.fault {
        line = line.with(Tone::Warn, format!("  fault {fault}"));
    }
    let mut page = Text::new();
    page.line(line);
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_before_sandbox_are_passed_to_the_command() {
        let args = ["factory-gitlab", "-o", "json", "sandbox", "--tls", "connect"].map(OsString::from);
        assert_eq!(before_sandbox(&args), ["factory-gitlab", "-o", "json"].map(OsString::from));
    }
}
