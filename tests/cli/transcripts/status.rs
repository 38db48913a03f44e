//! `status`.

use super::*;

#[test]
fn nothing_is_recorded() {
    let run = TestEnv::bare().run(&["status"]);
    insta::assert_snapshot!(run, @r"
    exit code: 0
    ----- stdout -----
    nothing is recorded on this machine
    ");
}

#[test]
fn a_connection() {
    let env = TestEnv::with(small());
    env.connects(&[]);
    let run = env.run(&["status"]);
    insta::assert_snapshot!(run, @r"
    exit code: 0
    ----- stdout -----
    http://127.0.0.1:[port]
      state        finished on [time]
      organization org_sandbox
      kit          [fingerprint], sealed for [recipient]
      application  [digest]
      its secret   sealed for Factory
      bundle       accepted by Factory on [time]
      renewed      application's secret today, webhooks' secret today
      webhooks     1 created or changed by this tool (auto)
      recorded in  [home]/state/127.0.0.1_[port]--org_sandbox/journal.jsonl
    ");
}

#[test]
fn a_bundle_that_waits() {
    use factory_gitlab::sandbox::factory::BundleIntake;
    let env = TestEnv::with(small());
    env.sandbox().factory().set_quirks(|quirks| quirks.intake = BundleIntake::Refuse(503));
    let run = env.connect(&["-q"]);
    insta::assert_snapshot!(run, @r"
    exit code: 3
    ----- stdout -----
    not finished: http://127.0.0.1:[port]

      failed  upload the sealed bundle to Factory
              the upload failed on Factory's side
              caused by: POST /gitlab/v1/bundles on 127.0.0.1:[port]: answered 503: the bundle was not taken
      - try again once 127.0.0.1:[port] has recovered
        factory-gitlab connect
      - send the sealed bundle again when that is done; it is kept
        factory-gitlab bundle upload [home]/state/127.0.0.1_[port]--org_sandbox/bundle.age

    5 of 6 steps done, 1 failed.
    Completed steps are kept. Run the same command again to continue.
    ");
    let run = env.run(&["status"]);
    insta::assert_snapshot!(run, @r"
    exit code: 0
    ----- stdout -----
    http://127.0.0.1:[port]
      state        started, not finished; run connect again to continue
      organization org_sandbox
      kit          [fingerprint], sealed for [recipient]
      application  [digest]
      its secret   sealed for Factory
      bundle       sealed and not yet accepted; the next run sends it
      renewed      application's secret today, webhooks' secret today
      webhooks     1 created or changed by this tool (auto)
      recorded in  [home]/state/127.0.0.1_[port]--org_sandbox/journal.jsonl
    ");
}
