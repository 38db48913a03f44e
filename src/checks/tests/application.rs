use super::fixture::{Fixture, application, failed, refused, words};
use super::table;
use crate::desired::ApplicationOrigin;
use crate::gitlab::{PairValidity, ProbedScopes};
use crate::http::{Cause, ErrorResponse};
use crate::observed::Observation;

/// The kit alone: no ID, no secret.
fn kit_alone(fixture: &mut Fixture) {
    fixture.desired.application.origin = ApplicationOrigin::Auto { given: None, renew: false };
    fixture.observed.pair = Observation::Skipped("no application secret is given");
    fixture.observed.probed_scopes = Observation::Skipped("no application secret is given");
}

fn hidden_scopes(fixture: &mut Fixture) {
    fixture.applications()[0].scopes = None;
}

fn probed(fixture: &mut Fixture, present: &[&str], missing: &[&str]) {
    hidden_scopes(fixture);
    fixture.observed.probed_scopes =
        Observation::Known(ProbedScopes { present: words(present), missing: words(missing) });
}

fn twice(fixture: &mut Fixture) {
    kit_alone(fixture);
    let mut second = application(&fixture.desired);
    second.id = 4;
    fixture.applications().push(second);
}

#[test]
fn exactly_one_application_has_to_match() {
    table(
        "application.exists",
        &[
            ("found by name and redirect URI", kit_alone, "pass"),
            ("none", |fixture| fixture.applications().clear(), "fail"),
            ("another ID", |fixture| fixture.applications()[0].application_id = "other".to_owned(), "fail"),
            ("two that fit", twice, "fail"),
            (
                "another of that name",
                |fixture| {
                    twice(fixture);
                    fixture.applications()[1].callback_url = "https://elsewhere.example".to_owned();
                },
                "pass",
            ),
            (
                "two of that name and no redirect URI",
                |fixture| {
                    twice(fixture);
                    for one in fixture.applications() {
                        one.callback_url = "https://elsewhere.example".to_owned();
                    }
                },
                "fail",
            ),
            ("another name", |fixture| fixture.applications()[0].name = "Robot".to_owned(), "warn"),
        ],
    );
}

#[test]
fn the_redirect_uri_is_compared_byte_by_byte() {
    fn set(fixture: &mut Fixture, uri: &str) {
        kit_alone(fixture);
        fixture.applications()[0].callback_url = uri.to_owned();
    }
    table(
        "application.redirect_uri",
        &[
            ("alone", |fixture| set(fixture, "https://api.factory.example/callback"), "pass"),
            ("among several", |fixture| set(fixture, "https://a.example https://api.factory.example/callback"), "pass"),
            ("a slash more", |fixture| set(fixture, "https://api.factory.example/callback/"), "fail"),
            ("another case", |fixture| set(fixture, "https://API.factory.example/callback"), "fail"),
            ("a comma list", |fixture| set(fixture, "https://a.example,https://api.factory.example/callback"), "fail"),
        ],
    );
    table("application.confidential", &[("public", |fixture| fixture.applications()[0].confidential = false, "fail")]);
}

#[test]
fn scopes_are_read_or_probed_or_not_known() {
    table(
        "application.scopes",
        &[
            ("listed, one missing", |fixture| fixture.applications()[0].scopes = Some(words(&["api"])), "fail"),
            ("listed, none", |fixture| fixture.applications()[0].scopes = Some(Vec::new()), "fail"),
            ("probed", |fixture| probed(fixture, &["api", "read_user"], &[]), "pass"),
            ("probed, one missing", |fixture| probed(fixture, &["api"], &["read_user"]), "fail"),
            ("probed for too little", |fixture| probed(fixture, &["api"], &[]), "fail"),
            (
                "the probe fails",
                |fixture| {
                    hidden_scopes(fixture);
                    fixture.observed.probed_scopes = refused(503, "down");
                },
                "unknown",
            ),
            (
                "neither",
                |fixture| {
                    kit_alone(fixture);
                    hidden_scopes(fixture);
                },
                "skip",
            ),
            (
                "neither, and no application",
                |fixture| {
                    kit_alone(fixture);
                    fixture.applications().clear();
                },
                "skip",
            ),
        ],
    );
}

#[test]
fn the_id_and_secret_are_proved_together() {
    table(
        "application.secret",
        &[
            ("wrong", |fixture| fixture.observed.pair = Observation::Known(PairValidity::Invalid), "fail"),
            ("no secret", kit_alone, "skip"),
            ("down", |fixture| fixture.observed.pair = refused(502, "bad gateway"), "unknown"),
        ],
    );
    let mut fixture = Fixture::healthy();
    hidden_scopes(&mut fixture);
    fixture.observed.pair = Observation::Known(PairValidity::Invalid);
    fixture.observed.probed_scopes = failed(Cause::Status(ErrorResponse {
        status: 401,
        error: Some("invalid_client".to_owned()),
        ..ErrorResponse::default()
    }));
    assert_eq!(fixture.finding("application.secret").status.name(), "fail");
    assert_ne!(fixture.finding("application.scopes").status.name(), "pass");
}
