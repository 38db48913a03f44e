//! Every request × ways to fail: never a false "connected", and the next run finishes.

use std::collections::BTreeSet;

use super::{CODE, SESSION, cloud, selection, with_person};
use crate::test_env::each_at_once;
use factory_gitlab::sandbox::options::CloudOffers;

const CONNECT: [&str; 9] =
    ["connect", "--cloud", "--yes", "--group", "group-1", "--authorization-timeout", "20s", "--wait", "10s"];

/// The last segment of a session's address differs from run to run.
fn pattern(path: &str) -> String {
    match path.split_once("/cloud/sessions/") {
        Some((before, _)) => format!("{before}/cloud/sessions/*"),
        None => path.to_owned(),
    }
}

fn faults_of(request: &str) -> &'static [&'static str] {
    if request.contains("GET ") { &["html:200", "status:500"] } else { &["status:403", "json:{}", "lost"] }
}

fn no_false_connected(offers: CloudOffers) {
    let calm = cloud(offers);
    let run = with_person(&calm, &CONNECT);
    assert_eq!(run.code, 0, "{run}");
    let requests = calm.sandbox().requests();
    let requests: BTreeSet<String> = requests
        .iter()
        .map(|one| format!("{}:{} {}", format!("{:?}", one.side).to_lowercase(), one.method, pattern(one.path())))
        .collect();
    let faults = requests.iter().flat_map(|request| faults_of(request).iter().map(move |fault| (request, *fault)));
    each_at_once(&faults.collect::<Vec<_>>(), |(request, fault)| {
        let env = cloud(offers);
        env.sandbox().fault(&format!("{request}={fault}")).expect("a fault");
        let run = with_person(&env, &[&CONNECT[..], &["--timeout", "2", "-o", "json"]].concat());
        env.sandbox().clear_faults();
        assert!([0, 1, 2, 3].contains(&run.code), "{request} {fault}: {run}");
        if run.code == 0 {
            assert_eq!(selection(&env)["groups"][0]["full_path"], "group-1", "{request} {fault}: {run}");
        } else {
            assert!(!run.stdout.contains("\"verdict\": \"connected\""), "{request} {fault}: {run}");
        }
        let again = with_person(&env, &CONNECT);
        assert_eq!(again.code, 0, "{request} {fault}: {again}\nafter {run}");
        assert_eq!(selection(&env)["groups"][0]["full_path"], "group-1", "{request} {fault}: {again}");
    });
}

#[test]
fn no_failed_request_of_a_session_ends_in_a_false_connected() {
    no_false_connected(SESSION);
}

#[test]
fn no_failed_request_with_a_code_ends_in_a_false_connected() {
    no_false_connected(CODE);
}
