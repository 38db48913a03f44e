//! An embedded GitLab and an embedded Factory on loopback: admins rehearse on it and the tests run against it.
//!
//! Written from how GitLab behaves, not from what the client needs, and it shares no wire types with the
//! client: a misspelled field breaks a test instead of being misspelled on both sides.

mod browser;
mod clock;
pub mod factory;
mod fault;
pub mod gitlab;
pub mod options;
mod rate_limit;
pub mod request_log;
mod sender;
mod serve;
mod ssh;
mod start;
#[cfg(feature = "sandbox-testing")]
mod testing;
mod tls;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::JoinHandle;

use tempfile::NamedTempFile;
use tokio::sync::oneshot;
use url::Url;

use self::browser::SandboxBrowser;
use self::factory::EmbeddedFactory;
pub(crate) use self::fault::help as fault_help;
use self::fault::{FaultError, FaultList};
use self::gitlab::GitLab;
use self::options::SandboxOptions;
use self::request_log::{LoggedRequest, RequestLog};

/// A running sandbox. It serves on its own thread, so that a prompt that blocks the caller does not block it. It stops when it
/// is dropped.
pub struct Sandbox {
    #[cfg_attr(not(feature = "sandbox-testing"), allow(dead_code, reason = "only tests read it"))]
    options: SandboxOptions,
    gitlab: GitLab,
    factory: EmbeddedFactory,
    gitlab_url: Url,
    factory_url: Url,
    addresses: [SocketAddr; 3],
    #[cfg_attr(not(feature = "sandbox-testing"), allow(dead_code, reason = "only tests read it"))]
    plain_url: Option<Url>,
    log: Arc<RequestLog>,
    #[cfg_attr(not(feature = "sandbox-testing"), allow(dead_code, reason = "only tests read it"))]
    faults: Arc<FaultList>,
    browser: SandboxBrowser,
    ca: Option<Ca>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// The certificate of the private CA, for clients.
struct Ca {
    #[cfg_attr(not(feature = "sandbox-testing"), allow(dead_code, reason = "only tests read it"))]
    pem: String,
    file: NamedTempFile,
}

/// The sandbox could not be started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("the sandbox listens on loopback only, and {0} is not; use 127.0.0.1:PORT")]
    NotLoopback(SocketAddr),
    #[error("the sandbox cannot listen on {address}")]
    Listen { address: SocketAddr, source: io::Error },
    #[error("the relative root {0:?} cannot be used; write it as /gitlab")]
    Root(String),
    #[error(transparent)]
    Fault(#[from] FaultError),
    #[error(transparent)]
    Tls(#[from] tls::TlsError),
    #[error("the sandbox cannot write the certificate of its CA")]
    CaFile(#[source] io::Error),
    #[error("the sandbox cannot be run")]
    Run(#[source] io::Error),
}

impl Sandbox {
    /// Starts an embedded GitLab and an embedded Factory. Both accept requests when this returns.
    ///
    /// # Errors
    /// When the address is not loopback or taken, a fault cannot be read, or certificates cannot be made.
    pub fn start(options: SandboxOptions) -> Result<Self, StartError> {
        start::start(options)
    }

    /// GitLab's base URL, with its relative root and without a slash at the end.
    #[must_use]
    pub fn gitlab_url(&self) -> String {
        self.gitlab_url.as_str().trim_end_matches('/').to_owned()
    }

    /// Factory's base URL, without a slash at the end.
    #[must_use]
    pub fn factory_url(&self) -> String {
        self.factory_url.as_str().trim_end_matches('/').to_owned()
    }

    /// Where GitLab, Factory and GitLab's SSH listen: the only addresses that a rehearsal connects to.
    #[must_use]
    pub const fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// The environment variables with which this program connects to the sandbox. They hold secrets.
    #[must_use]
    pub fn variables(&self) -> Vec<(&'static str, String)> {
        let mut variables = vec![
            ("GITLAB_URL", self.gitlab_url()),
            ("GITLAB_TOKEN", self.gitlab.acting_token()),
            ("FACTORY_KIT", self.factory.kit_url()),
            ("FACTORY_API_KEY", self.factory.api_key().to_owned()),
        ];
        if let Some(ca) = &self.ca {
            let path = ca.file.path().display().to_string();
            variables.push(("FACTORY_GITLAB_CA_CERT", path.clone()));
            variables.push(("FACTORY_GITLAB_FACTORY_CA_CERT", path));
        }
        variables
    }

    /// What opens pages in a rehearsal: a person who signs in and authorizes Factory, unless a fault says otherwise. It returns at
    /// once.
    pub fn page_opener(&self) -> impl Fn(&str) + Send + Sync + use<> {
        let browser = self.browser.clone();
        move |url| browser.open(url)
    }

    /// Calls back with every request when it has ended, on the sandbox's thread. A later callback replaces this one.
    pub fn on_request(&self, callback: impl Fn(&LoggedRequest) + Send + Sync + 'static) {
        self.log.observe(callback);
    }
}

impl std::fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sandbox")
            .field("gitlab_url", &self.gitlab_url.as_str())
            .field("factory_url", &self.factory_url.as_str())
            .finish_non_exhaustive()
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        // Dropping the sender ends the thread's wait.
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A panic has ended the thread as well.
            drop(thread.join());
        }
    }
}

#[cfg(test)]
mod tests;
