//! Whether events arrive: test deliveries, and what the delivery log says of recent ones.

use super::hooks::is_token_refused;
use super::{EXAMPLES, OwnHook, observed_hooks, own_hooks};
use crate::advice;
use crate::checks::outcome::{CheckContext, CheckOutcome, known};
use crate::desired::Desired;
use crate::error::Fix;
use crate::gitlab::{DeliveryOutcome, LoggedDelivery};
use crate::http;
use crate::observed::{DeliveryProof, Fact, Observation};
use crate::text::and_more;

pub(crate) fn live(context: &CheckContext<'_>) -> CheckOutcome {
    let proofs = match known(&context.observed.factory.proofs) {
        Err(outcome) => return outcome,
        Ok(proofs) => proofs,
    };
    if proofs.is_empty() {
        return match observed_hooks(context) {
            Ok(hooks) if !hooks.targets.is_empty() => CheckOutcome::blocked_by("webhook.coverage"),
            Ok(_) => CheckOutcome::not_observable("there is no hook to test"),
            Err(outcome) => outcome,
        };
    }
    if let Some(proof) = proofs.iter().find(|proof| proof.lacks_sample())
        && proofs.iter().all(DeliveryProof::lacks_sample)
    {
        return no_sample(proof).evidence("deliveries", proofs);
    }
    let Desired { webhooks, instance, .. } = context.desired;
    let first = |is_it: fn(&DeliveryProof) -> bool| {
        let proof = proofs.iter().find(|proof| is_it(proof))?;
        advice::unproven(proof, &webhooks.url, instance)
    };
    let (failed, unknown) = (first(DeliveryProof::has_failed), first(DeliveryProof::is_unknown));
    let has_sample = |proof: &&DeliveryProof| !proof.lacks_sample();
    let nothing_holds = |proof: &&DeliveryProof| !proof.facts().iter().any(|fact| matches!(fact, Fact::Holds(_)));
    let unproven = proofs.iter().filter(has_sample).find(nothing_holds);
    let outcome = match (failed, unknown, unproven) {
        (Some((cause, fix)), ..) => CheckOutcome::fail(cause).fix(fix),
        (None, Some((cause, fix)), _) => CheckOutcome::unknown(cause).fix(fix),
        (None, None, Some(proof)) => CheckOutcome::unknown(format!(
            "it is not known whether the test of {} arrived: the kit has no receipts_url",
            proof.target
        )),
        (None, None, None) => CheckOutcome::pass().note(format!("{} tested", proofs.len())),
    };
    outcome.evidence("deliveries", proofs)
}

/// No failure of the connection: a first commit makes a test possible.
fn no_sample(proof: &DeliveryProof) -> CheckOutcome {
    let test = match &proof.test {
        Fact::NotObservable(seen) | Fact::Unknown(seen) | Fact::Fails(seen) | Fact::Holds(seen) => seen.clone(),
    };
    CheckOutcome::not_observable(test)
        .fix(Fix::run("push a first commit, then test again", "factory-gitlab verify --live"))
}

/// The newest first.
fn failures(deliveries: &[LoggedDelivery]) -> impl Iterator<Item = (usize, &LoggedDelivery)> {
    deliveries.iter().enumerate().filter(|(_, delivery)| !delivery.outcome.is_delivered())
}

fn described(outcome: DeliveryOutcome) -> String {
    match outcome {
        DeliveryOutcome::Answered(status) => format!("answered {status}"),
        DeliveryOutcome::NoAnswer => "no answer (time-out, DNS, TLS, or an address that GitLab blocks)".to_owned(),
    }
}

/// A summary of the logs of all hooks.
#[derive(Default)]
struct Recent<'a> {
    read: usize,
    entries: usize,
    now_failing: Vec<(OwnHook<'a>, &'a LoggedDelivery)>,
    failed_before: usize,
    unread: Option<&'a http::Error>,
    skipped: Option<&'static str>,
}

fn collect<'a>(ours: &[OwnHook<'a>]) -> Recent<'a> {
    let mut recent = Recent::default();
    for one in ours {
        match &one.seen.deliveries {
            Observation::Failed(error) => recent.unread = recent.unread.or(Some(error)),
            Observation::Skipped(reason) => recent.skipped = recent.skipped.or(Some(*reason)),
            Observation::Known(deliveries) => {
                recent.read += 1;
                recent.entries += deliveries.len();
                for (place, delivery) in failures(deliveries) {
                    if place == 0 {
                        recent.now_failing.push((*one, delivery));
                    } else {
                        recent.failed_before += 1;
                    }
                }
            }
        }
    }
    recent
}

pub(crate) fn recent(context: &CheckContext<'_>) -> CheckOutcome {
    let ours = match own_hooks(context) {
        Err(outcome) => return outcome,
        Ok(ours) => ours,
    };
    let recent = collect(&ours);
    let outcome = if let Some((one, delivery)) = recent.now_failing.first() {
        failing(context, &recent, *one, delivery)
    } else if let Some(error) = recent.unread {
        CheckOutcome::failed(error)
    } else if recent.read == 0 {
        return CheckOutcome::not_observable(recent.skipped.unwrap_or("no delivery log was read"));
    } else if recent.failed_before > 0 {
        CheckOutcome::warn(format!(
            "{} of {} recent deliveries failed, the newest did not",
            recent.failed_before, recent.entries
        ))
        .affecting(ours.iter().filter(|one| has_failures(one)).map(OwnHook::affected))
        .fix(Fix::open("look at the recent deliveries", page_of(context, &ours)))
    } else if recent.entries == 0 {
        return CheckOutcome::not_observable("no delivery was logged in the last 7 days; --live sends one");
    } else {
        let deliveries = if recent.entries == 1 { "delivery" } else { "deliveries" };
        // The logs of only some hooks may have been read; the note says of how many.
        let of = match ours.len() {
            hooks if hooks > recent.read => format!(", in the logs of {} of {hooks} hooks", recent.read),
            _ => String::new(),
        };
        CheckOutcome::pass().note(format!("{} {deliveries}{of}", recent.entries))
    };
    outcome
        .evidence("deliveries", recent.entries)
        .evidence("logs", recent.read)
        .evidence("failed_before", recent.failed_before)
}

fn has_failures(one: &OwnHook<'_>) -> bool {
    one.seen.deliveries.known().is_some_and(|all| failures(all).next().is_some())
}

fn page_of(context: &CheckContext<'_>, ours: &[OwnHook<'_>]) -> String {
    let page =
        ours.iter().find(|one| has_failures(one)).or(ours.first()).map_or_else(String::new, |one| one.target.page());
    context.page(&page)
}

fn failing(
    context: &CheckContext<'_>,
    recent: &Recent<'_>,
    one: OwnHook<'_>,
    delivery: &LoggedDelivery,
) -> CheckOutcome {
    let places: Vec<String> = recent
        .now_failing
        .iter()
        .take(EXAMPLES)
        .map(|(one, delivery)| format!("{}: {}", one.target, described(delivery.outcome)))
        .collect();
    let (text, url) = match delivery.outcome {
        DeliveryOutcome::Answered(_) => {
            ("look at the delivery and at Factory's status", context.page(&one.target.page()))
        }
        DeliveryOutcome::NoAnswer => {
            let page = advice::outbound_requests(&context.desired.instance);
            ("let GitLab reach Factory: its DNS, firewall and outbound requests", page)
        }
    };
    let fix = match is_token_refused(one.seen) {
        true => advice::reset_token(),
        false => Fix::run(text, "factory-gitlab verify --live").at(url),
    };
    CheckOutcome::fail(format!(
        "the newest delivery of {} of {} hooks failed: {}{}",
        recent.now_failing.len(),
        recent.read,
        places[0],
        and_more(recent.now_failing.len())
    ))
    .evidence("failing", places)
    .affecting(recent.now_failing.iter().map(|(one, _)| one.affected()))
    .fix(fix)
}
