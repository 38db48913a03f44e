//! Invalid certificates.

use factory_gitlab::sandbox::options::{SandboxOptions, TlsDefect};

use super::{Said, small};
use crate::test_env::TestEnv;

#[test]
fn an_invalid_certificate_is_explained_by_its_defect() {
    let mut said = Said::default();
    for (case, defect) in [
        ("expired", TlsDefect::Expired),
        ("not valid yet", TlsDefect::NotYetValid),
        ("another name", TlsDefect::WrongName),
        ("another issuer", TlsDefect::OtherIssuer),
    ] {
        let env = TestEnv::with(SandboxOptions { tls: true, tls_defect: Some(defect), ..small() });
        said.both(case, &env);
    }
    insta::assert_snapshot!(said, @r"
    == expired: connect
    exit code: 1
    ----- stderr -----
    error: https://127.0.0.1:[port] could not be reached
      caused by: GET /api/v4/metadata on 127.0.0.1:[port]: no secure connection: the certificate has expired on [date]
    hint: renew the certificate of 127.0.0.1:[port]
    == expired: verify
    exit code: 1
    ----- stdout -----
    instance
      fail     instance.tls              the certificate is valid
               the certificate has expired on [date]
               fix: renew the certificate of 127.0.0.1:[port]
               instance.md#check-instance-tls

    verdict: fail, 3 passed, 1 failed, 25 skipped on https://127.0.0.1:[port] ([cost])
    == not valid yet: connect
    exit code: 1
    ----- stderr -----
    error: https://127.0.0.1:[port] could not be reached
      caused by: GET /api/v4/metadata on 127.0.0.1:[port]: no secure connection: the certificate is not valid yet
    hint: set this machine's clock, or check the certificate's dates
    == not valid yet: verify
    exit code: 1
    ----- stdout -----
    instance
      fail     instance.tls              the certificate is valid
               the certificate is not valid yet
               fix: set this machine's clock, or check the certificate's dates
               instance.md#check-instance-tls

    verdict: fail, 3 passed, 1 failed, 25 skipped on https://127.0.0.1:[port] ([cost])
    == another name: connect
    exit code: 1
    ----- stderr -----
    error: https://127.0.0.1:[port] could not be reached
      caused by: GET /api/v4/metadata on 127.0.0.1:[port]: no secure connection: the certificate is for elsewhere.sandbox.example, not for 127.0.0.1
    hint: use a name that the certificate is for, or get 127.0.0.1:[port] a certificate for its name
    == another name: verify
    exit code: 1
    ----- stdout -----
    instance
      fail     instance.tls              the certificate is valid
               the certificate is for elsewhere.sandbox.example, not for 127.0.0.1
               fix: use a name that the certificate is for, or get 127.0.0.1:[port] a certificate for its name
               instance.md#check-instance-tls

    verdict: fail, 3 passed, 1 failed, 25 skipped on https://127.0.0.1:[port] ([cost])
    == another issuer: connect
    exit code: 1
    ----- stderr -----
    error: https://127.0.0.1:[port] could not be reached
      caused by: GET /api/v4/metadata on 127.0.0.1:[port]: no secure connection: the certificate's issuer is not trusted (TLS inspection elsewhere): it is not the CA that was given (factory-gitlab sandbox CA), and the server sends no intermediate certificate
    hint: if TLS inspection elsewhere is a root of your company, give its certificate
          factory-gitlab connect --ca-cert PATH
    hint: or, if it is an intermediate authority, let 127.0.0.1:[port] send its intermediate certificates after its own (in GitLab: the whole chain in the file ssl_certificate)
    == another issuer: verify
    exit code: 1
    ----- stdout -----
    instance
      fail     instance.tls              the certificate is valid
               the certificate's issuer is not trusted (TLS inspection elsewhere): it is not the CA that was given (factory-gitlab sandbox CA), and the server sends no intermediate certificate
               fix: if TLS inspection elsewhere is a root of your company, give its certificate
                    factory-gitlab verify --ca-cert PATH
               instance.md#check-instance-tls

    verdict: fail, 3 passed, 1 failed, 25 skipped on https://127.0.0.1:[port] ([cost])
    ");
}

#[test]
fn a_missing_private_ca_is_asked_for_by_its_option() {
    let mut env = TestEnv::with(SandboxOptions { tls: true, ..small() });
    let kit = env.file("kit.json", env.sandbox().factory().kit_json().to_string());
    env.set("FACTORY_KIT", &kit);
    env.unset("FACTORY_GITLAB_CA_CERT");
    env.unset("FACTORY_GITLAB_FACTORY_CA_CERT");
    let mut said = Said::default();
    said.both("no CA", &env);
    env.set("FACTORY_GITLAB_CA_CERT", &env.path("none.pem").to_string_lossy());
    said.both("a CA that is not there", &env);
    env.set("FACTORY_GITLAB_CA_CERT", &env.file("text.pem", "hello"));
    said.both("a file that is not a CA", &env);
    insta::assert_snapshot!(said, @r"
    == no CA: connect
    exit code: 1
    ----- stderr -----
    error: https://127.0.0.1:[port] could not be reached
      caused by: GET /api/v4/metadata on 127.0.0.1:[port]: no secure connection: the certificate's issuer is not trusted (factory-gitlab sandbox CA, and the server sends no intermediate certificate)
    hint: trust the certificate authority that issued the certificate
          factory-gitlab connect --ca-cert PATH
    hint: or let 127.0.0.1:[port] send its intermediate certificates
    == no CA: verify
    exit code: 1
    ----- stdout -----
    instance
      fail     instance.tls              the certificate is valid
               the certificate's issuer is not trusted (factory-gitlab sandbox CA, and the server sends no intermediate certificate)
               fix: trust the certificate authority that issued the certificate
                    factory-gitlab verify --ca-cert PATH
               instance.md#check-instance-tls

    factory
      fail     factory.reachable         Factory's hosts answer
               GET /gitlab/v1/status on 127.0.0.1:[port]: no secure connection: the certificate's issuer is not trusted (factory-gitlab sandbox CA, and the server sends no intermediate certificate)
               fix: trust the certificate authority that issued the certificate
                    factory-gitlab verify --factory-ca-cert PATH
               factory.md#check-factory-reachable

    verdict: fail, 2 passed, 2 failed, 25 skipped on https://127.0.0.1:[port] ([cost])
    == a CA that is not there: connect and verify
    exit code: 2
    ----- stderr -----
    error: the CA file [home]/none.pem cannot be read: No such file or directory (os error 2)
    == a file that is not a CA: connect and verify
    exit code: 2
    ----- stderr -----
    error: the CA file [home]/text.pem has no certificate
    ");
}

#[test]
fn the_certificate_of_factory_is_checked_as_well() {
    let env = TestEnv::with(SandboxOptions { tls: true, factory_tls_defect: Some(TlsDefect::Expired), ..small() });
    let mut said = Said::default();
    said.connect("the kit's host", &env);
    insta::assert_snapshot!(said, @r"
    == the kit's host: connect
    exit code: 1
    ----- stderr -----
    error: the kit could not be fetched
      caused by: GET /gitlab/v1/kit on 127.0.0.1:[port]: no secure connection: the certificate has expired on [date]
    hint: renew the certificate of 127.0.0.1:[port]
    ");
}

#[test]
fn a_factory_that_is_not_trusted_is_found_before_anything_is_written() {
    let mut env = TestEnv::with(SandboxOptions { tls: true, ..small() });
    let kit = env.file("kit.json", env.sandbox().factory().kit_json().to_string());
    env.set("FACTORY_KIT", &kit);
    env.unset("FACTORY_GITLAB_FACTORY_CA_CERT");
    insta::assert_snapshot!(env.run(&["connect", "--yes"]), @r"
    exit code: 1
    ----- stderr -----
    error: Factory could not be reached; nothing was written
      caused by: GET /gitlab/v1/status on 127.0.0.1:[port]: no secure connection: the certificate's issuer is not trusted (factory-gitlab sandbox CA, and the server sends no intermediate certificate)
    hint: trust the certificate authority that issued the certificate
          factory-gitlab connect --factory-ca-cert PATH
    hint: or let 127.0.0.1:[port] send its intermediate certificates
    ");
    assert_eq!(env.writes(), Vec::<String>::new());
    assert_eq!(env.run(&["connect", "--dry-run"]).code, 1);
    // Without an upload nothing of Factory's is needed but what the kit promises besides.
    let run = env.run(&["connect", "--yes", "--bundle-out", "bundle.age"]);
    assert!(run.stdout.contains("write the sealed bundle to bundle.age"), "{run}");
}
