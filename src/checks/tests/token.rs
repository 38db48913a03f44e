use super::healthy::{World, failed, refused, words};
use super::table;
use crate::http::{Answer, Cause};
use crate::kit::Handover;

fn says(world: &mut World, status: u16, error: &str, description: &str) {
    world.observed.token = failed(Cause::Status(Answer {
        status,
        error: Some(error.to_owned()),
        error_description: Some(description.to_owned()),
        ..Answer::default()
    }));
}

fn scopes(world: &mut World, scopes: &[&str]) {
    world.token().scopes = words(scopes);
}

fn ends(world: &mut World, date: &str) {
    world.token().expires_at = Some(date.parse().expect("a date"));
}

#[test]
fn a_dead_token_is_told_apart() {
    table(
        "token.valid",
        &[
            ("unknown", |world| world.observed.token = refused(401, "401 Unauthorized"), "fail"),
            ("expired", |world| says(world, 401, "invalid_token", "Token is expired. You can …"), "fail"),
            ("revoked", |world| says(world, 401, "invalid_token", "Token was revoked. You have …"), "fail"),
            ("inactive", |world| world.token().active = false, "fail"),
            (
                "an OAuth token",
                |world| {
                    world.observed.token =
                        refused(400, "This endpoint requires token type to be a personal access token");
                },
                "fail",
            ),
            (
                "blocked",
                |world| world.observed.token = refused(403, "403 Forbidden - Your account has been blocked"),
                "fail",
            ),
            ("down", |world| world.observed.token = refused(503, "down"), "unknown"),
        ],
    );
    for (description, wanted) in
        [("Token is expired. You", "the token has expired"), ("Token was revoked. You", "the token was revoked")]
    {
        let mut world = World::healthy();
        says(&mut world, 401, "invalid_token", description);
        assert_eq!(world.finding("token.valid").cause.as_deref(), Some(wanted));
    }
}

#[test]
fn scopes_are_enough_or_named() {
    table(
        "token.scopes",
        &[
            ("read only", |world| scopes(world, &["read_api"]), "fail"),
            ("fine-grained", |world| world.token().granular = true, "fail"),
            ("a part of api asked for", |world| world.desired.handover.scopes = words(&["read_user"]), "pass"),
            ("more asked for", |world| world.desired.handover.scopes = words(&["api", "sudo"]), "fail"),
            (
                "more asked for and not handed over",
                |world| {
                    world.desired.handover.scopes = words(&["api", "sudo"]);
                    world.desired.handover.handover = Handover::Minted;
                },
                "pass",
            ),
        ],
    );
    table(
        "token.excess",
        &[
            ("sudo", |world| scopes(world, &["api", "sudo"]), "warn"),
            ("a part of api", |world| scopes(world, &["api", "read_user"]), "pass"),
            ("a new scope", |world| scopes(world, &["api", "ai_features"]), "warn"),
        ],
    );
}

#[test]
fn the_end_is_midnight_utc() {
    table(
        "token.expiry",
        &[
            ("never", |world| world.token().expires_at = None, "pass"),
            ("today", |world| ends(world, "2026-06-01"), "fail"),
            ("tomorrow", |world| ends(world, "2026-06-02"), "warn"),
            ("in 13 days", |world| ends(world, "2026-06-15"), "warn"),
            ("in 14 days", |world| ends(world, "2026-06-16"), "pass"),
        ],
    );
}

fn forbidden(world: &mut World) {
    world.observed.applications = refused(403, "403 Forbidden");
}

#[test]
fn not_an_admin_is_told_from_admin_mode_as_far_as_that_goes() {
    let bot: fn(&mut World) = |world| {
        forbidden(world);
        world.user().username = "project_12_bot_0a1b".to_owned();
        world.user().bot = true;
        world.user().is_admin = None;
    };
    for (change, wanted) in [
        (bot, "this is a project access token; it acts for the bot project_12_bot_0a1b, no administrator"),
        (forbidden as fn(&mut World), "root is no administrator"),
        (
            |world: &mut World| {
                forbidden(world);
                scopes(world, &["api"]);
            },
            "root is an administrator, Admin Mode is on, and the token lacks the scope admin_mode",
        ),
        (
            |world: &mut World| {
                forbidden(world);
                scopes(world, &["api"]);
                world.user().is_admin = None;
            },
            "either root is no administrator, or Admin Mode is on and the token lacks the scope admin_mode",
        ),
    ] {
        let mut world = World::healthy();
        change(&mut world);
        assert_eq!(world.finding("token.admin").cause.as_deref(), Some(wanted));
        assert_eq!(world.finding("token.admin").status.name(), "fail");
    }
}

#[test]
fn an_admin_is_proved_by_an_admins_read() {
    table(
        "token.admin",
        &[
            ("is_admin hidden", |world| world.user().is_admin = None, "pass"),
            ("down", |world| world.observed.applications = refused(500, "500"), "unknown"),
            ("a limit", |world| world.observed.applications = refused(429, "Retry later"), "unknown"),
            (
                "too few scopes",
                |world| {
                    forbidden(world);
                    scopes(world, &["read_user"]);
                },
                "skip",
            ),
        ],
    );
}
