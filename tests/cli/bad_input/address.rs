//! The address of GitLab.

use super::{Said, small};
use crate::test_env::TestEnv;
use factory_gitlab::sandbox::options::SandboxOptions;

#[test]
fn an_address_that_is_none_says_which_one_was_meant() {
    let mut world = TestEnv::with(small());
    let mut said = Said::default();
    let real = world.sandbox().gitlab_url();
    for (case, url) in [
        ("the API's", format!("{real}/api/v4")),
        ("below the API's", format!("{real}/api/v4/projects/1")),
        ("without scheme", "gitlab.acme.example".to_owned()),
        ("with user info", "https://root:canary-in-a-url@gitlab.acme.example/".to_owned()),
        ("with user info, without scheme", "root:canary-in-a-url@gitlab.acme.example".to_owned()),
        ("a project's page", format!("{real}/group-1/project-1")),
        ("http", "http://gitlab.acme.example".to_owned()),
        ("ssh", "ssh://git@gitlab.acme.example".to_owned()),
        ("with a query", format!("{real}/?private_token=canary-in-a-url")),
        ("no host", "https://".to_owned()),
        ("a word", "gitlab".to_owned()),
        ("nothing at all", String::new()),
    ] {
        world.set("GITLAB_URL", &url);
        said.both(case, &world);
    }
    assert!(!said.to_string().contains("canary-in"), "{said}");
    insta::assert_snapshot!(said);
}

#[test]
fn nobody_at_an_address_is_told_apart_from_somebody_else() {
    let mut world = TestEnv::with(small());
    let mut said = Said::default();
    for (case, url) in [
        ("a name that does not resolve", "https://gitlab.invalid".to_owned()),
        ("a port that is shut", "https://127.0.0.1:1".to_owned()),
        ("Factory's address", world.sandbox().factory_url()),
    ] {
        world.set("GITLAB_URL", &url);
        said.both(case, &world);
    }
    insta::assert_snapshot!(said);
}

#[test]
fn http_that_redirects_to_https_names_the_right_address() {
    let mut world = TestEnv::with(SandboxOptions { tls: true, ..small() });
    let plain = world.sandbox().plain_url().expect("a plain address");
    world.set("GITLAB_URL", &plain);
    let mut said = Said::default();
    said.both("http", &world);
    insta::assert_snapshot!(said);
    let right = world.sandbox().gitlab_url();
    let run = world.run(&super::CONNECT);
    assert!(run.stderr.contains(&right), "{right}: {run}");
}

#[test]
fn a_relative_root_is_needed_and_its_absence_is_named() {
    let mut world = TestEnv::with(SandboxOptions { relative_root: "/gitlab".to_owned(), ..small() });
    let given = world.sandbox().gitlab_url();
    world.set("GITLAB_URL", given.trim_end_matches("/gitlab"));
    let mut said = Said::default();
    said.both("without the root", &world);
    insta::assert_snapshot!(said);
    world.set("GITLAB_URL", &format!("{given}/"));
    let run = world.run(&super::CONNECT);
    assert_eq!(run.code, 0, "{run}");
    super::assert_connected_once("with the root", &world);
}
