use super::healthy::{World, application, failed, refused, words};
use super::table;
use crate::desired::ApplicationOrigin;
use crate::gitlab::{Pair, ProbedScopes};
use crate::http::{Answer, Cause};
use crate::observed::Seen;

/// The kit alone: no ID, no secret.
fn kit_alone(world: &mut World) {
    world.desired.application.origin = ApplicationOrigin::Auto { given: None, renew: false };
    world.observed.pair = Seen::NotAsked("no application secret at hand");
    world.observed.probed_scopes = Seen::NotAsked("no application secret at hand");
}

fn untold_scopes(world: &mut World) {
    world.applications()[0].scopes = None;
}

fn probed(world: &mut World, present: &[&str], missing: &[&str]) {
    untold_scopes(world);
    world.observed.probed_scopes = Seen::Known(ProbedScopes { present: words(present), missing: words(missing) });
}

fn twice(world: &mut World) {
    kit_alone(world);
    let mut second = application(&world.desired);
    second.id = 4;
    world.applications().push(second);
}

#[test]
fn one_application_and_no_other() {
    table(
        "application.exists",
        &[
            ("found by name and redirect URI", kit_alone, "pass"),
            ("none", |world| world.applications().clear(), "fail"),
            ("another ID", |world| world.applications()[0].application_id = "other".to_owned(), "fail"),
            ("two that fit", twice, "fail"),
            (
                "another of that name",
                |world| {
                    twice(world);
                    world.applications()[1].callback_url = "https://elsewhere.example".to_owned();
                },
                "pass",
            ),
            (
                "two of that name and no redirect URI",
                |world| {
                    twice(world);
                    for one in world.applications() {
                        one.callback_url = "https://elsewhere.example".to_owned();
                    }
                },
                "fail",
            ),
            ("another name", |world| world.applications()[0].name = "Robot".to_owned(), "warn"),
        ],
    );
}

#[test]
fn the_redirect_uri_is_equal_to_the_byte() {
    fn set(world: &mut World, uri: &str) {
        kit_alone(world);
        world.applications()[0].callback_url = uri.to_owned();
    }
    table(
        "application.redirect_uri",
        &[
            ("alone", |world| set(world, "https://api.factory.example/callback"), "pass"),
            ("among several", |world| set(world, "https://a.example https://api.factory.example/callback"), "pass"),
            ("a slash more", |world| set(world, "https://api.factory.example/callback/"), "fail"),
            ("another case", |world| set(world, "https://API.factory.example/callback"), "fail"),
            ("a comma list", |world| set(world, "https://a.example,https://api.factory.example/callback"), "fail"),
        ],
    );
    table("application.confidential", &[("public", |world| world.applications()[0].confidential = false, "fail")]);
}

#[test]
fn scopes_are_read_or_probed_or_not_known() {
    table(
        "application.scopes",
        &[
            ("listed, one missing", |world| world.applications()[0].scopes = Some(words(&["api"])), "fail"),
            ("listed, none", |world| world.applications()[0].scopes = Some(Vec::new()), "fail"),
            ("probed", |world| probed(world, &["api", "read_user"], &[]), "pass"),
            ("probed, one missing", |world| probed(world, &["api"], &["read_user"]), "fail"),
            ("probed for too little", |world| probed(world, &["api"], &[]), "fail"),
            (
                "the probe fails",
                |world| {
                    untold_scopes(world);
                    world.observed.probed_scopes = refused(503, "down");
                },
                "unknown",
            ),
            (
                "neither",
                |world| {
                    kit_alone(world);
                    untold_scopes(world);
                },
                "skip",
            ),
            (
                "neither, and no application",
                |world| {
                    kit_alone(world);
                    world.applications().clear();
                },
                "skip",
            ),
        ],
    );
}

#[test]
fn the_pair_is_proved() {
    table(
        "application.secret",
        &[
            ("wrong", |world| world.observed.pair = Seen::Known(Pair::Invalid), "fail"),
            ("no secret", kit_alone, "skip"),
            ("down", |world| world.observed.pair = refused(502, "bad gateway"), "unknown"),
        ],
    );
    let mut world = World::healthy();
    untold_scopes(&mut world);
    world.observed.pair = Seen::Known(Pair::Invalid);
    world.observed.probed_scopes =
        failed(Cause::Status(Answer { status: 401, error: Some("invalid_client".to_owned()), ..Answer::default() }));
    assert_eq!(world.finding("application.secret").status.name(), "fail");
    assert_ne!(world.finding("application.scopes").status.name(), "pass");
}
