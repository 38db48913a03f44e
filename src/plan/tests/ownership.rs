//! Whose hooks and applications a plan changes.

use super::setup::*;
use crate::factory::FactoryState;
use crate::gitlab::Metadata;
use crate::instance::{Edition, Version};
use crate::journal::{Record, UnfinishedApplication};
use crate::mark::Mark;
use crate::observed::Observation;
use crate::plan::{Blocker, connect};
use crate::secret::SigningToken;
use crate::target::Strategy;
use crate::testing::fixture;

#[test]
fn a_mark_of_an_earlier_version_is_rewritten_once() {
    let mut hook = right_hook(5);
    let made = desired().webhooks.token.fingerprint(&format!("hook\n{}\n", desired().webhooks.url));
    hook.mark = Mark::find(&format!("factory-gitlab/v1:{made}"));
    let mut observed = connected();
    observed.hooks = hooks(Strategy::Group, vec![with_hooks(group(1, "acme"), vec![hook])]);
    let plan = connect(&desired(), &observed, &finished_record());
    assert_eq!(plan.sentences()[0], "correct webhook 5 on group acme: mark of an earlier version");
}

#[test]
fn a_signing_token_is_set_once_gitlab_knows_it() {
    let mut wanted = desired();
    let key = "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    wanted.webhooks.signing_token = Some(SigningToken::new(key).expect("a token"));
    let hook = right_hook(5);
    let plan_at = |version: Version| {
        let mut observed = connected();
        let version_text = format!("{version}.0-ee");
        observed.metadata = Observation::Known(Metadata { version, version_text, edition: Edition::Ee });
        observed.hooks = hooks(Strategy::Group, vec![with_hooks(group(1, "acme"), vec![hook.clone()])]);
        connect(&wanted, &observed, &finished_record())
    };
    assert!(plan_at(Version::new(18, 11)).is_empty(), "{}", plan_at(Version::new(18, 11)));
    let sentence = "correct webhook 5 on group acme: signing token differs or is not set";
    assert_eq!(plan_at(Version::new(19, 0)).sentences()[0], sentence);
    assert_eq!(wanted.hook(group(1, "acme"), Version::new(18, 11)).signing_token.map(|_| ()), None);
}

#[test]
fn two_organizations_on_one_instance_change_nothing_of_each_other() {
    let mut other = desired();
    other.organization.id = "org_other".to_owned();
    let theirs = fixture::hook(&other, group(1, "acme"), 5).hook;
    let mut observed = connected();
    let mut record = Record::default();
    record.others.applications.insert(ID.to_owned());
    observed.factory.status = Observation::Known(status(FactoryState::Pending));
    observed.hooks = hooks(Strategy::Group, vec![with_hooks(group(1, "acme"), vec![theirs])]);
    let lines = connect(&desired(), &observed, &record).sentences();
    assert!(lines[0].starts_with("create the OAuth application"), "{lines:?}");
    assert!(lines.contains(&"register a webhook on group acme".to_owned()), "{lines:?}");
    // One whose redirect URI is another's is left alone as well.
    let mut elsewhere = application(7);
    elsewhere.callback_url = "https://api.factory.example/other/callback".to_owned();
    observed.applications = Observation::Known(vec![elsewhere]);
    assert_eq!(connect(&desired(), &observed, &record).blockers, []);
    let unknown = connect(&desired(), &observed, &Record::default());
    assert!(matches!(unknown.blockers.as_slice(), [Blocker::ForeignApplication { .. }]), "{unknown}");
}

#[test]
fn of_several_applications_the_one_whose_secret_was_handed_over_is_the_connections() {
    let mut observed = connected();
    let mut second = application(8);
    second.application_id = "f".repeat(32);
    observed.applications = Observation::Known(vec![application(7), second]);
    let unknown = connect(&desired(), &observed, &Record::default());
    assert!(matches!(unknown.blockers.as_slice(), [Blocker::SeveralApplications { .. }]), "{unknown}");
    let mut record = Record::default();
    record.delivered.insert(ID.to_owned());
    observed.factory.status = Observation::Known(status(FactoryState::Pending));
    assert!(connect(&desired(), &observed, &record).is_empty());
}

#[test]
fn an_application_that_another_organization_was_creating_is_not_taken() {
    let mut record = Record::default();
    record.others.unfinished =
        vec![UnfinishedApplication { name: "Factory Integration".to_owned(), redirect_uri: REDIRECT.to_owned() }];
    let mut observed = connected();
    observed.factory.status = Observation::Known(status(FactoryState::Pending));
    let lines = connect(&desired(), &observed, &record).sentences();
    assert!(lines[0].starts_with("create the OAuth application"), "{lines:?}");
}

#[test]
fn a_mark_that_was_copied_to_another_webhook_deletes_nothing() {
    let mut copied = right_hook(6);
    copied.url = "https://ci.example/hook".to_owned();
    let mut observed = connected();
    observed.hooks = hooks(Strategy::Group, vec![with_hooks(group(1, "acme"), vec![right_hook(5), copied])]);
    assert!(connect(&desired(), &observed, &finished_record()).is_empty());
}

#[test]
fn somebody_elses_webhook_to_factorys_address_in_another_spelling_is_named() {
    let mut foreign = right_hook(3);
    (foreign.description, foreign.mark) = (None, None);
    foreign.url.push('/');
    let mut observed = connected();
    observed.hooks = hooks(Strategy::Group, vec![with_hooks(group(1, "acme"), vec![foreign, right_hook(5)])]);
    let plan = connect(&desired(), &observed, &finished_record());
    assert!(plan.is_empty(), "{plan}");
    let note = plan.notes.iter().find(|note| note.contains("webhook 3 on group acme")).expect("it is named");
    assert!(note.contains("stay unchanged"), "{note}");
}
