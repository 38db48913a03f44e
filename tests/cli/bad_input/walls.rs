//! What lies in front of GitLab: proxies that ask for a password or a service token, and firewalls.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use factory_gitlab::sandbox::gitlab::quirks::Wall;

use super::{Said, small};
use crate::test_env::TestEnv;

const PASSWORD: &str = "canary-wall-password-1";

fn basic() -> Wall {
    Wall::Basic { authorization: format!("Basic {}", STANDARD.encode(format!("acme:{PASSWORD}"))), is_passed_on: false }
}

fn cloudflare() -> Wall {
    Wall::CloudflareAccess { id: "4f2a.access".to_owned(), secret: "canary-wall-secret-0123456789".to_owned() }
}

/// The header file that passes a wall.
fn headers_for(wall: &Wall) -> String {
    match wall {
        Wall::Basic { authorization, .. } => format!("# the proxy of Acme\r\nAuthorization: {authorization}\r\n"),
        Wall::CloudflareAccess { id, secret } => {
            format!("CF-Access-Client-Id: {id}\nCF-Access-Client-Secret: {secret}\n")
        }
    }
}

fn behind(wall: &Wall) -> TestEnv {
    let env = TestEnv::with(small());
    env.sandbox().gitlab().lock().quirks.wall = Some(wall.clone());
    env
}

#[test]
fn a_wall_in_front_of_gitlab_is_recognized_and_its_fix_is_an_option() {
    let mut said = Said::default();
    for (case, wall) in [("basic authentication", basic()), ("Cloudflare Access", cloudflare())] {
        said.both(case, &behind(&wall));
    }
    let env = TestEnv::with(small());
    let to = "https://acme.cloudflareaccess.com/cdn-cgi/access/login/gitlab.acme.example?kid=1";
    env.sandbox().fault(&format!("GET /api/v4/metadata=redirect:{to}")).expect("a fault");
    said.both("Cloudflare Access with a redirect", &env);
    insta::assert_snapshot!(said, @r"
    == basic authentication: connect
    exit code: 1
    ----- stderr -----
    error: GitLab's API does not answer at http://127.0.0.1:[port]
      caused by: GET /api/v4/metadata on 127.0.0.1:[port]: 401, a question for a user name and password (HTTP Basic), from a proxy in front of it
    hint: give the user name and password that the proxy in front of 127.0.0.1:[port] asks for, as a header in a file (Authorization: Basic …)
          factory-gitlab connect --header-file PATH
    == basic authentication: verify
    exit code: 1
    ----- stdout -----
    instance
      fail     instance.api              GitLab's API answers
               GitLab's API does not answer at this URL; the answer is a question for a user name and password (HTTP Basic), from a proxy in front of it
               fix: give the user name and password that the proxy in front of 127.0.0.1:[port] asks for, as a header in a file (Authorization: Basic …)
                    factory-gitlab verify --header-file PATH
               instance.md#check-instance-api

    verdict: fail, 3 passed, 1 failed, 25 skipped on http://127.0.0.1:[port] ([cost])
    == Cloudflare Access: connect
    exit code: 1
    ----- stderr -----
    error: GitLab's API does not answer at http://127.0.0.1:[port]
      caused by: GET /api/v4/metadata on 127.0.0.1:[port]: 403, Cloudflare Access, which lets only known users and service tokens pass
    hint: give a service token that Cloudflare Access in front of 127.0.0.1:[port] accepts, as two headers in a file (CF-Access-Client-Id: …, CF-Access-Client-Secret: …)
          factory-gitlab connect --header-file PATH
    == Cloudflare Access: verify
    exit code: 1
    ----- stdout -----
    instance
      fail     instance.api              GitLab's API answers
               GitLab's API does not answer at this URL; the answer is Cloudflare Access, which lets only known users and service tokens pass
               fix: give a service token that Cloudflare Access in front of 127.0.0.1:[port] accepts, as two headers in a file (CF-Access-Client-Id: …, CF-Access-Client-Secret: …)
                    factory-gitlab verify --header-file PATH
               instance.md#check-instance-api

    verdict: fail, 3 passed, 1 failed, 25 skipped on http://127.0.0.1:[port] ([cost])
    == Cloudflare Access with a redirect: connect
    exit code: 1
    ----- stderr -----
    error: http://127.0.0.1:[port] redirects to https://acme.cloudflareaccess.com/cdn-cgi/access/login/gitlab.acme.example
    hint: give a service token that Cloudflare Access in front of 127.0.0.1:[port] accepts, as two headers in a file (CF-Access-Client-Id: …, CF-Access-Client-Secret: …)
          factory-gitlab connect --header-file PATH
    == Cloudflare Access with a redirect: verify
    exit code: 1
    ----- stdout -----
    instance
      fail     instance.url              the URL is GitLab's own
               GitLab redirects to https://acme.cloudflareaccess.com/cdn-cgi/access/login/gitlab.acme.example
               fix: give a service token that Cloudflare Access in front of 127.0.0.1:[port] accepts, as two headers in a file (CF-Access-Client-Id: …, CF-Access-Client-Secret: …)
                    factory-gitlab verify --header-file PATH
               instance.md#check-instance-url

    verdict: fail, 3 passed, 1 failed, 25 skipped on http://127.0.0.1:[port] ([cost])
    ");
}

#[test]
fn headers_of_a_file_pass_a_wall_and_are_shown_nowhere() {
    for wall in [basic(), cloudflare()] {
        let env = behind(&wall);
        let elsewhere = tempfile::tempdir().expect("a folder");
        let (file, answers) = (elsewhere.path().join("headers"), elsewhere.path().join("answers.toml"));
        for (path, content) in [(&file, headers_for(&wall)), (&answers, "header_file = 'headers'".to_owned())] {
            write(path, &content);
        }
        let (file, answers) = (file.to_string_lossy(), answers.to_string_lossy());
        let loud = ["-vv", "--log-file", "run.log"];
        // The application's pair is proven at the OAuth endpoints, which the wall guards as well. The sandbox's Factory would
        // check it too, and has no header for the wall.
        let connect = ["connect", "--yes", "--bundle-out", "out.age", "--audit-log", "audit.jsonl"];
        let mut runs = vec![env.run(&[&connect[..], &["--header-file", &file], &loud].concat())];
        runs.push(env.run(&[&connect[..], &["--renew-secret", "--config", &answers], &loud].concat()));
        runs.push(env.run(&[&["verify", "--live", "--skip", "factory.*", "--config", &answers][..], &loud].concat()));
        runs.push(env.run(&["status", "-o", "json"]));
        for run in &runs {
            assert_eq!(run.code, 0, "{run}");
        }
        let mut texts: Vec<String> = runs.iter().map(|run| format!("{}{}", run.stdout, run.stderr)).collect();
        for path in super::files_below(&env.path("")) {
            texts.push(String::from_utf8_lossy(&std::fs::read(path).expect("a file")).into_owned());
        }
        for text in texts {
            assert!(!text.contains("canary-wall") && !text.contains(&STANDARD.encode(format!("acme:{PASSWORD}"))));
        }
        let refused = env.run(&["verify", "--only", "instance.api"]);
        assert_eq!(refused.code, 1, "nothing is remembered: {refused}");
    }
}

#[test]
fn a_proxy_that_passes_its_password_on_is_named_as_the_cause_and_not_the_applications_secret() {
    let Wall::Basic { authorization, .. } = basic() else { unreachable!("the wall of basic authentication") };
    let env = behind(&Wall::Basic { authorization, is_passed_on: true });
    let elsewhere = tempfile::tempdir().expect("a folder");
    let file = elsewhere.path().join("headers");
    write(&file, &headers_for(&basic()));
    let file = file.to_string_lossy();
    let run = env.run(&["connect", "--yes", "--bundle-out", "out.age", "--header-file", &file]);
    assert_eq!(run.code, 3, "{run}");
    insta::assert_snapshot!(run, @r"
    exit code: 3
    ----- stdout -----
    not finished: http://127.0.0.1:[port]

      done    create the OAuth application Factory Integration
      done    seal the bundle with the given token
      failed  check that GitLab accepts the application's ID and secret
              it is not known whether GitLab made the change; the next run checks
              caused by: POST /oauth/token on 127.0.0.1:[port]: it is not known whether the ID and secret are valid: the header file's Authorization may have reached GitLab
      - let the proxy in front of 127.0.0.1:[port] remove the Authorization that is meant for it; if it does, correct the application's ID and secret

    2 of 6 steps done, 1 failed, 3 not started.
    Completed steps are kept. Run the same command again to continue.

    20 requests, 1 of them writes, [duration]
    ----- stderr -----
    Plan for http://127.0.0.1:[port]
      1. create the OAuth application Factory Integration
         redirect URI http://127.0.0.1:[port]/api/integrations/redirect/gitlab-sh/callback
         scopes api read_user read_repository write_repository read_registry sudo
         confidential
      2. seal the bundle with the given token
         token token-1 of root, scopes api, expires [date]
         an administrator's own: with it Factory can do all that root can
         for [recipient]
      3. check that GitLab accepts the application's ID and secret
      4. register a webhook on group group-1
      5. send a test delivery (push) from group group-1
      6. write the sealed bundle to out.age
         for [recipient]

    note: the license (premium) includes group webhooks: one per top-level group covers all its projects, future ones included
    note: webhooks send push, note, merge_request, issue, pipeline, job to http://127.0.0.1:[port]/gitlab/hooks/org_sandbox
    note: webhooks verify TLS and carry the secret token and the signing token
    ");
    // The proxy keeps it from now on: the same command ends the job.
    env.sandbox().gitlab().lock().quirks.wall = Some(basic());
    let run = env.run(&["connect", "--yes", "--bundle-out", "out.age", "--header-file", &file]);
    assert_eq!(run.code, 0, "{run}");
}

#[expect(clippy::disallowed_methods, reason = "the test writes files of its own")]
fn write(path: &std::path::Path, content: &str) {
    std::fs::write(path, content).expect("a file");
}

#[test]
fn a_bad_header_file_is_a_usage_error_that_names_the_line() {
    let env = TestEnv::with(small());
    let mut said = Said::default();
    for (case, content) in [
        ("no colon", &b"X-Good: 1\n\ncanary-in-a-header\n"[..]),
        ("quotes", b"X-Token: \"canary-in-a-header\"\n"),
        ("a variable", b"X-Token: $SECRET\n"),
        ("no value", b"X-Token:\n"),
        ("the program's own", b"X-Token: 1\nPRIVATE-TOKEN: canary-in-a-header\n"),
        ("only a comment", b"# X-Token: 1\n"),
        ("nothing", b""),
        ("not text", b"\xff\xfe\x00"),
    ] {
        let file = env.file("headers", content);
        said.pair(case, &env, &["--header-file", &file]);
    }
    let file = env.file("large", "X: 1\n".repeat(20_000));
    said.pair("a large one", &env, &["--header-file", &file]);
    said.pair("none", &env, &["--header-file", "no/such/headers"]);
    said.pair("the header itself", &env, &["--header-file", "X-Token: canary-in-a-header"]);
    assert!(!said.to_string().contains("canary-in"), "{said}");
    insta::assert_snapshot!(said, @r"
    == no colon: connect and verify
    exit code: 2
    ----- stderr -----
    error: line 3 of the header file [home]/headers is not of the form Name: value
    == quotes: connect and verify
    exit code: 2
    ----- stderr -----
    error: line 1 of the header file [home]/headers is in quotes; leave them out
    == a variable: connect and verify
    exit code: 2
    ----- stderr -----
    error: line 1 of the header file [home]/headers holds a variable that was not expanded; give its value
    == no value: connect and verify
    exit code: 2
    ----- stderr -----
    error: line 1 of the header file [home]/headers has no value
    == the program's own: connect and verify
    exit code: 2
    ----- stderr -----
    error: line 2 of the header file [home]/headers sets private-token, which the program sets itself
    == only a comment: connect and verify
    exit code: 2
    ----- stderr -----
    error: the header file [home]/headers has no header; write one as Name: value a line
    == nothing: connect and verify
    exit code: 2
    ----- stderr -----
    error: the header file [home]/headers has no header; write one as Name: value a line
    == not text: connect and verify
    exit code: 2
    ----- stderr -----
    error: the header file [home]/headers is not text
    == a large one: connect and verify
    exit code: 2
    ----- stderr -----
    error: the header file [home]/large is larger than 65536 bytes
    == none: connect and verify
    exit code: 2
    ----- stderr -----
    error: the header file no/such/headers cannot be read: No such file or directory (os error 2)
    == the header itself: connect and verify
    exit code: 2
    ----- stderr -----
    error: the header file a value of 27 characters, which is not a path, cannot be read: No such file or directory (os error 2)
    ");
}

/// A firewall's refusal is final: it is told once and not asked for again.
#[test]
fn a_firewall_is_called_what_it_is_and_asked_once() {
    let mut said = Said::default();
    for (case, fault, which) in [
        ("everything", "GET /api/v4/**=text:403", "/api/v4/metadata"),
        ("one list", "GET /api/v4/applications=text:403", "/api/v4/applications"),
        ("the hooks of a group", "GET /api/v4/groups/*/hooks=text:403", "/api/v4/groups/3/hooks"),
    ] {
        let env = TestEnv::with(small());
        env.sandbox().fault(fault).expect(case);
        said.both(case, &env);
        env.sandbox().clear_requests();
        let run = env.run(&super::CONNECT);
        let asked = env.sandbox().requests().iter().filter(|one| one.path() == which).count();
        assert_eq!(asked, 1, "{case}: {run}");
    }
    for (case, fault, which) in [
        ("a new application", "POST /api/v4/applications=text:403", "/api/v4/applications"),
        ("a new application, a sign-in page", "POST /api/v4/applications=html:403", "/api/v4/applications"),
        ("a new hook", "POST /api/v4/groups/*/hooks=text:403", "/api/v4/groups/3/hooks"),
    ] {
        let env = TestEnv::with(small());
        env.sandbox().fault(fault).expect(case);
        let run = env.run(&super::CONNECT);
        said.keep_all(case, &run);
        let asked = env.sandbox().requests().into_iter().filter(|one| one.method == "POST" && one.path() == which);
        assert_eq!(asked.count(), 1, "{case}: {run}");
    }
    insta::assert_snapshot!(said, @r#"
    == everything: connect
    exit code: 1
    ----- stderr -----
    error: GitLab's API does not answer at http://127.0.0.1:[port]
      caused by: GET /api/v4/metadata on 127.0.0.1:[port]: 403, a block page of a firewall or proxy
    hint: let the firewall or proxy in front of 127.0.0.1:[port] pass API requests of this machine (GET /api/v4/metadata); its log names the rule
    == everything: verify
    exit code: 1
    ----- stdout -----
    instance
      fail     instance.api              GitLab's API answers
               GitLab's API does not answer at this URL; the answer is a block page of a firewall or proxy
               fix: let the firewall or proxy in front of 127.0.0.1:[port] pass API requests of this machine (GET /api/v4/metadata); its log names the rule
               instance.md#check-instance-api

    verdict: fail, 3 passed, 1 failed, 25 skipped on http://127.0.0.1:[port] ([cost])
    == one list: connect
    exit code: 1
    ----- stderr -----
    error: cannot check whether the token acts as an administrator: the request was refused
      caused by: GET /api/v4/applications on 127.0.0.1:[port]: 403: the answer is a block page of a firewall or proxy
    hint: let the firewall or proxy in front of 127.0.0.1:[port] pass API requests of this machine (GET /api/v4/applications); its log names the rule
    == one list: verify
    exit code: 1
    ----- stdout -----
    token
      fail     token.admin               the token acts as an administrator
               GET /api/v4/applications on 127.0.0.1:[port]: 403: the answer is a block page of a firewall or proxy
               fix: let the firewall or proxy in front of 127.0.0.1:[port] pass API requests of this machine (GET /api/v4/applications); its log names the rule
               token.md#check-token-admin

    verdict: fail, 10 passed, 1 failed, 18 skipped on http://127.0.0.1:[port] ([cost])
    == the hooks of a group: connect
    exit code: 1
    ----- stderr -----
    error: the current state could not be read; nothing was planned
      caused by: GET /api/v4/groups/3/hooks on 127.0.0.1:[port]: 403: the answer is a block page of a firewall or proxy
    hint: let the firewall or proxy in front of 127.0.0.1:[port] pass API requests of this machine (GET /api/v4/groups/3/hooks); its log names the rule
    == the hooks of a group: verify
    exit code: 1
    ----- stdout -----
    application
      fail     application.exists        there is one OAuth application for Factory
               no instance-wide application is named "Factory Integration"
               fix: create it
                    factory-gitlab connect
               application.md#check-application-exists

    webhook
      fail     webhook.coverage          every target has a webhook to Factory
               the hooks of group group-1 cannot be read: GET /api/v4/groups/3/hooks on 127.0.0.1:[port]: 403: the answer is a block page of a firewall or proxy
               fix: let the firewall or proxy in front of 127.0.0.1:[port] pass API requests of this machine (GET /api/v4/groups/3/hooks); its log names the rule
               webhook.md#check-webhook-coverage

    verdict: fail, 12 passed, 2 failed, 15 skipped on http://127.0.0.1:[port] ([cost])
    == a new application
    exit code: 1
    ----- stdout -----
    not finished: http://127.0.0.1:[port]

      failed  create the OAuth application Factory Integration
              a firewall or proxy in front of GitLab refused it, so GitLab did nothing
              caused by: POST /api/v4/applications on 127.0.0.1:[port]: 403: the answer is a block page of a firewall or proxy
      - let the firewall or proxy in front of 127.0.0.1:[port] pass API requests of this machine (POST /api/v4/applications); its log names the rule

    0 of 6 steps done, 1 failed, 5 not started.
    Run the same command again to continue.
    == a new application, a sign-in page
    exit code: 1
    ----- stdout -----
    not finished: http://127.0.0.1:[port]

      failed  create the OAuth application Factory Integration
              a firewall or proxy in front of GitLab refused it, so GitLab did nothing
              caused by: POST /api/v4/applications on 127.0.0.1:[port]: 403: the answer is a sign-in page
      - let API requests pass the sign-in page in front of 127.0.0.1:[port] (SSO, Cloudflare Access), or run this from inside

    0 of 6 steps done, 1 failed, 5 not started.
    Run the same command again to continue.
    == a new hook
    exit code: 1
    ----- stdout -----
    not finished: http://127.0.0.1:[port]

      failed  register a webhook on group group-1
              a firewall or proxy in front of GitLab refused it, so GitLab did nothing
              caused by: POST /api/v4/groups/3/hooks on 127.0.0.1:[port]: 403: the answer is a block page of a firewall or proxy
      - let the firewall or proxy in front of 127.0.0.1:[port] pass API requests of this machine (POST /api/v4/groups/3/hooks); its log names the rule

    4 of 6 steps done, 1 failed, 1 not started.
    Completed steps are kept. Run the same command again to continue.
    "#);
}
