//! Creates and revokes tokens for Factory.

use std::collections::BTreeSet;

use super::step_retry::may_have_happened;
use super::{Apply, Error, PlanRun, StepEnd, StepOutputs};
use crate::gitlab::{ApiRefusal, MintedToken, NewToken, TokenDetails};
use crate::http;
use crate::journal::TokenEntry;
use crate::plan::{self, RevokeReason, TokenStep};

impl Apply<'_> {
    pub(super) async fn carry_out_token(&self, step: &TokenStep, run: &mut PlanRun<'_, '_>) -> Result<StepEnd, Error> {
        match step {
            TokenStep::Revoke { id: Some(id), name, user_id: _, reason: RevokeReason::Disconnected } => {
                self.end_token(*id, name).await?;
            }
            TokenStep::Revoke { id: Some(id), name, user_id: _, reason: RevokeReason::Rotated } => {
                self.end_replaced_token(*id, name).await?;
            }
            TokenStep::Revoke { id, name, user_id, reason: _ } => {
                self.revoke_token(KnownToken { id: *id, user_id: *user_id, name }).await?;
            }
            TokenStep::Mint { user_id, name, scopes, expires_at } => {
                let new = NewToken {
                    user_id: *user_id,
                    name: name.clone(),
                    description: "Created by factory-gitlab for Factory only".to_owned(),
                    scopes: scopes.clone(),
                    expires_at: Some(*expires_at),
                };
                run.outputs.minted = Some(self.mint_token(new).await?);
            }
            TokenStep::Prove { .. } => self.prove_token(&run.outputs).await?,
        }
        Ok(StepEnd::Done)
    }

    /// Creates the token. If the response was lost, so is the token's value: it is revoked before another is created.
    async fn mint_token(&self, new: NewToken) -> Result<MintedToken, Error> {
        let name = new.name.clone();
        let mut attempts = self.retry.attempts();
        let minted = loop {
            self.record(TokenEntry::Mint { name: name.clone(), user_id: Some(new.user_id) })?;
            let error = match self.clients.writer.mint_token(&new).await {
                Ok(minted) => break minted,
                Err(error) => error,
            };
            let is_doubtful = may_have_happened(&error);
            attempts.wait_or_give_up(error).await?;
            if is_doubtful {
                self.revoke_token(KnownToken { id: None, user_id: Some(new.user_id), name: &name }).await?;
            }
        };
        let (id, expires_at) = (minted.details.id, minted.details.expires_at);
        self.record(TokenEntry::Minted { id, name, expires_at })?;
        Ok(minted)
    }

    /// The token answers for itself: GitLab accepts it, and it is the one that was created.
    async fn prove_token(&self, outputs: &StepOutputs) -> Result<(), Error> {
        let minted = outputs.minted.as_ref().ok_or(Error::NoToken)?;
        let (id, name) = (minted.details.id, minted.details.name.clone());
        let reader = self.clients.reader.with_token(minted.value.clone());
        match self.retry.attempts().run(|| reader.token()).await {
            Ok(found) if found.id == id && found.active => self.record(TokenEntry::Proven { id, name }),
            Ok(_) => Err(Error::TokenNotAccepted { id, source: None }),
            Err(Error::Request(error)) if error.is_refusal() => {
                Err(Error::TokenNotAccepted { id, source: Some(error) })
            }
            Err(error) => Err(error),
        }
    }

    /// Revokes a token that this tool created, if the look agrees with the journal: number and name, and a name that this tool
    /// gives. Where only the intent is known, the token is found by its name among those of the user that it was created for.
    /// Revoking twice is harmless, so all of it may be repeated.
    async fn revoke_token(&self, known: KnownToken<'_>) -> Result<(), Error> {
        // Names tell seconds: a token whose number is recorded is another one of that name.
        let recorded = if known.id.is_none() { self.connection.record()?.token_ids() } else { BTreeSet::new() };
        let ids = self.retry.attempts().run(|| self.try_to_revoke(known, &recorded)).await?;
        let name = known.name.to_owned();
        match ids.first() {
            Some(id) => self.record(TokenEntry::Revoked { id: *id, name }),
            None => self.record(TokenEntry::NotFound { id: known.id, name }),
        }
    }

    /// Revokes a token for good: afterwards GitLab has to say that it is revoked. One that is absent is not known to be.
    async fn end_token(&self, id: u64, name: &str) -> Result<(), Error> {
        if !self.minted(id, name).await?.ok_or(Error::TokenAbsent { id })?.revoked {
            self.revoke_proven(id).await?;
        }
        self.record(TokenEntry::Revoked { id, name: name.to_owned() })
    }

    /// Revokes the token that Factory had before, and reads it again. One that GitLab no longer has needs no end.
    async fn end_replaced_token(&self, id: u64, name: &str) -> Result<(), Error> {
        let Some(found) = self.minted(id, name).await? else {
            return self.record(TokenEntry::NotFound { id: Some(id), name: name.to_owned() });
        };
        if found.active {
            self.revoke_proven(id).await?;
        }
        self.record(TokenEntry::Revoked { id, name: name.to_owned() })
    }

    /// The token under this number, if its name is the recorded one and of those that this tool gives.
    async fn minted(&self, id: u64, name: &str) -> Result<Option<TokenDetails>, Error> {
        let found = self.retry.attempts().run(|| self.clients.reader.token_by_id(id)).await?;
        Ok(found.filter(|token| token.name == name && plan::is_minted_name(name)))
    }

    async fn revoke_proven(&self, id: u64) -> Result<(), Error> {
        self.retry.attempts().run(|| self.clients.writer.revoke_token(id)).await?;
        self.require_revoked(id).await
    }

    async fn require_revoked(&self, id: u64) -> Result<(), Error> {
        let asked = self.retry.attempts().run(|| self.clients.reader.token_by_id(id)).await;
        match asked {
            Ok(Some(token)) if token.revoked => Ok(()),
            Ok(Some(_)) => Err(Error::StillValid { id }),
            Ok(None) => Err(Error::TokenAbsent { id }),
            // It is the one in use, and GitLab says why it is not valid any more.
            Err(Error::Request(error))
                if self.is_in_use(id) && ApiRefusal::of(&error) == Some(ApiRefusal::TokenRevoked) =>
            {
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

    fn is_in_use(&self, id: u64) -> bool {
        self.observed.token.known().is_some_and(|token| token.id == id)
    }

    async fn try_to_revoke(&self, known: KnownToken<'_>, recorded: &BTreeSet<u64>) -> Result<Vec<u64>, http::Error> {
        let KnownToken { id, user_id, name } = known;
        let user_id = user_id.or_else(|| self.observed.user.known().map(|user| user.id));
        let mut found = match (id, user_id) {
            (Some(id), _) => self.clients.reader.token_by_id(id).await?.into_iter().collect(),
            (None, Some(user_id)) => self.clients.reader.tokens_of(user_id, name).await?,
            (None, None) => Vec::new(),
        };
        found.retain(|token| token.name == name && plan::is_minted_name(name) && token.active);
        found.retain(|token| !recorded.contains(&token.id));
        for token in &found {
            self.clients.writer.revoke_token(token.id).await?;
        }
        Ok(found.into_iter().map(|token| token.id).collect())
    }
}

/// What is known of a token that is to be revoked.
#[derive(Clone, Copy)]
struct KnownToken<'a> {
    id: Option<u64>,
    user_id: Option<u64>,
    name: &'a str,
}
