//! What carries out a plan of a session.

use super::Session;
use crate::apply::{ApplyInputs, Clients, LocalState};
use crate::commands::local_state;
use crate::error::Failure;
use crate::http;
use crate::journal::Lock;
use crate::observed::Observed;

/// What a plan was made from, and what carries it out.
#[derive(Clone, Copy)]
pub(in crate::commands) struct Tools<'a> {
    pub observed: &'a Observed,
    pub clients: Clients<'a>,
    pub local: LocalState<'a>,
    pub transport: &'a http::ClientOptions,
}

impl Session<'_> {
    /// What this machine keeps of the connection.
    ///
    /// # Errors
    /// For an invalid `--keyring`.
    pub(in crate::commands) fn local_state<'s>(&'s self, lock: &'s Lock) -> Result<LocalState<'s>, Failure> {
        Ok(LocalState {
            lock,
            credential_store: local_state::credential_store(self.context, self.interview.settings())?,
            kit_place: self.kit_place.path(),
        })
    }

    /// What `apply` needs besides the journal. Nothing is recorded at the end unless the command says what.
    pub(in crate::commands) fn apply_inputs<'s>(&'s self, tools: Tools<'s>) -> ApplyInputs<'s> {
        let Tools { observed, clients, local, transport } = tools;
        let (desired, connection, token) = (&self.desired, &self.connection, &self.token.value);
        ApplyInputs { desired, observed, clients, connection, token, local, end: None, transport }
    }
}
