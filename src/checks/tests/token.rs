use super::fixture::{Fixture, failed, refused, words};
use super::table;
use crate::http::{Cause, ErrorResponse};
use crate::kit::Handover;

fn says(fixture: &mut Fixture, status: u16, error: &str, description: &str) {
    fixture.observed.token = failed(Cause::Status(ErrorResponse {
        status,
        error: Some(error.to_owned()),
        error_description: Some(description.to_owned()),
        ..ErrorResponse::default()
    }));
}

fn scopes(fixture: &mut Fixture, scopes: &[&str]) {
    fixture.token().scopes = words(scopes);
}

fn ends(fixture: &mut Fixture, date: &str) {
    fixture.token().expires_at = Some(date.parse().expect("a valid date"));
}

#[test]
fn each_reason_for_an_invalid_token_is_named() {
    table(
        "token.valid",
        &[
            ("unknown", |fixture| fixture.observed.token = refused(401, "401 Unauthorized"), "fail"),
            ("expired", |fixture| says(fixture, 401, "invalid_token", "Token is expired. You can …"), "fail"),
            ("revoked", |fixture| says(fixture, 401, "invalid_token", "Token was revoked. You have …"), "fail"),
            ("inactive", |fixture| fixture.token().active = false, "fail"),
            (
                "an OAuth token",
                |fixture| {
                    fixture.observed.token =
                        refused(400, "This endpoint requires token type to be a personal access token");
                },
                "fail",
            ),
            (
                "blocked",
                |fixture| fixture.observed.token = refused(403, "403 Forbidden - Your account has been blocked"),
                "fail",
            ),
            ("down", |fixture| fixture.observed.token = refused(503, "down"), "unknown"),
        ],
    );
    for (description, wanted) in
        [("Token is expired. You", "the token has expired"), ("Token was revoked. You", "the token was revoked")]
    {
        let mut fixture = Fixture::healthy();
        says(&mut fixture, 401, "invalid_token", description);
        assert_eq!(fixture.finding("token.valid").cause.as_deref(), Some(wanted));
    }
}

#[test]
fn missing_and_excessive_scopes_are_named() {
    table(
        "token.scopes",
        &[
            ("read only", |fixture| scopes(fixture, &["read_api"]), "fail"),
            ("fine-grained", |fixture| fixture.token().granular = true, "fail"),
            ("a part of api asked for", |fixture| fixture.desired.handover.scopes = words(&["read_user"]), "pass"),
            ("more asked for", |fixture| fixture.desired.handover.scopes = words(&["api", "sudo"]), "fail"),
            (
                "more asked for and not handed over",
                |fixture| {
                    fixture.desired.handover.scopes = words(&["api", "sudo"]);
                    fixture.desired.handover.handover = Handover::Minted;
                },
                "pass",
            ),
        ],
    );
    table(
        "token.excess",
        &[
            ("sudo", |fixture| scopes(fixture, &["api", "sudo"]), "warn"),
            ("a part of api", |fixture| scopes(fixture, &["api", "read_user"]), "pass"),
            ("a new scope", |fixture| scopes(fixture, &["api", "ai_features"]), "warn"),
        ],
    );
}

#[test]
fn a_token_expires_at_midnight_utc() {
    table(
        "token.expiry",
        &[
            ("never", |fixture| fixture.token().expires_at = None, "pass"),
            ("today", |fixture| ends(fixture, "2026-06-01"), "fail"),
            ("tomorrow", |fixture| ends(fixture, "2026-06-02"), "warn"),
            ("in 13 days", |fixture| ends(fixture, "2026-06-15"), "warn"),
            ("in 14 days", |fixture| ends(fixture, "2026-06-16"), "pass"),
        ],
    );
}

fn forbidden(fixture: &mut Fixture) {
    fixture.observed.applications = refused(403, "403 Forbidden");
}

#[test]
fn a_user_without_admin_rights_is_distinguished_from_admin_mode() {
    let bot: fn(&mut Fixture) = |fixture| {
        forbidden(fixture);
        fixture.user().username = "project_12_bot_0a1b".to_owned();
        fixture.user().bot = true;
        fixture.user().is_admin = None;
    };
    for (change, wanted) in [
        (bot, "this is a project access token; it acts for the bot project_12_bot_0a1b, which is not an administrator"),
        (forbidden as fn(&mut Fixture), "root is not an administrator"),
        (
            |fixture: &mut Fixture| {
                forbidden(fixture);
                scopes(fixture, &["api"]);
            },
            "root is an administrator, Admin Mode is on, and the token lacks the scope admin_mode",
        ),
        (
            |fixture: &mut Fixture| {
                forbidden(fixture);
                scopes(fixture, &["api"]);
                fixture.user().is_admin = None;
            },
            "either root is not an administrator, or Admin Mode is on and the token lacks the scope admin_mode",
        ),
    ] {
        let mut fixture = Fixture::healthy();
        change(&mut fixture);
        assert_eq!(fixture.finding("token.admin").cause.as_deref(), Some(wanted));
        assert_eq!(fixture.finding("token.admin").status.name(), "fail");
    }
}

#[test]
fn listing_applications_proves_an_administrator() {
    table(
        "token.admin",
        &[
            ("is_admin hidden", |fixture| fixture.user().is_admin = None, "pass"),
            ("down", |fixture| fixture.observed.applications = refused(500, "500"), "unknown"),
            ("a limit", |fixture| fixture.observed.applications = refused(429, "Retry later"), "unknown"),
            (
                "too few scopes",
                |fixture| {
                    forbidden(fixture);
                    scopes(fixture, &["read_user"]);
                },
                "skip",
            ),
        ],
    );
}
