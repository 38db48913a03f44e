//! What GitLab has to cover, changed.

use factory_gitlab::sandbox::gitlab::seed::ProjectSpec;
use factory_gitlab::sandbox::gitlab::state::ProjectNamespace;

use super::Expect::{Mended, NoFinding};
use super::{Drift, check_all, licensed, unlicensed};
use crate::test_env::TestEnv;

fn another_group(env: &TestEnv) {
    env.sandbox().gitlab().add_group("later", None);
}

fn another_project(env: &TestEnv) {
    let group = env.sandbox().gitlab().lock().groups.keys().next().copied().expect("a group");
    env.sandbox().gitlab().add_project(ProjectSpec::new("later", ProjectNamespace::Group(group)));
}

fn archived(env: &TestEnv) {
    another_project(env);
    let projects = env.sandbox().gitlab().projects();
    env.sandbox().gitlab().archive(projects.last().expect("a project").id);
}

#[test]
fn a_new_target_is_covered_by_what_verify_prints() {
    let drifts = [
        Drift::new("a group", licensed(19, 2), another_group, Mended { code: "webhook.coverage", writes: 2 }),
        Drift::new("a project below a group with a webhook", licensed(18, 5), another_project, NoFinding),
        Drift::new("a project", unlicensed(19, 2), another_project, Mended { code: "webhook.coverage", writes: 2 }),
        Drift::new("a project", unlicensed(16, 11), another_project, Mended { code: "webhook.coverage", writes: 2 }),
        Drift::new("an archived project", unlicensed(18, 5), archived, NoFinding),
    ];
    check_all(&drifts);
}
