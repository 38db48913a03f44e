//! Reviews of a healthy connection with one difference.

use std::collections::BTreeMap;

use crate::audit::AuditSeverity::{Error, Info, Warning};
use crate::audit::{Audit, AuditInputs, AuditSeverity, audit};
use crate::checks::review;
use crate::gitlab::{Administrator, Application, AuditEvent, GranularScope, SecuritySettings, TokenDetails};
use crate::journal::{OwnApplication, Record};
use crate::observed::{
    AuditSeen, EventsSeen, HookAtFactory, HookOwner, Observation, OtherTarget, Standing, TargetSeen,
};
use crate::target::{Event, Target};
use crate::testing::fixture::{self, Fixture, at, words};

/// Everything that a review is made from.
struct Reviewed {
    fixture: Fixture,
    seen: AuditSeen,
    record: Record,
}

impl Reviewed {
    /// A connection with nothing to find but what everyone should know.
    fn new() -> Self {
        let mut fixture = Fixture::healthy();
        let unremarkable =
            Application { scopes: Some(words(&["api", "read_user"])), ..fixture.applications()[0].clone() };
        let callback_url = fixture.desired.application.redirect_uri.clone();
        *fixture.applications() = vec![Application { callback_url, ..unremarkable }];
        let settings = SecuritySettings {
            admin_mode: Some(true),
            disables_admin_scopes: Some(true),
            allows_local_webhooks: Some(false),
            outbound_allowlist: Some(Vec::new()),
            oauth_token_lifetime: Some(7200),
            allows_immediate_deletion: Some(false),
            allows_user_applications: Some(false),
            requires_token_expiry: Some(true),
        };
        let root = Administrator { id: 1, username: "root".to_owned() };
        let seen = AuditSeen {
            settings: Observation::Known(settings),
            administrators: Observation::Known(vec![root]),
            events: Observation::Known(EventsSeen::default()),
        };
        let mut reviewed = Self { fixture, seen, record: Record::default() };
        reviewed.handed_over().last_used_at = Some(at("2026-05-30T10:00:00Z"));
        reviewed
    }

    fn handed_over(&mut self) -> &mut TokenDetails {
        fixture::known(&mut self.fixture.observed.handed_over).as_mut().expect("a token")
    }

    fn settings(&mut self) -> &mut SecuritySettings {
        fixture::known(&mut self.seen.settings)
    }

    fn events(&mut self) -> &mut EventsSeen {
        fixture::known(&mut self.seen.events)
    }

    fn audit(&self) -> Audit {
        audit(AuditInputs {
            desired: &self.fixture.desired,
            observed: &self.fixture.observed,
            seen: &self.seen,
            record: &self.record,
            today: "2026-06-01".parse().expect("a date"),
            since: "2026-03-04".parse().expect("a date"),
        })
    }
}

/// The findings of a connection with a difference that are not those without it.
fn news(change: fn(&mut Reviewed)) -> Vec<(AuditSeverity, &'static str, String)> {
    let before = Reviewed::new().audit().findings;
    let mut reviewed = Reviewed::new();
    change(&mut reviewed);
    let after = reviewed.audit().findings;
    let new = after.into_iter().filter(|one| !before.contains(one));
    new.map(|one| (one.severity, one.code, one.subject)).collect()
}

#[test]
fn a_healthy_connection_has_notes_and_the_administrators_own_token_at_factory() {
    let audit = Reviewed::new().audit();
    let found: Vec<(&str, &str)> = audit.findings.iter().map(|one| (one.severity.name(), one.code)).collect();
    let notes =
        ["administrators", "application.access", "token.access", "token.access", "token.writes", "webhook.access"];
    let mut wanted = vec![("warning", "token.shared")];
    wanted.extend(notes.map(|code| ("info", code)));
    assert_eq!(found, wanted);
    assert!(audit.unread.is_empty());
}

fn foreign_application(reviewed: &mut Reviewed, name: &str, callback_url: &str) {
    let other = Application {
        id: 9,
        application_id: "other".to_owned(),
        name: name.to_owned(),
        callback_url: callback_url.to_owned(),
        confidential: true,
        scopes: None,
    };
    reviewed.fixture.applications().push(other);
}

fn event(kind: &str, target_type: &str, target_id: &str, target: &str) -> AuditEvent {
    AuditEvent {
        id: 7,
        kind: Some(kind.to_owned()),
        message: String::new(),
        author: "Ann".to_owned(),
        target_type: target_type.to_owned(),
        target_id: target_id.to_owned(),
        target: target.to_owned(),
        place: "acme".to_owned(),
        at: at("2026-05-01T10:00:00Z"),
    }
}

/// A difference, and the severity, code and subject of what it adds.
type Case = (fn(&mut Reviewed), AuditSeverity, &'static str, &'static str);

const CASES: &[Case] = &[
    (|r| r.fixture.applications()[0].confidential = false, Error, "application.confidential", "application Factory"),
    (
        |r| r.fixture.applications()[0].callback_url.push_str("\nhttps://evil.example/"),
        Warning,
        "application.redirect_uri",
        "application Factory",
    ),
    (
        |r| r.fixture.applications()[0].scopes = Some(words(&["api", "read_user", "admin_mode"])),
        Warning,
        "application.scopes",
        "application Factory",
    ),
    (
        |r| foreign_application(r, "Other", "https://api.factory.example/else"),
        Warning,
        "application.other",
        "application Other",
    ),
    (
        |r| foreign_application(r, "Factory Integration", "https://elsewhere.example/"),
        Warning,
        "application.other",
        "application Factory",
    ),
    (|r| r.fixture.applications().clear(), Info, "application.missing", "application Factory"),
    (
        |r| r.record.application = OwnApplication::Made { application_id: "gone".to_owned() },
        Warning,
        "application.missing",
        "application Factory",
    ),
    (
        |r| {
            r.fixture.applications()[0].scopes = Some(words(&["api", "sudo"]));
            r.settings().disables_admin_scopes = Some(false);
        },
        Warning,
        "application.sudo",
        "application Factory",
    ),
    (|r| r.handed_over().revoked = true, Error, "token.ended", "token Factory"),
    (|r| r.handed_over().active = false, Error, "token.ended", "token Factory"),
    (|r| r.handed_over().expires_at = None, Warning, "token.endless", "token Factory"),
    (
        |r| r.handed_over().expires_at = Some("2026-06-10".parse().expect("a date")),
        Warning,
        "token.ends",
        "token Factory",
    ),
    (|r| r.handed_over().last_used_at = Some(at("2026-03-03T23:00:00Z")), Warning, "token.unused", "token Factory"),
    (|r| r.handed_over().last_used_at = None, Warning, "token.unused", "token Factory"),
    (
        |r| {
            let token = TokenDetails { id: 9, name: "mine".to_owned(), ..r.handed_over().clone() };
            fixture::known(&mut r.fixture.observed.named_tokens).push(token);
            r.record.given_before.insert(9);
        },
        Warning,
        "token.former",
        "token mine (number 9)",
    ),
    (
        |r| {
            let token = TokenDetails { id: 9, ..r.handed_over().clone() };
            fixture::known(&mut r.fixture.observed.named_tokens).push(token);
        },
        Warning,
        "token.left",
        "token Factory",
    ),
    (|r| r.handed_over().scopes.push("sudo".to_owned()), Warning, "token.scopes", "token Factory"),
    (|r| r.fixture.token().scopes.push("read_registry".to_owned()), Warning, "token.scopes", "token factory"),
    (|r| r.fixture.hook().enable_ssl_verification = false, Error, "webhook.tls", "webhook 70 on group g7"),
    (|r| r.fixture.hook().token_present = Some(false), Error, "webhook.token", "webhook 70 on group g7"),
    (|r| r.fixture.hook().events.push(Event::Job), Warning, "webhook.events", "webhook 70 on group g7"),
    (
        |r| r.fixture.hook().payload.template = Some("{}".to_owned()),
        Warning,
        "webhook.payload",
        "webhook 70 on group g7",
    ),
    (|r| r.fixture.hooks()[0].owner = HookOwner::Foreign, Warning, "webhook.other", "webhook 70 on group g7"),
    (
        |r| {
            r.fixture.hook().enable_ssl_verification = false;
            r.fixture.hooks()[0].owner = HookOwner::Foreign;
        },
        Error,
        "webhook.tls",
        "webhook 70 on group g7",
    ),
    (|r| r.fixture.hooks()[0].owner = HookOwner::Unmarked, Info, "webhook.unmarked", "webhook 70 on group g7"),
    (
        |r| {
            let hook = r.fixture.hook().clone();
            let hooks = fixture::known(&mut r.fixture.observed.hooks);
            hooks.at_factory.push(HookAtFactory { target: Target::System, hook });
        },
        Warning,
        "webhook.other",
        "webhook 70 on the instance",
    ),
    (
        |r| {
            let seen = fixture::target(&r.fixture.desired, 9);
            let other = OtherTarget { seen, standing: Standing::OutOfScope };
            fixture::known(&mut r.fixture.observed.hooks).others.push(other);
        },
        Warning,
        "webhook.scope",
        "webhook 90 on group g9",
    ),
    (|r| r.settings().disables_admin_scopes = Some(false), Info, "settings.admin_scopes", "setting disable_admin"),
    (|r| r.settings().allows_immediate_deletion = Some(true), Info, "settings.deletion", "setting allow_immediate"),
    (|r| r.settings().admin_mode = Some(false), Info, "settings.admin_mode", "setting admin_mode"),
    (|r| r.settings().allows_local_webhooks = Some(true), Warning, "settings.local_requests", "setting allow_local"),
    (|r| r.settings().requires_token_expiry = Some(false), Warning, "settings.token_expiry", "setting require"),
    (|r| r.settings().oauth_token_lifetime = Some(86_400), Warning, "settings.oauth_lifetime", "setting oauth"),
    (|r| r.settings().allows_user_applications = Some(true), Info, "settings.user_applications", "setting user"),
    (|r| r.settings().outbound_allowlist = Some(words(&["10.0.0.1"])), Info, "settings.allowlist", "setting outbound"),
    (
        |r| {
            r.events().events.push(event(
                "oauth_application_updated",
                "Authn::OauthApplication",
                "3",
                "Factory Integration",
            ));
        },
        Info,
        "event",
        "audit event 7",
    ),
    (
        |r| r.events().events.push(event("webhook_created", "GroupHook", "70", "Hook 70")),
        Info,
        "event",
        "audit event 7",
    ),
    (
        |r| r.events().events.push(event("webhook_destroyed", "GroupHook", "9", "https://hooks.factory.example/x")),
        Info,
        "event",
        "audit event 7",
    ),
    (
        |r| r.events().events.push(event("personal_access_token_issued", "PersonalAccessToken", "8", "Factory 2026")),
        Info,
        "event",
        "audit event 7",
    ),
];

#[test]
fn each_difference_is_a_finding_with_its_severity() {
    for (number, (change, severity, code, subject)) in CASES.iter().enumerate() {
        let new = news(*change);
        let is_found =
            |one: &(AuditSeverity, &str, String)| one.0 == *severity && one.1 == *code && one.2.starts_with(subject);
        assert!(new.iter().any(is_found), "{number} {code}: {new:?}");
    }
}

/// The pages are of `review::ALL`, so that this holds of them, too.
#[test]
fn every_code_of_the_list_is_found_with_its_severity_and_every_code_that_is_found_is_in_the_list() {
    let changes = CASES.iter().map(|(change, ..)| Some(*change)).chain([None]);
    let mut found: BTreeMap<&str, AuditSeverity> = BTreeMap::new();
    for change in changes {
        let mut reviewed = Reviewed::new();
        if let Some(change) = change {
            change(&mut reviewed);
        }
        for finding in reviewed.audit().findings {
            let info = review::find(finding.code).expect("a code of the list");
            assert_eq!(finding.doc, info.doc());
            let worst = found.entry(finding.code).or_insert(finding.severity);
            *worst = (*worst).min(finding.severity);
        }
    }
    let listed = review::ALL.iter().map(|info| (info.code, AuditSeverity::from(info.severity)));
    assert_eq!(found, listed.collect());
    assert_eq!(found.len(), review::ALL.len(), "a code is listed twice");
}

#[test]
fn what_concerns_another_product_is_not_a_finding() {
    for change in [
        (|r| foreign_application(r, "Other", "https://ci.example/")) as fn(&mut Reviewed),
        |r| r.events().events.push(event("oauth_application_updated", "Authn::OauthApplication", "9", "Other")),
        |r| r.events().events.push(event("webhook_created", "ProjectHook", "99", "Hook 99")),
        |r| r.events().events.push(event("personal_access_token_issued", "PersonalAccessToken", "88", "mine")),
        |r| r.events().events.push(event("group_created", "Group", "70", "acme")),
    ] {
        assert_eq!(news(change), []);
    }
}

#[test]
fn a_new_token_that_was_not_used_yet_is_not_called_unused() {
    let new = news(|reviewed| {
        let token = reviewed.handed_over();
        (token.last_used_at, token.created_at) = (None, Some(at("2026-05-31T10:00:00Z")));
    });
    assert!(new.iter().all(|(_, code, _)| *code == "token.access"), "{new:?}");
}

#[test]
fn a_fine_grained_token_is_described_by_its_permissions() {
    let mut reviewed = Reviewed::new();
    let token = reviewed.fixture.token();
    (token.granular, token.scopes) = (true, words(&["granular"]));
    token.granular_scopes =
        Some(vec![GranularScope { access: "user".to_owned(), permissions: words(&["read_user", "read_group"]) }]);
    let audit = reviewed.audit();
    let own = audit.findings.iter().find(|one| one.code == "token.access" && one.subject.contains("number 4"));
    assert!(own.expect("it").cause.contains("fine-grained, user: read_user read_group"), "{own:?}");
    assert!(!audit.findings.iter().any(|one| one.code == "token.scopes" && one.subject.contains("number 4")));
}

#[test]
fn what_could_not_be_read_is_no_finding_and_is_named() {
    let mut reviewed = Reviewed::new();
    reviewed.seen.settings = fixture::refused(403, "403 Forbidden");
    reviewed.seen.administrators = fixture::unreachable();
    reviewed.fixture.targets()[0] =
        TargetSeen { hooks: fixture::unreachable(), ..fixture::target(&Fixture::healthy().desired, 7) };
    let audit = reviewed.audit();
    let unread: Vec<(&str, bool)> = audit.unread.iter().map(|one| (one.what.as_str(), one.is_refused)).collect();
    assert_eq!(
        unread,
        [("the webhooks of group g7", false), ("the settings of the instance", true), ("the administrators", false)]
    );
    assert!(!audit.findings.iter().any(|one| one.code.starts_with("settings")));
}

#[test]
fn the_worst_comes_first_and_numbers_in_their_order() {
    let mut reviewed = Reviewed::new();
    for id in [10, 9] {
        let mut target = fixture::target(&reviewed.fixture.desired, id);
        fixture::known(&mut target.hooks)[0].owner = HookOwner::Foreign;
        reviewed.fixture.targets().push(target);
    }
    let findings = reviewed.audit().findings;
    assert!(findings.is_sorted_by_key(|one| one.severity));
    let others: Vec<&str> =
        findings.iter().filter(|one| one.code == "webhook.other").map(|one| one.subject.as_str()).collect();
    assert_eq!(others, ["webhook 90 on group g9", "webhook 100 on group g10"]);
}
