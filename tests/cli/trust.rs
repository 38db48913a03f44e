//! Trust in the kit: fingerprint, pin, signature, who gets the key of Factory's API, and who gets the bundle.

use factory_gitlab::sandbox::factory::BundleIntake;
use factory_gitlab::sandbox::request_log::Side;
use serde_json::{Value, json};

use crate::test_env::{TestEnv, Transcript, small};

/// An environment whose kit is a file.
fn with_a_file() -> TestEnv {
    let mut env = TestEnv::with(small());
    let path = env.file("kit.json", env.sandbox().factory().kit_json().to_string());
    env.set("FACTORY_KIT", &path);
    env
}

/// What Factory was asked.
fn asked_of_factory(env: &TestEnv) -> Vec<String> {
    let requests = env.sandbox().requests();
    let of_factory = requests.iter().filter(|one| one.side == Side::Factory);
    of_factory.map(|one| format!("{} {}", one.method, one.path())).collect()
}

/// The options that the hint of a failed run of `connect` prints.
fn printed_options(run: &Transcript) -> Vec<String> {
    let line = run.stderr.lines().find_map(|line| line.trim().strip_prefix("factory-gitlab connect "));
    line.expect("a command").split(' ').map(str::to_owned).collect()
}

#[test]
fn a_kit_of_another_fingerprint_is_refused_before_anything_is_asked() {
    let env = with_a_file();
    let wrong = "0000-0000-0000-0000-0000-0000";
    for command in [["connect", "--yes"].as_slice(), &["verify"], &["kit", "show"], &["kit", "check"]] {
        let run = env.run(&[command, &["--kit-fingerprint", wrong]].concat());
        assert_eq!(run.code, 2, "{run}");
        assert!(run.stderr.contains(&env.kit_fingerprint()) && run.stderr.contains(wrong), "{run}");
        assert!(env.sandbox().requests().is_empty(), "{run}");
    }
    let run = env.run(&["connect", "--yes", "--kit-fingerprint", "soon"]);
    assert_eq!(run.code, 2, "{run}");
}

#[test]
fn the_fingerprint_is_shown_by_every_command_and_counts_what_flags_replace() {
    let env = TestEnv::with(small());
    let fingerprint = env.kit_fingerprint();
    assert_eq!(env.run(&["kit", "show", "-o", "json"]).json()["fingerprint"], *fingerprint);
    let dry = env.run(&["connect", "--dry-run", "-o", "json"]).json();
    assert_eq!(dry["kit"], *fingerprint);
    let run = env.connected(&[]);
    assert!(run.stderr.contains(&format!(", kit {fingerprint}\n")), "the plan: {run}");
    assert!(run.stdout.contains(&format!("\nkit {fingerprint}\n")), "the report: {run}");
    let verified = env.run(&["verify"]);
    assert!(verified.stdout.contains(&format!(", kit {fingerprint}")), "{verified}");
    assert_eq!(env.run(&["verify", "-o", "json"]).json()["kit"], *fingerprint);
    let status = env.run(&["status"]);
    assert!(status.stdout.contains(&fingerprint), "{status}");
    let other = env.run(&["kit", "show", "-o", "json", "--webhook-url", "https://hooks.factory.example/x"]).json();
    assert_ne!(other["fingerprint"], *fingerprint);
}

#[test]
fn a_changed_kit_is_not_covered_by_yes_and_the_printed_fix_accepts_it() {
    let env = TestEnv::with(small());
    env.connects(&[]);
    let first = env.kit_fingerprint();
    env.sandbox().factory().edit_kit(|kit| kit["webhook"]["events"] = json!(["push", "note"]));
    let plan = env.run(&["connect", "--dry-run"]);
    assert!(plan.stdout.contains("1. accept the changed kit ") && plan.stdout.contains(&first), "{plan}");
    assert!(plan.stdout.contains(" → note, push\n"), "{plan}");
    env.is_refused(&[], 2, &["--yes does not cover that", "caused by: webhook.events: ", &first]);
    let refused = env.connect(&[]);
    let options = printed_options(&refused);
    let fixed = env.run(&[vec!["connect"], options.iter().map(String::as_str).collect()].concat());
    assert_eq!(fixed.code, 0, "{fixed}");
    env.has_nothing_to_do(&[]);
    let status = env.run(&["status", "-o", "json"]).json();
    assert_eq!(status["connections"][0]["record"]["kit_pin"]["fingerprint"], *env.kit_fingerprint());
}

#[test]
fn a_kit_that_names_another_organization_from_the_same_place_is_a_changed_kit() {
    let env = TestEnv::with(small());
    env.connects(&[]);
    env.sandbox().factory().edit_kit(|kit| kit["organization"]["id"] = json!("org_evil"));
    env.is_refused(&[], 2, &["organization.id: org_sandbox → org_evil"]);
}

#[test]
fn a_waiting_bundle_is_sealed_again_when_its_recipients_or_its_token_are_not_wanted_any_more() {
    let good = |env: &TestEnv| env.sandbox().factory().kit_json()["bundle"]["recipients"].clone();
    let env = TestEnv::with(small());
    let factory = env.sandbox().factory();
    let recipients = good(&env);
    let evil = age::x25519::Identity::generate().to_public().to_string();
    factory.edit_kit(|kit| kit["bundle"]["recipients"] = json!([evil]));
    factory.set_quirks(|quirks| quirks.intake = BundleIntake::Refuse(503));
    assert_eq!(env.connect(&[]).code, 3);
    factory.edit_kit(|kit| kit["bundle"]["recipients"] = recipients);
    factory.set_quirks(|quirks| quirks.intake = BundleIntake::default());

    // What waits is not sent by hand either.
    let state = env.files_below("state");
    let waiting = state.iter().find(|(path, _)| path.ends_with("bundle.age")).expect("a bundle").0.clone();
    let uploaded = env.run(&["bundle", "upload", &waiting]);
    assert_eq!(uploaded.code, 1, "{uploaded}");
    assert!(uploaded.stderr.contains(&evil), "{uploaded}");

    let run = env.connect(&["--kit-fingerprint", &env.kit_fingerprint(), "-o", "json"]);
    assert_eq!(run.code, 0, "{run}");
    assert!(env.writes().iter().any(|write| write.ends_with("/renew-secret")), "{:?}", env.writes());
    let steps = run.json()["steps"].as_array().cloned().unwrap_or_default();
    let upload = steps.iter().find(|step| step["step"] == "upload_bundle").expect("the upload");
    assert_eq!(upload["recipients"], good(&env), "{run}");
    assert_eq!(factory.bundles().len(), 1, "only the new one arrived");
}

#[test]
fn the_key_of_factorys_api_goes_nowhere_before_the_kit_from_a_file_is_approved() {
    let env = with_a_file();
    let fingerprint = env.kit_fingerprint();
    let dry = env.run(&["connect", "--dry-run"]);
    assert_eq!(dry.code, 0, "{dry}");
    assert!(dry.stdout.contains("the key of Factory's API is sent to http://127.0.0.1:"), "{dry}");
    let verify = env.run(&["verify", "--only", "factory.status", "-o", "json"]);
    assert_eq!(verify.code, 3, "{verify}");
    assert_eq!(verify.json()["checks"][0]["status"], "unknown", "{verify}");
    let command = verify.json()["checks"][0]["fix"]["command"].as_str().expect("a fix").to_owned();
    assert!(command.ends_with(&format!("--kit-fingerprint {fingerprint}")), "{command}");
    assert_eq!(asked_of_factory(&env), Vec::<String>::new());

    let named = env.run(&["verify", "--only", "factory.status", "--kit-fingerprint", &fingerprint]);
    assert_eq!(named.code, 0, "{named}");
    assert_eq!(asked_of_factory(&env), ["GET /gitlab/v1/status"]);
    env.connects(&[]);
    let approved = env.run(&["verify", "--only", "factory.status"]);
    assert_eq!(approved.code, 0, "{approved}");
}

#[test]
fn an_upload_by_hand_with_an_unapproved_kit_from_a_file_names_the_address_first() {
    let mut env = with_a_file();
    env.connects(&["--bundle-out", "bundle.age"]);
    env.on_another_machine();
    env.sandbox().clear_requests();
    let run = env.run(&["bundle", "upload", "bundle.age"]);
    assert_eq!(run.code, 2, "{run}");
    assert!(run.stderr.contains("/gitlab/v1/bundles") && run.stderr.contains("--yes"), "{run}");
    assert_eq!(asked_of_factory(&env), Vec::<String>::new());
    let run = env.run(&["bundle", "upload", "bundle.age", "--yes", "-o", "json"]);
    assert_eq!((run.code, &run.json()["recipients"]), (0, &Value::Null), "{run}");
}

#[test]
fn an_upload_by_hand_with_a_changed_kit_needs_a_person_or_its_fingerprint() {
    let env = with_a_file();
    env.connects(&["--bundle-out", "bundle.age"]);
    env.sandbox().clear_requests();
    let mut kit = env.sandbox().factory().kit_json();
    kit["bundle"]["upload_url"] = json!("http://127.0.0.1:9/elsewhere");
    env.file("changed.json", kit.to_string());
    let upload = ["bundle", "upload", "bundle.age", "--yes", "--kit", "changed.json"];
    let run = env.run(&upload);
    assert_eq!(run.code, 2, "{run}");
    assert!(run.stderr.contains("--yes does not cover that") && run.stderr.contains("127.0.0.1:9/elsewhere"), "{run}");
    let hint = run.stderr.lines().find(|line| line.contains("--kit-fingerprint")).expect("what to run").trim();
    assert!(hint.starts_with("factory-gitlab bundle upload"), "{hint}");
    assert_eq!(asked_of_factory(&env), Vec::<String>::new());
    kit["bundle"]["upload_url"] = json!("https://someone@127.0.0.1:9/elsewhere");
    env.file("changed.json", kit.to_string());
    let run = env.run(&upload);
    assert!(run.code == 1 && run.stderr.contains("it holds a user name or password"), "{run}");
}

const SIGNER: &str = "RWRGQUNUT1JZMXQ5+izQq0jfCk7mngWdWY4RVlqmXlMbQ94UMe+X8NbR";
const OTHER_SIGNER: &str = "RWRGQUNUT1JZMa5EPlnRomzz+BHtjK+xMmGqdq7C7qD1c2seY6Tz9y+U";
const SIGNED: &str = r#"{"schema":"factory-gitlab/kit/v1","application":{"redirect_uri":"https://api.factory.example/callback"},"webhook":{"url":"https://hooks.factory.example/a","secret_token":"signed-kit-secret-token"},"bundle":{"recipients":["age1sl0lf5juzpzgt5dymmvukh3l9mg6c2ku9w0s6p0j5u2wnf3g9sxsxq5n5k"],"upload_url":"https://api.factory.example/bundles"}}"#;
/// Made with the key of `SIGNER`, as minisign does.
const SIGNATURE: &str = "untrusted comment: signature from minisign secret key\nRURGQUNUT1JZMW9t1aSKhLwmWbehkU3n3fDQ91is8O+ragFDSCM0UK5zL52ZFlyVkE7chSClM8Ah0dXFKnufdoDzOr/dy92/iA4=\ntrusted comment: timestamp:1790000000\tfile:kit.json\thashed\nhiIoM614dVVHMoywiS2jrgx6pStENKhe77Prt7FICVpj1yuFHmUUz/oV73tBkPGW+7pYumw3JO8rTcdk6BI3AQ==\n";

#[test]
fn an_unsigned_or_wrongly_signed_kit_is_refused_where_a_signer_is_named() {
    let env = TestEnv::bare();
    env.file("kit.json", SIGNED);
    let show = |signer: &str| env.run(&["kit", "show", "--kit", "kit.json", "--kit-signer", signer]);
    assert_eq!(show(SIGNER).code, 2, "there is no signature");
    env.file("kit.json.minisig", SIGNATURE);
    let good = show(SIGNER);
    assert_eq!(good.code, 0, "{good}");
    let wrong = show(OTHER_SIGNER);
    assert!(wrong.code == 2 && wrong.stderr.contains("is not signed by the key"), "{wrong}");
    assert_eq!(show("RWsomething").code, 2, "not a key");
    env.file("kit.json", SIGNED.replace("age1sl", "age1sm"));
    assert_eq!(show(SIGNER).code, 2, "changed after it was signed");
    let stdin = env.run_with(&["kit", "show", "--kit", "-", "--kit-signer", SIGNER], SIGNED.as_bytes());
    assert_eq!(stdin.code, 2, "{stdin}");
    let connect = env.run(&["connect", "--yes", "--kit", "kit.json", "--kit-signer", SIGNER]);
    assert_eq!(connect.code, 2, "{connect}");
}

#[test]
fn a_kit_without_a_signature_beside_its_address_is_refused_where_a_signer_is_named() {
    let env = TestEnv::with(small());
    let run = env.run(&["kit", "check", "--kit-signer", SIGNER]);
    assert!(run.code == 2 && run.stderr.contains("there is no signature beside it"), "{run}");
}
