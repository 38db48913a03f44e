//! Certificates that are not believed, and why.

use factory_gitlab::http::{Cause, Options, Proxy, Request, Seen, TlsProblem, inspect};
use factory_gitlab::sandbox::options::TlsDefect;

use crate::world::{client, client_with, impatient, instance, options, reader, sandbox};

async fn problem(options: &Options, sandbox: &factory_gitlab::sandbox::Sandbox) -> TlsProblem {
    let request = Request::get(instance(sandbox).api("/metadata"));
    let error = client_with(options).send(&request).await.err().expect("an error");
    let Cause::Tls(problem) = *error.cause else { unreachable!("another cause") };
    problem
}

#[tokio::test]
async fn a_private_ca_is_named_until_it_is_given() {
    let sandbox = sandbox(|options| options.tls = true);
    let missing = problem(&impatient(), &sandbox).await;
    assert!(matches!(&missing, TlsProblem::UnknownCa { issuer: Some(issuer) } if !issuer.is_empty()), "{missing:?}");
    reader(&sandbox).metadata().await.expect("trusted with its CA");
}

#[tokio::test]
async fn a_wrong_name_and_an_expired_certificate_are_told_with_what_they_say() {
    let wrong = sandbox(|options| {
        options.tls = true;
        options.tls_defect = Some(TlsDefect::WrongName);
    });
    let seen = problem(&options(&wrong), &wrong).await;
    assert!(
        matches!(&seen, TlsProblem::WrongName { host, names } if host == "127.0.0.1" && !names.is_empty()),
        "{seen:?}"
    );
    let expired = sandbox(|options| {
        options.tls = true;
        options.tls_defect = Some(TlsDefect::Expired);
    });
    let seen = problem(&options(&expired), &expired).await;
    assert!(matches!(&seen, TlsProblem::Expired { on: Some(day) } if day.len() == 10), "{seen:?}");
}

#[tokio::test]
async fn the_way_is_seen_step_by_step() {
    let sandbox = sandbox(|options| options.tls = true);
    let seen = inspect(&client(&sandbox), instance(&sandbox).url()).await;
    assert_eq!(seen.addresses.known().map(Vec::len), Some(1));
    assert!(seen.connect.known().is_some());
    let certificate = seen.tls.known().expect("a certificate");
    assert!(!certificate.issuer.is_empty());
    let untrusted = inspect(&client_with(&impatient()), instance(&sandbox).url()).await;
    assert!(
        matches!(untrusted.tls, Seen::Failed(error) if matches!(*error.cause, Cause::Tls(TlsProblem::UnknownCa { .. })))
    );
    assert!(sandbox.requests().is_empty(), "looking sends nothing");
}

#[tokio::test]
async fn what_cannot_be_seen_is_not_asked() {
    let plain = sandbox(|_| ());
    let seen = inspect(&client(&plain), instance(&plain).url()).await;
    assert!(matches!(seen.tls, Seen::NotAsked(_)) && seen.connect.known().is_some());
    let proxy = Proxy::Through { url: "http://127.0.0.1:9".parse().expect("an address"), except: None };
    let seen = inspect(&client_with(&Options { proxy, ..impatient() }), instance(&plain).url()).await;
    assert!(matches!(seen.addresses, Seen::NotAsked(_)) && matches!(seen.tls, Seen::NotAsked(_)));
    let nowhere = "https://factory-gitlab.invalid".parse().expect("an address");
    let seen = inspect(&client(&plain), &nowhere).await;
    assert!(matches!(seen.addresses, Seen::Failed(_)) && matches!(seen.connect, Seen::NotAsked(_)));
}

#[tokio::test]
async fn a_proxy_that_does_not_answer_is_a_connection_that_fails() {
    let sandbox = sandbox(|_| ());
    let proxy = Proxy::Through { url: "http://user:hunter2@127.0.0.1:9".parse().expect("an address"), except: None };
    let client = client_with(&Options { proxy, ..impatient() });
    let error = client.send(&Request::get(instance(&sandbox).api("/metadata"))).await.err().expect("an error");
    assert!(matches!(&*error.cause, Cause::Connect { .. }), "{error}");
    assert!(!format!("{error:?}").contains("hunter2"));
    let except = Some("127.0.0.1".to_owned());
    let proxy = Proxy::Through { url: "http://127.0.0.1:9".parse().expect("an address"), except };
    let client = client_with(&Options { proxy, ..impatient() });
    let answered = client.send(&Request::get(instance(&sandbox).api("/metadata"))).await;
    assert_eq!(answered.err().and_then(|error| error.status()), Some(401), "the exception is kept");
}
