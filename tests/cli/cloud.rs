//! GitLab.com, with the person in the browser of the sandbox: `connect --cloud`, `verify --cloud`, `disconnect --cloud`.

mod faults;
mod refusals;
#[cfg(unix)]
mod resumed;
mod secrets;
mod trust;
mod walk;
#[cfg(unix)]
mod wizard;

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, Output};
use std::thread;

use factory_gitlab::sandbox::options::{CloudOffers, SandboxOptions};

use crate::test_env::{TestEnv, Transcript};

pub const SESSION: CloudOffers = CloudOffers { session: true, client: false, device: false };
pub const CODE: CloudOffers = CloudOffers { session: false, client: true, device: false };

/// GitLab.com with these ways in the kit.
pub fn cloud(offers: CloudOffers) -> TestEnv {
    TestEnv::with(SandboxOptions { projects: 6, groups: 4, ..SandboxOptions::cloud(offers) })
}

/// One rehearsal in a process: options of the sandbox, and the command in it.
pub fn rehearse(sandbox: &[&str], command: &[&str]) -> Transcript {
    let mut env = TestEnv::bare();
    // The embedded GitLab tells a device that polls too fast by the system's clock.
    let polls = command.contains(&"--device") && !sandbox.iter().any(|option| option.contains("browser=away"));
    env.set_clock_speed(if polls { 1 } else { 200 });
    env.run(&[&["sandbox", "--cloud"], sandbox, command].concat())
}

/// Runs a command while the person opens each address that it prints for a browser.
pub fn with_person(env: &TestEnv, args: &[&str]) -> Transcript {
    env.sandbox().clear_requests();
    let output = watched(env, env.start(args));
    Transcript::new(&output, &env.path(""))
}

/// The end of a run, with the person in the browser.
pub fn watched(env: &TestEnv, mut child: Child) -> Output {
    let (stdout, stderr) = (child.stdout.take().expect("piped"), child.stderr.take().expect("piped"));
    let open = env.sandbox().page_opener();
    let (stdout, stderr) = thread::scope(|scope| {
        let errors = scope.spawn(move || {
            let mut text = String::new();
            for line in BufReader::new(stderr).lines() {
                let line = line.expect("UTF-8");
                let is_page = ["/authorize", "/oauth/"].iter().any(|part| line.contains(part));
                if line.trim_start().starts_with("http") && is_page {
                    open(line.trim());
                }
                text.push_str(&line);
                text.push('\n');
            }
            text
        });
        let mut text = String::new();
        let mut stdout = stdout;
        stdout.read_to_string(&mut text).expect("UTF-8");
        (text, errors.join().expect("read"))
    });
    let status = child.wait().expect("an end");
    Output { status, stdout: stdout.into_bytes(), stderr: stderr.into_bytes() }
}

/// A transcript without what differs from run to run here alone: sessions, states, codes, and how often something was asked.
pub fn steady(run: &Transcript) -> String {
    let filters = [
        (r"ses_[0-9A-Za-z]{24}", "[session]"),
        (r"state=[^&\s]+&code_challenge=[^&\s]+", "state=[state]&code_challenge=[challenge]"),
        (r"(user_code=|The code is )[0-9A-Z]{8}", "$1[code]"),
        (r"127\.0\.0\.1%3A\d+", "127.0.0.1%3A[port]"),
        (r"\d+ requests, (\d+) of them writes", "[n] requests, $1 of them writes"),
    ];
    filters.iter().fold(run.to_string(), |text, (pattern, put)| {
        regex::Regex::new(pattern).expect("a pattern").replace_all(&text, *put).into_owned()
    })
}

/// The selection that Factory has.
pub fn selection(env: &TestEnv) -> serde_json::Value {
    let run = env.run(&["connect", "--cloud", "--dry-run", "-o", "json"]);
    assert_eq!(run.code, 0, "{run}");
    run.json()["cloud"]["selection"].clone()
}
