//! Removes what this machine keeps of a connection.

use super::kit::accepted;
use super::{Apply, Error, PlanRun, StepEnd};
use crate::credential_store::CredentialStore;
use crate::instance::InstanceUrl;
use crate::journal::{DisconnectEntry, Lock};
use crate::plan::LocalStep;
use crate::secret::{OAuthSecret, Pat};

/// What only removing needs.
#[derive(Clone, Copy)]
pub struct LocalState<'a> {
    pub lock: &'a Lock,
    pub credential_store: CredentialStore,
    /// Where the next run finds the kit.
    pub kit_place: Option<&'a str>,
}

impl Apply<'_> {
    pub(super) async fn carry_out_local(&self, step: &LocalStep, run: &mut PlanRun<'_, '_>) -> Result<StepEnd, Error> {
        match step {
            LocalStep::DeleteKeyringEntries { instance } => self.delete_keyring_entries(instance).await?,
            // The record is what the next run goes on from.
            LocalStep::DeleteRecords { .. } if !run.applied.is_proven() => return Ok(StepEnd::NotReached),
            LocalStep::DeleteRecords { instance } => {
                self.bury(instance)?;
                run.outputs.is_buried = true;
            }
        }
        Ok(StepEnd::Done)
    }

    async fn delete_keyring_entries(&self, instance: &InstanceUrl) -> Result<(), Error> {
        let store = self.local.credential_store;
        store.delete::<Pat>(instance).await?;
        store.delete::<OAuthSecret>(instance).await?;
        Ok(())
    }

    /// The last line says that the connection was removed; then it stands alone, beside the kit that was accepted: a later
    /// one that differs is still accepted by a person.
    fn bury(&self, instance: &InstanceUrl) -> Result<(), Error> {
        let record = self.connection.record()?;
        let end = DisconnectEntry::Disconnected {
            instance: instance.to_string(),
            organization: self.desired.organization.id.clone(),
            tool: env!("CARGO_PKG_VERSION").to_owned(),
            kit: self.local.kit_place.map(str::to_owned),
            application_id: record.removed_application,
        };
        self.record(end.clone())?;
        let lines = vec![accepted(&self.desired.kit).into(), end.into()];
        Ok(self.connection.bury(self.local.lock, lines, self.clients.clock)?)
    }
}
