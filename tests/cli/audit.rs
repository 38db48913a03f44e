//! `audit`: what a security reviewer files.

mod fine_grained;

use factory_gitlab::sandbox::gitlab::seed::TokenSpec;
use factory_gitlab::sandbox::options::{SandboxOptions, SandboxPlan};
use serde_json::{Value, json};

use crate::test_env::{TestEnv, Transcript, small};

/// A connected environment; what happens next needs no classic rights but those of the token given by default.
fn connected(options: SandboxOptions) -> TestEnv {
    let env = TestEnv::with(options);
    env.connects(&["--handover-token", "minted"]);
    env
}

fn codes(run: &Transcript) -> Vec<String> {
    let report = run.json();
    let findings = report["findings"].as_array().expect("findings");
    findings.iter().map(|finding| finding["code"].as_str().expect("a code").to_owned()).collect()
}

#[expect(clippy::too_many_lines, reason = "it shows a whole report")]
#[test]
fn a_review_of_a_connection_as_it_is_filed() {
    let env = connected(small());
    let run = env.run(&["audit"]);
    insta::assert_snapshot!(run, @r"
    exit code: 0
    ----- stdout -----
    review of http://127.0.0.1:[port], on [date]; audit events since [date]

    warning
      application.sudo  application Factory Integration (number 1)
          with the scope sudo, the token of an administrator who authorizes it acts as any user of the instance
          remedy: let only users who are not administrators authorize it, or ask Factory for a kit without sudo
          http://127.0.0.1:[port]/admin/applications/1

    info
      administrators  administrators
          1 user can change this connection: root
          remedy: take the role from those who do not need it
          http://127.0.0.1:[port]/admin/users?filter=admins
      application.access  application Factory Integration (number 1)
          instance-wide, created by factory-gitlab on this machine; it may ask a user for api, read_user, read_repository, write_repository, read_registry, sudo
          remedy: compare the scopes with what Factory has agreed to use
          http://127.0.0.1:[port]/admin/applications/1
      event  audit event 1
          Administrator on [date]: personal_access_token_issued, Factory (org_sandbox) [date] [time] (root)
          remedy: find out why, if it is not known
          http://127.0.0.1:[port]/admin/audit_logs
      event  audit event 2
          Administrator on [date]: oauth_application_created, Factory Integration (gitlab_instance)
          remedy: find out why, if it is not known
          http://127.0.0.1:[port]/admin/audit_logs
      event  audit event 3
          Administrator on [date]: webhook_created, Hook 1 (group-1)
          remedy: find out why, if it is not known
          http://127.0.0.1:[port]/admin/audit_logs
      settings.admin_mode  setting admin_mode
          Admin Mode is off: every token of an administrator with the scope api acts as an administrator
          remedy: turn Admin Mode on; tokens that must act as an administrator then need the scope admin_mode
          http://127.0.0.1:[port]/admin/application_settings/general#js-signin-settings
      settings.admin_scopes  setting disable_admin_oauth_scopes
          an administrator can authorize applications for everything that an administrator may do
          remedy: prevent administrators from connecting applications that ask for the scopes api, sudo or admin_mode
          http://127.0.0.1:[port]/admin/application_settings/general#js-account-settings
      settings.allowlist  setting outbound_local_requests_allowlist
          webhooks may go to these addresses of the local network: 127.0.0.1:[port]
          remedy: remove what no webhook needs
          http://127.0.0.1:[port]/admin/application_settings/network#js-outbound-settings
      settings.deletion  setting allow_immediate_namespaces_deletion
          who may delete a group or project can do it at once, without the days in which it can be restored
          remedy: turn it off if a mistake or a stolen token must not end a project for good
          http://127.0.0.1:[port]/admin/application_settings/general
      settings.user_applications  setting user_oauth_applications
          every user can register applications, which this review cannot list
          remedy: let only administrators register applications
          http://127.0.0.1:[port]/admin/application_settings/general#js-account-settings
      token.access  token Factory (org_sandbox) [date] [time] (number 3)
          handed over to Factory; of root, an administrator; scopes api; until [date], never used
          remedy: compare with the smallest token for each command
          http://127.0.0.1:[port]/-/user_settings/personal_access_tokens
      token.access  token token-1 (number 1)
          used by this review; of root, an administrator; scopes api; until [date]
          remedy: compare with the smallest token for each command
          http://127.0.0.1:[port]/-/user_settings/personal_access_tokens
      token.writes  token token-1 (number 1)
          it may write, and this review only reads
          remedy: review with a token with the scope read_api
          http://127.0.0.1:[port]/-/user_settings/personal_access_tokens
      webhook.access  1 webhook
          sent to 127.0.0.1: push, note, merge_request, issue, pipeline, job
          remedy: compare the events with what Factory has agreed to use
          http://127.0.0.1:[port]/admin/projects

    what a finding means: factory-gitlab explain application.sudo

    not visible here, and the page that shows it
      which applications a user has authorized: each user sees only their own list
          http://127.0.0.1:[port]/-/user_settings/applications
      applications that a group owns: an administrator's list has only the instance's own
          http://127.0.0.1:[port]/admin/groups
      applications that a user owns
          http://127.0.0.1:[port]/admin/users
      when an OAuth token of the application was last used, and by whom
          http://127.0.0.1:[port]/admin/applications
      changes of a webhook: GitLab has audit events for its creation and removal only
          http://127.0.0.1:[port]/admin/hooks

    the smallest token for each command
      factory-gitlab connect                          scope api
          or fine-grained, instance: License: Read; Metadata: Read; OAuth Application: Create, Read
          or fine-grained, user: Group: Read; Personal Access Token: Read; Project: Read
          or fine-grained, groups and projects: Webhook: Create, Read, Trigger
      factory-gitlab connect --handover-token minted  scope api
          or fine-grained, instance: License: Read; Metadata: Read; OAuth Application: Create, Read; Personal Access Token: Create
          or fine-grained, user: Group: Read; Personal Access Token: Read; Project: Read; User: Read
          or fine-grained, groups and projects: Webhook: Create, Read, Trigger
      factory-gitlab verify                           scope read_api
          or fine-grained, instance: License: Read; Metadata: Read; OAuth Application: Read; Webhook: Read
          or fine-grained, user: Group: Read; Personal Access Token: Read; Project: Read; User: Read
          or fine-grained, groups and projects: Webhook: Read
      factory-gitlab verify --live                    scope api
          or fine-grained, instance: License: Read; Metadata: Read; OAuth Application: Read; Webhook: Read
          or fine-grained, user: Group: Read; Personal Access Token: Read; Project: Read; User: Read
          or fine-grained, groups and projects: Webhook: Read, Trigger
      factory-gitlab verify --cloud                   scope read_api
          or fine-grained, user: Personal Access Token: Read; User: Read
          or fine-grained, groups and projects: Group: Read; Project: Read
      factory-gitlab exercise                         scope api
          or fine-grained, instance: License: Read; Metadata: Read; OAuth Application: Read
          or fine-grained, user: Group: Read; Personal Access Token: Read; Project: Create, Read
          or fine-grained, groups and projects: Branch: Create; Commit: Create; Group: Read; Merge Request: Create; Pipeline: Create; Project: Delete, Read; Webhook: Read, Trigger; Work Item: Create
      factory-gitlab monitor                          scope read_api
          or fine-grained, instance: License: Read; Metadata: Read; OAuth Application: Read; Webhook: Read
          or fine-grained, user: Group: Read; Personal Access Token: Read; Project: Read; User: Read
          or fine-grained, groups and projects: Webhook: Read
      factory-gitlab monitor --fix                    scope api
          or fine-grained, instance: License: Read; Metadata: Read; OAuth Application: Read; Webhook: Read
          or fine-grained, user: Group: Read; Personal Access Token: Read; Project: Read; User: Read
          or fine-grained, groups and projects: Webhook: Create, Read
      factory-gitlab rotate application-secret        scope api
          or fine-grained, instance: Metadata: Read; OAuth Application: Read, Renew Secret
          or fine-grained, user: Personal Access Token: Read
      factory-gitlab rotate token                     scope api
          or fine-grained, instance: Metadata: Read; OAuth Application: Read; Personal Access Token: Create
          or fine-grained, user: Personal Access Token: Read, Revoke; User: Read
      factory-gitlab rotate webhook-secret            scope api
          or fine-grained, instance: License: Read; Metadata: Read; OAuth Application: Read; Webhook: Read
          or fine-grained, user: Group: Read; Personal Access Token: Read; Project: Read
          or fine-grained, groups and projects: Webhook: Read, Trigger, Update
      factory-gitlab disconnect                       scope api
          or fine-grained, instance: Metadata: Read; OAuth Application: Delete, Read; Webhook: Read
          or fine-grained, user: Group: Read; Personal Access Token: Read; Project: Read
          or fine-grained, groups and projects: Webhook: Delete, Read
      factory-gitlab audit                            scope read_api
          or fine-grained, instance: Application Setting: Read; Audit Event: Read; License: Read; Metadata: Read; OAuth Application: Read; User: Read; Webhook: Read
          or fine-grained, user: Group: Read; Personal Access Token: Read; Project: Read; User: Read
          or fine-grained, groups and projects: Webhook: Read
      Where Admin Mode is on, a classic token also needs admin_mode; the owner is an administrator.

    result: 0 errors, 1 warning, 14 notes
    ");
}

#[test]
fn the_same_state_gives_the_same_bytes_in_every_format() {
    let env = connected(SandboxOptions { projects: 4, groups: 3, ..small() });
    for format in ["text", "json", "sarif"] {
        let runs = [0, 1].map(|_| env.run(&["audit", "-o", format]));
        assert_eq!(runs[0].code, 0, "{}", runs[0]);
        assert_eq!(runs[0].stdout, runs[1].stdout, "{format}");
    }
}

#[test]
fn the_json_has_every_field_of_the_contract_and_is_ranked() {
    let env = connected(small());
    env.api("PUT", "/application/settings", &json!({ "require_personal_access_token_expiry": false }));
    let run = env.run(&["audit", "-o", "json"]);
    let report = run.json();
    assert_eq!((run.code, &report["schema"]), (0, &json!("factory-gitlab/audit/v1")), "{run}");
    for field in
        ["tool", "target", "kit", "date", "since", "exit_code", "counts", "findings", "not_visible", "smallest_tokens"]
    {
        assert!(!report[field].is_null(), "{field}");
    }
    let findings = report["findings"].as_array().expect("findings");
    for finding in findings {
        for field in ["code", "severity", "subject", "cause", "doc"] {
            assert!(finding[field].is_string(), "{finding}");
        }
        assert!(finding["remedy"]["text"].is_string() && finding["remedy"]["url"].is_string(), "{finding}");
    }
    let severities: Vec<&str> = findings.iter().filter_map(|one| one["severity"].as_str()).collect();
    let rank = |one: &&str| ["error", "warning", "info"].iter().position(|name| name == one);
    assert!(severities.is_sorted_by_key(rank), "{severities:?}");
    assert!(codes(&run).contains(&"settings.token_expiry".to_owned()), "{run}");
    for hidden in report["not_visible"].as_array().expect("a list") {
        assert!(hidden["page"].as_str().is_some_and(|page| page.starts_with("http://")), "{hidden}");
    }
}

#[test]
fn fail_on_decides_the_exit_code_by_what_was_found() {
    let env = connected(small());
    assert_eq!(env.run(&["audit", "--fail-on", "error"]).code, 0);
    assert_eq!(env.run(&["audit", "--fail-on", "warning"]).code, 1, "the application has the scope sudo");
    let id = env.sandbox().gitlab().applications()[0].id;
    env.sandbox().gitlab().lock().applications.get_mut(&id).expect("it").confidential = false;
    let run = env.run(&["audit", "--fail-on", "error", "-o", "json"]);
    assert_eq!((run.code, codes(&run)[0].as_str()), (1, "application.confidential"), "{run}");
    assert_eq!(env.run(&["audit"]).code, 0);
}

#[test]
fn with_a_baseline_only_what_is_new_is_shown() {
    let env = connected(small());
    assert_eq!(env.run(&["audit", "-o", "json", "--output-file", "audit.json"]).code, 0);
    let same = env.run(&["audit", "--baseline", "audit.json", "--fail-on", "warning", "-o", "json"]);
    assert_eq!((same.code, codes(&same)), (0, Vec::new()), "{same}");
    let group = env.group_hook().0;
    let kit = env.sandbox().factory().kit_json();
    let url = format!("{}/of-another", kit["webhook"]["url"].as_str().expect("an address"));
    env.make(&format!("/groups/{group}/hooks"), &json!({ "url": url, "push_events": true }));
    let run = env.run(&["audit", "--baseline", "audit.json", "--fail-on", "warning", "-o", "json"]);
    assert_eq!((run.code, codes(&run)), (1, vec!["webhook.other".to_owned()]), "{run}");
    assert_eq!(run.json()["baseline"]["gone"], 0, "{run}");
    let sarif = env.run(&["audit", "--baseline", "audit.json", "-o", "sarif"]).json();
    assert_eq!(sarif["runs"][0]["results"][0]["baselineState"], "new");
}

#[test]
fn a_baseline_that_is_none_is_a_usage_error_and_is_never_replaced() {
    let env = connected(small());
    assert_eq!(env.run(&["audit", "-o", "json", "--output-file", "audit.json"]).code, 0);
    let before = std::fs::read(env.path("audit.json")).expect("a report");
    let own = env.run(&["audit", "-o", "json", "--baseline", "audit.json", "--output-file", "./audit.json"]);
    assert_eq!(own.code, 2, "{own}");
    assert_eq!(std::fs::read(env.path("audit.json")).expect("a report"), before);
    for (name, content) in [("missing.json", None), ("report.json", Some("{}")), ("text.json", Some("review of"))] {
        if let Some(content) = content {
            env.file(name, content);
        }
        let run = env.run(&["audit", "--baseline", name]);
        assert_eq!(run.code, 2, "{run}");
        assert!(run.stderr.contains(name), "{run}");
    }
}

#[test]
fn sarif_names_each_rule_once_and_what_is_not_visible() {
    let env = connected(small());
    let run = env.run(&["audit", "-o", "sarif"]);
    let log = run.json();
    assert_eq!((run.code, &log["version"]), (0, &json!("2.1.0")), "{run}");
    let run = &log["runs"][0];
    let rules: Vec<&Value> =
        run["tool"]["driver"]["rules"].as_array().expect("rules").iter().map(|one| &one["id"]).collect();
    for rule in run["tool"]["driver"]["rules"].as_array().expect("rules") {
        let page = rule["helpUri"].as_str().is_some_and(|page| page.starts_with("https://"));
        let help = rule["help"]["markdown"].as_str().is_some_and(|help| help.contains("### How to repair it"));
        assert!(page && help && rule["help"]["text"].is_string(), "{rule}");
    }
    let results = run["results"].as_array().expect("results");
    assert!(!results.is_empty());
    for result in results {
        assert!(rules.contains(&&result["ruleId"]), "{result}");
        assert!(["error", "warning", "note"].map(Value::from).contains(&result["level"]), "{result}");
    }
    let told = run["invocations"][0]["toolExecutionNotifications"].to_string();
    assert!(told.contains("authorized"), "{told}");
}

#[test]
fn what_cannot_be_read_is_named_and_never_taken_for_fine() {
    let env = connected(small());
    for (fault, code, what) in [
        ("GET /api/v4/application/settings=status:500", 3, "the settings of the instance"),
        ("GET /api/v4/audit_events=status:403", 1, "audit events"),
        ("GET /api/v4/users=html:200", 3, "the administrators"),
        ("GET /api/v4/personal_access_tokens=status:500", 3, "tokens with the names of those made for Factory"),
        ("GET /api/v4/groups/*/hooks=status:500", 3, "the webhooks of group group-1"),
        ("GET /api/v4/applications=cut", 3, "instance-wide applications"),
    ] {
        env.sandbox().clear_faults();
        env.sandbox().fault(fault).expect("a fault");
        let run = env.run(&["audit", "-o", "json"]);
        let report = run.json();
        assert_eq!((run.code, &report["exit_code"]), (code, &json!(code)), "{fault}: {run}");
        let unread = report["unread"].as_array().expect("a list");
        assert!(unread.iter().any(|one| one["what"] == what), "{fault}: {run}");
    }
}

#[test]
fn without_a_license_it_says_what_replaces_audit_events() {
    let env = connected(SandboxOptions { plan: SandboxPlan::None, ..small() });
    let run = env.run(&["audit"]);
    assert_eq!(run.code, 0, "{run}");
    assert!(run.stdout.contains("audit events need a Premium or Ultimate license"), "{run}");
    assert!(run.stdout.contains("audit_json.log"), "{run}");
    assert!(env.sandbox().requests().iter().all(|one| !one.path().contains("audit_events")));
}

#[test]
fn tokens_and_events_of_the_connection_are_found() {
    let env = connected(small());
    env.sandbox().gitlab().add_token(TokenSpec::default());
    let left = env.make(
        "/users/1/personal_access_tokens",
        &json!({ "name": "Factory (org_sandbox) 2025-01-01 00:00:00", "scopes": ["api", "sudo"] }),
    );
    let run = env.run(&["audit", "-o", "json"]);
    let report = run.json();
    let subjects = |code: &str| -> Vec<String> {
        let findings = report["findings"].as_array().expect("findings").iter();
        findings.filter(|one| one["code"] == code).filter_map(|one| Some(one["subject"].as_str()?.to_owned())).collect()
    };
    let number = format!("(number {})", left["id"]);
    for code in ["token.left", "token.scopes"] {
        assert!(subjects(code).iter().any(|subject| subject.ends_with(&number)), "{code}: {run}");
    }
    let events = report["findings"].as_array().expect("findings").iter().filter(|one| one["code"] == "event");
    let causes: Vec<&str> = events.filter_map(|one| one["cause"].as_str()).collect();
    for kind in ["oauth_application_created", "webhook_created", "personal_access_token_issued"] {
        assert!(causes.iter().any(|cause| cause.contains(kind)), "{kind}: {causes:?}");
    }
}

#[test]
fn at_most_25_requests_besides_the_webhooks_with_ten_thousand_projects() {
    let env = connected(SandboxOptions { projects: 10_000, groups: 50, ..SandboxOptions::default() });
    env.sandbox().clear_requests();
    let run = env.run(&["audit"]);
    assert_eq!(run.code, 0, "{run}");
    let of_webhooks = ["/api/v4/groups", "/api/v4/projects", "/api/v4/hooks", "/api/graphql"];
    let requests = env.sandbox().requests();
    let others: Vec<&str> = requests
        .iter()
        .map(|one| one.path())
        .filter(|path| !of_webhooks.iter().any(|begin| path.starts_with(begin)))
        .collect();
    assert!(others.len() <= 25, "{} of {}: {others:?}", others.len(), requests.len());
    assert!(requests.iter().all(|one| !one.is_write()), "{run}");
}

#[test]
fn a_token_that_factory_was_given_before_it_got_its_own_is_named_until_it_ends() {
    let env = TestEnv::with(small());
    env.connects(&[]);
    env.connects(&["--handover-token", "minted"]);
    let run = env.run(&["audit"]);
    assert!(run.stdout.contains("token.former"), "{run}");
    assert!(run.stdout.contains("Factory was given it earlier, and it is still valid"), "{run}");
    assert!(!run.stdout.contains("token.shared"), "{run}");
}
