//! An embedded GitLab and an embedded Factory on loopback: the rehearsal for admins and the test bed for us.
//!
//! Written from how GitLab behaves, not from what the client needs, and it shares no wire types with the
//! client: a misspelt field breaks a test instead of being misspelt on both sides.

mod clock;
pub mod factory;
mod fault;
pub mod gitlab;
pub mod options;
mod rate_limit;
pub mod request_log;
mod sender;
mod serve;
mod start;
mod tls;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::JoinHandle;

use tempfile::NamedTempFile;
use tokio::sync::oneshot;
use url::Url;

use self::factory::EmbeddedFactory;
use self::fault::{Fault, FaultError, FaultList};
use self::gitlab::GitLab;
use self::options::SandboxOptions;
use self::request_log::{LoggedRequest, Moment, Origin, RequestAction, RequestLog};

/// A running sandbox. It serves on a thread of its own, so that a prompt that blocks the caller never stops it, and
/// it ends when it is dropped.
pub struct Sandbox {
    options: SandboxOptions,
    gitlab: GitLab,
    factory: EmbeddedFactory,
    gitlab_url: Url,
    factory_url: Url,
    plain_url: Option<Url>,
    log: Arc<RequestLog>,
    faults: Arc<FaultList>,
    ca: Option<Ca>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// The private CA as a client needs it.
struct Ca {
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
    /// Starts an embedded GitLab and an embedded Factory. Both answer when this returns.
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

    /// With TLS: GitLab's plain HTTP address, which redirects to the real one.
    #[must_use]
    pub fn plain_url(&self) -> Option<String> {
        self.plain_url.as_ref().map(|url| url.as_str().trim_end_matches('/').to_owned())
    }

    /// With TLS: the certificate of the private CA, in PEM.
    #[must_use]
    pub fn ca_pem(&self) -> Option<&str> {
        self.ca.as_ref().map(|ca| ca.pem.as_str())
    }

    /// What the sandbox was asked to be.
    #[must_use]
    pub const fn options(&self) -> &SandboxOptions {
        &self.options
    }

    #[must_use]
    pub const fn gitlab(&self) -> &GitLab {
        &self.gitlab
    }

    #[must_use]
    pub const fn factory(&self) -> &EmbeddedFactory {
        &self.factory
    }

    /// The variables under which this same program finds everything it needs here. They hold secrets.
    #[must_use]
    pub fn variables(&self) -> Vec<(&'static str, String)> {
        let mut variables = vec![
            ("GITLAB_URL", self.gitlab_url()),
            ("GITLAB_TOKEN", self.gitlab.admin_token()),
            ("FACTORY_KIT", self.factory.kit_url()),
            ("FACTORY_API_KEY", self.factory.api_key().to_owned()),
        ];
        if let Some(ca) = &self.ca {
            variables.push(("FACTORY_GITLAB_CA_CERT", ca.file.path().display().to_string()));
        }
        variables
    }

    /// What the client has asked of both servers so far, in the order it came.
    #[must_use]
    pub fn requests(&self) -> Vec<LoggedRequest> {
        let mut requests = self.log.requests();
        requests.retain(|request| request.origin == Origin::Client);
        requests
    }

    /// Forgets the requests; the next one is number 1.
    pub fn clear_requests(&self) {
        self.log.clear();
    }

    /// Calls back with every request when it has ended, on the sandbox's thread. A later callback replaces this one.
    pub fn on_request(&self, callback: impl Fn(&LoggedRequest) + Send + Sync + 'static) {
        self.log.observe(callback);
    }

    /// Calls back once, when the client's request number `number` comes to that moment, on the sandbox's thread.
    pub fn at_request(
        &self,
        number: usize,
        moment: Moment,
        callback: impl FnOnce(&LoggedRequest) -> RequestAction + Send + 'static,
    ) {
        self.log.at_request(number, moment, callback);
    }

    /// Adds a fault, in the grammar of [`fault`].
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn fault(&self, written: &str) -> Result<(), FaultError> {
        self.faults.add(written.parse::<Fault>()?);
        Ok(())
    }

    /// Removes all faults.
    pub fn clear_faults(&self) {
        self.faults.clear();
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
            // A thread that panicked has ended as well.
            drop(thread.join());
        }
    }
}

#[cfg(test)]
mod tests;
