//! What is printed.

use crate::test_env::{TestEnv, small};

#[test]
fn a_healthy_network_is_told_layer_by_layer() {
    let env = TestEnv::with(small());
    let run = env.run(&["network", "check"]);
    assert_eq!(run.code, 0, "{run}");
    insta::assert_snapshot!(run, @"");
}

#[test]
fn a_rehearsal_in_the_sandbox_is_green() {
    let env = TestEnv::bare();
    let run = env.run(&["sandbox", "network", "check"]);
    assert_eq!(run.code, 0, "{run}");
    assert!(run.stdout.contains("verdict: pass"), "{run}");
    assert!(!run.stdout.contains("unknown"), "{run}");
}

#[test]
fn without_kit_url_and_target_there_is_nothing_to_look_at() {
    let env = TestEnv::bare();
    let run = env.run(&["network", "check"]);
    assert_eq!(run.code, 2, "{run}");
    insta::assert_snapshot!(run, @"");
}

#[test]
fn a_target_alone_needs_neither_kit_nor_gitlab_nor_token() {
    let env = TestEnv::bare();
    let free = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let target = format!("tcp://{}", free.local_addr().expect("an address"));
    let run = env.run(&["network", "check", "--target", &target]);
    assert_eq!(run.code, 0, "{run}");
    drop(free);
    let run = env.run(&["network", "check", "--target", &target, "--only", "network.tcp"]);
    assert_eq!(run.code, 1, "{run}");
    insta::assert_snapshot!(run, @"");
}
