//! `verify --wait`: one deadline, one verdict, and the last attempt counts.

#![expect(clippy::disallowed_methods, reason = "the program is measured from outside")]

use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use factory_gitlab::sandbox::factory::ConnectionStatus;
use factory_gitlab::sandbox::options::SandboxOptions;

use crate::test_env::{TestEnv, Transcript, small};
use crate::verify;

/// What a busy machine may take besides; shorter than the limits that are not to be waited for.
const SLACK: Duration = Duration::from_secs(40);

fn metadata_was_asked(env: &TestEnv) -> usize {
    env.sandbox().requests().iter().filter(|one| one.path().ends_with("/metadata")).count()
}

/// A connected instance whose Factory has finished: `--wait` waits for that too.
fn connected(options: SandboxOptions) -> TestEnv {
    let env = verify::connected(options);
    let connected = Some((ConnectionStatus::Connected, String::new()));
    env.sandbox().factory().set_quirks(|quirks| quirks.status = connected);
    env
}

/// Waits until GitLab has received this many requests for its metadata.
fn asked(env: &TestEnv, times: usize) {
    let began = Instant::now();
    while metadata_was_asked(env) < times {
        assert!(began.elapsed() < Duration::from_secs(120), "asked only {} times", metadata_was_asked(env));
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn ended(child: Child, env: &TestEnv) -> Transcript {
    let output = child.wait_with_output().expect("it ends");
    Transcript::new(&output, &env.path(""))
}

#[test]
fn findings_of_earlier_attempts_are_not_reported_in_any_format() {
    let env = connected(small());
    for form in ["text", "json", "junit"] {
        env.sandbox().clear_faults();
        env.sandbox().clear_requests();
        env.sandbox().fault("GET /api/v4/metadata=status:500x1").expect("a fault");
        let run = env.run(&["verify", "--wait", "20s", "-o", form]);
        assert_eq!(run.code, 0, "{form}: {run}");
        assert_eq!(metadata_was_asked(&env), 2, "{form}: {run}");
        for word in ["500", "unknown", "fail"] {
            assert!(!run.stderr.contains(word), "{form} {word}: {run}");
        }
        match form {
            "text" => assert_eq!(run.stdout.matches("verdict: ").count(), 1, "{run}"),
            "json" => assert_eq!(run.json()["verdict"], "pass", "{run}"),
            _ => {
                assert_eq!(run.stdout.matches("<testsuites ").count(), 1, "{run}");
                assert!(!run.stdout.contains("<error") && !run.stdout.contains("<failure"), "{run}");
            }
        }
    }
}

#[test]
fn the_exit_code_is_that_of_the_last_attempt() {
    let env = connected(small());
    env.sandbox().fault("GET /api/v4/personal_access_tokens/self=status:401x1").expect("a fault");
    env.sandbox().fault("GET /api/v4/user=status:500@2").expect("a fault");
    let run = env.run(&["verify", "--wait", "5s"]);
    assert!(metadata_was_asked(&env) > 1, "{run}");
    assert_eq!(run.code, 3, "{run}");
    assert!(run.stdout.contains("verdict: unknown, "), "{run}");
}

#[test]
fn a_run_ends_within_one_request_time_out_after_its_deadline() {
    let env = connected(small());
    for (fault, live) in [
        ("gitlab:**=retry-after:55", false),
        ("gitlab:**=hang", false),
        ("gitlab:**=slow", false),
        ("gitlab:**=status:503", false),
        ("POST /api/v4/groups/*/hooks/*/test/*=retry-after:55", true),
    ] {
        env.sandbox().clear_faults();
        env.sandbox().fault(fault).expect(fault);
        let mut args = vec!["verify", "--wait", "1s", "--timeout", "2", "-o", "json"];
        args.extend(live.then_some("--live"));
        let run = env.run(&args);
        assert_eq!(run.code, 3, "{fault}: {run}");
        // By the program's own clock, on which every pause counts in full.
        let took = Duration::from_millis(run.json()["duration_ms"].as_u64().expect("a duration"));
        assert!(took < Duration::from_secs(3) + SLACK, "{fault}: {took:?} {run}");
    }
}

#[test]
fn a_wait_longer_than_a_year_is_a_mistake() {
    let env = TestEnv::bare();
    let run = env.run(&["verify", "--wait", "2500000000000000h"]);
    assert_eq!(run.code, 2, "{run}");
    assert!(run.stderr.contains("it has to be at most a year"), "{run}");
}

/// An address on which nothing listens.
fn free_address() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a port")
}

/// Makes the sandbox's GitLab reachable at another port after a while.
fn comes_up_at(env: &TestEnv, address: SocketAddr, after: Duration) -> String {
    let to = env.sandbox().gitlab_url().replace("http://", "");
    std::thread::spawn(move || {
        std::thread::sleep(after);
        let listener = TcpListener::bind(address).expect("the port is free still");
        for stream in listener.incoming().flatten() {
            let to = to.clone();
            std::thread::spawn(move || through(&stream, &to));
        }
    });
    format!("http://{address}")
}

fn through(stream: &TcpStream, to: &str) -> io::Result<()> {
    let mut other = TcpStream::connect(to)?;
    let (mut up, mut from, mut down) = (other.try_clone()?, stream.try_clone()?, stream.try_clone()?);
    std::thread::spawn(move || io::copy(&mut from, &mut up));
    io::copy(&mut other, &mut down).map(drop)
}

#[test]
fn an_instance_that_comes_up_while_waiting_passes() {
    let address = free_address();
    let mut env = connected(SandboxOptions { forwarded_from: Some(address), ..small() });
    let url = comes_up_at(&env, address, Duration::from_millis(1500));
    env.sandbox().gitlab().lock().external_url = url.parse().expect("an address");
    env.set("GITLAB_URL", &url);
    let run = env.run(&["verify", "--wait", "10h"]);
    assert_eq!(run.code, 0, "{run}");
    assert!(run.stdout.contains("verdict: pass, ") && !run.stdout.contains("refused"), "{run}");
}

#[cfg(unix)]
#[test]
fn a_wait_that_is_interrupted_ends_at_once_with_130_and_no_verdict() {
    let env = connected(small());
    env.sandbox().fault("GET /api/v4/metadata=status:500").expect("a fault");
    let child = env.start(&["verify", "--wait", "10h"]);
    asked(&env, 2);
    let sent = Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("a signal");
    assert!(sent.success());
    let began = Instant::now();
    let run = ended(child, &env);
    assert_eq!(run.code, 130, "{run}");
    assert!(began.elapsed() < SLACK, "{:?}", began.elapsed());
    assert!(!run.stdout.contains("verdict"), "{run}");
}
