//! The healthy connection of the checks' tests, as it is before the first run: desired, observed and recorded.

use crate::desired::*;
use crate::factory::{FactoryState, FactoryStatus};
use crate::gitlab::{Application, Hook};
use crate::journal::{BundleRecord, OwnApplication, Record, SecretState};
use crate::kit::{Handover, Upload};
use crate::observed::*;
use crate::target::{Strategy, Target};
use crate::testing::fixture::{self, Fixture, words};

pub(super) const REDIRECT: &str = "https://api.factory.example/callback";
pub(super) const ID: &str = "0123456789abcdef0123456789abcdef";

pub(super) fn desired() -> Desired {
    let mut desired = Fixture::healthy().desired;
    desired.application.scopes = words(&["api", "sudo"]);
    desired.application.origin = ApplicationOrigin::Auto { given: None, renew: false };
    desired.webhooks.signing_token = None;
    desired.delivery = BundleDelivery {
        network: None,
        recipients: words(&["age1factory"]),
        way: BundleRoute::Upload(Upload::to_factory(
            "https://api.factory.example/v1/bundles?signature=x".parse().expect("an address"),
        )),
    };
    desired
}

pub(super) fn observed() -> Observed {
    let mut observed = Fixture::healthy().observed;
    observed.at = fixture::at("2026-11-21T12:00:00Z");
    observed.applications = Observation::Known(Vec::new());
    observed.scopes_supported = Observation::Known(words(&["api", "sudo"]));
    observed.pair = Observation::Skipped("no secret is given");
    observed.hooks = hooks(Strategy::Group, vec![bare(group(1, "acme"))]);
    observed.factory.status = Observation::Known(status(FactoryState::Pending));
    observed
}

pub(super) fn status(state: FactoryState) -> FactoryStatus {
    FactoryStatus { state, detail: None }
}

pub(super) fn group(id: u64, path: &str) -> Target {
    Target::Group { id, path: path.into() }
}

pub(super) fn project(id: u64, path: &str) -> Target {
    Target::Project { id, path: path.into() }
}

pub(super) fn bare(target: Target) -> TargetSeen {
    TargetSeen { target, empty: false, hooks: Observation::Known(Vec::new()) }
}

/// The hooks on a target that concern the connection, as the observer keeps them.
pub(super) fn with_hooks(target: Target, hooks: Vec<Hook>) -> TargetSeen {
    let desired = desired();
    let rules = OwnerRules::new(&desired, None, None);
    let seen = |hook: Hook| {
        let owner = rules.owner(&target, &hook)?;
        Some(HookSeen { hook, owner, deliveries: Observation::Skipped("not needed here") })
    };
    let hooks = Observation::Known(hooks.into_iter().filter_map(seen).collect());
    TargetSeen { target, empty: false, hooks }
}

pub(super) fn right_hook(id: u64) -> Hook {
    right_hook_on(&group(1, "acme"), id)
}

pub(super) fn right_hook_on(target: &Target, id: u64) -> Hook {
    let mut hook = fixture::hook(&desired(), target.clone(), id).hook;
    hook.signing_token_present = Some(false);
    hook
}

pub(super) fn application(id: u64) -> Application {
    Application {
        id,
        application_id: ID.to_owned(),
        name: "Factory Integration".to_owned(),
        callback_url: REDIRECT.to_owned(),
        confidential: true,
        scopes: Some(words(&["api", "sudo"])),
    }
}

pub(super) fn sealed() -> BundleRecord {
    BundleRecord {
        sha256: "aa".to_owned(),
        application_id: ID.to_owned(),
        secret: String::new(),
        recipients: vec!["age1factory".to_owned()],
        handover: Some(Handover::Given),
        token_id: Some(4),
        proven: true,
        accepted: true,
        receipt: None,
        accepted_at: None,
        was_sent: false,
        written_to: None,
        token: None,
        on_disk: true,
    }
}

pub(super) fn finished_record() -> Record {
    Record {
        application: OwnApplication::Made { application_id: ID.to_owned() },
        secret: SecretState::Sealed,
        bundle: Some(sealed()),
        ..Record::default()
    }
}

pub(super) fn connected() -> Observed {
    let mut observed = observed();
    observed.applications = Observation::Known(vec![application(7)]);
    observed.hooks = hooks(Strategy::Group, vec![with_hooks(group(1, "acme"), vec![right_hook(5)])]);
    observed.factory.status = Observation::Known(status(FactoryState::Connected));
    observed
}

pub(super) fn hooks(strategy: Strategy, targets: Vec<TargetSeen>) -> Observation<HooksSeen> {
    Observation::Known(HooksSeen {
        strategy,
        targets,
        left_out: LeftOut::default(),
        split_groups: Vec::new(),
        unmatched_exclusions: Vec::new(),
        others: Vec::new(),
        others_read: OthersRead::All,
        at_factory: Vec::new(),
    })
}
