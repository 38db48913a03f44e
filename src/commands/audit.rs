//! `audit`: who can do what through the connection, and what is more than is needed. Changes nothing.

use std::path::{Path, PathBuf};

use clap::{Args, ValueHint};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, ToSpan as _};

use super::Context;
use super::rotate::with_days;
use super::session::{Access, Session};
use crate::audit::{Audit, AuditInputs, Baseline, audit as review};
use crate::cli::after_help::{Ending, after_help, common, own};
use crate::cli::is_same;
use crate::error::{ExitCode, Failure, Fix};
use crate::files;
use crate::instance::{InstanceUrl, Version};
use crate::observed::{AuditReader, Read, Reads};
use crate::report::FailOn;
use crate::report::audit::AuditReport;
use crate::secret::shown_place;

const LONG: &str = "\
Reviews who can do what through the connection, and what is more than is needed: the application and its scopes, tokens made for \
Factory and the one in use, webhooks to Factory's host, settings that matter, administrators, and audit events where the license \
has them. Changes nothing; a token with the scope read_api is enough.

What no API shows is listed by name, with the page that shows it. The same state gives the same report, but for dates; with \
--baseline only what is new is shown.";

const ENDINGS: &[Ending] = &[
    own(ExitCode::Done, "reviewed; with --fail-on, nothing as bad as that was found"),
    own(ExitCode::Problem, "with --fail-on, something as bad as that was found; or GitLab refused a part"),
    common(ExitCode::Usage),
    own(ExitCode::Unknown, "a part could not be read; running again is safe"),
    own(ExitCode::Interrupted, "interrupted"),
];

const EXAMPLES: &[&str] = &[
    "factory-gitlab audit",
    "factory-gitlab audit -o json --output-file audit.json",
    "factory-gitlab audit --baseline audit.json --fail-on warning",
    "factory-gitlab audit -o sarif --output-file audit.sarif",
];

/// Review who can do what through the connection
#[derive(Args, Debug)]
#[command(long_about = LONG, after_long_help = after_help(ENDINGS, EXAMPLES))]
pub struct AuditArgs {
    /// Read audit events of this time, and name tokens not used in it (90d, 4w)
    #[arg(long, value_name = "DURATION", value_parser = since, default_value = "90d")]
    pub since: Since,

    /// Show only what an earlier report in JSON does not have
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub baseline: Option<PathBuf>,

    /// Exit with 1 from this level on
    #[arg(long, value_name = "LEVEL", value_enum, default_value_t = FailOn::Never)]
    pub fail_on: FailOn,
}

/// A number of days.
#[derive(Clone, Copy, Debug)]
pub struct Since(i32);

impl AuditArgs {
    /// Whether it reads this file.
    pub(super) fn reads(&self, path: &Path) -> bool {
        self.baseline.as_deref().is_some_and(|baseline| is_same(baseline, path))
    }
}

/// GitLab keeps audit events for years; more than that is a slip of the pen.
const MOST_DAYS: i64 = 3660;

/// Reads `90d`, `4w` or `36h`, which is two days.
fn since(text: &str) -> Result<Since, String> {
    let wanted = || "write it as 90d or 4w".to_owned();
    let time = with_days(text).filter(|time| *time > SignedDuration::ZERO).ok_or_else(wanted)?;
    let days = (time.as_secs().saturating_add(86_399) / 86_400).max(1);
    match i32::try_from(days) {
        Ok(days) if i64::from(days) <= MOST_DAYS => Ok(Since(days)),
        _ => Err("ten years at most".to_owned()),
    }
}

/// What a review reads that checks are judged by, too.
const READS: [Read; 8] = [
    Read::Metadata,
    Read::Token,
    Read::HandedOver,
    Read::NamedTokens,
    Read::User,
    Read::License,
    Read::Applications,
    Read::Hooks,
];

/// Resolve, observe, judge, report. An interrupt drops this work at once: it leaves nothing behind.
pub(super) async fn audit(args: AuditArgs, context: &Context<'_>) -> Result<ExitCode, Failure> {
    context.interrupt.or(Box::pin(judge(&args, context))).await?
}

async fn judge(args: &AuditArgs, context: &Context<'_>) -> Result<ExitCode, Failure> {
    let text = args.baseline.as_deref().map(|path| read_baseline(path, context)).transpose()?;
    let session = Session::open(context, Access::Read).await?;
    let baseline = text.map(|text| baseline(args, &text, &session.desired.instance)).transpose()?;
    let today = context.env.clock.now().to_zoned(TimeZone::UTC).date();
    let since = first_day(today, args.since);
    let (audit, version) = Box::pin(reviewed(&session, today, since)).await;
    let compared = baseline.map(|baseline| baseline.compare(audit.findings.clone()));
    let findings = compared.as_ref().map_or_else(|| audit.findings.clone(), |compared| compared.new.clone());
    context.finish(&AuditReport {
        running: context.terminal.running(),
        target: session.desired.instance.to_string(),
        kit: session.desired.kit.fingerprint(),
        today,
        since,
        audit: Audit { findings, ..audit },
        compared,
        fail_on: args.fail_on,
        has_fine_grained: version.map(|version| version >= Version::FINE_GRAINED_TOKENS),
    })
}

/// The first of so many days, of which today is the last.
fn first_day(today: Date, Since(days): Since) -> Date {
    today.checked_sub((days - 1).days()).unwrap_or(today)
}

async fn reviewed(session: &Session<'_>, today: Date, since: Date) -> (Audit, Option<Version>) {
    let reads: Reads = READS.into_iter().collect();
    let observed = session.observe(&reads).await;
    let reader = AuditReader { gitlab: &session.observer.gitlab, observed: &observed, since, today };
    let reading = Box::pin(reader.read());
    let seen = session.context.terminal.with_spinner("reading settings and audit events", reading).await;
    let Session { desired, record, .. } = session;
    (review(AuditInputs { desired, observed: &observed, seen: &seen, record, today, since }), observed.version())
}

/// At most this many bytes of a baseline are read; a review of ten thousand webhooks is smaller.
const LARGEST: u64 = 64 << 20;

fn read_baseline(path: &Path, context: &Context<'_>) -> Result<String, Failure> {
    if context.outputs.replaces(path) {
        return Err(Failure::usage("the report would replace its own baseline")
            .fix(Fix::say("write to another file: a report with --baseline has only what is new")));
    }
    let unreadable =
        |why: String| Failure::usage(format!("the baseline {} cannot be read", shown_place(path))).because(why);
    let bytes = files::read_up_to(path, LARGEST).map_err(|error| unreadable(error.to_string()))?;
    if u64::try_from(bytes.len()).is_ok_and(|length| length > LARGEST) {
        return Err(unreadable(format!("it is larger than {LARGEST} bytes")));
    }
    String::from_utf8(bytes).map_err(|_| unreadable("it is not text".to_owned()))
}

fn baseline(args: &AuditArgs, text: &str, instance: &InstanceUrl) -> Result<Baseline, Failure> {
    Baseline::parse(text, instance).map_err(|error| {
        let place = args.baseline.as_deref().map(shown_place).unwrap_or_default();
        Failure::usage(format!("{place} cannot be used as a baseline"))
            .because(error.to_string())
            .fix(Fix::say("give a report of this instance that factory-gitlab audit -o json wrote"))
    })
}
