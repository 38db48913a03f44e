//! Whether a chain is trusted only because of a root that was added: one that was given, or one that an administrator added
//! to the system's list. On systems where the list does not tell its own roots from added ones, nothing is said.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use rustls_platform_verifier::Verifier;
use serde::Serialize;
use tokio_rustls::rustls::client::danger::ServerCertVerifier;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, UnixTime};

use super::{certificates, only, provider};
use crate::files;

/// Why a root is trusted that is not one of the system's own.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PrivateRoot {
    /// It was given for this run.
    Given,
    /// An administrator added it to this machine.
    Added,
}

/// A chain that was verified.
#[derive(Clone, Copy)]
pub(in crate::http) struct VerifiedChain<'a> {
    pub end_entity: &'a CertificateDer<'a>,
    pub intermediates: &'a [CertificateDer<'a>],
    pub server_name: &'a ServerName<'a>,
    pub now: UnixTime,
}

impl VerifiedChain<'_> {
    fn is_trusted_by(&self, verifier: &dyn ServerCertVerifier) -> bool {
        let Self { end_entity, intermediates, server_name, now } = *self;
        verifier.verify_server_cert(end_entity, intermediates, server_name, &[], now).is_ok()
    }

    /// `None` also where it cannot be known.
    pub(in crate::http) fn private_root(&self, given: &[CertificateDer<'static>]) -> Option<PrivateRoot> {
        let by = |roots: &[CertificateDer<'static>]| {
            let verifier = only(roots, &provider());
            verifier.is_some_and(|verifier| self.is_trusted_by(verifier.as_ref()))
        };
        if added().is_some_and(|added| self.is_trusted_by(added.as_ref())) {
            return Some(PrivateRoot::Added);
        }
        if !given.is_empty() && by(given) && !system().as_ref().is_some_and(|system| self.is_trusted_by(system)) {
            return Some(PrivateRoot::Given);
        }
        None
    }
}

/// What the system trusts without the roots that were given.
fn system() -> &'static Option<Verifier> {
    static SYSTEM: OnceLock<Option<Verifier>> = OnceLock::new();
    SYSTEM.get_or_init(|| Verifier::new(provider()).ok())
}

/// What the roots trust that an administrator added.
fn added() -> Option<&'static Arc<dyn ServerCertVerifier>> {
    static ADDED: OnceLock<Option<Arc<dyn ServerCertVerifier>>> = OnceLock::new();
    ADDED.get_or_init(|| only(&added_to(&FOLDERS.map(Path::new)), &provider())).as_ref()
}

/// Where `update-ca-certificates`, `update-ca-trust` and `trust` take them from.
const FOLDERS: [&str; 4] = [
    "/usr/local/share/ca-certificates",
    "/etc/pki/ca-trust/source/anchors",
    "/etc/pki/trust/anchors",
    "/etc/ca-certificates/trust-source/anchors",
];

/// The certificates in these folders, and in the folders in them.
fn added_to(folders: &[&Path]) -> Vec<CertificateDer<'static>> {
    const MOST_FILES: usize = 500;
    const MOST_BYTES: u64 = 1024 * 1024;
    let mut found = Vec::new();
    let mut files: Vec<PathBuf> = Vec::new();
    for folder in folders {
        let inner = entries(folder);
        files.extend(inner.iter().filter(|path| path.is_dir()).flat_map(|path| entries(path)));
        files.extend(inner);
    }
    for file in files.iter().filter(|path| path.is_file()).take(MOST_FILES) {
        let read = files::read_up_to(file, MOST_BYTES).ok();
        found.extend(read.and_then(|bytes| certificates(&bytes)).unwrap_or_default());
    }
    found
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten();
    entries.filter_map(|entry| Some(entry.ok()?.path())).collect()
}

#[cfg(all(test, feature = "sandbox"))]
mod tests {
    use super::*;
    use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};

    #[test]
    fn roots_are_found_in_folders_and_in_the_folders_in_them() {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let root = CertifiedIssuer::self_signed(params, KeyPair::generate().expect("a key")).expect("a root");
        let folder = tempfile::tempdir().expect("a folder");
        let inner = folder.path().join("acme");
        files::create_folder(&inner).expect("a folder");
        let write = |path: PathBuf, text: &str| {
            files::write_atomically(&path, files::Readers::Owner, |file| {
                std::io::Write::write_all(file, text.as_bytes())
            })
            .expect("written");
        };
        write(inner.join("root.crt"), &root.pem());
        write(folder.path().join("readme"), "not a certificate");
        let missing = folder.path().join("missing");
        assert_eq!(added_to(&[folder.path(), &missing]), [root.der().clone()]);
    }
}
