//! A pre-signed style `PUT` to a real object store's stand-in: nginx with WebDAV.

use serde_json::json;

use crate::cli::test_env::TestEnv;
use crate::nginx::{Nginx, Site};
use crate::programs::{finish, holds_no_secret, program};

const STORE: &str = "root files;
    location / {
        dav_methods PUT;
        create_full_put_path on;
        client_max_body_size 1m;
    }";

/// As an object store refuses.
const EXPIRED: &str = "location / {
        default_type application/xml;
        return 403 '<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>';
    }";

/// A kit whose bundle is uploaded to this server.
fn put_to(env: &TestEnv, address: &str) {
    env.sandbox().factory().edit_kit(|kit| {
        kit["bundle"]["upload_url"] = json!(address);
        kit["bundle"]["method"] = json!("PUT");
    });
}

#[test]
fn a_presigned_put_leaves_the_sealed_bundle_byte_for_byte_and_takes_no_key_along() {
    let (env, store) = (TestEnv::new(), Nginx::start(&Site { listen: "", inside: STORE }));
    let signature = "5f2d0c9e7a1b4d36signature";
    put_to(&env, &format!("http://127.0.0.1:{}/in/acme.age?X-Amz-Signature={signature}", store.port));
    let run = env.run(&["connect", "--yes"]);
    assert_eq!(run.code, 0, "{run}");

    let log = store.log();
    assert!(
        log.starts_with("PUT /in/acme.age HTTP/1.1 201 type=[application/octet-stream] authorization=[-]"),
        "{log}"
    );
    assert_eq!(log.lines().count(), 1, "{log}");
    let arrived = std::fs::read(store.file("in/acme.age")).expect("the file that arrived");
    let sealed = sealed(&env);
    assert_eq!(arrived, sealed.1);
    let key = env.file("factory.txt", env.sandbox().factory().identity());
    let plain = finish(program("age").args(["-d", "-i", &key]).arg(store.file("in/acme.age")));
    assert!(plain.contains("factory-gitlab/bundle/v1"));

    // The same bundle once more is the same file, and connecting again sends nothing.
    let again = env.run(&["bundle", "upload", &sealed.0]);
    assert_eq!(again.code, 0, "{again}");
    assert!(
        store.log().lines().nth(1).is_some_and(|line| line.contains(" 204 ") && line.contains("authorization=[-]"))
    );
    assert_eq!(std::fs::read(store.file("in/acme.age")).expect("the file"), sealed.1);
    let files = std::fs::read_dir(store.file("in")).expect("a folder").count();
    assert_eq!(files, 1);
    let idle = env.run(&["connect", "--yes"]);
    assert_eq!((idle.code, store.log().lines().count()), (0, 2), "{idle}");
    holds_no_secret(
        &[&run.stdout, &run.stderr, &again.stdout, &again.stderr, &idle.stdout, &idle.stderr],
        &[signature.to_owned(), env.sandbox().gitlab().admin_token(), env.sandbox().factory().api_key().to_owned()],
    );
}

#[test]
fn an_address_without_a_signature_is_given_the_key_only_where_the_kit_says_so() {
    for (auth, wanted) in [(json!("bearer"), true), (json!("none"), false), (json!(null), false)] {
        let (env, store) = (TestEnv::new(), Nginx::start(&Site { listen: "", inside: STORE }));
        put_to(&env, &format!("http://127.0.0.1:{}/plain.age", store.port));
        env.sandbox().factory().edit_kit(|kit| kit["bundle"]["auth"] = auth.clone());
        let run = env.run(&["connect", "--yes"]);
        assert_eq!(run.code, 0, "{run}");
        let log = store.log();
        let key = format!("authorization=[Bearer {}]", env.sandbox().factory().api_key());
        assert_eq!((log.contains(&key), log.contains("authorization=[-]")), (wanted, !wanted), "{auth}: {log}");
        assert!(log.contains("digest=[sha-256=:"), "{log}");
    }
}

#[test]
fn a_store_that_refuses_leaves_the_bundle_here_to_be_sent_later() {
    let (env, store) = (TestEnv::new(), Nginx::start(&Site { listen: "", inside: EXPIRED }));
    put_to(&env, &format!("http://127.0.0.1:{}/in/acme.age?X-Amz-Signature=expired-long-ago", store.port));
    let run = env.run(&["connect", "--yes"]);
    assert_eq!(run.code, 1, "{run}");
    let said = format!("{}{}", run.stdout, run.stderr);
    assert!(said.contains("upload address has expired"), "{said}");
    let (path, _) = sealed(&env);
    let working = Nginx::start(&Site { listen: "", inside: STORE });
    let address = format!("http://127.0.0.1:{}/late.age?X-Amz-Signature=fresh", working.port);
    put_to(&env, &address);
    // Another address is another kit, and --yes alone does not accept it.
    let run = env.run(&["connect", "--yes"]);
    assert_eq!(run.code, 2, "{run}");
    let run = env.run(&["connect", "--yes", "--kit-fingerprint", &env.kit_fingerprint()]);
    assert_eq!(run.code, 0, "{run}");
    assert_eq!(std::fs::read(working.file("late.age")).expect("the file"), std::fs::read(path).expect("the file"));
}

/// The sealed bundle in the state folder.
fn sealed(env: &TestEnv) -> (String, Vec<u8>) {
    let mut folders = vec![env.path("state")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()) {
            if entry.is_dir() {
                folders.push(entry);
            } else if entry.extension().is_some_and(|kind| kind == "age") {
                return (entry.to_string_lossy().into_owned(), std::fs::read(&entry).expect("a file"));
            }
        }
    }
    unreachable!("no sealed bundle was kept")
}
