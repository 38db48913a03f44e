//! `instance.*`: the way to GitLab, and whether it is GitLab that answers.

use std::net::IpAddr;

use url::Url;

use super::ruling::{Case, Ruling, known};
use super::{Check, Severity};
use crate::advice::{About, is_temporary};
use crate::error::Fix;
use crate::http::{self, Cause};
use crate::instance::Version;
use crate::observed::{Observation, Read};

pub(super) const CHECKS: &[Check] = &[
    Check {
        code: "instance.dns",
        title: "the name resolves",
        severity: Severity::Error,
        depends_on: &[],
        about: "Asks this machine's resolver for the addresses of the GitLab host and says whether they are public or \
                private. A private address is not wrong; Factory then reaches GitLab by VPC peering or a VPN only.",
        reads: &[Read::Network],
        rule: dns,
    },
    Check {
        code: "instance.tcp",
        title: "the port opens",
        severity: Severity::Error,
        depends_on: &["instance.dns"],
        about: "Opens a TCP connection to the port of the GitLab URL. When it stays shut, a firewall, a VPN that is \
                down or a wrong port is the usual reason.",
        reads: &[Read::Network],
        rule: tcp,
    },
    Check {
        code: "instance.tls",
        title: "the certificate is good",
        severity: Severity::Error,
        depends_on: &["instance.tcp"],
        about: "Makes a TLS connection as any client does. It fails when the issuer is not trusted (name the \
                company's authority with `--ca-cert`), when the certificate is for another name, when it has expired, \
                or when a device in between inspects TLS. An end within `--expires-within` days is a warning.",
        reads: &[Read::Network],
        rule: tls,
    },
    Check {
        code: "instance.url",
        title: "the URL is the one GitLab knows itself by",
        severity: Severity::Error,
        depends_on: &["instance.tls"],
        about: "Compares the URL that was given with the one GitLab writes into its answers (`external_url`), and \
                fails where GitLab redirects. A redirected write would become a read, and Factory is given this URL, \
                so use exactly the one GitLab names.",
        reads: &[Read::Metadata, Read::Token, Read::User],
        rule: url,
    },
    Check {
        code: "instance.api",
        title: "GitLab's API answers",
        severity: Severity::Error,
        depends_on: &["instance.tls"],
        about: "Reads `/api/v4/metadata`. It fails when something else answers: a proxy's error page, a login wall, \
                another web site, or GitLab installed under a path that the URL lacks.",
        reads: &[Read::Metadata],
        rule: api,
    },
    Check {
        code: "instance.version",
        title: "the version is supported",
        severity: Severity::Error,
        depends_on: &["instance.api"],
        about: "Reports version, edition and licence plan. Versions before 16.11 are not supported: secrets of \
                applications cannot be renewed there and it was never tested.",
        reads: &[Read::Metadata, Read::License, Read::Token],
        rule: version,
    },
];

fn dns(case: &Case<'_>) -> Ruling {
    match known(&case.observed.network.addresses) {
        Err(ruling) => ruling,
        Ok(addresses) if addresses.is_empty() => Ruling::unknown("the name has no address")
            .fix(Fix::say("make the name resolve on this machine, or correct the URL")),
        Ok(addresses) => {
            let reach = if addresses.iter().all(|address| is_private(*address)) { "private" } else { "public" };
            Ruling::pass().saw("addresses", addresses).saw("reach", reach).note(format!("{reach} address"))
        }
    }
}

/// Whether an address is not routed on the internet: RFC 1918, 6598, 4193, loopback, link-local.
fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => {
            let [first, second, ..] = v4.octets();
            let shared = first == 100 && (64..128).contains(&second);
            v4.is_private() || v4.is_loopback() || v4.is_link_local() || shared
        }
        IpAddr::V6(v6) => match v6.to_ipv4_mapped() {
            Some(v4) => is_private(IpAddr::V4(v4)),
            None => v6.is_loopback() || v6.is_unique_local() || v6.is_unicast_link_local(),
        },
    }
}

fn tcp(case: &Case<'_>) -> Ruling {
    match known(&case.observed.network.connect) {
        Err(ruling) => ruling,
        Ok(time) => Ruling::pass().saw("connect_ms", u64::try_from(time.as_millis()).unwrap_or(u64::MAX)),
    }
}

fn tls(case: &Case<'_>) -> Ruling {
    let certificate = match &case.observed.network.tls {
        Observation::Failed(error) => return tls_failed(error),
        seen => match known(seen) {
            Err(ruling) => return ruling,
            Ok(certificate) => certificate,
        },
    };
    let days = days_between(case.observed.at, certificate.not_after);
    let renew = || Fix::say("renew the certificate of GitLab");
    let ruling = if days < 0 {
        Ruling::fail("the certificate has expired").fix(renew())
    } else if days < case.policy.expires_within {
        Ruling::warn(format!("the certificate ends in {days} days")).fix(renew())
    } else {
        Ruling::pass()
    };
    ruling.saw("issuer", &certificate.issuer).saw("not_after", certificate.not_after)
}

/// A certificate that was seen and found wrong is a failure; a handshake that broke is not to be found out.
fn tls_failed(error: &http::Error) -> Ruling {
    use crate::http::TlsProblem as Problem;
    let mut ruling = Ruling::failed(error);
    let Cause::Tls(problem) = error.cause.as_ref() else { return ruling };
    let kind = match problem {
        Problem::UnknownCa { .. } => "unknown_ca",
        Problem::WrongName { .. } => "wrong_name",
        Problem::Expired { .. } => "expired",
        Problem::NotYetValid => "not_yet_valid",
        Problem::Intercepted { .. } => "interception",
        Problem::Other(_) => return ruling.saw("kind", "other"),
    };
    ruling.status = super::Status::Fail;
    ruling.cause = Some(problem.to_string());
    ruling.saw("kind", kind)
}

/// Whole days from one time to another, negative when it is past.
pub(super) fn days_between(from: jiff::Timestamp, to: jiff::Timestamp) -> i64 {
    (to.as_second() - from.as_second()).div_euclid(24 * 60 * 60)
}

fn url(case: &Case<'_>) -> Ruling {
    let given = case.desired.instance.as_str();
    if let Some((error, to)) = redirect(case) {
        let ruling = Ruling::fail(format!("it redirects to {to}")).saw("given", given).advised(error, about(case));
        return match http::base_of_api(to) {
            Some(base) => ruling.saw("own", base),
            None => ruling,
        };
    }
    match &case.observed.own_url {
        Observation::Known(Some(own)) => compare(given, own).saw("given", given).saw("own", own),
        Observation::Known(None) => Ruling::unseen("no answer of this GitLab holds its own address"),
        Observation::Skipped(reason) => Ruling::unseen(*reason),
        Observation::Failed(_) if !api_answered(case) => Ruling::depends("instance.api"),
        Observation::Failed(_) if case.observed.token.known().is_none() => Ruling::depends("token.valid"),
        Observation::Failed(error) if error.status() == Some(403) => Ruling::depends("token.scopes"),
        Observation::Failed(error) => Ruling::failed(error),
    }
}

/// Where the first request to GitLab was redirected to.
fn redirect<'a>(case: &Case<'a>) -> Option<(&'a http::Error, &'a Url)> {
    match &case.observed.metadata {
        Observation::Failed(error) => match error.cause.as_ref() {
            Cause::Redirected { to } => Some((error, to)),
            _ => None,
        },
        Observation::Known(_) | Observation::Skipped(_) => None,
    }
}

fn about<'a>(case: &Case<'a>) -> About<'a> {
    About::FirstContact(&case.desired.instance)
}

fn use_url(url: &str) -> Fix {
    Fix::rerun("use the URL that GitLab knows itself by", format!("--gitlab-url {url}"))
}

/// Compares as text, without regard to the case of scheme and host and to the scheme's own port.
fn compare(given: &str, own: &str) -> Ruling {
    let tidy = |text: &str| match Url::parse(text) {
        Ok(url) => url.as_str().trim_end_matches('/').to_owned(),
        Err(_) => text.trim_end_matches('/').to_owned(),
    };
    if tidy(given) == tidy(own) {
        Ruling::pass()
    } else {
        Ruling::fail(format!("GitLab calls itself {own}, the URL given is {given}")).fix(use_url(own))
    }
}

fn api(case: &Case<'_>) -> Ruling {
    let error = match &case.observed.metadata {
        Observation::Known(metadata) => return Ruling::pass().saw("version", &metadata.version_text),
        Observation::Skipped(reason) => return Ruling::unseen(*reason),
        Observation::Failed(error) => error,
    };
    match error.cause.as_ref() {
        Cause::Redirected { .. } => Ruling::depends("instance.url"),
        // GitLab's own words about the token: the API is there, and token.valid judges the token.
        Cause::Status(answer) if matches!(answer.status, 401 | 403) && is_gitlabs(answer) => {
            Ruling::pass().saw("status", answer.status)
        }
        Cause::Status(answer) if answer.status == 404 => {
            Ruling::fail("there is no GitLab API at this URL").advised(error, about(case))
        }
        Cause::UnexpectedPage { status, what } => {
            let ruling = if is_temporary(*status) {
                Ruling::unknown(error.to_string())
            } else {
                Ruling::fail(format!("GitLab's API does not answer at this URL; the answer is {what}"))
            };
            ruling.saw("status", status).advised(error, about(case))
        }
        _ => Ruling::failed(error),
    }
}

fn api_answered(case: &Case<'_>) -> bool {
    api(case).status == super::Status::Pass
}

/// Whether a refusal came in one of GitLab's envelopes.
fn is_gitlabs(answer: &http::ErrorResponse) -> bool {
    answer.message.is_some() || answer.error.is_some()
}

fn version(case: &Case<'_>) -> Ruling {
    let Some(metadata) = case.observed.metadata.known() else {
        let alive = case.observed.token.known().is_some();
        return Ruling::depends(if alive { "token.scopes" } else { "token.valid" });
    };
    let plan = match &case.observed.license {
        Observation::Failed(_) => "plan unknown".to_owned(),
        Observation::Known(_) | Observation::Skipped(_) => case.observed.plan().to_string(),
    };
    let ruling = if metadata.version < Version::OLDEST {
        Ruling::fail(format!(
            "GitLab {} is older than {}, the oldest supported",
            metadata.version_text,
            Version::OLDEST
        ))
        .fix(Fix::say(format!("update GitLab to {} or newer", Version::OLDEST)))
    } else {
        Ruling::pass().note(format!("{} {}, {plan}", metadata.version_text, metadata.edition))
    };
    let ruling = ruling.saw("version", &metadata.version_text).saw("edition", metadata.edition);
    ruling.saw("plan", plan.strip_prefix("plan ").unwrap_or(&plan))
}
