//! Two organizations, each with its own kit, connected to one instance: neither changes anything of the other.

use std::collections::BTreeMap;

use factory_gitlab::sandbox::options::{SandboxOptions, SandboxPlan};
use serde_json::{Value, json};

#[cfg(unix)]
use crate::resume::killed_after;
use crate::test_env::{TestEnv, Transcript, of_version, small};

/// Where an organization's run keeps its records.
#[derive(Clone, Copy, Debug)]
enum Machine {
    Shared,
    Own,
}

/// One instance and two kits; the first is the sandbox's own.
struct TwoOrganizations {
    env: TestEnv,
    other_kit: String,
    states: [String; 2],
}

const FIRST: usize = 0;
const OTHER: usize = 1;

impl TwoOrganizations {
    fn new(options: SandboxOptions, machine: Machine, change: impl FnOnce(&mut Value)) -> Self {
        let env = TestEnv::with(options);
        let mut kit = env.sandbox().factory().add_organization("org_other");
        change(&mut kit);
        let other_kit = env.file("other.json", kit.to_string());
        let state = |name: &str| env.path(name).to_string_lossy().into_owned();
        let states = match machine {
            Machine::Shared => [state("state"), state("state")],
            Machine::Own => [state("state"), state("state-of-other")],
        };
        Self { env, other_kit, states }
    }

    /// The environment of an organization's runs.
    fn as_organization(&mut self, which: usize) -> &TestEnv {
        let state = self.states[which].clone();
        self.env.set("FACTORY_GITLAB_STATE_DIR", &state);
        &self.env
    }

    fn args(&self, which: usize) -> Vec<String> {
        if which == OTHER { vec!["--kit".to_owned(), self.other_kit.clone()] } else { Vec::new() }
    }

    fn connect(&mut self, which: usize, more: &[&str]) -> Transcript {
        let own = self.args(which);
        let args: Vec<&str> = own.iter().map(String::as_str).chain(more.iter().copied()).collect();
        self.as_organization(which).connect(&args)
    }

    fn connects(&mut self, which: usize, more: &[&str]) {
        let run = self.connect(which, more);
        assert_eq!(run.code, 0, "{which}: {run}");
    }

    fn has_nothing_to_do(&mut self, which: usize, more: &[&str]) {
        let own = self.args(which);
        let args: Vec<&str> = own.iter().map(String::as_str).chain(more.iter().copied()).collect();
        self.as_organization(which).has_nothing_to_do(&args);
    }

    /// Every application and hook by its ID, as GitLab keeps it.
    fn objects(&self) -> BTreeMap<String, String> {
        let gitlab = self.env.sandbox().gitlab();
        let hooks = self.env.all_hooks();
        let hooks = hooks.iter().map(|hook| (format!("hook {}", hook.id), format!("{hook:?}")));
        let applications = gitlab.applications();
        let applications = applications.iter().map(|one| (format!("application {}", one.id), format!("{one:?}")));
        hooks.chain(applications).collect()
    }

    /// Whether everything of before is there as it was.
    fn has_kept(&self, before: &BTreeMap<String, String>) {
        let now = self.objects();
        for (name, object) in before {
            assert_eq!(now.get(name), Some(object), "{name} was changed");
        }
    }
}

fn projects(version: (u16, u16)) -> SandboxOptions {
    SandboxOptions { plan: SandboxPlan::None, projects: 2, ..of_version(version.0, version.1) }
}

#[test]
fn two_organizations_live_side_by_side_on_one_machine() {
    for (name, options, shared_address) in [
        ("group hooks", small(), false),
        ("project hooks at one address", projects((19, 2)), true),
        ("hooks without marks", projects((16, 11)), false),
        ("hooks without marks at one address", projects((16, 11)), true),
    ] {
        let factory_address = |url: &Value| {
            let url = url.as_str().expect("a URL");
            format!("{}/shared", url.rsplit_once('/').expect("a path").0)
        };
        let mut both = TwoOrganizations::new(options, Machine::Shared, |kit| {
            if shared_address {
                kit["webhook"]["url"] = json!(factory_address(&kit["webhook"]["url"]));
            }
        });
        if shared_address {
            both.env.sandbox().factory().edit_kit(|kit| {
                kit["webhook"]["url"] = json!(factory_address(&kit["webhook"]["url"]));
            });
        }
        both.connects(FIRST, &[]);
        let first = both.objects();
        both.connects(OTHER, &[]);
        both.has_kept(&first);
        let all = both.objects();
        assert_eq!(all.len(), 2 * first.len(), "{name}: {all:?}");
        for which in [FIRST, OTHER, FIRST] {
            both.has_nothing_to_do(which, &[]);
        }
        assert_eq!(both.objects(), all, "{name}");
    }
}

/// On another machine nothing tells whose an application is, so the second one is made by hand.
fn application_by_hand(both: &mut TwoOrganizations) -> Vec<String> {
    let redirect = both.env.sandbox().factory().kit_json()["application"]["redirect_uri"].clone();
    let made = both.env.make_application(&json!({ "redirect_uri": redirect }));
    let secret = both.env.file("secret", made["secret"].as_str().expect("a secret"));
    let id = made["application_id"].as_str().expect("an ID").to_owned();
    ["--application", "manual", "--application-id", &id, "--application-secret-file", &secret]
        .map(str::to_owned)
        .to_vec()
}

#[test]
fn two_organizations_live_side_by_side_on_two_machines() {
    for version in [(19, 2), (17, 1), (16, 11)] {
        let mut both = TwoOrganizations::new(projects(version), Machine::Own, |_| ());
        both.connects(FIRST, &[]);
        let first = both.objects();
        let refused = both.connect(OTHER, &[]);
        assert_eq!(refused.code, 1, "whose the application is cannot be known: {refused}");
        assert!(refused.stderr.contains("--application manual"), "{refused}");
        both.has_kept(&first);
        let manual = application_by_hand(&mut both);
        let manual: Vec<&str> = manual.iter().map(String::as_str).collect();
        both.connects(OTHER, &manual);
        both.has_kept(&first);
        let all = both.objects();
        for which in [OTHER, FIRST] {
            both.has_nothing_to_do(which, &[]);
        }
        assert_eq!(both.objects(), all, "{version:?}");
    }
}

#[cfg(unix)]
#[test]
fn a_run_that_was_killed_is_continued_beside_another_organizations_run() {
    let options = || projects((19, 2));
    // As many requests as an undisturbed run makes.
    let mut calm = TwoOrganizations::new(options(), Machine::Shared, |_| ());
    calm.connects(FIRST, &[]);
    let requests = calm.env.sandbox().requests().len();
    for number in (requests / 2..requests).step_by(3) {
        let mut both = TwoOrganizations::new(options(), Machine::Shared, |_| ());
        killed_after(both.as_organization(FIRST), &[], number);
        both.connects(OTHER, &[]);
        both.connects(FIRST, &[]);
        let all = both.objects();
        assert_eq!(all.len(), 6, "two applications and four hooks, killed at {number}: {all:?}");
        for which in [OTHER, FIRST] {
            both.has_nothing_to_do(which, &[]);
        }
        assert_eq!(both.objects(), all, "killed at {number}");
    }
}

#[test]
fn what_one_organization_rotates_changes_nothing_of_the_other() {
    let mut both = TwoOrganizations::new(projects((19, 2)), Machine::Shared, |_| ());
    both.connects(FIRST, &["--handover-token", "minted"]);
    let first = both.objects();
    both.connects(OTHER, &["--handover-token", "minted"]);
    let tokens = |both: &TwoOrganizations, name: &str| {
        let all = both.env.sandbox().gitlab().tokens().into_iter();
        all.filter(|one| one.name.contains(name) && !one.revoked).map(|one| one.id).collect::<Vec<_>>()
    };
    let token_of_first = tokens(&both, "org_sandbox");
    for what in ["token", "application-secret"] {
        let own = both.args(OTHER);
        let own: Vec<&str> = own.iter().map(String::as_str).collect();
        let run = both.as_organization(OTHER).run(&[&["rotate", what, "--yes"], &own[..]].concat());
        assert_eq!(run.code, 0, "{what}: {run}");
        both.has_kept(&first);
        assert_eq!(tokens(&both, "org_sandbox"), token_of_first);
        assert_eq!(tokens(&both, "org_other").len(), 1);
    }
    for which in [FIRST, OTHER] {
        both.has_nothing_to_do(which, &[]);
    }
}
