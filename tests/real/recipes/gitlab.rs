//! The recipes for GitLab CI, run by gitlab-ci-local, whose parser knows inputs, matrices and exit codes, and checked by GitLab's
//! own schema.

use std::path::PathBuf;

use factory_gitlab::sandbox::gitlab::hooks::Owner;
use serde_json::json;

use super::{Ended, Written, node_tool, python_tool};
use crate::cli::test_env::{TestEnv, small};
use crate::programs::{finish, holds_no_secret, program};

/// A project with the files of a recipe, and what runs its pipelines.
struct Project {
    files: Written,
    runner: PathBuf,
}

impl Project {
    fn new(recipe: &str) -> Option<Self> {
        let runner = node_tool("gitlab-ci-local", &format!("the recipe {recipe} as a pipeline"))?;
        let project = Self { files: Written::new(recipe), runner };
        project.git("init --quiet");
        project.git("remote add origin git@gitlab.example.com:acme/tools.git");
        project.commit();
        Some(project)
    }

    fn git(&self, line: &str) {
        finish(program("git").current_dir(self.files.env.path("")).args(line.split(' ')));
    }

    /// A local include is read only where git knows it.
    fn commit(&self) {
        self.git("add --all");
        self.git("-c user.name=test -c user.email=test@example.com commit --quiet --message recipe");
    }

    /// The variables of the project's settings, for each scope of environments those of an instance, in the form of the runner.
    fn set_variables(&self, scopes: &[(&str, &TestEnv)]) {
        let mut variables = json!({ "FACTORY_KIT": { "type": "file" } });
        for (scope, env) in scopes {
            let of = |name: &str| env.variables()[name].clone();
            variables["FACTORY_KIT"]["values"][scope] = json!(env.sandbox().factory().kit_json().to_string());
            variables["FACTORY_KIT_FINGERPRINT"]["values"][scope] = json!(env.kit_fingerprint());
            variables["GITLAB_TOKEN"]["values"][scope] = json!(of("GITLAB_TOKEN"));
            variables["FACTORY_API_KEY"]["values"][scope] = json!(of("FACTORY_API_KEY"));
        }
        // JSON is YAML.
        self.files.env.file(".gitlab-ci-local-variables.yml", variables.to_string());
    }

    /// Runs the pipeline. Its exit code does not tell that a job has failed where some exit codes of it may; its last lines do.
    fn run(&self, more: &[&str]) -> Ended {
        let mut command = self.files.command(&self.runner);
        command.args(["--force-shell-executor", "--variable", "CI_PIPELINE_SOURCE=schedule"]);
        command.args(["--variable", "CI_PROJECT_DIR=."]);
        command.args(["--ignore-predefined-vars", "CI_PIPELINE_SOURCE,CI_PROJECT_DIR"]).args(more);
        Ended::of(command.env("NO_COLOR", "1"))
    }
}

/// Removes a webhook, as an administrator would.
fn remove_a_hook(env: &TestEnv) {
    let hook = env.sandbox().gitlab().all_hooks().swap_remove(0);
    let Owner::Group(group) = hook.owner else { unreachable!("a licensed instance has a webhook on its group") };
    let (status, answer) = env.api("DELETE", &format!("/groups/{group}/hooks/{}", hook.id), &json!({}));
    assert_eq!(status, 204, "{answer}");
}

fn secrets(env: &TestEnv) -> Vec<String> {
    ["GITLAB_TOKEN", "FACTORY_API_KEY"].map(|name| env.variables()[name].clone()).to_vec()
}

/// The job of the one recipe beside the component of the other: a pipeline takes longer to start than to run.
#[test]
fn a_pipeline_is_red_for_a_failed_check_and_orange_for_what_could_not_be_found_out() {
    let Some(project) = Project::new("gitlab-component") else { return };
    let env = TestEnv::with(small());
    project.files.env.file("nightly.yml", Written::new("gitlab-ci").text(".gitlab-ci.yml"));
    project.commit();
    project.files.edit(".gitlab-ci.yml", "include:\n", "include:\n  - local: nightly.yml\n");
    project.set_variables(&[("*", &env)]);
    let with = "job-name: test-verify\n      only: \"[!f]*\"\n      live: true\n      expires-within: 3";
    let with = format!("{with}\n      gitlab-url: {}", env.variables()["GITLAB_URL"]);
    project.files.edit(".gitlab-ci.yml", "job-name: test-verify", &with);
    project.files.edit("nightly.yml", "$CI_SERVER_URL", &env.variables()["GITLAB_URL"]);
    let ends = |verdict: &str| {
        let ended = project.run(&["--concurrency", "1"]);
        for job in ["factory-connection", "test-verify"] {
            assert!(ended.said.contains(&format!("\n {verdict}  {job}")), "{verdict} {job}:\n{}", ended.said);
        }
        let report = project.files.text("factory-connection.xml");
        assert!(report.contains("<testcase"), "{report}");
        holds_no_secret(&[&ended.said, &report], &secrets(&env));
    };

    ends("FAIL");
    assert_eq!(env.run(&["connect", "--yes"]).code, 0);
    ends("PASS");
    env.sandbox().fault("GET /api/v4/applications=status:503").expect("a fault");
    ends("WARN");

    project.files.edit(".gitlab-ci.yml", "live: true", "fail-on: nonsense");
    let refused = project.run(&[]);
    assert_ne!(refused.code, Some(0), "{}", refused.said);
    assert!(refused.said.contains("`fail-on` input: `nonsense` cannot be used"), "{}", refused.said);
}

const FLEET: [&str; 3] = ["berlin", "austin", "osaka"];

#[test]
fn a_fleet_is_connected_and_verified_and_ends_with_one_table() {
    let Some(project) = Project::new("gitlab-fleet") else { return };
    let fleet = FLEET.map(|name| (name, TestEnv::with(small())));
    let scopes = FLEET.map(|name| format!("factory/{name}"));
    let scoped: Vec<(&str, &TestEnv)> =
        scopes.iter().map(String::as_str).zip(fleet.iter().map(|(_, env)| env)).collect();
    project.set_variables(&scoped);
    for (name, env) in &fleet {
        let example = format!("https://gitlab.{name}.example.com");
        project.files.edit(".gitlab-ci.yml", &example, &env.variables()["GITLAB_URL"]);
    }
    // Each job has a folder of its own, as on a runner: what passes from one to the next are artifacts and the cache.
    let pipeline = |more: &[&str]| {
        let ended = project.run(&[&["--shell-isolation"], more].concat());
        let table = project.files.text("table.txt");
        let secrets: Vec<String> = fleet.iter().flat_map(|(_, env)| secrets(env)).collect();
        holds_no_secret(&[&ended.said, &table], &secrets);
        (ended, table)
    };

    let (connected, table) = pipeline(&["--variable", "APPLY=true"]);
    assert_eq!(connected.code, Some(0), "{}", connected.said);
    insta::assert_snapshot!(table, @r"
        INSTANCE             COMMAND  VERDICT     CHANGED EXIT
        austin               connect  connected   true    0
        austin               verify   pass        -       0
        berlin               connect  connected   true    0
        berlin               verify   pass        -       0
        osaka                connect  connected   true    0
        osaka                verify   pass        -       0
        ");

    // GitLab of austin is away, and on osaka a webhook is missing.
    let [_, (_, away), (_, changed)] = &fleet;
    away.sandbox().fault("GET /api/v4/**=status:503").expect("a fault");
    remove_a_hook(changed);
    let (planned, table) = pipeline(&[]);
    for (verdict, job) in [
        ("PASS", "connect: [berlin"),
        ("PASS", "verify: [berlin"),
        ("WARN", "connect: [austin"),
        ("WARN", "verify: [austin"),
        ("WARN", "connect: [osaka"),
        ("FAIL", "verify: [osaka"),
    ] {
        assert!(planned.said.contains(&format!("\n {verdict}  {job}")), "{verdict} {job}:\n{}", planned.said);
    }
    insta::assert_snapshot!(table, @r"
    INSTANCE             COMMAND  VERDICT     CHANGED EXIT
    austin               connect  error       -       3
    austin               verify   unknown     -       3
    berlin               connect  connected   false   0
    berlin               verify   pass        -       0
    osaka                connect  pending     true    4
    osaka                verify   fail        -       1
    ");
}

#[test]
fn gitlabs_schema_takes_every_pipeline_and_the_component_in_its_expanded_form() {
    let Some(checker) = python_tool("check-jsonschema", "GitLab's schema of the recipes for its CI") else { return };
    let check = |files: &Written, path: &str| {
        let mut command = files.command(&checker);
        command.args(["--builtin-schema", "vendor.gitlab-ci", "--data-transform", "gitlab-ci", path]);
        Ended::of(&mut command).good();
    };
    for recipe in ["gitlab-ci", "gitlab-fleet", "gitlab-component"] {
        check(&Written::new(recipe), ".gitlab-ci.yml");
    }
    let Some(component) = Project::new("gitlab-component") else { return };
    let mut command = component.files.command(&component.runner);
    let expanded = finish(command.arg("--preview"));
    assert!(expanded.contains("\ntest-verify:\n") && !expanded.contains("$[["), "{expanded}");
    component.files.env.file("expanded.yml", expanded);
    check(&component.files, "expanded.yml");
}
