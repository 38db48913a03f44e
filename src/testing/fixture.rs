//! A healthy connection, and the ways in which a request can fail.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;

use crate::desired::{
    ApplicationOrigin, BundleDelivery, BundleRoute, Credentials, Desired, DesiredApplication, DesiredHandover,
    DesiredTrust, DesiredWebhooks, Prune, ResetToken, Selection,
};
use crate::factory::{FactoryState, FactoryStatus};
use crate::gitlab::{
    AlertStatus, Application, DeliveryOutcome, Hook, HookAttributes, HookPayload, License, LoggedDelivery, Metadata,
    PairValidity, TokenDetails, User,
};
use crate::http::{Cause, Error, ErrorResponse, FailedRequest};
use crate::instance::{Edition, Version};
use crate::kit::{Handover, Organization};
use crate::mark::Mark;
use crate::observed::{
    BundleSeen, CertificateSeen, DeliveryProof, Fact, FactorySeen, HookOwner, HookSeen, HooksSeen, LeftOut,
    NetworkSeen, Observation, Observed, OthersRead, Read, TargetSeen,
};
use crate::secret::{ApplicationSecret, SigningToken, WebhookToken};
use crate::target::{Event, Strategy, Target};

/// What is desired and what was read.
#[derive(Clone)]
pub(crate) struct Fixture {
    pub(crate) desired: Desired,
    pub(crate) observed: Observed,
}

pub(crate) fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().expect("a valid time")
}

pub(crate) fn error(cause: Cause) -> Error {
    FailedRequest {
        method: "GET",
        host: "gitlab.acme.com".to_owned(),
        path: "/api/v4/x".to_owned(),
        cause: Box::new(cause),
    }
    .into()
}

pub(crate) fn failed<T>(cause: Cause) -> Observation<T> {
    Observation::Failed(error(cause))
}

/// An error answer with a status and a message.
pub(crate) fn refused<T>(status: u16, message: &str) -> Observation<T> {
    failed(Cause::Status(ErrorResponse { status, message: Some(message.to_owned()), ..ErrorResponse::default() }))
}

pub(crate) fn unreachable<T>() -> Observation<T> {
    failed(Cause::Connect { detail: "connection refused".to_owned(), proxy: None })
}

impl Fixture {
    pub(crate) fn healthy() -> Self {
        let desired = desired();
        let observed = observed(&desired);
        Self { desired, observed }
    }

    /// Takes a read back, as if it had not been asked for.
    pub(crate) fn forget(&mut self, read: Read) {
        const REASON: &str = "not asked for";
        let observed = &mut self.observed;
        observed.took.remove(&read);
        match read {
            Read::Network => observed.network = NetworkSeen::skipped(REASON),
            Read::Metadata => observed.metadata = Observation::Skipped(REASON),
            Read::Token => observed.token = Observation::Skipped(REASON),
            Read::HandedOver => observed.handed_over = Observation::Skipped(REASON),
            Read::NamedTokens => observed.named_tokens = Observation::Skipped(REASON),
            Read::User => {
                observed.user = Observation::Skipped(REASON);
                observed.own_url = Observation::Skipped(REASON);
            }
            Read::License => observed.license = Observation::Skipped(REASON),
            Read::Applications => observed.applications = Observation::Skipped(REASON),
            Read::ScopesSupported => observed.scopes_supported = Observation::Skipped(REASON),
            Read::ApplicationSecret => {
                observed.pair = Observation::Skipped(REASON);
                observed.probed_scopes = Observation::Skipped(REASON);
            }
            Read::Hooks | Read::EveryHook => observed.hooks = Observation::Skipped(REASON),
            Read::Deliveries => self.forget_deliveries(REASON),
            Read::Factory => {
                observed.factory.status = Observation::Skipped(REASON);
                observed.factory.hosts.clear();
            }
            Read::BundleRecord => observed.factory.bundle = Observation::Skipped(REASON),
            Read::TestDeliveries => observed.factory.proofs = Observation::Skipped(REASON),
        }
    }

    fn forget_deliveries(&mut self, reason: &'static str) {
        let Observation::Known(hooks) = &mut self.observed.hooks else { return };
        for target in &mut hooks.targets {
            if let Observation::Known(hooks) = &mut target.hooks {
                hooks.iter_mut().for_each(|hook| hook.deliveries = Observation::Skipped(reason));
            }
        }
    }

    pub(crate) fn token(&mut self) -> &mut TokenDetails {
        known(&mut self.observed.token)
    }

    pub(crate) fn user(&mut self) -> &mut User {
        known(&mut self.observed.user)
    }

    pub(crate) fn applications(&mut self) -> &mut Vec<Application> {
        known(&mut self.observed.applications)
    }

    pub(crate) fn targets(&mut self) -> &mut Vec<TargetSeen> {
        &mut known(&mut self.observed.hooks).targets
    }

    pub(crate) fn hooks(&mut self) -> &mut Vec<HookSeen> {
        known(&mut self.targets()[0].hooks)
    }

    pub(crate) fn hook(&mut self) -> &mut Hook {
        &mut self.hooks()[0].hook
    }

    /// The outcome of the first hook's newest delivery.
    pub(crate) fn newest_delivery(&mut self, outcome: DeliveryOutcome) {
        known(&mut self.hooks()[0].deliveries)[0].outcome = outcome;
    }

    pub(crate) fn version(&mut self, version: Version) {
        let metadata = known(&mut self.observed.metadata);
        metadata.version = version;
        metadata.version_text = format!("{version}.0-ee");
    }
}

pub(crate) fn known<T>(seen: &mut Observation<T>) -> &mut T {
    match seen {
        Observation::Known(value) => value,
        _ => panic!("the observation is not known"),
    }
}

fn desired() -> Desired {
    let credentials = Credentials {
        application_id: "abcdef".to_owned(),
        secret: ApplicationSecret::new("gloas-healthy-fixture-secret").expect("a valid secret"),
    };
    Desired {
        kit: DesiredTrust::default(),
        instance: "https://gitlab.acme.com".parse().expect("a valid URL"),
        organization: Organization::default(),
        application: DesiredApplication {
            name: "Factory Integration".to_owned(),
            redirect_uri: "https://api.factory.example/callback".to_owned(),
            scopes: words(&["api", "read_user"]),
            confidential: true,
            trusted: false,
            origin: ApplicationOrigin::Given(credentials),
        },
        webhooks: DesiredWebhooks {
            strategy: Strategy::Auto,
            selection: Selection::default(),
            prune: Prune::Nothing,
            url: "https://hooks.factory.example/gitlab/acme".parse().expect("a valid URL"),
            token: WebhookToken::new("healthy-fixture-token").expect("a valid token"),
            previous_token: None,
            signing_token: Some(SigningToken::new("whsec_aGVhbHRoeS13b3JsZA").expect("a valid token")),
            events: vec![Event::Push, Event::Note],
            name: "Factory".to_owned(),
            receipts_url: None,
            resets_token: ResetToken::NotAsked,
        },
        handover: DesiredHandover { handover: Handover::Given, choice: None, scopes: words(&["api"]) },
        delivery: BundleDelivery { network: None, recipients: Vec::new(), way: BundleRoute::File("bundle.age".into()) },
        status_url: None,
        disconnect_url: None,
        answers: Vec::new(),
    }
}

fn token(id: u64, name: &str) -> TokenDetails {
    TokenDetails {
        id,
        name: name.to_owned(),
        scopes: words(&["api", "admin_mode"]),
        user_id: 1,
        active: true,
        revoked: false,
        expires_at: Some("2027-01-01".parse().expect("a valid date")),
        granular: false,
        granular_scopes: None,
        last_used_at: None,
        created_at: None,
    }
}

fn observed(desired: &Desired) -> Observed {
    Observed {
        at: at("2026-06-01T12:00:00Z"),
        network: NetworkSeen {
            addresses: Observation::Known(vec!["10.0.0.7".parse().expect("a valid URL")]),
            connect: Observation::Known(Duration::from_millis(3)),
            tls: Observation::Known(CertificateSeen {
                issuer: "Acme CA".to_owned(),
                not_before: at("2026-01-01T00:00:00Z"),
                not_after: at("2027-06-01T00:00:00Z"),
                inspector: None,
                private_root: None,
            }),
        },
        metadata: Observation::Known(Metadata {
            version: Version::new(19, 2),
            version_text: "19.2.0-ee".to_owned(),
            edition: Edition::Ee,
        }),
        own_url: Observation::Known(Some("https://gitlab.acme.com".to_owned())),
        token_looks_like: None,
        token: Observation::Known(token(4, "factory")),
        named_tokens: Observation::Known(Vec::new()),
        handed_over: Observation::Known(Some(token(5, "Factory 2026-01-01 12:00:00"))),
        user: Observation::Known(User {
            id: 1,
            username: "root".to_owned(),
            bot: false,
            is_admin: Some(true),
            state: "active".to_owned(),
            web_url: None,
        }),
        license: Observation::Known(License::Licensed { plan: "premium".to_owned(), expired: false }),
        applications: Observation::Known(vec![application(desired)]),
        scopes_supported: Observation::Skipped("not needed"),
        pair: Observation::Known(PairValidity::Valid),
        probed_scopes: Observation::Skipped("the list shows them"),
        hooks: Observation::Known(HooksSeen {
            strategy: Strategy::Group,
            targets: vec![target(desired, 7), target(desired, 8)],
            left_out: LeftOut::default(),
            split_groups: Vec::new(),
            unmatched_exclusions: Vec::new(),
            others: Vec::new(),
            others_read: OthersRead::All,
            at_factory: Vec::new(),
        }),
        factory: factory(),
        took: BTreeMap::from([(Read::Metadata, Duration::from_millis(12))]),
    }
}

fn factory() -> FactorySeen {
    FactorySeen {
        status: Observation::Known(FactoryStatus { state: FactoryState::Connected, detail: None }),
        key_withheld: false,
        hosts: vec![("api.factory.example".to_owned(), Observation::Known(()))],
        bundle: Observation::Known(BundleSeen::Accepted { id: None, sha256: "00".to_owned() }),
        proofs: Observation::Known(vec![DeliveryProof {
            logged: Some(DeliveryOutcome::Answered(204)),
            target: Target::Group { id: 7, path: "g7".into() },
            test: Fact::Holds("201".to_owned()),
            refusal: None,
            log: Fact::Holds("200".to_owned()),
            receipt: Fact::Holds("received".to_owned()),
        }]),
    }
}

pub(crate) fn application(desired: &Desired) -> Application {
    let wanted = &desired.application;
    Application {
        id: 3,
        application_id: "abcdef".to_owned(),
        name: wanted.name.clone(),
        callback_url: format!("https://other.example/cb\r\n{}", wanted.redirect_uri),
        confidential: true,
        scopes: Some(words(&["read_user", "api", "sudo"])),
    }
}

pub(crate) fn target(desired: &Desired, id: u64) -> TargetSeen {
    let target = Target::Group { id, path: format!("g{id}").into() };
    TargetSeen { hooks: Observation::Known(vec![hook(desired, target.clone(), id * 10)]), target, empty: false }
}

pub(crate) fn hook(desired: &Desired, target: Target, id: u64) -> HookSeen {
    let (number, version) = (target.number(), Version::new(19, 2));
    let spec = desired.hook(target, version);
    let delivery = |id, status| LoggedDelivery {
        id,
        trigger: "push_hooks".to_owned(),
        outcome: DeliveryOutcome::Answered(status),
        key: None,
        created_at: None,
    };
    let attributes = HookAttributes {
        url: spec.url,
        name: Some(spec.name),
        description: Some(Mark::without(&spec.description).to_owned()),
        events: spec.events,
        enable_ssl_verification: true,
        payload: HookPayload::default(),
        alert_status: AlertStatus::Executable,
        disabled_until: None,
        token_present: Some(true),
        signing_token_present: Some(true),
        push_events_branch_filter: None,
    };
    HookSeen {
        hook: Hook {
            id,
            mark: Some(Mark::Bound(desired.marker().mark(number, version))),
            attributes: attributes.into(),
        },
        owner: HookOwner::Ours,
        deliveries: Observation::Known(vec![delivery(2, 200), delivery(1, 204)]),
    }
}
