//! The planner against an instance in memory: each test changes one thing and reads the plan.

mod disconnect;
mod json;
mod ownership;
mod property;
mod setup;
mod trust;

use std::collections::BTreeSet;
use std::path::PathBuf;

use insta::assert_snapshot;

use self::setup::*;
use super::*;
use crate::desired::{ApplicationOrigin, BundleRoute, Credentials, Prune};
use crate::factory::FactoryState;
use crate::gitlab::{AlertStatus, Hook, License, Metadata};
use crate::instance::{Edition, Version};
use crate::journal::{BundleRecord, HookRecord, MintedRecord, OwnApplication, Record, SecretState};
use crate::kit::Handover;
use crate::mark::{Mark, TokensSet};
use crate::observed::{HookOwner, Observation, Observed, OtherTarget, Standing};
use crate::secret::{ApplicationSecret, WebhookToken};
use crate::target::{Event, Strategy, Target, TargetKind};

#[test]
fn a_new_instance_gets_every_step_in_order() {
    assert_snapshot!(connect(&desired(), &observed(), &Record::default()), @r"
    1. create the OAuth application Factory Integration
       redirect URI https://api.factory.example/callback
       scopes api sudo
       confidential
    2. seal the bundle with the given token
       token factory of root, scopes api admin_mode, expires 2027-01-01
       an administrator's own: with it Factory can do all that root can
       for age1factory
    3. check that GitLab accepts the application's ID and secret
    4. register a webhook on group acme
    5. send a test delivery (push) from group acme
    6. upload the sealed bundle to Factory
       POST https://api.factory.example/v1/bundles
       for age1factory
    ");
}

#[test]
fn a_connected_instance_needs_no_steps_with_or_without_a_record() {
    assert!(connect(&desired(), &connected(), &finished_record()).is_empty());
    assert!(connect(&desired(), &connected(), &Record::default()).is_empty());
}

#[test]
fn a_lost_secret_is_renewed_and_before_16_11_the_application_is_recreated() {
    let mut record = finished_record();
    (record.secret, record.bundle) = (SecretState::Lost, None);
    let mut observed = connected();
    assert_snapshot!(connect(&desired(), &observed, &record), @r"
    1. renew the secret of application 7 (01234567…)
       an earlier run was interrupted before it sealed the secret
       the current secret stops working at once: its users are disconnected until Factory has the new one
    2. seal the bundle with the given token
       token factory of root, scopes api admin_mode, expires 2027-01-01
       an administrator's own: with it Factory can do all that root can
       for age1factory
    3. check that GitLab accepts the application's ID and secret
    4. upload the sealed bundle to Factory
       POST https://api.factory.example/v1/bundles
       for age1factory
    ");
    observed.metadata = Observation::Known(Metadata {
        version: Version::new(16, 10),
        version_text: "16.10.0".to_owned(),
        edition: Edition::Ee,
    });
    record
        .hooks
        .insert(group(1, "acme").number(), HookRecord { id: 5, tokens: tokens(), token_set_at: Timestamp::default() });
    let lines = connect(&desired(), &observed, &record).sentences();
    assert!(lines[0].starts_with("delete application 7"), "{lines:?}");
    assert!(lines[1].starts_with("create the OAuth application"), "{lines:?}");
}

#[test]
fn an_application_that_may_be_ours_is_ours_if_it_is_the_only_match() {
    let record = Record { application: OwnApplication::MayHaveMade, secret: SecretState::Lost, ..Record::default() };
    let lines = connect(&desired(), &connected(), &record).sentences();
    assert!(lines[0].starts_with("renew the secret of application 7"), "{lines:?}");
}

#[test]
fn a_waiting_bundle_whose_id_and_secret_were_never_proven_is_sealed_again() {
    let waiting = BundleRecord { accepted: false, ..sealed() };
    let sent = Record { bundle: Some(waiting.clone()), ..finished_record() };
    assert!(matches!(
        connect(&desired(), &connected(), &sent).steps.as_slice(),
        [Step::Bundle(BundleStep::Upload { .. })]
    ));
    let record = Record { bundle: Some(BundleRecord { proven: false, ..waiting }), ..finished_record() };
    let lines = connect(&desired(), &connected(), &record).sentences();
    assert!(lines[0].starts_with("renew the secret of application 7"), "{lines:?}");
}

#[test]
fn the_token_in_an_undelivered_bundle_is_revoked_once_a_new_one_is_sealed() {
    let token = MintedRecord { id: Some(3), name: "Factory 1".to_owned(), user_id: None, created_at: None };
    let unproven = BundleRecord { accepted: false, proven: false, token: Some(token), ..sealed() };
    let record = Record { bundle: Some(unproven), ..finished_record() };
    let steps = connect(&desired(), &connected(), &record).steps;
    let at = |wanted: fn(&Step) -> bool| steps.iter().position(wanted);
    let sealed = at(|step| matches!(step, Step::Bundle(BundleStep::Seal { .. })));
    let revoked = at(|step| {
        matches!(step, Step::Token(TokenStep::Revoke { id: Some(3), reason: RevokeReason::NeverDelivered, .. }))
    });
    assert!(sealed.is_some() && sealed < revoked, "{steps:?}");
}

#[test]
fn an_interrupted_renewal_continues_although_the_application_is_not_ours() {
    let record = Record { renewed: Some(ID.to_owned()), secret: SecretState::Lost, ..Record::default() };
    let lines = connect(&desired(), &connected(), &record).sentences();
    assert!(lines[0].starts_with("renew the secret of application 7"), "{lines:?}");
    let done = Record { secret: SecretState::Sealed, bundle: Some(sealed()), ..record };
    assert!(connect(&desired(), &connected(), &done).is_empty());
}

#[test]
fn an_unrecorded_match_needs_its_secret_unless_factory_is_connected() {
    let mut observed = connected();
    observed.factory.status = Observation::Known(status(FactoryState::Pending));
    let plan = connect(&desired(), &observed, &Record::default());
    assert_eq!(plan.blockers, [Blocker::NeedsSecret { application: application(7), factory: FactoryAsked::Yes }]);
    assert!(plan.steps.is_empty(), "{plan}");
}

#[test]
fn a_foreign_application_with_the_same_name_blocks_the_plan() {
    let mut other = application(8);
    other.callback_url = "https://elsewhere.example/cb".to_owned();
    other.scopes = Some(vec!["api".to_owned()]);
    let mut observed = observed();
    observed.applications = Observation::Known(vec![other.clone()]);
    let plan = connect(&desired(), &observed, &Record::default());
    assert_eq!(
        plan.blockers,
        [Blocker::ForeignApplication {
            application: other,
            differences: vec![
                format!("redirect URI https://elsewhere.example/cb instead of {REDIRECT}"),
                "missing scopes sudo".to_owned()
            ],
        }]
    );
}

#[test]
fn the_journal_alone_does_not_make_an_application_ours() {
    let record = finished_record();
    let mut others = application(8);
    (others.name, others.callback_url) = ("Jenkins".to_owned(), "https://jenkins.example/cb".to_owned());
    let mut observed = connected();
    observed.applications = Observation::Known(vec![others]);
    let steps = connect(&desired(), &observed, &record).steps;
    let is_harmful = |step: &Step| {
        matches!(step, Step::Application(ApplicationStep::Delete { .. } | ApplicationStep::RenewSecret { .. }))
    };
    assert!(!steps.iter().any(is_harmful), "{steps:?}");
    // A kit that changed the address is no reason to lose an application of ours.
    let mut ours = application(7);
    ours.callback_url = "https://old.example/cb".to_owned();
    observed.applications = Observation::Known(vec![ours]);
    let steps = connect(&desired(), &observed, &record).steps;
    assert!(matches!(steps[0], Step::Application(ApplicationStep::Delete { id: 7, .. })), "{steps:?}");
}

#[test]
fn only_names_that_this_tool_gives_are_those_of_its_tokens() {
    assert!(is_minted_name("Factory 2026-11-21 12:00:00"));
    for name in ["", "Factory", "Factory 1", "jenkins", "Factory 2026-11-21", "my Factory 2026-11-21 12:00:00"] {
        assert!(!is_minted_name(name), "{name}");
    }
}

#[test]
fn several_matching_applications_block_the_plan() {
    let mut observed = connected();
    observed.applications = Observation::Known(vec![application(7), application(8)]);
    let plan = connect(&desired(), &observed, &Record::default());
    assert!(
        matches!(plan.blockers.as_slice(), [Blocker::SeveralApplications { applications }] if applications.len() == 2)
    );
}

#[test]
fn additional_redirect_uris_and_scopes_still_match() {
    let mut observed = connected();
    let mut found = application(7);
    found.callback_url = format!("https://other.example/cb\n{REDIRECT}");
    found.scopes = Some(["api", "sudo", "read_user"].map(str::to_owned).to_vec());
    observed.applications = Observation::Known(vec![found]);
    assert!(connect(&desired(), &observed, &Record::default()).is_empty());
}

#[test]
fn a_given_secret_is_sealed_once() {
    let mut desired = desired();
    let secret = ApplicationSecret::new("gloas-given-secret").expect("a secret");
    let fingerprint = secret.fingerprint(ID);
    desired.application.origin = ApplicationOrigin::Given(Credentials { application_id: ID.to_owned(), secret });
    let mut observed = connected();
    observed.factory.status = Observation::Known(status(FactoryState::Pending));
    let first = connect(&desired, &observed, &Record::default());
    assert_eq!(first.steps.len(), 3, "{first}");
    let record = Record {
        secret: SecretState::Sealed,
        bundle: Some(BundleRecord { secret: fingerprint, ..sealed() }),
        ..Record::default()
    };
    assert!(connect(&desired, &observed, &record).is_empty());
}

#[test]
fn a_sealed_bundle_that_was_not_accepted_is_uploaded_unchanged() {
    let mut record = finished_record();
    record.bundle = Some(BundleRecord { accepted: false, ..sealed() });
    assert_snapshot!(connect(&desired(), &connected(), &record), @r"
      1. upload the sealed bundle to Factory
         POST https://api.factory.example/v1/bundles
         for age1factory
    ");
}

#[test]
fn a_waiting_bundle_whose_file_is_missing_is_sealed_again() {
    let mut record = finished_record();
    record.bundle = Some(BundleRecord { accepted: false, on_disk: false, ..sealed() });
    let lines = connect(&desired(), &connected(), &record).sentences();
    assert!(lines[0].starts_with("renew the secret"), "{lines:?}");
}

#[test]
fn a_requested_renewal_says_what_it_disconnects() {
    let mut desired = desired();
    desired.application.origin = ApplicationOrigin::Auto { given: None, renew: true };
    let plan = connect(&desired, &connected(), &Record::default());
    assert!(plan.sentences()[0].contains("are disconnected until Factory has the new one"), "{plan}");
}

#[test]
fn scopes_that_the_instance_does_not_know_block_the_plan() {
    let mut observed = observed();
    observed.scopes_supported = Observation::Known(vec!["api".to_owned()]);
    let plan = connect(&desired(), &observed, &Record::default());
    assert_eq!(plan.blockers, [Blocker::UnsupportedScopes { scopes: vec!["sudo".to_owned()] }]);
}

#[test]
fn a_token_for_factory_is_created_before_the_application_and_orphans_are_revoked_first() {
    let mut desired = desired();
    desired.handover.handover = Handover::Minted;
    let record = Record {
        orphan_tokens: vec![MintedRecord {
            id: Some(4),
            name: "Factory 1".to_owned(),
            user_id: None,
            created_at: None,
        }],
        ..Record::default()
    };
    let lines = connect(&desired, &observed(), &record).sentences();
    assert_snapshot!(lines[..2].join("\n"), @r"
    revoke the token Factory 1 (4): created by an earlier run, never delivered
    create a token for Factory only, Factory 2026-11-21 12:00:00: for user 1, expires 2027-11-20; scopes api
    ");
}

#[test]
fn unlicensed_group_webhooks_are_refused_and_auto_says_why_it_takes_projects() {
    let mut unlicensed = observed();
    unlicensed.license = Observation::Known(License::Unlicensed);
    let mut wanted = desired();
    wanted.webhooks.strategy = Strategy::Group;
    let refused = connect(&wanted, &unlicensed, &Record::default());
    assert_eq!(refused.blockers, [Blocker::NoGroupHooks { plan: LicensePlan::Free }]);
    unlicensed.hooks = hooks(Strategy::Project, vec![bare(project(3, "acme/web"))]);
    let chosen = connect(&desired(), &unlicensed, &Record::default());
    assert!(chosen.notes[0].contains("group webhooks never fire"), "{:?}", chosen.notes);
}

#[test]
fn a_system_hook_is_refused_for_a_part_of_the_instance() {
    let mut wanted = desired();
    wanted.webhooks.strategy = Strategy::System;
    let mut observed = observed();
    observed.hooks = hooks(Strategy::System, vec![bare(Target::System)]);
    assert_eq!(connect(&wanted, &observed, &Record::default()).blockers, []);
    wanted.webhooks.selection.groups = vec!["acme".to_owned()];
    assert_eq!(connect(&wanted, &observed, &Record::default()).blockers, [Blocker::SystemHookSendsAll]);
}

#[test]
fn a_group_without_a_hook_of_its_own_because_of_an_exclusion_is_named() {
    let mut observed = observed();
    if let Observation::Known(seen) = &mut observed.hooks {
        seen.split_groups = ["acme", "b", "c", "d"].map(str::to_owned).to_vec();
    }
    let plan = connect(&desired(), &observed, &Record::default());
    assert!(
        plan.notes.iter().any(|note| note.starts_with("something is excluded in acme, b, c and 1 more: ")),
        "{:?}",
        plan.notes
    );
}

/// A connected instance with a webhook of ours on another target.
fn with_another(target: &Target, standing: Standing) -> Observed {
    let mut observed = connected();
    if let Observation::Known(seen) = &mut observed.hooks {
        seen.others = vec![OtherTarget { seen: with_hooks(target.clone(), vec![right_hook_on(target, 9)]), standing }];
    }
    observed
}

#[test]
fn a_redundant_webhook_goes_after_the_one_that_replaces_it_is_proven() {
    let mut observed = with_another(&project(3, "acme/web"), Standing::Redundant);
    assert_snapshot!(connect(&desired(), &observed, &finished_record()), @r"
      1. delete webhook 9 on project acme/web
         redundant once the others are proven: its events are sent already
    ");
    if let Observation::Known(seen) = &mut observed.hooks {
        seen.targets = vec![bare(group(1, "acme"))];
    }
    assert_snapshot!(connect(&desired(), &observed, &finished_record()), @r"
      1. register a webhook on group acme
      2. send a test delivery (push) from group acme
      3. delete webhook 9 on project acme/web
         redundant once the others are proven: its events are sent already
    ");
    if let Observation::Known(seen) = &mut observed.hooks {
        seen.targets[0].hooks = Observation::Skipped("not read");
    }
    assert!(connect(&desired(), &observed, &finished_record()).steps.is_empty(), "it may be the only one");
}

#[test]
fn a_webhook_outside_the_selection_is_named_and_goes_with_prune_alone() {
    let observed = with_another(&group(4, "other"), Standing::OutOfScope);
    let plan = connect(&desired(), &observed, &finished_record());
    assert!(plan.steps.is_empty(), "{plan}");
    assert!(plan.warnings.iter().any(|note| note.contains("still sends: group other; --prune")), "{:?}", plan.warnings);
    let mut pruning = desired();
    pruning.webhooks.prune = Prune::Outside;
    assert_snapshot!(connect(&pruning, &observed, &finished_record()), @r"
      1. delete webhook 9 on group other
         outside the selection (--prune)
    ");
}

#[test]
fn a_target_whose_events_are_sent_from_above_gets_no_webhook() {
    let mut observed = with_another(&group(1, "acme"), Standing::OutOfScope);
    if let Observation::Known(seen) = &mut observed.hooks {
        seen.targets = vec![bare(group(2, "acme/api"))];
    }
    assert!(connect(&desired(), &observed, &finished_record()).steps.is_empty());
    let mut pruning = desired();
    pruning.webhooks.prune = Prune::Outside;
    assert_snapshot!(connect(&pruning, &observed, &finished_record()), @r"
      1. register a webhook on group acme/api
      2. send a test delivery (push) from group acme/api
      3. delete webhook 9 on group acme
         outside the selection (--prune)
    ");
}

#[test]
fn somebody_elses_webhook_outside_the_set_is_never_planned_for_removal() {
    let mut observed = with_another(&project(3, "acme/web"), Standing::Redundant);
    if let Observation::Known(seen) = &mut observed.hooks
        && let Observation::Known(hooks) = &mut seen.others[0].seen.hooks
    {
        (hooks[0].hook.mark, hooks[0].owner) = (None, HookOwner::Unmarked);
    }
    assert!(connect(&desired(), &observed, &finished_record()).steps.is_empty());
}

#[test]
fn many_webhooks_are_summarized_and_tested_once() {
    let mut observed = connected();
    let targets = (1..=100).map(|id| bare(project(id, &format!("acme/p{id}")))).collect();
    observed.hooks = hooks(Strategy::Project, targets);
    assert_snapshot!(connect(&desired(), &observed, &finished_record()), @r"
      1. register webhooks on 100 projects
         project acme/p1, … project acme/p100
      2. send a test delivery (push) from project acme/p1
    ");
}

/// What a journal says of a webhook with the wanted tokens.
fn tokens() -> Option<TokensSet> {
    let mark = desired().marker().mark(group(1, "acme").number(), Version::new(16, 11));
    Some(Mark::Bound(mark).tokens())
}

fn marked_for_another_token() -> Option<Mark> {
    let mut other = desired();
    other.webhooks.token = WebhookToken::new("another-secret-token").expect("a token");
    Some(Mark::Bound(other.marker().mark(group(1, "acme").number(), Version::new(19, 2))))
}

#[test]
fn a_webhook_is_corrected_where_it_differs() {
    let wanted = desired();
    for (name, spoil, change) in [
        (
            "events",
            (|hook| hook.events = vec![Event::Push, Event::Job]) as fn(&mut Hook),
            "missing events note, unwanted job",
        ),
        ("confidential", |hook| hook.events.push(Event::ConfidentialNote), "unwanted events confidential_note"),
        ("TLS", |hook| hook.enable_ssl_verification = false, "TLS verification is off"),
        ("another token", |hook| hook.mark = marked_for_another_token(), "secret token differs"),
        ("no mark", |hook| hook.mark = None, "secret token differs"),
        ("a template", |hook| hook.payload.template = Some("{}".to_owned()), "a payload template or headers are set"),
        (
            "headers",
            |hook| hook.payload.custom_headers = vec!["X-Gitlab-Token".to_owned()],
            "a payload template or headers are set",
        ),
        ("cleared", |hook| hook.token_present = Some(false), "secret token differs"),
        ("URL", |hook| hook.url = "https://old.example/".to_owned(), "URL is https://old.example/"),
    ] {
        let mut hook = right_hook(5);
        spoil(&mut hook);
        let mut observed = connected();
        observed.hooks = hooks(Strategy::Group, vec![with_hooks(group(1, "acme"), vec![hook])]);
        let plan = connect(&wanted, &observed, &finished_record());
        assert_eq!(plan.sentences()[0], format!("correct webhook 5 on group acme: {change}"), "{name}");
    }
}

#[test]
fn a_duplicate_of_ours_is_deleted_and_a_foreign_webhook_is_left_unchanged() {
    let mut foreign = right_hook(3);
    (foreign.description, foreign.mark) = (None, None);
    let mut observed = connected();
    let found = vec![foreign, right_hook(5), right_hook(6)];
    observed.hooks = hooks(Strategy::Group, vec![with_hooks(group(1, "acme"), found)]);
    let plan = connect(&desired(), &observed, &finished_record());
    assert_eq!(
        plan.steps[0],
        Step::Hook(HookStep::Delete { target: group(1, "acme"), id: 6, reason: DeleteReason::Duplicate })
    );
}

#[test]
fn before_17_1_the_local_record_tells_which_token_was_set() {
    let mut observed = connected();
    observed.metadata = Observation::Known(Metadata {
        version: Version::new(16, 11),
        version_text: "16.11".to_owned(),
        edition: Edition::Ee,
    });
    let mut hook = right_hook(5);
    (hook.name, hook.description, hook.mark, hook.token_present) = (None, None, None, None);
    observed.hooks = hooks(Strategy::Group, vec![with_hooks(group(1, "acme"), vec![hook])]);
    let mut record = finished_record();
    let first = connect(&desired(), &observed, &record);
    assert!(matches!(first.steps.as_slice(), [Step::Hook(HookStep::Edit { id: 5, .. })]), "{first}");
    assert_eq!(first.manual_steps.len(), 1, "its API cannot test group hooks");
    record
        .hooks
        .insert(group(1, "acme").number(), HookRecord { id: 5, tokens: tokens(), token_set_at: Timestamp::default() });
    assert!(connect(&desired(), &observed, &record).is_empty());
}

#[test]
fn a_webhook_that_gitlab_disabled_is_tested_because_only_a_test_enables_it() {
    let mut hook = right_hook(5);
    hook.alert_status = AlertStatus::Disabled;
    let mut observed = connected();
    observed.hooks = hooks(Strategy::Group, vec![with_hooks(group(1, "acme"), vec![hook])]);
    let plan = connect(&desired(), &observed, &finished_record());
    assert_eq!(plan.steps, [Step::Delivery(DeliveryStep::Test { target: group(1, "acme"), event: Event::Push })]);
}

#[test]
fn a_change_that_was_not_proven_is_tested_by_the_next_run() {
    let mut record = finished_record();
    record.unproved = BTreeSet::from([TargetKind::Group]);
    let plan = connect(&desired(), &connected(), &record);
    assert_eq!(plan.steps, [Step::Delivery(DeliveryStep::Test { target: group(1, "acme"), event: Event::Push })]);
}

#[test]
fn the_plan_names_events_that_a_system_hook_does_not_send() {
    let mut desired = desired();
    desired.webhooks.strategy = Strategy::System;
    let mut observed = connected();
    observed.hooks = hooks(Strategy::System, vec![bare(Target::System)]);
    let plan = connect(&desired, &observed, &finished_record());
    assert_eq!(plan.notes[0], "system hooks do not send note: Factory will not receive these events");
}

#[test]
fn a_bundle_for_a_file_is_written_and_not_uploaded() {
    let mut desired = desired();
    desired.delivery.way = BundleRoute::File(PathBuf::from("out.age"));
    let lines = connect(&desired, &observed(), &Record::default()).sentences();
    assert_eq!(lines.last().map(String::as_str), Some("write the sealed bundle to out.age: for age1factory"));
}

#[test]
fn a_trusted_application_needs_a_manual_step_in_the_admin_area() {
    let mut desired = desired();
    desired.application.trusted = true;
    let plan = connect(&desired, &connected(), &finished_record());
    assert!(plan.is_empty());
    assert_eq!(plan.manual_steps[0].url.as_deref(), Some("https://gitlab.acme.com/admin/applications"));
}

#[test]
fn missing_probed_scopes_block_the_plan() {
    let mut desired = desired();
    let secret = ApplicationSecret::new("gloas-given-secret").expect("a secret");
    desired.application.origin = ApplicationOrigin::Given(Credentials { application_id: ID.to_owned(), secret });
    let mut observed = connected();
    let mut found = application(7);
    found.scopes = None;
    observed.applications = Observation::Known(vec![found.clone()]);
    let (present, missing) = (vec!["api".to_owned()], vec!["sudo".to_owned()]);
    observed.probed_scopes = Observation::Known(crate::gitlab::ProbedScopes { present, missing });
    let plan = connect(&desired, &observed, &Record::default());
    let differences = vec!["missing scopes sudo".to_owned()];
    assert_eq!(plan.blockers, [Blocker::ForeignApplication { application: found, differences }]);
}

#[test]
fn no_form_of_a_plan_shows_the_signature_of_a_presigned_address() {
    let plan = connect(&desired(), &observed(), &Record::default());
    let json = serde_json::to_string(&plan.steps).expect("JSON");
    assert!(json.contains("https://api.factory.example/v1/bundles"), "{json}");
    for form in [json, plan.to_string()] {
        assert!(!form.contains("signature"), "{form}");
    }
}
