//! Killed or interrupted at every request, before and after the server acts: the next run ends where an undisturbed one does.

use std::collections::BTreeMap;

use factory_gitlab::sandbox::options::{SandboxOptions, SandboxPlan};
use factory_gitlab::sandbox::request_log::LoggedRequest;

use super::state::{is_as_before, state_of};
use crate::resume::{Point, said, signal_at};
use crate::test_env::{TestEnv, each_at_once, of_version, small};

const DISCONNECT: [&str; 2] = ["disconnect", "--yes"];

struct Case {
    name: &'static str,
    options: SandboxOptions,
    args: &'static [&'static str],
}

impl Case {
    fn minted() -> Self {
        Self { name: "a minted token", options: small(), args: &["--handover-token", "minted"] }
    }

    fn without_marks() -> Self {
        let options = SandboxOptions { projects: 2, plan: SandboxPlan::None, ..of_version(16, 11) };
        Self { name: "hooks without marks", options, args: &[] }
    }

    /// A connected instance, and what was before.
    fn connected(&self) -> (TestEnv, BTreeMap<String, String>) {
        let env = TestEnv::with(self.options.clone());
        let before = state_of(&env);
        env.connects(self.args);
        env.sandbox().clear_requests();
        (env, before)
    }

    /// Both points of each write, and one of each read.
    fn points(&self) -> Vec<Point> {
        let (env, before) = self.connected();
        env.disconnects(&[]);
        let requests = env.sandbox().requests();
        is_as_before(&env, &before, self.name);
        let of_request = |one: &LoggedRequest| {
            let [before, after] = Point::of_request(one.number);
            if one.is_write() { vec![before, after] } else { vec![before] }
        };
        requests.iter().flat_map(of_request).collect()
    }

    fn ends_after(&self, point: Point, signal: &'static str) {
        let name = format!("{}, {signal} at request {} {:?}", self.name, point.number, point.when);
        let (env, before) = self.connected();
        let ended = signal_at(&env, &DISCONNECT, point, signal);
        let code = if signal == "KILL" { None } else { Some(130) };
        assert_eq!(ended.status.code(), code, "{name}: {}", said(&ended));
        let again = env.disconnect(&[]);
        assert_eq!(again.code, 0, "{name}: {again}");
        is_as_before(&env, &before, &name);
        let nothing = env.disconnected(&[]);
        assert!(nothing.stdout.starts_with("nothing to do: "), "{name}: {nothing}");
    }
}

#[test]
fn killed_at_any_request_the_next_run_removes_the_rest() {
    for case in [Case::minted(), Case::without_marks()] {
        each_at_once(&case.points(), |point| case.ends_after(*point, "KILL"));
    }
}

#[test]
fn ctrl_c_at_any_request_ends_with_130_and_the_next_run_removes_the_rest() {
    let case = Case::minted();
    each_at_once(&case.points(), |point| case.ends_after(*point, "INT"));
}

#[test]
fn what_a_killed_connect_left_is_removed() {
    for case in [Case::minted(), Case::without_marks()] {
        let fresh = TestEnv::with(case.options.clone());
        fresh.connects(case.args);
        let writes: Vec<usize> =
            fresh.sandbox().requests().iter().filter(|one| one.is_write()).map(|one| one.number).collect();
        for point in writes.into_iter().flat_map(Point::of_request) {
            let name = format!("{}, connect killed at request {} {:?}", case.name, point.number, point.when);
            let env = TestEnv::with(case.options.clone());
            let before = state_of(&env);
            let connect = [&["connect", "--yes"], case.args].concat();
            let died = signal_at(&env, &connect, point, "KILL");
            assert_eq!(died.status.code(), None, "{name}: {}", said(&died));
            let run = env.disconnect(&[]);
            assert_eq!(run.code, 0, "{name}: {run}");
            is_as_before(&env, &before, &name);
        }
    }
}

#[test]
fn connect_after_a_killed_disconnect_connects_again() {
    let case = Case::minted();
    each_at_once(&case.points(), |point| {
        let name = format!("killed at request {} {:?}", point.number, point.when);
        let (env, _) = case.connected();
        let died = signal_at(&env, &DISCONNECT, *point, "KILL");
        assert_eq!(died.status.code(), None, "{name}: {}", said(&died));
        let run = env.connect(case.args);
        assert_eq!(run.code, 0, "{name}: {run}");
        let verified = env.run(&["verify"]);
        assert_eq!(verified.code, 0, "{name}: {verified}");
    });
}
