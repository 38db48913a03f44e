//! Factory does not take the bundle: it stays on the disk, sealed, and is sent by the next run or by `bundle upload`.

use factory_gitlab::sandbox::factory::BundleIntake;

use super::small;
use crate::test_env::TestEnv;

/// How Factory behaves, and the exit code that it comes to.
enum How {
    Switch(BundleIntake),
    Fault(&'static str),
}

const REFUSALS: [(&str, How, i32); 12] = [
    ("the key is not valid", How::Switch(BundleIntake::Refuse(401)), 1),
    ("the plan does not include it", How::Switch(BundleIntake::Refuse(402)), 1),
    ("the key's role is too small", How::Switch(BundleIntake::Refuse(403)), 1),
    ("there is another one", How::Switch(BundleIntake::Refuse(409)), 1),
    ("the bundle is too large", How::Switch(BundleIntake::Refuse(413)), 1),
    ("trouble", How::Switch(BundleIntake::Refuse(500)), 3),
    ("overload", How::Switch(BundleIntake::Refuse(503)), 3),
    ("a receipt for another bundle", How::Switch(BundleIntake::WrongDigest), 1),
    ("a login wall", How::Fault("html:200"), 3),
    ("no answer", How::Fault("hang"), 3),
    ("an answer that is lost", How::Fault("lost"), 3),
    ("a redirect", How::Fault("redirect:https://elsewhere.example/bundles"), 1),
];

fn told(how: &How) -> TestEnv {
    let world = TestEnv::with(small());
    match how {
        How::Switch(intake) => world.sandbox().factory().set_quirks(|quirks| quirks.intake = *intake),
        How::Fault(action) => {
            world.sandbox().fault(&format!("factory:POST /gitlab/v1/bundles={action}")).expect("a fault");
        }
    }
    world
}

fn told_otherwise(world: &TestEnv) {
    world.sandbox().clear_faults();
    world.sandbox().factory().set_quirks(|quirks| quirks.intake = BundleIntake::Honest);
}

const CONNECT: [&str; 5] = ["connect", "--yes", "-q", "--timeout", "2"];

fn bundle_of(world: &TestEnv) -> String {
    let bundles: Vec<_> =
        super::files_below(&world.path("state")).into_iter().filter(|path| path.ends_with("bundle.age")).collect();
    assert_eq!(bundles.len(), 1, "one sealed bundle");
    bundles[0].to_string_lossy().into_owned()
}

#[test]
fn a_bundle_that_is_not_taken_is_kept_and_the_next_run_sends_it() {
    let mut said = String::new();
    for (case, how, code) in &REFUSALS {
        let world = told(how);
        let run = world.run(&CONNECT);
        assert_eq!(run.code, *code, "{case}: {run}");
        said.push_str(&format!("== {case} (exit {code})\n{}\n", super::what_failed(&run)));
        let sealed = std::fs::read(bundle_of(&world)).expect("a bundle");
        told_otherwise(&world);
        world.sandbox().clear_requests();
        let again = world.run(&CONNECT);
        assert_eq!(again.code, 0, "{case}: {again}");
        super::assert_connected_once(case, &world);
        assert_eq!(world.sandbox().factory().bundles()[0].sealed, sealed, "{case}: it is the one that was kept");
        let writes = super::writes(&world);
        assert_eq!(writes.iter().filter(|one| one.path() == "/gitlab/v1/bundles").count(), 1, "{case}: {writes:?}");
        assert!(!writes.iter().any(|one| one.path().ends_with("/applications")), "{case}: {writes:?}");
    }
    insta::assert_snapshot!(said);
}

#[test]
fn a_bundle_that_is_not_taken_can_be_sent_by_hand() {
    for (case, how, code) in &REFUSALS {
        let world = told(how);
        let path = {
            let run = world.run(&CONNECT);
            assert_eq!(run.code, *code, "{case}: {run}");
            bundle_of(&world)
        };
        let refused = world.run(&["bundle", "upload", &path, "--timeout", "2"]);
        assert_eq!(refused.code, *code, "{case}: {refused}");
        assert!(refused.stderr.contains("bundle upload"), "{case}: the way to try again is named: {refused}");
        told_otherwise(&world);
        let sent = world.run(&["bundle", "upload", &path]);
        assert_eq!(sent.code, 0, "{case}: {sent}");
        super::assert_connected_once(case, &world);
    }
}
