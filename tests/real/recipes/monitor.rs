//! The recipes for `monitor`: the timer of systemd, and the alerts of Prometheus.

use std::fs;
use std::process::Stdio;

use super::{Ended, Written};
use crate::cli::test_env::{TestEnv, small};
use crate::programs::{output, program};

const SERVICE: &str = "factory-gitlab-monitor.service";
const TIMER: &str = "factory-gitlab-monitor.timer";
const RULES: &str = "factory-gitlab.rules.yml";

#[test]
fn systemd_takes_the_unit_and_the_timer_and_calls_the_unit_well_protected() {
    let files = Written::new("systemd");
    assert!(files.text(SERVICE).contains("LoadCredential=token:"));
    files.edit(SERVICE, "/usr/bin/factory-gitlab", &TestEnv::program().display().to_string());
    let analyze = |args: &[&str]| Ended::of(program("systemd-analyze").args(args).current_dir(files.env.path("")));
    let said = analyze(&["verify", &format!("./{SERVICE}"), &format!("./{TIMER}")]).good();
    assert!(!said.contains("factory-gitlab-monitor"), "{said}");
    // In tenths; "OK" begins at 2.0 and below, and a unit without protection has 9.6.
    analyze(&["security", "--offline=true", "--threshold=20", &format!("./{SERVICE}")]).good();
}

#[test]
fn the_arguments_of_the_unit_are_this_programs() {
    let service = Written::new("systemd").text(SERVICE).replace("\\\n", "");
    let line = service.lines().find_map(|line| line.strip_prefix("ExecStart=/usr/bin/")).expect("a command");
    let args: Vec<std::ffi::OsString> = line.split_whitespace().map(Into::into).collect();
    let parsed = factory_gitlab::commands::parse(&args);
    assert!(matches!(parsed, Ok(factory_gitlab::cli::Parsed::Run(_))), "{line}");
}

#[test]
fn prometheus_takes_the_alerts_and_they_fire_when_they_should() {
    let files = Written::new("prometheus");
    files.env.file("alerts.yml", include_str!("alerts.yml"));
    let promtool = |args: &[&str]| Ended::of(program("promtool").args(args).current_dir(files.env.path("")));
    promtool(&["check", "rules", "--lint=all", "--lint-fatal", RULES]).good();
    promtool(&["test", "rules", "alerts.yml"]).good();
}

#[test]
fn the_alerts_are_over_the_metrics_that_the_program_writes() {
    let rules = Written::new("prometheus").text(RULES);
    let env = TestEnv::with(small());
    assert_eq!(env.run(&["connect", "--yes"]).code, 0);
    drop(env.run(&["monitor", "--once", "--metrics-file", "factory.prom"]));
    let metrics = fs::read_to_string(env.path("factory.prom")).expect("metrics");
    let input = fs::File::open(env.path("factory.prom")).expect("metrics");
    let checked = output(program("promtool").args(["check", "metrics"]).stdin(Stdio::from(input)));
    assert!(checked.status.success(), "{}\n{metrics}", String::from_utf8_lossy(&checked.stderr));
    let names = regex::Regex::new(r"factory_gitlab_[a-z_]+").expect("a pattern");
    let named: Vec<&str> = names.find_iter(&rules).map(|found| found.as_str()).collect();
    assert!(named.len() >= 7, "{named:?}");
    for name in named {
        assert!(metrics.contains(&format!("# TYPE {name} gauge\n")), "{name} is not written:\n{metrics}");
    }
    let labels = regex::Regex::new(r#"\{([a-z]+="[a-z]+")\}"#).expect("a pattern");
    let labels: Vec<&str> = labels.captures_iter(&rules).filter_map(|found| Some(found.get(1)?.as_str())).collect();
    assert_eq!(labels.len(), 2, "{labels:?}");
    for label in labels {
        assert!(metrics.contains(label), "{label} is not written:\n{metrics}");
    }
}
