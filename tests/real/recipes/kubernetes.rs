//! The CronJob: its schema, and what its container runs. A cluster is not at hand.

use super::{Ended, FINGERPRINT, Written, python_tool};
use crate::cli::test_env::{TestEnv, small};

/// From the first release on in which a job's failures can be told apart by their exit codes.
const VERSIONS: [&str; 2] = ["1.31", "1.37"];

#[test]
fn kubernetes_schema_takes_the_cron_job_and_refuses_a_changed_one() {
    let Some(checker) = python_tool("kubernetes-validate", "the schema of the recipe kubernetes") else { return };
    let files = Written::new("kubernetes");
    let check = |version: &str, path: &str| {
        Ended::of(files.command(&checker).args(["--strict", "--kubernetes-version", version, path]))
    };
    for version in VERSIONS {
        let said = check(version, "cronjob.yml").good();
        assert!(said.contains("passed for resource cronjob/factory-gitlab-verify"), "{said}");
    }
    files.env.file("changed.yml", files.text("cronjob.yml").replace("onExitCodes", "onExitCode"));
    assert_ne!(check(VERSIONS[0], "changed.yml").code, Some(0));
}

/// The arguments of the container, with the secrets in another folder.
fn args(manifest: &str, secrets: &str) -> Vec<String> {
    let (_, rest) = manifest.split_once("              args:\n").expect("arguments");
    let args = rest.lines().map_while(|line| line.strip_prefix("                - "));
    args.map(|arg| arg.replace("/run/secrets/factory-gitlab", secrets)).collect()
}

/// Kubernetes lays out a secret as links to files of a folder that it replaces as a whole.
#[test]
fn the_container_reads_its_secrets_as_kubernetes_lays_them_out() {
    let mut env = TestEnv::with(small());
    assert_eq!(env.run(&["connect", "--yes"]).code, 0);
    env.on_another_machine();
    let manifest = Written::new("kubernetes").text("cronjob.yml").replace(FINGERPRINT, &env.kit_fingerprint());
    super::make_folder(&env.path("..data"));
    for (name, value) in [
        ("token", env.variables()["GITLAB_TOKEN"].clone()),
        ("kit", env.sandbox().factory().kit_json().to_string()),
        ("factory-key", env.variables()["FACTORY_API_KEY"].clone()),
    ] {
        env.file(&format!("..data/{name}"), value);
        std::os::unix::fs::symlink(format!("..data/{name}"), env.path(name)).expect("a link");
    }
    for name in ["GITLAB_TOKEN", "FACTORY_KIT", "FACTORY_API_KEY", "HOME"] {
        env.unset(name);
    }
    let args = args(&manifest, &env.path("").to_string_lossy());
    assert_eq!(args.len(), 6, "{args:?}");
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let run = env.run(&args);
    assert_eq!(run.code, 0, "{run}");
}
