//! How many requests a second the program makes, beside what `wrk` reaches on the same endpoint with as many connections.

use std::process::Command;
use std::time::Duration;

use factory_gitlab::sandbox::options::SandboxOptions;
use factory_gitlab::sandbox::request_log::{LoggedRequest, peak_in_flight};

use crate::measure::{Bench, REST_ONLY, Table, is_there, unlicensed};

pub fn run(_sizes: &[usize]) {
    let table = Table::new(
        "Requests a second, with 10 ms latency",
        &["in flight", "factory-gitlab", "wrk", "ratio", "peak in flight seen by GitLab"],
    );
    for (concurrency, projects) in [(8, 3000), (32, 10_000)] {
        let latency = Duration::from_millis(10);
        let bench = Bench::new(SandboxOptions { latency, ..unlicensed(projects, REST_ONLY) });
        let wrk = is_there("wrk", "--version").then(|| wrk(&bench, concurrency));
        let flag = concurrency.to_string();
        bench.run(&["verify", "-q", "--only", "webhook.coverage", "--fail-on", "never", "--concurrency", &flag]);
        let requests = bench.sandbox.requests();
        let (ours, peak) = (rate(&requests), peak_in_flight(&requests));
        let (theirs, ratio) = match wrk {
            Some(wrk) => (format!("{wrk:.0}"), format!("{:.2}", ours / wrk)),
            None => ("not here".to_owned(), "?".to_owned()),
        };
        table.row(&[flag, format!("{ours:.0}"), theirs, ratio, peak.to_string()]);
    }
}

/// Requests a second from the first read of hooks to the last one; the pages of projects in between count as well.
fn rate(requests: &[LoggedRequest]) -> f64 {
    let hooks = || requests.iter().filter(|request| request.path().ends_with("/hooks"));
    let began = hooks().map(|request| request.started).min().expect("hooks were read");
    let ended = hooks().filter_map(|request| request.ended).max().expect("hooks were read");
    let count = requests.iter().filter(|request| request.started >= began).count();
    count as f64 / (ended - began).as_secs_f64()
}

/// `wrk` on the hooks of one project, a thread for all connections, as we have.
fn wrk(bench: &Bench, connections: usize) -> f64 {
    let project = bench.sandbox.gitlab().projects()[0].id;
    let url = format!("{}/api/v4/projects/{project}/hooks?per_page=100", bench.sandbox.gitlab_url());
    let token = format!("PRIVATE-TOKEN: {}", bench.sandbox.gitlab().admin_token());
    let output = Command::new("wrk")
        .args(["-t1", &format!("-c{connections}"), "-d4s", "-H", &token, &url])
        .output()
        .expect("wrk");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(!said.contains("Non-2xx"), "{said}");
    let line = said.lines().find_map(|line| line.strip_prefix("Requests/sec:"));
    line.and_then(|rate| rate.trim().parse().ok()).expect("a rate")
}
