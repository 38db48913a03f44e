//! Several reports of one run, and what the log of a GitLab job shows.

use std::fs;

use crate::test_env::{TestEnv, small};

fn read(env: &TestEnv, name: &str) -> String {
    fs::read_to_string(env.path(name)).expect(name)
}

#[test]
fn a_job_gets_every_report_of_one_run_and_a_log_that_can_be_folded() {
    let mut env = TestEnv::with(small());
    env.set("GITLAB_CI", "true");
    let folder = env.path("").canonicalize().expect("a folder");
    env.set("CI_PROJECT_DIR", &folder.to_string_lossy());
    let page = format!("html={}", folder.join("report.html").display());
    let run = env.run(&["verify", "-o", "junit=report.xml", "-o", &page, "-o", "annotations=links.json"]);
    assert_eq!(run.code, 1, "{run}");
    let log = &run.stdout;
    assert!(log.contains(":fg_instance[collapsed=true]\r\u{1b}[0Kinstance\n"), "{log:?}");
    assert!(log.contains(":fg_webhook\r\u{1b}[0Kwebhook\n"), "{log:?}");
    assert_eq!(log.matches("section_start:").count(), log.matches("section_end:").count(), "{log:?}");
    let verdict = log.rsplit("section_end:").next().unwrap_or_default();
    assert!(verdict.contains("verdict: fail"), "{log:?}");
    let junit = read(&env, "report.xml");
    assert!(junit.contains("[[ATTACHMENT|report.html]]") && junit.contains(">fix: "), "{junit}");
    assert!(read(&env, "report.html").contains("application.exists"));
    let links: serde_json::Value = serde_json::from_str(&read(&env, "links.json")).expect("JSON");
    let url = links["Factory connection"][0]["external_link"]["url"].as_str().unwrap_or_default();
    assert!(url.starts_with("http"), "{links}");
}

#[test]
fn a_command_that_fails_as_a_whole_says_so_in_every_report() {
    let env = TestEnv::bare();
    env.file("report.html", "an earlier one");
    let run = env.run(&["-o", "html=report.html", "verify", "-o", "json", "-o", "junit=report.xml"]);
    assert_eq!(run.code, 2, "{run}");
    assert_eq!(run.json()["schema"], "factory-gitlab/error/v1");
    for name in ["report.html", "report.xml"] {
        let report = read(&env, name);
        assert!(report.contains("missing input") && !report.contains("earlier"), "{name}: {report}");
    }
}
