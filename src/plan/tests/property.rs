//! Whatever the initial state is: once a plan is carried out, nothing is left to plan.

use proptest::prelude::{Just, any, prop, prop_assert, prop_oneof, proptest};
use proptest::strategy::Strategy as Generator;

use super::setup::*;
use super::*;
use crate::observed::{HookOwner, HookSeen, TargetSeen};

/// How a hook may be found: ours or foreign, right or wrong in some way.
#[derive(Clone, Debug)]
struct FoundHook {
    marked: bool,
    right_events: bool,
    tls: bool,
    same_url: bool,
    token_present: Option<bool>,
    alert_status: AlertStatus,
}

fn found() -> impl Generator<Value = FoundHook> {
    let status = prop_oneof![
        Just(AlertStatus::Executable),
        Just(AlertStatus::Disabled),
        Just(AlertStatus::TemporarilyDisabled),
        Just(AlertStatus::Unknown)
    ];
    let present = prop_oneof![Just(None), Just(Some(true)), Just(Some(false))];
    (any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>(), present, status).prop_map(
        |(marked, right_events, tls, same_url, token_present, alert_status)| FoundHook {
            marked,
            right_events,
            tls,
            same_url,
            token_present,
            alert_status,
        },
    )
}

fn hook_as(found: &FoundHook, target: &Target, id: u64) -> Hook {
    let mut hook = right_hook_on(target, id);
    if !found.marked {
        (hook.description, hook.mark) = (None, None);
    }
    if !found.right_events {
        hook.events = vec![Event::Job];
    }
    if !found.same_url && found.marked {
        hook.url = "https://old.example/".to_owned();
    }
    hook.enable_ssl_verification = found.tls;
    hook.token_present = found.token_present;
    hook.alert_status = found.alert_status;
    hook
}

/// Which application exists, and what the record says about it.
#[derive(Clone, Copy, Debug)]
enum Applications {
    None,
    Ours,
    OursUnsealed,
    MayBeOurs,
}

fn applications() -> impl Generator<Value = Applications> {
    prop_oneof![
        Just(Applications::None),
        Just(Applications::Ours),
        Just(Applications::OursUnsealed),
        Just(Applications::MayBeOurs)
    ]
}

fn start(which: Applications, hooks_found: &[Vec<FoundHook>]) -> (Observed, Record) {
    let mut observed = observed();
    let mut record = Record::default();
    let there = Observation::Known(vec![application(7)]);
    match which {
        Applications::None => {}
        Applications::Ours => (observed.applications, record) = (there, finished_record()),
        Applications::OursUnsealed => {
            (observed.applications, record) = (there, finished_record());
            (record.secret, record.bundle) = (SecretState::Lost, None);
        }
        Applications::MayBeOurs => {
            observed.applications = there;
            (record.application, record.secret) = (OwnApplication::MayHaveMade, SecretState::Lost);
        }
    }
    let targets = hooks_found.iter().zip(1..).map(|(found, id)| {
        let target = group(id, &format!("g{id}"));
        let hooks = found.iter().zip(10 * id..).map(|(found, id)| hook_as(found, &target, id)).collect();
        with_hooks(target, hooks)
    });
    observed.hooks = hooks(Strategy::Group, targets.collect());
    (observed, record)
}

/// GitLab, Factory and the journal, as far as a plan changes them.
fn carry_out(steps: &[Step], observed: &mut Observed, record: &mut Record) {
    for step in steps {
        match step {
            Step::Application(step) => carry_out_application(step, observed, record),
            Step::Bundle(BundleStep::Seal { .. }) => {
                record.secret = SecretState::Sealed;
                record.bundle = Some(BundleRecord { accepted: false, ..sealed() });
            }
            Step::Bundle(BundleStep::Upload { .. }) => record.bundle = Some(sealed()),
            Step::Bundle(BundleStep::SealToken { .. }) => unreachable!("the token that Factory has is valid: {step}"),
            Step::Hook(step) => carry_out_hook(step, observed),
            Step::Delivery(DeliveryStep::Test { target, event: _ }) => {
                // Ours is tested, a foreign one is not.
                for hook in hooks_of(observed, target).iter_mut().filter(|seen| seen.hook.mark.is_some()) {
                    hook.hook.alert_status = AlertStatus::Executable;
                }
            }
            Step::Bundle(BundleStep::SealApplication { .. } | BundleStep::ProveUpload { .. }) => {
                unreachable!("connect renews no secret alone: {step}")
            }
            Step::Delivery(DeliveryStep::RotateToken { .. }) => unreachable!("connect tests kinds: {step}"),
            Step::Factory(_) | Step::Local(_) | Step::Exercise(_) => unreachable!("connect ends nothing: {step}"),
            Step::Kit(_) | Step::Token(_) | Step::Bundle(BundleStep::Write { .. }) => {}
        }
    }
}

fn carry_out_application(step: &ApplicationStep, observed: &mut Observed, record: &mut Record) {
    match step {
        ApplicationStep::Create { .. } => {
            observed.applications = Observation::Known(vec![application(8)]);
            record.application = OwnApplication::Made { application_id: ID.to_owned() };
        }
        ApplicationStep::Delete { .. } => observed.applications = Observation::Known(Vec::new()),
        ApplicationStep::RenewSecret { .. } => {
            record.application = OwnApplication::Made { application_id: ID.to_owned() };
        }
        ApplicationStep::ProvePair => {}
    }
}

fn carry_out_hook(step: &HookStep, observed: &mut Observed) {
    match step {
        HookStep::Create { target } => hooks_of(observed, target).push(seen(right_hook_on(target, 99))),
        HookStep::Edit { target, id, .. } => {
            for hook in hooks_of(observed, target).iter_mut().filter(|seen| seen.hook.id == *id) {
                let alert_status = hook.hook.alert_status;
                hook.hook = right_hook_on(target, *id);
                hook.owner = HookOwner::Ours;
                hook.hook.alert_status = alert_status;
            }
        }
        HookStep::Delete { target, id, reason: _ } => hooks_of(observed, target).retain(|seen| seen.hook.id != *id),
    }
}

fn seen(hook: Hook) -> HookSeen {
    HookSeen { hook, owner: HookOwner::Ours, deliveries: Observation::Skipped("not needed here") }
}

fn hooks_of<'o>(observed: &'o mut Observed, wanted: &Target) -> &'o mut Vec<HookSeen> {
    let Observation::Known(all) = &mut observed.hooks else { panic!("the hooks are known") };
    let target: &mut TargetSeen =
        all.targets.iter_mut().find(|seen| seen.target == *wanted).expect("a target of the plan");
    let Observation::Known(hooks) = &mut target.hooks else { panic!("its hooks are known") };
    hooks
}

proptest! {
    #[test]
    fn a_plan_that_was_carried_out_leaves_no_steps(
        which in applications(),
        found in prop::collection::vec(prop::collection::vec(found(), 0..3), 0..4),
    ) {
        let (mut observed, mut record) = start(which, &found);
        let first = connect(&desired(), &observed, &record);
        prop_assert!(first.blockers.is_empty(), "{:?}", first.blockers);
        carry_out(&first.steps, &mut observed, &mut record);
        let second = connect(&desired(), &observed, &record);
        prop_assert!(second.is_empty(), "first:\n{first}second:\n{second}");
    }
}
