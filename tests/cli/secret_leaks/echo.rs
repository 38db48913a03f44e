//! Servers that echo the secrets sent to them: in a body, in a header, in an address, encoded.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{Canary, assert_hidden, env};
use crate::test_env::TestEnv;

/// A server that answers every request with what `answer` makes of its secret.
struct Echo {
    url: String,
    heard: Arc<Mutex<Vec<String>>>,
}

impl Echo {
    fn start(answer: impl Fn(&str) -> String + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let heard = Arc::new(Mutex::new(Vec::new()));
        let keep = Arc::clone(&heard);
        // It ends with the test's process.
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let Ok(mut stream) = stream else { continue };
                let secret = secret_in(&stream);
                keep.lock().expect("a list").extend(secret.clone());
                // The client may have closed the connection.
                let _gone = stream.write_all(answer(secret.as_deref().unwrap_or("nothing")).as_bytes());
            }
        });
        Self { url, heard }
    }
}

/// The token or key of a request, which is read to its end.
fn secret_in(stream: &TcpStream) -> Option<String> {
    let mut reader = BufReader::new(stream);
    let (mut secret, mut length) = (None, 0);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 || line.trim().is_empty() {
            break;
        }
        let Some((name, value)) = line.trim().split_once(':') else { continue };
        match name.to_lowercase().as_str() {
            "private-token" => secret = Some(value.trim().to_owned()),
            "authorization" => secret = Some(value.trim().trim_start_matches("Bearer ").to_owned()),
            "content-length" => length = value.trim().parse().ok()?,
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    secret
}

fn http(status: &str, headers: &str, body: &str) -> String {
    let length = body.len();
    format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {length}\r\nConnection: close\r\n\r\n{body}")
}

const JSON: &str = "Content-Type: application/json\r\n";

/// GitLab's answer to a request without a token, and another to one with it.
fn once_shown(secret: &str, answer: String) -> String {
    if secret == "nothing" { http("401 Unauthorized", JSON, "{\"message\": \"401 Unauthorized\"}") } else { answer }
}

fn hex(text: &str, between: &str) -> String {
    text.bytes().map(|byte| format!("{between}{byte:02x}")).collect()
}

type Maker = fn(&str) -> String;

const ECHOES: [(&str, Maker); 17] = [
    ("a message", |it| http("401 Unauthorized", JSON, &format!("{{\"message\": \"401 {it}\"}}"))),
    ("a description", |it| {
        http("401 Unauthorized", JSON, &format!("{{\"error\": \"invalid_token\", \"error_description\": \"{it}\"}}"))
    }),
    ("an error code", |it| http("403 Forbidden", JSON, &format!("{{\"error\": \"{it}\"}}"))),
    ("a scope", |it| {
        http("403 Forbidden", JSON, &format!("{{\"error\": \"insufficient_scope\", \"scope\": \"{it} api\"}}"))
    }),
    ("a field's name", |it| http("400 Bad Request", JSON, &format!("{{\"message\": {{\"{it}\": [\"is {it}\"]}}}}"))),
    ("plain text", |it| {
        http("500 Internal Server Error", "Content-Type: text/plain\r\n", &format!("no route for {it}\n"))
    }),
    ("a page", |it| http("200 OK", "Content-Type: text/html\r\n", &format!("<html><title>{it}</title></html>"))),
    ("a media type", |it| http("200 OK", &format!("Content-Type: text/{it}\r\n"), "x")),
    ("a header", |it| {
        http("401 Unauthorized", &format!("X-Echo: {it}\r\nWWW-Authenticate: Bearer realm=\"{it}\"\r\n"), "{}")
    }),
    ("an address", |it| {
        http("302 Found", &format!("Location: https://elsewhere.example/{it}?private_token={it}\r\n"), "")
    }),
    ("a host", |it| http("302 Found", &format!("Location: https://{it}.example/\r\n"), "")),
    ("a path of its own", |it| http("302 Found", &format!("Location: /{}\r\n", hex(it, "%")), "")),
    ("a link", |it| http("200 OK", &format!("{JSON}Link: <https://{it}.example/{it}>; rel=\"next\"\r\n"), "[]")),
    ("a version", |it| {
        http(
            "200 OK",
            JSON,
            &format!("{{\"version\": \"{it}\", \"name\": \"{it}\", \"username\": \"{it}\", \"scopes\": [\"{it}\"]}}"),
        )
    }),
    ("base64", |it| {
        http("401 Unauthorized", JSON, &format!("{{\"message\": \"{}\"}}", STANDARD.encode(format!("header:{it}"))))
    }),
    ("hex", |it| http("401 Unauthorized", JSON, &format!("{{\"message\": \"{}\"}}", hex(it, "")))),
    ("a long text", |it| http("401 Unauthorized", JSON, &format!("{{\"message\": \"{}{it}\"}}", "x".repeat(290)))),
];

fn loud(env: &TestEnv) -> Vec<crate::test_env::Transcript> {
    let args = ["-vv", "--log-file", "run.log", "--timeout", "20"];
    let mut runs = vec![env.run(&[&["connect", "--yes"][..], &args].concat())];
    for form in ["text", "json", "junit"] {
        let page = format!("html={form}.html");
        runs.push(env.run(&[&["verify", "-o", form, "--output-file", "report", "-o", &page][..], &args].concat()));
        runs.push(env.run(&[&["verify", "-o", form][..], &args].concat()));
    }
    runs
}

#[test]
fn a_gitlab_that_echoes_the_token_is_not_quoted() {
    for (case, echo) in ECHOES {
        let (mut env, canaries) = env();
        let server = Echo::start(move |secret| once_shown(secret, echo(secret)));
        env.set("GITLAB_URL", &server.url);
        let runs = loud(&env);
        assert!(runs.iter().all(|run| run.code != 0), "{case}");
        assert!(!server.heard.lock().expect("a list").is_empty(), "{case}: the token was shown to it");
        assert_hidden(case, &canaries, &env, &runs);
    }
}

#[test]
fn a_factory_that_echoes_the_key_is_not_quoted() {
    for (case, echo) in ECHOES {
        let (mut env, canaries) = env();
        let server = Echo::start(echo);
        env.set("FACTORY_KIT", &format!("{}/gitlab/v1/kit", server.url));
        let mut runs = loud(&env);
        runs.push(env.run(&["kit", "check", "-o", "json"]));
        assert!(runs.iter().all(|run| run.code != 0), "{case}");
        assert!(!server.heard.lock().expect("a list").is_empty(), "{case}: the key was shown to it");
        assert_hidden(case, &canaries, &env, &runs);
    }
}

#[test]
fn an_upload_whose_receipt_echoes_the_key_is_not_quoted() {
    for body in [
        "{\"id\": \"KEY\", \"sha256\": \"KEY\"}",
        "{\"id\": \"KEY\", \"received_at\": \"KEY\"}",
        "{\"sha256\": \"000000000000000000000000000000000000000000KEY\"}",
        "{\"title\": \"KEY\", \"detail\": \"KEY\", \"status\": 200}",
    ] {
        let (env, mut canaries) = env();
        let server = Echo::start(move |secret| http("200 OK", JSON, &body.replace("KEY", secret)));
        let run =
            env.run(&["connect", "--yes", "-vv", "--log-file", "run.log", "--upload-url", &server.url, "-o", "json"]);
        assert!(!server.heard.lock().expect("a list").is_empty(), "{body}: {run}");
        canaries.push(Canary::new("the application's secret", &super::application_secret(&env).expect("a bundle")));
        assert_hidden(body, &canaries, &env, &[run]);
    }
}

/// The receiver's answer to a test delivery reaches the program through GitLab's log and may contain the webhook token.
#[test]
fn a_receiver_that_echoes_the_webhook_token_is_not_quoted() {
    for code in [200, 401, 500] {
        let (env, canaries) = env();
        let secret = env.sandbox().factory().webhook_secret().to_owned();
        let body = format!("token {secret} {}", STANDARD.encode(&secret));
        env.sandbox().factory().set_quirks(|quirks| quirks.webhook = Some((code, body.clone())));
        let mut runs = loud(&env);
        runs.push(env.run(&["verify", "--live", "-vv", "-o", "json"]));
        assert_hidden(&format!("answered {code}"), &canaries, &env, &runs);
    }
}
