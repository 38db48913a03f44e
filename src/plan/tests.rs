//! The planner against an instance in memory: each test changes one thing and reads the plan.

mod application;
mod disconnect;
mod json;
mod ownership;
mod property;
mod setup;
mod trust;
mod webhooks;

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

/// What a journal says of a webhook with the wanted tokens.
fn tokens() -> Option<TokensSet> {
    let mark = desired().marker().mark(group(1, "acme").number(), Version::new(16, 11));
    Some(Mark::Bound(mark).tokens())
}

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
