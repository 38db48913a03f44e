//! `factory.*`: Factory's side of the connection.

use super::outcome::{CheckContext, CheckOutcome, known};
use super::{Check, CheckSeverity, application};
use crate::advice::About;
use crate::desired::{BundleRoute, Desired};
use crate::error::Fix;
use crate::factory::FactoryState;
use crate::http;
use crate::observed::{BundleSeen, Observation, Read};
use crate::text::shell_word;

pub(super) const CHECKS: &[Check] = &[
    Check {
        code: "factory.reachable",
        title: "Factory's hosts answer",
        severity: CheckSeverity::Error,
        depends_on: &[],
        reads: &[Read::Factory],
        rule: reachable,
    },
    Check {
        code: "factory.bundle",
        title: "Factory has accepted the bundle",
        severity: CheckSeverity::Error,
        depends_on: &[],
        reads: &[Read::BundleRecord, Read::Factory],
        rule: bundle,
    },
    Check {
        code: "factory.status",
        title: "Factory says that it is connected",
        severity: CheckSeverity::Error,
        depends_on: &["factory.reachable"],
        reads: &[Read::Factory],
        rule: status,
    },
];

fn reachable(context: &CheckContext<'_>) -> CheckOutcome {
    let hosts = &context.observed.factory.hosts;
    let failed =
        hosts.iter().filter_map(|(host, seen)| Some((host, seen.error()?))).find(|(_, error)| !has_answered(error));
    if let Some((host, error)) = failed {
        return CheckOutcome::failed(error).advised(error, About::Factory).evidence("host", host);
    }
    let answering: Vec<&String> =
        hosts.iter().filter(|(_, seen)| !matches!(seen, Observation::Skipped(_))).map(|(host, _)| host).collect();
    if answering.is_empty() {
        return CheckOutcome::not_observable("the kit has no address of Factory that this machine uses");
    }
    CheckOutcome::pass().evidence("hosts", answering)
}

/// Whether the host itself answered, although not as requested.
fn has_answered(error: &http::Error) -> bool {
    error.status().is_some_and(|status| status < 500)
}

fn bundle(context: &CheckContext<'_>) -> CheckOutcome {
    match known(&context.observed.factory.bundle) {
        Err(outcome) => outcome,
        Ok(BundleSeen::Accepted { id, sha256 }) => CheckOutcome::pass().evidence("id", id).evidence("sha256", sha256),
        Ok(BundleSeen::Waiting | BundleSeen::Written { .. }) if !can_upload(context) => CheckOutcome::not_observable(
            "the sealed bundle goes to Factory by hand, and without an upload address its arrival cannot be seen",
        ),
        Ok(BundleSeen::Written { path }) => written(context, path),
        Ok(BundleSeen::Waiting) => {
            CheckOutcome::fail("a sealed bundle is waiting on this machine; Factory has not accepted it")
                .fix(Fix::connect("let connect send it", "factory-gitlab connect"))
        }
    }
}

/// A person delivers it. Factory's state tells whether it has a bundle, and not whether it has this one.
fn written(context: &CheckContext<'_>, path: &str) -> CheckOutcome {
    let state = context.observed.factory.status.known().map(|status| status.state);
    let outcome = match state {
        Some(FactoryState::Connected) => CheckOutcome::warn(format!(
            "the sealed bundle was written to {path}; Factory is connected, and whether with this bundle is not known here"
        )),
        _ => CheckOutcome::fail(format!(
            "the sealed bundle was written to {path}, and Factory has not confirmed that it has it"
        )),
    };
    outcome.fix(deliver(path))
}

fn deliver(path: &str) -> Fix {
    let command = format!("factory-gitlab bundle upload {}", shell_word(path));
    Fix::run("deliver the file, or send it from here, which may be done again", command)
}

/// Whether there is an address that Factory takes bundles at.
fn can_upload(context: &CheckContext<'_>) -> bool {
    let Desired { kit, delivery, .. } = context.desired;
    matches!(delivery.way, BundleRoute::Upload(_)) || kit.upload_url().is_some()
}

/// A kit from a file may name any address, and the key of Factory's API is sent to none of them unseen.
fn not_asked(context: &CheckContext<'_>) -> CheckOutcome {
    let fingerprint = context.desired.kit.fingerprint();
    CheckOutcome::unknown(
        "Factory was not asked: no run with this kit was approved here, and the kit was not fetched from that address, so \
         it does not get the key of Factory's API",
    )
    .evidence("kit", &fingerprint)
    .fix(Fix::rerun("if Factory confirms this fingerprint, name it", format!("--kit-fingerprint {fingerprint}")))
}

/// Waiting helps where Factory has everything; what this machine knows of the bundle tells.
fn pending_fix(context: &CheckContext<'_>) -> Fix {
    match &context.observed.factory.bundle {
        Observation::Known(BundleSeen::Waiting) => {
            Fix::connect("let connect send the bundle", "factory-gitlab connect")
        }
        Observation::Known(BundleSeen::Written { path }) => deliver(path),
        Observation::Failed(_) | Observation::Skipped(_) if application::is_missing(context) => {
            Fix::connect("connect first", "factory-gitlab connect")
        }
        Observation::Known(BundleSeen::Accepted { .. }) | Observation::Failed(_) | Observation::Skipped(_) => {
            Fix::run("wait for Factory to finish", "factory-gitlab verify --wait 10m")
        }
    }
}

fn status(context: &CheckContext<'_>) -> CheckOutcome {
    if context.observed.factory.key_withheld {
        return not_asked(context);
    }
    let status = match &context.observed.factory.status {
        Observation::Failed(error) => return CheckOutcome::failed(error).advised(error, About::Factory),
        seen => match known(seen) {
            Err(outcome) => return outcome,
            Ok(status) => status,
        },
    };
    let detail = status.detail.as_deref().map(|detail| format!(": {detail}")).unwrap_or_default();
    let outcome = match status.state {
        FactoryState::Connected => CheckOutcome::pass(),
        FactoryState::Pending => {
            CheckOutcome::warn(format!("Factory has not finished yet{detail}")).fix(pending_fix(context))
        }
        FactoryState::Failed => CheckOutcome::fail(format!("Factory could not connect{detail}"))
            .fix(Fix::connect("fix that and connect again", "factory-gitlab connect")),
    };
    outcome.evidence("status", status.state).evidence("detail", &status.detail)
}
