//! Whether GitLab is there at all, asked before it is shown a token.

use crate::http::{Client, Request};
use crate::instance::InstanceUrl;

use super::Error;

/// Asks the API without a token: GitLab says 401 in its own envelope, and nobody else does.
///
/// # Errors
/// Whatever else came of it: no connection, a page of a proxy or a sign-in wall, another server's 404.
pub async fn reach(http: &Client, instance: &InstanceUrl) -> Result<(), Error> {
    match http.send(&Request::get(instance.api("/metadata"))).await {
        // Nothing that GitLab gives without a token has this address; whoever answers 2xx is somebody else, or open to all.
        Ok(response) => response.json::<serde_json::Map<String, serde_json::Value>>("GitLab's metadata").map(drop),
        Err(error) => match error.answer() {
            Some(answer) if answer.status == 401 && (answer.message.is_some() || answer.error.is_some()) => Ok(()),
            _ => Err(error),
        },
    }
}
