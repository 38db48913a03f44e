//! One look: observe, judge, add to the series.

use std::cell::RefCell;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use jiff::civil::Date;

use super::super::{Context, session::Session};
use super::super::{diagnostics, verify};
use super::MonitorArgs;
use super::coverage::coverage;
use crate::advice::{About, advise};
use crate::checks::{CheckFilter, Policy};
use crate::desired::ApplicationOrigin;
use crate::error::Failure;
use crate::gitlab::Task;
use crate::http::{self, Cause, CauseClass};
use crate::observed::{Memory, Observed, Reads};
use crate::plan;
use crate::report::series::Coverage;
use crate::report::{FailOn, Findings};
use crate::series::{CheckSeen, Event, Look, Series};
use crate::settings::{Source, keys};

/// All looks at one connection.
pub(super) struct Watch<'a> {
    pub(super) session: Session<'a>,
    pub(super) args: &'a MonitorArgs,
    pub(super) reads: Reads,
    pub(super) memory: RefCell<Memory>,
    pub(super) series: Series,
    /// By the last look that could read it, of an earlier run too.
    pub(super) coverage: Option<Coverage>,
    /// Of the last look that GitLab answered.
    pub(super) findings: Option<(Timestamp, Findings)>,
    pub(super) token_ends: TokenEnds,
    /// How long the last look took.
    pub(super) took: Duration,
    /// When the present look began, and the requests of it.
    pub(super) began: Instant,
    pub(super) at: Timestamp,
    pub(super) requests: u64,
    /// What it observed.
    pub(super) observed: Option<Observed>,
    /// What is to be told of it.
    pub(super) events: Vec<Event>,
    /// Whether the last look told something.
    pub(super) is_told: bool,
    /// Why webhooks could not be added: told once.
    pub(super) fix_failed: Option<String>,
    /// Whether the metrics could not be written.
    pub(super) lacks_metrics: bool,
    /// The size of the journal when it was read last.
    journal_size: Option<u64>,
}

/// When tokens end, as far as the last look saw.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct TokenEnds {
    pub(super) given: Option<Date>,
    pub(super) factory: Option<Date>,
}

impl<'a> Watch<'a> {
    pub(super) fn new(mut session: Session<'a>, args: &'a MonitorArgs) -> Result<Self, Failure> {
        let given = verify::pair(&session.interview)?;
        session.desired.application.origin = ApplicationOrigin::Auto { given, renew: false };
        let clock = session.context.env.clock;
        Ok(Self {
            session,
            args,
            reads: CheckFilter::default().reads(),
            memory: RefCell::default(),
            series: Series::default(),
            coverage: None,
            findings: None,
            token_ends: TokenEnds::default(),
            took: Duration::ZERO,
            began: clock.instant(),
            at: clock.now(),
            requests: 0,
            observed: None,
            events: Vec::new(),
            is_told: false,
            fix_failed: None,
            lacks_metrics: false,
            journal_size: None,
        })
    }

    pub(super) fn context(&self) -> &'a Context<'a> {
        self.session.context
    }

    pub(super) fn interval(&self) -> Duration {
        self.args.interval
    }

    /// Whether a look was made.
    pub(super) fn has_looked(&self) -> bool {
        self.series.looks > 0
    }

    /// Observes. Nothing counts and nothing is told before it is whole: an interrupt drops it.
    pub(super) async fn look(&mut self) {
        let clock = self.context().env.clock;
        (self.began, self.at, self.requests) = (clock.instant(), clock.now(), 0);
        self.reread_record();
        self.observe().await;
    }

    /// Refuses a group or project that was named now and does not exist: that is a slip of the pen, where a recorded one has
    /// been there once.
    ///
    /// # Errors
    /// A usage error, by the first look at this selection.
    pub(super) fn require_selection(&self) -> Result<(), Failure> {
        let is_first = self.coverage.is_none() && (self.args.once || !self.has_looked());
        let Some(error) = self.observed.as_ref().filter(|_| is_first).and_then(|one| one.hooks.error()) else {
            return Ok(());
        };
        let settings = self.session.interview.settings();
        for (setting, kind) in [(&keys::GROUP.definition, "group"), (&keys::PROJECT.definition, "project")] {
            let is_named = settings.source(setting).is_some_and(|source| source != Source::Record);
            let path = error.path.split_once(&format!("/api/v4/{kind}s/")).map(|(_, path)| path);
            if let Some(path) = path.filter(|path| is_named && error.status() == Some(404) && !path.contains('/')) {
                let path = path.split('?').next().unwrap_or(path).replace("%2F", "/");
                let failure = diagnostics::unknown_place(kind, &path);
                return Err(failure.fixes(advise(error, About::GitLab(&self.session.desired.instance))));
            }
        }
        Ok(())
    }

    /// Judges what was observed, and adds it to the series.
    pub(super) fn add(&mut self) {
        let Some(observed) = self.observed.take() else { return };
        let away = away(&observed);
        let findings = self.judge(&observed);
        let (news, delivered) = {
            let mut memory = self.memory.borrow_mut();
            (memory.take_news(), memory.take_delivered())
        };
        let (checks, not_judged) = CheckSeen::all(&findings.findings, away.is_some());
        let look = Look { at: self.at, checks, not_judged, news, delivered, requests: self.requests, away };
        let told = std::mem::take(&mut self.events);
        self.events = self.series.add(&look);
        self.events.extend(told);
        if look.away.is_none() {
            self.see(&observed);
            self.findings = Some((self.at, findings));
        }
        self.took = self.context().env.clock.instant().duration_since(self.began);
        let (number, events) = (self.series.looks, self.events.len());
        tracing::info!(number, requests = look.requests, events, away = look.away.is_some(), "looked");
    }

    /// What another run has recorded since: `connect` may have mended what is watched.
    fn reread_record(&mut self) {
        let size = std::fs::metadata(self.session.connection().journal_path()).ok().map(|found| found.len());
        if self.has_looked() && size == self.journal_size {
            return;
        }
        self.journal_size = size;
        if let Err(failure) = self.session.reread_record() {
            tracing::warn!(%failure, "the record of earlier runs was not read again");
        }
    }

    pub(super) async fn observe(&mut self) {
        let Self { session, reads, memory, .. } = self;
        let mut observed = session.look(reads, memory).await;
        observed.factory.bundle = verify::bundle(&session.record);
        self.requests += self.session.requests();
        self.observed = Some(observed);
    }

    fn judge(&self, observed: &Observed) -> Findings {
        let Session { context, desired, .. } = &self.session;
        let policy = Policy { task: Task::Monitor, ..Policy::default() };
        Findings {
            running: context.terminal.running(),
            target: Some(desired.instance.to_string()),
            kit: Some(desired.kit.fingerprint()),
            from: None,
            findings: verify::findings(&self.session, observed, &policy),
            fail_on: FailOn::Error,
            requests: usize::try_from(self.requests).unwrap_or(usize::MAX),
            duration: context.env.clock.instant().duration_since(self.began),
        }
    }

    /// What the next look and the report need to know of this one.
    fn see(&mut self, observed: &Observed) {
        let session = &self.session;
        let faulty = plan::deviating_targets(&session.desired, observed, &session.record);
        self.memory.borrow_mut().set_faulty(faulty);
        if let Some(hooks) = observed.hooks.known() {
            self.coverage = Some(coverage(hooks, &self.memory.borrow()));
        }
        let given = observed.token.known().map(|token| token.expires_at);
        let factory = observed.handed_over.known().map(|token| token.as_ref().and_then(|token| token.expires_at));
        self.token_ends = TokenEnds {
            given: given.unwrap_or(self.token_ends.given),
            factory: factory.unwrap_or(self.token_ends.factory),
        };
    }
}

/// Why GitLab is away, where it is: it does not answer, or only what is in front of it does.
fn away(observed: &Observed) -> Option<String> {
    observed.metadata.error().filter(|error| is_away(error)).map(|error| error.cause.to_string())
}

fn is_away(error: &http::Error) -> bool {
    match error.class() {
        CauseClass::Unavailable | CauseClass::Unreachable | CauseClass::TimedOut | CauseClass::Lost => true,
        // A page of GitLab's own or of a proxy, as during an update.
        _ => matches!(error.cause.as_ref(), Cause::UnexpectedPage { status: 502..=504, .. }),
    }
}
