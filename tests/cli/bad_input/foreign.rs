//! Other origins: what is secret never goes there, whoever says so.

use super::{Said, small};
use crate::test_env::TestEnv;

#[test]
fn a_redirect_or_a_link_to_another_origin_is_not_followed() {
    let world = TestEnv::with(small());
    let other = TestEnv::new();
    let elsewhere = other.sandbox().gitlab_url();
    let mut said = Said::default();
    for (case, at, how) in [
        ("a redirect at the door", "GET /api/v4/metadata", "redirect"),
        ("a redirect with the token", "GET /api/v4/personal_access_tokens/self", "redirect"),
        ("a redirect of a list", "GET /api/v4/applications", "redirect"),
        ("a link to the next page of applications", "GET /api/v4/applications", "link"),
        ("a link to the next page of groups", "GET /api/v4/groups", "link"),
        ("a link to the next page of hooks", "GET /api/v4/groups/*/hooks", "link"),
        ("a redirect of Factory's", "factory:GET /gitlab/v1/kit", "redirect"),
    ] {
        let path = at.rsplit_once(' ').map_or("", |(_, path)| path).replace('*', "1");
        world.sandbox().clear_faults();
        world.sandbox().fault(&format!("{at}={how}:{elsewhere}{path}?page=2")).expect(case);
        said.both(case, &world);
        assert!(other.sandbox().requests().is_empty(), "{case}: {:?}", other.sandbox().requests());
    }
    insta::assert_snapshot!(said);
}

#[test]
fn a_redirect_that_holds_a_secret_is_named_without_it() {
    let world = TestEnv::with(small());
    let token = world.variables()["GITLAB_TOKEN"].clone();
    for to in [
        format!("https://elsewhere.example/?private_token={token}"),
        format!("https://root:{token}@elsewhere.example/"),
        format!("https://elsewhere.example/{token}/api/v4/metadata"),
        format!("https://elsewhere.example/#{token}"),
        format!("/api/v4/{token}"),
    ] {
        world.sandbox().clear_faults();
        world.sandbox().fault(&format!("GET /api/v4/**=redirect:{to}")).expect("a fault");
        for args in [super::CONNECT.as_slice(), &super::VERIFY] {
            let run = world.run(args);
            assert_ne!(run.code, 0, "{run}");
            assert!(!format!("{}{}", run.stdout, run.stderr).contains(&token), "{run}");
        }
    }
}
