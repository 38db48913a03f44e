//! GitLab's API by hand, as an admin with curl would use it, and what `connect` tests ask of every run.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use factory_gitlab::kit::Kit;
use factory_gitlab::sandbox::gitlab::hooks::{Owner, StoredHook};
use factory_gitlab::sandbox::options::{SandboxOptions, SandboxVersion};
use serde_json::{Value, json};

use super::{TestEnv, Transcript};

/// The smallest instance: one group, one project.
pub fn small() -> SandboxOptions {
    SandboxOptions { projects: 1, groups: 1, ..SandboxOptions::default() }
}

/// The smallest instance of a version.
pub fn of_version(major: u16, minor: u16) -> SandboxOptions {
    SandboxOptions { version: SandboxVersion::new(major, minor, 0), ..small() }
}

/// A call of GitLab's API; the path is below `/api/v4`.
pub struct ApiCall<'a> {
    pub method: &'a str,
    pub path: &'a str,
    pub body: &'a Value,
}

impl TestEnv {
    /// Calls GitLab's API as the admin; returns the status and the answer. The call is removed from the request log.
    pub fn api(&self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        self.api_as(&self.sandbox().gitlab().admin_token(), &ApiCall { method, path, body })
    }

    /// The same with another token.
    pub fn api_as(&self, token: &str, call: &ApiCall<'_>) -> (u16, Value) {
        let ApiCall { method, path, body } = call;
        let address = self.sandbox().gitlab_url().replace("http://", "");
        let body = body.to_string();
        let mut stream = TcpStream::connect(&address).expect("GitLab");
        write!(
            stream,
            "{method} /api/v4{path} HTTP/1.0\r\nHost: {address}\r\nPRIVATE-TOKEN: {token}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
        .expect("asked");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("answered");
        self.sandbox().clear_requests();
        let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
        let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
        (status, serde_json::from_str(body).unwrap_or_default())
    }

    /// Creates something by hand and returns GitLab's answer.
    pub fn make(&self, path: &str, body: &Value) -> Value {
        let (status, made) = self.api("POST", path, body);
        assert_eq!(status, 201, "{path}: {made}");
        made
    }

    /// Creates an application as the kit wants it, with these changes.
    pub fn make_application(&self, change: &Value) -> Value {
        let kit = self.sandbox().factory().kit_json();
        let scopes: Vec<&str> =
            kit["application"]["scopes"].as_array().expect("scopes").iter().filter_map(Value::as_str).collect();
        let mut body = json!({
            "name": kit["application"]["name"],
            "redirect_uri": kit["application"]["redirect_uri"],
            "scopes": scopes.join(" "),
            "confidential": true,
        });
        merge(&mut body, change);
        self.make("/applications", &body)
    }

    /// Runs `connect --yes` with more arguments.
    pub fn connect(&self, args: &[&str]) -> Transcript {
        self.sandbox().clear_requests();
        let all: Vec<&str> = ["connect", "--yes"].iter().chain(args).copied().collect();
        self.run(&all)
    }

    /// Connects successfully.
    pub fn connects(&self, args: &[&str]) {
        drop(self.connected(args));
    }

    /// Connects successfully and returns the transcript.
    pub fn connected(&self, args: &[&str]) -> Transcript {
        let run = self.connect(args);
        assert_eq!(run.code, 0, "{run}");
        run
    }

    /// Runs `disconnect --yes` with more arguments.
    pub fn disconnect(&self, args: &[&str]) -> Transcript {
        self.sandbox().clear_requests();
        self.run(&[&["disconnect", "--yes"], args].concat())
    }

    /// Disconnects successfully.
    pub fn disconnects(&self, args: &[&str]) {
        drop(self.disconnected(args));
    }

    /// Disconnects successfully, and returns the transcript.
    pub fn disconnected(&self, args: &[&str]) -> Transcript {
        let run = self.disconnect(args);
        assert_eq!(run.code, 0, "{run}");
        run
    }

    /// The writes since the request log was cleared.
    pub fn writes(&self) -> Vec<String> {
        let requests = self.sandbox().requests();
        requests.iter().filter(|one| one.is_write()).map(|one| format!("{} {}", one.method, one.path())).collect()
    }

    /// Runs again and expects that nothing is planned and nothing written.
    pub fn has_nothing_to_do(&self, args: &[&str]) {
        let again = self.connect(args);
        assert_eq!(again.code, 0, "{again}");
        let says_nothing = args.contains(&"-q") && again.stdout.is_empty();
        assert!(says_nothing || again.stdout.starts_with("nothing to do: "), "{again}");
        assert_eq!(self.writes(), Vec::<String>::new(), "{again}");
    }

    /// The names of the steps of the plan.
    pub fn planned(&self, args: &[&str]) -> Vec<String> {
        let all: Vec<&str> = ["connect", "--dry-run", "-o", "json"].iter().chain(args).copied().collect();
        let run = self.run(&all);
        assert_eq!(run.code, 0, "{run}");
        let steps = run.json()["steps"].as_array().cloned().unwrap_or_default();
        steps.iter().filter_map(|step| step["step"].as_str().map(str::to_owned)).collect()
    }

    /// Switches to an empty state folder, as on another machine.
    pub fn on_another_machine(&mut self) {
        let state = self.path("another-state");
        assert!(!state.exists(), "there is one other machine");
        self.set("FACTORY_GITLAB_STATE_DIR", &state.to_string_lossy());
    }

    /// Runs and expects a refusal: this exit code, these words, and no write to GitLab or Factory.
    pub fn is_refused(&self, args: &[&str], code: i32, words: &[&str]) {
        let run = self.connect(args);
        assert_eq!(run.code, code, "{run}");
        for word in words {
            assert!(run.stderr.contains(word), "{word:?} is not said: {run}");
        }
        assert_eq!(self.writes(), Vec::<String>::new(), "{run}");
    }

    /// The fingerprint of the kit that the embedded Factory serves now.
    pub fn kit_fingerprint(&self) -> String {
        let kit = Kit::parse(&self.sandbox().factory().kit_json().to_string()).expect("a kit");
        kit.trusted().fingerprint().to_string()
    }

    /// Every hook of the instance.
    pub fn all_hooks(&self) -> Vec<StoredHook> {
        self.sandbox().gitlab().all_hooks()
    }

    /// The first group hook, and its group.
    pub fn group_hook(&self) -> (u64, StoredHook) {
        let of_group = |hook: StoredHook| match hook.owner {
            Owner::Group(group) => Some((group, hook)),
            Owner::Project(_) | Owner::System => None,
        };
        self.all_hooks().into_iter().find_map(of_group).expect("a group hook")
    }

    /// The opened content of the only bundle that Factory has.
    pub fn bundle(&self) -> Value {
        let bundles = self.sandbox().factory().bundles();
        assert_eq!(bundles.len(), 1, "one bundle");
        bundles[0].document.clone()
    }

    /// The path and the content of every file below a folder of the home.
    pub fn files_below(&self, name: &str) -> Vec<(String, Vec<u8>)> {
        let mut found = Vec::new();
        let mut folders = vec![self.path(name)];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
                match entry.path() {
                    path if path.is_dir() => folders.push(path),
                    path => found.push((path.display().to_string(), std::fs::read(&path).expect("a file"))),
                }
            }
        }
        found
    }
}

fn merge(into: &mut Value, change: &Value) {
    for (key, value) in change.as_object().into_iter().flatten() {
        into[key] = value.clone();
    }
}

/// How many cases of one test run at the same time: most of a case is waiting for processes.
const AT_ONCE: usize = 4;

/// Runs every case, several at the same time. A case that fails fails the test.
pub fn each_at_once<T: Sync>(cases: &[T], run: impl Fn(&T) + Sync) {
    let next = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _worker in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    run(case);
                }
            });
        }
    });
}
