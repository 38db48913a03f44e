//! Every request × ways to fail: never a false "rotated", Factory can always work, and the next run finishes.

use std::collections::BTreeSet;

use super::alive;
use super::application_secret::factory_has_the_secret;
use super::token::{connected, factory_can_work};
use super::webhook_secret::tokens;

const FAULTS: [&str; 6] = ["status:403", "html:200", "status:500", "json:{}", "lost", "reset"];

/// A read that fails changes nothing, so it fails in two ways only.
fn faults_of(path: &str) -> &'static [&'static str] {
    if path.contains(":GET ") { &FAULTS[..2] } else { &FAULTS }
}

fn no_false_rotated(what: &str) {
    let calm = connected();
    calm.rotates(what, &[]);
    let requests = calm.sandbox().requests();
    let paths: BTreeSet<String> =
        requests.iter().map(|one| format!("{:?}:{} {}", one.side, one.method, one.path())).collect();
    for path in &paths {
        // Any 2xx is an acceptance, and an object store sends no receipt.
        let faults = faults_of(path).iter().filter(|fault| !(path.ends_with("/bundles") && **fault == "json:{}"));
        for fault in faults {
            let (side, path) = path.split_once(':').expect("a side");
            let fault = format!("{}:{path}={fault}", side.to_lowercase());
            let env = connected();
            let before = env.sandbox().factory().bundles().len();
            env.sandbox().fault(&fault).expect("a fault");
            let run = env.rotate(what, &["--timeout", "2", "-o", "json"]);
            env.sandbox().clear_faults();
            assert!([0, 1, 2, 3].contains(&run.code), "{fault}: {run}");
            factory_can_work(&env, &fault);
            if run.code == 0 {
                assert_eq!(env.sandbox().factory().bundles().len(), before + 1, "{fault}: {run}");
                factory_has_the_secret(&env, &fault);
                assert_eq!(alive(&env).len(), 1, "{fault}: {run}");
            } else {
                assert!(!run.stdout.contains("\"verdict\": \"rotated\""), "{fault}: {run}");
            }
            let again = env.rotate(what, &[]);
            assert_eq!(again.code, 0, "{fault}: {again}\nafter {run}");
            factory_can_work(&env, &fault);
            factory_has_the_secret(&env, &fault);
            assert_eq!(alive(&env).len(), 1, "{fault}: {again}\nafter {run}");
        }
    }
}

#[test]
fn no_failed_request_ends_in_a_false_rotated_webhook_secret() {
    let with_a_new_kit = || {
        let env = super::webhook_secret::connected((19, 2));
        let secrets = env.sandbox().factory().rotate_webhook_secret();
        env.sandbox().clear_requests();
        (env, secrets)
    };
    let (calm, _) = with_a_new_kit();
    calm.rotates("webhook-secret", &[]);
    let requests = calm.sandbox().requests();
    let paths: BTreeSet<String> =
        requests.iter().map(|one| format!("{:?}:{} {}", one.side, one.method, one.path())).collect();
    for path in &paths {
        for fault in faults_of(path) {
            let (side, path) = path.split_once(':').expect("a side");
            let fault = format!("{}:{path}={fault}", side.to_lowercase());
            let (env, [old, new]) = with_a_new_kit();
            env.sandbox().fault(&fault).expect("a fault");
            let run = env.rotate("webhook-secret", &["--timeout", "2", "-o", "json"]);
            env.sandbox().clear_faults();
            assert!([0, 1, 2, 3].contains(&run.code), "{fault}: {run}");
            assert!(run.code != 0 || tokens(&env, [&old, &new]) == [0, 3], "{fault}: {run}");
            let again = env.rotate("webhook-secret", &[]);
            assert_eq!(again.code, 0, "{fault}: {again}\nafter {run}");
            assert_eq!(tokens(&env, [&old, &new]), [0, 3], "{fault}: {again}");
        }
    }
}

#[test]
fn no_failed_request_ends_in_a_false_rotated_token() {
    no_false_rotated("token");
}

#[test]
fn no_failed_request_ends_in_a_false_rotated_application_secret() {
    no_false_rotated("application-secret");
}
