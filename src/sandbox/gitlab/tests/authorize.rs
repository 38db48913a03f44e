//! The pages for a person: sign-in, consent, denial, and the code of a device.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;
use sha2::{Digest as _, Sha256};
use url::Url;
use url::form_urlencoded::Serializer;

use super::{TestInstance, TestResponse, site};
use crate::sandbox::gitlab::applications::{ApplicationSpec, ClientPair};
use crate::sandbox::options::{CloudOffers, SandboxOptions};

const NATIVE: &str = "http://127.0.0.1/callback";
const ASKED: &str = "http://127.0.0.1:5555/callback";
const VERIFIER: &str = "a-verifier-of-enough-length-to-be-taken-seriously";

fn cloud() -> TestInstance {
    site(&SandboxOptions::cloud(CloudOffers::default()))
}

fn public_app(site: &TestInstance) -> ClientPair {
    site.gitlab.add_application(ApplicationSpec {
        name: "Factory <b>".into(),
        redirect_uri: NATIVE.into(),
        scopes: vec!["api".into(), "read_user".into()],
        confidential: false,
        owner: Some(1),
    })
}

/// A browser: it keeps its cookie.
struct Browser<'s> {
    site: &'s TestInstance,
    cookie: String,
}

fn encoded(pairs: &[(&str, &str)]) -> String {
    Serializer::new(String::new()).extend_pairs(pairs).finish()
}

/// The hidden value of a field in a page.
fn hidden(page: &TestResponse, name: &str) -> String {
    let field = page.text.split(&format!("name=\"{name}\" value=\"")).nth(1);
    field.and_then(|rest| rest.split('"').next()).unwrap_or_default().to_owned()
}

impl<'s> Browser<'s> {
    fn new(site: &'s TestInstance) -> Self {
        Self { site, cookie: String::new() }
    }

    async fn send(&mut self, line: &str, body: &str) -> TestResponse {
        let kind = "Content-Type: application/x-www-form-urlencoded".to_owned();
        let answer = self.site.send(line, &[kind, format!("Cookie: {}", self.cookie)], body).await;
        if let Some(cookie) = answer.header("set-cookie").split(';').next().filter(|cookie| !cookie.is_empty()) {
            cookie.clone_into(&mut self.cookie);
        }
        answer
    }

    async fn get(&mut self, path: &str) -> TestResponse {
        self.send(&format!("GET {path}"), "").await
    }

    /// Fills in the sign-in page; the address it leads to.
    async fn sign_in(&mut self, name: &str) -> String {
        let page = self.get("/users/sign_in").await;
        let token = hidden(&page, "authenticity_token");
        let fields = [("authenticity_token", token.as_str()), ("user[login]", name), ("user[password]", "x")];
        let answer = self.send("POST /users/sign_in", &encoded(&fields)).await;
        assert_eq!(answer.status, 302, "{}", answer.text);
        answer.header("location").to_owned()
    }

    /// Presses a button: the fields of the page with these instead, and the answer.
    async fn press(&mut self, page: &TestResponse, line: &str, more: &[(&str, &str)]) -> TestResponse {
        let names = ["client_id", "redirect_uri", "state", "response_type", "scope", "code_challenge", "user_code"];
        let names = names.into_iter().chain(["code_challenge_method", "authenticity_token"]);
        let fields: Vec<(&str, String)> = names.map(|name| (name, hidden(page, name))).collect();
        let own = fields.iter().filter(|(_, value)| !value.is_empty()).map(|(name, value)| (*name, value.as_str()));
        let own = own.filter(|(name, _)| !more.iter().any(|(other, _)| other == name));
        let all: Vec<(&str, &str)> = own.chain(more.iter().copied()).collect();
        self.send(line, &encoded(&all)).await
    }
}

/// A good authorization request, with these parameters changed; an empty one is left out.
fn request(app: &ClientPair, changes: &[(&str, &str)]) -> String {
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(VERIFIER));
    let good = [
        ("client_id", app.uid.as_str()),
        ("redirect_uri", ASKED),
        ("response_type", "code"),
        ("scope", "api read_user"),
        ("state", "st\"ate&1"),
        ("code_challenge", challenge.as_str()),
        ("code_challenge_method", "S256"),
    ];
    let changed = |name: &str| changes.iter().find(|(other, _)| *other == name).map(|(_, value)| *value);
    let pairs = good.iter().map(|(name, value)| (*name, changed(name).unwrap_or(value)));
    let pairs: Vec<(&str, &str)> = pairs.filter(|(_, value)| !value.is_empty()).collect();
    format!("/oauth/authorize?{}", encoded(&pairs))
}

/// The parameters of the address that an answer leads to, which is the asked one.
fn redirected(answer: &TestResponse) -> Vec<(String, String)> {
    assert_eq!(answer.status, 302, "{}", answer.text);
    let url = Url::parse(answer.header("location")).expect("an address");
    assert!(url.as_str().starts_with(ASKED), "{url}");
    url.query_pairs().into_owned().collect()
}

fn value(pairs: &[(String, String)], name: &str) -> String {
    pairs.iter().find(|(own, _)| own == name).map(|(_, value)| value.clone()).unwrap_or_default()
}

async fn exchange(site: &TestInstance, fields: &[(&str, &str)]) -> TestResponse {
    let fixed = [("grant_type", "authorization_code"), ("redirect_uri", ASKED), ("code_verifier", VERIFIER)];
    let fixed = fixed.into_iter().filter(|(name, _)| !fields.iter().any(|(own, _)| own == name));
    let all: Vec<(&str, &str)> = fixed.chain(fields.iter().copied()).collect();
    site.form("POST /oauth/token", &encoded(&all)).await
}

#[tokio::test]
async fn the_sign_in_comes_before_every_check_and_leads_back() {
    let site = cloud();
    let app = public_app(&site);
    for path in ["/oauth/authorize?client_id=unknown", "/oauth/authorize", "/oauth/device?user_code=ABCD1234"] {
        let mut browser = Browser::new(&site);
        let first = browser.get(path).await;
        assert_eq!((first.status, first.header("location")), (302, "http://gitlab.test:8080/users/sign_in"), "{path}");
        assert_eq!(browser.sign_in("alice").await, format!("http://gitlab.test:8080{path}"));
    }
    let mut browser = Browser::new(&site);
    let page = browser.get("/users/sign_in").await;
    let token = hidden(&page, "authenticity_token");
    let wrong = [("authenticity_token", token.as_str()), ("user[login]", "nobody"), ("user[password]", "x")];
    let refused = browser.send("POST /users/sign_in", &encoded(&wrong)).await;
    assert!(refused.text.contains("Invalid login or password."), "{}", refused.text);
    assert_eq!(browser.get(&request(&app, &[])).await.status, 302, "not signed in");
}

#[tokio::test]
async fn what_is_wrong_with_a_request_is_a_page_and_never_a_redirect() {
    let site = cloud();
    let app = public_app(&site);
    let mut browser = Browser::new(&site);
    browser.sign_in("alice").await;
    let client = "Client authentication failed due to unknown client";
    let redirect = "The requested redirect uri is malformed or doesn&#39;t match client redirect URI.";
    for (change, text) in [
        (("client_id", ""), "Missing required parameter: client_id."),
        (("client_id", "unknown"), client),
        (("redirect_uri", ""), redirect),
        (("redirect_uri", "http://127.0.0.1:5555/other"), redirect),
        (("redirect_uri", "http://localhost:5555/callback"), redirect),
        (("response_type", ""), "Missing required parameter: response_type."),
        (("response_type", "token"), "does not support this response type"),
        (("scope", "api sudo"), "The requested scope is invalid, unknown, or malformed."),
        (("code_challenge_method", ""), "The code_challenge_method must be one of plain, S256."),
        (("code_challenge_method", "S512"), "The code_challenge_method must be one of plain, S256."),
    ] {
        let page = browser.get(&request(&app, &[change])).await;
        assert_eq!((page.status, page.header("location")), (200, ""), "{change:?}");
        assert!(page.text.contains("An error has occurred") && page.text.contains(text), "{change:?}: {}", page.text);
        assert!(!page.text.contains("data-testid=\"authorization-button\""), "{change:?}");
    }
}

#[tokio::test]
async fn consent_gives_a_code_that_works_once_with_its_verifier() {
    let site = cloud();
    let app = public_app(&site);
    let mut browser = Browser::new(&site);
    browser.sign_in("alice").await;
    let page = browser.get(&request(&app, &[])).await;
    for text in ["Factory &lt;b&gt; is requesting access", "Access the API on your behalf", "@alice", "127.0.0.1"] {
        assert!(page.text.contains(text), "{text}: {}", page.text);
    }
    let state = [("state", "st\"ate&1")];
    let foreign = browser.press(&page, "POST /oauth/authorize", &[("authenticity_token", "x")]).await;
    assert_eq!(foreign.status, 422, "a form of another page");
    let pairs = redirected(&browser.press(&page, "POST /oauth/authorize", &state).await);
    assert_eq!(value(&pairs, "state"), "st\"ate&1");
    let code = value(&pairs, "code");
    let good = [("client_id", app.uid.as_str()), ("code", code.as_str())];
    for (wrong, error) in [
        (("code_verifier", "wrong"), "invalid_grant"),
        (("code_verifier", ""), "invalid_request"),
        (("redirect_uri", "http://127.0.0.1:5555/other"), "invalid_grant"),
        (("client_secret", "wrong"), "invalid_client"),
    ] {
        let refused = exchange(&site, &[good[0], good[1], wrong]).await;
        assert_eq!(refused.body["error"], error, "{wrong:?}");
    }
    let token = exchange(&site, &good).await;
    assert_eq!((token.status, &token.body["scope"]), (200, &json!("api read_user")), "{}", token.text);
    let bearer = [format!("Authorization: Bearer {}", token.body["access_token"].as_str().expect("a token"))];
    let user = site.send("GET /api/v4/user", &bearer, "").await;
    assert_eq!(user.body["username"], "alice");
    assert_eq!(exchange(&site, &good).await.body["error"], "invalid_grant", "a second time");
}

#[tokio::test]
async fn a_plain_challenge_is_taken_and_a_code_expires_after_ten_minutes() {
    let site = cloud();
    let app = public_app(&site);
    let mut browser = Browser::new(&site);
    browser.sign_in("alice").await;
    for (wait, status) in [(599, 200), (600, 400)] {
        let plain = [("code_challenge", VERIFIER), ("code_challenge_method", "plain"), ("state", "")];
        let page = browser.get(&request(&app, &plain)).await;
        let pairs = redirected(&browser.press(&page, "POST /oauth/authorize", &[]).await);
        assert!(!pairs.iter().any(|(name, _)| name == "state"), "no state was sent");
        site.gitlab.clock().advance(Duration::from_secs(wait));
        let code = value(&pairs, "code");
        assert_eq!(exchange(&site, &[("client_id", &app.uid), ("code", &code)]).await.status, status, "{wait}");
    }
}

#[tokio::test]
async fn denial_goes_back_to_the_application_with_the_state() {
    let site = cloud();
    let app = public_app(&site);
    let mut browser = Browser::new(&site);
    browser.sign_in("alice").await;
    let page = browser.get(&request(&app, &[("state", "s")])).await;
    for (line, more) in
        [("POST /oauth/authorize", [("_method", "delete")].as_slice()), ("DELETE /oauth/authorize", &[])]
    {
        let pairs = redirected(&browser.press(&page, line, more).await);
        assert_eq!((value(&pairs, "error").as_str(), value(&pairs, "state").as_str()), ("access_denied", "s"));
        assert!(value(&pairs, "code").is_empty());
    }
    assert!(site.gitlab.lock().grants.is_empty());
}

#[tokio::test]
async fn a_confidential_application_with_a_live_token_is_not_asked_again() {
    let site = cloud();
    let app = site.gitlab.add_application(ApplicationSpec {
        name: "Factory".into(),
        redirect_uri: NATIVE.into(),
        scopes: vec!["api".into(), "read_user".into()],
        confidential: true,
        owner: None,
    });
    let mut browser = Browser::new(&site);
    browser.sign_in("alice").await;
    let page = browser.get(&request(&app, &[("state", "s")])).await;
    let code = value(&redirected(&browser.press(&page, "POST /oauth/authorize", &[]).await), "code");
    let pair = [("client_id", app.uid.as_str()), ("client_secret", app.secret.as_str()), ("code", code.as_str())];
    assert_eq!(exchange(&site, &pair).await.status, 200);
    let again = browser.get(&request(&app, &[("state", "s")])).await;
    assert!(again.status == 200 && again.text.contains("http-equiv=\"refresh\""), "{}", again.text);
    let fewer = browser.get(&request(&app, &[("scope", "read_user")])).await;
    assert!(fewer.text.contains("is requesting access"), "other scopes are asked for");
}

#[tokio::test]
async fn in_maintenance_a_refresh_is_put_off_and_its_token_kept() {
    let site = cloud();
    let app = public_app(&site);
    let mut browser = Browser::new(&site);
    browser.sign_in("alice").await;
    let page = browser.get(&request(&app, &[])).await;
    let code = value(&redirected(&browser.press(&page, "POST /oauth/authorize", &[]).await), "code");
    let client = ("client_id", app.uid.as_str());
    site.gitlab.lock().quirks.organization_maintenance = true;
    let later = exchange(&site, &[client, ("code", &code)]).await;
    assert_eq!((later.status, &later.body["error"]), (503, &json!("temporarily_unavailable")));
    assert_eq!(later.header("retry-after"), "60");
    site.gitlab.lock().quirks.organization_maintenance = false;
    let first = exchange(&site, &[client, ("code", &code)]).await;
    let refresh = first.body["refresh_token"].as_str().expect("a token").to_owned();
    let renew = [("grant_type", "refresh_token"), ("refresh_token", refresh.as_str()), client];
    site.gitlab.lock().quirks.organization_maintenance = true;
    assert_eq!(exchange(&site, &renew).await.status, 503);
    site.gitlab.lock().quirks.organization_maintenance = false;
    assert_eq!(exchange(&site, &renew).await.status, 200);
    assert_eq!(exchange(&site, &renew).await.body["error"], "invalid_grant", "the old one has ended");
}

const DEVICE: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// Asks for a device code; the code and the user's code.
async fn device_code(site: &TestInstance, uid: &str) -> (String, String) {
    let body = encoded(&[("client_id", uid), ("scope", "api read_user")]);
    let answer = site.form("POST /oauth/authorize_device", &body).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let text = |name: &str| answer.body[name].as_str().expect("text").to_owned();
    assert_eq!(
        text("verification_uri_complete"),
        format!("{}?user_code={}", text("verification_uri"), text("user_code"))
    );
    (text("device_code"), text("user_code"))
}

async fn poll(site: &TestInstance, uid: &str, code: &str) -> TestResponse {
    let body = encoded(&[("grant_type", DEVICE), ("client_id", uid), ("device_code", code)]);
    site.form("POST /oauth/token", &body).await
}

fn device_site() -> (TestInstance, String) {
    let site = cloud();
    let uid = site.gitlab.register_factory("http://factory.test", CloudOffers::default()).native_id;
    (site, uid)
}

#[tokio::test]
async fn the_code_of_a_device_is_entered_confirmed_and_exchanged_once() {
    let (site, uid) = device_site();
    let (code, user_code) = device_code(&site, &uid).await;
    assert_eq!(poll(&site, &uid, &code).await.body["error"], "authorization_pending");
    assert_eq!(poll(&site, &uid, &code).await.body["error"], "slow_down", "sooner than after five seconds");
    let mut browser = Browser::new(&site);
    browser.sign_in("alice").await;
    let enter = browser.get(&format!("/oauth/device?user_code={user_code}")).await;
    assert!(enter.text.contains(&format!("value=\"{user_code}\"")));
    let unknown = browser.press(&enter, "POST /oauth/device/confirm", &[("user_code", "NOTACODE")]).await;
    assert_eq!(unknown.status, 302);
    let notice = browser.get("/oauth/device").await;
    assert!(notice.text.contains("The user code is invalid or has expired."), "{}", notice.text);
    let small = user_code.to_lowercase();
    let consent = browser.press(&enter, "POST /oauth/device/confirm", &[("user_code", &small)]).await;
    for text in ["Application: Factory", "api read_user", "Confirm", "Deny"] {
        assert!(consent.text.contains(text), "{text}: {}", consent.text);
    }
    assert_eq!(browser.press(&consent, "POST /oauth/device", &[]).await.status, 302);
    assert!(browser.get("/oauth/device").await.text.contains("Device successfully authorized."));
    site.gitlab.clock().advance(Duration::from_secs(5));
    let token = poll(&site, &uid, &code).await;
    assert_eq!((token.status, &token.body["scope"]), (200, &json!("api read_user")), "{}", token.text);
    assert_eq!(poll(&site, &uid, &code).await.body["error"], "invalid_grant");
    assert_eq!(browser.press(&consent, "POST /oauth/device", &[]).await.status, 302, "the code is used up");
    assert!(browser.get("/oauth/device").await.text.contains("invalid or has expired"));
}

#[tokio::test]
async fn a_device_is_denied_and_its_code_expires_after_five_minutes() {
    let (site, uid) = device_site();
    let mut browser = Browser::new(&site);
    browser.sign_in("alice").await;
    let (code, user_code) = device_code(&site, &uid).await;
    let enter = browser.get("/oauth/device").await;
    let consent = browser.press(&enter, "POST /oauth/device/confirm", &[("user_code", &user_code)]).await;
    browser.press(&consent, "POST /oauth/device", &[("_method", "delete")]).await;
    assert!(browser.get("/oauth/device").await.text.contains("The device was not authorized."));
    assert_eq!(poll(&site, &uid, &code).await.body["error"], "access_denied");
    let (code, user_code) = device_code(&site, &uid).await;
    site.gitlab.clock().advance(Duration::from_secs(300));
    let late = browser.press(&enter, "POST /oauth/device/confirm", &[("user_code", &user_code)]).await;
    assert_eq!(late.status, 302);
    assert_eq!(poll(&site, &uid, &code).await.body["error"], "expired_token");
    assert_eq!(poll(&site, &uid, &code).await.body["error"], "invalid_grant", "it is destroyed by the first poll");
}

#[tokio::test]
async fn an_application_without_the_device_flow_is_refused() {
    let site = cloud();
    let offers = CloudOffers { device: false, ..CloudOffers::default() };
    let uid = site.gitlab.register_factory("http://factory.test", offers).native_id;
    let answer = site.form("POST /oauth/authorize_device", &encoded(&[("client_id", &uid), ("scope", "api")])).await;
    assert_eq!((answer.status, &answer.body["error"]), (400, &json!("access_denied")));
}

#[tokio::test]
async fn the_user_withdraws_what_was_authorized_on_a_page() {
    let site = cloud();
    let app = public_app(&site);
    let mut browser = Browser::new(&site);
    browser.sign_in("alice").await;
    let page = browser.get(&request(&app, &[])).await;
    let code = value(&redirected(&browser.press(&page, "POST /oauth/authorize", &[]).await), "code");
    let token = exchange(&site, &[("client_id", &app.uid), ("code", &code)]).await;
    let bearer = [format!("Authorization: Bearer {}", token.body["access_token"].as_str().expect("a token"))];
    let page = browser.get("/-/user_settings/applications").await;
    assert!(page.text.contains("Factory &lt;b&gt;: api read_user"), "{}", page.text);
    assert_eq!(
        browser.press(&page, "POST /oauth/authorized_applications/1", &[("_method", "delete")]).await.status,
        302
    );
    let empty = browser.get("/-/user_settings/applications").await;
    assert!(empty.text.contains("have any authorized applications"), "{}", empty.text);
    assert_eq!(site.send("GET /api/v4/user", &bearer, "").await.status, 401);
}
