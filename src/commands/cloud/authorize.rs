//! Has Factory authorized, and refuses an authorization that cannot be used.

use std::time::Duration;

use super::super::diagnostics;
use super::oauth;
use super::session::{self, SessionFlow};
use super::{CloudRun, explain, is_oauth};
use crate::apply::CloudApply;
use crate::cloud::CloudAccount;
use crate::error::Failure;
use crate::factory::OpenSession;
use crate::gitlab::Grant;
use crate::journal::{CloudEntry, Record};
use crate::plan::CloudAuthorization;
use crate::settings::keys;

const DEFAULT_TIMEOUT: Duration = Duration::from_secs(10 * 60);

/// Who authorized, and how.
pub(super) struct Authorized {
    pub account: CloudAccount,
    pub scopes: Vec<String>,
    pub by: AuthorizedBy,
}

pub(super) enum AuthorizedBy {
    Session {
        id: String,
        /// The key that gives it again.
        key: String,
        opened: Box<OpenSession>,
    },
    Grant(Box<Grant>),
    /// In an earlier run, as far as it is recorded.
    Earlier {
        session: Option<String>,
    },
    /// In an earlier run, and Factory does not have it yet: the sealed grant waits here.
    Waiting,
}

impl Authorized {
    /// What an earlier run recorded of who authorized.
    pub(super) fn earlier(record: &Record, authorization: CloudAuthorization) -> Self {
        let cloud = record.cloud.as_deref();
        let session = cloud.and_then(|cloud| cloud.session.clone());
        let nobody = || CloudAccount { id: 0, username: String::new(), name: String::new() };
        Self {
            account: cloud.and_then(|cloud| cloud.account.clone()).unwrap_or_else(nobody),
            scopes: cloud.map(|cloud| cloud.scopes.clone()).unwrap_or_default(),
            by: match authorization {
                CloudAuthorization::Waiting => AuthorizedBy::Waiting,
                CloudAuthorization::Needed | CloudAuthorization::Given | CloudAuthorization::Fresh => {
                    AuthorizedBy::Earlier { session }
                }
            },
        }
    }

    /// Factory's session, where it is known.
    pub(super) fn session(&self) -> Option<&str> {
        match &self.by {
            AuthorizedBy::Session { id, .. } => Some(id),
            AuthorizedBy::Earlier { session } => session.as_deref(),
            AuthorizedBy::Grant(_) | AuthorizedBy::Waiting => None,
        }
    }
}

/// Waits until a user has authorized what is needed.
///
/// # Errors
/// Also where another user authorized, or fewer scopes: the authorization is given up then.
pub(super) async fn authorize(run: &CloudRun<'_>, apply: &CloudApply<'_>) -> Result<Authorized, Failure> {
    let timeout = run.settings().get_or(&keys::AUTHORIZATION_TIMEOUT, DEFAULT_TIMEOUT)?;
    let authorized = if is_oauth(run.desired.way) {
        Box::pin(oauth::authorize(run, timeout)).await?
    } else {
        SessionFlow { run, apply }.authorize(timeout).await?
    };
    if let Some(failure) = refusal(run, &authorized) {
        give_up(run, apply, &authorized).await?;
        return Err(failure);
    }
    if let AuthorizedBy::Session { id, .. } = &authorized.by {
        let (session, account) = (id.clone(), authorized.account.clone());
        let entry = CloudEntry::SessionAuthorized { session, account, scopes: authorized.scopes.clone() };
        apply.record(entry).map_err(|error| diagnostics::journal(&error))?;
    }
    Ok(authorized)
}

/// Why an authorization cannot be used.
fn refusal(run: &CloudRun<'_>, authorized: &Authorized) -> Option<Failure> {
    let desired = &run.desired;
    if let Some(wanted) = desired.account.as_ref().filter(|wanted| !authorized.account.is_named(wanted)) {
        return Some(explain::other_account(run, &authorized.account, wanted));
    }
    let missing = desired.kit.cloud.scopes.iter().filter(|scope| !authorized.scopes.contains(scope));
    let missing: Vec<&str> = missing.map(String::as_str).collect();
    (!missing.is_empty()).then(|| explain::missing_scopes(&authorized.account, &missing))
}

/// Ends an authorization that is not used: the session is given up, the grant revoked.
///
/// # Errors
/// When the journal cannot be written.
pub(super) async fn give_up(
    run: &CloudRun<'_>,
    apply: &CloudApply<'_>,
    authorized: &Authorized,
) -> Result<(), Failure> {
    match &authorized.by {
        AuthorizedBy::Session { key, opened, .. } => {
            session::end(run, opened).await;
            for entry in [CloudEntry::SessionEnded { key: key.clone() }, CloudEntry::AuthorizationLost] {
                apply.record(entry).map_err(|error| diagnostics::journal(&error))?;
            }
        }
        AuthorizedBy::Grant(grant) => oauth::revoke(run, grant).await,
        AuthorizedBy::Earlier { .. } | AuthorizedBy::Waiting => {}
    }
    Ok(())
}
