//! Targets and resolvers that do not answer, and who is contacted.

use std::net::{TcpListener, UdpSocket};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use factory_gitlab::env::Env;

use crate::test_env::{TestEnv, small};

/// Accepts connections and says nothing; counts them.
fn silent() -> (String, Arc<Mutex<Vec<std::net::TcpStream>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address").to_string();
    let kept = Arc::new(Mutex::new(Vec::new()));
    let keeps = Arc::clone(&kept);
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            keeps.lock().expect("the connections").push(stream);
        }
    });
    (address, kept)
}

#[test]
fn a_run_with_every_target_silent_ends_in_time_and_knows_nothing() {
    let env = TestEnv::bare();
    let (targets, _kept): (Vec<String>, Vec<_>) = (0..6).map(|_| silent()).unzip();
    let resolver = UdpSocket::bind("127.0.0.1:0").expect("a port");
    let resolver_at = resolver.local_addr().expect("an address").to_string();
    let mut args = vec!["network".to_owned(), "check".to_owned(), "--resolver".to_owned(), resolver_at];
    for (place, target) in targets.iter().enumerate() {
        let protocol = if place % 2 == 0 { "https" } else { "ssh" };
        args.extend(["--target".to_owned(), format!("{protocol}://{target}")]);
    }
    args.extend(["--target".to_owned(), "https://nowhere.invalid:443".to_owned()]);
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let began = Env::empty().clock.instant();
    let run = env.run(&args);
    let took = began.elapsed();
    assert!(took < Duration::from_secs(30), "{took:?}: {run}");
    assert_eq!(run.code, 3, "silence is not known to be a failure: {run}");
    assert!(run.stdout.contains("TLS gets no answer") && run.stdout.contains("no banner comes"), "{run}");
    assert!(run.stdout.contains("does not answer"), "{run}");
}

#[test]
fn only_gitlab_the_kits_hosts_and_the_given_resolvers_are_contacted() {
    let mut env = TestEnv::with(small());
    let resolver = UdpSocket::bind("127.0.0.1:0").expect("a port");
    resolver.set_read_timeout(Some(Duration::from_secs(20))).expect("a time limit");
    let resolver_at = resolver.local_addr().expect("an address").to_string();
    // Whatever would go elsewhere by a proxy is seen.
    let (proxy, connections) = silent();
    env.set("HTTPS_PROXY", &format!("http://{proxy}"));
    let run = env.run(&["network", "check", "--resolver", &resolver_at]);
    assert_eq!(run.code, 0, "an address is not asked for: {run}");
    assert!(connections.lock().expect("the connections").is_empty(), "http on loopback has no proxy");
    let asked: Vec<String> = env
        .sandbox()
        .requests()
        .iter()
        .map(|one| format!("{} {}", one.method, one.path()))
        .filter(|request| !request.contains("/kit"))
        .collect();
    for request in &asked {
        assert!(
            [
                "GET /",
                "GET /api/v4/version",
                "GET /api/v4/application/settings",
                "GET /api/v4/projects",
                "GET /api/v4/groups",
            ]
            .contains(&request.as_str())
                || request.starts_with("GET /api/v4/groups/"),
            "{request}"
        );
    }
    assert!(asked.iter().all(|request| request.starts_with("GET ")), "nothing is written: {asked:?}");
    let mut buffer = [0; 512];
    resolver.set_read_timeout(Some(Duration::from_millis(50))).expect("a time limit");
    assert!(resolver.recv(&mut buffer).is_err(), "there is no name to ask for");
}

#[test]
fn the_token_goes_to_gitlabs_api_alone() {
    let env = TestEnv::with(small());
    let run = env.run(&["network", "check"]);
    assert_eq!(run.code, 0, "{run}");
    let (elsewhere, connections) = silent();
    let token = env.variables().get("GITLAB_TOKEN").cloned().expect("a token");
    let run = env.run(&["network", "check", "--timeout", "1", "--target", &format!("tcp://{elsewhere}")]);
    assert_eq!(run.code, 0, "{run}");
    let connections = connections.lock().expect("the connections");
    assert_eq!(connections.len(), 1, "one connection, which is closed");
    assert!(!run.stdout.contains(&token) && !run.stderr.contains(&token));
}

#[test]
fn no_lock_is_taken_and_nothing_is_recorded() {
    let env = TestEnv::with(small());
    let run = env.run(&["network", "check"]);
    assert_eq!(run.code, 0, "{run}");
    assert!(!env.path("state").exists(), "nothing is written");
}
