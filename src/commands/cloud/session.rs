//! Authorization through Factory: a session that Factory opens, and that a user authorizes in the browser.

use std::time::Duration;

use super::super::diagnostics;
use super::authorize::{Authorized, AuthorizedBy};
use super::{CloudRun, browser, explain};
use crate::apply::CloudApply;
use crate::error::Failure;
use crate::factory::{OpenSession, SessionRequest, SessionState, SessionStatus};
use crate::journal::CloudEntry;

/// A poll is not given up for one answer that did not come.
const MOST_FAILURES: u32 = 5;

/// Opens a session, or goes on with the one that an earlier run opened.
pub(super) struct SessionFlow<'r, 'a> {
    pub run: &'r CloudRun<'a>,
    pub apply: &'r CloudApply<'r>,
}

/// A session, and the key that gives it again.
struct Session {
    key: String,
    opened: OpenSession,
}

enum Polled {
    Authorized(Box<Authorized>),
    /// It cannot be authorized any more.
    Over(Failure),
}

impl SessionFlow<'_, '_> {
    /// Waits until a user has authorized. A session that is given up is ended; one that no user has opened yet stays for the
    /// next run.
    ///
    /// # Errors
    /// Denied, expired, failed; no user came; interrupted.
    pub(super) async fn authorize(&self, timeout: Duration) -> Result<Authorized, Failure> {
        let (run, interrupt) = (self.run, self.run.context.interrupt);
        let recorded = run.record.cloud.as_deref().and_then(|cloud| cloud.open_session.clone());
        let known = recorded.filter(|open| open.account == run.desired.account).map(|open| open.key);
        let is_resumed = known.is_some();
        let session = interrupt.or(self.open(known)).await??;
        match self.poll(&session, timeout).await? {
            Polled::Authorized(authorized) => Ok(*authorized),
            Polled::Over(_) if is_resumed => {
                let session = interrupt.or(self.open(None)).await??;
                match self.poll(&session, timeout).await? {
                    Polled::Authorized(authorized) => Ok(*authorized),
                    Polled::Over(failure) => Err(failure),
                }
            }
            Polled::Over(failure) => Err(failure),
        }
    }

    /// The key is recorded before it is sent: the same one gives the same session again.
    async fn open(&self, known: Option<String>) -> Result<Session, Failure> {
        let run = self.run;
        let desired = &run.desired;
        let Some(connect_url) = &desired.kit.cloud.connect_url else {
            return Err(Failure::usage("the kit has no cloud.connect_url").fix(super::ask_for_kit()));
        };
        let key = match known {
            Some(key) => key,
            None => {
                let key = uuid::Uuid::new_v4().to_string();
                self.record(CloudEntry::OpenSession { key: key.clone(), account: desired.account.clone() })?;
                key
            }
        };
        let asked = SessionRequest {
            organization: &desired.kit.organization.id,
            gitlab_url: &desired.instance,
            account: desired.account.as_deref(),
        };
        let opening = run.factory.open_session(connect_url, &key, &asked);
        let opened = run.context.terminal.with_spinner("asking Factory for a session", opening).await;
        let opened = opened.map_err(|error| explain::session(&error))?;
        Ok(Session { key, opened })
    }

    async fn poll(&self, session: &Session, timeout: Duration) -> Result<Polled, Failure> {
        let (context, clock) = (self.run.context, self.run.context.env.clock);
        let open = &session.opened;
        let what = format!("Authorize Factory at {}, in a browser, at this address:", self.run.instance());
        browser::show(context, &what, &open.authorize_url);
        let end = clock.instant() + timeout;
        let polling = context.terminal.with_spinner("waiting for the authorization", self.poll_until_decided(open));
        let answer = match context.interrupt.or(clock.until(end, polling)).await {
            Ok(Some(answer)) => answer?,
            Ok(None) => return Err(explain::no_one_came(timeout)),
            Err(interrupted) => {
                self.end(session).await?;
                return Err(interrupted.into());
            }
        };
        let Some(state) = answer else {
            self.record(CloudEntry::SessionEnded { key: session.key.clone() })?;
            return Ok(Polled::Over(explain::session_gone()));
        };
        match (state.status, state.account) {
            (SessionStatus::Authorized, Some(account)) => Ok(Polled::Authorized(Box::new(Authorized {
                account,
                scopes: state.scopes,
                by: AuthorizedBy::Session {
                    id: open.id.clone(),
                    key: session.key.clone(),
                    opened: Box::new(open.clone()),
                },
            }))),
            (status, _) => {
                self.record(CloudEntry::SessionEnded { key: session.key.clone() })?;
                Ok(Polled::Over(explain::session_ended(status, state.detail.as_deref())))
            }
        }
    }

    /// `None` where Factory does not know the session any more.
    async fn poll_until_decided(&self, open: &OpenSession) -> Result<Option<SessionState>, Failure> {
        let mut failures = 0;
        loop {
            match self.run.factory.session(open).await {
                Ok(Some(state)) if state.status == SessionStatus::Pending => failures = 0,
                Ok(decided) => return Ok(decided),
                Err(error) => {
                    failures += 1;
                    if error.is_refusal() || failures >= MOST_FAILURES {
                        return Err(diagnostics::factory(&error, "Factory's session could not be read"));
                    }
                }
            }
            self.run.context.env.clock.sleep(open.interval()).await;
        }
    }

    /// Gives the session up. If Factory does not hear of it, it ends by itself.
    async fn end(&self, session: &Session) -> Result<(), Failure> {
        end(self.run, &session.opened).await;
        self.record(CloudEntry::SessionEnded { key: session.key.clone() })
    }

    fn record(&self, entry: CloudEntry) -> Result<(), Failure> {
        self.apply.record(entry).map_err(|error| diagnostics::journal(&error))
    }
}

/// Gives a session up.
pub(super) async fn end(run: &CloudRun<'_>, opened: &OpenSession) {
    if let Err(error) = run.factory.end_session(opened).await {
        run.context.terminal.warn(&format!("Factory's session could not be given up, and ends by itself: {error}"));
    }
}
