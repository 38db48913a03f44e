//! Rate limits, and a GitLab that takes no writes.

use super::{Said, small};
use crate::test_env::TestEnv;

#[test]
fn a_rate_limit_is_honoured_or_said() {
    let world = TestEnv::with(small());
    let mut said = Said::default();
    for (case, fault) in [
        ("plain text, two hours", "GET /api/v4/personal_access_tokens/self=retry-after:7200"),
        ("JSON, no time", "GET /api/v4/personal_access_tokens/self=json429"),
        ("a proxy's page", "GET /api/v4/personal_access_tokens/self=html:429"),
        ("plain text, no time", "GET /api/v4/personal_access_tokens/self=text:429"),
        ("at the door", "GET /api/v4/metadata=retry-after:7200"),
    ] {
        world.sandbox().clear_faults();
        world.sandbox().fault(fault).expect(case);
        // Without a time, a limit is waited for as long as two time-outs.
        said.pair(case, &world, &["--timeout", "1"]);
    }
    insta::assert_snapshot!(said);
}

#[test]
fn a_limit_that_passes_is_waited_out() {
    for fault in ["GET /api/v4/**=retry-after:1x2", "GET /api/v4/**=json429x1", "POST /api/v4/**=retry-after:1x1"] {
        let world = TestEnv::with(small());
        world.sandbox().fault(fault).expect(fault);
        let run = world.run(&super::CONNECT);
        assert_eq!(run.code, 0, "{fault}: {run}");
        super::assert_connected_once(fault, &world);
    }
}
