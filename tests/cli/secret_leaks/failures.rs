//! Runs that fail: every request that carries a secret, with every fault.

use factory_gitlab::sandbox::factory::BundleIntake;

use super::{Canary, application_secret, assert_hidden, env};

const FAULTS: [&str; 13] = [
    "html:200",
    "text:200",
    "cut",
    "half",
    "type",
    "endless:escapes",
    "lost",
    "status:401",
    "status:403",
    "status:500",
    "json429",
    "redirect:https://elsewhere.example/path",
    "empty",
];

/// The requests with a secret in the request or the answer.
const PLACES: [&str; 9] = [
    "factory:GET /gitlab/v1/kit",
    "GET /api/v4/personal_access_tokens/self",
    "GET /api/v4/applications",
    "POST /api/v4/applications",
    "POST /oauth/*",
    "POST /api/v4/groups/*/hooks",
    "GET /api/v4/groups/*/hooks/*/events",
    "factory:POST /gitlab/v1/bundles",
    "factory:GET /gitlab/v1/receipts",
];

fn through_every_way(place: &str) {
    for way in FAULTS {
        let (env, mut canaries) = env();
        env.sandbox().fault(&format!("{place}={way}")).expect(way);
        let loud = ["-vv", "--log-file", "run.log", "--timeout", "20"];
        let mut runs = vec![env.run(&[&["connect", "--yes", "--audit-log", "audit.jsonl"][..], &loud].concat())];
        runs.push(env.run(&[&["connect", "--yes", "-o", "json"][..], &loud].concat()));
        let reports = ["verify", "-o", "json", "--output-file", "report.json", "-o", "html=report.html"];
        runs.push(env.run(&[&reports[..], &loud].concat()));
        runs.push(env.run(&[&["audit", "-o", "sarif"][..], &loud].concat()));
        canaries.extend(application_secret(&env).map(|secret| Canary::new("the application's secret", &secret)));
        assert_hidden(&format!("{place}={way}"), &canaries, &env, &runs);
    }
}

macro_rules! places {
    ($($name:ident = $at:literal;)+) => {$(
        #[test]
        fn $name() {
            through_every_way(PLACES[$at]);
        }
    )+};
}

places! {
    nothing_leaks_when_the_kit_fails = 0;
    nothing_leaks_when_the_token_fails = 1;
    nothing_leaks_when_the_list_of_applications_fails = 2;
    nothing_leaks_when_creating_the_application_fails = 3;
    nothing_leaks_when_the_oauth_endpoint_fails = 4;
    nothing_leaks_when_creating_a_hook_fails = 5;
    nothing_leaks_when_the_delivery_log_fails = 6;
    nothing_leaks_when_the_upload_fails = 7;
    nothing_leaks_when_the_receipt_fails = 8;
}

#[test]
fn nothing_leaks_when_factory_refuses() {
    for intake in [
        BundleIntake::Refuse(401),
        BundleIntake::Refuse(413),
        BundleIntake::Refuse(500),
        BundleIntake::WrongDigest,
        BundleIntake::NoReceipt,
    ] {
        let (env, mut canaries) = env();
        env.sandbox().factory().set_quirks(|quirks| quirks.intake = intake);
        let run = env.run(&["connect", "--yes", "-vv", "--log-file", "run.log"]);
        canaries.push(Canary::new("the application's secret", &application_secret(&env).expect("a bundle")));
        assert_hidden(&format!("{intake:?}"), &canaries, &env, &[run]);
    }
}

/// The secret was put into a variable for something else.
#[test]
fn a_secret_in_the_wrong_variable_is_not_repeated() {
    for name in [
        "GITLAB_URL",
        "FACTORY_KIT",
        "FACTORY_GITLAB_CONFIG",
        "FACTORY_GITLAB_CA_CERT",
        "FACTORY_GITLAB_PROXY",
        "FACTORY_GITLAB_APPLICATION_ID",
        "HTTPS_PROXY",
    ] {
        let (mut env, canaries) = env();
        let token = env.variables()["GITLAB_TOKEN"].clone();
        for value in [
            token.clone(),
            format!("https://root:{token}@gitlab.acme.example"),
            format!("http://127.0.0.1:1/?key={token}"),
        ] {
            env.set(name, &value);
            let runs = [env.run(&["connect", "--yes", "-vv"]), env.run(&["verify", "-vv", "-o", "json"])];
            assert_hidden(&format!("{name}={value}"), &canaries, &env, &runs);
        }
    }
}
