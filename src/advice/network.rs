//! Network, TLS and HTTP: the same for every host and every command.

use std::time::Duration;

use url::Url;

use super::{HostOptions, tls};
use crate::error::Fix;
use crate::http::{self, Cause, CauseClass, Error, ErrorResponse, LinkProblem, UnexpectedPage};
use crate::instance::InstanceUrl;

/// No time-out below this is worth suggesting.
const SHORTEST_TIMEOUT: Duration = Duration::from_secs(30);

pub(super) fn fixes(error: &Error, options: HostOptions) -> Vec<Fix> {
    let host = &error.host;
    let fix = match error.cause.as_ref() {
        Cause::Dns { host, .. } => {
            Fix::say(format!("correct the host name {host}, or make it resolve on this machine (DNS, VPN)"))
        }
        Cause::Connect { proxy: None, .. } => {
            Fix::say(format!("check the address and port, and that firewall and VPN let this machine reach {host}"))
        }
        Cause::Connect { proxy: Some(proxy), .. } => Fix::say(format!(
            "check the address and port, and that the proxy {proxy} lets this machine reach {host}; --proxy none bypasses the proxy"
        )),
        Cause::Tls(problem) => return tls::fixes(problem, host, options.trust),
        Cause::Timeout { after } => {
            let longer = (*after).max(SHORTEST_TIMEOUT).as_secs().saturating_mul(3);
            Fix::rerun("try again, with more time for each request", format!("--timeout {longer}"))
        }
        Cause::Broken { .. } => {
            Fix::rerun("try again; if it happens again, look for a proxy or firewall that closes connections", "")
        }
        Cause::ProxyPassword { .. } => Fix::say(
            "correct the user name and password in the proxy's address (http://USER:PASSWORD@HOST:PORT, in FACTORY_GITLAB_PROXY \
             or HTTPS_PROXY); --proxy none bypasses the proxy",
        ),
        Cause::Status(answer) => status(error, answer),
        Cause::UnexpectedPage { status, what } => unexpected_page(error, *status, what, options),
        Cause::Redirected { to } => redirected(error, to, options),
        Cause::Link(
            LinkProblem::Endless
            | LinkProblem::Circular
            | LinkProblem::Repeated
            | LinkProblem::EndsEarly
            | LinkProblem::NotAnAddress,
        )
        | Cause::TooLarge { .. }
        | Cause::Decode { .. } => {
            Fix::say(format!("check the address; a proxy may be altering the responses of {host}"))
        }
        Cause::ForwardedAuthorization => Fix::say(format!(
            "let the proxy in front of {host} remove the Authorization that is meant for it; if it does, correct the \
             application's ID and secret"
        )),
        Cause::Interrupted => Fix::rerun("run it again", ""),
        Cause::Setup(_) => return Vec::new(),
    };
    vec![fix]
}

fn status(error: &Error, answer: &ErrorResponse) -> Fix {
    match error.class() {
        CauseClass::RateLimited => match answer.retry_after {
            Some(wait) => Fix::rerun(format!("try again in {} s, when the rate limit allows it", seconds(wait)), ""),
            None => Fix::rerun("try again in a minute, with fewer requests at the same time", "--concurrency 1"),
        },
        CauseClass::Refused | CauseClass::Redirected => {
            Fix::say(format!("check that {} lets this machine and this token make this request", error.host))
        }
        CauseClass::Unavailable
        | CauseClass::ServerError
        | CauseClass::UnexpectedStatus
        | CauseClass::Unreachable
        | CauseClass::Untrusted
        | CauseClass::Lost
        | CauseClass::TimedOut
        | CauseClass::Unreadable
        | CauseClass::BrokenList
        | CauseClass::Interrupted
        | CauseClass::Setup => Fix::rerun(format!("try again once {} has recovered", error.host), ""),
    }
}

/// Whole seconds, at least one.
fn seconds(wait: Duration) -> u64 {
    wait.as_secs().max(1)
}

/// Whether a page of this status may be gone the next time: overload, a rate limit, an error of the server.
#[must_use]
pub fn is_temporary(status: u16) -> bool {
    matches!(status, 408 | 429 | 500..)
}

fn unexpected_page(error: &Error, status: u16, what: &UnexpectedPage, options: HostOptions) -> Fix {
    let host = &error.host;
    if is_temporary(status) {
        return Fix::rerun(format!("try again; if it happens again, check {host} and the proxy in front of it"), "");
    }
    match what {
        UnexpectedPage::LoginWall => Fix::say(format!(
            "let API requests pass the sign-in page in front of {host} (SSO, Cloudflare Access), or run this from inside"
        )),
        UnexpectedPage::BasicAuth => give_headers(
            &format!("give the user name and password that the proxy in front of {host} asks for, as a header"),
            "Authorization: Basic …",
            options,
        ),
        UnexpectedPage::CloudflareAccess => cloudflare_access(host, options),
        UnexpectedPage::Firewall => Fix::say(format!(
            "let the firewall or proxy in front of {host} pass API requests of this machine ({} {}); its log names the rule",
            error.method, error.path
        )),
        UnexpectedPage::GitLabSignIn { .. } => Fix::say(format!(
            "let requests to /api/v4 pass the proxy in front of {host} unchanged, or correct the address: GitLab's API never \
             leads to its sign-in page"
        )),
        UnexpectedPage::WebPage => {
            Fix::say(format!("check the address, and the proxy, load balancer or firewall in front of {host}"))
        }
        UnexpectedPage::ClientCertificate => tls::give_client_certificate(host),
        UnexpectedPage::OtherType(_) => Fix::say("check the address; no API answers there"),
    }
}

fn cloudflare_access(host: &str, options: HostOptions) -> Fix {
    let what = format!("give a service token that Cloudflare Access in front of {host} accepts, as two headers");
    give_headers(&what, "CF-Access-Client-Id: …, CF-Access-Client-Secret: …", options)
}

fn give_headers(what: &str, headers: &str, options: HostOptions) -> Fix {
    match options.headers {
        Some(option) => Fix::rerun(format!("{what} in a file ({headers})"), option),
        None => Fix::say("let API requests pass the proxy in front of it without a password"),
    }
}

fn redirected(error: &Error, to: &Url, options: HostOptions) -> Fix {
    let host = &error.host;
    if to.host_str().is_some_and(|name| name.ends_with(".cloudflareaccess.com"))
        || to.path().starts_with("/cdn-cgi/access/")
    {
        return cloudflare_access(host, options);
    }
    // An address that cannot be given would be advice in a circle.
    let base = http::base_of_gitlab(to).filter(|_| to.as_str().contains("/api/v4"));
    match base.and_then(|base| base.parse::<InstanceUrl>().ok()) {
        Some(base) => Fix::rerun("use the URL that GitLab redirects to", format!("--gitlab-url {base}")),
        None => Fix::say(format!(
            "let API requests pass the proxy or sign-in page in front of {host}, or correct the address"
        )),
    }
}
