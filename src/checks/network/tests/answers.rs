//! What answers over HTTP.

use super::*;

#[test]
fn what_answers_in_the_place_of_the_server_is_told_apart() {
    fn status(status: u16) -> Cause {
        Cause::Status(ErrorResponse { status, ..ErrorResponse::default() })
    }
    let password = |s: &mut Scene| answer(s, HOOKS, Cause::ProxyPassword { proxy: "proxy:3128".to_owned() });
    hold(&[
        ("network.http", HOOKS, password, "fail", "407"),
        ("network.http", HOOKS, |s| answer(s, HOOKS, page(UnexpectedPage::Firewall, 403)), "fail", "block page"),
        ("network.http", HOOKS, |s| answer(s, HOOKS, page(UnexpectedPage::LoginWall, 200)), "warn", "a sign-in page"),
        ("network.http", HOOKS, |s| answer(s, HOOKS, page(UnexpectedPage::BasicAuth, 401)), "fail", "HTTP Basic"),
        ("network.http", HOOKS, |s| answer(s, HOOKS, page(UnexpectedPage::WebPage, 200)), "warn", "a web page answers"),
        (
            "network.http",
            HOOKS,
            |s| answer(s, HOOKS, leads("https://login.proxy.example/")),
            "warn",
            "login.proxy.example",
        ),
        ("network.http", HOOKS, |s| answer(s, HOOKS, leads("http://hooks.factory.example/evil")), "warn", "/evil"),
        ("network.http", HOOKS, |s| answer(s, HOOKS, leads("https://hooks.factory.example/x")), "pass", "redirects"),
        ("network.http", HOOKS, |s| answer(s, HOOKS, status(101)), "warn", "it answers 101"),
        ("network.http", HOOKS, |s| answer(s, HOOKS, status(404)), "pass", "answered 404"),
        ("network.http", HOOKS, |s| answer(s, HOOKS, status(502)), "unknown", "502"),
        ("network.http", HOOKS, |s| answer(s, HOOKS, status(407)), "fail", "407"),
        ("network.http", GITLAB, |s| answer(s, GITLAB, status(404)), "fail", "no GitLab API"),
        ("network.http", GITLAB, |s| answer(s, GITLAB, page(UnexpectedPage::WebPage, 200)), "fail", "a web page"),
        ("network.http", GITLAB, |s| answer(s, GITLAB, status(503)), "unknown", "503"),
        ("network.http", GITLAB, |s| s.way(GITLAB).http = Some(answered_now()), "unknown", "without a token"),
        (
            "network.http",
            HOOKS,
            |s| answer(s, HOOKS, Cause::Timeout { after: Duration::from_secs(5) }),
            "unknown",
            "no answer within 5 s",
        ),
    ]);
}

#[test]
fn behind_a_proxy_name_and_port_are_not_visible_and_the_request_still_is() {
    fn proxied(scene: &mut Scene) {
        let way = scene.way(HOOKS);
        way.proxy = Some("proxy.acme.example:3128".to_owned());
        way.addresses = Observation::Skipped("requests go through a proxy");
        (way.attempts, way.tls) = (Vec::new(), Vec::new());
        way.tunnelled = Some(Observation::Known(certificate()));
    }
    hold(&[
        ("network.dns", HOOKS, proxied, "skip", "proxy"),
        ("network.tcp", HOOKS, proxied, "skip", "proxy"),
        ("network.tls", HOOKS, proxied, "pass", "Example CA"),
        ("network.http", HOOKS, proxied, "pass", "answered 200"),
    ]);
}
