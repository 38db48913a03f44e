//! A sealed grant: opened, checked, and taken over by Factory's first refresh, which ends the tokens that were handed over.

use serde_json::Value;

use super::CloudConnection;
use crate::sandbox::factory::{EmbeddedFactory, FactoryProblem};

const SCHEMA: &str = "factory-gitlab/cloud-grant/v1";

/// Whether an opened document is a grant and not a bundle.
pub(in super::super) fn is_grant(document: &Value) -> bool {
    document.get("schema").and_then(Value::as_str) == Some(SCHEMA)
}

/// A path in the document, and the check of its value.
type Rule = (&'static str, fn(&Value) -> bool);

const REQUIRED: [Rule; 11] = [
    ("/created_at", is_time),
    ("/tool/name", Value::is_string),
    ("/tool/version", Value::is_string),
    ("/gitlab_url", is_filled),
    ("/client_id", is_filled),
    ("/account/id", Value::is_u64),
    ("/account/username", is_filled),
    ("/scopes", Value::is_array),
    ("/access_token", is_filled),
    ("/refresh_token", is_filled),
    ("/expires_at", is_time),
];

fn is_filled(value: &Value) -> bool {
    value.as_str().is_some_and(|text| !text.trim().is_empty())
}

fn is_time(value: &Value) -> bool {
    value.as_str().is_some_and(|text| text.parse::<jiff::Timestamp>().is_ok())
}

/// Takes a grant over.
pub(in super::super) async fn take(factory: &EmbeddedFactory, document: &Value) -> Result<(), FactoryProblem> {
    let clients = factory.clients()?;
    for (path, holds) in REQUIRED {
        if !holds(document.pointer(path).unwrap_or(&Value::Null)) {
            let name = path[1..].replace('/', ".");
            return Err(FactoryProblem::new(400, format!("{name} is missing or has the wrong type")));
        }
    }
    let text = |name: &str| document[name].as_str().unwrap_or_default().to_owned();
    factory.require_organization(&document["organization"])?;
    factory.require_cloud_url(&text("gitlab_url"))?;
    if text("client_id") != clients.native_id {
        return Err(FactoryProblem::new(400, "client_id is not the one that the kit gives"));
    }
    let given = CloudConnection {
        session: None,
        client_id: clients.native_id.clone(),
        client_secret: None,
        access_token: text("access_token"),
        refresh_token: text("refresh_token"),
    };
    let connection = factory.refresh(given).await?;
    let user = factory.get("/user", &connection.access_token).await?.body;
    if user["id"] != document["account"]["id"] {
        factory.revoke(&connection).await;
        return Err(FactoryProblem::new(400, "the tokens are of another account than the grant says"));
    }
    factory.lock().cloud.connection = Some(connection);
    Ok(())
}
