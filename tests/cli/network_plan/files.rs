//! What is written, and what is never overwritten.
#![expect(clippy::disallowed_methods, reason = "the tests make folders that stand in the way")]

use std::collections::BTreeMap;

use super::{env, plan, text};
use crate::bad_input::files_below;
use crate::test_env::TestEnv;

/// Every file below the folder with its content.
fn all(env: &TestEnv) -> BTreeMap<String, Vec<u8>> {
    let root = env.path("plan");
    let name = |path: &std::path::Path| path.strip_prefix(&root).expect("below").to_string_lossy().into_owned();
    files_below(&root).into_iter().map(|path| (name(&path), std::fs::read(&path).expect("a file"))).collect()
}

#[test]
fn the_same_input_gives_the_same_bytes_and_a_second_run_writes_nothing() {
    let env = env();
    let first = plan(&env, &[]);
    let (written, other) = (all(&env), super::env());
    let second = plan(&env, &[]);
    assert_eq!((first.code, second.code), (0, 0), "{first}\n{second}");
    assert!(second.stdout.contains("unchanged") && !second.stdout.contains("written"), "{second}");
    assert_eq!(all(&env), written);
    let elsewhere = plan(&other, &[]);
    assert_eq!((elsewhere.code, all(&other)), (0, written), "another folder, another machine");
}

#[test]
fn a_changed_value_replaces_the_files_that_were_left_as_they_were() {
    let env = env();
    assert_eq!(plan(&env, &[]).code, 0);
    let run = plan(&env, &["--route-table", "rtb-0a1b2c3d4e5f60718"]);
    assert_eq!(run.code, 0, "{run}");
    assert_eq!(text(&env, "peering.tf").matches("resource \"aws_route\"").count(), 2);
    let public = plan(&env, &["--method", "public", "--gitlab-address", "198.51.100.7"]);
    assert_eq!(public.code, 0, "{public}");
    assert!(public.stdout.contains("removed, of an earlier plan"), "{public}");
    assert!(!env.path("plan/peering.tf").exists(), "a peering that is not planned any more must not be applied");
}

#[test]
fn a_file_that_was_changed_by_hand_stops_everything() {
    let env = env();
    assert_eq!(plan(&env, &[]).code, 0);
    let mut changed = text(&env, "peering.tf");
    changed.push_str("# by hand\n");
    env.file("plan/peering.tf", &changed);
    let before = all(&env);
    let run = plan(&env, &["--route-table", "rtb-0a1b2c3d4e5f60718"]);
    insta::assert_snapshot!(run, @r"
    exit code: 1
    ----- stderr -----
    error: 1 file in plan would be lost; nothing was written
      caused by: peering.tf is not as an earlier plan wrote it
    hint: move what you want to keep to another name, or write to another folder with --out
    ");
    assert_eq!(all(&env), before);
    let other = plan(&env, &["--method", "public", "--gitlab-address", "198.51.100.7"]);
    assert_eq!((other.code, all(&env)), (1, before), "it would have been removed: {other}");
}

#[test]
fn files_of_others_stay_and_one_in_the_way_is_not_overwritten() {
    let env = env();
    assert_eq!(plan(&env, &[]).code, 0);
    env.file("plan/terraform.tfvars", "factory_accepted = true\n");
    env.file("plan/terraform.tfstate", "{}");
    assert_eq!(plan(&env, &["--ssh-port", "2222"]).code, 0);
    assert_eq!(text(&env, "terraform.tfvars"), "factory_accepted = true\n");
    let other = super::env();
    assert_eq!(plan(&other, &[]).code, 0);
    other.file("plan/.factory-gitlab-plan.json", "not a list");
    other.file("plan/firewall.nft", "my own");
    let run = plan(&other, &["--ssh-port", "2222"]);
    assert_eq!(run.code, 1, "without the list every file may be another's: {run}");
    assert_eq!(text(&other, "firewall.nft"), "my own");
}

#[test]
fn a_list_that_was_planted_removes_nothing_outside() {
    let env = env();
    let keep = env.file("keep.txt", "kept");
    assert_eq!(plan(&env, &[]).code, 0);
    // The digest of "kept".
    let digest = "79f076abdd19a752db7267bfff2f9022161d120dea919fdaca2ffdfc24ca8c96";
    let list = format!(
        "{{\"schema\":\"factory-gitlab/network-plan-files/v1\",\"files\":{{\"../keep.txt\":[\"{digest}\"],\"{keep}\":[\"{digest}\"]}}}}"
    );
    env.file("plan/.factory-gitlab-plan.json", list);
    let _whatever = plan(&env, &[]);
    assert_eq!(std::fs::read_to_string(keep).expect("still there"), "kept");
}

#[cfg(unix)]
#[test]
#[expect(clippy::disallowed_methods, reason = "the test makes folders of its own")]
fn a_link_is_refused_wherever_it_stands() {
    for name in ["plan", "plan/peering.tf", "plan/.factory-gitlab-plan.json"] {
        let env = env();
        let away = env.path("away");
        std::fs::create_dir_all(env.path("other")).expect("a folder");
        if name != "plan" {
            std::fs::create_dir_all(env.path("plan")).expect("a folder");
        }
        let target = if name == "plan" { env.path("other") } else { away.clone() };
        std::os::unix::fs::symlink(&target, env.path(name)).expect("a link");
        let run = plan(&env, &[]);
        assert_eq!(run.code, 1, "{name}: {run}");
        assert!(run.stderr.contains("is a symbolic link; nothing was written"), "{run}");
        assert!(!away.exists() && files_below(&env.path("other")).is_empty(), "{name}");
    }
}

/// A list that names a file, with its right digest.
fn list_of(path: &str, content: &str) -> String {
    use sha2::{Digest as _, Sha256};
    let digest = format!("{:x}", Sha256::digest(content.as_bytes()));
    serde_json::json!({ "schema": "factory-gitlab/network-plan-files/v1", "files": { path: [digest] } }).to_string()
}

#[test]
fn a_list_that_names_other_peoples_files_removes_none_of_them() {
    let env = env();
    std::fs::create_dir_all(env.path("plan/.git")).expect("a folder");
    env.file("plan/.git/config", "[core]\n");
    env.file("plan/.factory-gitlab-plan.json", list_of(".git/config", "[core]\n"));
    let before = all(&env);
    insta::assert_snapshot!(plan(&env, &[]), @r#"
    exit code: 1
    ----- stderr -----
    error: plan/.factory-gitlab-plan.json is not a list that network plan wrote; nothing was written
      caused by: it names ".git/config", which no plan writes
    hint: write to another folder with --out, or remove the list: then no file that is there is replaced or removed
    "#);
    assert_eq!(all(&env), before);
}

#[test]
fn a_list_that_is_broken_or_of_another_program_is_not_replaced() {
    for (list, why) in [
        ("", "its text is not that of such a list"),
        ("{ half", "its text is not that of such a list"),
        ("{ \"schema\": \"other/v1\", \"files\": {} }", "its schema is another one"),
    ] {
        let env = env();
        std::fs::create_dir_all(env.path("plan")).expect("a folder");
        env.file("plan/.factory-gitlab-plan.json", list);
        let before = all(&env);
        let run = plan(&env, &[]);
        assert_eq!((run.code, all(&env)), (1, before), "{run}");
        assert!(run.stderr.contains(why), "{why}\n{run}");
        std::fs::remove_file(env.path("plan/.factory-gitlab-plan.json")).expect("as the hint says");
        assert_eq!(plan(&env, &[]).code, 0);
    }
}

#[test]
fn terraform_that_was_applied_is_not_removed_by_another_method() {
    for (state, is_folder) in [("terraform.tfstate", false), (".terraform", true)] {
        let env = env();
        assert_eq!(plan(&env, &[]).code, 0);
        if is_folder {
            std::fs::create_dir(env.path("plan").join(state)).expect("a folder");
        } else {
            env.file(&format!("plan/{state}"), "{}");
        }
        let before = all(&env);
        let public = ["--method", "public", "--gitlab-address", "198.51.100.7"];
        let run = plan(&env, &public);
        assert_eq!((run.code, all(&env)), (1, before), "{run}");
        assert!(run.stderr.contains("peering.tf in plan would be removed beside Terraform's state"), "{run}");
        assert!(run.stderr.contains("write this plan to another folder with --out"), "{run}");
        let same = plan(&env, &["--route-table", "rtb-0a1b2c3d4e5f60718"]);
        assert_eq!(same.code, 0, "a peering that is planned again is for Terraform to change: {same}");
        for wanted in [
            "peering.tf: terraform apply will destroy 2 resources of an earlier plan: aws_route.rtb_0a1b2c3d4e5f60719_to_10_64_0_0_16",
            "look at what terraform plan shows in plan before you apply it",
        ] {
            assert!(same.stdout.contains(wanted), "{wanted}\n{same}");
        }
    }
}

#[test]
fn one_run_at_a_time_writes_to_a_folder() {
    let env = env();
    assert_eq!(plan(&env, &[]).code, 0);
    let before = all(&env);
    let folder = std::fs::File::open(env.path("plan")).expect("the folder");
    folder.try_lock().expect("the lock");
    let public = ["--method", "public", "--gitlab-address", "198.51.100.7"];
    let second = plan(&env, &public);
    assert_eq!(second.code, 3, "{second}");
    assert!(second.stderr.contains("another run writes to plan; nothing was written"), "{second}");
    assert!(second.stderr.contains("wait for it to finish and run this again"), "{second}");
    assert_eq!(all(&env), before);
    drop(folder);
    assert_eq!(plan(&env, &public).code, 0);
}

#[test]
fn what_a_killed_run_left_is_removed_and_other_files_stay() {
    let env = env();
    std::fs::create_dir_all(env.path("plan/vpn")).expect("folders");
    for name in ["plan/.factory-gitlab-plan-aB3dE6", "plan/vpn/.factory-gitlab-plan-Zz9Yy8"] {
        env.file(name, "half");
    }
    for name in ["plan/.factory-gitlab-plan-notes.md", "plan/notes.md"] {
        env.file(name, "mine");
    }
    assert_eq!(plan(&env, &[]).code, 0);
    let names: Vec<String> =
        all(&env).into_keys().filter(|name| name.contains("plan-") || name == "notes.md").collect();
    assert_eq!(names, [".factory-gitlab-plan-notes.md", "notes.md"]);
}

#[cfg(unix)]
#[test]
fn a_pipe_or_a_folder_in_place_of_a_file_is_named_as_what_it_is() {
    for (name, is_pipe) in [("firewall.md", true), ("firewall.md", false), (".factory-gitlab-plan.json", true)] {
        let env = env();
        let path = env.path("plan").join(name);
        std::fs::create_dir_all(env.path("plan")).expect("a folder");
        if is_pipe {
            let made = std::process::Command::new("mkfifo").arg(&path).status();
            assert!(made.is_ok_and(|made| made.success()));
        } else {
            std::fs::create_dir(&path).expect("a folder");
        }
        let run = plan(&env, &[]);
        assert_eq!(run.code, 1, "{run}");
        let wanted =
            if is_pipe { "is a pipe, a socket or a device and not a file" } else { "is a folder and not a file" };
        assert!(run.stderr.contains(wanted) && !run.stderr.contains("standard input"), "{run}");
        assert!(run.stderr.contains("move it away, or write to another folder with --out"), "{run}");
    }
}

#[test]
fn a_folder_that_cannot_be_one_is_a_usage_error() {
    let env = env();
    env.file("plan", "a file");
    let run = plan(&env, &[]);
    assert_eq!(run.code, 2, "{run}");
    assert!(run.stderr.contains("error: --out names what is not a folder\n"), "{run}");
    assert!(!run.stderr.contains(",,"), "{run}");
}

#[test]
fn terraform_that_was_applied_is_not_changed_into_another_connection() {
    let env = env();
    assert_eq!(plan(&env, &[]).code, 0);
    env.file("plan/terraform.tfstate", "{\"resources\":[{}]}");
    let before = all(&env);
    let other = plan(&env, &["--vpc-id", "vpc-1a1b2c3d4e5f60718"]);
    insta::assert_snapshot!(other, @r"
    exit code: 1
    ----- stderr -----
    error: peering.tf in plan would have Terraform replace the connection; nothing was written
      caused by: the next terraform apply would destroy aws_vpc_peering_connection.factory: its vpc_id changes
    hint: write this plan to another folder with --out, and keep the connection that is there until the new one works
    hint: or run terraform destroy in the old folder first; then this plan is written
    ");
    assert_eq!(all(&env), before);
    // As the second hint says; Terraform leaves an empty state.
    env.file("plan/terraform.tfstate", "{\"resources\":[]}");
    assert_eq!(plan(&env, &["--vpc-id", "vpc-1a1b2c3d4e5f60718"]).code, 0);
}
