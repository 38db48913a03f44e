//! A small instance in memory: what is wanted of it, what is seen, what is recorded.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use crate::desired::*;
use crate::factory::{FactoryState, FactoryStatus};
use crate::gitlab::{AlertStatus, Application, Hook, License, Metadata, TokenDetails, User};
use crate::instance::{Edition, Version};
use crate::journal::{BundleRecord, OwnApplication, Record, SecretState};
use crate::kit::{Handover, Organization, UploadMethod};
use crate::observed::*;
use crate::secret::WebhookToken;
use crate::target::{Event, Strategy, Target};

pub(super) const REDIRECT: &str = "https://api.factory.example/callback";
pub(super) const ID: &str = "0123456789abcdef0123456789abcdef";

pub(super) fn desired() -> Desired {
    Desired {
        instance: "https://gitlab.acme.com".parse().expect("an address"),
        organization: Organization { id: "org_acme".to_owned(), name: "Acme".to_owned() },
        application: DesiredApplication {
            name: "Factory Integration".to_owned(),
            redirect_uri: REDIRECT.to_owned(),
            scopes: vec!["api".to_owned(), "sudo".to_owned()],
            confidential: true,
            trusted: false,
            origin: ApplicationOrigin::Auto { given: None, renew: false },
        },
        webhooks: DesiredWebhooks {
            strategy: Strategy::Auto,
            selection: Selection::default(),
            url: "https://hooks.factory.example/org_acme".parse().expect("an address"),
            token: WebhookToken::new("a-webhook-secret-token").expect("a token"),
            signing_token: None,
            events: vec![Event::Push, Event::Note],
            name: "Factory".to_owned(),
            receipts_url: None,
        },
        handover: DesiredHandover { handover: Handover::Given, scopes: vec!["api".to_owned()] },
        delivery: Delivery {
            recipients: vec!["age1factory".to_owned()],
            way: Way::Upload {
                url: "https://api.factory.example/v1/bundles?signature=x".parse().expect("an address"),
                method: UploadMethod::Post,
            },
        },
        status_url: None,
    }
}

pub(super) fn observed() -> Observed {
    Observed {
        at: "2026-11-21T12:00:00Z".parse().expect("a time"),
        network: NetworkSeen {
            addresses: Seen::Known(vec![IpAddr::V4(Ipv4Addr::LOCALHOST)]),
            connect: Seen::Known(Duration::from_millis(1)),
            tls: Seen::NotAsked("not needed here"),
        },
        metadata: Seen::Known(Metadata {
            version: Version::new(19, 2),
            version_text: "19.2.0-ee".to_owned(),
            edition: Edition::Ee,
        }),
        own_url: Seen::Known(None),
        token: Seen::Known(TokenDetails {
            id: 1,
            name: "admin".to_owned(),
            scopes: vec!["api".to_owned()],
            user_id: 1,
            active: true,
            revoked: false,
            expires_at: None,
            granular: false,
        }),
        user: Seen::Known(an_admin()),
        license: Seen::Known(License::Licensed { plan: "premium".to_owned(), expired: false }),
        applications: Seen::Known(Vec::new()),
        scopes_supported: Seen::Known(vec!["api".to_owned(), "sudo".to_owned()]),
        pair: Seen::NotAsked("not needed here"),
        probed_scopes: Seen::NotAsked("not needed here"),
        hooks: Seen::Known(HooksSeen {
            strategy: Strategy::Group,
            targets: vec![bare(group(1, "acme"))],
            left_out: LeftOut::default(),
        }),
        factory: FactorySeen {
            status: Seen::Known(status(FactoryState::Pending)),
            hosts: Vec::new(),
            bundle: Seen::NotAsked("not needed here"),
            proofs: Seen::NotAsked("not needed here"),
        },
        took: std::collections::BTreeMap::new(),
    }
}

pub(super) fn an_admin() -> User {
    User {
        id: 1,
        username: "root".to_owned(),
        bot: false,
        is_admin: Some(true),
        state: "active".to_owned(),
        web_url: None,
    }
}

pub(super) fn status(state: FactoryState) -> FactoryStatus {
    FactoryStatus { state, detail: None }
}

pub(super) fn group(id: u64, path: &str) -> Target {
    Target::Group { id, path: path.to_owned() }
}

pub(super) fn project(id: u64, path: &str) -> Target {
    Target::Project { id, path: path.to_owned() }
}

pub(super) fn bare(target: Target) -> TargetSeen {
    TargetSeen { target, empty: false, hooks: Seen::Known(Vec::new()) }
}

pub(super) fn with_hooks(target: Target, hooks: Vec<Hook>) -> TargetSeen {
    let seen = |hook| HookSeen { hook, deliveries: Seen::NotAsked("not needed here") };
    TargetSeen { target, empty: false, hooks: Seen::Known(hooks.into_iter().map(seen).collect()) }
}

pub(super) fn right_hook(id: u64) -> Hook {
    let spec = desired().webhooks.hook(group(1, "acme"));
    Hook {
        id,
        url: spec.url,
        name: Some(spec.name),
        description: Some(spec.description),
        events: spec.events,
        enable_ssl_verification: true,
        alert_status: AlertStatus::Executable,
        disabled_until: None,
        token_present: Some(true),
        signing_token_present: Some(false),
        push_events_branch_filter: None,
    }
}

pub(super) fn application(id: u64) -> Application {
    Application {
        id,
        application_id: ID.to_owned(),
        name: "Factory Integration".to_owned(),
        callback_url: REDIRECT.to_owned(),
        confidential: true,
        scopes: Some(vec!["api".to_owned(), "sudo".to_owned()]),
    }
}

pub(super) fn sealed() -> BundleRecord {
    BundleRecord {
        sha256: "aa".to_owned(),
        application_id: ID.to_owned(),
        secret: String::new(),
        recipients: vec!["age1factory".to_owned()],
        proven: true,
        accepted: true,
        receipt: None,
        accepted_at: None,
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
    observed.applications = Seen::Known(vec![application(7)]);
    observed.hooks = hooks(Strategy::Group, vec![with_hooks(group(1, "acme"), vec![right_hook(5)])]);
    observed.factory.status = Seen::Known(status(FactoryState::Connected));
    observed
}

pub(super) fn hooks(strategy: Strategy, targets: Vec<TargetSeen>) -> Seen<HooksSeen> {
    Seen::Known(HooksSeen { strategy, targets, left_out: LeftOut::default() })
}
