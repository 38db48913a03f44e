//! What tests do with a running sandbox: read its log, intervene in requests, inject faults, and reach both servers'
//! state.

use super::Sandbox;
use super::factory::EmbeddedFactory;
use super::fault::{Fault, FaultError};
use super::gitlab::GitLab;
use super::options::SandboxOptions;
use super::request_log::{LoggedRequest, Moment, Origin, RequestAction};

impl Sandbox {
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

    /// The options it was started with.
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

    /// The client's requests to both servers so far, in order of arrival.
    #[must_use]
    pub fn requests(&self) -> Vec<LoggedRequest> {
        let mut requests = self.log.requests();
        requests.retain(|request| request.origin == Origin::Client);
        requests
    }

    /// Clears the log of requests; the next one is number 1.
    pub fn clear_requests(&self) {
        self.log.clear();
    }

    /// Calls back once, when the client's request `number` reaches that moment, on the sandbox's thread.
    pub fn at_request(
        &self,
        number: usize,
        moment: Moment,
        callback: impl FnOnce(&LoggedRequest) -> RequestAction + Send + 'static,
    ) {
        self.log.at_request(number, moment, callback);
    }

    /// Adds a fault, in the grammar of `fault.rs`.
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
