//! Factory refuses the bundle: it stays on disk, sealed, and is sent by the next run or by `bundle upload`.

use factory_gitlab::sandbox::factory::BundleIntake;
use factory_gitlab::sandbox::request_log::{LoggedRequest, Moment, RequestAction};

use super::{Said, small};
use crate::test_env::TestEnv;

/// How Factory behaves.
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
    let env = TestEnv::with(small());
    match how {
        How::Switch(intake) => env.sandbox().factory().set_quirks(|quirks| quirks.intake = *intake),
        How::Fault(action) => {
            env.sandbox().fault(&format!("factory:POST /gitlab/v1/bundles={action}")).expect("a fault");
        }
    }
    env
}

fn told_otherwise(env: &TestEnv) {
    env.sandbox().clear_faults();
    env.sandbox().factory().set_quirks(|quirks| quirks.intake = BundleIntake::Honest);
}

/// Enough for every request that is answered, and short enough for the one that hangs.
const TIMEOUT: [&str; 2] = ["--timeout", "5"];
const CONNECT: [&str; 5] = ["connect", "--yes", "-q", TIMEOUT[0], TIMEOUT[1]];

fn bundle_of(env: &TestEnv) -> String {
    let bundles: Vec<_> =
        super::files_below(&env.path("state")).into_iter().filter(|path| path.ends_with("bundle.age")).collect();
    assert_eq!(bundles.len(), 1, "one sealed bundle");
    bundles[0].to_string_lossy().into_owned()
}

#[test]
fn a_bundle_that_factory_refuses_is_kept_and_the_next_run_sends_it() {
    let mut said = String::new();
    for (case, how, code) in &REFUSALS {
        let env = told(how);
        let run = env.run(&CONNECT);
        assert_eq!(run.code, *code, "{case}: {run}");
        said.push_str(&format!("== {case} (exit {code})\n{}\n", super::what_failed(&run)));
        let sealed = std::fs::read(bundle_of(&env)).expect("a bundle");
        told_otherwise(&env);
        env.sandbox().clear_requests();
        let again = env.run(&CONNECT);
        assert_eq!(again.code, 0, "{case}: {again}");
        super::assert_connected_once(case, &env);
        assert_eq!(env.sandbox().factory().bundles()[0].sealed, sealed, "{case}: it is the one that was kept");
        let writes = super::writes(&env);
        assert_eq!(writes.iter().filter(|one| one.path() == "/gitlab/v1/bundles").count(), 1, "{case}: {writes:?}");
        assert!(!writes.iter().any(|one| one.path().ends_with("/applications")), "{case}: {writes:?}");
    }
    insta::assert_snapshot!(said, @r"
    == the key is not valid (exit 1)
      failed  upload the sealed bundle to Factory
              the upload was refused: the Factory API key is missing or not valid
              caused by: POST /gitlab/v1/bundles on 127.0.0.1:[port]: answered 401: the API key is not valid
      - set FACTORY_API_KEY to a valid key; keys are created in Factory's settings
      - send the sealed bundle again when that is done; it is kept
        factory-gitlab bundle upload [home]/state/127.0.0.1_[port]--org_sandbox/bundle.age
    == the plan does not include it (exit 1)
      failed  upload the sealed bundle to Factory
              the upload was refused: Factory's plan does not allow it
              caused by: POST /gitlab/v1/bundles on 127.0.0.1:[port]: answered 402: the plan of this organization does not include self-hosted GitLab
      - ask Factory; the organization's plan does not include this
      - send the sealed bundle again when that is done; it is kept
        factory-gitlab bundle upload [home]/state/127.0.0.1_[port]--org_sandbox/bundle.age
    == the key's role is too small (exit 1)
      failed  upload the sealed bundle to Factory
              the upload was refused: the Factory API key lacks the right, or the upload address has expired
              caused by: POST /gitlab/v1/bundles on 127.0.0.1:[port]: answered 403: this needs the role Manager or Owner
      - use the key of a Manager or Owner of the organization
      - send the sealed bundle again when that is done; it is kept
        factory-gitlab bundle upload [home]/state/127.0.0.1_[port]--org_sandbox/bundle.age
    == there is another one (exit 1)
      failed  upload the sealed bundle to Factory
              the upload was refused: it conflicts with what Factory has
              caused by: POST /gitlab/v1/bundles on 127.0.0.1:[port]: answered 409: this organization is connected to another GitLab already
      - ask Factory before sending again; it has a different bundle under this name
      - send the sealed bundle again when that is done; it is kept
        factory-gitlab bundle upload [home]/state/127.0.0.1_[port]--org_sandbox/bundle.age
    == the bundle is too large (exit 1)
      failed  upload the sealed bundle to Factory
              the upload was refused: the bundle is too large
              caused by: POST /gitlab/v1/bundles on 127.0.0.1:[port]: answered 413: the bundle is too large
      - ask Factory; the bundle is larger than it accepts
      - send the sealed bundle again when that is done; it is kept
        factory-gitlab bundle upload [home]/state/127.0.0.1_[port]--org_sandbox/bundle.age
    == trouble (exit 3)
      failed  upload the sealed bundle to Factory
              the upload failed on Factory's side
              caused by: POST /gitlab/v1/bundles on 127.0.0.1:[port]: answered 500: the bundle was not taken
      - try again once 127.0.0.1:[port] has recovered
        factory-gitlab connect
      - send the sealed bundle again when that is done; it is kept
        factory-gitlab bundle upload [home]/state/127.0.0.1_[port]--org_sandbox/bundle.age
    == overload (exit 3)
      failed  upload the sealed bundle to Factory
              the upload failed on Factory's side
              caused by: POST /gitlab/v1/bundles on 127.0.0.1:[port]: answered 503: the bundle was not taken
      - try again once 127.0.0.1:[port] has recovered
        factory-gitlab connect
      - send the sealed bundle again when that is done; it is kept
        factory-gitlab bundle upload [home]/state/127.0.0.1_[port]--org_sandbox/bundle.age
    == a receipt for another bundle (exit 1)
      failed  upload the sealed bundle to Factory
              the receipt is for another bundle than the one that was sent: [digest] instead of [digest]
              caused by: the bundle was changed on its way to Factory, or Factory answered for another one
      - send the sealed bundle again when that is done; it is kept
        factory-gitlab bundle upload [home]/state/127.0.0.1_[port]--org_sandbox/bundle.age
    == a login wall (exit 3)
      failed  upload the sealed bundle to Factory
              the upload failed
              caused by: POST /gitlab/v1/bundles on 127.0.0.1:[port]: 200: the answer is a sign-in page
      - let API requests pass the sign-in page in front of 127.0.0.1:[port] (SSO, Cloudflare Access), or run this from inside
      - send the sealed bundle again when that is done; it is kept
        factory-gitlab bundle upload [home]/state/127.0.0.1_[port]--org_sandbox/bundle.age
    == no answer (exit 3)
      failed  upload the sealed bundle to Factory
              the upload failed
              caused by: POST /gitlab/v1/bundles on 127.0.0.1:[port]: no answer within 5 s
      - try again, with more time for each request
        factory-gitlab connect --timeout 90
      - send the sealed bundle again when that is done; it is kept
        factory-gitlab bundle upload [home]/state/127.0.0.1_[port]--org_sandbox/bundle.age
    == an answer that is lost (exit 3)
      failed  upload the sealed bundle to Factory
              the upload failed
              caused by: POST /gitlab/v1/bundles on 127.0.0.1:[port]: the connection was interrupted: Connection reset by peer (os error 104)
      - try again; if it happens again, look for a proxy or firewall that closes connections
        factory-gitlab connect
      - send the sealed bundle again when that is done; it is kept
        factory-gitlab bundle upload [home]/state/127.0.0.1_[port]--org_sandbox/bundle.age
    == a redirect (exit 1)
      failed  upload the sealed bundle to Factory
              the upload failed
              caused by: POST /gitlab/v1/bundles on 127.0.0.1:[port]: redirected to https://elsewhere.example/bundles
      - let API requests pass the proxy or sign-in page in front of 127.0.0.1:[port], or correct the address
      - send the sealed bundle again when that is done; it is kept
        factory-gitlab bundle upload [home]/state/127.0.0.1_[port]--org_sandbox/bundle.age
    ");
}

#[test]
fn a_bundle_that_factory_refuses_can_be_uploaded_by_hand() {
    for (case, how, code) in &REFUSALS {
        let env = told(how);
        let path = {
            let run = env.run(&CONNECT);
            assert_eq!(run.code, *code, "{case}: {run}");
            bundle_of(&env)
        };
        let refused = env.run(&["bundle", "upload", &path, TIMEOUT[0], TIMEOUT[1]]);
        assert_eq!(refused.code, *code, "{case}: {refused}");
        assert!(refused.stderr.contains("bundle upload"), "{case}: the way to try again is named: {refused}");
        told_otherwise(&env);
        let sent = env.run(&["bundle", "upload", &path]);
        assert_eq!(sent.code, 0, "{case}: {sent}");
        super::assert_connected_once(case, &env);
    }
}

/// An instance whose kit names the webhook's host, and which may send webhooks there.
fn by_name() -> TestEnv {
    let env = TestEnv::with(small());
    env.sandbox().factory().edit_kit(|kit| {
        let url = kit["webhook"]["url"].as_str().expect("an address").replace("127.0.0.1", "localhost");
        kit["webhook"]["url"] = serde_json::json!(url);
    });
    // The address of `localhost` is on the allowlist already. Its name must not be: GitLab does not resolve one that is.
    env
}

/// GitLab resolves the webhook's host itself, and says what is wrong only when a webhook is tested.
#[test]
fn a_webhook_host_that_gitlab_cannot_resolve_has_the_same_fix_in_each_command() {
    let mut said = Said::default();
    let env = by_name();
    env.sandbox().gitlab().lock().quirks.no_dns = true;
    said.keep_all("when it is registered: connect", &env.run(&super::CONNECT));
    let equal = by_name();
    equal.connects(&[]);
    let is_hook = |one: &&LoggedRequest| one.method == "POST" && one.path().ends_with("/hooks");
    let number = equal.sandbox().requests().iter().find(is_hook).expect("a hook").number;
    let env = by_name();
    let gitlab = env.sandbox().gitlab().clone();
    env.sandbox().at_request(number, Moment::AfterActing, move |_| {
        gitlab.lock().quirks.no_dns = true;
        RequestAction::Continue
    });
    said.keep_all("when it is tested: connect", &env.run(&super::CONNECT));
    said.keep_all("when it is tested: verify", &env.run(&["verify", "--live", "-q"]));
    insta::assert_snapshot!(said, @r"
    == when it is registered: connect
    exit code: 1
    ----- stdout -----
    not finished: http://127.0.0.1:[port]

      failed  register a webhook on group group-1
              GitLab refused
              caused by: POST /api/v4/groups/3/hooks on 127.0.0.1:[port]: answered 422: Invalid url given
      - make the webhook's host resolve on the GitLab server (its DNS), and allow GitLab to send webhooks to this address, in the outbound request settings
        http://127.0.0.1:[port]/admin/application_settings/network#js-outbound-settings

    4 of 6 steps done, 1 failed, 1 not started.
    Completed steps are kept. Run the same command again to continue.
    == when it is tested: connect
    exit code: 1
    ----- stdout -----
    not finished: http://127.0.0.1:[port]

    Test delivery from group group-1
      sent by GitLab: no (GitLab cannot resolve the webhook's host: URL is blocked: Host cannot be resolved or invalid)
      in GitLab's log: no (the log shows no answer (timeout, DNS, TLS, or an address that GitLab blocks))
      received by Factory: no (Factory has not received it)
      GitLab cannot resolve the webhook's host: URL is blocked: Host cannot be resolved or invalid
      - make localhost resolve on the GitLab server (its DNS; getent hosts localhost shows it there); where only a proxy can resolve it, add it to the allowlist of outbound requests
        http://127.0.0.1:[port]/admin/application_settings/network#js-outbound-settings

    5 of 6 steps done, 1 failed.
    Completed steps are kept. Run the same command again to continue.
    == when it is tested: verify
    exit code: 1
    ----- stdout -----
    webhook
      fail     webhook.delivery          a test delivery arrives
               GitLab cannot resolve the webhook's host: URL is blocked: Host cannot be resolved or invalid
               fix: make localhost resolve on the GitLab server (its DNS; getent hosts localhost shows it there); where only a proxy can resolve it, add it to the allowlist of outbound requests
                    http://127.0.0.1:[port]/admin/application_settings/network#js-outbound-settings
               webhook.md#check-webhook-delivery
      fail     webhook.recent            recent deliveries did not fail
               the newest delivery of 1 of 1 hooks failed: group group-1: no answer (time-out, DNS, TLS, or an address that GitLab blocks)
               fix: let GitLab reach Factory: its DNS, firewall and outbound requests
                    factory-gitlab verify --live
                    http://127.0.0.1:[port]/admin/application_settings/network#js-outbound-settings
               webhook.md#check-webhook-recent

    verdict: fail, 26 passed, 2 failed, 2 skipped on http://127.0.0.1:[port] ([cost])
    ");
}
