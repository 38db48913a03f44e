//! `monitor`: repeats the checks with few requests, and tells each change once.

mod coverage;
mod fix;
mod look;
mod output;
mod state;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::{Args, ValueHint};

use self::look::Watch;
use super::Context;
use super::output::require_writable;
use super::rotate::with_days;
use super::session::{Access, Session};
use crate::cli::after_help::{Ending, after_help, common, own};
use crate::error::{ExitCode, Failure};
use crate::inputs::Missing;
use crate::settings::{at_most_a_year, keys};
use crate::terminal::interrupt::Interrupted;

const LONG: &str = "\
Repeats the checks of verify, and prints what changes, one line each: checks, deliveries, tokens that end, groups and projects \
that are new, moved, archived or deleted. A change counts after two looks alike, and is told once. GitLab not answering (502, \
503, maintenance, no network) is \"away\", not a failed check.

A look with nothing new needs few requests, also with ten thousand projects: new projects are asked for by ID, everything else \
is read in turns, so that it is seen once a day. Ends with a summary, the go-live report. With --once it looks one time, and \
compares with the last time on this machine.

What is watched is what connect recorded, else what is named, else every group and project.";

const ENDINGS: &[Ending] = &[
    own(ExitCode::Done, "every check holds, or has recovered"),
    own(ExitCode::Problem, "a check failed and has not recovered"),
    common(ExitCode::Usage),
    own(ExitCode::Unknown, "GitLab was away at the end, or something could not be found out"),
    own(ExitCode::Interrupted, "interrupted before the first look was made; later, the summary decides"),
];

const EXAMPLES: &[&str] = &[
    "factory-gitlab monitor",
    "factory-gitlab monitor --for 8h --interval 1m -o json",
    "factory-gitlab monitor --once --fix --yes --metrics-file /var/lib/node_exporter/factory-gitlab.prom",
    "factory-gitlab monitor --notify-command 'logger -t factory-gitlab'",
];

/// Watch the connection, and tell what changes
#[derive(Args, Debug)]
#[command(long_about = LONG, after_long_help = after_help(ENDINGS, EXAMPLES))]
pub struct MonitorArgs {
    /// Stop after this time (8h, 3d)
    #[arg(long = "for", value_name = "DURATION", value_parser = duration, default_value = "72h", conflicts_with = "once")]
    pub length: Duration,

    /// Pause from one look to the next (1m, 1h)
    #[arg(long, value_name = "DURATION", value_parser = interval, default_value = "5m", conflicts_with = "once")]
    pub interval: Duration,

    /// Look one time, and compare with the last time on this machine
    #[arg(long)]
    pub once: bool,

    /// Register missing webhooks, of new projects above all
    #[arg(long)]
    pub fix: bool,

    /// Write gauges for Prometheus' node_exporter to this file (*.prom)
    #[arg(long, value_name = "PATH", value_hint = ValueHint::FilePath)]
    pub metrics_file: Option<PathBuf>,

    /// Run this line of the shell for each event, with its JSON on standard input
    #[arg(long, value_name = "CMD", value_hint = ValueHint::CommandString)]
    pub notify_command: Option<String>,
}

/// Reads `90s`, `5m`, `1h 30m` or `3d`.
fn duration(text: &str) -> Result<Duration, String> {
    let wanted = || "write it as 90s, 5m, 1h or 3d".to_owned();
    let time = with_days(text).ok_or_else(wanted)?;
    at_most_a_year(Duration::try_from(time).map_err(|_| wanted())?)
}

/// GitLab is not asked more often than that.
const SHORTEST_INTERVAL: Duration = Duration::from_secs(10);

fn interval(text: &str) -> Result<Duration, String> {
    match duration(text)? {
        time if time < SHORTEST_INTERVAL => Err("at least 10s".to_owned()),
        time => Ok(time),
    }
}

/// Resolve, then observe and judge again and again, report.
pub(super) async fn monitor(args: MonitorArgs, context: &Context<'_>) -> Result<ExitCode, Failure> {
    require_usable(&args, context)?;
    let session = context.interrupt.or(Session::open(context, Access::Read)).await??;
    let watch = Watch::new(session, &args)?;
    watch.ask_to_fix()?;
    if args.once {
        return Box::pin(once(watch)).await;
    }
    let end = context.env.clock.instant().checked_add(args.length);
    Box::pin(repeat(watch, end)).await
}

/// What must be known before the first look, which may be minutes before anything is written.
fn require_usable(args: &MonitorArgs, context: &Context<'_>) -> Result<(), Failure> {
    if let Some(path) = &args.metrics_file {
        require_writable(path)?;
    }
    let can_ask = context.prompter.can_ask();
    if args.fix && !can_ask && !context.settings.is_enabled(&keys::YES) {
        return Missing::none_of(vec![&keys::YES.definition]);
    }
    Ok(())
}

async fn once(mut watch: Watch<'_>) -> Result<ExitCode, Failure> {
    let interrupt = watch.context().interrupt;
    watch.recall();
    interrupt.or(Box::pin(watch.look())).await?;
    watch.require_selection()?;
    watch.finish_look().await?;
    watch.keep()?;
    watch.report_once()
}

/// Looks until the end has come or the user stops.
async fn repeat(mut watch: Watch<'_>, end: Option<Instant>) -> Result<ExitCode, Failure> {
    let context = watch.context();
    let (clock, interrupt) = (context.env.clock, context.interrupt);
    loop {
        let began = clock.instant();
        match interrupt.or(Box::pin(watch.look())).await {
            Err(Interrupted) if watch.has_looked() => break,
            looked => looked?,
        }
        watch.require_selection()?;
        watch.finish_look().await?;
        let now = clock.instant();
        if interrupt.is_raised() || end.is_some_and(|end| now >= end) {
            break;
        }
        // The last look is made at the end.
        let next = began + watch.interval();
        let next = end.map_or(next, |end| next.min(end));
        if interrupt.or(clock.sleep(next.saturating_duration_since(now))).await.is_err() {
            break;
        }
    }
    watch.report()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_with_days_and_an_interval_is_not_too_short() {
        assert_eq!(duration("3d"), Ok(Duration::from_secs(3 * 24 * 60 * 60)));
        assert_eq!(duration("1h 30m"), Ok(Duration::from_secs(5400)));
        for wrong in ["", "5", "-5m", "soon", "1mo", "366d"] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
        assert!(interval("9s").is_err());
        assert_eq!(interval("10s"), Ok(SHORTEST_INTERVAL));
    }
}
