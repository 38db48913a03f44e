//! `exercise`: does in a project what webhooks tell of, proves each delivery, and removes everything again.

use std::time::Duration;

use clap::Args;

use super::approval::{Approval, Question};
use super::session::{Access, Session, Tools, require_token_rights};
use super::{Context, diagnostics, progress};
use crate::activity::Activity;
use crate::advice;
use crate::apply::webhook_test::TestQuota;
use crate::apply::{ActivityOutcome, Applied, Apply, Cell, CellState, Clients, Error, Exercised};
use crate::cli::after_help::{Ending, after_help, common, own};
use crate::error::{ExitCode, Failure, Fix};
use crate::gitlab::Task;
use crate::journal::ExerciseEntry;
use crate::observed::{EXERCISE_MARK, ExercisePlaces, Observed, PlaceFinder, PlaceWish, Read, Reads};
use crate::plan::{self, Cleanup, ExerciseScope, ExerciseWish, Plan};
use crate::report::FailureGroup;
use crate::report::exercise::{Exercise, ExerciseEnd, ExerciseReport};
use crate::target::Event;

const LONG: &str = "\
Tests the connection with real events: a push, a branch, a tag, an issue, a merge request, comments, a pipeline and its job. Each \
is followed into GitLab's delivery log and to Factory, and the answers of Droids are looked for where the kit promises them.

It works in a private project that it creates below a connected group and removes afterwards, also after Ctrl-C. With --project it \
works in a project that exists, and removes what it made there.";

const ENDINGS: &[Ending] = &[
    own(ExitCode::Done, "every event arrived, and every promised answer came"),
    own(ExitCode::Problem, "something was not done, sent, received or answered"),
    common(ExitCode::Usage),
    common(ExitCode::Unknown),
    own(ExitCode::Interrupted, "interrupted; what was made is removed"),
];

const EXAMPLES: &[&str] = &[
    "factory-gitlab exercise",
    "factory-gitlab exercise --group platform --only merge_request --yes -o junit --output-file exercise.xml",
    "factory-gitlab exercise --sweep",
];

/// Test the connection with real events in a project of its own
#[derive(Args, Debug)]
#[command(long_about = LONG, after_long_help = after_help(ENDINGS, EXAMPLES))]
pub struct ExerciseArgs {
    /// Create the project in this group
    #[arg(long = "group", value_name = "PATH", conflicts_with = "in_project")]
    pub in_group: Option<String>,

    /// Work in this project, which exists
    #[arg(long = "project", value_name = "PATH")]
    pub in_project: Option<String>,

    /// Only this event, or this activity: push, branch, tag, issue, note, … (may be repeated)
    #[arg(long, value_name = "EVENT")]
    pub only: Vec<String>,

    /// How long an answer of a Droid is waited for, in the place of what the kit says (90s, 10m)
    #[arg(long, value_name = "DURATION", value_parser = crate::settings::duration)]
    pub wait_answer: Option<Duration>,

    /// Leave everything in GitLab; --sweep removes it later
    #[arg(long, conflicts_with = "sweep")]
    pub keep: bool,

    /// Only remove what earlier exercises of this machine left
    #[arg(long, conflicts_with_all = ["in_group", "in_project", "only", "wait_answer"])]
    pub sweep: bool,

    /// Show the plan and change nothing
    #[arg(long)]
    pub dry_run: bool,
}

/// What a plan is made from, besides the places.
const READS: [Read; 6] = [Read::Network, Read::Metadata, Read::Token, Read::User, Read::License, Read::Applications];

/// Resolve, observe, plan, apply, report; what was made is removed whatever happened.
pub(super) async fn exercise(args: ExerciseArgs, context: &Context<'_>) -> Result<ExitCode, Failure> {
    let interrupt = context.interrupt;
    let named = named(&args.only)?;
    let access = if args.dry_run { Access::ExerciseDryRun } else { Access::Exercise };
    let session = interrupt.or(Session::open(context, access)).await??;
    let observed = interrupt.or(session.observe(&READS.into_iter().collect::<Reads>())).await?;
    require_token_rights(&session.desired, &observed, Task::Exercise)?;
    let wish = wish(&args, &named, &session);
    let places = interrupt.or(places(&args, &session, &observed)).await??;
    if wish.scope == ExerciseScope::Everything {
        require_place(&places)?;
        require_events(&wish)?;
    }
    let plan = plan::exercise(&wish, &session.desired, &places, &session.record);
    let run = Run { session: &session, observed: &observed, wish: &wish, named: &named };
    let end = run.carry_out(&plan, &places).await?;
    let stats = session.observer.http.stats();
    let report = ExerciseReport {
        running: context.terminal.running(),
        instance: session.desired.instance.clone(),
        kit: session.desired.kit.fingerprint(),
        plan: &plan,
        end,
        requests: stats.requests,
        writes: stats.writes,
        duration: session.duration(),
    };
    context.finish(&report)
}

/// The activities that `--only` names; none means all.
fn named(only: &[String]) -> Result<Vec<Activity>, Failure> {
    let mut named = Vec::new();
    for name in only {
        let found: Vec<Activity> = Activity::ALL.into_iter().filter(|one| one.is_named(name)).collect();
        if found.is_empty() {
            let all: Vec<&str> = Activity::ALL.iter().map(|one| one.name()).collect();
            let events: Vec<&str> = Event::ALL.iter().map(|event| event.name()).collect();
            return Err(Failure::usage(format!("--only {name:?} is not an event or activity"))
                .because(format!("events: {}", events.join(", ")))
                .because(format!("activities: {}", all.join(", "))));
        }
        named.extend(found);
    }
    Ok(named)
}

fn is_wanted(named: &[Activity], activity: Activity) -> bool {
    named.is_empty() || named.contains(&activity)
}

fn wish(args: &ExerciseArgs, named: &[Activity], session: &Session<'_>) -> ExerciseWish {
    let events = &session.desired.webhooks.events;
    let is_subscribed = |activity: &Activity| events.contains(&activity.event());
    let wanted = Activity::ALL.into_iter().filter(|activity| is_wanted(named, *activity));
    let identifier = uuid::Uuid::new_v4().simple().to_string();
    ExerciseWish {
        mark: format!("{EXERCISE_MARK}{}", &identifier[..12]),
        activities: wanted.filter(is_subscribed).collect(),
        cleanup: if args.keep { Cleanup::Keep } else { Cleanup::Remove },
        scope: if args.sweep { ExerciseScope::Sweep } else { ExerciseScope::Everything },
        wait_answer_s: args.wait_answer.map(|time| time.as_secs()),
    }
}

async fn places(args: &ExerciseArgs, session: &Session<'_>, observed: &Observed) -> Result<ExercisePlaces, Failure> {
    let path = |path: &String| path.trim().trim_matches('/').to_owned();
    let wish = match (args, &args.in_group, &args.in_project) {
        (ExerciseArgs { sweep: true, .. }, ..) => PlaceWish::Nowhere,
        (_, Some(group), _) => PlaceWish::Group(path(group)),
        (_, _, Some(project)) => PlaceWish::Project(path(project)),
        (_, None, None) => PlaceWish::FirstGroup,
    };
    let Session { desired, observer, record, .. } = session;
    let finder = PlaceFinder { reader: &observer.gitlab, desired, observed, record };
    let found = session.context.terminal.with_spinner("looking for a place to work in", finder.find(&wish)).await;
    found.map_err(|error| match (&wish, error.status()) {
        (PlaceWish::Group(path), Some(404)) => unknown_place("group", path),
        (PlaceWish::Project(path), Some(404)) => unknown_place("project", path),
        _ => diagnostics::gitlab(&error, "no place to work in could be looked for", &desired.instance),
    })
}

fn unknown_place(kind: &str, path: &str) -> Failure {
    diagnostics::unknown_place(kind, path).fix(Fix::say(format!("give the path of a {kind} as in its address")))
}

fn require_place(places: &ExercisePlaces) -> Result<(), Failure> {
    match places.seen.first() {
        None => Err(Failure::problem("there is no connected group in which a project can be created")
            .fix(Fix::rerun("name a group in which the token may create projects", "--group PATH"))
            .fix(Fix::rerun("or work in a project that exists", "--project PATH"))),
        Some(place) => match &place.existing {
            Some(project) if project.archived => {
                Err(Failure::usage(format!("project {} is archived", project.path_with_namespace))
                    .fix(Fix::rerun("name another project", "--project PATH")))
            }
            Some(project) if project.default_branch.is_none() => {
                let text = format!("project {} has no commit to begin a branch at", project.path_with_namespace);
                Err(Failure::usage(text).fix(Fix::rerun("name another project", "--project PATH")))
            }
            Some(_) | None => Ok(()),
        },
    }
}

/// An exercise of nothing would be a success that says nothing.
fn require_events(wish: &ExerciseWish) -> Result<(), Failure> {
    if wish.activities.is_empty() {
        return Err(Failure::usage("the kit subscribes to none of these events, so there is nothing to exercise")
            .fix(Fix::run("see which events it subscribes to", "factory-gitlab kit show")));
    }
    Ok(())
}

struct Run<'r> {
    session: &'r Session<'r>,
    observed: &'r Observed,
    wish: &'r ExerciseWish,
    named: &'r [Activity],
}

impl Run<'_> {
    async fn carry_out(&self, plan: &Plan, places: &ExercisePlaces) -> Result<ExerciseEnd, Failure> {
        let Self { session, .. } = self;
        let Some(lock) = session.lock() else { return Ok(ExerciseEnd::DryRun) };
        // What is gone by now need not be looked for again.
        if !places.gone.is_empty() {
            let mut journal = session.journal_without_run(lock)?;
            for mark in &places.gone {
                let entry = ExerciseEntry::Removed { mark: mark.clone() };
                journal.append(entry).map_err(|error| diagnostics::journal(&error))?;
            }
        }
        if plan.is_empty() {
            return Ok(ExerciseEnd::NothingToRemove);
        }
        // Without a change of an answer to ask for, yes and no are the only ones.
        let approval = Approval { session, plan, question: Question::YesOrNo };
        let _only_yes = approval.obtain().await?;
        let mut journal = session.journal_without_run(lock)?;
        if self.wish.scope == ExerciseScope::Everything {
            approval.pin_first_kit(&mut journal)?;
        }
        let writer = session.writer(lock);
        let transport = session.interview.settings().transport()?;
        let test_quota = TestQuota::default();
        let clients = Clients::new(&session.observer, &writer, &test_quota);
        let local = session.local_state(lock)?;
        let inputs = session.apply_inputs(Tools { observed: self.observed, clients, local, transport: &transport });
        Ok(ExerciseEnd::Exercised(Box::new(self.apply(&Apply::new(inputs, journal), plan).await)))
    }

    /// Carries the plan out. After an interruption the work is dropped, and what was made is removed.
    async fn apply(&self, apply: &Apply<'_>, plan: &Plan) -> Exercise {
        let context = self.session.context;
        let steps = plan.steps.len() + plan.cleanup.len();
        let progress = progress::Applying::new(context.terminal, "exercising", steps);
        let mut applied = Applied::new(plan);
        let ended = context.interrupt.or(apply.run(&progress, &mut applied)).await;
        if ended.is_err() && !plan.cleanup.is_empty() {
            context.terminal.say_line("interrupted: what was made is being removed; Ctrl-C again leaves it");
        }
        let cleanup = apply.clean_up(&progress, &mut applied).await;
        drop(progress);
        let mut exercise = self.outcome(apply, applied);
        exercise.cleanup = cleanup.map(|error| diagnostics::not_cleaned(&error));
        if exercise.cleanup.is_some() {
            exercise.exercised.leave_project();
        }
        exercise.interrupted = ended.is_err();
        if exercise.interrupted {
            exercise.rows.iter_mut().for_each(|(_, row)| row.interrupt());
        }
        exercise
    }

    fn outcome(&self, apply: &Apply<'_>, applied: Applied<'_>) -> Exercise {
        let desired = &self.session.desired;
        let explain = |error: &Error| diagnostics::apply(error, apply);
        let Applied { exercised, failed, stopped, .. } = applied;
        let failed = failed.into_iter().chain(stopped).map(|(place, error)| (place, explain(&error)));
        let test = exercised.test.as_ref().filter(|proof| !proof.is_proven());
        let unproven = test.and_then(|proof| advice::unproven(proof, &desired.webhooks.url, &desired.instance));
        let rows = self.rows(&exercised);
        Exercise {
            fixes: advice::exercised(rows.iter().map(|(_, row)| row.facts()), &desired.instance),
            rows,
            failed: FailureGroup::group(failed),
            cleanup: None,
            unproven,
            exercised,
            interrupted: false,
        }
    }

    /// A row for each activity that was wanted, and for those whose events the kit does not subscribe to.
    fn rows(&self, exercised: &Exercised) -> Vec<(Activity, ActivityOutcome)> {
        if self.wish.scope == ExerciseScope::Sweep {
            return Vec::new();
        }
        let wanted = Activity::ALL.into_iter().filter(|activity| is_wanted(self.named, *activity));
        let row = |activity: Activity| {
            if self.wish.activities.contains(&activity) {
                let not_done = || ActivityOutcome::all(&Cell::because(CellState::Skipped, "not started"));
                return Some((activity, exercised.outcomes.get(&activity).cloned().unwrap_or_else(not_done)));
            }
            let is_shown = activity.is_common() || !self.named.is_empty();
            let why = format!("the kit does not subscribe to {}", activity.event());
            let cell = Cell::because(CellState::NotSubscribed, why);
            is_shown.then(|| (activity, ActivityOutcome::all(&cell)))
        };
        wanted.filter_map(row).collect()
    }
}
