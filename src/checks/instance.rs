//! `instance.*`: the network path to GitLab, and whether GitLab answers.

use url::Url;

use super::outcome::{CheckContext, CheckOutcome, known};
use super::{Check, CheckSeverity};
use crate::advice::{self, About, is_temporary};
use crate::error::Fix;
use crate::gitlab::Task;
use crate::http::{self, Cause, UnexpectedPage};
use crate::instance::{InstanceUrl, Version};
use crate::network::AddressClass;
use crate::observed::{Observation, Read};
use crate::text::{counted, milliseconds};

pub(super) const CHECKS: &[Check] = &[
    Check {
        code: "instance.dns",
        title: "the name resolves",
        severity: CheckSeverity::Error,
        depends_on: &[],
        reads: &[Read::Network],
        rule: dns,
    },
    Check {
        code: "instance.tcp",
        title: "the port opens",
        severity: CheckSeverity::Error,
        depends_on: &["instance.dns"],
        reads: &[Read::Network],
        rule: tcp,
    },
    Check {
        code: "instance.tls",
        title: "the certificate is valid",
        severity: CheckSeverity::Error,
        depends_on: &["instance.tcp"],
        reads: &[Read::Network, Read::Metadata],
        rule: tls,
    },
    Check {
        code: "instance.url",
        title: "the URL is GitLab's own",
        severity: CheckSeverity::Error,
        depends_on: &["instance.tls"],
        reads: &[Read::Metadata, Read::Token, Read::User],
        rule: url,
    },
    Check {
        code: "instance.api",
        title: "GitLab's API answers",
        severity: CheckSeverity::Error,
        depends_on: &["instance.tls"],
        reads: &[Read::Metadata],
        rule: api,
    },
    Check {
        code: "instance.version",
        title: "the version is supported",
        severity: CheckSeverity::Error,
        depends_on: &["instance.api"],
        reads: &[Read::Metadata, Read::License, Read::Token],
        rule: version,
    },
];

fn dns(context: &CheckContext<'_>) -> CheckOutcome {
    match known(&context.observed.network.addresses) {
        Err(outcome) => outcome,
        Ok(addresses) if addresses.is_empty() => CheckOutcome::unknown("the name has no address")
            .fix(Fix::say("make the name resolve on this machine, or correct the URL")),
        Ok(addresses) => {
            let reach = if addresses.iter().all(|address| AddressClass::of(*address).is_private()) {
                "private"
            } else {
                "public"
            };
            CheckOutcome::pass()
                .evidence("addresses", addresses)
                .evidence("reach", reach)
                .note(format!("{reach} address"))
        }
    }
}

fn tcp(context: &CheckContext<'_>) -> CheckOutcome {
    match known(&context.observed.network.connect) {
        Err(outcome) => outcome,
        Ok(time) => CheckOutcome::pass().evidence("connect_ms", milliseconds(*time)),
    }
}

fn tls(context: &CheckContext<'_>) -> CheckOutcome {
    let certificate = match &context.observed.network.tls {
        Observation::Failed(error) => return tls_failed(error),
        seen => match known(seen) {
            Err(outcome) => return outcome,
            Ok(certificate) => certificate,
        },
    };
    // What a server refuses, or signs with a key that is too weak, shows only when a request is made.
    if let Some(error) = context.observed.metadata.error().filter(|error| matches!(*error.cause, Cause::Tls(_))) {
        return tls_failed(error);
    }
    let days = days_between(context.observed.at, certificate.not_after);
    let renew = || Fix::say("renew GitLab's certificate");
    let outcome = if days < 0 {
        CheckOutcome::fail("the certificate has expired").fix(renew())
    } else if days < context.policy.expires_within {
        CheckOutcome::warn(format!("the certificate expires in {}", counted(days, "day"))).fix(renew())
    } else {
        CheckOutcome::pass()
    };
    outcome.evidence("issuer", &certificate.issuer).evidence("not_after", certificate.not_after)
}

/// A handshake that ended for a reason that may pass leaves it unknown; everything else is a failure.
fn tls_failed(error: &http::Error) -> CheckOutcome {
    let outcome = CheckOutcome::failed(error);
    match error.cause.as_ref() {
        Cause::Tls(problem) if problem.may_pass() => outcome.evidence("kind", problem.kind()),
        Cause::Tls(problem) => {
            CheckOutcome { cause: Some(problem.to_string()), ..outcome }.evidence("kind", problem.kind())
        }
        _ => outcome,
    }
}

/// Whole days from one time to another; negative if it has passed.
pub(super) fn days_between(from: jiff::Timestamp, to: jiff::Timestamp) -> i64 {
    (to.as_second() - from.as_second()).div_euclid(24 * 60 * 60)
}

fn url(context: &CheckContext<'_>) -> CheckOutcome {
    let given = context.desired.instance.as_str();
    let instance = &context.desired.instance;
    if let Some((error, to)) = redirect(context) {
        let outcome = CheckOutcome::fail(format!("GitLab redirects to {to}"))
            .evidence("given", given)
            .advised(error, about(context));
        return match http::base_of_gitlab(to) {
            Some(base) => outcome.evidence("own", base),
            None => outcome,
        };
    }
    match &context.observed.own_url {
        Observation::Known(Some(own)) => compare(instance, own).evidence("given", given).evidence("own", own),
        Observation::Known(None) => CheckOutcome::not_observable("GitLab's answers do not contain its own address"),
        Observation::Skipped(reason) => CheckOutcome::not_observable(*reason),
        Observation::Failed(_) if !has_api_answered(context) => CheckOutcome::blocked_by("instance.api"),
        Observation::Failed(_) if context.observed.token.known().is_none() => CheckOutcome::blocked_by("token.valid"),
        Observation::Failed(error) if error.status() == Some(403) && !is_fine_grained(context) => {
            CheckOutcome::blocked_by("token.scopes")
        }
        Observation::Failed(error) => CheckOutcome::failed(error),
    }
}

/// Where the first request to GitLab was redirected to.
fn redirect<'a>(context: &CheckContext<'a>) -> Option<(&'a http::Error, &'a Url)> {
    let error = context.observed.metadata.error()?;
    match error.cause.as_ref() {
        Cause::Redirected { to } => Some((error, to)),
        _ => None,
    }
}

fn about<'a>(context: &CheckContext<'a>) -> About<'a> {
    About::FirstContact(&context.desired.instance)
}

/// Compares as text, ignoring the case of scheme and host, and the scheme's default port.
fn compare(instance: &InstanceUrl, own: &str) -> CheckOutcome {
    let given = instance.as_str();
    let normalized = |text: &str| match Url::parse(text) {
        Ok(url) => url.as_str().trim_end_matches('/').to_owned(),
        Err(_) => text.trim_end_matches('/').to_owned(),
    };
    if normalized(given) == normalized(own) {
        CheckOutcome::pass()
    } else {
        CheckOutcome::fail(format!("GitLab's own URL is {own}; the given URL is {given}"))
            .fix(advice::own_url(instance, own))
    }
}

fn api(context: &CheckContext<'_>) -> CheckOutcome {
    let error = match &context.observed.metadata {
        Observation::Known(metadata) => return CheckOutcome::pass().evidence("version", &metadata.version_text),
        Observation::Skipped(reason) => return CheckOutcome::not_observable(*reason),
        Observation::Failed(error) => error,
    };
    match error.cause.as_ref() {
        Cause::Redirected { .. } => CheckOutcome::blocked_by("instance.url"),
        // GitLab itself refuses the token: the API answers, and token.valid judges the token.
        Cause::Status(answer) if matches!(answer.status, 401 | 403) && is_gitlabs(answer) => {
            CheckOutcome::pass().evidence("status", answer.status)
        }
        Cause::Status(answer) if answer.status == 404 => {
            CheckOutcome::fail("there is no GitLab API at this URL").advised(error, about(context))
        }
        Cause::UnexpectedPage { status, what } => {
            let outcome = if is_temporary(*status) {
                CheckOutcome::unknown(error.to_string())
            } else if is_page_of_gitlab(context, what) {
                CheckOutcome::fail("this is the address of a page of GitLab, not of GitLab itself")
            } else {
                CheckOutcome::fail(format!("GitLab's API does not answer at this URL; the answer is {what}"))
            };
            outcome.evidence("status", status).advised(error, about(context))
        }
        _ => CheckOutcome::failed(error),
    }
}

/// Whether the given address is that of a page: GitLab leads it to the sign-in page of another one.
fn is_page_of_gitlab(context: &CheckContext<'_>, what: &UnexpectedPage) -> bool {
    let given = context.desired.instance.as_str();
    matches!(what, UnexpectedPage::GitLabSignIn { base: Some(base) } if base.as_str().trim_end_matches('/') != given)
}

fn has_api_answered(context: &CheckContext<'_>) -> bool {
    api(context).status == super::CheckStatus::Pass
}

/// Whether a refusal has the form of GitLab's own.
fn is_gitlabs(answer: &http::ErrorResponse) -> bool {
    answer.message.is_some() || answer.error.is_some()
}

/// Whether the token has permissions and no scopes: then a refusal is not one of the scopes.
fn is_fine_grained(context: &CheckContext<'_>) -> bool {
    context.observed.token.known().is_some_and(|token| token.granular)
}

fn version(context: &CheckContext<'_>) -> CheckOutcome {
    let is_gitlab_com = context.policy.task == Task::VerifyCloud;
    let Some(metadata) = context.observed.metadata.known() else {
        if is_gitlab_com && is_fine_grained(context) {
            return CheckOutcome::not_observable(
                "GitLab shows its version to the fine-grained token of an administrator only",
            );
        }
        if let Some(error) = context.observed.metadata.error().filter(|_| is_fine_grained(context)) {
            return CheckOutcome::failed(error);
        }
        let is_valid = context.observed.token.known().is_some();
        return CheckOutcome::blocked_by(if is_valid { "token.scopes" } else { "token.valid" });
    };
    let plan = match &context.observed.license {
        _ if is_gitlab_com => None,
        Observation::Failed(_) => Some("plan unknown".to_owned()),
        Observation::Known(_) | Observation::Skipped(_) => Some(context.observed.plan().to_string()),
    };
    let outcome = if metadata.version < Version::OLDEST {
        CheckOutcome::fail(format!(
            "GitLab {} is older than {}, the oldest supported",
            metadata.version_text,
            Version::OLDEST
        ))
        .fix(Fix::say(format!("update GitLab to {} or newer", Version::OLDEST)))
    } else {
        let plan = plan.as_ref().map(|plan| format!(", {plan}")).unwrap_or_default();
        CheckOutcome::pass().note(format!("{} {}{plan}", metadata.version_text, metadata.edition))
    };
    let outcome = outcome.evidence("version", &metadata.version_text).evidence("edition", metadata.edition);
    match &plan {
        Some(plan) => outcome.evidence("plan", plan.strip_prefix("plan ").unwrap_or(plan)),
        // On GitLab.com each top-level group has a plan of its own.
        None => outcome,
    }
}
