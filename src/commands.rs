//! The commands: one verb per file. Each gathers what it needs, calls the layers below and returns a report.

mod approval;
mod audit;
mod bundle;
mod cloud;
mod completions;
mod connect;
pub mod diagnostics;
mod disconnect;
mod exercise;
mod explain;
pub mod kit;
mod local_state;
mod man;
mod monitor;
mod network;
mod output;
mod preconditions;
mod progress;
mod recheck;
mod recipe;
mod reports;
mod resolve;
mod rotate;
mod run;
#[cfg(feature = "sandbox")]
mod sandbox;
mod schema;
mod session;
mod status;
mod verify;

use std::cell::OnceCell;
use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;

use clap::Subcommand;

use self::session::Access;
use crate::cli::{self, GlobalArgs, Invocation, Misuse, Outputs, Parsed};
use crate::env::Env;
#[cfg(feature = "sandbox")]
use crate::env::Reach;
use crate::env_vars;
use crate::error::{ExitCode, Failure};
use crate::http;
use crate::inputs::Interview;
use crate::journal::Store;
use crate::report::Report;
use crate::secret::register_for_redaction;
use crate::settings::{self, Answers, Settings, Source, keys, misplaced};
use crate::terminal::interrupt::Interrupt;
use crate::terminal::prompt::{Interactive, NonInteractive, Prompter};
use crate::terminal::{ColorChoice, Terminal, Verbosity, log};
use crate::text::without_placeholder;

/// Declares the commands from a table: the variant with its arguments, and the function that runs it.
macro_rules! commands {
    ($($(#[$attribute:meta])* $name:ident($args:ty) => $run:path;)+) => {
        /// The commands.
        #[derive(Debug, Subcommand)]
        pub enum Command {
            $($(#[$attribute])* $name(Box<$args>),)+
        }

        /// A command that leaves nothing to finish is dropped at once where it is interrupted; `connect` and `sandbox` handle
        /// interrupts themselves.
        async fn dispatch(command: Command, context: &Context<'_>) -> Result<ExitCode, Failure> {
            match command {
                $($(#[$attribute])* Command::$name(args) => Box::pin($run(*args, context)).await,)+
            }
        }
    };
}

// In the order in which the help lists them.
commands! {
    Connect(connect::ConnectArgs) => connect::connect;
    Verify(verify::VerifyArgs) => verify::verify;
    Network(network::NetworkArgs) => network::network;
    Exercise(exercise::ExerciseArgs) => exercise::exercise;
    Monitor(monitor::MonitorArgs) => monitor::monitor;
    Rotate(rotate::RotateArgs) => rotate::rotate;
    Disconnect(disconnect::DisconnectArgs) => disconnect::disconnect;
    Audit(audit::AuditArgs) => audit::audit;
    Bundle(bundle::BundleArgs) => bundle::bundle;
    Kit(kit::KitCommandArgs) => kit::kit;
    Status(status::StatusArgs) => status::status;
    #[cfg(feature = "sandbox")]
    Sandbox(sandbox::SandboxArgs) => sandbox::sandbox;
    Explain(explain::ExplainArgs) => explain::explain;
    Schema(schema::SchemaArgs) => schema::schema;
    Recipe(recipe::RecipeArgs) => recipe::recipe;
    Completions(completions::CompletionsArgs) => completions::completions;
    Man(man::ManArgs) => man::man;
}

/// The whole command line as clap knows it.
#[must_use]
pub(crate) fn command() -> clap::Command {
    cli::command::<Command>()
}

/// Reads the arguments, the program's name first.
///
/// # Errors
/// A secret that was given as a value is refused before anything could repeat it.
pub fn parse(args: &[OsString]) -> Result<Parsed<Command>, Failure> {
    cli::parse(args)
}

/// What every command works with.
pub struct Context<'a> {
    pub env: &'a Env,
    pub terminal: &'a Terminal,
    pub interrupt: &'a Interrupt,
    pub settings: Settings,
    pub prompter: Box<dyn Prompter>,
    pub outputs: Outputs,
    /// The arguments as they came, for a command that runs another.
    #[cfg_attr(not(feature = "sandbox"), allow(dead_code, reason = "only `sandbox` runs another command"))]
    pub args: &'a [OsString],
    /// Built when it is first needed, and one for the whole run, so that its connections, limit and counts are shared.
    client: OnceCell<http::Client>,
    /// Read when it is first needed.
    settings_with_record: OnceCell<Settings>,
}

impl Context<'_> {
    /// The settings, with the recorded choices of this machine's only connection below them.
    ///
    /// # Errors
    /// When the records cannot be listed.
    pub(crate) fn settings_with_record(&self, store: &Store) -> Result<&Settings, Failure> {
        if let Some(settings) = self.settings_with_record.get() {
            return Ok(settings);
        }
        let settings = local_state::settings(self, store)?;
        Ok(self.settings_with_record.get_or_init(|| settings))
    }

    /// An interview over the settings, with the person where there is one.
    #[must_use]
    pub fn interview(&self) -> Interview<'_> {
        Interview::new(&self.settings, self.prompter.as_ref(), self.terminal)
    }

    /// The HTTP client of this run. Where there is a session, it has made it; a command without one only reads, or sends one
    /// file.
    ///
    /// # Errors
    /// As `Context::client_for`.
    pub fn client(&self) -> Result<http::Client, Failure> {
        self.client_for(Access::Read)
    }

    /// The HTTP client, built as the settings say. The access of the first caller decides how long it waits for rate limits.
    ///
    /// # Errors
    /// A usage error: an unreadable CA file, a bad proxy address, a bad number.
    fn client_for(&self, access: Access) -> Result<http::Client, Failure> {
        if let Some(client) = self.client.get() {
            return Ok(client.clone());
        }
        let options = http::ClientOptions { rate_limit_wait: access.rate_limit_wait(), ..self.settings.transport()? };
        let client = http::Client::new(&options, self.env.clock);
        let client = client.map_err(|error| Failure::usage(error.cause.to_string()))?;
        self.report_waits(&client);
        Ok(self.client.get_or_init(|| client).clone())
    }

    /// Lets a client say what it waits for.
    fn report_waits(&self, client: &http::Client) {
        let terminal = self.terminal.clone();
        client.on_wait(Arc::new(move |wait| terminal.say_line(waiting(wait))));
    }

    /// Renders a report in the requested form, and returns its exit code.
    ///
    /// # Errors
    /// When it cannot be written, or has no such form.
    pub fn finish(&self, report: &dyn Report) -> Result<ExitCode, Failure> {
        output::finish(self, report)
    }
}

/// Runs a command line, the program's name first, to its exit code. All output has been written when it returns.
pub async fn run(args: &[OsString], env: &Env, interrupt: &Interrupt) -> ExitCode {
    let plain = Terminal::new(env, ColorChoice::Auto, Verbosity::Normal);
    register_secrets(args, env);
    let report_failure = |terminal: &Terminal, failure: &Failure, outputs: &Outputs| {
        output::failure(terminal, failure, outputs, &reports::run_info(env, args, outputs));
    };
    let invocation = match parse(args) {
        Ok(Parsed::Run(invocation)) => *invocation,
        Ok(Parsed::Show(text)) => return ended(&plain, plain.print_text(&text).map(|()| ExitCode::Done)),
        Ok(Parsed::Misuse(Misuse { text, failure })) => {
            report_failure(&plain, &failure, &reports::of_checks(args));
            plain.print_error_text(&text);
            return ExitCode::Usage;
        }
        Err(failure) => {
            report_failure(&plain, &failure, &reports::of_checks(args));
            return ended(&plain, Err(failure));
        }
    };
    let global = &invocation.cli.global;
    let terminal = Terminal::new(env, global.color, verbosity(global)).for_command(&running(&invocation));
    let wanted = reports::wanted(&invocation, args);
    let result = invoke(invocation, Surroundings { args, env, terminal: &terminal, interrupt }).await;
    terminal.restore();
    if let Err(failure) = &result {
        report_failure(&terminal, failure, &wanted);
    }
    ended(&terminal, result)
}

/// The command that is running, with those of its flags that a command which runs it again has to repeat.
fn running(invocation: &Invocation<Command>) -> String {
    let kept = match &invocation.cli.command {
        Command::Disconnect(args) => args.kept_flags(),
        Command::Network(args) => args.kept_flags(&invocation.given, invocation.cli.global.config.as_deref()),
        _ => Vec::new(),
    };
    let is_cloud = invocation.given.has(&keys::CLOUD);
    let of_cloud = if is_cloud { invocation.given.flags(keys::CLOUD_CHOICES.iter().copied()) } else { Vec::new() };
    let kept: Vec<String> = of_cloud.into_iter().chain(kept).collect();
    let running = kept.iter().fold(invocation.running.clone(), |running, flag| without_placeholder(&running, flag));
    kept.iter().fold(running, |running, flag| format!("{running} {flag}"))
}

/// A secret that was given in the place of something else is not repeated when that is refused.
fn register_secrets(args: &[OsString], env: &Env) {
    args.iter().skip(1).filter_map(|arg| arg.to_str()).for_each(register_for_redaction);
    settings::all().filter_map(|setting| env.var(setting.variable?)).for_each(register_for_redaction);
}

fn ended(terminal: &Terminal, result: Result<ExitCode, Failure>) -> ExitCode {
    result.unwrap_or_else(|failure| {
        terminal.fail(&failure);
        failure.exit_code()
    })
}

struct Surroundings<'a> {
    args: &'a [OsString],
    env: &'a Env,
    terminal: &'a Terminal,
    interrupt: &'a Interrupt,
}

/// Whether the command is `sandbox` with a command to run in it.
#[cfg(feature = "sandbox")]
fn runs_another(command: &Command) -> bool {
    matches!(command, Command::Sandbox(args) if !args.command.is_empty())
}

/// A command in the sandbox names nothing real itself; its variables are the sandbox's own.
#[cfg(feature = "sandbox")]
fn require_rehearsable(env: &Env, settings: &Settings) -> Result<(), Failure> {
    match env.reach {
        Reach::Anywhere => Ok(()),
        Reach::Only(_) => {
            let named = settings.real_systems().into_iter().filter(|source| source.variable().is_none());
            sandbox::require_nothing_real(&named.collect::<Vec<_>>())
        }
    }
}

#[cfg(not(feature = "sandbox"))]
fn require_rehearsable(_: &Env, _: &Settings) -> Result<(), Failure> {
    Ok(())
}

#[cfg(not(feature = "sandbox"))]
const fn runs_another(_: &Command) -> bool {
    false
}

/// The paths that are not settings: the answers file and the folder for records. A value in quotes would make a new folder.
fn require_paths(global: &GlobalArgs, env: &Env) -> Result<(), Failure> {
    let config = global.config.as_ref().map(|path| (Source::Flag("--config"), path.to_string_lossy()));
    let of_variable = |name| Some((Source::Environment(name), env.var(name)?.into()));
    let given = [config, of_variable(env_vars::CONFIG), of_variable(env_vars::STATE_DIR)];
    for (origin, text) in given.into_iter().flatten() {
        if let Some(why) = misplaced(&keys::LOG_FILE, &text) {
            return Err(settings::Error::Invalid { origin, why: why.to_owned() }.into());
        }
    }
    Ok(())
}

async fn invoke(invocation: Invocation<Command>, around: Surroundings<'_>) -> Result<ExitCode, Failure> {
    let Invocation { cli, given, running: _ } = invocation;
    let Surroundings { args, env, terminal, interrupt } = around;
    let from_env = || env.var(env_vars::CONFIG).map(PathBuf::from);
    require_paths(&cli.global, env)?;
    let answers = cli.global.config.clone().or_else(from_env).map(|path| Answers::read(&path)).transpose()?;
    let settings = Settings::new(given, env, answers);
    require_rehearsable(env, &settings)?;
    let log_file = settings.get(&keys::LOG_FILE)?.map(|found| found.value);
    // Only the first log of a process takes effect: where the sandbox runs another command and was asked for none itself,
    // it is the other command's.
    if !runs_another(&cli.command) || log_file.is_some() || terminal.verbosity() > Verbosity::Normal {
        log::start(terminal, log_file.as_deref().map(output::open_log).transpose()?);
    }
    let outputs = reports::require_reports(&cli, args)?;
    let context = Context {
        env,
        terminal,
        interrupt,
        settings,
        prompter: prompter(&cli.global, env, terminal, interrupt),
        outputs,
        args,
        client: OnceCell::new(),
        settings_with_record: OnceCell::new(),
    };
    dispatch(cli.command, &context).await
}

/// The notice of a wait; of a long one, also that the run may be stopped and continued.
fn waiting(wait: &http::Wait) -> String {
    let seconds = wait.time.as_millis().div_ceil(1000);
    let host = &wait.host;
    match seconds {
        0..=120 => format!("waiting {seconds} s for the rate limit of {host}"),
        _ => {
            let minutes = seconds.div_ceil(60);
            format!("waiting {minutes} min for the rate limit of {host}; Ctrl-C stops now, and the next run continues")
        }
    }
}

fn verbosity(global: &GlobalArgs) -> Verbosity {
    match (global.quiet, global.verbose) {
        (true, _) => Verbosity::Quiet,
        (false, 0) => Verbosity::Normal,
        (false, 1) => Verbosity::Verbose,
        (false, _) => Verbosity::Trace,
    }
}

/// A person, where input and errors are a terminal and questions are allowed.
fn prompter(global: &GlobalArgs, env: &Env, terminal: &Terminal, interrupt: &Interrupt) -> Box<dyn Prompter> {
    let is_interactive = env.streams.input && env.streams.error && !env.is_on(env_vars::CI) && !global.no_input;
    if is_interactive { Box::new(Interactive::new(terminal, interrupt)) } else { Box::new(NonInteractive) }
}

#[cfg(test)]
mod tests;
