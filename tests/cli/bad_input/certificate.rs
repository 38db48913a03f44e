//! TLS that does not hold.

use factory_gitlab::sandbox::options::{SandboxOptions, TlsDefect};

use super::{Said, small};
use crate::test_env::TestEnv;

#[test]
fn a_certificate_that_does_not_hold_is_named_by_its_kind() {
    let mut said = Said::default();
    for (case, defect) in [
        ("expired", TlsDefect::Expired),
        ("not valid yet", TlsDefect::NotYetValid),
        ("another name", TlsDefect::WrongName),
        ("another issuer", TlsDefect::OtherIssuer),
    ] {
        let world = TestEnv::with(SandboxOptions { tls: true, tls_defect: Some(defect), ..small() });
        said.both(case, &world);
    }
    insta::assert_snapshot!(said);
}

#[test]
fn a_private_ca_that_is_missing_is_asked_for_by_its_option() {
    let mut world = TestEnv::with(SandboxOptions { tls: true, ..small() });
    let kit = world.file("kit.json", world.sandbox().factory().kit_json().to_string());
    world.set("FACTORY_KIT", &kit);
    world.unset("FACTORY_GITLAB_CA_CERT");
    let mut said = Said::default();
    said.both("no CA", &world);
    world.set("FACTORY_GITLAB_CA_CERT", &world.path("none.pem").to_string_lossy());
    said.both("a CA that is not there", &world);
    world.set("FACTORY_GITLAB_CA_CERT", &world.file("text.pem", "hello"));
    said.both("a CA that is none", &world);
    insta::assert_snapshot!(said);
}

#[test]
fn factorys_certificate_is_held_to_the_same() {
    let world = TestEnv::with(SandboxOptions { tls: true, factory_tls_defect: Some(TlsDefect::Expired), ..small() });
    let mut said = Said::default();
    said.connect("the kit's host", &world);
    insta::assert_snapshot!(said);
}
