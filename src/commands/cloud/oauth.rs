//! Authorization on this machine: OAuth's authorization code with PKCE and a loopback redirect, or the device flow.

use std::future::Future;
use std::time::Duration;

use url::Url;

use super::super::diagnostics;
use super::authorize::{Authorized, AuthorizedBy};
use super::{CloudRun, browser, explain};
use crate::cloud::CloudWay;
use crate::error::{Failure, Fix};
use crate::gitlab::{Grant, GrantClient, GrantError};
use crate::http::{Callback, Loopback};
use crate::text::{Line, Text, Tone};

/// Waits until a user has authorized.
///
/// # Errors
/// Denied, expired, not allowed; no user came; interrupted.
pub(super) async fn authorize(run: &CloudRun<'_>, timeout: Duration) -> Result<Authorized, Failure> {
    let client = client(run)?;
    let granting = async {
        match run.desired.way {
            CloudWay::Device => by_device(run, &client).await,
            CloudWay::Code | CloudWay::Session => by_code(run, &client).await,
        }
    };
    let clock = run.context.env.clock;
    let end = clock.instant() + timeout;
    let mut granting = Box::pin(granting);
    let grant = match run.context.interrupt.or(clock.until(end, granting.as_mut())).await {
        Ok(Some(granted)) => granted?,
        stopped => {
            revoke_late(run, &client, granting).await;
            stopped?;
            return Err(explain::no_one_came(timeout));
        }
    };
    let asking = run.context.terminal.with_spinner("asking GitLab who authorized", client.account(&grant));
    match run.context.interrupt.or(asking).await {
        Ok(Ok(account)) => {
            let scopes = grant.scopes.clone();
            Ok(Authorized { account, scopes, by: AuthorizedBy::Grant(Box::new(grant)) })
        }
        Ok(Err(error)) => {
            revoke(run, &grant).await;
            Err(diagnostics::gitlab(&error, "it is not known who authorized; the grant was revoked", run.instance()))
        }
        Err(interrupted) => {
            revoke(run, &grant).await;
            Err(interrupted.into())
        }
    }
}

fn client(run: &CloudRun<'_>) -> Result<GrantClient, Failure> {
    let Some(client_id) = run.desired.kit.cloud.client_id.clone() else {
        return Err(Failure::usage("the kit has no cloud.client_id").fix(super::ask_for_kit()));
    };
    Ok(GrantClient::new(run.http.clone(), run.instance().clone(), client_id))
}

async fn by_code(run: &CloudRun<'_>, client: &GrantClient) -> Result<Grant, Failure> {
    let registered = run.desired.kit.cloud.redirect_uri.as_deref().and_then(|uri| uri.parse::<Url>().ok());
    let Some(registered) = registered else {
        return Err(Failure::usage("the kit has no cloud.redirect_uri").fix(super::ask_for_kit()));
    };
    let loopback = Loopback::listen(&registered).await.map_err(|error| {
        Failure::problem("this machine gives no port on 127.0.0.1 to listen on")
            .because(error.to_string())
            .fix(Fix::rerun("use a browser on another machine, if the kit allows it", "--device"))
    })?;
    let begun = client.authorize(&loopback.redirect_uri(), &run.desired.kit.cloud.scopes);
    let begun = begun.map_err(|error| explain::grant(run, &error))?;
    let what = format!("Authorize Factory at {}, in a browser on this machine, at this address:", run.instance());
    browser::show(run.context, &what, &begun.url);
    let waiting = run.context.terminal.with_spinner("waiting for the authorization", loopback.wait(&begun.state));
    match waiting.await {
        Callback::Code(code) => client.exchange(&begun, &code).await.map_err(|error| explain::grant(run, &error)),
        Callback::Refused { error, .. } if error == "access_denied" => Err(explain::grant(run, &GrantError::Denied)),
        Callback::Refused { error, description } => {
            Err(explain::grant(run, &GrantError::Refused { error, description }))
        }
    }
}

async fn by_device(run: &CloudRun<'_>, client: &GrantClient) -> Result<Grant, Failure> {
    let begun = client.begin_device(&run.desired.kit.cloud.scopes).await;
    let begun = begun.map_err(|error| explain::grant(run, &error))?;
    let what = format!("Authorize Factory at {}, in a browser on any machine, at this address:", run.instance());
    browser::show(run.context, &what, begun.complete_page.as_ref().unwrap_or(&begun.page));
    let mut text = Text::new();
    text.line(Line::new().plain("The code is ").with(Tone::Strong, &*begun.user_code).plain("."));
    run.context.terminal.show(&text);
    let polling = run.context.terminal.with_spinner("waiting for the authorization", client.poll_device(&begun));
    let clock = run.context.env.clock;
    let end = clock.instant() + begun.expires_in;
    let mut polling = Box::pin(polling);
    let granted = match clock.until(end, polling.as_mut()).await {
        Some(granted) => granted,
        // The last poll may bring a grant after the end.
        None => tokio::select! {
            biased;
            granted = polling => granted,
            () = client.idle() => Err(GrantError::Expired),
        },
    };
    granted.map_err(|error| explain::grant(run, &error))
}

/// A grant that is on its way when the wait is over would be one that cannot be revoked: its answer is awaited.
async fn revoke_late(run: &CloudRun<'_>, client: &GrantClient, granting: impl Future<Output = Result<Grant, Failure>>) {
    let late = tokio::select! {
        biased;
        granted = granting => granted.ok(),
        () = client.idle() => None,
    };
    if let Some(grant) = late {
        revoke(run, &grant).await;
    }
}

/// Revokes a grant that is not used. If GitLab does not hear of it, the user can withdraw it.
pub(super) async fn revoke(run: &CloudRun<'_>, grant: &Grant) {
    let Ok(client) = client(run) else { return };
    if let Err(error) = client.revoke(grant).await {
        let page = run.instance().page(super::AUTHORIZED_APPLICATIONS);
        run.context.terminal.warn(&format!("the grant could not be revoked ({error}); withdraw it at {page}"));
    }
}
