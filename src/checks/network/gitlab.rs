//! What GitLab itself decides: whether it sends webhooks to Factory's address, and whom it lets in.

use std::net::IpAddr;

use ipnet::IpNet;
use serde::Serialize;

use super::{AddressEvidence, Seen};
use crate::advice;
use crate::checks::outcome::CheckOutcome;
use crate::desired::{FactoryNetwork, WayOwner};
use crate::error::Fix;
use crate::gitlab::TestRefusal;
use crate::http::probe::DnsAnswers;
use crate::network::AddressClass;
use crate::network::outbound::{
    AllowedBy, Destination, OutboundDecision, OutboundDoubt, OutboundKey, OutboundRefusal, OutboundSettings,
    allowlist_entry, decide_without,
};
use crate::observed::ways::LiveSeen;
use crate::observed::{DeliveryProof, Observation};
use crate::target::Strategy;

const NO_KIT: &str = "no kit is given, so that Factory's addresses are not known";

/// As `firewall.md` says it.
const LEAVES_FROM: &str = "on the way, let pass where webhooks leave from: the nodes with Sidekiq, or NAT, which may have other \
                           addresses than GitLab's name";

/// `verify` follows the deliveries as long as they take.
const TEST_ALONE: &str = "factory-gitlab verify --live --only webhook.delivery";

/// The addresses of the webhook's host, by one source.
struct View {
    source: String,
    addresses: Vec<IpAddr>,
    decision: OutboundDecision,
}

#[derive(Serialize)]
struct ViewEvidence<'a> {
    source: &'a str,
    addresses: Vec<AddressEvidence>,
    decision: OutboundDecision,
}

pub(super) fn outbound(all: &Seen<'_>) -> CheckOutcome {
    let (Some(factory), Some(gitlab)) = (&all.ways.factory, &all.ways.gitlab) else {
        let reason = if all.ways.factory.is_none() { NO_KIT } else { "no URL of GitLab is given" };
        return CheckOutcome::not_observable(reason);
    };
    if let Some(outcome) = tested(all, factory) {
        return outcome;
    }
    let known = all.seen.gitlab.settings.known();
    let mut settings = known.map_or_else(unread_settings, |settings| settings.outbound.clone());
    if factory.strategy == Strategy::System {
        settings.allows_local = known.is_none_or(|settings| settings.system_hooks_go_local);
    }
    let missing = missing(all, factory);
    let settings = (settings, missing.as_slice());
    let views = views(all, factory, gitlab.url(), &settings);
    let evidence: Vec<ViewEvidence<'_>> = views
        .iter()
        .map(|view| ViewEvidence {
            source: &view.source,
            addresses: view.addresses.iter().map(|one| AddressEvidence::new(*one, "resolved")).collect(),
            decision: view.decision,
        })
        .collect();
    let entry = allowlist_entry(&factory.webhook);
    let worst = views.iter().max_by_key(|view| rank(view.decision));
    let outcome = match worst {
        None => {
            match (known.is_some(), view_of(factory, gitlab.url(), &settings)(String::new(), Vec::new()).decision) {
                (true, OutboundDecision::Allowed(by)) => CheckOutcome::pass().note(allowed_text(by)),
                _ => CheckOutcome::unknown("the addresses of the webhook's host are not known from here")
                    .fix(Fix::say("name a DNS server with --resolver, or run this where the name resolves")),
            }
        }
        Some(view) => judged(all, factory, view),
    };
    let outcome = outcome.evidence("views", evidence).evidence("allowlist_entry", &entry);
    match &all.seen.gitlab.settings {
        Observation::Known(settings) => outcome.evidence("settings", settings),
        Observation::Failed(_) | Observation::Skipped(_) => outcome,
    }
}

/// GitLab's defaults, with an allowlist that is not known.
fn unread_settings() -> OutboundSettings {
    OutboundSettings { allowlist: None, ..OutboundSettings::default() }
}

/// The settings that GitLab's answer lacks, as far as they are about this kind of webhook.
fn missing(all: &Seen<'_>, factory: &FactoryNetwork) -> Vec<OutboundKey> {
    let others = match factory.strategy {
        Strategy::System => OutboundKey::AllowsLocal,
        _ => OutboundKey::SystemHooksGoLocal,
    };
    let settings = all.seen.gitlab.settings.known();
    settings.into_iter().flat_map(|settings| &settings.missing).copied().filter(|key| *key != others).collect()
}

const fn rank(decision: OutboundDecision) -> u8 {
    match decision {
        OutboundDecision::Allowed(_) => 0,
        OutboundDecision::Unknown(_) => 1,
        OutboundDecision::Refused(OutboundRefusal::Unresolved) => 2,
        OutboundDecision::Refused(_) => 3,
    }
}

/// Makes a view of these addresses, with GitLab's decision.
fn view_of<'a>(
    factory: &'a FactoryNetwork,
    gitlab: &'a url::Url,
    settings: &'a (OutboundSettings, &'a [OutboundKey]),
) -> impl Fn(String, Vec<IpAddr>) -> View + 'a {
    // The addresses of the GitLab host's own interfaces are not known: what its name has may be a load balancer's.
    move |source, addresses| {
        let to = Destination { url: &factory.webhook, addresses: &addresses, gitlab: Some(gitlab), own_addresses: &[] };
        let decision = decide_without(&to, &settings.0, settings.1);
        View { source, addresses, decision }
    }
}

/// As it resolves here, at each given resolver, and as the kit plans it.
fn views(
    all: &Seen<'_>,
    factory: &FactoryNetwork,
    gitlab: &url::Url,
    settings: &(OutboundSettings, &[OutboundKey]),
) -> Vec<View> {
    let way = all.ways.webhook().and_then(|target| all.seen.way(&target));
    let view = view_of(factory, gitlab, settings);
    let here = way.and_then(|way| way.addresses.known()).map(|found| view("here".to_owned(), found.clone()));
    let resolvers = way.into_iter().flat_map(|way| &way.answers).filter_map(|given| {
        let addresses: Vec<IpAddr> = given.answers.iter().flat_map(DnsAnswers::addresses).collect();
        (!addresses.is_empty()).then(|| view(format!("at {}", given.resolver), addresses))
    });
    let planned: Vec<IpAddr> =
        factory.webhook_cidrs.iter().filter_map(|block| Some(block.parse::<IpNet>().ok()?.addr())).collect();
    let planned = (!planned.is_empty()).then(|| view("as the kit plans it".to_owned(), planned));
    here.into_iter().chain(resolvers).chain(planned).collect()
}

fn judged(all: &Seen<'_>, factory: &FactoryNetwork, view: &View) -> CheckOutcome {
    let host = factory.webhook.host_str().unwrap_or_default();
    let seen = format!("{host} is {} {}", listed(&view.addresses), view.source);
    let why_unread = match &all.seen.gitlab.settings {
        Observation::Known(_) => None,
        Observation::Failed(error) => Some(error.to_string()),
        Observation::Skipped(reason) => Some((*reason).to_owned()),
    };
    match (view.decision, why_unread) {
        (OutboundDecision::Allowed(by), None) if is_private(view) => {
            CheckOutcome::pass().note(format!("{}; {LEAVES_FROM}", allowed_text(by)))
        }
        (OutboundDecision::Allowed(by), None) => CheckOutcome::pass().note(allowed_text(by)),
        (OutboundDecision::Allowed(_), Some(why)) => {
            let text = format!("no rule of GitLab's defaults is against it; its settings were not read: {why}");
            match &all.seen.gitlab.settings {
                Observation::Skipped(_) => CheckOutcome::not_observable(text),
                _ => CheckOutcome::unknown(text).fix(see_settings(all)),
            }
        }
        (OutboundDecision::Refused(refusal), None) => {
            CheckOutcome::fail(format!("GitLab will refuse the webhook: {} ({seen})", refusal.text()))
                .fix(allow(all, factory, refusal))
        }
        (OutboundDecision::Refused(refusal) | OutboundDecision::Unknown(OutboundDoubt::Allowlist(refusal)), why) => {
            let why = why.unwrap_or_else(|| "this version's settings have no allowlist".to_owned());
            CheckOutcome::unknown(format!(
                "by default GitLab refuses the webhook: {} ({seen}); whether it is allowed here is not known: {why}",
                refusal.text()
            ))
            .fix(allow(all, factory, refusal))
        }
        (OutboundDecision::Unknown(OutboundDoubt::Settings), _) => {
            let names: Vec<&str> = missing(all, factory).into_iter().map(OutboundKey::name).collect();
            CheckOutcome::unknown(format!(
                "whether GitLab refuses the webhook is not known: its answer does not have {} ({seen})",
                names.join(", ")
            ))
            .fix(see_settings(all))
        }
        (OutboundDecision::Unknown(OutboundDoubt::FirstAddress(refusal)), _) => CheckOutcome::warn(format!(
            "the allowlist has only some of the addresses of {host}, and GitLab takes the first that it is given: it will \
             refuse now and then: {}",
            refusal.text()
        ))
        .fix(allow(all, factory, refusal)),
    }
}

/// Whether routes and firewalls on a private way have to know where it comes from.
fn is_private(view: &View) -> bool {
    let class = |address: &IpAddr| AddressClass::of(*address);
    view.addresses.iter().any(|address| class(address).is_private() && class(address) != AddressClass::Loopback)
}

fn listed(addresses: &[IpAddr]) -> String {
    match addresses {
        [] => "without an address".to_owned(),
        some => super::dns::listed(some.iter().copied()),
    }
}

const fn allowed_text(by: AllowedBy) -> &'static str {
    match by {
        AllowedBy::NoRule => "no rule is against it",
        AllowedBy::DomainEntry => "its name is on the allowlist",
        AllowedBy::AddressEntry => "its address is on the allowlist",
        AllowedBy::OwnUrl => "it is GitLab's own URL",
        AllowedBy::LocalRequests => "requests to the local network are allowed",
        AllowedBy::NoResolution => "names need not resolve on the GitLab server",
    }
}

fn see_settings(all: &Seen<'_>) -> Fix {
    let text = "give the token of an administrator, which may read the settings, or look at them";
    match &all.ways.gitlab {
        Some(gitlab) => Fix::open(text, advice::outbound_requests(gitlab)),
        None => Fix::say(text),
    }
}

/// What lets the webhook through, with the page.
fn allow(all: &Seen<'_>, factory: &FactoryNetwork, refusal: OutboundRefusal) -> Fix {
    let Some(gitlab) = &all.ways.gitlab else { return Fix::say("let GitLab send the webhook") };
    advice::allow_outbound(refusal, &factory.webhook, gitlab)
}

/// What GitLab's own test says, where one was sent.
fn tested(all: &Seen<'_>, factory: &FactoryNetwork) -> Option<CheckOutcome> {
    let gitlab = all.ways.gitlab.as_ref()?;
    let proofs = match &all.seen.live {
        LiveSeen::NotWanted => return None,
        LiveSeen::TimeOver => {
            let cause = "GitLab's own test was not over when the time of the run was";
            return Some(CheckOutcome::unknown(cause).fix(Fix::run("test it without that limit", TEST_ALONE)));
        }
        LiveSeen::Tests(Observation::Known(proofs)) => proofs,
        LiveSeen::Tests(Observation::Failed(error)) => return Some(CheckOutcome::failed(error)),
        LiveSeen::Tests(Observation::Skipped(_)) => return None,
    };
    let sent = |proof: &&DeliveryProof| !proof.lacks_sample();
    let blocked = proofs.iter().find_map(|proof| match &proof.refusal {
        Some(TestRefusal::UrlBlocked { said } | TestRefusal::Unresolved { said }) => Some((said, proof)),
        Some(
            TestRefusal::SilentMode
            | TestRefusal::NotPermitted
            | TestRefusal::NoSample { .. }
            | TestRefusal::NotAvailable { .. }
            | TestRefusal::Failed { .. },
        )
        | None => None,
    });
    if let Some((said, _)) = blocked {
        let refusal = OutboundRefusal::in_text(said);
        let fix = refusal.map(|refusal| advice::allow_outbound(refusal, &factory.webhook, gitlab));
        let outcome = CheckOutcome::fail(format!("GitLab refused its own test: {said}")).evidence("refusal", refusal);
        let fix =
            fix.unwrap_or_else(|| Fix::open("let webhooks reach Factory's address", advice::outbound_requests(gitlab)));
        return Some(outcome.fix(fix).evidence("deliveries", proofs));
    }
    let failed = proofs.iter().filter(sent).find(|proof| proof.has_failed());
    if let Some((cause, fix)) = failed.and_then(|proof| advice::unproven(proof, &factory.webhook, gitlab)) {
        return Some(CheckOutcome::fail(cause).fix(fix).evidence("deliveries", proofs));
    }
    let is_proven = proofs.iter().filter(sent).any(DeliveryProof::is_proven);
    is_proven.then(|| CheckOutcome::pass().note("GitLab's own test was sent").evidence("deliveries", proofs))
}

pub(super) fn inbound(all: &Seen<'_>) -> CheckOutcome {
    let private: Vec<IpAddr> = all
        .seen
        .of(WayOwner::GitLab)
        .flat_map(|way| way.addresses.known().into_iter().flatten().copied())
        .filter(|address| AddressClass::of(*address).is_private())
        .collect();
    let closed = restricted(all);
    let outcome = match (&closed, &all.seen.gitlab.restrictions) {
        (Some((groups, missing)), _) if !groups.is_empty() => CheckOutcome::fail(format!(
            "{} not let in by {}: the group restricts access by IP address",
            missing.join(", "),
            groups.join(", ")
        ))
        .fix(add_ranges(all, &groups[0])),
        (_, Observation::Failed(error)) => CheckOutcome::failed(error),
        _ if private.iter().any(|address| AddressClass::of(*address) != AddressClass::Loopback) => CheckOutcome::warn(
            format!("GitLab's address is {}: Factory reaches it through a VPC peering or a VPN only", listed(&private)),
        )
        .fix(Fix::run("plan that way, if there is none yet", "factory-gitlab network plan --out network")),
        _ => CheckOutcome::not_observable("whether Factory reaches GitLab cannot be seen from here"),
    };
    outcome.evidence("private_addresses", private)
}

/// The groups that do not let in all blocks that Factory comes from, and these blocks.
fn restricted(all: &Seen<'_>) -> Option<(Vec<String>, Vec<String>)> {
    let restrictions = all.seen.gitlab.restrictions.known()?;
    let everywhere = all.seen.gitlab.settings.known().map(|settings| settings.globally_allowed.as_slice());
    let everywhere = blocks(everywhere.unwrap_or_default());
    let egress = blocks(&all.ways.factory.as_ref()?.egress_cidrs);
    let (mut groups, mut missing) = (Vec::new(), Vec::new());
    for restriction in restrictions {
        let mut let_in = blocks(&restriction.ranges);
        let_in.extend(everywhere.iter().copied());
        // Two halves that are let in are a whole.
        let let_in = IpNet::aggregate(&let_in);
        let out: Vec<&IpNet> =
            egress.iter().filter(|block| !let_in.iter().any(|range| range.contains(*block))).collect();
        if !out.is_empty() {
            groups.push(restriction.group.clone());
            missing.extend(
                out.iter().map(ToString::to_string).filter(|block| !missing.contains(block)).collect::<Vec<_>>(),
            );
        }
    }
    Some((groups, missing))
}

/// Blocks and single addresses.
fn blocks(texts: &[String]) -> Vec<IpNet> {
    let read = |text: &String| text.parse::<IpNet>().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from));
    texts.iter().filter_map(read).collect()
}

fn add_ranges(all: &Seen<'_>, group: &str) -> Fix {
    let text = format!(
        "add Factory's addresses to the group's settings (Permissions, restrict access by IP address): {group}"
    );
    match &all.ways.gitlab {
        Some(gitlab) => Fix::open(text, gitlab.page(&format!("/groups/{group}/-/edit#js-permissions-settings"))),
        None => Fix::say(text),
    }
}
