//! Whether events arrive: test deliveries, and what the delivery log says of recent ones.

use super::{EXAMPLES, Ours, all_ours, seen};
use crate::checks::ruling::{Case, Ruling, known};
use crate::error::Fix;
use crate::gitlab::{DeliveryOutcome, LoggedDelivery, TestRefusal};
use crate::http;
use crate::observed::{DeliveryProof, Fact, Observation};

const NETWORK_PAGE: &str = "/admin/application_settings/network";

pub(crate) fn live(case: &Case<'_>) -> Ruling {
    let proofs = match known(&case.observed.factory.proofs) {
        Err(ruling) => return ruling,
        Ok(proofs) => proofs,
    };
    if proofs.is_empty() {
        return match seen(case) {
            Ok(hooks) if !hooks.targets.is_empty() => Ruling::depends("webhook.coverage"),
            Ok(_) => Ruling::unseen("there is no hook to test"),
            Err(ruling) => ruling,
        };
    }
    let facts = |proof: &DeliveryProof| [proof.test.clone(), proof.log.clone(), proof.receipt.clone()];
    let all: Vec<Fact> = proofs.iter().flat_map(facts).collect();
    let first = |wanted: fn(&Fact) -> Option<&String>| all.iter().find_map(wanted).cloned();
    let failed = first(|fact| if let Fact::Fails(seen) = fact { Some(seen) } else { None });
    let unknown = first(|fact| if let Fact::Unknown(seen) = fact { Some(seen) } else { None });
    let unproven = proofs.iter().find(|proof| !facts(proof).iter().any(|fact| matches!(fact, Fact::Holds(_))));
    let ruling = match (failed, unknown, unproven) {
        (Some(seen), ..) => {
            let failed = proofs.iter().find(|proof| facts(proof).iter().any(|fact| matches!(fact, Fact::Fails(_))));
            Ruling::fail(seen).fix(failed_fix(case, failed.and_then(|proof| proof.refusal.as_ref())))
        }
        (None, Some(seen), _) => Ruling::unknown(seen),
        (None, None, Some(proof)) => Ruling::unknown(format!(
            "nothing tells whether the test of {} arrived: the kit has no receipts_url",
            proof.target
        )),
        (None, None, None) => Ruling::pass().note(format!("{} tested", proofs.len())),
    };
    ruling.saw("deliveries", proofs)
}

/// The usual reasons, with the page where each is fixed.
fn failed_fix(case: &Case<'_>, refusal: Option<&TestRefusal>) -> Fix {
    match refusal {
        Some(TestRefusal::UrlBlocked { .. }) => {
            Fix::open("let webhooks reach Factory's address (outbound requests)", case.page(NETWORK_PAGE))
        }
        Some(TestRefusal::SilentMode) => Fix::open("end Silent Mode", case.page("/admin/application_settings/general")),
        Some(TestRefusal::NoSample { .. } | TestRefusal::NotAvailable { .. } | TestRefusal::Failed { .. }) | None => {
            Fix::run(
                "see that GitLab reaches the webhook's host, and that the token is the kit's",
                "factory-gitlab connect",
            )
        }
    }
}

/// The newest first.
fn failures(deliveries: &[LoggedDelivery]) -> impl Iterator<Item = (usize, &LoggedDelivery)> {
    deliveries.iter().enumerate().filter(|(_, delivery)| !is_good(delivery.outcome))
}

/// GitLab counts 2xx and 3xx as delivered. gitlab: app/models/concerns/web_hooks/auto_disabling.rb
const fn is_good(outcome: DeliveryOutcome) -> bool {
    matches!(outcome, DeliveryOutcome::Answered(200..=399))
}

fn described(outcome: DeliveryOutcome) -> String {
    match outcome {
        DeliveryOutcome::Answered(status) => format!("answered {status}"),
        DeliveryOutcome::NoAnswer => "no answer (time-out, DNS, TLS, or an address that GitLab blocks)".to_owned(),
    }
}

/// What the logs of all hooks came to.
#[derive(Default)]
struct Recent<'a> {
    read: usize,
    entries: usize,
    now_failing: Vec<(Ours<'a>, &'a LoggedDelivery)>,
    failed_before: usize,
    unread: Option<&'a http::Error>,
    not_asked: Option<&'static str>,
}

fn collect<'a>(ours: &[Ours<'a>]) -> Recent<'a> {
    let mut recent = Recent::default();
    for one in ours {
        match &one.seen.deliveries {
            Observation::Failed(error) => recent.unread = recent.unread.or(Some(error)),
            Observation::Skipped(reason) => recent.not_asked = recent.not_asked.or(Some(*reason)),
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

pub(crate) fn recent(case: &Case<'_>) -> Ruling {
    let ours = match all_ours(case) {
        Err(ruling) => return ruling,
        Ok(ours) => ours,
    };
    let recent = collect(&ours);
    let ruling = if let Some((one, delivery)) = recent.now_failing.first() {
        failing(case, &recent, *one, delivery)
    } else if let Some(error) = recent.unread {
        Ruling::failed(error)
    } else if recent.read == 0 {
        return Ruling::unseen(recent.not_asked.unwrap_or("no delivery log was read"));
    } else if recent.failed_before > 0 {
        Ruling::warn(format!(
            "{} of {} recent deliveries failed, the newest did not",
            recent.failed_before, recent.entries
        ))
        .fix(Fix::open("look at the recent deliveries", page_of(case, &ours)))
    } else if recent.entries == 0 {
        return Ruling::unseen("no delivery in the last 7 days is logged; --live makes one");
    } else {
        let deliveries = if recent.entries == 1 { "delivery" } else { "deliveries" };
        // Of many hooks the logs of some are read: what is told of them is not told of all.
        let of = match ours.len() {
            hooks if hooks > recent.read => format!(", in the logs of {} of {hooks} hooks", recent.read),
            _ => String::new(),
        };
        Ruling::pass().note(format!("{} {deliveries}{of}", recent.entries))
    };
    ruling.saw("deliveries", recent.entries).saw("logs", recent.read).saw("failed_before", recent.failed_before)
}

fn page_of(case: &Case<'_>, ours: &[Ours<'_>]) -> String {
    let failed = |one: &&Ours<'_>| one.seen.deliveries.known().is_some_and(|all| failures(all).next().is_some());
    let page = ours.iter().find(failed).or(ours.first()).map_or_else(String::new, |one| one.target.page());
    case.page(&page)
}

fn failing(case: &Case<'_>, recent: &Recent<'_>, one: Ours<'_>, delivery: &LoggedDelivery) -> Ruling {
    let places: Vec<String> = recent
        .now_failing
        .iter()
        .take(EXAMPLES)
        .map(|(one, delivery)| format!("{}: {}", one.target, described(delivery.outcome)))
        .collect();
    let (text, url) = match delivery.outcome {
        DeliveryOutcome::Answered(401 | 403) => ("set the kit's secret token again", one.target.page()),
        DeliveryOutcome::Answered(_) => ("look at the delivery and at Factory's status", one.target.page()),
        DeliveryOutcome::NoAnswer => {
            ("let GitLab reach Factory: firewall and outbound requests", NETWORK_PAGE.to_owned())
        }
    };
    Ruling::fail(format!(
        "the newest delivery of {} of {} hooks failed: {}",
        recent.now_failing.len(),
        recent.read,
        places[0]
    ))
    .saw("failing", places)
    .fix(Fix::run(text, "factory-gitlab verify --live").at(case.page(&url)))
}
