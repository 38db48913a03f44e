//! Several ways to one place.

use super::*;

#[test]
fn two_protocols_at_one_port_are_told_apart_by_the_protocol_in_front() {
    let mut scene = Scene::healthy();
    for text in ["tcp://hooks.factory.example:443", "ssh://db.acme.example:99", "tcp://db.acme.example:99"] {
        let target: WayTarget = text.parse().expect(text);
        scene.seen.ways.push(well(&target));
    }
    let findings = scene.findings();
    let places =
        findings.iter().filter(|one| one.code == "network.tcp").map(|one| one.target.clone().expect("a target"));
    let places: Vec<(String, String)> = places.map(|target| (target.place, target.about)).collect();
    let places: Vec<(&str, &str)> = places.iter().map(|(place, about)| (&**place, &**about)).collect();
    assert_eq!(
        places,
        [
            ("gitlab.acme.example:443", "https, GitLab"),
            ("gitlab.acme.example:22", "ssh, GitLab: Git over SSH"),
            ("hooks.factory.example:443", "https, Factory: webhooks"),
            ("git.factory.example:22", "ssh, Factory"),
            ("tcp://hooks.factory.example:443", "tcp, given with --target"),
            ("ssh://db.acme.example:99", "ssh, given with --target"),
            ("tcp://db.acme.example:99", "tcp, given with --target"),
        ]
    );
}
