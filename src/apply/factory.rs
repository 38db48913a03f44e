//! Tells Factory.

use std::time::Duration;

use super::{Apply, Error, StepEnd};
use crate::factory::{EndAnswer, FactoryState};
use crate::journal::DisconnectEntry;
use crate::plan::FactoryStep;

/// How often Factory's status is read until it agrees with the answer.
const LOOKS: u32 = 3;

impl Apply<'_> {
    pub(super) async fn carry_out_factory(&self, step: &FactoryStep) -> Result<StepEnd, Error> {
        match step {
            FactoryStep::Disconnect { url, instance } => {
                self.record(DisconnectEntry::TellFactory)?;
                let answer = self.clients.factory.disconnect(url, instance).await.map_err(Error::FactoryNotTold)?;
                if self.is_still_connected().await {
                    return Err(Error::StillConnected { answer });
                }
                self.record(DisconnectEntry::FactoryTold)?;
            }
        }
        Ok(StepEnd::Done)
    }

    /// Whether Factory's status contradicts the answer, which then was not Factory's. Where there is no status, nothing does.
    async fn is_still_connected(&self) -> bool {
        let Some(url) = &self.desired.status_url else { return false };
        for look in 1..=LOOKS {
            let status = self.clients.factory.status(url).await;
            if !status.is_ok_and(|status| status.state == FactoryState::Connected) {
                return false;
            }
            if look < LOOKS {
                self.clients.clock.sleep(Duration::from_secs(1)).await;
            }
        }
        true
    }
}

impl EndAnswer {
    pub(super) const fn words(self) -> &'static str {
        match self {
            Self::Ended => "the answer was that the connection has ended",
            Self::NotThere => "the answer was that there is no connection (404)",
        }
    }
}
