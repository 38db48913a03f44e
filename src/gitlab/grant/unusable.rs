//! Against a GitLab whose answers make no sense.

use serde_json::{Value, json};

use super::*;
use crate::env::Clock;
use crate::http::ClientOptions;
use crate::testing::stub::Stub;

fn client_at(stub: &Stub) -> GrantClient {
    // Its sleeps take no time.
    let http = Client::new(&ClientOptions::default(), Clock::skipping(1_000_000)).expect("a client");
    GrantClient::new(http, stub.url.parse().expect("a URL"), "client-1".to_owned())
}

/// A grant with a difference; `null` takes a field away.
fn grant_with(field: &str, value: Value) -> Value {
    let mut grant = json!({
        "access_token": "at-0123456789abcdef", "refresh_token": "rt-0123456789abcdef", "token_type": "Bearer",
        "expires_in": 7200, "scope": "api read_user",
    });
    let fields = grant.as_object_mut().expect("an object");
    fields.insert(field.to_owned(), value);
    fields.retain(|_, value| !value.is_null());
    grant
}

fn unusable() -> Vec<Value> {
    let without = ["scope", "refresh_token", "token_type"].map(|field| grant_with(field, Value::Null));
    let other = [
        grant_with("refresh_token", json!("two words")),
        grant_with("expires_in", json!("soon")),
        grant_with("refresh_token", json!("x".repeat(10_000))),
    ];
    without.into_iter().chain(other).collect()
}

async fn exchanged(grant: Value, revoking: u16) -> (Result<Grant, GrantError>, Vec<String>) {
    let stub = Stub::start(move |asked, _| match asked.line.as_str() {
        "POST /oauth/revoke" => (revoking, json!({})),
        _ => (200, grant.clone()),
    })
    .await;
    let client = client_at(&stub);
    let begun = client.authorize("http://127.0.0.1:5555/callback", &["api".to_owned()]).expect("an address");
    let code = AuthorizationCode::new("code-0123456789").expect("a code");
    let granted = client.exchange(&begun, &code).await;
    (granted, stub.bodies_of("POST /oauth/revoke"))
}

#[tokio::test]
async fn the_tokens_of_a_grant_that_cannot_be_used_are_revoked() {
    let (granted, revoked) = exchanged(grant_with("x", Value::Null), 200).await;
    assert!(granted.is_ok() && revoked.is_empty(), "{granted:?}");
    for grant in unusable() {
        let (granted, revoked) = exchanged(grant.clone(), 200).await;
        let is_revoked = matches!(granted, Err(GrantError::Unusable { tokens: UnusableTokens::Revoked, .. }));
        assert!(is_revoked, "{grant}: {granted:?}");
        let token =
            if grant["refresh_token"].as_str().is_some_and(|text| text.starts_with("rt-")) { "rt" } else { "at" };
        assert_eq!(revoked, [format!("token={token}-0123456789abcdef&client_id=client-1")], "{grant}");
    }
}

#[tokio::test]
async fn tokens_that_gitlab_does_not_revoke_or_that_cannot_be_read_are_told() {
    let (granted, revoked) = exchanged(grant_with("scope", Value::Null), 403).await;
    assert!(matches!(granted, Err(GrantError::Unusable { tokens: UnusableTokens::NotRevoked(_), .. })), "{granted:?}");
    assert_eq!(revoked.len(), 2, "the access token is tried after the refresh token");
    for unreadable in [json!([]), json!({ "access_token": 7 }), json!({ "access_token": "a b", "scope": "api" })] {
        let (granted, revoked) = exchanged(unreadable, 200).await;
        let is_unreadable = matches!(granted, Err(GrantError::Unusable { tokens: UnusableTokens::Unreadable, .. }));
        assert!(is_unreadable && revoked.is_empty(), "{granted:?}");
    }
}

/// A device authorization with a difference, from a GitLab that polls are answered by like that.
async fn device(
    field: &str,
    value: Value,
    polls: Vec<(u16, Value)>,
) -> (GrantClient, Stub, Result<DeviceAuthorization, GrantError>) {
    let (field, polls) = (field.to_owned(), std::sync::Mutex::new(polls.into_iter()));
    let stub = Stub::start(move |asked, _| match asked.line.as_str() {
        "POST /oauth/revoke" => (200, json!({})),
        "POST /oauth/token" => polls.lock().expect("no panic").next().expect("no more polls"),
        _ => {
            let mut told = json!({ "device_code": "dc-0123456789abcdef", "user_code": "AB-CD", "expires_in": 300 });
            told["verification_uri"] = json!(format!("http://{}/oauth/device", asked.host));
            told[&field] = value.as_str().map_or(value.clone(), |text| json!(text.replace("STUB", &asked.host)));
            (200, told)
        }
    })
    .await;
    let client = client_at(&stub);
    let begun = client.begin_device(&["api".to_owned()]).await;
    (client, stub, begun)
}

#[tokio::test]
async fn times_of_a_device_code_that_no_clock_counts_are_made_sane() {
    for (interval, wanted) in [(json!(0), 1), (Value::Null, 5), (json!(7), 7), (json!(u64::MAX), 60)] {
        let (_, _, begun) = device("interval", interval.clone(), Vec::new()).await;
        assert_eq!(begun.expect("a code").details.interval(), Duration::from_secs(wanted), "{interval}");
    }
    let (_, _, begun) = device("expires_in", json!(u64::MAX), Vec::new()).await;
    assert_eq!(begun.expect("a code").expires_in, LONGEST_POLL);
}

#[tokio::test]
async fn a_page_for_the_code_that_is_elsewhere_or_has_user_info_is_refused() {
    let (_, _, begun) = device("verification_uri", json!("http://STUB/device"), Vec::new()).await;
    assert!(begun.is_ok(), "{begun:?}");
    for page in ["https://evil.example/device", "http://user@STUB/device", "http://user:pass@STUB/device"] {
        let (_, _, begun) = device("verification_uri", json!(page), Vec::new()).await;
        assert!(matches!(begun, Err(GrantError::Unreadable(_))), "{page}: {begun:?}");
    }
}

#[tokio::test]
async fn a_device_poll_slows_down_and_revokes_what_cannot_be_used() {
    let polls = vec![(400, json!({ "error": "slow_down" })), (200, grant_with("scope", Value::Null))];
    let (client, stub, begun) = device("interval", json!(u64::MAX), polls).await;
    let granted = client.poll_device(&begun.expect("a code")).await;
    assert!(matches!(granted, Err(GrantError::Unusable { tokens: UnusableTokens::Revoked, .. })), "{granted:?}");
    assert_eq!(stub.bodies_of("POST /oauth/revoke").len(), 1);
}
