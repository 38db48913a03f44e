//! Death at any point: the next run ends in the same state as an undisturbed one.
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

const MOMENTS: [Moment; 2] = [Moment::BeforeActing, Moment::AfterActing];

/// What is connected, and how.
#[derive(Clone)]
struct Case {
    name: &'static str,
    options: SandboxOptions,
    args: &'static [&'static str],
}

/// Where `--bundle-out` puts it in these tests.
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

    /// The oldest GitLab: no description, so no mark. The journal and the URL tell whose a hook is.
    fn hooks_without_marks() -> Self {
        let options = SandboxOptions { projects: 2, plan: SandboxPlan::None, ..of_version(16, 11) };
        Self { name: "hooks without marks", options, args: &[] }
    }

    fn world(&self) -> TestEnv {
        TestEnv::with(self.options.clone())
    }

    /// How many requests an undisturbed run sends.
    fn requests(&self) -> usize {
        self.undisturbed().len()
    }

    /// Before every request is acted upon, and after it was.
    fn every_moment(&self) -> Vec<(usize, Moment)> {
        (1..=self.requests()).flat_map(|number| MOMENTS.map(|when| (number, when))).collect()
    }

    /// Before every request is acted upon, and after each write was: a read changes nothing on either side, so that both
    /// of its moments are one. One case goes through every moment all the same.
    fn distinct_moments(&self) -> Vec<(usize, Moment)> {
        let moments = |one: &LoggedRequest| MOMENTS.map(|when| (one.number, when, one.is_write()));
        let all = self.undisturbed().iter().flat_map(moments).collect::<Vec<_>>();
        let is_distinct = |(_, when, writes): &(usize, Moment, bool)| *writes || *when == Moment::BeforeActing;
        all.into_iter().filter(is_distinct).map(|(number, when, _)| (number, when)).collect()
    }

    fn undisturbed(&self) -> Vec<LoggedRequest> {
        let world = self.world();
        world.connects(self.args);
        final_state::is_right(&world, self, self.name);
        world.sandbox().requests()
    }
}

/// Starts `connect --yes` and does not wait for it.
fn start(world: &TestEnv, args: &[&str]) -> Child {
    world.start(&[&["connect", "--yes"], args].concat())
}

fn signal(pid: u32, name: &str) {
    let sent = Command::new("kill").args([&format!("-{name}"), &pid.to_string()]).status().expect("kill");
    assert!(sent.success(), "no {name} to {pid}");
}

/// Runs `connect` and sends a signal to it at this moment of this request. Gives what came of it.
fn run_and_signal(world: &TestEnv, args: &[&str], (number, when): (usize, Moment), name: &'static str) -> Output {
    let (tell, told) = mpsc::channel();
    world.sandbox().clear_requests();
    world.sandbox().at_request(number, when, move |_| {
        signal(told.recv().expect("the process"), name);
        if name == "KILL" {
            return RequestAction::Reset;
        }
        // Long enough that the signal is heard before the answer is.
        pause(Duration::from_millis(30));
        RequestAction::Continue
    });
    let child = start(world, args);
    // Nobody listens where the run never comes to that request.
    let _unheard = tell.send(child.id());
    child.wait_with_output().expect("an end")
}

/// Waits until something is so, for ten seconds at most.
fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let found = (0..1000).any(|_| is_so() || pause(Duration::from_millis(10)));
    assert!(found, "never: {what}");
}

/// Waits; gives `false`.
fn pause(time: Duration) -> bool {
    let (_kept, nothing) = mpsc::channel::<()>();
    nothing.recv_timeout(time).is_ok()
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}
