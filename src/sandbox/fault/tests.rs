use super::documented::{ACTIONS, OF_CLOUD};
use super::*;

fn fault(written: &str) -> Fault {
    written.parse().unwrap_or_else(|error| panic!("{written}: {error}"))
}

#[test]
fn a_fault_is_read_as_it_is_written() {
    let cases = [
        ("/a=status:500", FaultAction::Status(500), 1, None),
        ("/a=status:500@2", FaultAction::Status(500), 2, None),
        ("/a=status:500x3", FaultAction::Status(500), 1, Some(3)),
        ("/a=status:500@2x3", FaultAction::Status(500), 2, Some(3)),
        ("/a=delay:20x1", FaultAction::Delay(Duration::from_millis(20)), 1, Some(1)),
        ("/a=redirect:http://h/x3", FaultAction::Redirect("http://h/x3".to_owned()), 1, None),
        ("/a=link:http://h/?a=b@1x2", FaultAction::Link("http://h/?a=b".to_owned()), 1, Some(2)),
        ("/a=endless:escapes", FaultAction::EndlessEscapes, 1, None),
        ("/a=json:{\"x\":1}x3", FaultAction::Json("{\"x\":1}x3".to_owned()), 1, None),
        ("/a=json:null@2x1", FaultAction::Json("null".to_owned()), 2, Some(1)),
        ("/a=before", FaultAction::Reset, 1, None),
        ("/a=json429x1", FaultAction::Json429, 1, Some(1)),
        ("/a=errors@2", FaultAction::Errors, 2, None),
        ("rate=1%,seed=7=lost", FaultAction::Lost, 1, None),
        ("gitlab:rate=1%=lostx2", FaultAction::Lost, 1, Some(2)),
    ];
    for (written, action, first, times) in cases {
        let read = fault(written);
        assert_eq!((read.action, read.first, read.times), (action, first, times), "{written}");
    }
}

#[test]
fn every_action_of_the_help_is_read() {
    for (written, _) in ACTIONS {
        let example = written.replace("NNN", "500").replace("SECS", "2").replace("MS", "20");
        let example = example.replace("URL", "http://h/").replace("TEXT", "{}").replace("JSON", "{}");
        assert!(format!("/a={example}").parse::<Fault>().is_ok(), "{written}");
        assert!(help().contains(&format!("\n  {written} ")), "{written}");
    }
}

#[test]
fn every_example_for_gitlab_com_is_read() {
    for (written, _) in OF_CLOUD {
        assert!(written.parse::<Fault>().is_ok(), "{written}");
        assert!(help().contains(&format!("--fault '{written}'")), "{written}");
    }
}

#[test]
fn the_visits_of_the_person_in_the_browser_are_counted() {
    let faults = FaultList::default();
    faults.add(fault("browser=deny@2x1"));
    let requests = faults.matching(Side::GitLab, &Method::GET, "/browser");
    assert!(requests.is_none(), "it is not a path");
    assert_eq!([(); 3].map(|()| faults.person()), [Person::Authorizes, Person::Denies, Person::Authorizes]);
}

#[test]
fn an_unreadable_fault_is_explained() {
    let cases = [
        ("/a", "has no `=`"),
        ("/a=explode", "unknown fault action \"explode\"; the actions are status:NNN"),
        ("/a=status", "`status` needs a status"),
        ("/a=status:99", "`status` needs a status"),
        ("/a=redirect:", "`redirect` needs an address"),
        ("/a=cut:5", "unknown fault action \"cut:5\""),
        ("/a[=cut", "cannot be parsed"),
        ("post /a=cut", "\"post\" is not a method"),
        ("rate=2=cut", "cannot be parsed; write it as `rate=1%`"),
        ("rate=101%=cut", "cannot be parsed"),
        ("rate=1%,seed=7", "has no `=`"),
        ("/a=cut@0", "counts of a fault start at 1"),
        ("/a=with:[]", "`with` needs a JSON object"),
        ("/a=oauth:", "`oauth` needs an error of OAuth"),
        ("browser=cut", "\"cut\" is not what the person in the browser does"),
    ];
    for (written, says) in cases {
        let error = written.parse::<Fault>().err().map(|error| error.to_string()).unwrap_or_default();
        assert!(error.contains(says), "{written}: {error:?}");
    }
}

#[test]
fn a_fault_applies_only_to_the_requests_it_names() {
    let cases = [
        ("POST /api/v4/applications=cut", Side::GitLab, Method::POST, "/api/v4/applications", true),
        ("POST /api/v4/applications=cut", Side::GitLab, Method::GET, "/api/v4/applications", false),
        ("factory:**=cut", Side::GitLab, Method::GET, "/api/v4/applications", false),
        ("factory:**=cut", Side::Factory, Method::GET, "/gitlab/v1/kit", true),
        ("/api/v4/projects/*/hooks=cut", Side::GitLab, Method::GET, "/api/v4/projects/1/hooks", true),
        ("/api/v4/projects/*/hooks=cut", Side::GitLab, Method::GET, "/api/v4/projects/1/a/hooks", false),
        ("/api/**=cut", Side::GitLab, Method::GET, "/api/v4/projects/1/a/hooks", true),
        ("rate=100%=cut", Side::GitLab, Method::GET, "/x", true),
        ("rate=0%=cut", Side::GitLab, Method::GET, "/x", false),
    ];
    for (written, side, method, path, applies) in cases {
        assert_eq!(fault(written).applies_to(side, &method, path), applies, "{written} {method} {path}");
    }
}

#[test]
fn a_fault_counts_the_requests_it_matches() {
    let mut counted = fault("/a=cut@2x2");
    let applied: Vec<bool> = (0..5).map(|_| counted.applies_to(Side::GitLab, &Method::GET, "/a")).collect();
    assert_eq!(applied, [false, true, true, false, false]);
}

#[test]
fn a_seed_gives_the_same_faults_again() {
    let run = |written: &str| -> Vec<bool> {
        let mut random = fault(written);
        (0..1000).map(|_| random.applies_to(Side::GitLab, &Method::GET, "/a")).collect()
    };
    let applied = run("rate=10%,seed=7=cut");
    assert_eq!(applied, run("rate=10%,seed=7=cut"));
    assert_ne!(applied, run("rate=10%,seed=8=cut"));
    let share = applied.iter().filter(|one| **one).count();
    assert!((60..140).contains(&share), "{share} of 1000");
}
