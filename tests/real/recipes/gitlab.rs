//! The recipes for GitLab CI, run by gitlab-ci-local, whose parser knows inputs, matrices and exit codes, and checked by GitLab's
//! own schema.

use std::path::PathBuf;

use serde_json::{Value, json};

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
        let files = Written::new(recipe);
        for args in [&["init", "--quiet"][..], &["remote", "add", "origin", "git@gitlab.example.com:acme/tools.git"]] {
            finish(program("git").arg("-C").arg(files.env.path("")).args(args));
        }
        Some(Self { files, runner })
    }

    /// The variables of the project's settings, in the form of the runner.
    fn set_variables(&self, variables: &Value) {
        // JSON is YAML.
        self.files.env.file(".gitlab-ci-local-variables.yml", variables.to_string());
    }

    fn run(&self, args: &[&str]) -> Ended {
        let mut command = self.files.command(&self.runner);
        let here = format!("CI_PROJECT_DIR={}", self.files.env.path("").display());
        command.args(["--force-shell-executor", "--variable", "CI_PIPELINE_SOURCE=schedule", "--variable", &here]);
        command.args(["--ignore-predefined-vars", "CI_PIPELINE_SOURCE,CI_PROJECT_DIR"]).args(args);
        Ended::of(command.env("NO_COLOR", "1"))
    }

    /// Fails where a job is not as wanted, or where the secrets of an instance are in the log.
    #[track_caller]
    fn ends(&self, env: &TestEnv, wanted: &str) {
        let ended = self.run(&[]);
        assert!(ended.said.contains(&format!(" {wanted} ")), "{wanted}:\n{}", ended.said);
        assert_eq!(ended.code == Some(0), !wanted.starts_with("FAIL"), "{wanted}:\n{}", ended.said);
        let report = self.files.text("factory-connection.xml");
        assert!(report.contains("<testcase"), "{report}");
        holds_no_secret(&[&ended.said, &report], &secrets(env));
    }
}

fn secrets(env: &TestEnv) -> Vec<String> {
    ["GITLAB_TOKEN", "FACTORY_API_KEY"].map(|name| env.variables()[name].clone()).to_vec()
}

/// The pipeline of a project is green, orange and red as the exit code says.
#[test]
fn a_pipeline_is_red_for_a_failed_check_and_orange_for_what_could_not_be_found_out() {
    let (Some(job), Some(component)) = (Project::new("gitlab-ci"), Project::new("gitlab-component")) else { return };
    let env = TestEnv::with(small());
    let names = ["GITLAB_URL", "GITLAB_TOKEN", "FACTORY_KIT", "FACTORY_API_KEY"];
    let variables: Value = names.map(|name| (name.to_owned(), json!(env.variables()[name]))).into_iter().collect();
    job.set_variables(&variables);
    component.set_variables(&variables);
    let with = "job-name: test-verify\n      only: \"[!f]*\"\n      live: true\n      expires-within: 3";
    component.files.edit(".gitlab-ci.yml", "job-name: test-verify", with);

    job.ends(&env, "FAIL  factory-connection");
    component.ends(&env, "FAIL  test-verify");
    assert_eq!(env.run(&["connect", "--yes"]).code, 0);
    job.ends(&env, "PASS  factory-connection");
    component.ends(&env, "PASS  test-verify");
    env.sandbox().fault("GET /api/v4/applications=status:503").expect("a fault");
    job.ends(&env, "WARN  factory-connection");
    component.ends(&env, "WARN  test-verify");

    component.files.edit(".gitlab-ci.yml", "live: true", "fail-on: nonsense");
    let refused = component.run(&[]);
    assert_ne!(refused.code, Some(0), "{}", refused.said);
    assert!(refused.said.contains("`fail-on` input: `nonsense` cannot be used"), "{}", refused.said);
}

const FLEET: [&str; 3] = ["berlin", "austin", "osaka"];

#[test]
fn a_fleet_is_connected_and_verified_and_ends_with_one_table() {
    let Some(project) = Project::new("gitlab-fleet") else { return };
    let fleet = FLEET.map(|name| (name, TestEnv::with(small())));
    let mut variables = json!({});
    for name in ["GITLAB_TOKEN", "FACTORY_KIT", "FACTORY_API_KEY"] {
        let scoped = fleet.iter().map(|(instance, env)| (format!("factory/{instance}"), json!(env.variables()[name])));
        variables[name] = json!({ "type": "variable", "values": scoped.collect::<Value>() });
    }
    project.set_variables(&variables);
    for (name, env) in &fleet {
        let example = format!("https://gitlab.{name}.example.com");
        project.files.edit(".gitlab-ci.yml", &example, &env.variables()["GITLAB_URL"]);
    }
    // Each job has a folder of its own, as on a runner: what passes from one to the next are artifacts and the cache.
    let pipeline = |more: &[&str]| {
        let ended = project.run(&[&["--shell-isolation", "--variable", "CI_PROJECT_DIR=."], more].concat());
        let table = project.files.text("table.txt");
        let secrets: Vec<String> = fleet.iter().flat_map(|(_, env)| secrets(env)).collect();
        holds_no_secret(&[&ended.said, &table], &secrets);
        (ended, table)
    };

    let (connected, table) = pipeline(&["--variable", "APPLY=true"]);
    assert_eq!(connected.code, Some(0), "{}", connected.said);
    insta::assert_snapshot!(table, @"");

    let [_, (_, away), (_, changed)] = &fleet;
    away.sandbox().fault("* /api/v4/**=status:503").expect("a fault");
    let hook = changed.sandbox().gitlab().all_hooks()[0].id;
    let (status, _) = changed.api("DELETE", &format!("/groups/1/hooks/{hook}"), &json!({}));
    assert_eq!(status, 204);
    let (looked, table) = pipeline(&[]);
    assert_ne!(looked.code, Some(0), "{}", looked.said);
    insta::assert_snapshot!(table, @"");
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
