//! A private certificate authority, made with the real openssl.

use std::path::PathBuf;

use tempfile::TempDir;

use crate::programs::{finish, program};

/// A root, an intermediate below it, and certificates of both; everything is for 127.0.0.1.
pub struct Authority {
    folder: TempDir,
}

/// The name of the intermediate, which a message has to name when it is missing.
pub const INTERMEDIATE: &str = "Acme Intermediate";
pub const ROOT: &str = "Acme Private Root";

const CA: &str = "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n";
const SERVER: &str = "basicConstraints=CA:FALSE\nsubjectAltName=IP:127.0.0.1\nextendedKeyUsage=serverAuth\n";
const CLIENT: &str = "basicConstraints=CA:FALSE\nextendedKeyUsage=clientAuth\n";

/// Who signs a certificate, and the file of the extensions that it gives it.
struct Issuer<'a> {
    name: &'a str,
    extensions: &'a str,
}

impl Authority {
    pub fn new() -> Self {
        let authority = Self { folder: tempfile::tempdir().expect("a folder") };
        authority.file("ca.ext", CA);
        authority.file("server.ext", SERVER);
        authority.file("client.ext", CLIENT);
        authority.request("root", ROOT);
        authority.openssl("x509 -req -in root.csr -signkey root.key -days 2 -extfile ca.ext -out root.pem");
        authority.issue("intermediate", INTERMEDIATE, &Issuer { name: "root", extensions: "ca" });
        authority.issue("direct", "127.0.0.1", &Issuer { name: "root", extensions: "server" });
        authority.issue("deep", "127.0.0.1", &Issuer { name: "intermediate", extensions: "server" });
        authority.issue("client", "An admin's machine", &Issuer { name: "root", extensions: "client" });
        authority.join("chain", &["deep.pem", "intermediate.pem"]);
        authority.join("identity", &["client.pem", "client.key"]);
        authority
    }

    /// A file of it: `root.pem`, `direct.pem` with `direct.key`, `deep.pem`, `chain.pem`, `identity.pem`.
    pub fn path(&self, name: &str) -> String {
        self.at(name).to_string_lossy().into_owned()
    }

    fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    #[expect(clippy::disallowed_methods, reason = "the test writes files of its own")]
    fn file(&self, name: &str, text: &str) {
        std::fs::write(self.at(name), text).expect("a file");
    }

    fn join(&self, name: &str, parts: &[&str]) {
        let read = |part: &&str| std::fs::read_to_string(self.at(part)).expect("a file");
        self.file(&format!("{name}.pem"), &parts.iter().map(read).collect::<String>());
    }

    fn openssl(&self, arguments: &str) {
        finish(program("openssl").args(arguments.split(' ')).current_dir(self.folder.path()));
    }

    /// A certificate for 127.0.0.1 with this kind of key, signed as `options` of `openssl x509` say.
    pub fn issue_weak(&self, name: &str, key: &str, options: &str) {
        self.openssl(&format!("req -new -newkey {key} -nodes -keyout {name}.key -out {name}.csr -subj /CN=127.0.0.1"));
        self.openssl(&format!(
            "x509 -req -in {name}.csr -CA root.pem -CAkey root.key -CAcreateserial -days 2 {options} -out {name}.pem"
        ));
    }

    fn request(&self, name: &str, subject: &str) {
        let key =
            format!("req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout {name}.key -out {name}.csr");
        let subject = format!("/CN={subject}");
        finish(program("openssl").args(key.split(' ')).args(["-subj", &subject]).current_dir(self.folder.path()));
    }

    fn issue(&self, name: &str, subject: &str, issuer: &Issuer<'_>) {
        let Issuer { name: issuer, extensions } = issuer;
        self.request(name, subject);
        self.openssl(&format!(
            "x509 -req -in {name}.csr -CA {issuer}.pem -CAkey {issuer}.key -CAcreateserial -days 2 -extfile {extensions}.ext -out {name}.pem"
        ));
    }
}
