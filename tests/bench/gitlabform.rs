//! The same job by `GitLabForm`, from its package: a hook on each of N projects, made and then left as it is.

use std::process::Command;

use crate::measure::{Bench, Cost, REST_ONLY, Table, is_there, unlicensed};

const SIZES: [usize; 2] = [50, 500];

pub fn run(sizes: &[usize]) {
    let table = Table::new(
        "Beside GitLabForm",
        &["N, run", "program", "requests", "writes", "wall s", "times ours", "peak MiB"],
    );
    let program = std::env::var("GITLABFORM").unwrap_or_else(|_| "gitlabform".to_owned());
    if !is_there(&program, "--version") {
        println!("gitlabform is not here: `pip install gitlabform`, or name it in GITLABFORM");
        return;
    }
    let sizes = if sizes.is_empty() { &SIZES } else { sizes };
    for &projects in sizes {
        let (ours, theirs) = (Bench::new(unlicensed(projects, REST_ONLY)), Bench::new(unlicensed(projects, REST_ONLY)));
        let folder = tempfile::tempdir().expect("a folder");
        let config = folder.path().join("config.yml");
        std::fs::write(&config, configuration(&theirs)).expect("a file");
        for run in ["first", "second"] {
            let our_cost = ours.run(&["connect", "-yq"]);
            let their_cost = theirs.cost_of(Command::new(&program).arg("-c").arg(&config).arg("ALL"));
            let ratio = their_cost.wall.as_secs_f64() / our_cost.wall.as_secs_f64();
            table.row(&row(&format!("{projects}, {run}"), "factory-gitlab", &our_cost, 1.0));
            table.row(&row(&format!("{projects}, {run}"), "GitLabForm", &their_cost, ratio));
        }
    }
}

fn configuration(bench: &Bench) -> String {
    let (url, hook) = (bench.sandbox.gitlab_url(), format!("{}/hook", bench.sandbox.factory_url()));
    format!(
        "config_version: 4\ngitlab:\n  url: {url}\nprojects_and_groups:\n  \"*\":\n    hooks:\n      {hook}:\n        token: a-token-of-the-bench\n        \
         push_events: true\n        note_events: true\n        merge_requests_events: true\n        issues_events: true\n        \
         pipeline_events: true\n        job_events: true\n        enable_ssl_verification: true\n"
    )
}

fn row(what: &str, program: &str, cost: &Cost, ratio: f64) -> Vec<String> {
    vec![
        what.to_owned(),
        program.to_owned(),
        cost.requests.to_string(),
        cost.writes.to_string(),
        format!("{:.2}", cost.wall.as_secs_f64()),
        format!("{ratio:.1}"),
        cost.peak(),
    ]
}
