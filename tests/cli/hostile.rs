//! Malicious servers: a clear message, the right exit code, in time, with little memory, and the token goes to no other
//! server.

mod raw_server;
mod scripts;

use std::io::Read as _;
use std::net::TcpStream;
use std::process::Output;
use std::time::Duration;

use factory_gitlab::env::Env;
use factory_gitlab::sandbox::options::{SandboxEdition, SandboxOptions, SandboxPlan};

use self::raw_server::{Asked, Script, elsewhere, start_raw_server};
use crate::test_env::{TestEnv, Transcript, small};

/// The most memory that any server can make the program use, in KiB.
const MOST_MEMORY: u64 = 64 * 1024;
/// A run sends a few requests in sequence, each up to its time-out; the rest is slack for a busy machine.
const LONGEST: Duration = Duration::from_secs(120);

const TIMEOUT: &str = "2";

/// A run, its peak memory (in KiB, zero where the system does not tell), and how long it took.
struct Measured {
    run: Transcript,
    peak: u64,
    took: Duration,
}

fn measured(env: &TestEnv, args: &[&str]) -> Measured {
    let began = Env::empty().clock.instant();
    let mut child = env.start(args);
    let status = format!("/proc/{}/status", child.id());
    let (mut output, mut error) = (child.stdout.take().expect("piped"), child.stderr.take().expect("piped"));
    let reading = std::thread::spawn(move || {
        let mut bytes = Vec::new();
        output.read_to_end(&mut bytes).map(|_| bytes).expect("standard output")
    });
    let complaints = std::thread::spawn(move || {
        let mut bytes = Vec::new();
        error.read_to_end(&mut bytes).map(|_| bytes).expect("standard error")
    });
    let mut peak = 0;
    let ended = loop {
        // The peak only grows, so the last value before the end is enough. The first may be the memory of this process, which
        // a child has until its `exec` is through.
        peak = high_water(&status).unwrap_or(peak);
        if let Some(ended) = child.try_wait().expect("a child") {
            break ended;
        }
        if began.elapsed() > LONGEST * 2 {
            child.kill().expect("killed");
        }
        std::thread::park_timeout(Duration::from_millis(2));
    };
    let took = began.elapsed();
    let stdout = reading.join().expect("standard output");
    let stderr = complaints.join().expect("standard error");
    let run = Transcript::new(&Output { status: ended, stdout, stderr }, &env.path(""));
    Measured { run, peak, took }
}

/// The peak memory (`VmHWM`), on systems that have it.
fn high_water(status: &str) -> Option<u64> {
    let text = std::fs::read_to_string(status).ok()?;
    text.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.trim().parse().ok())
}

/// Runs `connect` on a new instance and `verify` on a connected one, against a server that answers one path with a script.
fn assert_withstood(at: &'static str, script: impl Script + Copy, options: &SandboxOptions) {
    let fresh = TestEnv::with(options.clone());
    assert_run_withstood(fresh, at, script, &["connect", "--yes"]);
    for form in ["text", "json"] {
        let env = TestEnv::with(options.clone());
        env.connects(&[]);
        assert_run_withstood(env, at, script, &["verify", "-o", form]);
    }
}

fn assert_run_withstood(mut env: TestEnv, at: &'static str, script: impl Script, command: &[&str]) {
    let heads = start_raw_server(&mut env, at, script);
    let Measured { run, peak, took } =
        measured(&env, &[command, &["--timeout", TIMEOUT, "--concurrency", "32"]].concat());
    assert!(matches!(run.code, 1 | 3), "{command:?} {at}: {run}");
    assert!(run.stderr.len() + run.stdout.len() < 100_000, "{command:?} {at}: it says too much");
    assert!(!run.stderr.contains("panicked"), "{command:?} {at}: {run}");
    assert!(peak < MOST_MEMORY, "{command:?} {at}: {peak} KiB: {run}");
    assert!(took < LONGEST, "{command:?} {at}: {took:?}: {run}");
    assert!(!heads.all().is_empty(), "{command:?}: nothing was asked");
}

/// Without a license for group hooks, every project has its own hook.
fn many() -> SandboxOptions {
    SandboxOptions { projects: 60, edition: SandboxEdition::Ce, plan: SandboxPlan::None, ..small() }
}

#[test]
fn a_raw_server_that_only_forwards_is_green() {
    let mut env = TestEnv::with(small());
    env.connects(&[]);
    let heads = start_raw_server(&mut env, "/nowhere", scripts::cut);
    let Measured { run, peak, .. } = measured(&env, &["verify"]);
    assert_eq!(run.code, 0, "{run}");
    assert!(heads.all().len() > 5 && (cfg!(not(target_os = "linux")) || peak > 1024), "{peak}");
}

/// Every way to write another origin so that it looks like GitLab's own.
#[test]
fn the_token_is_sent_to_no_other_origin_however_its_address_is_written() {
    let (elsewhere, heads) = elsewhere();
    let host = elsewhere.replace("http:", "");
    for to in [elsewhere.clone(), host.clone(), host.replace('/', "\\"), elsewhere.replace("//", "//[own]@")] {
        for header in ["Location", "Link"] {
            let mut env = TestEnv::with(small());
            let to = to.clone();
            let script = move |stream: &mut TcpStream, asked: &Asked| {
                let to = to.replace("[own]", asked.origin.trim_start_matches("http://"));
                scripts::lead(stream, header, &format!("{to}{}", asked.path()))
            };
            drop(start_raw_server(&mut env, "/api/v4/applications", script));
            let run = env.run(&["connect", "--yes"]);
            assert!(matches!(run.code, 1 | 3), "{header}: {run}");
        }
    }
    assert_eq!(heads.all(), Vec::<String>::new());
}

macro_rules! withstood {
    ($($name:ident = $at:literal, $script:ident;)+) => {$(
        #[test]
        fn $name() {
            assert_withstood($at, scripts::$script, &small());
        }
    )+};
}

withstood! {
    an_endless_body = "/api/v4/metadata", endless;
    an_endless_list = "/api/v4/applications", endless;
    a_head_that_drips = "/api/v4/metadata", slow_head;
    a_body_that_drips = "/api/v4/applications", slow_body;
    a_large_header = "/api/v4/metadata", large_header;
    deep_arrays = "/api/v4/applications", deep;
    deep_objects = "/api/v4/groups", deep_objects;
    many_parts_of_a_list = "/api/v4/groups/*/hooks", many_parts;
    a_body_that_is_cut = "/api/v4/groups/*/hooks", cut;
    a_redirect_in_a_circle = "/api/v4/groups", redirect_loop;
    a_bomb = "/api/v4/applications", packed;
    a_link_to_itself = "/api/v4/applications", link_to_itself;
    links_in_a_circle = "/api/v4/groups", links_in_a_circle;
    a_page_that_repeats = "/api/v4/groups/*/hooks", a_page_that_repeats;
    a_million_hooks = "/api/v4/groups/*/hooks", a_million;
    a_million_applications = "/api/v4/applications", a_million;
}

#[test]
fn sixty_endless_bodies_at_the_same_time() {
    assert_withstood("/api/v4/projects/*/hooks", scripts::endless, &many());
}

#[test]
fn sixty_large_lists_at_the_same_time() {
    assert_withstood("/api/v4/projects/*/hooks", scripts::many_parts, &many());
}

/// What `network check` asks of GitLab beside the rest.
#[test]
fn a_network_check_withstands_the_same() {
    for at in ["/api/v4/version", "/api/v4/application/settings", "/api/v4/projects", "/api/v4/groups"] {
        let cases: [fn(&mut TcpStream, &Asked) -> std::io::Result<()>; 6] =
            [scripts::endless, scripts::slow_head, scripts::large_header, scripts::deep, scripts::cut, scripts::packed];
        for script in cases {
            assert_run_withstood(TestEnv::with(small()), at, script, &["network", "check"]);
        }
    }
}
