//! Clocks.

use super::*;

#[test]
fn whose_clock_is_wrong_is_told_where_two_others_agree() {
    fn ahead(scene: &mut Scene, target: &str, seconds: i64) {
        let way = scene.way(target);
        way.http = Some(answered(&way.target.clone(), seconds));
    }
    fn both(scene: &mut Scene, seconds: i64) {
        ahead(scene, HOOKS, seconds);
        ahead(scene, GITLAB, seconds);
    }
    hold(&[
        ("network.clock", HOOKS, |s| both(s, 29), "pass", ""),
        (
            "network.clock",
            HOOKS,
            |s| both(s, 40),
            "warn",
            "this machine's clock is 39 s behind those of hooks.factory.example, gitlab.acme.example, which agree",
        ),
        ("network.clock", GITLAB, |s| both(s, 400), "fail", "this machine's clock is 6 min behind"),
        ("network.clock", GITLAB, |s| both(s, -400), "fail", "this machine's clock is 6 min ahead of"),
        (
            "network.clock",
            GITLAB,
            |s| ahead(s, GITLAB, -400),
            "fail",
            "the clock of gitlab.acme.example is 6 min behind",
        ),
        ("network.clock", HOOKS, |s| ahead(s, GITLAB, -400), "pass", ""),
        (
            "network.clock",
            GITLAB,
            |s| {
                ahead(s, GITLAB, 400);
                s.way(HOOKS).http = Some(answered_now());
            },
            "fail",
            "one of them is wrong",
        ),
    ]);
}

#[test]
fn a_clock_that_is_not_judged_is_not_named_and_an_absurd_one_is_told_plainly() {
    fn ahead(scene: &mut Scene, target: &str, seconds: i64) {
        let way = scene.way(target);
        way.http = Some(answered(&way.target.clone(), seconds));
    }
    fn blocked_at_gitlab(scene: &mut Scene) {
        ahead(scene, HOOKS, 400);
        ahead(scene, GITLAB, 400);
        let page = page(UnexpectedPage::Firewall, 403);
        scene.way(GITLAB).http.iter_mut().for_each(|first| first.answer = Err(error(page.clone())));
    }
    fn unreadable(scene: &mut Scene) {
        let clock = Err(NoTime::Unreadable("Fri, 31 Dec 9999 23:59:59 GMT".to_owned()));
        scene.way(HOOKS).http.iter_mut().for_each(|first| first.clock.clone_from(&clock));
    }
    const YEAR: i64 = 365 * 24 * 60 * 60;
    hold(&[
        ("network.clock", HOOKS, blocked_at_gitlab, "fail", "one of them is wrong"),
        ("network.clock", GITLAB, blocked_at_gitlab, "skip", "depends on network.http"),
        ("network.clock", HOOKS, unreadable, "unknown", "cannot be read: \"Fri, 31 Dec 9999"),
        ("network.clock", HOOKS, |s| ahead(s, HOOKS, -425 * YEAR), "fail", "is 424 years behind"),
        ("network.clock", HOOKS, |s| ahead(s, HOOKS, 400 * 24 * 60 * 60), "fail", "is 399 days ahead of"),
        ("network.clock", HOOKS, |s| ahead(s, HOOKS, 10 * 60 * 60 + 5), "fail", "is 10 hours ahead of"),
    ]);
}
