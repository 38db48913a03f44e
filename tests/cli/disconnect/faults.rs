//! Every request × every way to fail: never a false "disconnected", and the next run removes the rest.

use std::collections::{BTreeMap, BTreeSet};

use super::state::{is_as_before, state_of};
use crate::test_env::{TestEnv, each_at_once, small};

const FAULTS: [&str; 7] = ["status:403", "status:404", "status:500", "html:200", "empty", "json:{}", "lost"];

/// A list of applications that is whole and empty, from a server that speaks for GitLab: GitLab shows an application nowhere
/// else, and one that was deleted by hand looks the same.
const LIE: &str = "gitlab:/api/v4/applications=empty";

fn connected() -> (TestEnv, BTreeMap<String, String>) {
    let env = TestEnv::with(small());
    let before = state_of(&env);
    env.connects(&["--handover-token", "minted"]);
    env.sandbox().clear_requests();
    (env, before)
}

#[test]
fn no_failed_request_ends_in_a_false_disconnected() {
    let (calm, _) = connected();
    calm.disconnects(&[]);
    let requests = calm.sandbox().requests();
    let paths: BTreeSet<String> =
        requests.iter().map(|one| format!("{:?}:{}", one.side, one.path()).to_lowercase()).collect();
    let faults = paths.iter().flat_map(|path| FAULTS.map(|fault| format!("{path}={fault}")));
    each_at_once(&faults.collect::<Vec<String>>(), |fault| is_never_false(fault));
}

fn is_never_false(fault: &str) {
    let (env, before) = connected();
    env.sandbox().fault(fault).expect("a fault");
    let run = env.disconnect(&["--timeout", "2", "-o", "json"]);
    let is_gone = state_of(&env) == before;
    assert!(run.code != 0 || is_gone || fault == LIE, "{fault}: {run}");
    assert!([0, 1, 2, 3].contains(&run.code), "{fault}: {run}");
    env.sandbox().clear_faults();
    if fault != LIE {
        let again = env.disconnect(&[]);
        assert_eq!(again.code, 0, "{fault}: {again}\nafter {run}");
        is_as_before(&env, &before, fault);
    }
}

#[test]
fn where_factory_cannot_be_told_nothing_is_removed_unless_that_is_accepted() {
    for fault in ["status:500", "status:403", "html:200", "reset"] {
        let (env, _) = connected();
        let connected = state_of(&env);
        env.sandbox().fault(&format!("factory:DELETE /gitlab/v1/connection={fault}")).expect("a fault");
        let run = env.disconnect(&["--timeout", "2"]);
        assert_eq!(run.code, 3, "{fault}: {run}");
        assert!(run.stdout.contains("nothing was removed"), "{fault}: {run}");
        assert!(run.stdout.contains("factory-gitlab disconnect --without-factory"), "{fault}: {run}");
        is_as_before(&env, &connected, fault);
        let without = env.disconnected(&["--without-factory"]);
        assert!(without.stdout.contains("tell Factory"), "{fault}: {without}");
        assert_eq!(env.sandbox().gitlab().applications().len(), 0, "{fault}");
        assert_eq!(env.all_hooks().len(), 0, "{fault}");
    }
}

#[test]
fn a_connection_that_factory_has_ended_already_is_as_good_as_told() {
    let (env, before) = connected();
    env.sandbox().fault("factory:DELETE /gitlab/v1/connection=lostx1").expect("a fault");
    env.disconnects(&[]);
    is_as_before(&env, &before, "told twice");
}

#[test]
fn a_kit_without_disconnect_url_says_what_to_do() {
    let (env, _) = connected();
    let mut kit = env.sandbox().factory().kit_json();
    kit.as_object_mut().expect("a kit").remove("disconnect_url");
    let path = env.file("kit.json", kit.to_string());
    let shown = env.run(&["kit", "show", "--kit", &path, "-o", "json"]).json();
    let named = ["--kit", &path, "--kit-fingerprint", shown["fingerprint"].as_str().expect("a fingerprint")];
    let run = env.disconnect(&named);
    assert_eq!(run.code, 3, "{run}");
    assert!(run.stderr.contains("the kit has no disconnect_url"), "{run}");
    assert_eq!(env.writes(), Vec::<String>::new());
    env.disconnects(&[named.as_slice(), &["--without-factory"]].concat());
}
