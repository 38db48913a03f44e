//! What went wrong on the way to an authorization, each told apart, with what to do.

use std::time::Duration;

use super::super::diagnostics;
use super::CloudRun;
use crate::apply::CloudError;
use crate::cloud::CloudAccount;
use crate::error::{Failure, FailureKind, Fix};
use crate::factory::{SelectionError, SessionError, SessionStatus};
use crate::gitlab::{GrantError, UnusableTokens};
use crate::http;
use crate::text::shell_word;

/// No user opened the address, or none decided.
pub(super) fn no_one_came(timeout: Duration) -> Failure {
    let after = if timeout.as_secs().is_multiple_of(60) {
        format!("{} min", timeout.as_secs() / 60)
    } else {
        format!("{} s", timeout.as_secs())
    };
    Failure::new(FailureKind::Unknown, format!("no user has authorized Factory within {after}"))
        .because("the page was not opened, or neither Authorize nor Deny was pressed on it")
        .fix(Fix::rerun(
            "run it again and open the address that it prints; to wait longer",
            "--authorization-timeout 30m",
        ))
}

/// No session, or one that cannot be used.
pub(super) fn session(error: &SessionError) -> Failure {
    const NOTHING: &str = "Factory opened no session";
    match error {
        SessionError::Request(request) => diagnostics::factory(request, NOTHING),
        SessionError::Unusable(_) => Failure::problem(NOTHING).because(error.to_string()).fix(Fix::say(
            "ask Factory: its session has an address that is not opened, and running it again changes nothing",
        )),
    }
}

/// Factory does not know its session any more.
pub(super) fn session_gone() -> Failure {
    session_ended(SessionStatus::Expired, None)
}

/// A session that cannot be authorized any more.
pub(super) fn session_ended(status: SessionStatus, detail: Option<&str>) -> Failure {
    let failure = match status {
        SessionStatus::Denied => denied(),
        SessionStatus::Expired | SessionStatus::Pending => {
            Failure::new(FailureKind::Unknown, "Factory's session has expired before anybody authorized")
                .fix(Fix::rerun("run it again for a new address", ""))
        }
        SessionStatus::Cancelled => Failure::problem("Factory's session was canceled in Factory")
            .fix(Fix::rerun("run it again for a new address", "")),
        SessionStatus::Failed => Failure::problem("Factory could not finish the authorization")
            .fix(Fix::rerun("run it again; if it fails once more, tell Factory what it says", "")),
        SessionStatus::Authorized => Failure::problem("Factory says that it is authorized, and not by whom")
            .fix(Fix::say("ask Factory: its answer lacks the account")),
    };
    as_factory_says(failure, detail)
}

/// The user said no.
fn denied() -> Failure {
    Failure::problem("the authorization was denied in the browser")
        .fix(Fix::rerun("run it again, and press Authorize as a user who may decide for the company", ""))
}

fn as_factory_says(failure: Failure, detail: Option<&str>) -> Failure {
    detail.into_iter().fold(failure, |failure, detail| failure.because(format!("Factory says: {detail}")))
}

/// What to do about groups and projects that the account does not reach.
fn correct_selection() -> Fix {
    Fix::say("correct --group or --project, or make the account a member of it, and run it again")
}

/// Another user than the one that was named.
pub(super) fn other_account(run: &CloudRun<'_>, account: &CloudAccount, wanted: &str) -> Failure {
    let sign_out = run.instance().page("/users/sign_out");
    Failure::problem(format!("{account} has authorized, and --account names @{wanted}"))
        .because("the browser was signed in as another user; the authorization was given up")
        .fix(Fix::open(format!("sign out there, sign in as @{wanted}, and run it again"), sign_out))
        .fix(Fix::rerun("or accept this user", format!("--account {}", shell_word(&account.username))))
        .fix(consent_stays(run, account))
}

/// An authorization that was given up here goes on at GitLab until its user ends it.
pub(super) fn consent_stays(run: &CloudRun<'_>, account: &CloudAccount) -> Fix {
    let text = format!("the consent of {account} stays at GitLab until that user withdraws it there");
    Fix::open(text, run.instance().page(super::AUTHORIZED_APPLICATIONS))
}

/// Fewer scopes than Factory needs.
pub(super) fn missing_scopes(account: &CloudAccount, missing: &[&str]) -> Failure {
    Failure::problem(format!("{account} has authorized without {}", missing.join(", ")))
        .because("Factory cannot work without it; the authorization was given up")
        .fix(Fix::say("ask Factory whether its application on GitLab.com has the scopes that the kit names"))
}

/// OAuth on this machine.
pub(super) fn grant(run: &CloudRun<'_>, error: &GrantError) -> Failure {
    const NOTHING: &str = "Factory was not authorized";
    match error {
        GrantError::Denied => denied(),
        GrantError::Expired => {
            Failure::new(FailureKind::Unknown, "the device code has expired before anybody authorized")
                .fix(Fix::rerun("run it again for a new code", ""))
        }
        GrantError::DeviceNotAllowed => Failure::problem(error.to_string())
            .because("applications of GitLab 18.11 and later have the device grant switched off at first")
            .fix(Fix::say(
                "ask Factory to allow the device grant for its application, or to set cloud.device: false in the kit",
            ))
            .fix(Fix::say("or leave --device out and run it on a machine with a browser")),
        GrantError::Unusable { tokens, .. } => unusable_grant(run, error, tokens),
        GrantError::Refused { .. } | GrantError::Unreadable(_) => {
            Failure::problem(NOTHING).because(error.to_string()).fix(Fix::say(
                "ask Factory whether cloud.client_id, redirect_uri and scopes of the kit are those of its application",
            ))
        }
        GrantError::Request(request) => diagnostics::gitlab(request, NOTHING, run.instance()),
    }
}

/// The user has consented, and nothing came of it.
fn unusable_grant(run: &CloudRun<'_>, error: &GrantError, tokens: &UnusableTokens) -> Failure {
    let became = match tokens {
        UnusableTokens::Revoked => "the tokens in it were revoked".to_owned(),
        UnusableTokens::NotRevoked(error) => format!("the tokens in it could not be revoked: {error}"),
        UnusableTokens::Unreadable => "no token in it can be read, so none could be revoked".to_owned(),
    };
    let page = run.instance().page(super::AUTHORIZED_APPLICATIONS);
    Failure::problem("Factory was not authorized")
        .because(error.to_string())
        .because(became)
        .fix(Fix::open("withdraw the consent at GitLab", page))
        .fix(Fix::say("ask Factory whether its application at GitLab gives refresh tokens and the scopes of the kit"))
}

/// Groups or projects that the account does not reach.
pub(super) fn unknown_places(account: Option<&CloudAccount>, unknown: &[String]) -> Failure {
    let who = account.map_or_else(|| "the account".to_owned(), ToString::to_string);
    let failure = Failure::problem(format!("{who} does not reach everything that is to be selected"));
    let failure = unknown.iter().fold(failure, |failure, one| failure.because(one.clone()));
    failure.fix(correct_selection())
}

/// A step that was not done.
pub(super) fn step(error: &CloudError) -> Failure {
    match error {
        CloudError::Journal(error) => diagnostics::journal(error),
        CloudError::Seal(error) => diagnostics::sealing(error),
        CloudError::Recipients(error) => {
            Failure::usage("the grant cannot be sealed").with_chain(error).fix(super::ask_for_kit())
        }
        CloudError::NoUpload => Failure::usage(error.to_string()).fix(super::ask_for_kit()),
        CloudError::Upload(upload) => {
            let failure = match upload.request() {
                Some(request) => diagnostics::factory(request, &upload.to_string()),
                None => Failure::problem(upload.to_string())
                    .because("the grant was changed on its way to Factory, or Factory answered for another one"),
            };
            failure.fix(Fix::rerun("the sealed grant waits on this machine; run it again to hand it over", ""))
        }
        CloudError::Remove(error) => Failure::usage("the sealed grant cannot be removed from the state folder")
            .because(error.to_string())
            .fix(Fix::rerun("correct the folder's rights and run it again", "")),
        CloudError::Select(error) => select(error),
        CloudError::ReadBack(error) => diagnostics::factory(error, "Factory's selection could not be read"),
        CloudError::OtherSelection => Failure::problem(error.to_string())
            .because("another user or process may have changed it at the same time")
            .fix(Fix::rerun("run it again", "")),
        CloudError::Status(error) => diagnostics::factory(error, "Factory's status could not be read"),
        CloudError::Failed { detail } => {
            let failure = as_factory_says(Failure::problem(error.to_string()), detail.as_deref());
            failure.fix(Fix::rerun("correct what Factory says and run it again: a user then authorizes again", ""))
        }
        CloudError::StillConnected => Failure::new(FailureKind::Unknown, error.to_string())
            .fix(Fix::rerun("run it again; if Factory says the same, tell Factory", "")),
        CloudError::StillPending { detail, .. } => {
            let failure = Failure::new(FailureKind::Unknown, error.to_string());
            let failure = as_factory_says(failure, detail.as_deref());
            failure.fix(Fix::rerun("run it again; to wait longer", "--wait 30m"))
        }
    }
}

/// Factory has lost the authorization, or never had it.
pub(super) fn not_authorized(request: &http::Error) -> Failure {
    Failure::problem("Factory has no authorization for this selection")
        .because(request.to_string())
        .fix(Fix::rerun("run it again: a user then authorizes again", ""))
}

fn select(error: &SelectionError) -> Failure {
    let request = error.request();
    match error {
        SelectionError::NotAuthorized(_) => not_authorized(request),
        SelectionError::UnknownPaths(_) => {
            Failure::problem(error.to_string()).because(request.to_string()).fix(correct_selection())
        }
        SelectionError::Other(_) => diagnostics::factory(request, "Factory did not take the selection"),
    }
}
