//! The application, its secret, and the token for Factory.

use super::*;

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
