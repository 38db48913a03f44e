//! Runs that end early at any point: the next run reaches the same final state as an undisturbed one.
#![cfg(unix)]

mod concurrent_runs;
mod disk;
mod faults;
mod final_state;
mod interrupted;
mod journal;
mod killed;
mod partial;
mod secret;

use std::process::{Child, Command, Output};
use std::sync::mpsc;
use std::time::Duration;

use factory_gitlab::sandbox::options::{SandboxOptions, SandboxPlan};
use factory_gitlab::sandbox::request_log::LoggedRequest;
use factory_gitlab::sandbox::request_log::{Moment, RequestAction};

use crate::test_env::{TestEnv, of_version, small};

/// A point of a run: before or after the server acts on one of its requests.
#[derive(Clone, Copy, Debug)]
pub struct Point {
    pub number: usize,
    pub when: Moment,
}

impl Point {
    /// Both points of a request.
    pub fn of_request(number: usize) -> [Self; 2] {
        [Moment::BeforeActing, Moment::AfterActing].map(|when| Self { number, when })
    }

    fn after(number: usize) -> Self {
        Self { number, when: Moment::AfterActing }
    }
}

/// An instance and the arguments to connect it with.
#[derive(Clone)]
struct Case {
    name: &'static str,
    options: SandboxOptions,
    args: &'static [&'static str],
}

/// The file for `--bundle-out`.
const OUT: &str = "out.age";

impl Case {
    fn group_hook() -> Self {
        Self { name: "a group hook", options: small(), args: &[] }
    }

    fn project_hooks() -> Self {
        let options = SandboxOptions { projects: 2, plan: SandboxPlan::None, ..small() };
        Self { name: "project hooks", options, args: &[] }
    }

    fn minted_token() -> Self {
        Self { name: "a minted token", options: small(), args: &["--handover-token", "minted"] }
    }

    fn bundle_out() -> Self {
        Self { name: "a bundle to carry", options: small(), args: &["--bundle-out", OUT] }
    }

    /// The oldest GitLab has no descriptions and so no marks. The journal and the URL tell which hooks are ours.
    fn hooks_without_marks() -> Self {
        let options = SandboxOptions { projects: 2, plan: SandboxPlan::None, ..of_version(16, 11) };
        Self { name: "hooks without marks", options, args: &[] }
    }

    fn env(&self) -> TestEnv {
        TestEnv::with(self.options.clone())
    }

    /// How many requests an undisturbed run sends.
    fn requests(&self) -> usize {
        self.undisturbed().len()
    }

    /// Before and after the server acts on every request.
    fn every_moment(&self) -> Vec<Point> {
        (1..=self.requests()).flat_map(Point::of_request).collect()
    }

    /// Before the server acts on every request, and after it acts on each write. A read changes nothing, so its two points are
    /// the same; one case tries both anyway.
    fn distinct_moments(&self) -> Vec<Point> {
        let points = |request: LoggedRequest| {
            let (number, writes) = (request.number, request.is_write());
            let is_distinct = move |point: &Point| writes || point.when == Moment::BeforeActing;
            Point::of_request(number).into_iter().filter(is_distinct)
        };
        self.undisturbed().into_iter().flat_map(points).collect()
    }

    fn undisturbed(&self) -> Vec<LoggedRequest> {
        let env = self.env();
        env.connects(self.args);
        final_state::is_right(&env, self, self.name);
        env.sandbox().requests()
    }
}

/// Runs `connect` and kills it after the server has acted on this request.
pub fn killed_after(env: &TestEnv, args: &[&str], number: usize) {
    let died = run_and_signal(env, args, Point::after(number), "KILL");
    assert_eq!(died.status.code(), None, "it was not killed: {}", said(&died));
}

/// Starts `connect --yes` and does not wait for it.
fn start(env: &TestEnv, args: &[&str]) -> Child {
    env.start(&connect(args))
}

fn connect<'a>(args: &[&'a str]) -> Vec<&'a str> {
    [&["connect", "--yes"], args].concat()
}

pub fn signal(pid: u32, name: &str) {
    let sent = Command::new("kill").args([&format!("-{name}"), &pid.to_string()]).status().expect("kill");
    assert!(sent.success(), "no {name} to {pid}");
}

/// Runs `connect` and sends it a signal at this point; returns its output.
fn run_and_signal(env: &TestEnv, args: &[&str], at: Point, name: &'static str) -> Output {
    signal_at(env, &connect(args), at, name)
}

/// Runs a command and sends it a signal at this point; returns its output.
pub fn signal_at(env: &TestEnv, command: &[&str], at: Point, name: &'static str) -> Output {
    let (tell, told) = mpsc::channel();
    env.sandbox().clear_requests();
    env.sandbox().at_request(at.number, at.when, move |_| {
        let process = told.recv().expect("the process");
        signal(process, name);
        if name == "KILL" {
            return RequestAction::Reset;
        }
        // An interrupted run waits for no answer: it ends before this one comes.
        until("the interrupted run ends", || has_ended(process));
        RequestAction::Continue
    });
    let child = env.start(command);
    // The receiver is gone if the run ends before that request.
    let _unheard = tell.send(child.id());
    child.wait_with_output().expect("an end")
}

/// Whether a child has ended; where there is no `/proc`, after a moment.
fn has_ended(process: u32) -> bool {
    if !cfg!(target_os = "linux") {
        pause(Duration::from_millis(500));
        return true;
    }
    let status = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    status.rsplit(')').next().is_none_or(|rest| rest.is_empty() || rest.trim_start().starts_with('Z'))
}

/// Waits until a condition holds; two minutes are enough on the busiest machine.
fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let found = (0..12_000).any(|_| is_so() || pause(Duration::from_millis(10)));
    assert!(found, "never: {what}");
}

/// Waits, and returns `false`.
fn pause(time: Duration) -> bool {
    let (_kept, nothing) = mpsc::channel::<()>();
    nothing.recv_timeout(time).is_ok()
}

pub fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}
