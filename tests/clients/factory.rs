//! Factory's side: kit, upload, receipts, status.

use factory_gitlab::bundle::{Bundle, BundledApplication, BundledInstance, BundledWebhook, Recipients, SealedBundle};
use factory_gitlab::factory::{FactoryClient, FactoryState, UploadError};
use factory_gitlab::http::{Cause, UnexpectedPage};
use factory_gitlab::instance::{Edition, LicensePlan};
use factory_gitlab::kit::{Organization, Upload, UploadAuth, origin};
use factory_gitlab::sandbox::Sandbox;
use factory_gitlab::sandbox::factory::{BundleIntake, ConnectionStatus};
use factory_gitlab::secret::{ApplicationSecret, FactoryKey};
use factory_gitlab::target::Strategy;
use url::Url;

use crate::setup::{client, faulty, instance, sandbox, writer};

fn factory(sandbox: &Sandbox) -> FactoryClient {
    let key = FactoryKey::new(sandbox.factory().api_key()).expect("a key");
    let factory = FactoryClient::new(client(sandbox), Some(key));
    factory.trust([origin(&url(&sandbox.factory_url()))]);
    factory
}

fn url(text: &str) -> Url {
    text.parse().expect("an address")
}

fn upload_url(sandbox: &Sandbox) -> Url {
    url(sandbox.factory().kit_json()["bundle"]["upload_url"].as_str().expect("an address"))
}

fn bundle(sandbox: &Sandbox, id: &str, secret: ApplicationSecret) -> SealedBundle {
    let recipients = sandbox.factory().kit_json()["bundle"]["recipients"].clone();
    let recipients: Vec<String> = serde_json::from_value(recipients).expect("recipients");
    let plain = Bundle {
        organization: Organization::default(),
        created_at: "2026-11-21T10:00:00Z".parse().expect("a time"),
        instance: BundledInstance {
            url: instance(sandbox),
            version: "19.2.0-ee".to_owned(),
            edition: Edition::Ee,
            plan: LicensePlan::Premium,
        },
        application: Some(BundledApplication {
            id: id.to_owned(),
            secret,
            name: "Factory Integration".to_owned(),
            redirect_uri: "https://factory.example/cb".to_owned(),
            scopes: vec!["api".to_owned()],
        }),
        personal_access_token: None,
        webhook: Some(BundledWebhook::new(url("https://factory.example/hook"), Strategy::None, std::iter::empty())),
        network: None,
    };
    plain.seal(&Recipients::parse(&recipients).expect("recipients")).expect("sealed")
}

/// A bundle of an application that exists: the embedded Factory tries its secret.
async fn real_bundle(sandbox: &Sandbox) -> SealedBundle {
    let new = factory_gitlab::gitlab::NewApplication {
        name: "Factory Integration".to_owned(),
        redirect_uri: "https://factory.example/cb".to_owned(),
        scopes: vec!["api".to_owned()],
        confidential: true,
    };
    let made = writer(sandbox).create_application(&new).await.expect("an application");
    bundle(sandbox, &made.application.application_id, made.secret)
}

fn any_bundle(sandbox: &Sandbox) -> SealedBundle {
    bundle(sandbox, "id", ApplicationSecret::new("gloas-any-secret").expect("a secret"))
}

#[tokio::test]
async fn the_kit_is_fetched_with_the_key_only() {
    let sandbox = sandbox(|_| ());
    let address = url(&sandbox.factory().kit_url());
    let text = factory(&sandbox).kit(&address).await.expect("a kit");
    let kit: factory_gitlab::kit::Kit = serde_json::from_str(&text).expect("a kit");
    assert_eq!(kit.schema, factory_gitlab::kit::SCHEMA);
    let error = FactoryClient::new(client(&sandbox), None).kit(&address).await.expect_err("no key");
    assert_eq!(error.status(), Some(401));
}

#[tokio::test]
async fn the_key_is_sent_to_no_origin_that_was_not_approved() {
    let sandbox = sandbox(|_| ());
    let address = url(&sandbox.factory().kit_url());
    let key = FactoryKey::new(sandbox.factory().api_key()).expect("a key");
    let factory = FactoryClient::new(client(&sandbox), Some(key));
    factory.trust(["https://127.0.0.1".to_owned(), "http://127.0.0.1:1".to_owned(), "http://localhost".to_owned()]);
    assert!(factory.withholds_key_from(&address));
    assert_eq!(factory.kit(&address).await.expect_err("no key").status(), Some(401));
    factory.clone().trust([origin(&address)]);
    assert!(!factory.withholds_key_from(&address));
    factory.kit(&address).await.expect("a clone's origins are its own too");
}

#[tokio::test]
async fn a_bundle_sent_several_times_is_accepted_once() {
    let sandbox = sandbox(|_| ());
    let (factory, bundle) = (factory(&sandbox), real_bundle(&sandbox).await);
    let first = factory.upload(&bundle, &Upload::to_factory(upload_url(&sandbox))).await.expect("a receipt");
    assert_eq!(first.sha256.as_deref(), Some(bundle.sha256()));
    assert!(first.id.is_some() && first.received_at.is_some());
    let again = factory.upload(&bundle, &Upload::to_factory(upload_url(&sandbox))).await.expect("a receipt");
    assert_eq!(again.id, first.id);
    assert_eq!(sandbox.factory().bundles().len(), 1);
}

#[tokio::test]
async fn an_upload_whose_kit_wants_no_credential_carries_none() {
    let sandbox = sandbox(|_| ());
    let upload = Upload { auth: UploadAuth::None, ..Upload::to_factory(upload_url(&sandbox)) };
    let error = factory(&sandbox).upload(&any_bundle(&sandbox), &upload).await.expect_err("this address wants the key");
    assert!(matches!(error, UploadError::Unauthorized(_)), "{error}");
}

#[tokio::test]
async fn an_upload_survives_a_lost_answer() {
    let sandbox = faulty("factory:POST **=lostx1");
    let bundle = real_bundle(&sandbox).await;
    let receipt = factory(&sandbox).upload(&bundle, &Upload::to_factory(upload_url(&sandbox))).await;
    assert_eq!(receipt.expect("a receipt").sha256.as_deref(), Some(bundle.sha256()));
    assert_eq!(sandbox.factory().bundles().len(), 1);
}

#[tokio::test]
async fn every_refusal_has_its_own_kind_and_quotes_factory() {
    let sandbox = sandbox(|_| ());
    let bundle = any_bundle(&sandbox);
    for status in [401, 402, 403, 409, 413, 500] {
        sandbox.factory().set_quirks(|quirks| quirks.intake = BundleIntake::Refuse(status));
        let error = factory(&sandbox).upload(&bundle, &Upload::to_factory(upload_url(&sandbox))).await;
        let error = error.expect_err("refused");
        let fits = matches!(
            (status, &error),
            (401, UploadError::Unauthorized(_))
                | (402, UploadError::PaymentRequired(_))
                | (403, UploadError::Forbidden(_))
                | (409, UploadError::Conflict(_))
                | (413, UploadError::TooLarge(_))
                | (500, UploadError::Failing(_))
        );
        assert!(fits, "{status}: {error}");
        assert_eq!(error.request().is_some_and(|error| error.is_refusal()), status < 500);
        let said = error.request().and_then(|error| error.response()).and_then(|answer| answer.message.clone());
        assert!(said.is_some_and(|said| !said.is_empty()), "{status}");
    }
}

#[tokio::test]
async fn a_receipt_for_another_bundle_is_refused_and_a_missing_one_is_accepted() {
    let sandbox = sandbox(|_| ());
    let bundle = real_bundle(&sandbox).await;
    sandbox.factory().set_quirks(|quirks| quirks.intake = BundleIntake::WrongDigest);
    let error = factory(&sandbox).upload(&bundle, &Upload::to_factory(upload_url(&sandbox))).await;
    let error = error.expect_err("wrong");
    assert!(matches!(&error, UploadError::WrongDigest { sent, .. } if sent == bundle.sha256()), "{error}");
    assert!(error.request().is_none(), "{error}");
    sandbox.factory().set_quirks(|quirks| quirks.intake = BundleIntake::NoReceipt);
    let receipt = factory(&sandbox).upload(&bundle, &Upload::to_factory(upload_url(&sandbox))).await;
    assert_eq!(receipt.expect("accepted"), factory_gitlab::factory::Receipt::default());
}

#[tokio::test]
async fn a_captive_portal_page_is_not_a_receipt() {
    let sandbox = faulty("factory:POST **=html:200");
    let error = factory(&sandbox).upload(&any_bundle(&sandbox), &Upload::to_factory(upload_url(&sandbox))).await;
    let error = error.expect_err("a portal");
    let request = error.request().expect("a request");
    assert!(
        matches!(
            &*request.cause,
            Cause::UnexpectedPage { what: UnexpectedPage::LoginWall | UnexpectedPage::WebPage, .. }
        ),
        "{request}"
    );
}

#[tokio::test]
async fn the_status_is_read_from_factory() {
    let sandbox = sandbox(|_| ());
    let address = url(sandbox.factory().kit_json()["status_url"].as_str().expect("an address"));
    let state = factory(&sandbox).status(&address).await.expect("a status").state;
    assert_eq!(state, FactoryState::Pending);
    sandbox
        .factory()
        .set_quirks(|quirks| quirks.status = Some((ConnectionStatus::Failed, "the token is dead".to_owned())));
    let status = factory(&sandbox).status(&address).await.expect("a status");
    assert_eq!((status.state, status.detail.as_deref()), (FactoryState::Failed, Some("the token is dead")));
}

#[tokio::test]
async fn a_delivery_that_never_came_has_no_receipt() {
    let sandbox = sandbox(|_| ());
    let address = url(sandbox.factory().kit_json()["webhook"]["receipts_url"].as_str().expect("an address"));
    assert!(!factory(&sandbox).receipt(&address, "no-such-delivery").await.expect("an answer"));
}
