//! `bundle`.

use super::*;

/// A connected instance, its sealed bundle in `bundle.age`, and the key to open it in `key.txt`.
fn sealed() -> TestEnv {
    let env = TestEnv::with(small());
    env.connects(&["--bundle-out", "bundle.age"]);
    env.file("key.txt", env.sandbox().factory().identity());
    env
}

#[test]
fn written_to_a_file() {
    let env = TestEnv::with(small());
    let run = env.connect(&["-q", "--bundle-out", "bundle.age"]);
    insta::assert_snapshot!(run, @"exit code: 0");
    assert!(env.path("bundle.age").is_file());
}

#[test]
fn inspected() {
    let run = sealed().run(&["bundle", "inspect", "bundle.age"]);
    insta::assert_snapshot!(run, @r"
    exit code: 0
    ----- stdout -----
    bundle.age: a sealed bundle (age)
      sealed for 1 recipient: X25519
      size       [size]
      sha256     [digest]
    ");
}

#[test]
fn uploaded() {
    let run = sealed().run(&["bundle", "upload", "bundle.age"]);
    insta::assert_snapshot!(run, @r"
    exit code: 0
    ----- stdout -----
    accepted by 127.0.0.1
      sealed for [recipient]
      receipt    [receipt]
      received   [time]
      sha256     [digest]
    ");
}

#[test]
fn opened_into_a_file() {
    let env = sealed();
    let open = ["bundle", "open", "bundle.age", "--identity-file", "key.txt", "--output-file", "bundle.json"];
    let run = env.run(&open);
    insta::assert_snapshot!(run, @r"
    exit code: 0
    ----- stderr -----
    warning: the output holds secrets in plain text
    ");
}

#[test]
fn opened_with_another_key() {
    let env = sealed();
    let key = age::x25519::Identity::generate();
    env.file("other.txt", age::secrecy::ExposeSecret::expose_secret(&key.to_string()));
    let run = env.run(&["bundle", "open", "bundle.age", "--identity-file", "other.txt"]);
    insta::assert_snapshot!(run, @r"
    exit code: 1
    ----- stderr -----
    error: none of the identities opens this bundle
    hint: see which recipients it is sealed for
          factory-gitlab bundle inspect FILE
    ");
}

#[test]
fn refused_by_factory() {
    let env = sealed();
    env.file("other.age", "not sealed");
    let run = env.run(&["bundle", "upload", "other.age"]);
    insta::assert_snapshot!(run, @r"
    exit code: 1
    ----- stderr -----
    error: other.age is not an age file
    hint: copy the whole file again, as binary; if it is lost, connect seals a new one
    ");
}
