//! Names that a terminal would act on.

use factory_gitlab::sandbox::options::{SandboxEdition, SandboxOptions, SandboxPlan};

use super::small;
use crate::test_env::TestEnv;

/// Escape codes, an operating system command, C1 controls, marks that change the reading direction, and line breaks.
const EVIL: &str =
    "evil\u{1b}[2J\u{1b}]0;owned\u{7}\u{9b}31m\u{202e}\u{2066}\u{200f}\r\nerror: forged\u{85}\u{2028}line";

fn evil() -> TestEnv {
    let env = TestEnv::with(SandboxOptions { projects: 1, groups: 1, ..small() });
    let gitlab = env.sandbox().gitlab();
    let group = gitlab.lock().groups.keys().next().copied().expect("a group");
    gitlab.change_group(group, |group| {
        group.name = EVIL.to_owned();
        group.full_name = EVIL.to_owned();
        group.full_path = EVIL.to_owned();
    });
    if let Some(user) = gitlab.lock().users.get_mut(&1) {
        user.username = EVIL.to_owned();
        user.name = EVIL.to_owned();
    }
    for token in gitlab.lock().tokens.values_mut() {
        token.name = EVIL.to_owned();
    }
    env
}

/// No character that a terminal acts on, and no line that starts with a server's text.
fn assert_harmless(case: &str, text: &str) {
    let acts = |c: char| {
        (c.is_control() && c != '\n')
            || matches!(c, '\u{200e}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    assert!(!text.contains(acts), "{case}: {text:?}");
    assert!(!text.lines().any(|line| line.starts_with("error: forged") || line.starts_with("line")), "{case}: {text}");
}

#[test]
fn names_with_escape_codes_are_printed_harmless() {
    let env = evil();
    for args in [
        ["connect", "--dry-run"].as_slice(),
        &["connect", "--dry-run", "-o", "json", "-vv"],
        &["connect", "--yes", "-vv", "--log-file", "run.log"],
        &["verify", "-vv", "--log-file", "run.log"],
        &["verify", "-o", "json"],
        &["verify", "-o", "junit"],
        &["verify", "--live"],
        &["status"],
        &["status", "-o", "json"],
    ] {
        let case = args.join(" ");
        let run = env.run(args);
        assert_harmless(&case, &run.stdout);
        assert_harmless(&case, &run.stderr);
        assert!(matches!(run.code, 0 | 1), "{case}: {run}");
    }
    assert_harmless("the log", &std::fs::read_to_string(env.path("run.log")).expect("a log"));
}

#[test]
fn a_refusal_full_of_escape_codes_is_printed_harmless() {
    let env = TestEnv::with(small());
    for fault in ["GET /api/v4/**=endless:escapes", "factory:GET /gitlab/v1/kit=endless:escapes"] {
        env.sandbox().clear_faults();
        env.sandbox().fault(fault).expect(fault);
        for args in [super::CONNECT.as_slice(), &super::VERIFY] {
            let run = env.run(args);
            assert_eq!(run.code, 3, "{fault}: {run}");
            assert_harmless(fault, &run.stdout);
            assert_harmless(fault, &run.stderr);
        }
    }
}

/// Where every project has its own hook, projects are named in the plan, in progress and in findings.
#[test]
fn names_of_projects_with_escape_codes_are_printed_harmless() {
    let env =
        TestEnv::with(SandboxOptions { edition: SandboxEdition::Ce, plan: SandboxPlan::None, projects: 2, ..small() });
    for project in env.sandbox().gitlab().lock().projects.values_mut() {
        project.name = EVIL.to_owned();
        project.full_path = format!("{EVIL}/{}", project.id);
    }
    for args in [
        ["connect", "--dry-run"].as_slice(),
        &["connect", "--yes", "-vv", "--log-file", "run.log"],
        &["verify"],
        &["verify", "-o", "json"],
        &["verify", "-o", "junit", "--live"],
        &["status"],
    ] {
        let case = args.join(" ");
        let run = env.run(args);
        assert_harmless(&case, &run.stdout);
        assert_harmless(&case, &run.stderr);
        assert!(matches!(run.code, 0 | 1), "{case}: {run}");
    }
    assert_eq!(env.sandbox().gitlab().all_hooks().len(), 2);
}
