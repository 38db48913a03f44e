mod cloud;

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::Value;

use super::options::TlsDefect;
use super::request_log::{Moment, RequestAction};
use super::*;

/// A client of the sandbox: without a proxy and redirects, with the sandbox's CA trusted.
#[expect(clippy::disallowed_methods, reason = "a client of the test, not the program's")]
fn client(sandbox: &Sandbox) -> reqwest::Client {
    let mut builder = reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .timeout(Duration::from_secs(20));
    if let Some(pem) = sandbox.ca_pem() {
        builder = builder.tls_certs_only([reqwest::Certificate::from_pem(pem.as_bytes()).expect("PEM")]);
    }
    builder.build().expect("a client")
}

fn sandbox(change: impl FnOnce(&mut SandboxOptions)) -> Sandbox {
    let mut options = SandboxOptions::default();
    change(&mut options);
    Sandbox::start(options).unwrap_or_else(|error| panic!("{error}"))
}

/// Requests the kit, which is the smallest response with a body.
async fn kit(sandbox: &Sandbox) -> reqwest::Result<reqwest::Response> {
    client(sandbox).get(sandbox.factory().kit_url()).bearer_auth(sandbox.factory().api_key()).send().await
}

async fn text(response: reqwest::Response) -> String {
    response.text().await.unwrap_or_else(|error| format!("no body: {error:?}"))
}

#[test]
fn the_sandbox_listens_only_on_loopback() {
    let options = SandboxOptions { listen: SocketAddr::from(([0, 0, 0, 0], 0)), ..SandboxOptions::default() };
    let error = Sandbox::start(options).err().map(|error| error.to_string()).unwrap_or_default();
    assert!(error.contains("0.0.0.0:0 is not; use 127.0.0.1:PORT"), "{error}");
}

#[test]
fn options_that_cannot_work_are_explained() {
    let root = |root: &str| SandboxOptions { relative_root: root.to_owned(), ..SandboxOptions::default() };
    let cases = [
        (SandboxOptions { faults: vec!["nonsense".to_owned()], ..SandboxOptions::default() }, "has no `=`"),
        (root("gitlab"), "write it as /gitlab"),
        (root("/a?b"), "write it as /gitlab"),
    ];
    for (options, says) in cases {
        let error = Sandbox::start(options).err().map(|error| error.to_string()).unwrap_or_default();
        assert!(error.contains(says), "{error}");
    }
}

#[tokio::test]
async fn it_serves_while_its_caller_is_blocked_and_stops_when_dropped() {
    let sandbox = sandbox(|_| {});
    let address = sandbox.gitlab_url().replace("http://", "");
    // A plain blocking request on the caller's only thread.
    let mut line = TcpStream::connect(&address).expect("a connection");
    let request = format!("GET /api/v4/nothing HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    line.write_all(request.as_bytes()).expect("sent");
    let mut answer = String::new();
    line.read_to_string(&mut answer).expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 404"), "{answer}");
    drop(sandbox);
    assert!(TcpStream::connect(&address).is_err(), "the port is closed");
}

#[tokio::test]
async fn a_request_that_names_another_host_or_origin_is_refused_and_changes_nothing() {
    let sandbox = sandbox(|options| options.tls = true);
    let url = format!("{}/api/v4/applications", sandbox.gitlab_url());
    for (name, value) in [("origin", "https://evil.example"), ("host", "evil.example")] {
        let asked =
            client(&sandbox).get(&url).header(name, value).header("private-token", sandbox.gitlab().admin_token());
        assert_eq!(asked.send().await.expect("an answer").status(), 403, "{name}");
    }
    let own = client(&sandbox).get(&url).header("origin", sandbox.gitlab_url());
    assert_eq!(
        own.header("private-token", sandbox.gitlab().admin_token()).send().await.expect("an answer").status(),
        200
    );
}

#[tokio::test]
async fn requests_are_recorded_without_secrets() {
    let sandbox = sandbox(|_| {});
    let seen = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&seen);
    sandbox.on_request(move |_| {
        counter.fetch_add(1, Ordering::SeqCst);
    });
    kit(&sandbox).await.expect("an answer");
    let url = format!("{}/api/v4/nothing?private_token=glpat-canary", sandbox.gitlab_url());
    client(&sandbox).put(url).send().await.expect("an answer");
    let shown: Vec<String> = sandbox
        .requests()
        .iter()
        .map(|one| format!("{} {} {} {} {:?}", one.number, one.side, one.method, one.target, one.status))
        .collect();
    let expected =
        ["1 factory GET /gitlab/v1/kit Some(200)", "2 gitlab PUT /api/v4/nothing?private_token=[FILTERED] Some(404)"];
    assert_eq!(shown, expected);
    assert_eq!(seen.load(Ordering::SeqCst), 2);
    sandbox.clear_requests();
    assert!(sandbox.requests().is_empty());
}

#[tokio::test]
async fn each_fault_gives_its_response() {
    let sandbox = sandbox(|_| {});
    let whole = text(kit(&sandbox).await.expect("an answer")).await;
    let cases: [(&str, u16, &str); 13] = [
        ("status:503", 503, "\"status\":503"),
        ("html:200", 200, "<!DOCTYPE html>"),
        ("text:502", 502, "upstream"),
        ("empty", 200, "[]"),
        ("redirect:http://elsewhere.example/", 302, ""),
        ("retry-after:7", 429, "Retry later"),
        ("errors", 200, "Internal server error"),
        ("json429", 429, "requested too many times"),
        ("deploying", 503, "<!DOCTYPE html>"),
        ("cut", 200, &whole[..whole.len() / 2]),
        ("type", 200, "[\"unexpected\"]"),
        ("delay:1", 200, &whole),
        ("maintenance", 200, &whole),
    ];
    for (action, status, says) in cases {
        sandbox.clear_faults();
        sandbox.fault(&format!("factory:/gitlab/v1/kit={action}")).expect("a fault");
        let response = kit(&sandbox).await.expect("an answer");
        assert_eq!(response.status(), status, "{action}");
        let body = text(response).await;
        assert!(body.starts_with(says) || (body.contains(says) && says.len() < 60), "{action}: {body}");
    }
}

#[tokio::test]
async fn some_faults_give_no_complete_response() {
    let sandbox = sandbox(|_| {});
    for action in ["reset", "before", "lost"] {
        sandbox.clear_faults();
        sandbox.fault(&format!("/gitlab/v1/kit={action}")).expect("a fault");
        let error = kit(&sandbox).await.expect_err("no answer");
        assert!(!error.is_timeout(), "{action}: {error:?}");
        assert_eq!(sandbox.requests().last().and_then(|one| one.status), None);
    }
    sandbox.clear_faults();
    sandbox.fault("/gitlab/v1/kit=half").expect("a fault");
    let body = kit(&sandbox).await.expect("a head").bytes().await;
    assert!(body.is_err_and(|error| !error.is_timeout()));

    sandbox.clear_faults();
    sandbox.fault("/gitlab/v1/kit=endless:escapes").expect("a fault");
    let mut response = kit(&sandbox).await.expect("a head");
    let mut length = 0;
    while length < 10_000_000 {
        length += response.chunk().await.expect("more").expect("there is always more").len();
    }

    for action in ["hang", "slow"] {
        sandbox.clear_faults();
        sandbox.fault(&format!("/gitlab/v1/kit={action}")).expect("a fault");
        let asked = async { kit(&sandbox).await?.bytes().await };
        assert!(tokio::time::timeout(Duration::from_millis(200), asked).await.is_err(), "{action}");
    }
}

#[tokio::test]
async fn a_lost_response_was_acted_on_and_a_reset_before_was_not() {
    let sandbox = sandbox(|_| {});
    for (action, settings) in [("before", true), ("lost", false)] {
        sandbox.clear_faults();
        sandbox.fault(&format!("PUT /api/v4/application/settings={action}x1")).expect("a fault");
        let url = format!("{}/api/v4/application/settings", sandbox.gitlab_url());
        let put = client(&sandbox).put(url).header("private-token", sandbox.gitlab().admin_token());
        put.query(&[("signup_enabled", "false")]).send().await.expect_err("no answer");
        assert_eq!(sandbox.gitlab().lock().settings.signup_enabled, settings, "{action}");
    }
}

#[tokio::test]
async fn a_test_can_intervene_in_a_request() {
    let sandbox = sandbox(|_| {});
    sandbox.at_request(2, Moment::BeforeActing, |_| RequestAction::Reset);
    sandbox.at_request(3, Moment::AfterActing, |request| {
        assert_eq!(request.number, 3);
        RequestAction::Continue
    });
    assert!(kit(&sandbox).await.is_ok());
    assert!(kit(&sandbox).await.is_err());
    assert!(kit(&sandbox).await.is_ok());
}

#[tokio::test]
async fn latency_and_requests_in_flight_are_logged() {
    let sandbox = sandbox(|options| options.latency = Duration::from_millis(500));
    let (first, second) = tokio::join!(kit(&sandbox), kit(&sandbox));
    assert!(first.is_ok() && second.is_ok());
    let requests = sandbox.requests();
    assert_eq!(request_log::peak_in_flight(&requests), 2);
    for request in requests {
        let took = request.ended.map(|ended| ended - request.started);
        assert!(took >= Some(Duration::from_millis(500)), "{took:?}");
    }
}

#[tokio::test]
async fn the_rate_limit_applies_to_gitlab_and_not_to_factory() {
    let sandbox = sandbox(|options| options.rate_limit = Some(1));
    let url = format!("{}/api/v4/nothing", sandbox.gitlab_url());
    let ask = || client(&sandbox).get(&url).header("private-token", "glpat-x").send();
    assert_eq!(ask().await.expect("an answer").status(), 404);
    let refused = ask().await.expect("an answer");
    assert_eq!(refused.status(), 429);
    assert!(refused.headers().contains_key("ratelimit-reset"));
    assert_eq!(text(refused).await, "Retry later\n");
    for _ in 0..3 {
        assert!(kit(&sandbox).await.is_ok_and(|answer| answer.status() == 200));
    }
}

#[tokio::test]
async fn tls_uses_the_sandboxs_own_ca() {
    let sandbox = sandbox(|options| {
        options.tls = true;
        options.relative_root = "/gitlab".to_owned();
    });
    let response = kit(&sandbox).await.expect("an answer");
    assert_eq!(response.version(), reqwest::Version::HTTP_2);
    let kit: Value = serde_json::from_str(&text(response).await).expect("JSON");
    assert!(kit["webhook"]["url"].as_str().unwrap_or_default().starts_with("https://127.0.0.1:"));
    let (_, path) = sandbox.variables().into_iter().find(|one| one.0 == "FACTORY_GITLAB_CA_CERT").expect("the CA");
    assert_eq!(std::fs::read_to_string(path).ok().as_deref(), sandbox.ca_pem());

    let plain = format!("{}/api/v4/version", sandbox.plain_url().expect("a plain port"));
    let response = client(&sandbox).post(&plain).send().await.expect("an answer");
    assert_eq!(response.status(), 301);
    let expected = format!("{}/api/v4/version", sandbox.gitlab_url());
    assert_eq!(response.headers()["location"], expected.as_str());
}

#[tokio::test]
async fn faults_work_over_http_2_and_below_the_relative_root() {
    let sandbox = sandbox(|options| {
        options.tls = true;
        options.relative_root = "/gitlab".to_owned();
    });
    let url = format!("{}/api/v4/version", sandbox.gitlab_url());
    let ask = || client(&sandbox).get(&url).send();
    for (action, answered) in [("status:418", true), ("reset", false), ("lost", false)] {
        sandbox.clear_faults();
        sandbox.fault(&format!("gitlab:/api/v4/version={action}")).expect("a fault");
        let answer = ask().await;
        assert_eq!(answer.is_ok_and(|answer| answer.status() == 418), answered, "{action}");
        assert!(sandbox.requests().last().is_some_and(|one| one.fault.is_some()), "{action}");
    }
    sandbox.clear_faults();
    sandbox.fault("/api/v4/version=half").expect("a fault");
    assert!(ask().await.expect("a head").bytes().await.is_err());
}

#[tokio::test]
async fn a_defective_certificate_has_the_requested_defect() {
    let cases = [
        (TlsDefect::Expired, "Expired"),
        (TlsDefect::NotYetValid, "NotValidYet"),
        (TlsDefect::WrongName, "NotValidForName"),
        (TlsDefect::OtherIssuer, "UnknownIssuer"),
    ];
    for (defect, says) in cases {
        let sandbox = sandbox(|options| {
            options.tls = true;
            options.tls_defect = Some(defect);
        });
        let error = client(&sandbox).get(sandbox.gitlab_url()).send().await.expect_err("TLS fails");
        let shown = format!("{error:?}");
        assert!(shown.contains(says), "{defect:?}: {shown}");
        assert!(kit(&sandbox).await.is_ok(), "Factory's certificate is good");
    }
}
