use reqwest::header::HeaderValue;

use zeroize::Zeroizing;

use super::*;
use crate::http::error::CauseClass;
use crate::http::request::Request;
use crate::http::response::BodyEnding;

fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
    pairs.iter().map(|(name, value)| (name.parse().expect("a name"), HeaderValue::from_static(value))).collect()
}

fn response(status: u16, pairs: &[(&'static str, &'static str)], body: &str) -> Response {
    let url: Url = "https://gitlab.acme.com/api/v4/user".parse().expect("an address");
    let (headers, request) = (headers(pairs), Request::get(url.clone()));
    let ending = BodyEnding::Said;
    Response { status, url, headers, body: Zeroizing::new(body.as_bytes().to_vec()), ending, request }
}

fn json(status: u16, body: &str) -> ErrorResponse {
    match cause(&response(status, &[("content-type", "application/json")], body), Server::GitLab, Timestamp::UNIX_EPOCH)
    {
        Cause::Status(answer) => answer,
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_envelope_is_read() {
    for (body, message, error, description) in [
        (r#"{"message":"401 Unauthorized"}"#, Some("401 Unauthorized"), None, None),
        (r#"{"error":"name is missing, scopes is missing"}"#, Some("name is missing, scopes is missing"), None, None),
        (r#"{"error":"404 Not Found"}"#, Some("404 Not Found"), None, None),
        (
            r#"{"error":"invalid_token","error_description":"Token was revoked."}"#,
            None,
            Some("invalid_token"),
            Some("Token was revoked."),
        ),
        (r#"{"message":{"scopes":["a","b"],"base":["c"]}}"#, Some("c; scopes a, b"), None, None),
        (r#"{"message":{"error":"Try again later."}}"#, Some("Try again later."), None, None),
        (r#"{"title":"Conflict","detail":"known already","status":409}"#, Some("known already"), None, None),
        ("{}", None, None, None),
    ] {
        let answer = json(400, body);
        assert_eq!(answer.message.as_deref(), message, "{body}");
        assert_eq!(answer.error.as_deref(), error, "{body}");
        assert_eq!(answer.error_description.as_deref(), description, "{body}");
    }
}

#[test]
fn the_fields_of_a_validation_error_are_kept() {
    assert_eq!(json(400, r#"{"message":{"redirect_uri":["must be"],"base":["x"]}}"#).fields, ["redirect_uri"]);
}

#[test]
fn the_acceptable_scopes_are_kept() {
    let answer = json(403, r#"{"error":"insufficient_scope","error_description":"d","scope":"api read_api"}"#);
    assert_eq!(answer.scope.as_deref(), Some("api read_api"));
}

#[test]
fn a_long_text_is_redacted_before_it_is_cut() {
    let token = "glpat-AAAABBBBCCCCDDDDEEEE";
    let text = format!("{}{token}", "x ".repeat(145));
    let answer = json(400, &serde_json::json!({ "message": text }).to_string());
    let message = answer.message.expect("a message");
    assert!(message.chars().count() <= MAX_TEXT_CHARS + 1 && !message.contains("glpat-AAAA"), "{message}");
}

#[test]
fn web_pages_are_recognized() {
    const HTML: (&str, &str) = ("content-type", "text/html; charset=utf-8");
    let kind = |status, body: &str| cause(&response(status, &[HTML], body), Server::GitLab, Timestamp::UNIX_EPOCH);
    assert!(matches!(kind(502, "<html>nginx"), Cause::Status(answer) if answer.message.is_none()));
    assert!(matches!(
        kind(404, "<html>not here"),
        Cause::UnexpectedPage { status: 404, what: UnexpectedPage::WebPage }
    ));
    let nginx = "<html><head><title>400 No required SSL certificate was sent</title></head>";
    assert!(matches!(kind(400, nginx), Cause::UnexpectedPage { what: UnexpectedPage::ClientCertificate, .. }));
    assert!(matches!(
        kind(401, "<input type=\"password\">"),
        Cause::UnexpectedPage { what: UnexpectedPage::LoginWall, .. }
    ));
    let seen = |pairs, body| unexpected_page(&response(200, pairs, body));
    let text = UnexpectedPage::OtherType("text/plain".to_owned());
    assert_eq!(seen(&[("content-type", "text/plain")], "ok"), Some(text));
    assert_eq!(seen(&[], "  <!DOCTYPE HTML>"), Some(UnexpectedPage::WebPage));
    assert_eq!(seen(&[("content-type", "application/json")], "[]"), None);
}

#[test]
fn what_lies_in_front_of_gitlab_is_told_apart() {
    let access = ("cf-access-domain", "gitlab.acme.com");
    let (html, json, text) =
        (("content-type", "text/html"), ("content-type", "application/json"), ("content-type", "text/plain"));
    let basic = ("www-authenticate", "basic realm=\"Acme\"");
    for (status, headers, body, wanted) in [
        (401, [html, basic], "<html><h1>401 Authorization Required</h1>", UnexpectedPage::BasicAuth),
        (401, [json, basic], "{\"message\":\"Unauthorized\"}", UnexpectedPage::BasicAuth),
        (403, [json, access], "{\"message\":\"Forbidden\"}", UnexpectedPage::CloudflareAccess),
        (403, [html, ("cf-ray", "8f2a-FRA")], "<html>Cloudflare Access: forbidden", UnexpectedPage::CloudflareAccess),
        (403, [html, ("cf-ray", "8f2a-FRA")], "<html>Sorry, you have been blocked", UnexpectedPage::Firewall),
        (403, [html, ("server", "nginx")], "<html>403 Forbidden. Log in to the VPN first", UnexpectedPage::Firewall),
        (403, [text, ("server", "envoy")], "RBAC: access denied", UnexpectedPage::Firewall),
        (403, [text, ("server", "awselb/2.0")], "", UnexpectedPage::Firewall),
    ] {
        let response = response(status, &headers, body);
        let cause = cause(&response, Server::GitLab, Timestamp::UNIX_EPOCH);
        assert_eq!(cause.class(), CauseClass::Refused, "{body}: asked again, it would say the same");
        assert!(matches!(&cause, Cause::UnexpectedPage { what, .. } if *what == wanted), "{body}: {cause:?}");
    }
    let f5 = "<html>The requested URL was rejected. Please consult with your administrator.<br>Your support ID is: 1";
    assert_eq!(unexpected_page(&response(200, &[], f5)), Some(UnexpectedPage::Firewall));
    let storage = response(403, &[("content-type", "application/xml")], "<Error><Code>AccessDenied</Code></Error>");
    let cause = cause(&storage, Server::Other, Timestamp::UNIX_EPOCH);
    assert!(matches!(&cause, Cause::Status(answer) if answer.status == 403), "{cause:?}");
}

#[test]
fn gitlabs_sign_in_page_names_the_address_of_gitlab() {
    let page = "<html><meta content=\"GitLab\" property=\"og:site_name\"><title>Sign in";
    for (url, wanted) in [
        ("https://acme.com/gitlab/users/sign_in", Some("https://acme.com/gitlab")),
        ("https://acme.com/users/sign_in", Some("https://acme.com/")),
        ("https://acme.com/admin", None),
    ] {
        let response = Response { url: url.parse().expect("an address"), ..response(200, &[], page) };
        let base = wanted.map(|base| base.parse().expect("an address"));
        assert_eq!(unexpected_page(&response), Some(UnexpectedPage::GitLabSignIn { base }), "{url}");
    }
}

#[test]
fn a_rate_limit_names_its_end_in_one_of_four_ways() {
    let now = Timestamp::from_second(1_700_000_000).expect("a time");
    for (pair, wanted) in [
        (("retry-after", "42"), Some(42)),
        (("retry-after", "Tue, 14 Nov 2023 22:13:50 GMT"), Some(30)),
        (("retry-after", "Tue, 14 Nov 2023 22:13:00 GMT"), None),
        (("retry-after", "0"), None),
        (("ratelimit-reset", "1700000015"), Some(15)),
        (("ratelimit-reset", "9"), Some(9)),
        (("retry-after", "soon"), None),
        (("x-other", "1"), None),
    ] {
        let failure = cause(&response(429, &[pair], "Retry later\n"), Server::GitLab, now);
        let Cause::Status(answer) = failure else { panic!("{failure:?}") };
        assert_eq!(answer.retry_after, wanted.map(Duration::from_secs), "{pair:?}");
        assert_eq!(answer.message.as_deref(), Some("Retry later"));
    }
}
