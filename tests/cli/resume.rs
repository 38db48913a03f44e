//! Death at every request: the next run ends in the same state as an undisturbed one.
#![cfg(unix)]

use std::process::{Child, Command};
use std::sync::mpsc;
use std::time::Duration;

use factory_gitlab::sandbox::options::{Options, Plan};
use factory_gitlab::sandbox::traffic::{Then, When};

use crate::world::{World, of_version, small};

const MOMENTS: [When; 2] = [When::BeforeActing, When::AfterActing];

/// What is connected, and how.
struct Case {
    name: &'static str,
    options: Options,
    args: &'static [&'static str],
}

impl Case {
    fn all() -> [Self; 3] {
        let projects = Options { projects: 2, plan: Plan::None, ..of_version(16, 11) };
        [
            Self { name: "a group hook", options: small(), args: &[] },
            Self { name: "a minted token", options: small(), args: &["--handover-token", "minted"] },
            Self { name: "project hooks without marks", options: projects, args: &[] },
        ]
    }

    fn world(&self) -> World {
        World::with(self.options.clone())
    }

    /// The requests of an undisturbed run that are worth dying at: each, or for a variant of the first each that writes
    /// and its neighbours.
    fn requests(&self) -> Vec<usize> {
        let world = self.world();
        world.connects(self.args);
        the_end_is_right(&world, self.name);
        let requests = world.sandbox().requests();
        let writes: Vec<usize> = requests.iter().filter(|one| one.is_write()).map(|one| one.number).collect();
        let near = |number: &usize| writes.iter().any(|write| write.abs_diff(*number) <= 1);
        (1..=requests.len())
            .filter(|number| self.args.is_empty() && self.options.plan != Plan::None || near(number))
            .collect()
    }
}

/// Starts `connect --yes` and does not wait for it.
fn start(world: &World, args: &[&str]) -> Child {
    world.start(&[&["connect", "--yes"], args].concat())
}

fn signal(pid: u32, name: &str) {
    let sent = Command::new("kill").args([&format!("-{name}"), &pid.to_string()]).status().expect("kill");
    assert!(sent.success(), "no {name} to {pid}");
}

/// Runs `connect` and sends a signal to it at this moment of this request. Gives what came of it, if it came to that.
fn run_and_signal(
    world: &World,
    args: &[&str],
    (number, when): (usize, When),
    name: &'static str,
) -> std::process::Output {
    let (tell, told) = mpsc::channel();
    world.sandbox().clear_requests();
    world.sandbox().at_request(number, when, move |_| {
        signal(told.recv().expect("the process"), name);
        // What is killed hears no answer; what is asked to stop may.
        if name == "KILL" { Then::Reset } else { Then::GoOn }
    });
    let child = start(world, args);
    // Nobody listens where the run never comes to that request.
    let _unheard = tell.send(child.id());
    child.wait_with_output().expect("an end")
}

/// One application, one hook for each target with the right token, one accepted bundle whose pair authenticates, and no
/// token that nobody has.
fn the_end_is_right(world: &World, case: &str) {
    let (gitlab, factory) = (world.sandbox().gitlab(), world.sandbox().factory());
    let applications = gitlab.applications();
    assert_eq!(applications.len(), 1, "{case}: applications");
    let bundle = world.bundle();
    assert_eq!(bundle["application"]["id"], applications[0].uid, "{case}");
    let secret = bundle["application"]["secret"].as_str().expect("a secret");
    assert!(applications[0].has_secret(secret), "{case}: the pair in the bundle is dead");
    let hooks = gitlab.all_hooks();
    let mut owners: Vec<String> = hooks.iter().map(|hook| format!("{:?}", hook.owner)).collect();
    owners.sort();
    owners.dedup();
    assert_eq!((owners.len(), hooks.len()), (hooks.len(), targets(world)), "{case}: {owners:?}");
    assert!(hooks.iter().all(|hook| hook.has_token(factory.webhook_secret())), "{case}: a token is wrong");
    assert!(!factory.deliveries().is_empty(), "{case}: nothing was delivered");
    let today = gitlab.clock().today();
    let minted =
        gitlab.tokens().iter().filter(|token| token.name.starts_with("Factory ") && token.active(today)).count();
    assert_eq!(minted, usize::from(case.starts_with("a minted token")), "{case}: tokens for Factory");
}

fn targets(world: &World) -> usize {
    match world.sandbox().options().plan {
        Plan::None => world.sandbox().options().projects,
        Plan::Premium | Plan::Ultimate => world.sandbox().options().groups,
    }
}

fn nothing_secret_is_on_the_disk(world: &World, case: &str) {
    let (gitlab, factory) = (world.sandbox().gitlab(), world.sandbox().factory());
    let mut secrets = vec![gitlab.admin_token(), factory.webhook_secret().to_owned(), factory.signing_token()];
    secrets.push(factory.api_key().to_owned());
    for bundle in factory.bundles() {
        let text = |path: &str| bundle.document.pointer(path).and_then(|value| value.as_str()).map(str::to_owned);
        secrets.extend(text("/application/secret").into_iter().chain(text("/personal_access_token/value")));
    }
    for (path, content) in world.files_below("state") {
        for secret in &secrets {
            let is_there = content.windows(secret.len()).any(|window| window == secret.as_bytes());
            assert!(!is_there, "{case}: a secret is in {path}");
        }
    }
}

fn dies_at_every_request(case: &Case) {
    for number in case.requests() {
        for when in MOMENTS {
            let name = format!("{}, killed at request {number} {when:?}", case.name);
            let world = case.world();
            let died = run_and_signal(&world, case.args, (number, when), "KILL");
            assert_eq!(died.status.code(), None, "{name}: it was not killed");
            nothing_secret_is_on_the_disk(&world, &name);
            let again = world.connect(case.args);
            assert_eq!(again.code, 0, "{name}: {again}");
            the_end_is_right(&world, &name);
            nothing_secret_is_on_the_disk(&world, &name);
            world.has_nothing_to_do(case.args);
            let status = world.run(&["status"]);
            assert!(status.stdout.contains("finished on "), "{name}: {status}");
        }
    }
}

#[test]
fn killed_at_any_request_the_next_run_ends_in_the_same_state() {
    dies_at_every_request(&Case::all()[0]);
}

#[test]
fn killed_while_a_token_is_made_for_factory_no_token_is_left_over() {
    dies_at_every_request(&Case::all()[1]);
}

#[test]
fn killed_where_hooks_have_no_marks_none_is_made_twice() {
    dies_at_every_request(&Case::all()[2]);
}

#[test]
fn interrupted_it_says_what_was_done_and_how_to_go_on() {
    let world = World::with(small());
    world.connects(&[]);
    let hook = world
        .sandbox()
        .requests()
        .iter()
        .find(|one| one.method == "POST" && one.path().ends_with("/hooks"))
        .map(|one| one.number);
    let world = World::with(small());
    let run = run_and_signal(&world, &[], (hook.expect("a hook is made"), When::AfterActing), "INT");
    let said = String::from_utf8_lossy(&run.stdout).into_owned();
    assert_eq!(run.status.code(), Some(130), "{said}{}", String::from_utf8_lossy(&run.stderr));
    assert!(said.starts_with("interrupted: "), "{said}");
    assert!(said.contains("done    create the OAuth application"), "{said}");
    assert!(said.contains("Run the same command again; it takes up the rest."), "{said}");
    world.connects(&[]);
    the_end_is_right(&world, "interrupted");
}

#[test]
fn two_runs_do_not_work_on_one_connection() {
    let world = World::with(small());
    world.sandbox().fault("POST /api/v4/applications=delay:3000").expect("a fault");
    let first = start(&world, &[]);
    let (_kept, nothing) = mpsc::channel::<()>();
    let writes = || world.sandbox().requests().iter().any(|one| one.is_write());
    let looks = (0..1000).find(|_| writes() || nothing.recv_timeout(Duration::from_millis(20)).is_ok());
    assert!(looks.is_some(), "the first run never wrote");
    let second = world.run(&["connect", "--yes"]);
    assert_eq!(second.code, 3, "{second}");
    assert!(second.stderr.contains("another run is working on this connection"), "{second}");
    let first = first.wait_with_output().expect("an end");
    assert_eq!(first.status.code(), Some(0));
    the_end_is_right(&world, "two runs");
}

#[test]
fn a_journal_torn_at_any_line_is_repaired_by_looking() {
    let world = World::with(small());
    world.connects(&[]);
    let (path, whole) = world.files_below("state").into_iter().find(|(path, _)| path.ends_with(".jsonl")).expect("it");
    let ends: Vec<usize> = (0..whole.len()).filter(|at| whole[*at] == b'\n').collect();
    for end in ends {
        // The last bytes of this line and everything after it never came to the disk.
        std::fs::write(&path, &whole[..end.saturating_sub(7)]).expect("torn");
        let run = world.connect(&[]);
        assert_eq!(run.code, 0, "torn at {end}: {run}");
        let applications = world.sandbox().gitlab().applications();
        let bundles = world.sandbox().factory().bundles();
        let last = bundles.last().expect("a bundle");
        assert_eq!(applications.len(), 1, "torn at {end}");
        assert!(
            applications[0].has_secret(last.document["application"]["secret"].as_str().expect("a secret")),
            "torn at {end}"
        );
        assert_eq!(world.all_hooks().len(), 1, "torn at {end}");
        world.has_nothing_to_do(&[]);
    }
}
