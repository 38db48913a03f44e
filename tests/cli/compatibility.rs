//! Unusual but healthy instances: each is connected, verified, and has nothing to do afterwards.

use std::sync::Mutex;

use factory_gitlab::sandbox::gitlab::GitLab;
use factory_gitlab::sandbox::gitlab::quirks::InstanceQuirks;
use factory_gitlab::sandbox::gitlab::seed::TokenSpec;
use factory_gitlab::sandbox::options::{SandboxEdition, SandboxOptions, SandboxPlan, SandboxVersion};
use serde_json::json;

use crate::test_env::{TestEnv, of_version, small};

/// Instances that are tested at the same time.
const AT_ONCE: usize = 4;

struct Case {
    name: &'static str,
    options: SandboxOptions,
    before: fn(&mut TestEnv),
    after: fn(&TestEnv),
}

impl Case {
    fn then(self, after: fn(&TestEnv)) -> Self {
        Self { after, ..self }
    }

    fn of(self, options: SandboxOptions) -> Self {
        Self { options, ..self }
    }
}

fn case(name: &'static str, options: SandboxOptions) -> Case {
    Case { name, options, before: |_| {}, after: |_| {} }
}

/// Changed before it is connected.
fn before(name: &'static str, before: fn(&mut TestEnv)) -> Case {
    Case { before, ..case(name, small()) }
}

/// Changed between connecting and verifying.
fn after(name: &'static str, after: fn(&TestEnv)) -> Case {
    case(name, small()).then(after)
}

fn three() -> SandboxOptions {
    SandboxOptions { projects: 3, groups: 2, ..SandboxOptions::default() }
}

fn of_projects(projects: usize) -> SandboxOptions {
    SandboxOptions { projects, groups: 1, plan: SandboxPlan::None, ..SandboxOptions::default() }
}

fn gitlab(env: &TestEnv) -> &GitLab {
    env.sandbox().gitlab()
}

fn switch(env: &TestEnv, change: fn(&mut InstanceQuirks)) {
    change(&mut gitlab(env).lock().quirks);
}

fn cases() -> Vec<Case> {
    let mut cases = of_instances();
    cases.extend(of_tokens());
    cases.extend(of_applications_and_hooks());
    cases.extend(of_groups_and_projects());
    cases.extend(of_answers());
    cases
}

fn of_instances() -> Vec<Case> {
    vec![
        case("a relative root", SandboxOptions { relative_root: "/dev/gitlab".to_owned(), ..small() }),
        case("HTTP/2 over TLS", SandboxOptions { tls: true, ..small() }),
        case("an old 16.11", of_version(16, 11)),
        case("an old 17.0", of_version(17, 0)),
        case("18.0", of_version(18, 0)),
        case("a version of tomorrow", of_version(20, 3)),
        case(
            "the Community Edition",
            SandboxOptions { edition: SandboxEdition::Ce, plan: SandboxPlan::None, ..three() },
        ),
        case("an Enterprise Edition without a license", SandboxOptions { plan: SandboxPlan::None, ..three() }),
        case("Ultimate with Admin Mode", SandboxOptions { plan: SandboxPlan::Ultimate, admin_mode: true, ..small() }),
        before("a license of an unknown name", |env| {
            switch(env, |quirks| quirks.license_plan = Some("platinum_duo"));
        }),
        before("an expired license", |env| switch(env, |quirks| quirks.license_expired = true)),
        before("a URL in capitals with a slash at its end", |env| {
            let url = env.sandbox().gitlab_url().replace("127.0.0.1", "localhost");
            gitlab(env).lock().external_url = url.parse().expect("an address");
            env.set("GITLAB_URL", &format!("{}/", url.replace("http://localhost", "HTTP://LOCALHOST")));
        }),
    ]
}

/// A token of the admin with these prefixes of the instance.
fn prefixed(env: &mut TestEnv, personal: &str, instance: &str) {
    {
        let settings = &mut gitlab(env).lock().settings;
        personal.clone_into(&mut settings.personal_access_token_prefix);
        instance.clone_into(&mut settings.instance_token_prefix);
    }
    let token = gitlab(env).add_token(TokenSpec::default());
    env.set("GITLAB_TOKEN", &token);
}

fn of_tokens() -> Vec<Case> {
    vec![
        before("a prefix of the company's own", |env| prefixed(env, "acme_", "")),
        before("a prefix of the instance's own", |env| prefixed(env, "glpat-", "acme")),
        before("no prefix, a token with dots and without an end", |env| prefixed(env, "", "")),
    ]
}

fn of_applications_and_hooks() -> Vec<Case> {
    vec![
        after("several redirect URIs in the application", |env| {
            for application in gitlab(env).lock().applications.values_mut() {
                let uris =
                    ["https://a.example/cb", &application.redirect_uri, "https://b.example/cb  https://c.example"];
                application.redirect_uri = uris.join("\r\n");
            }
        }),
        after("more scopes in the application", |env| {
            for application in gitlab(env).lock().applications.values_mut() {
                application.scopes.extend(["openid", "profile", "email"].map(str::to_owned));
            }
        }),
        after("other applications, one of the same redirect URI", |env| {
            let _made = env.make_application(&json!({ "name": "Something Else" }));
            let other =
                json!({ "name": "Grafana", "redirect_uri": "https://grafana.example/cb", "scopes": "read_user" });
            let _made = env.make_application(&other);
        }),
        after("hooks of other products beside ours", |env| {
            let (group, ours) = env.group_hook();
            let of_the_same_host = format!("{}/jira", ours.url);
            for url in ["https://jenkins.example/gitlab", "https://chat.example/a?b=c", &of_the_same_host] {
                let _made = env.make(&format!("/groups/{group}/hooks"), &json!({ "url": url, "push_events": true }));
            }
        }),
        before("a hook whose host is written in capitals", by_name).then(|env| {
            let (_, ours) = env.group_hook();
            let url = ours.url.replace("http://localhost", "HTTP://LocalHost");
            assert_ne!(url, ours.url);
            gitlab(env).change_hook(ours.id, |hook| hook.url = url);
        }),
    ]
}

/// Factory's webhook host by its name.
fn by_name(env: &mut TestEnv) {
    env.sandbox().factory().edit_kit(|kit| {
        let url = kit["webhook"]["url"].as_str().expect("an address").replace("127.0.0.1", "localhost");
        kit["webhook"]["url"] = json!(url);
    });
    let port = env.sandbox().factory_url().rsplit(':').next().expect("a port").to_owned();
    gitlab(env).lock().settings.allow_outbound(&format!("localhost:{port}"));
}

/// Renames every group and project.
fn rename(env: &TestEnv) {
    let mut state = gitlab(env).lock();
    for group in state.groups.values_mut() {
        group.name.push_str(" of old");
        group.full_path = group.full_path.replace("group", "team");
    }
    for project in state.projects.values_mut() {
        project.full_path = format!("{}-of-old", project.full_path.replace("group", "team"));
    }
}

fn end_two(env: &TestEnv) {
    gitlab(env).archive(1);
    gitlab(env).mark_for_deletion(2);
}

fn of_groups_and_projects() -> Vec<Case> {
    vec![
        after("groups with other names than when they were connected", rename).of(three()),
        after("projects with other names than when they were connected", rename).of(of_projects(3)),
        after("an archived project, and one that is to be deleted", end_two).of(three()),
        after("the same with hooks of projects", end_two).of(of_projects(3)),
        before("a group that is to be deleted", |env| {
            let group = gitlab(env).lock().groups.keys().next().copied().expect("a group");
            let day = "2026-11-01".parse().ok();
            gitlab(env).change_group(group, |group| group.marked_for_deletion = day);
        })
        .of(SandboxOptions { groups: 3, ..three() }),
        before("names with emoji, of another direction, and as long as they get", |env| {
            const STRANGE: [&str; 2] = ["\u{1f98a}\u{200d}\u{1f680} team", "\u{5e9}\u{5dc}\u{5d5}\u{5dd} \u{202e}abc"];
            let groups: Vec<u64> = gitlab(env).lock().groups.keys().copied().collect();
            for (group, name) in groups.into_iter().zip(STRANGE) {
                gitlab(env).change_group(group, |group| group.name = name.to_owned());
            }
            gitlab(env).change_project(1, |project| project.name = STRANGE[1].repeat(20));
            let long = gitlab(env).add_group(&"g".repeat(255), None);
            let _inside = gitlab(env).add_group(&"h".repeat(255), Some(long));
        })
        .of(three()),
    ]
}

fn of_answers() -> Vec<Case> {
    let more = |name| before(name, |env| switch(env, |quirks| quirks.unknown_fields = true));
    let relative = |name| before(name, |env| switch(env, |quirks| quirks.relative_links = true));
    vec![
        more("fields of the next version in every answer"),
        more("the same on the oldest version").of(of_version(16, 11)),
        more("the same with hooks read in bulk")
            .of(SandboxOptions { version: SandboxVersion::new(19, 6, 0), ..of_projects(21) }),
        before("a proxy that adds headers", |env| switch(env, |quirks| quirks.proxy_headers = true)),
        relative("a hundred projects: an empty last page, and Link headers without a host").of(of_projects(100)),
        relative("a second page of groups by a Link without a host").of(SandboxOptions {
            groups: 101,
            projects: 1,
            ..SandboxOptions::default()
        }),
    ]
}

#[test]
fn an_unusual_instance_passes_and_a_second_run_has_nothing_to_do() {
    let cases = Mutex::new(cases());
    let wrong = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _one in 0..AT_ONCE {
            scope.spawn(|| {
                loop {
                    let Some(case) = cases.lock().expect("the cases").pop() else { return };
                    if let Err(why) = is_green(&case) {
                        wrong.lock().expect("the list").push(format!("{}: {why}", case.name));
                    }
                }
            });
        }
    });
    let wrong = wrong.into_inner().expect("the list");
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

fn is_green(case: &Case) -> Result<(), String> {
    let mut env = TestEnv::with(case.options.clone());
    (case.before)(&mut env);
    let run = env.connect(&[]);
    if run.code != 0 {
        return Err(format!("not connected: {run}"));
    }
    (case.after)(&env);
    let run = env.run(&["verify", "-o", "json"]);
    let report: serde_json::Value = serde_json::from_str(&run.stdout).unwrap_or_default();
    let counts = &report["counts"];
    if run.code != 0 || counts["fail"] != 0 || counts["unknown"] != 0 {
        return Err(format!("not green: {run}"));
    }
    let again = env.connect(&[]);
    let writes = env.writes();
    if again.code != 0 || !again.stdout.starts_with("nothing to do: ") || !writes.is_empty() {
        return Err(format!("something to do: {writes:?} {again}"));
    }
    Ok(())
}
