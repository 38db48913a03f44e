//! Where webhooks are created, corrected and removed.

use super::*;

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
