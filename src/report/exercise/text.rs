//! The text of an exercise, for the user.

use std::time::Duration;

use super::{Exercise, ExerciseEnd, ExerciseReport};
use crate::activity::Activity;
use crate::apply::{Cell, CellState, Cleaned, LeftInGitLab};
use crate::error::{ExitCode, Failure};
use crate::plan::{self, CoveringHook};
use crate::report::Report as _;
use crate::report::run::{fix_lines, plan_lines};
use crate::text::{Line, Text, Tone, counted};

/// The width of the first column: the longest name of an activity.
const NAME: usize = 21;
/// The width of the others.
const CELL: usize = 9;

impl ExerciseReport<'_> {
    pub(super) fn write_text(&self, text: &mut Text) {
        match &self.end {
            ExerciseEnd::DryRun => {
                text.line(Line::new().with(Tone::Strong, format!("Plan for {} (nothing was written)", self.instance)));
                plan_lines(self.plan, text);
            }
            ExerciseEnd::NothingToRemove => {
                let line = Line::new().with(Tone::Good, "nothing to do: ");
                text.line(line.plain(format!("no exercise of this machine left anything on {}", self.instance)));
                self.plan.notes.iter().for_each(|note| text.line(Line::new().dim("note: ").plain(note.clone())));
            }
            ExerciseEnd::Exercised(exercise) => self.write_exercise(exercise, text),
        }
        text.gap();
        text.line(Line::new().dim(format!("kit {}", self.kit)));
        let requests = counted(self.requests, "request");
        let cost = format!("{requests}, {} of them writes, {} ms", self.writes, self.duration.as_millis());
        text.line(Line::new().dim(cost));
    }

    fn write_exercise(&self, exercise: &Exercise, text: &mut Text) {
        let (tone, word) = headline(exercise, self.exit_code());
        text.line(Line::new().with(tone, word).plain(format!(": {}", self.instance)));
        if exercise.rows.is_empty() {
            let steps = plan::describe(&self.plan.steps.iter().collect::<Vec<_>>());
            steps.into_iter().for_each(|step| text.line(Line::new().plain("  ").plain(step.what)));
        }
        if let Some(project) = &exercise.exercised.project {
            text.line(Line::new().dim(format!("in project {}", project.path)));
        }
        match exercise.exercised.webhook() {
            Some((_, true)) => text.line(
                Line::new()
                    .with(Tone::Warn, "through a webhook that was registered for this test: ")
                    .plain("those of the connection were not tested"),
            ),
            Some((CoveringHook { on, id, .. }, false)) => {
                text.line(Line::new().dim(format!("through webhook {id} on {on}")));
            }
            None => {}
        }
        if !exercise.rows.is_empty() {
            text.gap();
            table(exercise, text);
            reasons(exercise, text);
            latencies(exercise, text);
        }
        if let Some((cause, fix)) = &exercise.unproven {
            text.gap();
            text.line(Line::new().with(Tone::Bad, "test of the webhook: ").plain(cause.clone()));
            fix_lines(fix, &self.running, text);
        }
        let failures = exercise.failed.iter().map(|group| &group.failure).chain(&exercise.cleanup);
        failures.for_each(|failure| self.write_failure(failure, text));
        if !exercise.fixes.is_empty() {
            text.heading("What to do");
            exercise.fixes.iter().for_each(|fix| fix_lines(fix, &self.running, text));
        }
        write_left(exercise, text);
    }

    fn write_failure(&self, failure: &Failure, text: &mut Text) {
        text.gap();
        failure.describe(&self.running).lines().for_each(|line| text.line(line));
    }
}

/// What came of it, before anything else.
fn headline(exercise: &Exercise, code: ExitCode) -> (Tone, &'static str) {
    let is_good = exercise.events_code() == ExitCode::Done;
    let has_not_subscribed = exercise.has(CellState::NotSubscribed);
    match code {
        ExitCode::Interrupted => (Tone::Bad, "interrupted"),
        ExitCode::Done if exercise.rows.is_empty() => (Tone::Good, "done"),
        ExitCode::Done if has_not_subscribed => (Tone::Good, "every event that the kit subscribes to arrived"),
        ExitCode::Done => (Tone::Good, "every event arrived"),
        _ if exercise.rows.is_empty() => (Tone::Bad, "not everything could be removed"),
        _ if exercise.made_nothing() => (Tone::Bad, "not begun, no event was made"),
        _ if is_good => (Tone::Bad, "every event arrived, and not everything could be removed"),
        ExitCode::Unknown => (Tone::Warn, "could not find out everything"),
        _ => (Tone::Bad, "not everything arrived"),
    }
}

fn table(exercise: &Exercise, text: &mut Text) {
    let Some((_, first)) = exercise.rows.first() else { return };
    let head = first.cells().map(|(name, _)| format!(" {name:<CELL$}")).concat();
    text.line(Line::new().dim(format!("{:<NAME$}{}", "", head.trim_end())));
    for (activity, row) in &exercise.rows {
        let mut line = Line::new().plain(format!("{:<NAME$}", label(*activity)));
        for (_, cell) in row.cells() {
            let (tone, word) = shown(cell);
            line = line.plain(" ").with(tone, format!("{word:<CELL$}"));
        }
        if let Some(last) = line.spans.last_mut() {
            last.text.truncate(last.text.trim_end().len());
        }
        text.line(line);
    }
}

/// Its name with spaces: `merge request comment`.
fn label(activity: Activity) -> String {
    activity.name().replace('_', " ")
}

fn shown(cell: &Cell) -> (Tone, String) {
    match cell.state {
        CellState::Yes => {
            (Tone::Good, cell.latency.map_or_else(|| "yes".to_owned(), |time| format!("yes {}", seconds(time))))
        }
        CellState::No => (Tone::Bad, "no".to_owned()),
        CellState::Unknown => (Tone::Warn, "unknown".to_owned()),
        CellState::Skipped => (Tone::Dim, "skipped".to_owned()),
        CellState::NotPromised | CellState::NotSubscribed => (Tone::Dim, "-".to_owned()),
    }
}

/// `0.4s`, `12s`, `3m`
fn seconds(time: Duration) -> String {
    match time.as_secs() {
        0..10 => format!("{:.1}s", time.as_secs_f64()),
        10..600 => format!("{}s", time.as_secs()),
        long => format!("{}m", long / 60),
    }
}

/// Why cells are not `yes`, each reason once, the worst first.
fn reasons(exercise: &Exercise, text: &mut Text) {
    let mut found: Vec<(CellState, &str, Vec<String>)> = Vec::new();
    for (activity, row) in &exercise.rows {
        for (column, cell) in row.cells() {
            let Some(reason) = &cell.reason else { continue };
            let whole = row.cells().iter().all(|(_, other)| other.state == cell.state && other.reason == cell.reason);
            let name = if whole { label(*activity) } else { format!("{} {column}", label(*activity)) };
            match found.iter_mut().find(|(state, known, _)| (*state, *known) == (cell.state, reason.as_str())) {
                Some((.., names)) if names.contains(&name) => {}
                Some((.., names)) => names.push(name),
                None => found.push((cell.state, reason, vec![name])),
            }
        }
    }
    let rank = |state: CellState| match state {
        CellState::No => 0,
        CellState::Unknown => 1,
        CellState::Yes => 2,
        CellState::Skipped => 3,
        CellState::NotSubscribed => 4,
        CellState::NotPromised => 5,
    };
    found.sort_by_key(|(state, ..)| rank(*state));
    text.gap();
    for (state, reason, names) in found {
        // Of the most usual reason the names would say nothing.
        let names = if state == CellState::NotPromised { "answered".to_owned() } else { names.join(", ") };
        let (tone, word) = shown(&Cell::new(state));
        text.line(Line::new().with(tone, format!("{word:<7}")).plain(format!("  {reason}")).dim(format!(" ({names})")));
    }
}

fn latencies(exercise: &Exercise, text: &mut Text) {
    let all = exercise.latencies();
    if all.is_empty() {
        return;
    }
    text.gap();
    for (name, median, longest) in all {
        let times = format!("{name} after {} (median), at most {}", seconds(median), seconds(longest));
        text.line(Line::new().dim(times));
    }
}

fn write_left(exercise: &Exercise, text: &mut Text) {
    let exercised = &exercise.exercised;
    text.gap();
    match exercised.cleaned {
        Cleaned::Yes if exercised.left.is_empty() => text.line("Everything that was made is removed."),
        Cleaned::Yes | Cleaned::Kept | Cleaned::No | Cleaned::NothingMade => {}
    }
    for LeftInGitLab { what, why, url } in &exercised.left {
        text.line(Line::new().plain(format!("left: {what}: {why}")));
        text.line(Line::new().plain("      ").with(Tone::Action, url.clone()));
    }
}
